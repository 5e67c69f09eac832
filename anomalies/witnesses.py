"""Which other vessels were heard near a place while one was silent.

A witness shows that the station could hear that sea at that time.  Vessels
are looked for at full hours: one that crosses a circle of 10 nmi radius at
12 kn is inside for more than an hour and a half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracks.batch import BIN_S, HULLS_PER_MMSI, I64, Columns, Points, column
from tracks.geodesy import NMI_M, distance_m
from tracks.keyed import rows_of

MARKS = 3600 // BIN_S  # a full hour is every sixth mark
NAMED_COUNT = 8  # so many witnesses are named by their lines

_NMI_PER_DEGREE = 59.9  # of latitude; a little less than 60, to lose nobody


class Witnesses(NamedTuple):
    """How many other MMSIs were heard, and the raw-log lines that show the first of them."""

    mmsis_count: int
    lines: tuple[int, ...]


_LINES = np.dtype([("line", np.int64, (2 * NAMED_COUNT,))])


@dataclass(frozen=True, slots=True)
class Seen(Columns):
    """The witnesses of the gaps that are open; sorted by track."""

    track: I64 = column(np.int64)
    count: I64 = column(np.int64)
    lines: NDArray[np.void] = column(_LINES)  # -1 where there are fewer

    @classmethod
    def make_of(cls, tracks: I64, answers: Sequence[Witnesses]) -> Seen:
        """Return the table of these tracks, in their order, and their witnesses."""
        lines = np.full((len(answers), 2 * NAMED_COUNT), -1)
        for row, answer in zip(lines, answers, strict=True):
            row[: len(answer.lines)] = answer.lines
        count = np.array([answer.mmsis_count for answer in answers], np.int64)
        return cls.make(len(answers), track=tracks, count=count, lines=lines.view(_LINES)[:, 0])

    def of(self, tracks: I64) -> list[Witnesses]:
        """Return the witnesses of these tracks, all of which are in the table."""
        found = self.take(rows_of(self.track, tracks)[0])
        return [
            Witnesses(int(count), tuple(line for line in lines.tolist() if line >= 0))
            for count, lines in zip(found.count, found.lines["line"], strict=True)
        ]


class Watch:
    """The positions of vessels at full hours, to be asked about many places."""

    def __init__(self, hourly: Points) -> None:
        first = hourly.bin.min(initial=np.iinfo(np.int64).max)
        hour = (hourly.bin - first) // MARKS
        kind = np.uint16 if hour.max(initial=0) < 1 << 16 else np.int64  # 16 bits sort by radix
        self._points = hourly.take(np.argsort(hour.astype(kind), kind="stable"))

    def near(
        self, track: int, lat: float, lon: float, after: float, until: float, radius_nmi: float
    ) -> Witnesses:
        """Return who was within `radius_nmi` at a full hour in (after, until], but for `track`."""
        p = self._points
        first, last = int(after // BIN_S) + 1, int(until // BIN_S)
        span = slice(*np.searchsorted(p.bin, [first, last + 1]))
        level = np.abs(p.lat[span] - lat) * _NMI_PER_DEGREE <= radius_nmi
        level &= p.track[span] // HULLS_PER_MMSI != track // HULLS_PER_MMSI
        rows = np.flatnonzero(level) + span.start
        away_m = distance_m(p.lat[rows], p.lon[rows], lat, lon)
        rows = rows[away_m <= radius_nmi * NMI_M]
        rows = rows[np.lexsort((p.bin[rows], p.track[rows]))]
        who, at = np.unique(p.track[rows] // HULLS_PER_MMSI, return_index=True)
        shown = rows[at[:NAMED_COUNT]]
        lines = np.unique(np.r_[p.line_before[shown], p.line_after[shown]])
        return Witnesses(len(who), tuple(lines.tolist()))


def hourly(points: Points) -> Points:
    """Return the points at full hours."""
    return points.take(points.bin % MARKS == 0)


def since(points: Points, t: float) -> Points:
    """Return the points behind a Unix time."""
    bins: I64 = points.bin
    return points.take(bins * float(BIN_S) > t)
