"""Port visits: what a slow walk from mark to mark tells, and what people at sea would say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fleets import ANNA, BELLA, CARLA, HOUR, T0
from tests.tracks.twin_visits import Mark, Walk
from tracks.batch import BIN_S, Points
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.place import Place
from tracks.places import Places
from tracks.ports import KINDS, Visits
from tracks.shore import COLUMNS, ROWS, Shore
from tracks.state import dump, load
from tracks.visits import Visiting

LAT, LON = 58.0, 5.0
B0 = round(T0 / BIN_S)
RULES = Visiting()
LEAVE_NMI = RULES.leave_nmi + RULES.town_nmi
At = tuple[float, float]


def away(nmi: float, course_deg: float = 0.0, at: At = (LAT, LON)) -> At:
    """Return a position so far from another."""
    lat, lon = destination(*at, course_deg, nmi * NMI_M)
    return float(lat), float(lon)


def coast() -> Shore:
    """Return a map by which the shore runs along LAT, and the sea is north of it."""
    lat = np.arange(ROWS) / 10.0 - 90
    nmi = np.clip((lat - LAT) * 60, -9, 300)
    return Shore.of(np.repeat(nmi[:, None], COLUMNS, axis=1))


TOWN = Place("Havn", "port", LAT, LON, country="NO")
NEXT = Place("Vik", "port", *away(7.0, 90.0), country="NO")
ROADS = Place("Outer roads", "anchorage", *away(4.5, 330.0), 0.6)
PLACES = Places.of([TOWN, NEXT, ROADS], coast())

# A way: after how many marks, and where.
Way = list[tuple[int, At]]


def points(way: Way, track: int = ANNA) -> Points:
    """Return a way as points; the lines of each are 2n and 2n + 1."""
    bins = B0 + np.cumsum([marks for marks, _ in way])
    lat, lon = np.array([at for _, at in way]).T
    n = np.arange(len(way))
    return Points.make(
        len(way), track=track, bin=bins, lat=lat, lon=lon,
        line_before=2 * n, line_after=2 * n + 1,
    )  # fmt: skip


def told(
    heard: Points,
    cuts: list[int] | None = None,
    places: Places = PLACES,
    rules: Visiting = RULES,
    until: int = 100,
) -> tuple[Visits, Visits, Visits]:
    """Return who arrived, what is over, and what lasts `until` marks behind the last.

    Points are given up to each of `cuts`, in marks.
    """
    state, since, found = rules.start(), 0, []
    end = int(heard.bin.max()) + 1
    for cut in [*sorted(cuts or []), end, end + until]:
        some = heard.take((heard.bin >= since) & (heard.bin < cut))
        state, ports = rules.step(state, some, places, cut * float(BIN_S))
        state, since = load(dump(state)), max(since, cut)
        found.append(ports)
    arrived, over = (Visits.concat(parts) for parts in zip(*found, strict=True))
    arrived, over = (v.take(np.lexsort((v.start, v.track))) for v in (arrived, over))
    return arrived, over, rules.open(state, places)


def rows(visits: Visits) -> list[tuple[object, ...]]:
    return [
        (round(s / BIN_S), round(e / BIN_S), round(y, 7), round(x, 7), round(still * 6),
         round(heard * 6), certainty, first, last)
        for s, e, y, x, still, heard, certainty, first, last in zip(
            *(getattr(visits, name).tolist() for name in
              ("start", "end", "lat", "lon", "stopped_h", "heard_h", "certainty", "line_in",
               "line_out")),
            strict=True,
        )
    ]  # fmt: skip


def walked(heard: Points, places: Places = PLACES, rules: Visiting = RULES) -> Walk:
    columns = (heard.bin, heard.lat, heard.lon, heard.line_before, heard.line_after)
    marks = [Mark(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]
    return Walk(rules, places, marks)


def told_of(walk: Walk) -> list[tuple[object, ...]]:
    """Return the visits that are worth telling."""
    return [
        call.row()
        for call in walk.over
        if call.sure
        or (call.end - call.start >= walk.rules.least_h * 6 and walk.place(call.at) >= 0)
    ]


spots = st.builds(
    away,
    st.sampled_from([0.0, 0.02, 0.3, 1.5, 2.1, 2.3, 3.5, 3.8, 4.1, 4.3, 5.0, 5.6, 7.0, 9.0, 30.0]),
    st.sampled_from([330.0, 0.0, 20.0, 70.0, 90.0]),
)
legs = st.tuples(st.sampled_from([1, 1, 1, 1, 1, 2, 4, 7, 12, 25, 60, 200, 4400]), spots)
stays = st.tuples(
    spots, st.integers(2, 30), st.sampled_from([0.0, 0.005, 0.02, 0.05]), st.sampled_from([1, 1, 2])
).map(lambda s: [(s[3], away(s[2] * (i % 2), 0.0, s[0])) for i in range(s[1])])
goes = st.tuples(spots, spots, st.integers(2, 6)).map(
    lambda s: [
        (1, (s[0][0] + (s[1][0] - s[0][0]) * i / s[2], s[0][1] + (s[1][1] - s[0][1]) * i / s[2]))
        for i in range(s[2] + 1)
    ]
)


def call(near_nmi: float, silent: int, off_nmi: float, course_deg: float, kn: float) -> Way:
    """Return a way towards the town, and, after a silence, back."""
    nmi = np.arange(near_nmi, 9.0, kn / 6)
    way_in = [(1, away(d, course_deg)) for d in nmi[::-1].tolist()]
    way_out = [(1, away(d + off_nmi, course_deg + 10)) for d in nmi.tolist()]
    return [*way_in, (silent, way_out[0][1]), *way_out[1:]]


calls = st.builds(
    call,
    st.sampled_from([0.2, 1.0, 2.0, 2.5, 3.0, 4.2, 5.0, 5.3, 6.0]),
    st.sampled_from([3, 6, 8, 12, 23, 24, 30, 100, 4000, 5000]),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.sampled_from([0.0, 10.0, 70.0, 320.0]),
    st.sampled_from([2.5, 4.0, 7.0, 12.0]),
)
parts = st.one_of(legs.map(lambda leg: [leg]), stays, goes, calls)
ways = st.lists(parts, min_size=1, max_size=8).map(
    lambda some: [leg for one in some for leg in one]
)
cuts = st.lists(st.integers(0, 9000), max_size=5)


@given(ways, cuts)
@settings(max_examples=60, deadline=None)
def test_it_is_what_a_walk_from_mark_to_mark_tells_however_the_stream_is_cut(
    way: Way, cuts: list[int]
) -> None:
    heard = points(way)
    arrived, over, lasts = told(heard, [B0 + cut for cut in cuts])
    walk = walked(heard)
    assert rows(over) == told_of(walk)
    lines = [(row[0], *row[2:]) for row in walk.arrived]
    found = rows(Visits.concat([]) if not len(arrived) else _ended(arrived))
    assert [(row[0], *row[2:]) for row in found] == lines
    assert len(lasts) <= (walk.call is not None)
    sure = over.take(over.certainty > 1)
    assert {*sure.start} | {*lasts.take(lasts.certainty > 1).start} == {*arrived.start}


ends = st.tuples(
    st.sampled_from([0.2, 1.0, 2.0, 2.3, 3.0, 4.4]),
    st.sampled_from([330.0, 0.0, 20.0, 90.0]),
    st.sampled_from([0.0, 45.0, 180.0, 200.0, 270.0]),
    st.sampled_from([0.6, 2.5, 4.0, 7.0, 12.0]),
    st.sampled_from([0.0, 0.0, 12.0]),
)
sides = st.tuples(ends, st.sampled_from([5, 6, 8, 12, 23, 24, 40, 200, 4400]), ends)


@given(sides, st.booleans(), st.booleans())
@settings(max_examples=250, deadline=None)
def test_what_a_silence_hides_is_told_as_the_walk_tells_it(
    sides: tuple[tuple[float, ...], int, tuple[float, ...]], lay: bool, again: bool
) -> None:
    (nmi, course, heads, kn, east), silent, (nmi2, course2, heads2, kn2, east2) = sides
    a = away(nmi, course, away(east, 90.0))
    b = a if again else away(nmi2, course2, away(east2, 90.0))
    way = [(1, away(kn / 6 * back, heads, a)) for back in (3, 2, 1, 0)]
    way += [(silent, b), *[(1, away(kn2 / 6 * on, heads2, b)) for on in (1, 2, 3)]]
    heard = points([*lies(way[0][1], 0.5), *way] if lay else way)
    walk = walked(heard)
    arrived, over, _ = told(heard)
    assert rows(over) == told_of(walk)
    assert arrived.start.tolist() == [row[0] * BIN_S for row in walk.arrived]


def _ended(visits: Visits) -> Visits:
    assert np.isnan(visits.end).all()
    return Visits.from_state({**visits.to_state(), "end": np.zeros(len(visits))})


def lies(at: At, hours: float) -> Way:
    return [(1, at)] * round(hours * 6)


def sails(a: At, b: At, kn: float = 9.0) -> Way:
    """Return the way from a to b, without a."""
    nmi = float(distance_m(*a, *b)) / NMI_M
    count = math.ceil(nmi / kn * 6)
    way = [((a[0] + (b[0] - a[0]) * i / count), (a[1] + (b[1] - a[1]) * i / count))
           for i in range(1, count + 1)]  # fmt: skip
    return [(1, at) for at in way]


QUAY, SEA = away(0.3), away(15.0)
COMES, GOES = sails(SEA, QUAY), sails(QUAY, SEA)


def over_of(way: Way, places: Places = PLACES) -> Visits:
    return told(points(way), places=places)[1]


def said(visits: Visits) -> list[tuple[str, int, float]]:
    """Return place, certainty and hours stopped of each."""
    return [
        (place.decode(), int(certainty), round(float(hours), 2))
        for place, certainty, hours in zip(
            visits.place, visits.certainty, visits.stopped_h, strict=True
        )
    ]


def test_a_ship_heard_to_come_and_stop_and_go_was_surely_there() -> None:
    way = [*COMES, *lies(QUAY, 5), *GOES]
    arrived, over, lasts = told(points(way))
    assert said(over) == [("Havn (NO)", 4, 5.0)]
    assert over.country[0] == b"NO"
    assert not len(lasts)
    nmi = [float(distance_m(*at, LAT, LON)) / NMI_M for _, at in way]
    first = next(i for i, away_nmi in enumerate(nmi) if away_nmi <= 3.62)
    last = max(i for i, away_nmi in enumerate(nmi) if away_nmi <= LEAVE_NMI)
    assert (over.line_in[0], over.line_out[0]) == (2 * first, 2 * last + 1)
    assert over.start[0] == (B0 + 1 + first) * BIN_S
    assert over.end[0] == (B0 + 1 + last) * BIN_S
    assert over.heard_h[0] == pytest.approx((last + 1 - first) / 6)
    assert (arrived.start[0], arrived.certainty[0]) == (over.start[0], 3)


def test_one_of_which_only_one_end_was_heard_is_less_sure_and_one_lying_only_less() -> None:
    gone = [(30, away(40.0))]
    assert said(over_of([*COMES, *lies(QUAY, 5), *gone])) == [("Havn (NO)", 3, 5.0)]
    assert said(over_of([*lies(QUAY, 5), *GOES])) == [("Havn (NO)", 3, 4.83)]
    assert said(over_of([*lies(QUAY, 5), *gone])) == [("Havn (NO)", 2, 4.83)]


def test_who_only_passes_is_not_sure_and_told_of_if_it_was_near_for_an_hour() -> None:
    a, b = away(9.0, 190.0), away(9.0, 350.0)
    assert said(over_of(sails(a, b, 4.0))) == [("Havn (NO)", 1, 0.0)]
    assert not len(over_of(sails(a, b, 15.0)))
    assert not len(told(points(sails(a, b, 4.0)))[0])


def test_a_quay_two_miles_from_the_town_that_the_list_has_is_in_port() -> None:
    quay = away(3.5, 90.0)
    comes, goes = sails(away(12, 45.0), quay), sails(quay, away(12, 45.0))
    assert said(over_of([*comes, *lies(quay, 2), *goes])) == [("Havn (NO)", 4, 2.0)]


def test_where_boats_fish_off_a_town_only_a_long_rest_is_sure() -> None:
    ground = away(3.5, 20.0)
    rests = [
        over_of([*sails(SEA, ground), *lies(ground, hours), *sails(ground, SEA)]).certainty
        for hours in (2, 5)
    ]
    assert [r.tolist() for r in rests] == [[1], [4]]


def test_a_stop_at_a_shore_where_no_list_has_a_place_is_a_visit_after_an_hour() -> None:
    cove = away(0.5, 0.0, away(20.0, 90.0))
    out = away(12.0, 0.0, cove)
    visits = over_of([*sails(out, cove), *lies(cove, 1.2), *sails(cove, out)])
    assert said(visits) == [("the shore 13 nmi east of Vik (NO)", 4, 1.17)]
    assert KINDS[visits.kind[0]] == "shore"
    assert visits.country[0] == b""
    assert not len(over_of([*sails(out, cove), *lies(cove, 0.8), *sails(cove, out)]))
    at_sea = away(4.0, 0.0, away(20.0, 90.0))
    assert not len(over_of([*sails(out, at_sea), *lies(at_sea, 12), *sails(at_sea, out)]))
    off = away(2.0, 0.0, away(20.0, 90.0))
    some = [over_of([*sails(out, off), *lies(off, h), *sails(off, out)]) for h in (2, 5)]
    assert [len(visits) for visits in some] == [0, 1]


def test_a_port_in_the_shadow_is_told_by_the_way_there_and_the_way_back() -> None:
    lost = away(4.5)
    way = [*sails(SEA, lost), (90, lost), *sails(lost, SEA)]
    arrived, over, _ = told(points(way))
    n = len(sails(SEA, lost))
    assert said(over) == said(arrived) == [("Havn (NO)", 2, 0.0)]
    assert (over.line_in[0], over.line_out[0]) == (2 * (n - 1), 2 * n + 1)
    assert over.end[0] - over.start[0] == 90 * BIN_S
    assert (over.lat[0], over.lon[0], over.heard_h[0]) == (LAT, LON, 0.0)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 8, 9, 10])
def test_where_a_ship_comes_from_is_waited_for_however_the_stream_is_cut(cut: int) -> None:
    lost = away(4.5)
    way = [*sails(SEA, lost), (90, lost), *sails(lost, SEA)]
    heard = points(way)
    again = int(heard.bin[len(sails(SEA, lost))])
    whole, cut_up = (told(heard, cuts)[1] for cuts in ([], [again + cut]))
    assert rows(whole) == rows(cut_up)
    alone = heard.take(heard.bin <= again)
    assert not len(told(alone, [again + cut])[1])


@pytest.mark.parametrize(
    ("what", "way"),
    [
        ("too short", [*sails(SEA, away(4.5)), (11, away(4.5)), *sails(away(4.5), SEA)]),
        ("too slow", [*sails(SEA, away(4.5), 4), (90, away(4.5)), *sails(away(4.5), SEA, 4)]),
        ("too far", [*sails(SEA, away(6.0)), (90, away(6.0)), *sails(away(6.0), SEA)]),
        ("came again", [*sails(SEA, away(4.5)), (90, away(4.5)), *sails(away(4.5), away(4.3))]),
        ("was leaving", [*sails(away(4.3), away(5.0)), (90, away(4.5)), *sails(away(4.5), SEA)]),
        ("too long", [*sails(SEA, away(4.5)), (4400, away(4.5)), *sails(away(4.5), SEA)]),
        ("went on", [*sails(SEA, away(4.5)), (90, away(90.0)), *sails(away(90.0), away(95.0))]),
    ],
)
def test_a_silence_near_a_port_is_no_call_if_anything_speaks_against(what: str, way: Way) -> None:
    assert not (over_of(way).certainty > 1).any(), what


def test_a_port_whose_basin_is_in_the_shadow_is_called_at_between_two_marks_at_its_mouth() -> None:
    mouth = away(1.5)
    some = {
        marks: said(over_of([*sails(SEA, mouth), (marks, mouth), *sails(mouth, SEA)]))
        for marks in (5, 8, 60)
    }
    assert some == {marks: [("Havn (NO)", 4 if marks > 5 else 1, 0.0)] for marks in some}


def test_one_who_made_for_the_quay_and_was_away_from_the_air_for_long_was_there() -> None:
    lost, far = away(1.5), away(60.0)
    came = over_of([*sails(SEA, lost), (300, far), (1, far)])
    assert said(came) == [("Havn (NO)", 3, 0.0)]
    assert (came.lat[0], came.end[0]) == (lost[0], (B0 + len(sails(SEA, lost))) * BIN_S)
    went = over_of([(1, far), (1, far), (300, lost), *sails(lost, SEA)])
    assert said(went) == [("Havn (NO)", 3, 0.0)]
    assert went.line_in[0] == 4


def test_one_who_was_about_to_pass_a_port_or_had_no_time_to_stop_was_not_there() -> None:
    abeam, ahead, near = away(1.5), away(1.5, 315.0), away(32.0)
    passes = [*sails(away(9.0, 270.0, abeam), ahead), (300, away(60.0)), (1, away(60.0))]
    assert not (over_of(passes).certainty > 1).any()
    hurries = [*sails(SEA, abeam), (30, near), *sails(near, away(40.0))]
    assert not (over_of(hurries).certainty > 1).any()


def test_a_slow_boat_that_goes_in_and_comes_out_has_stopped() -> None:
    mouth = away(1.2)
    slow = [*sails(away(5.0), mouth, 4.0), (12, mouth), *sails(mouth, away(5.0), 4.0)]
    assert said(over_of(slow)) == [("Havn (NO)", 4, 0.0)]
    trawls = [*sails(away(5.0), mouth, 4.0), (12, mouth), *sails(mouth, away(6.0, 270.0), 4.0)]
    assert not (over_of(trawls).certainty > 1).any()


def test_a_silence_at_a_shore_without_a_place_is_a_visit_if_it_came_to_land_and_left_it() -> None:
    cove = away(20.0, 90.0)
    near, out = away(1.5, 0.0, cove), away(12.0, 0.0, cove)
    way = [*sails(out, near), (60, near), *sails(near, out)]
    visits = over_of(way)
    assert said(visits) == [("the shore 13 nmi east of Vik (NO)", 2, 0.0)]
    assert visits.end[0] - visits.start[0] == 60 * BIN_S
    lay = [*sails(out, near, 4.0), *lies(near, 0.5), (60, near), *sails(near, out, 4.0)]
    assert said(over_of(lay)) == [("the shore 13 nmi east of Vik (NO)", 4, 0.5)]
    along = [*sails(away(9.0, 270.0, near), near), (60, near), *sails(near, out)]
    assert not len(over_of(along))


def test_a_transponder_that_is_off_at_the_quay_for_weeks_does_not_end_the_visit() -> None:
    way = [*COMES, *lies(QUAY, 3), (21 * 144, away(0.4)), *lies(away(0.4), 1), *GOES]
    visits = over_of(way)
    assert said(visits) == [("Havn (NO)", 4, 4.0)]
    assert visits.end[0] - visits.start[0] > 21 * 86400


def test_who_falls_silent_coming_in_and_is_found_at_the_quay_came_once() -> None:
    way = [*sails(SEA, away(2.0)), (14 * 144, QUAY), *lies(QUAY, 1), *GOES]
    assert said(over_of(way)) == [("Havn (NO)", 4, 1.0)]


def test_who_falls_silent_going_out_and_is_found_in_port_was_at_sea() -> None:
    way = [*COMES, *lies(QUAY, 3), *sails(QUAY, away(1.9)), (14 * 144, QUAY), *lies(QUAY, 1)]
    visits = over_of([*way, *GOES])
    assert said(visits) == [("Havn (NO)", 3, 3.0), ("Havn (NO)", 3, 1.0)]
    assert visits.start[1] - visits.end[0] == 14 * 86400


def test_who_was_silent_after_lying_there_may_come_in_again() -> None:
    way = [*COMES, *lies(QUAY, 3), (30, away(1.0)), (1, away(1.5)), (30, away(0.7)), *lies(QUAY, 1)]
    assert len(over_of([*way, *GOES])) == 1


def test_who_is_found_in_another_port_has_left_the_first() -> None:
    far = Place("Bukt", "port", *away(30.0, 90.0))
    there = away(30.2, 90.0)
    way = [*COMES, *lies(QUAY, 3), (60, there), *lies(there, 2)]
    visits = over_of([*way, *sails(there, away(20.0, 0.0, there))], PLACES.along_with([far]))
    assert said(visits) == [("Havn (NO)", 3, 3.0), ("Bukt", 3, 2.0)]
    assert visits.end[0] == (B0 + len(COMES) + 18) * BIN_S


def test_who_fell_silent_at_the_quay_and_is_heard_leaving_lay_there_till_then() -> None:
    way = [*COMES, *lies(QUAY, 3), (300, away(4.6)), *sails(away(4.6), SEA)]
    visits = over_of(way)
    assert said(visits) == [("Havn (NO)", 3, 3.0)]
    assert visits.end[0] == (B0 + len(COMES) + 18 + 300) * BIN_S
    assert visits.line_out[0] == 2 * (len(COMES) + 18) + 1


def test_who_drifts_in_was_not_heard_coming() -> None:
    drifts = [(1, away(4.2 - 0.02 * i)) for i in range(40)]
    visits = over_of([*lies(away(4.2), 1), *drifts, (40, away(60.0))])
    assert visits.certainty.tolist() == [2]


def test_from_the_roads_to_the_quay_is_one_visit_where_it_lay_longest() -> None:
    roads = away(4.5, 330.0)
    way = [*sails(SEA, roads), *lies(roads, 20), *sails(roads, QUAY), *lies(QUAY, 6), *GOES]
    assert said(over_of(way)) == [("Outer roads", 4, 26.0)]
    way = [*sails(SEA, roads), *lies(roads, 5), *sails(roads, QUAY), *lies(QUAY, 6), *GOES]
    visits = over_of(way)
    assert said(visits) == [("Havn (NO)", 4, 11.0)]
    assert visits.lat[0] == pytest.approx(QUAY[0])


def test_two_listed_ports_whose_limits_touch_are_two_visits_and_two_berths_are_one() -> None:
    vik = away(0.3, 0.0, (NEXT.lat, NEXT.lon))
    way = [*COMES, *lies(QUAY, 2), *sails(QUAY, vik), *lies(vik, 2), *sails(vik, SEA)]
    visits = over_of(way)
    assert said(visits) == [("Havn (NO)", 4, 2.0), ("Vik (NO)", 4, 2.0)]
    assert 0 < visits.start[1] - visits.end[0] <= 8 / 9 * HOUR + 600
    berth = away(2.0, 90.0)
    way = [*COMES, *lies(QUAY, 2), *sails(QUAY, berth), *lies(berth, 2), *sails(berth, SEA)]
    assert said(over_of(way)) == [("Havn (NO)", 4, 4.0)]


def test_an_anchorage_that_only_the_station_knows_is_named_after_the_nearest_place() -> None:
    learned = Place(
        "anchorage learned here (9 ships)", "anchorage", *away(8.0, 30.0), 0.6, named=False
    )
    there = away(8.2, 30.0)
    way = [*sails(SEA, there), *lies(there, 2), *sails(there, SEA)]
    visits = over_of(way, PLACES.along_with([learned]))
    assert said(visits) == [("the anchorage 7.1 nmi east-northeast of Outer roads", 4, 2.0)]
    assert (KINDS[visits.kind[0]], visits.country[0]) == ("anchorage", b"")


def test_an_outline_is_entered_within_it_and_left_a_little_beyond() -> None:
    box = shapely.box(LON - 0.02, LAT + 0.1, LON + 0.02, LAT + 0.12)
    places = Places.of([Place("Basin", "port", LAT + 0.11, LON, outline=box)], coast())
    inside, edge = (LAT + 0.105, LON), (LAT + 0.0915, LON)
    outside = (LAT + 0.08, LON)
    to_edge = [*sails(SEA, inside), *sails(inside, edge), *lies(edge, 2), *sails(edge, SEA)]
    assert said(over_of(to_edge, places)) == [("Basin", 4, 2.0)]
    beyond = [*sails(SEA, inside), *sails(inside, outside), *lies(outside, 2)]
    assert not (over_of(beyond, places).certainty > 1).any()


def test_names_are_cut_between_letters() -> None:
    places = Places.of([Place("Ø" * 60, "port", LAT, LON)], coast())
    ((place, _, _),) = said(over_of([*COMES, *lies(QUAY, 2), *GOES], places))
    assert place == "Ø" * 32


def test_without_places_and_map_nobody_visits_anything() -> None:
    assert not len(over_of([*COMES, *lies(QUAY, 30), *GOES], Places.none()))


def test_what_lasts_is_told_as_far_as_it_has_come() -> None:
    state, ports = RULES.step(
        RULES.start(), points([*COMES, *lies(QUAY, 5)]), PLACES, (B0 + 200) * float(BIN_S)
    )
    lasts = RULES.open(state, PLACES)
    assert said(lasts) == [("Havn (NO)", 3, 5.0)]
    assert np.isnan(lasts.end).all()
    assert ports.arrived.start.tolist() == lasts.start.tolist()
    assert not len(ports.over)


def test_an_arrival_is_told_as_soon_as_the_ship_has_stopped() -> None:
    way = [*COMES, *lies(QUAY, 5)]
    told_at = len(COMES) + 1
    state = RULES.start()
    heard = points(way)
    for row, bin_ in enumerate(heard.bin.tolist()):
        some = heard.take(slice(row, row + 1))
        state, ports = RULES.step(state, some, PLACES, (bin_ + 0.5) * BIN_S)
        assert len(ports.arrived) == (row + 1 == told_at)


@pytest.mark.parametrize("at", [(LAT, 179.9999), (89.98, 30.0), (-89.99, -179.5)])
def test_longitude_180_and_the_poles_are_places_like_others(at: At) -> None:
    places = Places.of([Place("Havn", "port", *at)])
    nmi = [*np.arange(9.0, 0.2, -1.5), *[0.3] * 12, *np.arange(0.5, 9.0, 1.5)]
    east = [(1, away(d, 90.0, at)) for d in nmi]
    flat = [(1, away(d, 90.0)) for d in nmi]
    found = over_of(east, places)
    expected = over_of(flat, Places.of([Place("Havn", "port", LAT, LON)]))
    for name in ("start", "end", "stopped_h", "heard_h", "certainty", "line_in", "line_out"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    assert distance_m(*at, found.lat[0], found.lon[0]) < 0.5 * NMI_M
    unheard = [(1, away(d, 90.0, at)) for d in (8.0, 6.5, 5.0)]
    back = [(90, away(5.0, 90.0, at)), *[(1, away(d, 90.0, at)) for d in (6.5, 8.0)]]
    assert said(over_of([*unheard, *back], places)) == [("Havn", 2, 0.0)]


@given(ways, ways, st.integers(0, 3000))
@settings(max_examples=25, deadline=None)
def test_to_the_last_bit_nothing_depends_on_neighbours_and_cuts(
    one: Way, other: Way, cut: int
) -> None:
    alone = [points(one), points(other, BELLA)]
    both = Points.concat(alone)
    together = told(both, [B0 + cut])
    end = int(both.bin.max()) + 1
    apart = [told(some, until=end + 100 - int(some.bin.max()) - 1) for some in alone]
    for found, expected in zip(together, zip(*apart, strict=True), strict=True):
        assert found.to_records().tobytes() == Visits.concat(expected).to_records().tobytes()


def test_its_state_does_not_grow_with_the_time_a_ship_lies_there() -> None:
    state, way = RULES.start(), points([*COMES, *lies(QUAY, 24 * 200)])
    for begin in range(0, len(way), 1440):
        some = way.take(slice(begin, begin + 1440))
        state, _ = RULES.step(state, some, PLACES, float(some.bin[-1] * BIN_S))
    assert sum(array.nbytes for array in state.values()) < 400
    assert RULES.open(state, PLACES).stopped_h[0] == 4800.0


def test_hulls_are_forgotten_after_a_month_at_sea_and_three_years_in_port() -> None:
    at_sea, in_port = points(sails(SEA, away(9.0))), points([*COMES, *lies(QUAY, 1)], CARLA)
    heard = Points.concat([at_sea, in_port])
    state, known = RULES.step(RULES.start(), heard, PLACES, (B0 + 30) * float(BIN_S))[0], []
    for days in (29, 32, 1099, 1102):
        state, ports = RULES.step(state, Points.empty(), PLACES, (B0 + days * 144) * float(BIN_S))
        known.append((len(state["last_track"]), said(ports.over)))
    assert known == [(2, []), (1, []), (1, []), (0, [("Havn (NO)", 3, 1.0)])]
    back = Points.concat([in_port, points([(1200 * 144, QUAY)], CARLA)])
    assert said(told(back)[1]) == [("Havn (NO)", 3, 1.0)]


@pytest.mark.parametrize(
    "wrong", [{"enter_nmi": 3.0}, {"stop_kn": 1.0}, {"silent_h": 0.5}, {"shore_nmi": 3.0}]
)
def test_limits_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Visiting(**wrong)
