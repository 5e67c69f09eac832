"""Long voyages: from port to port, over silences, and what they may hide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.long_voyage import LongVoyage
from anomalies.score import assess
from tests.anomalies.twin_long_voyage import voyages
from tests.fleets import ANNA, BELLA, CARLA, standing, whole
from tests.shores import sea
from tracks.batch import BIN_S, Fixes, Points
from tracks.geodesy import NMI_M, destination
from tracks.identity import Claims
from tracks.place import Place
from tracks.places import Places
from tracks.ports import Ports, Visits
from tracks.state import dump, load

DAY = 86_400.0
T0 = 1_500_076_800.0  # 2017-07-15T00:00Z
LAT, LON = 58.0, 5.0
PORT = Place("Havn", "port", LAT, LON)
OPEN_SEA = sea(100.0, PORT)
QUICK = LongVoyage(min_days=1.1, call_h=5.0, max_silence_days=5.0)
FISHING, CARGO, PASSENGER, SAILING = 30, 70, 60, 36


@dataclass(frozen=True)
class Diary:
    """The life of a hull: at sea some miles off port at some hours, in port at others."""

    track: int
    sea: tuple[tuple[float, float], ...]  # hours after T0, nautical miles from port
    port: tuple[tuple[float, float], ...]  # from hour to hour; the latter inf while it lies there
    late_h: float = 0.0  # so late it is known that it came in
    waits: bool = False  # that it was there is known when it has been heard for a while again
    status: int = 0
    unsure: tuple[int, ...] = ()  # which of its visits were no stops

    def points(self) -> Points:
        hours, nmi = np.array(self.sea or np.empty((0, 2))).T
        lat, lon = destination(LAT, LON, 257.0, nmi * NMI_M)
        bins = np.floor((T0 + hours * 3600) / BIN_S).astype(np.int64)
        lines = 2 * bins + 1000 * (self.track - ANNA)
        return Points.make(
            len(bins), track=self.track, bin=bins, lat=lat, lon=lon,
            line_before=lines, line_after=lines + 1, nav_status=self.status,
        )  # fmt: skip

    def visits(self) -> Visits:
        start, end = np.array(self.port or np.empty((0, 2))).T
        visits = Visits.make(
            len(start), track=self.track, start=T0 + start * 3600, lat=LAT + 0.03, lon=LON,
            certainty=np.where(np.isin(np.arange(len(start)), self.unsure), 1, 3),
        )  # fmt: skip
        end = np.where(np.isinf(end), np.nan, T0 + end * 3600)
        lines = {"line_in": visits.start // 300, "line_out": np.nan_to_num(end // 300)}
        lines = {n: v.astype(np.int64) + 1000 * (self.track - ANNA) for n, v in lines.items()}
        return replace(visits, end=end, **lines)


def hull(*days_at_sea: float, back: float | None = None, nmi: float = 90.0, **how: int) -> Diary:
    """Return a hull that leaves port at T0, is heard at noon of these days, and comes back."""
    port = ((-30.0, 0.0),) if back is None else ((-30.0, 0.0), (24 * back, math.inf))
    return Diary(ANNA, tuple((24 * d + 12, nmi) for d in days_at_sea), port, **how)


def told(
    detector: LongVoyage, diaries: Sequence[Diary], until_h: float, cuts: Iterable[float] = (),
    places: Places = OPEN_SEA, saved: bool = False,
) -> list[Change]:  # fmt: skip
    """Return all that the detector says, given in steps that end at `cuts`, hours after T0."""
    points = Points.concat([d.points() for d in diaries])
    points = points.take(np.lexsort((points.bin, points.track)))
    visits = Visits.concat([d.visits() for d in diaries])
    # A visit is told when it is sure, or with the first point at sea, and when it was left.
    known = [(points.track, points.bin * 600.0), (visits.track, visits.start)]
    next_t = [
        min([t for of, at in known for t in at[(of == track) & (at > end)]], default=np.inf)
        for track, end in zip(visits.track, np.nan_to_num(visits.end, nan=np.inf), strict=True)
    ]
    late_s, waits = (
        np.repeat([getattr(d, name) for d in diaries], [len(d.port) for d in diaries])
        for name in ("late_h", "waits")
    )
    next_t = np.array(next_t) + np.where(waits, 5000, 0)
    arrived_t = np.minimum(np.where(waits, np.inf, visits.start + 3600 * (1 + late_s)), next_t)
    is_sure = visits.certainty > 1
    sure, arrived_t = visits.take(is_sure), arrived_t[is_sure]
    state, said, before = detector.start(), [], -math.inf
    until = T0 + until_h * 3600
    for as_of in [*sorted(t for h in cuts if (t := T0 + h * 3600) < until), until]:

        def now(t: np.ndarray, before: float = before, as_of: float = as_of) -> np.ndarray:
            return (t >= before) & ((t < as_of) | ((t == as_of) & (as_of == until)))

        ports = Ports(
            replace(some := sure.take(now(arrived_t)), end=np.full(len(some), np.nan)),
            visits.take(now(next_t)),
        )
        heard = Heard(Fixes.empty(), points.take(now(points.bin * 600.0)), ports=ports)
        state, changes = detector.step(state, heard, Context(places, as_of == until), as_of)
        state = load(dump(state)) if saved else state
        said += changes
        before = as_of
    return said


def events(*diaries: Diary, until: float = 500.0, places: Places = OPEN_SEA, **how) -> list[Event]:
    detector = LongVoyage(**how)
    return list(standing(told(detector, diaries, 24 * until, places=places)).values())


def measured(event: Event) -> dict[str, float]:
    return dict(event.evidence.measured)


def score(event: Event, ship_type: int, length_m: int = 60) -> float:
    return assess(event, {ANNA: Claims(ship_type=ship_type, length_m=length_m)}).score


def test_heard_in_port_again_after_211_days_it_was_away_for_so_long() -> None:
    (event,) = events(hull(1, 1.5, 2, 100, 210.1, back=211))
    assert event.kind == "long_voyage"
    assert (event.start, event.end) == (T0, T0 + 211 * DAY)
    assert measured(event)["away_days"] == 211
    assert measured(event)["days_count"] == 212
    assert measured(event)["heard_days_count"] == 4
    assert measured(event)["longest_silence_h"] == pytest.approx(110.1 * 24, abs=0.2)
    # To port and back, or only one way, is 12 or 6 h, and 6 h there.
    assert measured(event)["unheard_calls_count"] == 3
    assert measured(event)["sure_days"] == 1.0
    assert measured(event)["ports_apart_nmi"] == 0
    assert event.evidence.caveats == (
        "it was not heard at sea all the time: 3 times it could have called at a port unheard, in"
        " up to 110.1 days",
        "it was heard at sea on 4 of 212 days: it may have called anywhere",
    )


def test_who_was_never_heard_at_sea_was_on_no_voyage_that_anybody_knows_of() -> None:
    assert not events(hull(back=211))
    assert not events(hull(*range(1, 211), back=211, nmi=5.0))


def test_eighty_days_are_no_long_voyage() -> None:
    assert not events(hull(*range(1, 80), back=80))


def test_who_was_never_heard_in_port_has_no_voyage() -> None:
    assert not events(Diary(ANNA, tuple((24.0 * d, 90.0) for d in range(200)), ()))


def test_who_is_first_heard_in_port_again_has_no_voyage_before() -> None:
    assert not events(Diary(ANNA, ((0.0, 90.0), (3000.0, 90.0)), ((3001.0, math.inf),)))


def test_a_call_at_a_port_on_the_way_parts_the_voyage() -> None:
    port = ((-30.0, 0.0), (24 * 60.0, 24 * 61.0), (24 * 130.0, math.inf))
    assert not events(Diary(ANNA, tuple((24.0 * d, 90.0) for d in (10, 50, 70, 120)), port))


def test_passing_by_a_port_does_not_part_it() -> None:
    port = ((-30.0, 0.0), (24 * 60.0, 24 * 60.0), (24 * 130.0, math.inf))
    life = Diary(ANNA, tuple((24.0 * d, 90.0) for d in (10, 50, 70, 120)), port, unsure=(1,))
    (event,) = events(life)
    assert measured(event)["away_days"] == 130


def test_from_the_port_it_lay_in_no_way_is_counted_wherever_in_it_that_was() -> None:
    life = Diary(ANNA, ((1.0, 5.0), (12.0, 89.5), (30 * 24.0, 90.0)), ((-30.0, 0.0),))
    for cuts in ((), np.arange(0, 30, 1.0)):
        (event,) = standing(told(replace(QUICK, call_h=6, max_silence_days=99), [life], 730, cuts))
        said = told(replace(QUICK, call_h=6, max_silence_days=99), [life], 730, cuts)
        assert measured(standing(said)[event])["unheard_calls_count"] == 2


@pytest.mark.parametrize(
    "life",
    [
        # It fell silent 5 miles off, and was next heard coming from there: that was a call.
        Diary(
            ANNA,
            ((12, 90.0), (48, 90.0), (60, 5.0), (108, 8.9), (150, 90.0)),
            ((-30.0, 0.0), (60.0, 60.0)),
            waits=True,
        ),
        # It fell silent there, and is found there after longer than voyages are remembered.
        Diary(ANNA, ((12, 90.0), (48, 90.0), (60, 5.0)), ((-30.0, 0.0), (60.0, math.inf)), 300),
    ],
)
def test_what_is_known_of_a_call_only_later_counts_from_when_it_was(life: Diary) -> None:
    at_once = standing(told(QUICK, [life], 400))
    assert whole(standing(told(QUICK, [life], 400, np.arange(90, 130, 1 / 6)))) == whole(at_once)
    first = next(iter(at_once.values()))
    assert (first.end - T0) / 3600 == 60
    assert "ports_apart_nmi" in measured(first)


def test_at_sea_for_long_it_is_told_before_it_is_back_up_to_when_it_was_heard() -> None:
    (event,) = events(hull(*range(1, 121)), until=150)
    assert event.end is None
    assert measured(event)["away_days"] == 120.5
    assert (event.lat, event.lon) == pytest.approx((57.65, 2.26), abs=0.05)
    assert event.evidence.caveats[-1] == (
        "the recording ends 708.0 h after it was last heard at sea"
    )


def test_it_is_told_at_each_doubling() -> None:
    said = told(LongVoyage(), [hull(*range(1, 400))], 24 * 399.9, np.arange(24, 9_590, 240.0))
    days = [(c.what, round(c.event.evidence.measured["away_days"])) for c in said]
    assert days == [("opened", 90), ("updated", 190), ("updated", 390), ("updated", 400)]


def test_of_who_is_silent_for_a_year_nothing_more_is_known() -> None:
    (event,) = events(hull(*range(1, 121), back=500), until=600)
    assert event.end == T0 + 120.5 * DAY
    assert "not heard again within 365 days" in event.evidence.caveats[-1]
    assert "ports_apart_nmi" not in measured(event)


def test_who_is_back_after_a_year_unheard_has_no_voyage() -> None:
    assert not events(hull(back=400), until=600)


@pytest.mark.parametrize(
    ("nmi", "hours_silent", "calls"),
    [
        (90.0, 17.0, 0),  # 12 h to port and back, and 6 h there
        (90.0, 18.5, 1),
        (200.0, 18.5, 1),  # the shore is nearer
        (30.0, 9.0, 0),
        (30.0, 10.5, 1),
    ],
)
def test_a_silence_hides_a_call_if_it_is_long_enough_to_steam_there_and_back(
    nmi: float, hours_silent: float, calls: int
) -> None:
    heard = [(h, nmi) for h in np.arange(12, 24 * 95, 4.0) if not 1000 < h < 1000 + hours_silent]
    heard = [(h, nmi) for h in np.arange(4, 1000, 4.0)]
    heard += [(heard[-1][0] + hours_silent + 4.0 * i, nmi) for i in range(400)]
    (event,) = events(Diary(ANNA, tuple(heard), ((-30.0, 0.0),)), places=sea(90.0, PORT))
    assert measured(event)["unheard_calls_count"] == calls


def test_beyond_the_map_of_the_shore_the_nearest_port_counts() -> None:
    far_out = tuple((4.0 + 50 * i, 600.0) for i in range(60))
    (event,) = events(Diary(ANNA, far_out, ((-30.0, 0.0),)), places=sea(300.0, PORT))
    assert measured(event)["unheard_calls_count"] == 0
    assert measured(event)["sure_days"] == measured(event)["away_days"]
    assert measured(event)["high_seas_share"] == 1


def test_near_a_port_or_the_shore_it_is_not_at_sea() -> None:
    close = tuple((24.0 * d, 2.0) for d in range(1, 120))
    assert not events(Diary(ANNA, close, ((-30.0, 0.0),)))
    assert not events(hull(*range(1, 120)), places=sea(2.0, PORT))


def test_the_lines_are_those_of_both_ports_the_longest_silence_and_the_farthest_place() -> None:
    life = hull(1, 2, 100, 210, back=211)
    points, visits = life.points(), life.visits()
    of_points = [points.line_before[[0, 1, 2]], points.line_after[[0, 1, 2]]]
    lines = {*np.concatenate(of_points).tolist(), int(visits.line_out[0]), int(visits.line_in[1])}
    # Everywhere it was as far from shore, which the first shows; 2 to 3 are the longest silence.
    of_silence = points.take(np.array([2, 3]))
    lines = {int(visits.line_out[0]), int(visits.line_in[1])}
    for point in (points.take(np.array([0])), of_silence):
        lines |= {*point.line_before.tolist(), *point.line_after.tolist()}
    (event,) = events(life)
    assert set(event.evidence.lines) == lines


def test_a_liner_back_after_four_months_unheard_does_not_stand_out() -> None:
    (event,) = events(hull(0, 119, back=120))
    assert score(event, CARGO, 300) < 0.01


def test_no_ship_that_nobody_heard_stands_out() -> None:
    for ship_type in (FISHING, CARGO, PASSENGER, SAILING, 0):
        (event,) = events(hull(0, 363, back=364))
        assert score(event, ship_type) < 0.1


def test_a_longliner_heard_far_out_on_60_of_200_days_stands_out() -> None:
    heard = sorted(hour + day * 24 for day in range(3, 198, 13) for hour in (0, 24, 48, 72))
    life = Diary(ANNA, tuple((12.0 + h, 150.0) for h in heard), ((-30.0, 0), (4800.0, math.inf)))
    (event,) = events(life, places=sea(150.0, PORT))
    assert measured(event)["heard_days_count"] == 60
    assert score(event, FISHING) < 0.6  # nobody knows where it was for nine days, again and again
    often = Diary(ANNA, tuple((80.0 * i + 12, 700.0) for i in range(60)), life.port)
    (event,) = events(often, places=sea(300.0, PORT))
    assert measured(event)["heard_days_count"] == 60
    assert score(event, FISHING) > 0.9


def test_day_boats_of_a_harbour_that_no_list_has_do_not_stand_out() -> None:
    trips = tuple(
        (24.0 * d + h, nmi) for d in range(150) for h, nmi in ((5, 15), (9, 40), (14, 15))
    )
    (event,) = events(Diary(ANNA, trips, ((-30.0, 0.0),)), places=sea(15.0, PORT))
    assert measured(event)["heard_days_count"] == 150
    assert score(event, FISHING) < 0.3


@pytest.mark.parametrize(
    ("ship_type", "length_m", "measured", "name"),
    [
        (FISHING, 12, {}, "too small for months"),
        (FISHING, 60, {"max_shore_nmi": 11.0}, "kept to the coast"),
        (FISHING, 60, {"sure_days": 6.0}, "may have called weekly"),
        (FISHING, 60, {"sure_days": 20.0}, "may have called monthly"),
        (FISHING, 60, {"heard_days_count": 9.0}, "hardly heard at sea"),
        (CARGO, 60, {"sure_days": 20.0}, "trades elsewhere"),
        (80, 200, {}, "stores oil"),
        (51, 60, {}, "out by trade"),
        (SAILING, 60, {}, "out by trade"),
    ],
)
def test_what_speaks_against_is_listed(ship_type, length_m, measured, name) -> None:
    facts = {"away_days": 200.0, "days_count": 201.0, "heard_days_count": 90.0, "sure_days": 99.0}
    evidence = Evidence({**facts, "max_shore_nmi": 90.0, **measured}, "rule", (1,))
    event = Event("long_voyage", (ANNA,), T0, None, LAT, LON, evidence)
    claims = {ANNA: Claims(ship_type=ship_type, length_m=length_m)}
    against = {factor.name for factor in assess(event, claims).objections}
    assert {"long_voyage: base", name} <= against
    unchanged = replace(event, evidence=Evidence({**facts, "max_shore_nmi": 90.0}, "rule", (1,)))
    fishing = {ANNA: Claims(ship_type=FISHING, length_m=60)}
    assert not {f.name for f in assess(unchanged, fishing).objections} - {"long_voyage: base"}


@pytest.mark.parametrize("ship_type", [31, 50, 51, PASSENGER, SAILING])
def test_ships_that_stand_by_or_cruise_do_not_stand_out(ship_type: int) -> None:
    (event,) = events(hull(*range(1, 120), back=120, nmi=30.0), places=sea(30.0, PORT))
    assert score(event, ship_type) < 0.2


SIGNS = {
    "away_days": (90.0, 800.0),
    "heard_days_count": (0.0, 200.0),
    "sure_days": (0.0, 400.0),
    "max_shore_nmi": (5.0, 300.0),
    "fishing_share": (0.0, 1.0),
}


@given(
    st.fixed_dictionaries({name: st.floats(*span) for name, span in SIGNS.items()}),
    st.sampled_from(sorted(SIGNS)),
    st.floats(0, 1),
    st.sampled_from([FISHING, CARGO, 80, 52, 0, 36]),
)
def test_no_sign_that_grows_makes_a_score_lower(values, name, more, ship_type) -> None:
    def of(measured: dict[str, float]) -> Event:
        evidence = Evidence({"days_count": 200.0, **measured}, "rule", (1,))
        return Event("long_voyage", (ANNA,), T0, None, LAT, LON, evidence)

    low, high = SIGNS[name]
    larger = {**values, name: values[name] + more * (high - values[name])}
    assert low <= larger[name] <= high
    assert 0 < score(of(values), ship_type) <= score(of(larger), ship_type) < 1


hours_at_sea = st.lists(
    st.tuples(
        st.sampled_from([0.31, 2.17, 5.9, 7.3, 11.7, 19.3, 31.1, 77.7, 150.3]),
        st.sampled_from([1.3, 8.9, 33.1, 71.9]),
    ),
    max_size=8,
)  # hours since the one before, and miles from port
trips = st.lists(
    st.tuples(hours_at_sea, st.sampled_from([0.0, 1.9, 13.1])), min_size=1, max_size=4
)  # and then so long in port


@st.composite
def diaries(draw: st.DrawFn, track: int) -> Diary:
    at_sea, port, hour = [], [], draw(st.sampled_from([0.0, 3.3]))
    first = True
    for trip, stays_h in draw(trips):
        if not first or draw(st.booleans()):
            port.append((hour, hour + stays_h))
            hour += stays_h
        first = False
        for after, nmi in trip:
            hour += after
            at_sea.append((hour, nmi))
        hour += draw(st.sampled_from([0.4, 3.1, 40.1]))
    if draw(st.booleans()):
        port.append((hour, draw(st.sampled_from([math.inf, hour + 2]))))
    if at_sea and port and port[-1][1] < math.inf and at_sea[-1][0] < port[-1][1]:
        port[-1] = (port[-1][0], math.inf)  # who was not heard again lies there still
    marks = [(math.floor(h * 6) / 6, nmi) for h, nmi in at_sea]
    port = [(math.floor(a * 6) / 6, b if math.isinf(b) else math.floor(b * 6) / 6) for a, b in port]
    return Diary(
        track, tuple(dict(marks).items()), tuple(port), status=draw(st.sampled_from([0, 7]))
    )


fleets = st.tuples(diaries(ANNA), diaries(BELLA), diaries(CARLA))
FEW = settings(max_examples=30)
cuts = st.lists(st.floats(0, 600), max_size=8)
more_h = st.sampled_from([1.0, 1.3, 30.1, 200.3])
seas = st.sampled_from([OPEN_SEA, sea(7.0, PORT), Places.of([PORT])])


def length_h(fleet: Sequence[Diary], more_h: float = 1.0) -> float:
    told = [h for d in fleet for h, _ in d.sea] + [a for d in fleet for a, _ in d.port]
    return max([0.0, *told]) + more_h


@FEW
@given(fleets, cuts, more_h, seas)
def test_cut_anywhere_or_saved_between_the_same_voyages_stand(fleet, cuts, more_h, seas) -> None:
    until_h = length_h(fleet, more_h)
    at_once = standing(told(QUICK, fleet, until_h, places=seas))
    in_steps = standing(told(QUICK, fleet, until_h, cuts, seas, saved=True))
    assert whole(in_steps) == whole(at_once)


@FEW
@given(fleets, st.floats(0, 600), more_h)
def test_a_voyage_that_is_over_never_changes(fleet, cut, more_h) -> None:
    until_h = length_h(fleet, more_h)
    then = standing(told(QUICK, fleet, min(cut, until_h)))
    later = whole(standing(told(QUICK, fleet, until_h)))
    closed = {name: e for name, e in then.items() if e.end is not None}
    assert whole(closed) == {name: later.get(name) for name in closed}


@FEW
@given(fleets, more_h, seas)
def test_they_equal_their_slow_twin(fleet, more_h, seas) -> None:
    until_h = length_h(fleet, more_h)
    found = {
        (e.tracks, e.start, e.end): dict(e.evidence.measured)
        for e in standing(told(QUICK, fleet, until_h, places=seas)).values()
    }
    points = Points.concat([d.points() for d in fleet])
    visits = Visits.concat([d.visits() for d in fleet])
    expected = voyages(QUICK, points, visits, T0 + until_h * 3600, seas)
    assert found.keys() == expected.keys()
    for key, said in expected.items():
        assert found[key] == pytest.approx(said, abs=1e-6)


@FEW
@given(fleets, st.permutations([ANNA, BELLA, CARLA]))
def test_which_hull_has_which_number_changes_nothing(fleet, names) -> None:
    renamed = dict(zip((ANNA, BELLA, CARLA), names, strict=True))
    other = [replace(d, track=renamed[d.track]) for d in fleet]
    until_h = length_h(fleet)
    expected = {
        (renamed[e.tracks[0]], e.start, e.end): dict(e.evidence.measured)
        for e in standing(told(QUICK, fleet, until_h)).values()
    }
    found = standing(told(QUICK, other, until_h)).values()
    assert {(e.tracks[0], e.start, e.end): dict(e.evidence.measured) for e in found} == expected


def test_memory_does_not_grow_with_the_length_of_a_voyage() -> None:
    detector, state = LongVoyage(), LongVoyage().start()
    life = hull(*range(1, 300))
    sizes = []
    for until in (100, 300):
        points = life.points()
        points = points.take(points.bin * 600 <= T0 + until * DAY)
        ports = Ports(life.visits(), life.visits())
        heard = Heard(Fixes.empty(), points, ports=ports)
        state, _ = detector.step(detector.start(), heard, Context(OPEN_SEA), T0 + until * DAY)
        sizes.append(len(dump(state)))
    assert sizes[0] == sizes[1]
