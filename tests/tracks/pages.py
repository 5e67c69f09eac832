"""Pages of the record for tests, from where a hull was at which marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tracks.stood import Marks
from tracks.way import MARKS, UNIT_DEG, needed, pack_heard, pack_way

DAY = 19_900  # 2024-06-26
T0 = DAY * 86_400.0
HOUR = 3600.0


class Page(NamedTuple):
    """A hull's day as the record keeps it."""

    track: int
    day: int
    heard: bytes
    way: bytes


def pages(
    track: int, bins: Iterable[int], lat: Iterable[float], lon: Iterable[float]
) -> list[Page]:
    """Return the pages of a hull heard at some ten-minute marks of Unix time."""
    b, y, x = (np.array([*values]) for values in (bins, lat, lon))
    made = []
    for day in np.unique(b // MARKS).tolist():
        own = np.flatnonzero(b // MARKS == day)
        mark = b[own] % MARKS
        kept = needed(np.zeros(len(own), np.int64), mark, y[own], x[own])
        e5 = [np.rint(v[own][kept] / UNIT_DEG).astype(np.int32) for v in (y, x)]
        made.append(Page(track, day, pack_heard(mark), pack_way(mark[kept], *e5)))
    return made


def marks(every: Iterable[Page]) -> Marks:
    """Return the marks of pages."""
    rows = sorted(every)
    track, day, heard, way = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Marks.read(np.array(track, np.int64), np.array(day, np.int64), heard, way)


def straight(
    track: int,
    start: tuple[float, float],
    end: tuple[float, float],
    first: int,
    last: int,
    silent: tuple[int, int] = (0, -1),
) -> list[Page]:
    """Return a hull that goes evenly from mark `first` to `last` of the day, but for a silence."""
    n = np.arange(first, last + 1)
    share = (n - first) / (last - first)
    heard = (n < silent[0]) | (n > silent[1])
    lat = start[0] + share * (end[0] - start[0])
    lon = start[1] + share * (end[1] - start[1])
    return pages(track, (DAY * MARKS + n)[heard].tolist(), lat[heard].tolist(), lon[heard].tolist())
