"""Two vessels' time together: marks make runs, and runs make meetings.

A run is a stretch of consecutive ten-minute marks.  A meeting is runs of the
same two vessels, each beginning less than `max_break` marks after the end of
the one before.  All of it is whole numbers, so it comes out the same however
the marks were handed over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import I64, Columns, Mask, column


@dataclass(frozen=True, slots=True)
class Runs(Columns):
    """Stretches of marks at which two vessels were together; ordered by (a, b, first)."""

    a: I64 = column(np.int64)  # the smaller track
    b: I64 = column(np.int64)
    first: I64 = column(np.int64)
    last: I64 = column(np.int64)

    def same_pair(self) -> Mask:
        """Return for each run but the first whether the run before it has the same vessels."""
        same: Mask = (self.a[1:] == self.a[:-1]) & (self.b[1:] == self.b[:-1])
        return same

    def in_order(self) -> Runs:
        """Return the runs ordered by (a, b, first)."""
        return self.take(np.lexsort((self.first, self.b, self.a)))


@dataclass(frozen=True, slots=True)
class Meetings(Columns):
    """Meetings, in the order of their runs."""

    a: I64 = column(np.int64)
    b: I64 = column(np.int64)
    first: I64 = column(np.int64)
    last: I64 = column(np.int64)
    longest: I64 = column(np.int64)  # steps of ten minutes in the longest run
    run: I64 = column(np.int64)  # row of the first run
    runs_count: I64 = column(np.int64)

    def runs_of(self, runs: Runs, which: Mask) -> Runs:
        """Return the runs of those meetings that a mask picks."""
        return runs.take(np.repeat(which, self.runs_count))


def join(known: Runs, new: Runs) -> Runs:
    """Return the runs that `known` and `new` ones make together, touching ones as one."""
    both = Runs.concat([known, new]).in_order()
    if not len(both):
        return both
    head = np.append(True, ~both.same_pair() | (both.first[1:] > both.last[:-1] + 1))
    heads = np.flatnonzero(head)
    ends = np.append(heads[1:], len(both)) - 1
    return Runs(both.a[heads], both.b[heads], both.first[heads], both.last[ends])


def meetings(runs: Runs, max_break: int) -> Meetings:
    """Return the meetings that the runs make."""
    if not len(runs):
        return Meetings.empty()
    gap = runs.first[1:] - runs.last[:-1]
    heads = np.flatnonzero(np.append(True, ~runs.same_pair() | (gap >= max_break)))
    ends = np.append(heads[1:], len(runs)) - 1
    longest = np.maximum.reduceat(runs.last - runs.first, heads)
    sizes = ends + 1 - heads
    return Meetings(
        runs.a[heads], runs.b[heads], runs.first[heads], runs.last[ends], longest, heads, sizes
    )


def split(runs: Runs, max_break: int, max_length: int) -> tuple[Runs, list[Runs]]:
    """Cut meetings at each `max_length` marks from their beginning.

    Returns the runs without what was cut off, and the runs of each meeting cut
    off.  A run that goes on across the cut gives its mark to both sides, so
    that no time is lost.
    """
    found = meetings(runs, max_break)
    long = found.last - found.first > max_length
    if not long.any():
        return runs, []
    rests, finished = [found.runs_of(runs, ~long)], []
    for begin, count in zip(found.run[long], found.runs_count[long], strict=True):
        rest = runs.take(slice(begin, begin + count))
        while rest.last[-1] - rest.first[0] > max_length:
            before, rest = _cut(rest, rest.first[0] + max_length)
            finished.append(before)
        rests.append(rest)
    return Runs.concat(rests).in_order(), finished


def _cut(runs: Runs, at: int) -> tuple[Runs, Runs]:
    """Return the runs up to a mark, and those from it on."""
    before = runs.take((runs.first < at) | (runs.last <= at))
    after = runs.take(runs.last > at)
    return (
        Runs(before.a, before.b, before.first, np.minimum(before.last, at)),
        Runs(after.a, after.b, np.maximum(after.first, at), after.last),
    )
