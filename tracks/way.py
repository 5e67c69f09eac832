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

from tracks.batch import BIN_S, F64, I64, Mask
from tracks.geodesy import interpolate

DAY_S = 86_400
MARKS = DAY_S // BIN_S  # in a day
TOLERANCE_M = 100.0  # ours: what a ship's length and its antenna's place blur anyway
UNIT_DEG = 1e-5  # about a metre
_POINT: np.dtype[np.void] = np.dtype([("mark", "u1"), ("lat", "<i4"), ("lon", "<i4")])


class Way(NamedTuple):
    """Where a hull was at ten-minute marks: `bin` is Unix seconds / BIN_S; shape (N,) each."""

    bin: I64
    lat: F64
    lon: F64


def pack_heard(marks: I64) -> bytes:
    """Return a bit for each mark of a day, 18 bytes; `marks` are from 0 to MARKS - 1."""
    bits = np.zeros(MARKS, np.bool_)
    bits[marks] = True
    return np.packbits(bits).tobytes()


def heard(data: bytes) -> Mask:
    """Undo `pack_heard`: for each mark of the day whether the hull was heard, shape (MARKS,)."""
    return np.unpackbits(np.frombuffer(data, np.uint8)).astype(np.bool_)


def pack_way(mark: I64, lat: F64, lon: F64) -> bytes:
    """Return points of one day as bytes, 9 each."""
    points: NDArray[np.void] = np.empty(len(mark), _POINT)
    points["mark"] = mark
    points["lat"] = np.rint(lat / UNIT_DEG)
    points["lon"] = np.rint(lon / UNIT_DEG)
    return points.tobytes()


def way(day: int, heard_data: bytes, way_data: bytes) -> Way:
    """Return where the hull was at every mark of Unix day `day` at which it was heard."""
    points = np.frombuffer(way_data, _POINT)
    marks = np.flatnonzero(heard(heard_data))
    kept = points["mark"].astype(np.int64)
    lat, lon = points["lat"] * UNIT_DEG, points["lon"] * UNIT_DEG
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
