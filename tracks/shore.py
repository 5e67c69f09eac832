"""How far from shore a position lies, read off a map of distances that fits in memory.

The map holds, at every tenth of a degree, the distance to the nearest coast of
Natural Earth's 1:10 million land: positive at sea, negative on land.  Between
these nodes it is interpolated (bilinear), which is off by 0.3 nmi (rms) at 12
and at 24 nmi from shore, and by up to 3 nmi midway between two coasts;
docs/places.md has the whole table.  What the coast itself leaves out is more:
islets, and harbours, rivers and fjords narrower than some 5 nmi, which are
land here.  So a ship on land by this map is no mistake in her position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracks.batch import F32, U16

if TYPE_CHECKING:
    from pathlib import Path

NODES_PER_DEGREE = 10
ROWS = 180 * NODES_PER_DEGREE + 1  # from the south pole to the north pole
COLUMNS = 360 * NODES_PER_DEGREE  # from 180 W on
QUANTUM_NMI = 0.1
INLAND_NMI = 10.0  # a cell is at most 8.5 nmi across, so deeper inland no coast is touched
FARTHEST_NMI = 300.0  # beyond, the map says 300

_WIDTH = COLUMNS + 1  # in memory longitude 180 stands at both ends
_INLAND = round(INLAND_NMI / QUANTUM_NMI)
_BLOCK = 1 << 14  # positions at a time, so that intermediate results stay in the cache


@dataclass(frozen=True, slots=True)
class Shore:
    """The map: counts of QUANTUM_NMI above -INLAND_NMI, row by row, shape (ROWS * _WIDTH,)."""

    counts: U16

    @classmethod
    def load(cls, path: Path) -> Shore:
        """Read a map that `save` wrote.  Raises ValueError where it is none, OSError if absent."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                packed, origin = arrays["residuals"], arrays["origin"]
        except (KeyError, BadZipFile, EOFError, ValueError) as error:
            raise ValueError(f"{path} is not a map of distances to shore: {error}") from error
        if (packed.shape, packed.dtype, origin.shape) != ((ROWS, COLUMNS), np.uint8, ()):
            raise ValueError(f"{path} is not a map of {ROWS} x {COLUMNS} distances to shore")
        folded = np.arange(256, dtype=np.uint8)
        signed = ((folded >> 1) ^ -(folded & 1)).view(np.int8).astype(np.uint16)  # 0, -1, 1, -2 ...
        counts = np.empty((ROWS, _WIDTH), np.uint16)
        columns = counts[:, :COLUMNS]
        np.cumsum(signed[packed], axis=0, dtype=np.uint16, out=columns)
        np.cumsum(columns, axis=1, dtype=np.uint16, out=columns)
        columns += origin.astype(np.uint16)
        counts[:, COLUMNS] = counts[:, 0]
        return cls(counts.reshape(-1))

    def nmi(self, lat: ArrayLike, lon: ArrayLike) -> F32:
        """Return the distance to the nearest coast in nmi: 0 on land, FARTHEST_NMI far out.

        Any longitude is taken.  nan where the position is nan.
        """
        lat, lon = np.broadcast_arrays(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
        shape, lat, lon = lat.shape, lat.reshape(-1), lon.reshape(-1)
        result = np.empty(len(lat), np.float32)
        for begin in range(0, len(lat), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            result[block] = self._interpolate(lat[block], lon[block])
        return result.reshape(shape)

    def _interpolate(self, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> F32:
        y = (lat + 90) * NODES_PER_DEGREE
        x = (lon + 180) * NODES_PER_DEGREE
        x -= np.floor(x / COLUMNS) * COLUMNS
        # fmin and fmax replace nan, so that every position has a cell; north and east keep it
        row = np.fmin(np.fmax(y, 0), ROWS - 2).astype(np.intp)
        column = np.fmin(np.fmax(x, 0), COLUMNS - 1).astype(np.intp)
        north = (y - row).astype(np.float32)
        east = (x - column).astype(np.float32)
        row *= _WIDTH
        row += column
        low = self._along(row, east)
        low += (self._along(row + _WIDTH, east) - low) * north
        low *= np.float32(QUANTUM_NMI)
        low -= np.float32(INLAND_NMI)
        np.maximum(low, 0, out=low)
        return low

    def _along(self, node: NDArray[np.intp], east: F32) -> F32:
        west_count = self.counts[node].astype(np.float32)
        result: F32 = west_count + (self.counts[node + 1] - west_count) * east
        return result


def save(path: Path, signed_nmi: NDArray[np.float64]) -> None:
    """Write a map; `signed_nmi`, shape (ROWS, COLUMNS), is negative on land.

    What is stored is how each node differs from the plane through its western,
    southern and south-western neighbours: mostly 0 or 1, and small when packed.
    Raises ValueError where a difference does not fit in a byte, which a
    distance cannot have.
    """
    counts = np.rint(np.clip(signed_nmi, -INLAND_NMI, FARTHEST_NMI) / QUANTUM_NMI).astype(np.int32)
    counts += _INLAND
    origin = counts.flat[0]
    differences = np.diff(np.diff(counts - origin, axis=1, prepend=0), axis=0, prepend=0)
    folded = (differences << 1) ^ (differences >> 31)
    if folded.shape != (ROWS, COLUMNS) or folded.max() > 255:
        raise ValueError(f"not a field of distances of shape {ROWS} x {COLUMNS}")
    np.savez_compressed(path, residuals=folded.astype(np.uint8), origin=np.uint16(origin))
