"""Port visits: what a slow walk from mark to mark tells, and what people at sea would say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fleets import ANNA, BELLA, CARLA, HOUR, T0
from tests.shores import sea
from tests.tracks.twin_visits import Mark, Walk
from tracks.batch import BIN_S, Points
from tracks.geodesy import NMI_M, destination
from tracks.place import Place
from tracks.places import Places
from tracks.shore import COLUMNS, INLAND_NMI, QUANTUM_NMI, ROWS, Shore
from tracks.state import dump, load
from tracks.visits import KINDS, Visiting, Visits

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
    counts = np.rint((nmi + INLAND_NMI) / QUANTUM_NMI).astype(np.uint16)
    return Shore(np.repeat(counts, COLUMNS + 1))


TOWN = Place("Havn", "port", LAT, LON, country="NO")
NEXT = Place("Vik", "port", *away(7.0, 90.0), country="NO")
ROADS = Place("Outer roads", "anchorage", *away(4.5), 0.6)
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
    st.sampled_from([0.0, 20.0, 45.0, 70.0, 90.0]),
)
legs = st.tuples(st.sampled_from([1, 1, 1, 1, 1, 2, 4, 7, 12, 25, 60, 200, 4400]), spots)
stays = st.tuples(spots, st.integers(2, 30), st.sampled_from([0.0, 0.005, 0.02, 0.05])).map(
    lambda s: [(1, away(s[2] * (i % 2), 0.0, s[0])) for i in range(s[1])]
)
goes = st.tuples(spots, spots, st.integers(2, 6)).map(
    lambda s: [
        (1, (s[0][0] + (s[1][0] - s[0][0]) * i / s[2], s[0][1] + (s[1][1] - s[0][1]) * i / s[2]))
        for i in range(s[2] + 1)
    ]
)
ways = st.lists(st.one_of(legs.map(lambda leg: [leg]), stays, goes), min_size=1, max_size=12).map(
    lambda parts: [leg for part in parts for leg in part]
)
cuts = st.lists(st.integers(0, 9000), max_size=5)


@given(ways, cuts)
@settings(max_examples=150, deadline=None)
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


def _ended(visits: Visits) -> Visits:
    assert np.isnan(visits.end).all()
    return Visits.from_state({**visits.to_state(), "end": np.zeros(len(visits))})
