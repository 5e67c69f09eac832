"""Which of some thousand spots is near each of some million positions.

Both searches cut the Earth into cells of latitude and longitude and list, for a
cell, the few spots that can matter anywhere in it; the distance itself is then
the exact one.  (A k-d tree does the same, but importing one costs 300 ms and
50 MB, which a small station would pay on every start.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracks.batch import F32, F64, I64, U8, Mask, starts
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, distance_m, unit_xyz, wrap_lon

_CELLS_PER_DEGREE = 4  # cells of 15 nmi, about as wide as a port with its approaches
_ROWS, _COLUMNS = 180 * _CELLS_PER_DEGREE, 360 * _CELLS_PER_DEGREE
_CELL_RADIUS = np.radians(np.hypot(0.5, 0.5) / _CELLS_PER_DEGREE)  # widest at the equator
_BLOCK = 1 << 16
_PAIRS_AT_ONCE = 1 << 20  # of cells and spots: 8 MB
_NMI_PER_DEGREE = np.radians(EARTH_RADIUS_M) / NMI_M


def cell_of(lat: F64, lon: F64) -> I64:
    """Return the cell of each position; some cell where the position is nan."""
    y = (lat + 90) * _CELLS_PER_DEGREE
    x = (lon + 180) * _CELLS_PER_DEGREE
    x -= np.floor(x / _COLUMNS) * _COLUMNS
    cell = np.fmin(np.fmax(y, 0), _ROWS - 1).astype(np.int64)
    cell *= _COLUMNS
    cell += np.fmin(np.fmax(x, 0), _COLUMNS - 1).astype(np.int64)
    return cell


@dataclass(frozen=True, slots=True)
class CellLists:
    """For each of some cells, a list of spots."""

    cells: I64  # sorted
    begin: I64  # where each cell's list begins in `spots`, and one more for the end
    spots: I64

    @classmethod
    def of_pairs(cls, cell: I64, spot: I64, closeness: F64) -> CellLists:
        """Collect (cell, spot) pairs into lists, the lowest `closeness` first."""
        order = np.lexsort((closeness, cell))
        cell = cell[order]
        first = starts(cell)
        return cls(cell[first], np.append(first, len(cell)), spot[order])

    def find(self, cell: I64) -> tuple[I64, I64]:
        """Return where the lists of `cell`, all among `cells`, begin and end."""
        row = np.searchsorted(self.cells, cell)
        return self.begin[row], self.begin[row + 1]


@dataclass(frozen=True, slots=True)
class Discs:
    """Spots with a radius each; tells which positions lie in any of them."""

    lat: F64
    lon: F64
    radius_m: F64
    lists: CellLists
    touched: U8  # by cell, eight to a byte: whether any disc reaches into it

    @classmethod
    def make(cls, lat: F64, lon: F64, radius_nmi: F64) -> Discs:
        """Prepare discs; `radius_nmi` has one radius for each spot."""
        cell, spot = _cells_of_discs(lat, lon, radius_nmi)
        away_m = distance_m(*_center(cell), lat[spot], lon[spot])
        touched = np.zeros(_ROWS * _COLUMNS, np.bool_)
        touched[cell] = True
        lists = CellLists.of_pairs(cell, spot, away_m)
        return cls(lat, lon, radius_nmi * NMI_M, lists, np.packbits(touched, bitorder="little"))

    def contain(self, lat: F64, lon: F64) -> Mask:
        """Return which positions, shape (N,), lie in a disc; False where nan."""
        inside = np.zeros(len(lat), np.bool_)
        for begin in range(0, len(lat), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            cell = cell_of(lat[block], lon[block])
            rows = self._near(cell)
            if len(rows):
                self._test(lat[block], lon[block], cell, rows, inside[block])
        return inside

    def holding(self, lat: F64, lon: F64) -> I64:
        """Return for each position, shape (N,), the nearest spot in whose disc it lies, or -1."""
        which = np.full(len(lat), -1, np.int64)
        nearest_m = np.full(len(lat), np.inf)
        cell = cell_of(lat, lon)
        rows = self._near(cell)
        at, end = self.lists.find(cell[rows])
        while len(rows):
            spot = self.lists.spots[at]
            away_m = distance_m(lat[rows], lon[rows], self.lat[spot], self.lon[spot])
            hit = (away_m <= self.radius_m[spot]) & (away_m < nearest_m[rows])
            which[rows[hit]], nearest_m[rows[hit]] = spot[hit], away_m[hit]
            at += 1
            left = at < end
            rows, at, end = rows[left], at[left], end[left]
        return which

    def _near(self, cell: I64) -> I64:
        """Return which of some cells a disc reaches into."""
        bit = (cell & 7).astype(np.uint8)
        return np.flatnonzero(self.touched[cell >> 3] >> bit & 1)

    def _test(self, lat: F64, lon: F64, cell: I64, rows: I64, inside: Mask) -> None:
        at, end = self.lists.find(cell[rows])
        while len(rows):
            spot = self.lists.spots[at]
            away_m = distance_m(lat[rows], lon[rows], self.lat[spot], self.lon[spot])
            hit = away_m <= self.radius_m[spot]
            inside[rows[hit]] = True
            at += 1
            left = ~hit & (at < end)
            rows, at, end = rows[left], at[left], end[left]


@dataclass(frozen=True, slots=True)
class Spots:
    """Spots without extent; tells which of them is nearest."""

    lat: F64
    lon: F64
    xyz: F64

    @classmethod
    def make(cls, lat: F64, lon: F64) -> Spots:
        """Prepare spots."""
        return cls(lat, lon, unit_xyz(lat, lon))

    def nearest(self, lat: F64, lon: F64) -> tuple[F32, I64]:
        """Return for each position, shape (N,), the nmi to the nearest spot and which it is.

        Of equally near spots it is the first.  inf and -1 where there is no
        spot, nan and -1 where the position is nan.
        """
        away_m = np.where(np.isnan(lat + lon), np.nan, np.inf)
        which = np.full(len(lat), -1, np.int64)
        known = np.flatnonzero(np.isinf(away_m))
        if len(self.lat) and len(known):
            cell = cell_of(lat[known], lon[known])
            ordered = np.sort(cell)
            lists = self._candidates(ordered[starts(ordered)])
            for begin in range(0, len(known), _BLOCK):
                block = slice(begin, begin + _BLOCK)
                self._try(lists, lat, lon, cell[block], known[block], away_m, which)
        return (away_m / NMI_M).astype(np.float32), which

    def _try(
        self, lists: CellLists, lat: F64, lon: F64, cell: I64, rows: I64, away_m: F64, which: I64
    ) -> None:
        at, end = lists.find(cell)
        while len(rows):
            spot = lists.spots[at]
            tried_m = distance_m(lat[rows], lon[rows], self.lat[spot], self.lon[spot])
            tie = (tried_m == away_m[rows]) & (spot < which[rows])
            better = (tried_m < away_m[rows]) | tie
            away_m[rows[better]] = tried_m[better]
            which[rows[better]] = spot[better]
            at += 1
            left = at < end
            rows, at, end = rows[left], at[left], end[left]

    def _candidates(self, cells: I64) -> CellLists:
        """List for each cell the spots that are nearest to some position in it.

        With D from the cell's centre to its nearest spot and r to its corners,
        no position in it has its nearest spot farther than D + 2r from there.
        """
        cell_parts, spot_parts, cosine_parts = [], [], []
        centers = unit_xyz(*_center(cells))
        step = max(1, _PAIRS_AT_ONCE // len(self.lat))
        for begin in range(0, len(cells), step):
            cosine = centers[begin : begin + step] @ self.xyz.T
            nearest_angle = np.arccos(np.minimum(cosine.max(axis=1), 1))
            reach = np.minimum(nearest_angle + 2 * _CELL_RADIUS + 1e-6, np.pi)
            cell, spot = np.nonzero(cosine >= np.cos(reach)[:, None])
            cell_parts.append(cells[begin + cell])
            spot_parts.append(spot)
            cosine_parts.append(cosine[cell, spot])
        return CellLists.of_pairs(
            np.concatenate(cell_parts), np.concatenate(spot_parts), -np.concatenate(cosine_parts)
        )


@dataclass(frozen=True, slots=True)
class Outlines:
    """Polygons; tells which position lies in which."""

    parts: NDArray[np.object_]  # shapely Polygons in degrees, longitudes -180 to 180, prepared
    owner: I64  # which outline a part belongs to
    lists: CellLists

    @classmethod
    def make(cls, outlines: Sequence[Any]) -> Outlines:
        """Prepare shapely Polygons and MultiPolygons."""
        if not outlines:
            nothing = np.empty(0, np.int64)
            return cls(np.empty(0, object), nothing, CellLists(nothing, nothing, nothing))
        import shapely  # here: a run without outlines does not need it

        parts, owner = shapely.get_parts(np.array(outlines, object), return_index=True)
        shapely.prepare(parts)
        west, south, east, north = shapely.bounds(parts).reshape(-1, 4).T
        cell, part = _cells_of_boxes(south, north, west, east)
        return cls(parts, owner, CellLists.of_pairs(cell, part, np.zeros(len(part))))

    def holding(self, lat: F64, lon: F64) -> I64:
        """Return for each position, shape (N,), an outline in which or on which it lies, or -1."""
        which = np.full(len(lat), -1, np.int64)
        if not len(self.parts):
            return which
        import shapely

        cell = cell_of(lat, lon)
        row = np.searchsorted(self.lists.cells, cell)
        row[row == len(self.lists.cells)] = 0
        rows = np.flatnonzero((self.lists.cells[row] == cell) & ~np.isnan(lat + lon))
        at, end = self.lists.find(cell[rows])
        east_of = wrap_lon(lon)
        while len(rows):
            part = self.lists.spots[at]
            hit = shapely.intersects_xy(self.parts[part], east_of[rows], lat[rows])
            which[rows[hit]] = self.owner[part[hit]]
            at += 1
            left = ~hit & (at < end)
            rows, at, end = rows[left], at[left], end[left]
        return which


def _center(cell: I64) -> tuple[F64, F64]:
    row, column = np.divmod(cell, _COLUMNS)
    return (row + 0.5) / _CELLS_PER_DEGREE - 90, (column + 0.5) / _CELLS_PER_DEGREE - 180


def _cells_of_discs(lat: F64, lon: F64, radius_nmi: F64) -> tuple[I64, I64]:
    """Return (cell, spot) for every cell that the disc around a spot may reach into."""
    reach = radius_nmi / _NMI_PER_DEGREE * (1 + 1e-9) + 1e-9
    south, north = lat - reach, lat + reach
    ratio = np.sin(np.radians(np.minimum(reach, 90))) / np.maximum(np.cos(np.radians(lat)), 1e-12)
    around = (north >= 90) | (south <= -90) | (ratio >= 1)  # the disc holds a pole
    half_lon = np.where(around, 180.0, np.degrees(np.arcsin(np.minimum(ratio, 1))) + 1e-9)
    return _cells_of_boxes(south, north, lon - half_lon, lon + half_lon)


def _cells_of_boxes(south: F64, north: F64, west: F64, east: F64) -> tuple[I64, I64]:
    """Return (cell, box) for every cell that a box touches; west may be below -180."""
    row0 = np.maximum(np.floor((south + 90) * _CELLS_PER_DEGREE), 0).astype(np.int64)
    row1 = np.minimum(np.floor((north + 90) * _CELLS_PER_DEGREE), _ROWS - 1).astype(np.int64)
    column0 = np.floor((west + 180) * _CELLS_PER_DEGREE).astype(np.int64)
    column1 = np.floor((east + 180) * _CELLS_PER_DEGREE).astype(np.int64)
    row0 = np.minimum(row0, row1)  # a box that begins at the north pole
    wide = np.minimum(column1 - column0 + 1, _COLUMNS)
    count = (row1 - row0 + 1) * wide
    box = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    down, across = np.divmod(place, wide[box])
    return (row0[box] + down) * _COLUMNS + np.mod(column0[box] + across, _COLUMNS), box
