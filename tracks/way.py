"""The way of a hull over a day, in few bytes: ten-minute points that others do not imply.

A point is left out if the ship was within 100 m of where it would have been had it gone
straight and evenly from the point kept before to the point kept behind.  At which marks
the hull was heard is kept apart, a bit for each, so that no line is drawn over a silence.
"""

from __future__ import annotations

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
POINT_BYTES = _POINT.itemsize


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
    kept: NDArray[np.void] = np.empty(len(mark), _POINT)
    kept["mark"] = mark
    kept["lat"] = np.rint(lat / UNIT_DEG)
    kept["lon"] = np.rint(lon / UNIT_DEG)
    return kept.tobytes()


def points(data: bytes) -> tuple[I64, F64, F64]:
    """Undo `pack_way`: return marks, latitudes and longitudes, shape (N,) each."""
    kept = np.frombuffer(data, _POINT)
    return kept["mark"].astype(np.int64), kept["lat"] * UNIT_DEG, kept["lon"] * UNIT_DEG


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
