"""The ways of ships around their events, kept on disk until the events are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sternlight.spool import Spool, windows
from tracks.batch import BIN_S, F64, I64, Points

# One integer for (track, bin): a bin of ten minutes needs 23 bits until the year 2129.
BIN_BITS = 23

Stretch = tuple[int, float, float]  # a track, from Unix time, to Unix time
Line = list[list[float]]  # [[lon, lat], ...] as GeoJSON has it


@dataclass(frozen=True, slots=True)
class Tracklines:
    """Ten-minute points of some tracks, sorted by (track, bin)."""

    points: Points
    keys: I64

    @classmethod
    def read(cls, spool: Spool[Points], stretches: Iterable[Stretch]) -> Tracklines:
        """Read back the points of the given stretches only; a spool of points is sorted by bin."""
        first, last = _merged(list(stretches))
        kept = []
        if len(first):
            for _, (points,) in windows([spool]):
                keys = _keys(points.track, points.bin)
                at = np.searchsorted(first, keys, side="right") - 1
                kept.append(points.take((at >= 0) & (keys <= last[np.maximum(at, 0)])))
        points = Points.concat(kept)
        points = points.take(np.argsort(_keys(points.track, points.bin)))
        return cls(points, _keys(points.track, points.bin))

    def lines(self, stretch: Stretch) -> list[Line]:
        """Return a track's way as lines of two points and more: cut at silences and longitude 180.

        Source of the cut: RFC 7946, 3.1.9.
        """
        first, last = _ends(stretch)
        rows = slice(*np.searchsorted(self.keys, [first, last + 1]))
        lat, lon, bins = self.points.lat[rows], self.points.lon[rows], self.points.bin[rows]
        silences = np.flatnonzero(np.diff(bins) > 1) + 1
        pieces = zip(np.split(lat, silences), np.split(lon, silences), strict=True)
        return [line for a, o in pieces for line in cut_at_180(a, o) if len(line) > 1]


def cut_at_180(lat: F64, lon: F64) -> list[Line]:
    """Return positions as lines of which none crosses longitude 180."""
    crossings = np.flatnonzero(np.abs(np.diff(lon)) > 180)
    lines: list[Line] = []
    line: Line = []
    at = 0
    for i in crossings.tolist():
        line += _coordinates(lat[at : i + 1], lon[at : i + 1])
        side = 180.0 if lon[i] > 0 else -180.0
        away = lon[i + 1] + 2 * side - lon[i]  # degrees from i to i + 1, across
        share = (side - lon[i]) / away if away else 0.0
        where = round(float(lat[i] + share * (lat[i + 1] - lat[i])), 5)
        lines.append([*line, [side, where]])
        line = [[-side, where]]
        at = i + 1
    return [*lines, line + _coordinates(lat[at:], lon[at:])]


def _coordinates(lat: F64, lon: F64) -> Line:
    rounded: Line = np.round(np.column_stack([lon, lat]), 5).tolist()
    return rounded


def _keys(track: I64, bins: I64) -> I64:
    return (track << BIN_BITS) + bins


def _ends(stretch: Stretch) -> tuple[int, int]:
    track, start, end = stretch
    base = track << BIN_BITS
    return base + int(start // BIN_S), base + int(-(-end // BIN_S))


def _merged(stretches: list[Stretch]) -> tuple[I64, I64]:
    """Return first and last keys of the stretches, sorted, overlapping ones made one."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(map(_ends, stretches)):
        if lasts and first <= lasts[-1]:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return np.array(firsts, np.int64), np.array(lasts, np.int64)
