"""The laws of docs/design.md, held against every detector in the table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from anomalies.detector import Detector
from anomalies.detectors import DETECTORS
from anomalies.encounter import Encounter
from anomalies.gap import Gap
from anomalies.gap_evidence import OF_WHOLE_LOG
from anomalies.identity import Identity
from anomalies.interference import Interference
from anomalies.listed import Listed
from anomalies.long_voyage import OF_WHOLE_LOG as OF_WHOLE_VOYAGE
from anomalies.long_voyage import LongVoyage
from tests.anomalies.meetings import WithMeetings, watch_list
from tests.anomalies.twins import TWINS
from tests.fleets import (
    ANNA,
    BELLA,
    CARLA,
    DORA,
    EMMA,
    HOUR,
    T0,
    Row,
    Stretch,
    changes,
    events,
    fixes,
    standing,
    turns,
    voyage,
    whole,
)
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch
from tracks.geodesy import NMI_M, destination, from_xyz, unit_xyz, wrap_lon
from tracks.listening import Turns
from tracks.place import Place
from tracks.places import Places

LAT, LON = 58.0, 5.0
NAMES = (ANNA, BELLA, CARLA, DORA, EMMA)
SHORT = WithMeetings(Encounter(), Listed(quiet_days=0.37))  # a fleet is heard for a day or two
HARBOUR = Places.of([Place("Havn", "port", LAT + 0.1, LON)])
# The vessels begin in one of them and may sail to another.
PORTS = Places.of(
    [Place(name, "port", LAT + north, LON) for name, north in (("A", 0), ("B", 0.3), ("C", -0.4))]
)

EVERY_DETECTOR = pytest.mark.parametrize("kind", DETECTORS)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))

# Numbers that make no sum or distance exactly a threshold, which rounding would then decide.
stretches = st.builds(
    Stretch,
    hours=st.sampled_from([0.5, 1.0, 1.5, 2.5, 3.5, 5.0, 7.0]),
    speed_kn=st.sampled_from([0.0, 0.0, 0.43, 1.37, 2.71, 9.1]),
    course_deg=st.sampled_from([0.0, 77.0, 180.0, 257.0]),
    heard=st.sampled_from([True, True, True, False]),
)


class Vessel(NamedTuple):
    """One vessel's plan, short enough to be read where a test fails."""

    bearing_deg: float
    away_m: float
    start_h: float
    every_s: float
    stretches: tuple[Stretch, ...]
    sources: tuple[int, ...]  # which hear it, by turns


class Outage(NamedTuple):
    """A time in which one source hears nothing, and how late its beginning and end are told."""

    source: int
    start_h: float
    hours: float
    late_h: tuple[float, float]


class Jump(NamedTuple):
    """A time in which some vessels report from elsewhere, as another hull of their number."""

    vessels: int  # the first ones
    start_h: float
    hours: float
    away_nmi: float
    by_turns: bool  # with their own hull


@dataclass(frozen=True)
class Fleet:
    """A few vessels near each other that stay, sail and fall silent, over one or two days."""

    vessels: tuple[Vessel, ...]
    outages: tuple[Outage, ...]
    jump: Jump | None = None

    def told(self) -> dict[str, Any]:
        """Return what the station says of its sources, as `tests.fleets.changes` takes it."""
        told = {"statics": self.claims(), "watch": watch_list(NAMES)}
        if not self.outages:
            return told
        ends = [(o.start_h + o.hours, o.source, False) for o in self.outages]
        rows = [(o.start_h, o.source, True) for o in self.outages] + ends
        late_h = np.array([o.late_h for o in self.outages]).T.ravel()
        return {"turns": turns(rows), "late_s": late_h * HOUR, **told}

    def claims(self) -> StaticBatch:
        """Return what the vessels say of themselves: one renamed, and two with one IMO number."""
        t = T0 + np.arange(0, 40, 0.37) * HOUR
        told = [
            StaticBatch.make(
                len(t),
                t=t + 11 * i,
                mmsi=name // HULLS_PER_MMSI,
                name=np.where((t > T0 + 4 * HOUR) & (i == 1), b"VICTORY", b"ANNA"),
                imo=9074729 if i in (2, 3) else 0,
                to_bow_m=10 + i // 2,
                to_port_m=3,
                line=100_000 + 5 * np.arange(len(t)) + i,
            )
            for i, name in enumerate(NAMES)
        ]
        every = StaticBatch.concat(told)
        return every.take(np.argsort(every.t))

    def heard(self) -> Fixes:
        rows: list[Row] = []
        for track, v in zip(NAMES, self.vessels, strict=False):
            lat, lon = map(float, destination(LAT, LON, v.bearing_deg, v.away_m))
            how = {"start_h": v.start_h, "every_s": v.every_s}
            rows += voyage(track, lat, lon, *v.stretches, **how)
        assume(rows)
        heard = fixes(rows)
        by_name = {t: v.sources for t, v in zip(NAMES, self.vessels, strict=False)}
        names = zip(heard.track.tolist(), heard.line.tolist(), strict=True)
        source = [by_name[t][line % len(by_name[t])] for t, line in names]
        return self._jumped(replace(heard, source=np.array(source, np.uint16)))

    def _jumped(self, heard: Fixes) -> Fixes:
        if self.jump is None:
            return heard
        vessels, start_h, hours, away_nmi, by_turns = self.jump
        rows = np.isin(heard.track, NAMES[:vessels])
        rows &= (heard.t >= T0 + start_h * HOUR) & (heard.t < T0 + (start_h + hours) * HOUR)
        rows &= (heard.line % 2 == 0) | (not by_turns)
        away = destination(heard.lat[rows], heard.lon[rows], 40.0, away_nmi * NMI_M)
        lat, lon = heard.lat.copy(), heard.lon.copy()
        lat[rows], lon[rows] = away
        moved = replace(heard, track=heard.track + rows, lat=lat, lon=lon)
        return moved.take(np.lexsort((moved.t, moved.track)))


jumps = st.builds(
    Jump,
    st.sampled_from([1, 2, 4]),
    st.sampled_from([0.7, 1.3, 3.1]),
    st.sampled_from([0.4, 1.1, 2.9]),
    st.sampled_from([4.1, 37.3, 161.0]),
    st.booleans(),
)


def fleets(*every_s: float) -> st.SearchStrategy[Fleet]:
    vessel = st.builds(
        Vessel,
        st.sampled_from([0.0, 90.0]),
        st.sampled_from([7.0, 230.0, 611.0]),
        st.sampled_from([0.0, 0.0, 0.11, 3.0]),
        st.sampled_from(every_s or (290.0, 600.0, 1750.0)),
        st.lists(stretches, min_size=1, max_size=5).map(tuple),
        st.sampled_from([(1,), (2,), (1, 2)]),
    )
    outage = st.builds(
        Outage,
        st.sampled_from([1, 2]),
        st.floats(0, 20),
        st.sampled_from([0.01, 0.37, 0.61, 3.1, 40.0]),
        st.tuples(late_h, late_h),
    )
    return st.builds(
        Fleet,
        st.lists(vessel, min_size=2, max_size=5).map(tuple),
        st.lists(outage, max_size=4).map(tuple),
        st.none() | jumps,
    )


late_h = st.sampled_from([0.0, 0.17, 1.0])
# So that a fleet of five may show a half deaf station.
# So many silences are surprising that some gaps are told early.
OF_FEW = {
    "gap": Gap(
        half_deaf_vessels_count=2, half_deaf_share=0.5, pauses_count=2, surprising_one_in_count=1.2
    ),
    "interference": Interference(min_vessels_count=2, merge_h=1.6),
    "identity": Identity(learning_h=0.1, min_together_h=0.5, merge_h=3.1),
    "long_voyage": LongVoyage(min_days=0.15, call_h=1.1, max_silence_days=9),
    "listed": SHORT,
}


def detector(kind: str) -> Detector:
    return OF_FEW.get(kind) or DETECTORS[kind]()


def reach(heard: Fixes, more_h: float) -> float:
    return float(heard.t.max()) + more_h * HOUR


# A few lines cannot show whether the station was deaf: that rule needs the whole log.
WITH_FEW_LINES = {kind: detector(kind) for kind in DETECTORS} | {
    "gap": Gap(min_duration_h=2, outage_vessels_count=1000, half_deaf_vessels_count=1000),
    "interference": Interference(min_vessels_count=2, merge_h=1.6),
    "identity": Identity(learning_h=0, min_together_h=0.5, merge_h=3.1),
    "long_voyage": OF_FEW["long_voyage"],
    "listed": SHORT,
}
# What was learned of reception lies in cells, which are not turned with the ships.
WITHOUT_MAP = {kind: detector(kind) for kind in DETECTORS} | {
    "gap": Gap(half_deaf_vessels_count=2, half_deaf_share=0.5, surprising_one_in_count=1e9)
}
OF_MAP = {"silence_surprise", "silence_known_share"}
more_h = st.sampled_from([0.0, 1.3, 4.7, 9.0])
places = st.sampled_from([Places.none(), HARBOUR, PORTS])


@EVERY_DETECTOR
@FEW
@given(fleets(), st.lists(st.floats(0, 30), max_size=6), more_h, places)
def test_cut_anywhere_the_same_events_stand(
    kind: str, fleet: Fleet, cuts: list[float], more_h: float, places: Places
) -> None:
    heard = fleet.heard()
    until = reach(heard, more_h)
    at_once = events(detector(kind), heard, until=until, places=places, **fleet.told())
    in_steps = events(
        detector(kind),
        heard,
        until=until,
        places=places,
        cuts=[T0 + h * HOUR for h in cuts],
        **fleet.told(),
    )
    assert whole(in_steps) == whole(at_once)


@EVERY_DETECTOR
@settings(FEW, max_examples=4)
@given(fleets())
def test_ten_minutes_at_a_time_the_same_events_stand(kind: str, fleet: Fleet) -> None:
    heard = fleet.heard()
    cuts = np.arange(T0 + 7, reach(heard, 0), 600.0).tolist()
    at_once = events(detector(kind), heard, **fleet.told())
    in_steps = events(detector(kind), heard, cuts=cuts, **fleet.told())
    assert whole(in_steps) == whole(at_once)


@EVERY_DETECTOR
@FEW
@given(fleets(), st.floats(0, 30), more_h)
def test_a_closed_event_is_never_changed_by_what_is_heard_later(
    kind: str, fleet: Fleet, cut: float, more_h: float
) -> None:
    heard = fleet.heard()
    until = T0 + cut * HOUR
    then = heard.take(heard.t <= until)
    assume(len(then))
    known_then = events(detector(kind), then, until=until, **fleet.told())
    later = max(until, reach(heard, more_h))
    known_later = whole(events(detector(kind), heard, until=later, **fleet.told()))
    closed = {name: e for name, e in known_then.items() if e.end is not None}
    assert whole(closed) == {name: known_later.get(name) for name in closed}


@EVERY_DETECTOR
@FEW
@given(fleets(), st.floats(0, 30))
def test_what_was_closed_in_a_stream_is_said_once_and_never_again(
    kind: str, fleet: Fleet, cut: float
) -> None:
    heard = fleet.heard()
    cuts, until = [T0 + cut * HOUR], reach(heard, 9)
    said = changes(detector(kind), heard, cuts=cuts, until=until, **fleet.told())
    closed = [c.event.id for c in said if c.what == "closed"]
    assert len(set(closed)) == len(closed)
    for name in closed:
        assert [c.what for c in said if c.event.id == name][-1] == "closed"


@EVERY_DETECTOR
@FEW
@given(fleets(), st.lists(st.floats(0, 30), max_size=6), more_h)
def test_saving_and_loading_the_state_between_steps_changes_nothing(
    kind: str, fleet: Fleet, cuts: list[float], more_h: float
) -> None:
    heard = fleet.heard()
    how = {"cuts": [T0 + h * HOUR for h in cuts], "until": reach(heard, more_h)} | fleet.told()
    kept = changes(detector(kind), heard, **how)
    saved = changes(detector(kind), heard, saved=True, **how)
    assert [c.what for c in saved] == [c.what for c in kept]
    assert whole(standing(saved)) == whole(standing(kept))


@EVERY_DETECTOR
@FEW
@given(fleets(), st.permutations(range(5)))
def test_which_vessel_has_which_number_changes_nothing(
    kind: str, fleet: Fleet, order: list[int]
) -> None:
    heard = fleet.heard()
    renamed = {NAMES[i] + hull: NAMES[order[i]] + hull for i in range(5) for hull in (0, 1)}
    other = as_track(heard, np.array([renamed[t] for t in heard.track.tolist()]))
    claims = fleet.claims()
    names = [renamed[m * HULLS_PER_MMSI + 1] // HULLS_PER_MMSI for m in claims.mmsi.tolist()]
    claims = replace(claims, mmsi=np.array(names, np.uint32))
    told = {"statics": claims, "watch": watch_list([NAMES[order[0]], NAMES[order[1]]])}
    expected = {
        (tuple(sorted(renamed[t] for t in e.tracks)), e.start, e.end): dict(e.evidence.measured)
        for e in events(detector(kind), heard, **fleet.told()).values()
    }
    found = {
        (e.tracks, e.start, e.end): dict(e.evidence.measured)
        for e in events(detector(kind), other, **fleet.told() | told).values()
    }
    assert found == expected


@EVERY_DETECTOR
@FEW
@given(fleets(), st.randoms(use_true_random=False))
def test_the_order_in_which_turns_of_sources_are_told_changes_nothing(
    kind: str, fleet: Fleet, rng: Random
) -> None:
    heard, outages = fleet.heard(), list(fleet.outages)
    rng.shuffle(outages)
    other = replace(fleet, outages=tuple(outages))
    assert whole(events(detector(kind), heard, **other.told())) == whole(
        events(detector(kind), heard, **fleet.told())
    )


@EVERY_DETECTOR
@FEW
@given(fleets())
def test_longitude_180_is_a_line_like_others(kind: str, fleet: Fleet) -> None:
    heard = fleet.heard()
    moved = at(heard, heard.lat, wrap_lon(heard.lon + 180 - LON))
    expected = events(detector(kind), heard, **fleet.told())
    same_but_for_rounding(expected, events(detector(kind), moved, **fleet.told()))


@EVERY_DETECTOR
@FEW
@given(fleets(600.0), st.sampled_from([90.0, 89.97]))
def test_the_poles_are_places_like_others(kind: str, fleet: Fleet, pole: float) -> None:
    heard = fleet.heard()
    # Every fix lies on a mark, since between fixes a point is where longitude says, not where
    # the great circle does: see tracks.geodesy.interpolate.
    heard = at(heard, heard.lat, heard.lon, np.round((heard.t - T0) / 600) * 600 + T0)
    turn = np.radians(pole - LAT)
    xyz = unit_xyz(heard.lat, wrap_lon(heard.lon - LON))
    x, y, z = xyz.T
    turned = np.stack(
        [x * np.cos(turn) - z * np.sin(turn), y, x * np.sin(turn) + z * np.cos(turn)], axis=-1
    )
    moved = at(heard, *from_xyz(turned))
    expected = events(WITHOUT_MAP[kind], heard, **fleet.told())
    found = events(WITHOUT_MAP[kind], moved, **fleet.told())
    same_but_for_rounding(expected, found, OF_MAP)


@EVERY_DETECTOR
@FEW
@given(fleets(), more_h, places)
def test_the_lines_that_an_event_names_give_its_measured_values_again(
    kind: str, fleet: Fleet, more_h: float, places: Places
) -> None:
    heard = fleet.heard()
    until = reach(heard, more_h)
    how = {"until": until, "places": places, "watch": watch_list(NAMES)}
    for event in events(detector(kind), heard, **fleet.told() | how).values():
        named = heard.take(np.isin(heard.line, event.evidence.lines))
        claims = fleet.claims().take(np.isin(fleet.claims().line, event.evidence.lines))
        # Port visits are a record of their own, with lines of their own.
        again = events(WITH_FEW_LINES[kind], named, statics=claims, visitors=heard, **how)
        assert event.id in again
        # That it was over is shown by what came later, which is not part of it.
        assert again[event.id].end in (event.end, None)
        assert (again[event.id].lat, again[event.id].lon) == (event.lat, event.lon)
        assert measured(again[event.id]) == measured(event)


@EVERY_DETECTOR
@settings(FEW, max_examples=30)
@given(fleets(), more_h, places)
def test_it_equals_its_slow_twin(kind: str, fleet: Fleet, more_h: float, places: Places) -> None:
    if kind not in (
        "identity",
        "interference",
        "listed",
    ):  # the others' twins know one hull of a number
        fleet = replace(fleet, jump=None)
    heard = fleet.heard()
    until, told = reach(heard, more_h), fleet.told()
    found = {
        (e.tracks, e.start, e.end): e.evidence.measured
        for e in events(detector(kind), heard, until=until, places=places, **told).values()
    }
    said = told.get("turns", Turns.empty())
    said = said.take(said.t + told.get("late_s", np.zeros(0)) <= until)
    claims = told["statics"].take(told["statics"].t <= until)
    expected = TWINS[kind](detector(kind), heard, until, places, said, claims)
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        rounded = {**values, "silence_surprise": round(values.get("silence_surprise", 0), 4)}
        said = {"silence_surprise": 0.0, **found[key]}
        assert {name: said[name] for name in rounded} == pytest.approx(rounded, abs=2e-4)


def as_track(heard: Fixes, track: np.ndarray) -> Fixes:
    columns = {name: getattr(heard, name) for name in Fixes.described()}
    made = Fixes.make(len(heard), **{**columns, "track": track, "mmsi": track // HULLS_PER_MMSI})
    return made.take(np.lexsort((made.t, made.track)))


def at(heard: Fixes, lat: np.ndarray, lon: np.ndarray, t: np.ndarray | None = None) -> Fixes:
    columns = {name: getattr(heard, name) for name in Fixes.described()}
    times = heard.t if t is None else t
    return Fixes.make(len(heard), **{**columns, "lat": lat, "lon": lon, "t": times})


def measured(event) -> dict[str, float]:
    """Return what the lines of an event can show; up to eight witnesses they show too."""
    hidden = set(OF_WHOLE_LOG) - {"witnesses_count"} | set(OF_WHOLE_VOYAGE)
    hidden |= {"affected_share", "together_h", "same_mmsi_count", "same_imo_count", "rivals_count"}
    return {k: v for k, v in event.evidence.measured.items() if k not in hidden}


def same_but_for_rounding(some, others, neglected: Collection[str] = ()) -> None:
    assert others.keys() == some.keys()
    for name, event in some.items():
        assert others[name].end == event.end
        assert others[name].evidence.lines == event.evidence.lines
        was, now = (
            {k: v for k, v in e.evidence.measured.items() if k not in neglected}
            for e in (event, others[name])
        )
        # Where nobody heard it for half an hour at a pole, a way is bent by longitude.
        assert now == pytest.approx(was, rel=1e-3, abs=1e-4)
