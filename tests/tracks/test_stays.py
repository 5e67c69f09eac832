"""Stays: who lies still, told as a slow walk from hour to hour tells it."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fleets import ANNA, BELLA, HOUR, T0
from tests.shores import sea
from tracks.batch import BIN_S, HULLS_PER_MMSI, Points
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.place import Place
from tracks.places import Places
from tracks.state import dump, load
from tracks.stays import LEAST_H, Resting, Stays

LAT, LON = 58.0, 5.0
H0 = round(T0 / HOUR)
BUOY = 992_570_001 * HULLS_PER_MMSI + 1


RESTING = Resting(memory_days=90.0, max_shore_nmi=12.0)
SEA = sea()


class Hour(NamedTuple):
    """How a ship goes on from one point to the next."""

    hours: int
    away_nmi: float
    course_deg: float


hours = st.builds(
    Hour,
    st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 20, 26]),
    st.sampled_from([0.0, 0.003, 0.01, 0.07, 0.11, 0.19, 0.21, 0.3, 0.47, 0.53, 9.0]),
    st.sampled_from([0.0, 77.0, 90.0, 180.0, 257.0]),
)
ways = st.lists(hours, min_size=1, max_size=40)


def points(way: list[Hour], track: int = ANNA, at: tuple[float, float] = (LAT, LON)) -> Points:
    """Return a way as points, at full hours and at ten minutes past."""
    rows = [(H0, *at)]
    for step in way:
        lat, lon = destination(*rows[-1][1:], step.course_deg, step.away_nmi * NMI_M)
        rows.append((rows[-1][0] + step.hours, float(lat), float(lon)))
    hour, lat, lon = np.repeat(np.array(rows), 2, axis=0).T
    bins = hour.astype(np.int64) * 6
    bins[1::2] += 1
    return Points.make(len(bins), track=track, bin=bins, lat=lat, lon=lon)


def together(*some: Points) -> Points:
    return Points.concat(some)


def stays_of(heard: Points, cuts: list[int] | None = None, places: Places = SEA) -> Stays:
    """Return what is known at the end, of points given up to each of `cuts`, in marks."""
    state, since = RESTING.start(), 0
    end = int(heard.bin.max()) + 7
    for until in [*sorted(cuts or []), end]:
        some = heard.take((heard.bin >= since) & (heard.bin < until))
        state = load(dump(RESTING.step(state, some, places, until * float(BIN_S))))
        since = max(since, until)
    return RESTING.known(state, places, end * float(BIN_S))


def rows_of(stays: Stays) -> list[tuple[object, ...]]:
    return [
        (int(s), round(a / HOUR), round(b / HOUR), int(h), round(float(y), 6), round(float(x), 6))
        for s, a, b, h, y, x in zip(
            stays.track, stays.start, stays.end, stays.heard_h, stays.lat, stays.lon, strict=True
        )
    ]


def slow(way: list[Hour], track: int = ANNA) -> list[tuple[object, ...]]:
    """Walk from hour to hour."""
    heard = points(way, track)
    at = [(b // 6, y, x) for b, y, x in zip(heard.bin, heard.lat, heard.lon, strict=True)][::2]
    found: list[list[tuple[int, float, float]]] = []
    rest: list[tuple[int, float, float]] = []
    for before, after in itertools.pairwise(at):
        away = float(distance_m(*before[1:], *after[1:])) / NMI_M
        lasted = after[0] - before[0]
        ends = away > 0.5 or lasted > 24
        if rest and not ends:
            rest.append(after)
        elif not rest and lasted == 1 and away < 0.2:
            rest = [before, after]
        else:
            found.append(rest)
            rest = []
    rows = []
    for stay in [*found, rest]:
        heard_h = sum(b[0] - a[0] == 1 for a, b in itertools.pairwise(stay))
        far = [float(distance_m(*stay[0][1:], *p[1:])) / NMI_M for p in stay]
        if heard_h >= LEAST_H and max(far) <= 0.5:
            lat, lon = (float(np.mean([p[i] for p in stay])) for i in (1, 2))
            rows.append((track, stay[0][0], stay[-1][0], heard_h, lat, lon))
    return rows


@given(ways, st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=80, deadline=None)
def test_it_is_what_a_walk_from_hour_to_hour_tells_however_the_stream_is_cut(
    way: list[Hour], cuts: list[int]
) -> None:
    found = rows_of(stays_of(points(way), [H0 * 6 + cut for cut in cuts]))
    expected = slow(way)
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    for one, other in zip(found, expected, strict=True):
        assert one[4:] == pytest.approx(other[4:], abs=2e-6)  # type: ignore[call-overload]


@given(ways, ways, st.integers(0, 400))
@settings(max_examples=30, deadline=None)
def test_to_the_last_bit_nothing_depends_on_cuts_and_neighbours(
    one: list[Hour], other: list[Hour], cut: int
) -> None:
    both = together(points(one, ANNA), points(other, BELLA, (-LAT, -LON)))
    whole = stays_of(both, [H0 * 6 + cut])
    alone = [stays_of(points(one, ANNA)), stays_of(points(other, BELLA, (-LAT, -LON)))]
    expected = Stays.concat(alone)
    order = np.lexsort((expected.track, expected.start, expected.end))
    assert whole.to_records().tolist() == expected.take(order).to_records().tolist()


@pytest.mark.parametrize("at", [(LAT, 179.9995), (89.9999, 30.0), (-89.9995, -179.0)])
def test_longitude_180_and_the_poles_are_places_like_others(at: tuple[float, float]) -> None:
    way = [Hour(1, 0.05, 90.0)] * 3 + [Hour(1, 0.05, 270.0)] * 3
    (row,) = rows_of(stays_of(points(way, at=at)))
    away_nmi = float(distance_m(*at, row[4], row[5])) / NMI_M  # type: ignore[arg-type]
    assert row[:4] == (ANNA, H0, H0 + 6, 6)
    assert away_nmi < 0.5


def test_a_ship_that_swings_stays_and_one_that_drifts_does_not() -> None:
    swings = [Hour(1, 0.3, 90.0), Hour(1, 0.15, 270.0), Hour(1, 0.15, 270.0)] * 5
    drifts = [Hour(1, 0.18, 90.0)] * 15
    assert len(stays_of(points([Hour(1, 0.0, 0.0), *swings]))) == 1
    assert not len(stays_of(points(drifts)))


def test_buoys_net_markers_and_base_stations_do_not_stay() -> None:
    still = [Hour(1, 0.0, 0.0)] * 20
    for track in (BUOY, 2_570_001 * HULLS_PER_MMSI + 1, 1193046 * HULLS_PER_MMSI + 1):
        assert not len(stays_of(points(still, track)))
    assert len(stays_of(points(still)))


def test_ports_the_open_sea_and_a_sea_without_a_map_are_left_out() -> None:
    still = points([Hour(1, 0.0, 0.0)] * 20)
    assert not len(stays_of(still, places=sea(12.5)))
    assert not len(stays_of(still, places=sea(6.0, Place("Havn", "port", LAT, LON + 0.05))))
    assert not len(stays_of(still, places=Places.none()))


def test_what_is_long_over_is_forgotten_and_no_more_is_kept_than_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daily = [*[Hour(1, 0.0, 0.0)] * 4, Hour(20, 9.0, 90.0)] * 100
    kept = stays_of(points(daily))
    assert len(kept) == 90
    monkeypatch.setattr("tracks.stays.MOST", 7)
    assert rows_of(stays_of(points(daily))) == rows_of(kept)[-7:]
    cuts = [H0 * 6 + n * 700 for n in range(20)]
    assert rows_of(stays_of(points(daily), cuts)) == rows_of(kept)[-7:]


def test_its_state_does_not_grow_with_the_time_a_ship_lies_there() -> None:
    state = RESTING.start()
    still = points([Hour(1, 0.0, 0.0)] * 3000)
    for day in range(0, len(still), 48):
        some = still.take(slice(day, day + 48))
        state = RESTING.step(state, some, SEA, float(some.bin[-1] * BIN_S))
    assert len(dump(state)) < 8000
    (row,) = rows_of(RESTING.known(state, SEA, float(still.bin[-1] * BIN_S)))
    assert row[1:4] == (H0, H0 + 3000, 3000)
