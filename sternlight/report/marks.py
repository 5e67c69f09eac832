"""Where ships were heard, mark by mark: the record's days as arrays, some days at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sternlight.sqlite import Database
from tracks.batch import F64, I64, Columns, Mask, column
from tracks.geodesy import interpolate
from tracks.way import MARKS, heard, points_of


@dataclass(frozen=True, slots=True)
class Marks(Columns):
    """Ten-minute marks at which hulls were heard, by (track, bin); shape (N,) each.

    `bin` is Unix seconds / BIN_S.  `first` and `last` say where a silence ended and where the
    next began; what lies between two that are `kept` is on the straight way, within 100 m.
    """

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    first: Mask = column(np.bool_)
    last: Mask = column(np.bool_)
    kept: Mask = column(np.bool_)


@dataclass(slots=True)
class Sea:
    """The pages of some Unix days of a record, as they were packed; ordered by (day, track)."""

    track: I64
    day: I64
    heard: Sequence[bytes]
    way: Sequence[bytes]

    @classmethod
    def of(cls, record: Database, days: Collection[int]) -> Self:
        """Read the pages of those days."""
        return cls._read(record, "day", days)

    @classmethod
    def of_ship(cls, record: Database, tracks: Collection[int]) -> Self:
        """Read the pages of some tracks."""
        return cls._read(record, "track", tracks)

    @classmethod
    def _read(cls, record: Database, column: str, values: Collection[int]) -> Self:
        rows = record.read(
            f"select track, day, heard, way from days where {column} in"
            f" ({','.join('?' * len(values))}) order by day, track",
            *values,
        )
        track, day, heard_data, way = zip(*rows, strict=True) if rows else ((), (), (), ())
        return cls(np.array(track, np.int64), np.array(day, np.int64), heard_data, way)

    def marks(self, first_day: int, last_day: int) -> Marks:
        """Return the marks of some days, both included."""
        begin, end = np.searchsorted(self.day, [first_day, last_day + 1]).tolist()
        order = begin + np.lexsort((self.day[begin:end], self.track[begin:end]))
        rows = order.tolist()
        return _marks(
            self.track[order],
            self.day[order],
            [self.heard[row] for row in rows],
            [self.way[row] for row in rows],
        )


def _marks(track: I64, day: I64, heard_data: Sequence[bytes], ways: Sequence[bytes]) -> Marks:
    """Return marks of pages that are ordered by (track, day)."""
    of_page, mark = np.nonzero(heard(b"".join(heard_data)).reshape(-1, MARKS))
    page, at, lat, lon = points_of(ways)
    key, known = of_page * MARKS + mark, page * MARKS + at
    after = np.minimum(np.searchsorted(known, key), max(len(known) - 1, 0))
    before = np.maximum(after - (known[after] > key), 0)
    # A page's first mark and its last are always kept, so neighbours are of the same page.
    share = (key - known[before]) / np.maximum(known[after] - known[before], 1)
    y, x = interpolate(lat[before], lon[before], lat[after], lon[after], share)
    whose, when = track[of_page], day[of_page] * MARKS + mark
    alone = (np.diff(whose) != 0) | (np.diff(when) != 1)
    first = np.concatenate([[True], alone])[: len(key)]
    last = np.concatenate([alone, [True]])[-len(key) :] if len(key) else first
    return Marks(whose, when, y, x, first, last, known[after] == key)
