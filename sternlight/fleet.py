"""Every hull that was heard: when, how often, and by which class of transponder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import CLASS_UNKNOWN, F64, I64, U8, Columns, Fixes, column, starts
from tracks.keyed import merge, rows_of


@dataclass(frozen=True, slots=True)
class Fleet(Columns):
    """One row for each track, sorted by track."""

    track: I64 = column(np.int64)
    first_heard: F64 = column(np.float64, np.inf)
    last_heard: F64 = column(np.float64, -np.inf)
    fixes_count: I64 = column(np.int64)
    ship_class: U8 = column(np.uint8, CLASS_UNKNOWN)

    def hear(self, fixes: Fixes) -> Fleet:
        """Return the fleet with `fixes`, which are ordered by (track, t), taken in."""
        first = starts(fixes.track)
        if not len(first):
            return self
        last = np.append(first[1:], len(fixes)) - 1
        rows, known = rows_of(self.track, fixes.track[first])
        before = Fleet.make(len(first), track=fixes.track[first])
        for name in list(Fleet.described())[1:]:
            getattr(before, name)[known] = getattr(self, name)[rows[known]]
        heard = Fleet(
            before.track,
            np.minimum(before.first_heard, fixes.t[first]),
            np.maximum(before.last_heard, fixes.t[last]),
            before.fixes_count + last + 1 - first,
            # Some reports, as those of message 27, do not tell the class.
            np.maximum(before.ship_class, np.maximum.reduceat(fixes.ship_class, first)),
        )
        return merge(self, heard)
