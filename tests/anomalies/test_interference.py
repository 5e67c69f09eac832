from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalies.detector import Context, Heard
from anomalies.features import Features
from anomalies.gap import Gap
from anomalies.interference import Interference
from anomalies.jams import Jams
from anomalies.loitering import Loitering
from anomalies.rank import rank
from anomalies.score import assess
from tests.anomalies.twin_interference import interferences
from tests.fleets import HOUR, T0, Stretch, changes, events, fixes, points, voyage, whole
from tracks.batch import HULLS_PER_MMSI, Fixes, Points, PositionBatch
from tracks.geodesy import NMI_M, destination
from tracks.places import Places

SHIPS = [(257_000_100 + i) * HULLS_PER_MMSI + 1 for i in range(12)]
START_H, HOURS = 3.03, 2.5


def sea(struck: int = 8, away_nmi: float = 60.0, ships: int = 12, hours: float = HOURS) -> Fixes:
    """Return ships a mile from each other, of which some report from elsewhere for hours."""
    rows = []
    for i, track in enumerate(SHIPS[:ships]):
        lat, lon = map(float, destination(58.0, 5.0, 30.0 * i, 1 * NMI_M))
        rows += voyage(track, lat, lon, Stretch(12.0), start_h=0.01 * i, every_s=233.0)
    heard = fixes(rows)
    hit = np.isin(heard.track, SHIPS[:struck]) & (heard.t >= T0 + START_H * HOUR)
    hit &= heard.t < T0 + (START_H + hours) * HOUR
    lat, lon = heard.lat.copy(), heard.lon.copy()
    lat[hit], lon[hit] = destination(lat[hit], lon[hit], 70.0, away_nmi * NMI_M)
    made = replace(heard, track=heard.track + hit, lat=lat, lon=lon)
    return made.take(np.lexsort((made.t, made.track)))


def test_many_ships_that_jump_together_are_one_event_about_the_area() -> None:
    (event,) = events(Interference(), sea()).values()
    assert event.tracks == ()
    assert event.mmsis == ()
    assert event.start == pytest.approx(T0 + START_H * HOUR, abs=240)
    assert event.end == pytest.approx(T0 + (START_H + HOURS) * HOUR, abs=800)
    assert event.evidence.measured["vessels_count"] == 8
    assert event.evidence.measured["affected_share"] == pytest.approx(8 / 12)
    assert event.evidence.measured["median_jump_nmi"] == pytest.approx(60, abs=0.1)
    assert event.lat == pytest.approx(58.0, abs=0.03)
    assert event.lon == pytest.approx(5.0, abs=0.05)


@pytest.mark.parametrize("struck", [0, 1, 3])
def test_a_few_ships_that_jump_have_faults_of_their_own(struck: int) -> None:
    assert not events(Interference(), sea(struck))


def test_four_of_many_ships_are_too_small_a_share() -> None:
    assert events(Interference(), sea(4))
    assert not events(Interference(min_share=0.5), sea(4))


def test_cut_every_ten_minutes_and_saved_it_is_the_same() -> None:
    heard = sea(7, 33.0)
    cuts = np.arange(T0 + 7, T0 + 12 * HOUR, 613.0).tolist()
    at_once = whole(events(Interference(), heard))
    said = changes(Interference(), heard, cuts=cuts, saved=True)
    assert said[0].what == "opened"
    assert said[-1].what == "closed"
    assert whole({said[-1].event.id: said[-1].event}) == at_once


@pytest.mark.parametrize(("struck", "away_nmi"), [(8, 60.0), (5, 3.0), (12, 161.0)])
def test_a_jammed_sea_equals_the_slow_twin(struck: int, away_nmi: float) -> None:
    heard = sea(struck, away_nmi)
    found = {
        (e.tracks, e.start, e.end): dict(e.evidence.measured)
        for e in events(Interference(), heard).values()
    }
    expected = interferences(Interference(), heard, float(heard.t.max()))
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert {n: found[key][n] for n in values} == pytest.approx(values)


def jams(heard: Fixes, aside: PositionBatch | None = None) -> Jams:
    """Return what the others are told when everything is known."""
    detector, over = Interference(), Context(Places.none(), True)
    aside = aside or PositionBatch.empty()
    told = Heard(heard, Points.empty(), aside=aside)
    state, _ = detector.step(detector.start(), told, over, float(heard.t.max()))
    return detector.jams(state)


def test_ships_in_a_jammed_area_neither_stay_nor_fall_silent() -> None:
    heard = sea(12, 60.0)
    known, reach = Context(Places.none(), True, jams(heard)), float(heard.t.max())
    for detector, least in ((Loitering(min_shore_nmi=0, min_duration_h=2.0), 24), (Gap(), 12)):
        told = Heard(heard, points(heard))
        _, plain = detector.step(detector.start(), told, Context(Places.none(), True), reach)
        _, silenced = detector.step(detector.start(), told, known, reach)
        begin, end = T0 + (START_H - 0.2) * HOUR, T0 + (START_H + HOURS) * HOUR
        in_jam = [c for c in silenced if begin <= c.event.start < end - 600]
        assert len(plain) >= least or detector.kind == "gap"
        assert not [c for c in in_jam if c.event.tracks[0] % HULLS_PER_MMSI == 2]
        assert all(c.event.end is None or c.event.end <= begin or c.event.start >= end - 600
                   for c in silenced if detector.kind == "loitering"
                   and (c.event.end or 0) - c.event.start < 3 * HOUR)  # fmt: skip


def test_where_nobody_is_jammed_nothing_is_hidden() -> None:
    heard = sea(0)
    marks = points(heard)
    assert not jams(heard).at(marks.track, marks.bin, marks.lat, marks.lon).any()
    hidden = jams(sea()).at(marks.track, marks.bin, marks.lat, marks.lon)
    inside = (marks.bin * 600 >= T0 + START_H * HOUR) & (
        marks.bin * 600 < T0 + (START_H + HOURS) * HOUR
    )
    assert hidden[inside].all()
    assert not hidden[marks.bin * 600 < T0 + (START_H - 0.2) * HOUR].any()
    assert not hidden[marks.bin * 600 > T0 + (START_H + HOURS + 0.4) * HOUR].any()
    far = jams(sea()).at(marks.track + 10**9, marks.bin, marks.lat + 2, marks.lon)
    assert not far.any()


def test_reports_that_fit_no_hull_show_that_a_ship_is_displaced() -> None:
    heard = sea(8)
    lost = heard.take(heard.track % HULLS_PER_MMSI == 2)
    aside = PositionBatch(**{n: getattr(lost, n) for n in PositionBatch.described()})
    kept = heard.take(heard.track % HULLS_PER_MMSI == 1)
    assert not len(jams(kept).bin)
    assert len(jams(kept, aside).bin) > 50


def test_it_adds_nothing_to_the_score_of_a_vessel() -> None:
    (event,) = events(Interference(), sea()).values()
    assessment = assess(event, {})
    assert assessment.score > 0.5
    until = dict.fromkeys(SHIPS[:2], event.start)
    for vessel in rank(until, Features.make(2, memory_days=9.0), [(event, assessment)], {}):
        assert vessel.standing.score == 0
        assert not vessel.events


@pytest.mark.parametrize("wrong", [{"min_vessels_count": 1}, {"min_share": 1.5}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Interference(**wrong)
