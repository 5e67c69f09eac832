"""Who was heard around an event: counts for each ten-minute mark, from days that are kept ready."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sternlight.report.heard import Heard, Sea
from tracks.batch import F64, I64
from tracks.geodesy import NMI_M, distance_m, lon_difference
from tracks.way import DAY_S, MARKS

DAYS_KEPT = 4  # of 2,000 ships, 10 MB each


class Day(NamedTuple):
    """A Unix day: its marks by (track, bin), and what is asked of them again and again."""

    first_bin: int
    marks: Heard
    rows: I64  # of the marks, by latitude
    lat: F64  # in that order
    counts: I64  # of ships heard, at each mark of the day


class Around:
    """Answers for the days of a sea; those asked for last are kept."""

    def __init__(self, sea: Sea) -> None:
        self._sea = sea
        self._day = lru_cache(DAYS_KEPT)(self._read)

    def days(self, start: float, end: float) -> Iterator[Day]:
        """Yield the days that a span of Unix time touches."""
        for day in range(int(start // DAY_S), int(end // DAY_S) + 1):
            yield self._day(day)

    def _read(self, day: int) -> Day:
        marks, first = self._sea.marks(day, day), day * MARKS
        rows = np.argsort(marks.lat, kind="stable")
        counts = np.bincount(marks.bin - first, minlength=MARKS)
        return Day(first, marks, rows, marks.lat[rows], counts)


def of_track(day: Day, track: int) -> I64:
    """Return at which marks of a day a hull was heard."""
    begin, end = np.searchsorted(day.marks.track, [track, track + 1])
    return day.marks.bin[begin:end]


def near(day: Day, lat: float, lon: float, radius_nmi: float) -> Heard:
    """Return the marks of a day within a radius of a place."""
    reach_deg = radius_nmi / 60
    begin, end = np.searchsorted(day.lat, [lat - reach_deg, lat + reach_deg])
    rows = day.rows[begin:end]
    narrow = max(math.cos(math.radians(min(89.0, abs(lat) + reach_deg))), 0.01)
    rows = rows[np.abs(lon_difference(lon, day.marks.lon[rows])) <= reach_deg / narrow]
    away_m = distance_m(lat, lon, day.marks.lat[rows], day.marks.lon[rows])
    return day.marks.take(rows[away_m <= radius_nmi * NMI_M])
