"""How far from shore a position lies, read off a map of distances that fits in memory.

The map holds, at every tenth of a degree, the distance to the nearest coast of
Natural Earth's 1:10 million land: positive at sea, negative on land.  Between
these nodes it is interpolated (bilinear), which is off by 0.3 nmi (rms) at 12
and at 24 nmi from shore, and by up to 3 nmi midway between two coasts;
docs/places.md has the whole table.  What the coast itself leaves out is more:
islets, and harbours, rivers and fjords narrower than some 5 nmi, which are
land here.  So a ship on land by this map is no mistake in her position.

The map is kept packed, in tiles of 6.4 degrees, and a tile is unpacked when it is asked:
the whole map would take 14 MB, and a station hears one or two tiles of it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracks.batch import F32, F64, I64, U8, U16

if TYPE_CHECKING:
    from pathlib import Path

NODES_PER_DEGREE = 10
ROWS = 180 * NODES_PER_DEGREE + 1  # from the south pole to the north pole
COLUMNS = 360 * NODES_PER_DEGREE  # from 180 W on
QUANTUM_NMI = 0.1
INLAND_NMI = 10.0  # a cell is at most 8.5 nmi across, so deeper inland no coast is touched
FARTHEST_NMI = 300.0  # beyond, the map says 300
MOST_TILES = 128  # unpacked at a time: 1 MB; wild positions would unpack the whole map

_INLAND = round(INLAND_NMI / QUANTUM_NMI)
_BLOCK = 1 << 14  # positions at a time, so that intermediate results stay in the cache
_SHIFT = 6
_CELLS = 1 << _SHIFT  # of a tile, in each direction
_SIDE = _CELLS + 1  # nodes: those to the north and to the east are of the next tiles, too
_DOWN, _ACROSS = -(-ROWS // _CELLS), -(-COLUMNS // _CELLS)  # tiles


@dataclass(slots=True, eq=False, repr=False)
class Shore:
    """The map; what is asked changes what is unpacked, and no answer."""

    _counts: U16  # of the nodes of unpacked tiles: QUANTUM_NMI above -INLAND_NMI
    _begins: I64  # of each tile in `_counts`; -1: it is packed
    _origins: U16  # the first count of each tile
    _packed: bytes  # the other counts of all tiles
    _ends: I64  # of each tile in `_packed`

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a map that `save` wrote.  Raises ValueError where it is none, OSError if absent."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                origins, packed, ends = (arrays[name] for name in ("origins", "packed", "ends"))
        except (KeyError, BadZipFile, EOFError, RuntimeError, ValueError) as error:
            raise ValueError(f"{path} is not a map of distances to shore: {error}") from error
        if not origins.shape == ends.shape == (_DOWN * _ACROSS,) or ends[-1] != len(packed):
            raise ValueError(f"{path} is not a map of {ROWS} x {COLUMNS} distances to shore")
        begins = np.full(len(ends), -1)
        return cls(np.empty(0, np.uint16), begins, origins, packed.tobytes(), ends)

    @classmethod
    def of(cls, signed_nmi: F64) -> Self:
        """Return a map of distances, shape (ROWS, COLUMNS), negative on land."""
        tiles = _tiles(signed_nmi)
        begins = np.arange(len(tiles)) * _SIDE**2
        return cls(tiles.reshape(-1), begins, tiles[:, 0, 0], b"", np.zeros_like(begins))

    @property
    def unpacked_count(self) -> int:
        """How many tiles are unpacked."""
        return len(self._counts) // _SIDE**2

    def at_nodes(self, rows: I64, columns: I64) -> F64:
        """Return the distances at nodes in nmi, shape (rows, columns), negative on land.

        Rows count from the south pole and columns from 180 W; any column is taken.
        """
        columns = columns % COLUMNS
        tile = (rows >> _SHIFT)[:, None] * _ACROSS + (columns >> _SHIFT)
        node = self._begins_of(tile)
        node += ((rows & _CELLS - 1) * _SIDE)[:, None] + (columns & _CELLS - 1)
        return (self._counts[node].astype(np.float64) - _INLAND) * QUANTUM_NMI

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

    def _interpolate(self, lat: F64, lon: F64) -> F32:
        y = (lat + 90) * NODES_PER_DEGREE
        x = (lon + 180) * NODES_PER_DEGREE
        x -= np.floor(x / COLUMNS) * COLUMNS
        # fmin and fmax replace nan, so that every position has a cell; north and east keep it
        row = np.fmin(np.fmax(y, 0), ROWS - 2).astype(np.intp)
        column = np.fmin(np.fmax(x, 0), COLUMNS - 1).astype(np.intp)
        north = (y - row).astype(np.float32)
        east = (x - column).astype(np.float32)
        node = self._begins_of((row >> _SHIFT) * _ACROSS + (column >> _SHIFT))
        node += (row & _CELLS - 1) * _SIDE
        node += column & _CELLS - 1
        low = self._along(node, east)
        low += (self._along(node + _SIDE, east) - low) * north
        low *= np.float32(QUANTUM_NMI)
        low -= np.float32(INLAND_NMI)
        np.maximum(low, 0, out=low)
        return low

    def _along(self, node: NDArray[np.intp], east: F32) -> F32:
        west_count = self._counts[node].astype(np.float32)
        result: F32 = west_count + (self._counts[node + 1] - west_count) * east
        return result

    def _begins_of(self, tile: NDArray[np.intp]) -> I64:
        begins = self._begins[tile]
        if begins.min() < 0:
            self._unpack(np.unique(tile))
            begins = self._begins[tile]
        return begins

    def _unpack(self, asked: I64) -> None:
        """Unpack tiles; forget the others where they have become many beside those."""
        new = asked[self._begins[asked] < 0]
        if self.unpacked_count + len(new) > max(MOST_TILES, 4 * len(asked)):
            self._begins[:] = -1
            self._counts, new = np.empty(0, np.uint16), asked
        counts = _counts(self._residuals(new), self._origins[new])
        self._begins[new] = len(self._counts) + np.arange(len(new)) * _SIDE**2
        self._counts = np.concatenate([self._counts, counts.reshape(-1)])

    def _residuals(self, tiles: I64) -> U8:
        begins = np.append(0, self._ends[:-1])
        spans = zip(begins[tiles].tolist(), self._ends[tiles].tolist(), strict=True)
        content = b"".join(zlib.decompress(self._packed[begin:end]) for begin, end in spans)
        return np.frombuffer(content, np.uint8).reshape(-1, _SIDE, _SIDE)


def save(path: Path, signed_nmi: F64) -> None:
    """Write a map; `signed_nmi`, shape (ROWS, COLUMNS), is negative on land.

    Raises ValueError where a difference does not fit in a byte, which a
    distance cannot have.
    """
    tiles = _tiles(signed_nmi)
    packed = [zlib.compress(tile.tobytes(), 9) for tile in _folded(tiles)]
    np.savez(
        path,
        allow_pickle=False,
        origins=tiles[:, 0, 0],
        packed=np.frombuffer(b"".join(packed), np.uint8),
        ends=np.cumsum([len(tile) for tile in packed]),
    )


def _tiles(signed_nmi: F64) -> U16:
    """Return the counts of each tile, shape (_DOWN * _ACROSS, _SIDE, _SIDE)."""
    if signed_nmi.shape != (ROWS, COLUMNS):
        raise ValueError(f"not a field of distances of shape {ROWS} x {COLUMNS}")
    counts = np.rint(np.clip(signed_nmi, -INLAND_NMI, FARTHEST_NMI) / QUANTUM_NMI) + _INLAND
    below, beside = _DOWN * _CELLS + 1 - ROWS, _ACROSS * _CELLS + 1 - COLUMNS
    # Longitude 180 stands at both ends; what is beyond the pole, or beyond that, nobody asks.
    whole = np.pad(counts.astype(np.uint16), ((0, 0), (0, 1)), "wrap")
    whole = np.pad(whole, ((0, below), (0, beside - 1)), "edge")
    views = np.lib.stride_tricks.sliding_window_view(whole, (_SIDE, _SIDE))
    return views[::_CELLS, ::_CELLS].reshape(-1, _SIDE, _SIDE)


def _folded(tiles: U16) -> U8:
    """Return how each node differs from the plane through its neighbours to the west and south.

    That is mostly 0 or 1 (-1 is folded into 1, 1 into 2), and small when packed.
    """
    counts = tiles.astype(np.int32)
    counts -= counts[:, :1, :1].copy()
    differences = np.diff(np.diff(counts, axis=2, prepend=0), axis=1, prepend=0)
    folded: NDArray[np.int32] = (differences << 1) ^ (differences >> 31)
    if folded.max() > 255:
        raise ValueError(f"not a field of distances of shape {ROWS} x {COLUMNS}")
    return folded.astype(np.uint8)


def _counts(folded: U8, origins: U16) -> U16:
    """Undo `_folded`."""
    values = np.arange(256, dtype=np.uint8)
    signed = ((values >> 1) ^ -(values & 1)).view(np.int8).astype(np.uint16)
    counts = np.cumsum(signed[folded], axis=1, dtype=np.uint16)
    np.cumsum(counts, axis=2, dtype=np.uint16, out=counts)
    counts += origins[:, None, None]
    return counts
