"""The way of a hull over a day, in few bytes: ten-minute points that others do not imply.

A point is left out if the ship was within 100 m of where it would have been had it gone
straight and evenly from the point kept before to the point kept behind.  At which marks
the hull was heard is kept apart, a bit for each, so that no line is drawn over a silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracks.batch import BIN_S, F64, I32, I64, Mask, starts
from tracks.geodesy import distance_m, interpolate

DAY_S = 86_400
MARKS = DAY_S // BIN_S  # in a day
TOLERANCE_M = 100.0  # ours: what a ship's length and its antenna's place blur anyway
UNIT_DEG = 1e-5  # about a metre
_POINT: np.dtype[np.void] = np.dtype([("mark", "u1"), ("lat", "<i4"), ("lon", "<i4")])
POINT_BYTES = _POINT.itemsize


class Way(NamedTuple):
    """Where a hull was at ten-minute marks: `bin` is Unix seconds / BIN_S; shape (N,) each.

    Off by at most TOLERANCE_M; where the hull was heard only for a moment, by what it went
    in five minutes.
    """

    bin: I64
    lat: F64
    lon: F64


NOWHERE = Way(np.empty(0, np.int64), np.empty(0), np.empty(0))


def pack_heard(marks: I64) -> bytes:
    """Return a bit for each mark of a day, 18 bytes; `marks` are from 0 to MARKS - 1."""
    bits = np.zeros(MARKS, np.bool_)
    bits[marks] = True
    return np.packbits(bits).tobytes()


def heard(data: bytes) -> Mask:
    """Undo `pack_heard`: for each mark of the day whether the hull was heard, shape (MARKS,)."""
    return np.unpackbits(np.frombuffer(data, np.uint8)).astype(np.bool_)


def pack_way(mark: I64, lat_e5: I32, lon_e5: I32) -> bytes:
    """Return points of one day as bytes, 9 each; positions in UNIT_DEG."""
    kept: NDArray[np.void] = np.empty(len(mark), _POINT)
    kept["mark"], kept["lat"], kept["lon"] = mark, lat_e5, lon_e5
    return kept.tobytes()


def points(data: bytes) -> tuple[I64, F64, F64]:
    """Undo `pack_way`: return marks, latitudes and longitudes, shape (N,) each."""
    kept = np.frombuffer(data, _POINT)
    return kept["mark"].astype(np.int64), kept["lat"] * UNIT_DEG, kept["lon"] * UNIT_DEG


def needed(key: I64, mark: I64, lat: F64, lon: F64) -> Mask:
    """Return which points no others imply; ordered by (key, mark), each key a way of its own.

    Every second point that is near enough to the line past it is left out, then every
    second of the rest, and so on.  What a line is off adds up, so that none gets too far.
    """
    rows = np.arange(len(key))
    off_m = np.zeros(len(key))  # at most, of what is left out between a row and the one before
    odd, tried = 1, 0
    while tried < 2:
        goes = _implied(rows, off_m, key, mark, lat, lon, odd)
        tried = 0 if goes.any() else tried + 1
        odd = 1 - odd
        rows, off_m = rows[~goes], off_m[~goes]
    found = np.zeros(len(key), np.bool_)
    found[rows] = True
    return found


def _implied(rows: I64, off_m: F64, key: I64, mark: I64, lat: F64, lon: F64, odd: int) -> Mask:
    """Return which of `rows`, those at odd or even places, the ones beside them imply.

    Moves on in `off_m` what the lines that then remain are off.
    """
    first = starts(key[rows])
    nth = np.arange(len(rows)) - np.repeat(first, np.diff(np.append(first, len(rows))))
    goes: Mask = np.asarray(nth % 2 == odd)
    goes[first] = False
    goes[np.append(first[1:], len(rows)) - 1] = False
    at = np.flatnonzero(goes)
    a, b, c = rows[at - 1], rows[at], rows[at + 1]
    share = (mark[b] - mark[a]) / (mark[c] - mark[a])
    y, x = interpolate(lat[a], lon[a], lat[c], lon[c], share)
    away_m = distance_m(lat[b], lon[b], y, x) + np.maximum(off_m[at], off_m[at + 1])
    near = away_m <= TOLERANCE_M
    goes[at] = near
    off_m[at[near] + 1] = away_m[near]
    return goes


def way(day: int, heard_data: bytes, way_data: bytes) -> Way:
    """Return where the hull was at every mark of Unix day `day` at which it was heard."""
    kept, lat, lon = points(way_data)
    marks = np.flatnonzero(heard(heard_data))
    after = np.minimum(np.searchsorted(kept, marks), len(kept) - 1)
    before = np.maximum(after - (kept[after] > marks), 0)
    between = np.maximum(kept[after] - kept[before], 1)
    share = (marks - kept[before]) / between
    y, x = interpolate(lat[before], lon[before], lat[after], lon[after], share)
    return Way(marks + day * MARKS, y, x)


def points_of(packed: Sequence[bytes]) -> tuple[I64, I64, F64, F64]:
    """Return the points of many days: the day's number in `packed`, mark, latitude, longitude."""
    points = np.frombuffer(b"".join(packed), _POINT)
    count = [len(data) // _POINT.itemsize for data in packed]
    row = np.repeat(np.arange(len(packed)), count)
    lat, lon = points["lat"] * UNIT_DEG, points["lon"] * UNIT_DEG
    return row, points["mark"].astype(np.int64), lat, lon
