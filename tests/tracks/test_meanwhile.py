"""Whether one ship can have been where two hulls were: against a loop over every change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.geodesy import NMI_M, distance_m
from tracks.meanwhile import compare
from tracks.way import NOWHERE, Way

marks = st.lists(
    st.tuples(st.integers(0, 40), st.floats(-1, 1)), max_size=12, unique_by=lambda m: m[0]
)


def way(rows: list[tuple[int, float]]) -> Way:
    bins, lat = zip(*sorted(rows), strict=True) if rows else ((), ())
    return Way(np.array(bins, np.int64), np.array(lat, np.float64), np.zeros(len(bins)))


def twin(a: list[tuple[int, float]], b: list[tuple[int, float]]) -> tuple[int, list[int], int]:
    """Go from mark to mark with the last hull heard in hand."""
    together, apart, impossible = 0, [], 0
    last: tuple[str, int, float] | None = None
    every = sorted([(m, "a", y) for m, y in a] + [(m, "b", y) for m, y in b])
    for mark, who, lat in every:
        if last and last[0] != who:
            nmi = abs(lat - last[2]) * float(distance_m(0, 0, 1, 0)) / NMI_M
            hours = (mark - last[1]) / 6
            far = nmi > math.hypot(1.0, 30 * (hours + 1 / 6))
            impossible += far
            if not hours:
                together += not far
                apart += [mark] if far else []
        last = who, mark, lat
    return together, apart, impossible


@given(marks, marks)
def test_changes_between_two_hulls_are_what_a_loop_finds(
    a: list[tuple[int, float]], b: list[tuple[int, float]]
) -> None:
    met = compare(way(a), way(b))
    found = met.together_count, met.apart.tolist(), len(met.impossible_nmi)
    assert found == twin(a, b)
    assert met.consistent == (not found[2])


def test_a_hull_that_begins_where_another_ended_is_consistent_and_a_far_one_is_not() -> None:
    a = way([(k, 0.01 * k) for k in range(6)])
    assert compare(a, way([(9, 0.1), (10, 0.1)])).consistent
    far = compare(a, way([(9, 3.0), (10, 3.0)]))
    assert not far.consistent
    assert far.impossible_nmi == pytest.approx([177], abs=1)
    assert far.impossible_h == pytest.approx([4 / 6])


def test_longitude_180_is_a_place_like_others() -> None:
    a, b = (
        Way(np.array([k]), np.zeros(1), np.array([lon])) for k, lon in ((0, 179.99), (1, -179.99))
    )
    assert compare(a, b).consistent


def test_of_a_hull_whose_places_are_not_known_nothing_is_said() -> None:
    assert compare(NOWHERE, way([(3, 0.5)])).consistent
