"""Which ten-minute marks are ripe to be judged: those at which no further point can appear.

A point is made by the fix behind it, which may come up to an hour later
(`tracks.points`).  So loitering and encounters wait: a mark is judged once
everything heard in the hour behind it has been given, or at the end of the
recording.  Which marks are judged together depends on how the stream is cut;
what is found at them may not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalies.heap import added, everything, heap
from tracks.batch import BIN_S, I64, U64, Points
from tracks.state import State

if TYPE_CHECKING:  # `Context` holds jams, which need the marks
    from anomalies.detector import Context, Heard

SETTLED_S = 3600.0  # `tracks.points.Resample.max_interpolation_s`: no point comes later than this
NEVER = np.iinfo(np.int64).min // 2  # a mark before all marks

HOUR = 3600 // BIN_S  # marks in an hour


def marks_in(hours: float) -> int:
    """Return how many marks it takes to cover `hours`, at least one."""
    return max(1, math.ceil(round(hours * HOUR, 6)))


@dataclass(frozen=True, slots=True)
class Ripe:
    """The points to be judged now; `state` holds those that still wait.

    `before` and `through` are the newest mark judged before this step and in
    it; they are equal when there is nothing to judge.  `settled` is the newest
    mark that no fix to come could add a point to.  At the end of a recording it
    lies an hour before `through`: had the recording gone on, more might have
    been seen, so what is not over by then is not over.
    """

    points: Points  # ordered by (track, bin)
    before: int
    through: int
    settled: int
    over: bool  # nothing will ever follow
    state: dict[str, NDArray[Any]]


def begin() -> dict[str, NDArray[Any]]:
    """Return the state of somebody who has judged nothing yet."""
    return {
        "reach": np.array(-np.inf),
        "through": np.array(NEVER),
        **heap(Points.empty()),
    }


def reach(state: State, heard: Heard, context: Context, as_of: float) -> float:
    """Return up to which Unix time the stream is known; -inf before anything was heard.

    At the end of a recording `as_of` may be infinite, since nothing follows.
    The recording does not tell of that time: it reaches to its last fix.
    """
    if np.isfinite(as_of):
        return max(float(as_of), float(state["reach"]))
    newest = float(heard.fixes.t.max()) if len(heard.fixes) else -np.inf
    if len(heard.points):
        newest = max(newest, float(heard.points.bin.max()) * BIN_S)
    return max(newest, float(state["reach"]))


def ripen(state: State, heard: Heard, context: Context, as_of: float) -> Ripe:
    """Add the points of a step to those that wait, and take out what is ripe."""
    known_s = reach(state, heard, context, as_of)
    over = context.ended or as_of == np.inf
    before = int(state["through"])
    settled = int((known_s - SETTLED_S) // BIN_S) if np.isfinite(known_s) else NEVER
    through = max(before, int(known_s // BIN_S) if over and settled > NEVER else settled)
    known = {"reach": np.array(known_s), "through": np.array(through)}
    waiting = added(state, heard.points)
    if through == before:
        return Ripe(Points.empty(), before, through, settled, over, known | waiting)
    every = everything(waiting)
    late = every.bin > through
    left, points = heap(every.take(late)), every.take(~late)
    # Whether a mark was jammed is known once the hour behind it is: just when it is ripe.
    points = points.take(~context.jams.at(points.track, points.bin, points.lat, points.lon))
    return Ripe(in_order(points), before, through, settled, over, known | left)


def in_order(points: Points) -> Points:
    """Return points ordered by (track, bin)."""
    keys = keys_of(points.track, points.bin)
    if not (keys[1:] < keys[:-1]).any():
        return points
    return points.take(np.argsort(keys, kind="stable"))  # timsort: the heaps come in long runs


def keys_of(track: I64, bins: I64) -> U64:
    """Return one sortable number for each (track, bin).

    40 bits hold every track, 24 every mark from 1970 to the year 2288.
    """
    return (track.astype(np.uint64) << np.uint64(24)) + bins.astype(np.uint64)
