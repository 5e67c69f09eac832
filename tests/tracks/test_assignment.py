from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.assignment import NOBODY, choose

pairs = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 2)), st.floats(-3, 9), max_size=9
)


def best(
    odds: dict[tuple[int, int], float],
    rows: int,
    fixed: tuple[int, int] | None,
    ban: tuple[int, int] | None,
) -> float:
    """The slow twin: tries every way to give each row a column, or nobody."""
    found = -np.inf
    for way in product(range(-1, 3), repeat=rows):
        used = [c for c in way if c >= 0]
        if len(used) != len(set(used)) or (fixed and way[fixed[0]] != fixed[1]):
            continue
        if ban and way[ban[0]] == ban[1]:
            continue
        if any(c >= 0 and (r, c) not in odds for r, c in enumerate(way)):
            continue
        found = max(found, sum(odds[r, c] for r, c in enumerate(way) if c >= 0))
    return found


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_choices_are_those_of_trying_every_way(odds: dict[tuple[int, int], float]) -> None:
    row, column = (np.array([key[n] for key in odds], np.int64) for n in (0, 1))
    found = choose(row, column, np.array([*odds.values()], np.float64), 3, clear=3.0)
    top = best(odds, 3, None, None)
    for r, choice in enumerate(found):
        if r not in row:
            assert choice == (NOBODY, np.inf, ())
            continue
        assert best(odds, 3, (r, choice.column), None) == pytest.approx(top)
        assert choice.margin == pytest.approx(top - best(odds, 3, None, (r, choice.column)))
        options = {-1, *column[row == r].tolist()} - {choice.column}
        near = {c for c in options if top - best(odds, 3, (r, c), None) < 3.0 - 1e-9}
        assert near <= set(choice.others)


def test_of_two_detections_near_one_hull_only_one_is_it() -> None:
    first, second = choose(np.array([0, 1]), np.array([7, 7]), np.array([8.0, 2.0]), 2, clear=3.0)
    assert first.column == 7
    assert second.column == NOBODY
    assert first.margin == second.margin == pytest.approx(6.0)


def test_nothing_to_pair_is_no_trouble() -> None:
    nothing = np.empty(0, np.int64)
    assert choose(nothing, nothing, np.empty(0), 2, 3.0) == [(NOBODY, np.inf, ())] * 2
