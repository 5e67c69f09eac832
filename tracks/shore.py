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

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracks.batch import F32, I64, U8, U16

if TYPE_CHECKING:
    from pathlib import Path

NODES_PER_DEGREE = 10
ROWS = 180 * NODES_PER_DEGREE + 1  # from the south pole to the north pole
COLUMNS = 360 * NODES_PER_DEGREE  # from 180 W on
QUANTUM_NMI = 0.1
INLAND_NMI = 10.0  # a cell is at most 8.5 nmi across, so deeper inland no coast is touched
FARTHEST_NMI = 300.0  # beyond, the map says 300

_WIDTH = COLUMNS + 1  # in memory longitude 180 stands at both ends
_BAND_ROWS = 10 * NODES_PER_DEGREE
_BANDS = -(-ROWS // _BAND_ROWS)
_ORIGINS = "origins"  # the first node of each band
_INLAND = round(INLAND_NMI / QUANTUM_NMI)
_BLOCK = 1 << 14  # positions at a time, so that intermediate results stay in the cache


def _each_row() -> I64:
    return np.arange(0, ROWS * _WIDTH, _WIDTH)


@dataclass(slots=True, eq=False)
class Shore:
    """The map: counts of QUANTUM_NMI above -INLAND_NMI, row by row, shape (ROWS * _WIDTH,).

    Of a map from a file, a band of latitudes is unpacked when it is first asked, and `counts`
    has those bands alone: a station hears one or two of the 19.  (One array for all, of which
    most is never written to, takes all its memory where the system makes huge pages.)
    """

    counts: U16
    _begins: I64 = field(default_factory=_each_row, repr=False)  # of each row; -1: it is packed
    _packed: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, path: Path) -> Shore:
        """Read a map that `save` wrote.  Raises ValueError where it is none, OSError if absent."""
        content = path.read_bytes()  # all of it: the file may be replaced while we run
        try:
            with ZipFile(BytesIO(content)) as members:
                damaged = members.testzip()
            packed = np.load(BytesIO(content), allow_pickle=False)
        except (BadZipFile, EOFError, ValueError, RuntimeError, zlib.error) as error:
            raise ValueError(f"{path} is not a map of distances to shore: {error}") from error
        if damaged or packed.files != [_ORIGINS, *map(_name, range(_BANDS))]:
            raise ValueError(f"{path} is not a map of {ROWS} x {COLUMNS} distances to shore")
        return cls(np.empty(0, np.uint16), np.full(ROWS, -1), packed)

    @property
    def bands(self) -> list[int]:
        """The bands of ten degrees that are unpacked, counted from the south pole."""
        return np.flatnonzero(self._begins[::_BAND_ROWS] >= 0).tolist()

    def whole(self) -> U16:
        """Return the counts of all nodes, shape (ROWS, COLUMNS)."""
        begins, beyond = self._begins_of(np.arange(ROWS - 1))
        return self.counts[np.append(begins, beyond[-1])[:, None] + np.arange(COLUMNS)]

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
        south, beyond = self._begins_of(row)
        column = np.fmin(np.fmax(x, 0), COLUMNS - 1).astype(np.intp)
        north = (y - row).astype(np.float32)
        east = (x - column).astype(np.float32)
        low = self._along(south + column, east)
        low += (self._along(beyond + column, east) - low) * north
        low *= np.float32(QUANTUM_NMI)
        low -= np.float32(INLAND_NMI)
        np.maximum(low, 0, out=low)
        return low

    def _begins_of(self, row: NDArray[np.intp]) -> tuple[I64, I64]:
        """Return where rows begin in `counts`, and those north of them."""
        begins, beyond = self._begins[row], self._begins[row + 1]
        if begins.min() < 0 or beyond.min() < 0:
            rows = np.concatenate([row[begins < 0], row[beyond < 0] + 1])
            for band in np.unique(rows // _BAND_ROWS).tolist():
                self._unpack(band)
            return self._begins[row], self._begins[row + 1]
        return begins, beyond

    def _unpack(self, band: int) -> None:
        counts = _unpacked(self._packed[_name(band)], self._packed[_ORIGINS][band])
        self._begins[_rows(band)] = np.arange(0, counts.size, _WIDTH) + self.counts.size
        self.counts = np.concatenate([self.counts, counts.reshape(-1)])

    def _along(self, node: NDArray[np.intp], east: F32) -> F32:
        west_count = self.counts[node].astype(np.float32)
        result: F32 = west_count + (self.counts[node + 1] - west_count) * east
        return result


def _unpacked(residuals: U8, origin: np.uint16) -> U16:
    """Undo `_residuals`; shape (rows, _WIDTH)."""
    folded = np.arange(256, dtype=np.uint8)
    signed = ((folded >> 1) ^ -(folded & 1)).view(np.int8).astype(np.uint16)  # 0, -1, 1, -2 ...
    counts = np.empty((len(residuals), _WIDTH), np.uint16)
    columns = counts[:, :COLUMNS]
    np.cumsum(signed[residuals], axis=0, dtype=np.uint16, out=columns)
    np.cumsum(columns, axis=1, dtype=np.uint16, out=columns)
    columns += origin
    counts[:, COLUMNS] = counts[:, 0]
    return counts


def save(path: Path, signed_nmi: NDArray[np.float64]) -> None:
    """Write a map; `signed_nmi`, shape (ROWS, COLUMNS), is negative on land.

    What is stored of a band is how each node differs from the plane through its western,
    southern and south-western neighbours: mostly 0 or 1, and small when packed.
    Raises ValueError where a difference does not fit in a byte, which a
    distance cannot have.
    """
    counts = np.rint(np.clip(signed_nmi, -INLAND_NMI, FARTHEST_NMI) / QUANTUM_NMI).astype(np.int32)
    counts += _INLAND
    if counts.shape != (ROWS, COLUMNS):
        raise ValueError(f"not a field of distances of shape {ROWS} x {COLUMNS}")
    bands = [counts[_rows(band)] for band in range(_BANDS)]
    members: dict[str, NDArray[Any]] = {
        _ORIGINS: np.array([band[0, 0] for band in bands], np.uint16)
    }
    members |= {_name(n): _residuals(band) for n, band in enumerate(bands)}
    np.savez_compressed(path, allow_pickle=False, **members)


def _residuals(counts: NDArray[np.int32]) -> U8:
    across = np.diff(counts - counts[0, 0], axis=1, prepend=0)
    differences = np.diff(across, axis=0, prepend=0)
    folded: NDArray[np.int32] = (differences << 1) ^ (differences >> 31)
    if folded.max() > 255:
        raise ValueError(f"not a field of distances of shape {ROWS} x {COLUMNS}")
    return folded.astype(np.uint8)


def _name(band: int) -> str:
    return f"band{band:02d}"


def _rows(band: int) -> slice:
    return slice(band * _BAND_ROWS, (band + 1) * _BAND_ROWS)
