"""Where ships were heard, mark by mark: the record's days as arrays, some days at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sternlight.sqlite import Database
from tracks.batch import F64, I64, Columns, Mask, column
from tracks.stood import Marks


@dataclass(frozen=True, slots=True)
class Heard(Columns):
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

    def marks(self, first_day: int, last_day: int) -> Heard:
        """Return the marks of some days, both included."""
        begin, end = np.searchsorted(self.day, [first_day, last_day + 1]).tolist()
        order = begin + np.lexsort((self.day[begin:end], self.track[begin:end]))
        rows = order.tolist()
        if not rows:
            return Heard.empty()
        packed = [self.heard[row] for row in rows], [self.way[row] for row in rows]
        return _heard(Marks.read(self.track[order], self.day[order], *packed))


def ends(track: I64, bins: I64) -> tuple[Mask, Mask]:
    """Return which marks are the first and the last of a piece; by (track, bin)."""
    alone = (np.diff(track) != 0) | (np.diff(bins) != 1)
    edge = np.ones(min(1, len(track)), np.bool_)
    return np.concatenate([edge, alone]), np.concatenate([alone, edge])


def _heard(marks: Marks) -> Heard:
    lat, lon = marks.places(np.arange(len(marks.bin)))
    return Heard(marks.track, marks.bin, lat, lon, *ends(marks.track, marks.bin), marks.kept())
