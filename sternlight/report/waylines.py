"""The ways of ships as small whole numbers, for the map: only points that others do not imply.

A way is a list of pieces, between which nothing was heard; a piece is a flat list of mark,
latitude, longitude, each as the difference to the point before (of the way, across its pieces).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sternlight.report.heard import Heard
from tracks.batch import F64, I64, starts
from tracks.geodesy import lon_difference

UNITS_PER_DEG = 10_000  # 11 m; the record is within 100 m


class Wayline(NamedTuple):
    """A hull's way; marks count from that of the map's beginning."""

    track: int
    pieces: list[list[int]]


class Meridian(NamedTuple):
    """Longitudes are counted on from here, so that none jumps in the middle of a map."""

    lon: float

    @classmethod
    def amid(cls, lon: F64) -> Meridian:
        """Return the middle of longitudes, as directions; that of Greenwich if there is none."""
        if not len(lon):
            return cls(0.0)
        angle = np.radians(lon)
        middle = np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean()))
        return cls(round(float(middle), 1))

    def on(self, lon: F64) -> F64:
        """Return longitudes within half a turn of it."""
        return self.lon + lon_difference(self.lon, lon)


def waylines(marks: Heard, first_bin: int, meridian: Meridian) -> list[Wayline]:
    """Return the way of each hull, ordered by track."""
    needed = marks.take(marks.kept | marks.first | marks.last)
    if not len(needed):
        return []
    values = np.column_stack(
        [
            needed.bin - first_bin,
            np.rint(needed.lat * UNITS_PER_DEG).astype(np.int64),
            np.rint(meridian.on(needed.lon) * UNITS_PER_DEG).astype(np.int64),
        ]
    )
    hulls = starts(needed.track)
    steps = np.diff(values, axis=0, prepend=0)
    steps[hulls] = values[hulls]
    # A way that leaves the map on one side comes in again on the other: a new piece.
    begins = needed.first | (np.abs(steps[:, 2]) > 180 * UNITS_PER_DEG)
    return _pieces(needed.track, steps, np.flatnonzero(begins))


def thinned(marks: Heard, most_count: int, spared: I64) -> Heard:
    """Return marks of which no more than about `most_count` are kept; `spared` tracks lose none.

    Both ends of every piece stay.
    """
    needed_count = int((marks.kept | marks.first | marks.last).sum())
    if needed_count <= most_count:
        return marks
    every = -(-needed_count // most_count)
    nth = np.cumsum(marks.kept) % every == 0
    kept = marks.kept & (nth | np.isin(marks.track, spared))
    return Heard(marks.track, marks.bin, marks.lat, marks.lon, marks.first, marks.last, kept)


def _pieces(track: I64, steps: I64, begins: I64) -> list[Wayline]:
    ends = np.append(begins[1:], len(track))
    made: list[Wayline] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        piece: list[int] = steps[begin:end].ravel().tolist()
        whose = int(track[begin])
        if made and made[-1].track == whose:
            made[-1].pieces.append(piece)
        else:
            made.append(Wayline(whose, [piece]))
    return made
