"""A grid over the Earth in three sizes, for what is learned from few ships.

Cells are as high as they are wide, to within a tenth below latitude 80.  Each
row has a multiple of 72 cells, so that the grid looks alike every 5 degrees of
longitude, and longitude 180 is a border like any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tracks.batch import F64, I64

SIZES_DEG = (0.05, 0.15, 0.45)  # of latitude: 3, 9 and 27 nmi

# So that round numbers, at which people and instruments stop, are no borders.
_OFF_DEG = 0.0117

_ROWS, _COLUMNS = 1 << 12, 1 << 13
_IN_TURN = 72


def cells_of(lat: ArrayLike, lon: ArrayLike, kind: ArrayLike) -> I64:
    """Return one number for the cell of each position and kind (0 to 15), shape (sizes, N)."""
    phi, lam = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
    return np.stack(
        [_cell(phi, lam, np.asarray(kind, np.int64), size) for size in range(len(SIZES_DEG))]
    )


def first_cell(size: int) -> int:
    """Return the least number of a cell of this size; those of larger sizes are greater."""
    return size * 16 * _ROWS * _COLUMNS


def _cell(lat: F64, lon: F64, kind: I64, size: int) -> I64:
    deg = SIZES_DEG[size]
    row = np.floor((lat + 90 + _OFF_DEG) / deg)
    wide = 360 / (deg * _IN_TURN) * np.cos(np.radians((row + 0.5) * deg - 90))
    columns = _IN_TURN * np.maximum(1, np.rint(wide))
    # A longitude just below 180 may round up to a whole turn.
    column = np.floor((lon + 180 + _OFF_DEG) / 360 * columns) % columns
    number = ((size * 16 + kind) * _ROWS + row.astype(np.int64)) * _COLUMNS
    return np.asarray(number + column.astype(np.int64), np.int64)
