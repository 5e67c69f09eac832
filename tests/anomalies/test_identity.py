from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anomalies.identity import Identity
from anomalies.score import assess
from tests.anomalies.twin_identity import identities
from tests.fleets import ANNA, BELLA, HOUR, T0, Row, Stretch, changes, events, fixes, voyage, whole
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch
from tracks.places import Places

GOOD_IMO, OTHER_IMO = 9074729, 9176187


def statics(track: int, begin_h: float, end_h: float, **said: object) -> StaticBatch:
    """Return claims every six minutes."""
    t = T0 + np.arange(begin_h, end_h, 0.1) * HOUR
    line = 100_000 + np.round((t - T0) / 10).astype(np.int64) + track % 7
    return StaticBatch.make(len(t), t=t, mmsi=track // HULLS_PER_MMSI, line=line, **said)


def together(*parts: StaticBatch) -> StaticBatch:
    every = StaticBatch.concat(parts)
    return every.take(np.argsort(every.t, kind="stable"))


def sailing(rows: list[Row], sog_kn: float = 10.0, cog_deg: float = 90.0) -> Fixes:
    return fixes(rows, sog_kn=sog_kn, cog_deg=cog_deg)


def found(heard: Fixes, told: StaticBatch | None = None, **how: float) -> list:
    told = StaticBatch.empty() if told is None else told
    return list(events(Identity(**how), heard, statics=told).values())


def two_hulls(hours: float, apart_deg: float = 0.7) -> Fixes:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(9.0, 6.0, 90.0), every_s=180.0)
    return sailing(
        rows + voyage(ANNA + 1, 58.0 + apart_deg, 5.0, Stretch(hours), start_h=2.02, every_s=200.0)
    )


def test_two_hulls_with_one_mmsi_at_one_time_are_told() -> None:
    (event,) = found(two_hulls(3.0))
    assert event.tracks == (ANNA, ANNA + 1)
    assert event.start == T0 + 2 * HOUR
    assert event.evidence.measured["together_h"] == pytest.approx(3.2, abs=0.2)
    assert event.evidence.measured["distance_nmi"] == pytest.approx(43, abs=1)


def test_a_receiver_that_errs_for_half_an_hour_is_no_second_hull() -> None:
    assert not found(two_hulls(0.6))


def renumbered(silent_h: float = 0.1, off_deg: float = 0.0, back: bool = False) -> Fixes:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(5.0, 10.0, 90.0), every_s=120.0)
    lat, lon = rows[-1][2:]
    begin = rows[-1][1] + silent_h
    onward = voyage(ANNA, lat, lon, Stretch(9.0, 10.0, 90.0), start_h=rows[-1][1], every_s=60.0)
    lon = next(r[3] for r in onward if r[1] >= begin)
    rows += voyage(
        BELLA, lat + off_deg, lon, Stretch(3.0, 10.0, 90.0), start_h=begin, every_s=120.0
    )
    rows += [r for r in onward if r[1] > begin + 0.2] if back else []
    return sailing(rows)


def test_a_number_that_begins_where_another_was_due_is_told_with_what_agrees() -> None:
    said = {"call_sign": b"LAXY", "to_bow_m": 50, "to_stern_m": 9, "to_port_m": 4}
    told = together(
        statics(ANNA, 0, 5, name=b"ANNA", **said), statics(BELLA, 5.2, 8, name=b"VICTORY", **said)
    )
    (event,) = found(renumbered(), told)
    assert event.tracks == (ANNA, BELLA)
    assert event.evidence.measured["same_claims_count"] == 2
    assert event.evidence.measured["other_claims_count"] == 1
    assert event.evidence.measured["off_nmi"] < 0.1
    assert assess(event, {}).score > 0.8


def test_a_number_is_told_by_its_way_alone_only_if_nothing_else_fits() -> None:
    assert found(renumbered())
    assert not found(renumbered(silent_h=0.4))
    other = together(
        statics(ANNA, 0, 5, to_bow_m=50, to_port_m=4),
        statics(BELLA, 5.2, 8, to_bow_m=9, to_port_m=4),
    )
    assert not found(renumbered(), other)


@pytest.mark.parametrize("how", [{"off_deg": 0.05}, {"silent_h": 0.8}, {"back": True}])
def test_a_number_that_begins_elsewhere_or_later_or_beside_the_old_one_is_another_ship(
    how: dict,
) -> None:
    said = {"name": b"ANNA", "call_sign": b"LAXY"}
    told = together(statics(ANNA, 0, 5, **said), statics(BELLA, 5.2, 8, **said))
    assert not found(renumbered(**how), told)


def test_every_number_is_new_to_a_station_that_has_just_begun() -> None:
    said = {"name": b"ANNA", "call_sign": b"LAXY"}
    told = together(statics(ANNA, 0, 5, **said), statics(BELLA, 5.2, 8, **said))
    assert found(renumbered(), told)
    assert not found(renumbered(), told, learning_h=6.0)


def renamed(before: bytes, now: bytes, back: bool = False, **after: object) -> list:
    heard = sailing(voyage(ANNA, 58.0, 5.0, Stretch(9.0, 10.0, 90.0), every_s=300.0))
    parts = [statics(ANNA, 0, 4, name=before, imo=GOOD_IMO)]
    parts.append(statics(ANNA, 4, 4.3 if back else 9, name=now, imo=GOOD_IMO, **after))
    parts += [statics(ANNA, 4.3, 9, name=before)] if back else []
    return found(heard, together(*parts))


def test_a_new_name_is_told_where_it_was_first_heard_with_both_names() -> None:
    (event,) = renamed(b"STELLA", b"=HYPERLINK(1)")
    assert event.start == pytest.approx(T0 + 4 * HOUR)
    assert event.end == pytest.approx(T0 + 4.5 * HOUR, abs=400)
    assert "'STELLA' to '=HYPERLINK(1)'" in event.evidence.caveats[0]
    assert event.evidence.measured["new_imo_count"] == 0


@pytest.mark.parametrize("now", [b"M/V STELLA", b"STELA", b"STELLA MARIS", b"STELLA.", b"STELIA"])
def test_another_spelling_is_no_other_name(now: bytes) -> None:
    assert not renamed(b"STELLA", now)


def test_a_name_heard_for_minutes_and_then_the_old_one_changes_nothing() -> None:
    assert not renamed(b"STELLA", b"VICTORY", back=True)


def test_an_imo_number_that_changes_is_told_only_if_both_are_well_formed() -> None:
    heard = sailing(voyage(ANNA, 58.0, 5.0, Stretch(9.0, 10.0, 90.0), every_s=300.0))
    for now, count in ((OTHER_IMO, 1), (OTHER_IMO + 1, 0)):
        told = together(statics(ANNA, 0, 4, imo=GOOD_IMO), statics(ANNA, 4, 9, imo=now))
        assert len(found(heard, told)) == count


def test_one_imo_number_given_by_two_mmsis_is_told_and_a_mistyped_one_is_not() -> None:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(5.0), every_s=300.0)
    heard = sailing(rows + voyage(BELLA, 58.5, 5.0, Stretch(5.0), every_s=300.0), 0.0)
    for imo, count in ((GOOD_IMO, 1), (GOOD_IMO + 1, 0)):
        told = together(statics(ANNA, 0, 5, imo=imo), statics(BELLA, 1, 5, imo=imo))
        assert len(found(heard, told)) == count


@pytest.mark.parametrize("heard", [two_hulls(3.0), renumbered(), renumbered(back=True)])
def test_cut_and_saved_anywhere_it_is_the_same_and_equals_the_slow_twin(heard: Fixes) -> None:
    told = together(
        statics(ANNA, 0, 5, name=b"ANNA", imo=GOOD_IMO),
        statics(BELLA, 5.2, 8, name=b"STELLA", imo=GOOD_IMO),
        statics(ANNA, 5, 8.5, name=b"VICTORY"),
    )
    at_once = events(Identity(), heard, statics=told)
    assert at_once
    cuts = np.arange(T0 + 7, T0 + 12 * HOUR, 613.0).tolist()
    said = changes(Identity(), heard, cuts=cuts, saved=True, statics=told)
    assert whole({c.event.id: c.event for c in said}) == whole(at_once)
    until = float(heard.t.max())
    twin = identities(Identity(), heard, until, Places.none(), None, told.take(told.t <= until))
    assert {(e.tracks, e.start, e.end) for e in at_once.values()} == twin.keys()


def test_a_number_as_delivered_and_a_crowd_under_it_speak_against() -> None:
    (event,) = found(two_hulls(3.0))
    score = assess(event, {}).score
    assert score > 0.5
    tracks = tuple(416_000_000 * HULLS_PER_MMSI + i for i in (1, 2))
    assert assess(replace(event, tracks=tracks), {}).score < score / 2
    measured = {**event.evidence.measured, "same_mmsi_count": 5.0}
    crowd = replace(event, evidence=replace(event.evidence, measured=measured))
    assert assess(crowd, {}).score < score / 2
