"""A grid over the Earth in cells of any size: what is told of places that must not be exact.

Rows have one height.  Each has as many cells as make them about as wide as high, so that cells
close around the Earth, and longitude 180 is a border and goes through none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracks.batch import F64

I64 = NDArray[np.int64]


class Bounds(NamedTuple):
    """The sides of cells, degrees; each (N,)."""

    south: F64
    north: F64
    west: F64
    east: F64


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of `height_deg` degrees of latitude."""

    height_deg: float

    @classmethod
    def of_nmi(cls, size_nmi: float) -> Grid:
        """Return the grid of cells about `size_nmi` high and wide."""
        return cls(size_nmi / 60)

    def cells(self, lat: ArrayLike, lon: ArrayLike) -> I64:
        """Return row and column of the cell of each position, shape (2, N); all must be numbers."""
        y, x = np.asarray(lat, np.float64), np.asarray(lon, np.float64)
        row = np.clip(np.floor((y + 90) / self.height_deg), 0, self._rows - 1)
        columns = self._columns(row)
        # A longitude just below 180 may round up to a whole turn.
        column = np.floor((x + 180) / 360 * columns) % columns
        return np.stack([row, column]).astype(np.int64)

    def bounds(self, cells: I64) -> Bounds:
        """Return the sides of cells of shape (2, N)."""
        row, column = cells.astype(np.float64)
        columns = self._columns(row)
        south = row * self.height_deg - 90
        return Bounds(
            south,
            np.minimum(south + self.height_deg, 90),
            column / columns * 360 - 180,
            (column + 1) / columns * 360 - 180,
        )

    def centres(self, lat: ArrayLike, lon: ArrayLike) -> tuple[F64, F64]:
        """Return the middle of the cell of each position, to 0.0001 degrees; nan where it is nan.

        All positions of a cell give the same numbers, so nothing finer can be had from them.
        """
        y, x = np.atleast_1d(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
        known = np.isfinite(y) & np.isfinite(x)
        sides = self.bounds(self.cells(np.where(known, y, 0.0), np.where(known, x, 0.0)))
        middle = ((sides.south + sides.north) / 2, (sides.west + sides.east) / 2)
        at_lat, at_lon = (np.where(known, np.round(m, 4) + 0.0, np.nan) for m in middle)
        return at_lat, at_lon

    @property
    def _rows(self) -> int:
        return max(1, int(np.ceil(round(180 / self.height_deg, 6))))

    def _columns(self, row: F64) -> F64:
        middle = np.radians((row + 0.5) * self.height_deg - 90)
        return np.maximum(1, np.rint(360 / self.height_deg * np.cos(middle)))
