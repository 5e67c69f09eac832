"""The way of a hull over a day, packed: nothing gets lost but what others imply."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.geodesy import distance_m
from tracks.way import MARKS, TOLERANCE_M, UNIT_DEG, heard, needed, pack_heard, pack_way, way

DAY = 20_000
ROUNDING_M = 2.0  # positions are kept to 1e-5 degrees


def packed(marks: list[int], lat: np.ndarray, lon: np.ndarray) -> tuple[bytes, bytes]:
    """Pack a way as the daybook does."""
    mark = np.array(marks, np.int64)
    kept = needed(np.zeros(len(mark), np.int64), mark, lat, lon)
    e5 = (np.rint(x[kept] / UNIT_DEG).astype(np.int32) for x in (lat, lon))
    return pack_heard(mark), pack_way(mark[kept], *e5)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, MARKS - 1), min_size=1, max_size=60, unique=True).map(sorted),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.0005, 0.01, 0.05]),
    st.sampled_from([(0.0, 0.0), (59.0, 179.99), (-84.0, -179.9), (10.0, 20.0)]),
)
def test_where_a_hull_was_comes_back_to_within_the_tolerance(
    marks: list[int], seed: int, step_deg: float, at: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    turns = rng.normal(0, step_deg, (2, len(marks)))
    lat = at[0] + turns[0].cumsum().clip(-5, 5)
    lon = (at[1] + turns[1].cumsum() + 180) % 360 - 180
    found = way(DAY, *packed(marks, lat, lon))
    assert (found.bin - DAY * MARKS).tolist() == marks
    off_m = distance_m(found.lat, found.lon, lat, lon)
    assert off_m.max() <= TOLERANCE_M + ROUNDING_M


def test_a_straight_way_takes_two_points_and_a_turn_one_more() -> None:
    lat = np.r_[np.linspace(10, 11, 70), np.full(74, 11.0)]
    lon = np.r_[np.full(70, 20.0), np.linspace(20.02, 21.5, 74)]
    _, points = packed(list(range(MARKS)), lat, lon)
    assert len(points) // 9 <= 5
    still = packed(list(range(MARKS)), np.full(MARKS, 10.0), np.full(MARKS, 20.0))
    assert len(still[1]) == 2 * 9


def test_a_silence_stays_a_silence_though_the_way_over_it_was_straight() -> None:
    marks = [*range(10), *range(60, 70)]
    lat = 10 + np.array(marks) * 0.01
    data, points = packed(marks, lat, np.full(20, 20.0))
    assert len(points) // 9 == 2
    assert np.flatnonzero(heard(data)).tolist() == marks
    assert len(way(DAY, data, points).bin) == 20


def test_each_key_is_a_way_of_its_own() -> None:
    lat = np.r_[np.linspace(10, 11, 10), np.linspace(30, 31, 10)]
    mark = np.tile(np.arange(10), 2)
    kept = needed(np.repeat([1, 2], 10), mark, lat, np.zeros(20))
    assert np.flatnonzero(kept).tolist() == [0, 9, 10, 19]


def test_heard_marks_come_back_also_when_the_last_ones_are_silent() -> None:
    data = pack_heard(np.array([0, 143]))
    assert len(data) == 18
    assert np.flatnonzero(heard(data)).tolist() == [0, 143]
    assert len(pack_heard(np.array([3]))) == 18
