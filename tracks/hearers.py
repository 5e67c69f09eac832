"""Who heard whom: how many reports of each MMSI every source heard, copies of one another included.

Of copies of one transmission only the first is kept (tracks/duplicates.py); that others
heard it, too, stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import F64, I64, Columns, PositionBatch, column, starts
from tracks.keyed import merge, rows_of

_SOURCES = 1 << 16  # the column `source` is 16 bits wide


@dataclass(frozen=True, slots=True)
class Hearers(Columns):
    """One row for each MMSI and source that heard it; sorted by both."""

    key: I64 = column(np.int64)  # mmsi * 65536 + source
    reports_count: I64 = column(np.int64)
    last_heard: F64 = column(np.float64, -np.inf)

    def hear(self, positions: PositionBatch) -> Hearers:
        """Return the table with reports, in any order, taken in."""
        if not len(positions):
            return self
        keys = positions.mmsi.astype(np.int64) * _SOURCES + positions.source
        order = np.argsort(keys, kind="stable")
        keys, t = keys[order], positions.t[order]
        first = starts(keys)
        rows, known = rows_of(self.key, keys[first])
        count = np.diff(np.append(first, len(keys)))
        count[known] += self.reports_count[rows[known]]
        last = np.maximum.reduceat(t, first)
        last[known] = np.maximum(last[known], self.last_heard[rows[known]])
        return merge(self, Hearers(keys[first], count, last))

    def of(self, mmsi: int) -> dict[int, tuple[int, float]]:
        """Return (reports, Unix time of the last) of each source that heard an MMSI."""
        begin, end = np.searchsorted(self.key, [mmsi * _SOURCES, (mmsi + 1) * _SOURCES]).tolist()
        rows = slice(begin, end)
        sources = (self.key[rows] % _SOURCES).tolist()
        told = zip(self.reports_count[rows].tolist(), self.last_heard[rows].tolist(), strict=True)
        return dict(zip(sources, told, strict=True))
