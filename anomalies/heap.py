"""Points that wait, in two arrays, so that a small step copies only the small one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from tracks.batch import Points

Heap = dict[str, NDArray[Any]]

_SMALL_COUNT = 4096


def heap(points: Points) -> Heap:
    """Return a heap of these points."""
    return {**Points.empty().to_state("small_"), **points.to_state("large_")}


def added(state: Mapping[str, NDArray[Any]], points: Points) -> Heap:
    """Return the heap in `state` with more points."""
    small, large = Points.from_state(state, "small_"), Points.from_state(state, "large_")
    small = both(small, points)
    if len(small) > _SMALL_COUNT:
        return heap(both(large, small))
    return {**small.to_state("small_"), **large.to_state("large_")}


def everything(state: Mapping[str, NDArray[Any]]) -> Points:
    """Return all points of the heap in `state`."""
    return both(Points.from_state(state, "large_"), Points.from_state(state, "small_"))


def both(one: Points, two: Points) -> Points:
    """Return the points of two batches; nothing is copied where one of them is empty."""
    return Points.concat([p for p in (one, two) if len(p)])
