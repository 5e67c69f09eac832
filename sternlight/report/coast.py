"""The outline of the land, simplified: to draw on, never to judge or to navigate by.

Natural Earth's 1:10 million land within half a mile, cut at longitude 180
(config/places/README.md).
Rings are filled by the even-odd rule, so that lakes and seas inside of land need no order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from sternlight.data import data_folder
from tracks.batch import F64, I64

FILE = "coast.npz"
UNIT_DEG = 1e-3  # 0.06 nmi


class Box(NamedTuple):
    """A part of the Earth; degrees, east may be counted on past 180, west below -180."""

    south: float
    north: float
    west: float
    east: float

    @property
    def wide_deg(self) -> float:
        """Return the longer of its sides."""
        return max(self.north - self.south, self.east - self.west)


@dataclass(frozen=True, slots=True)
class Coast:
    """Rings of land: points of all in `lat` and `lon`, each begins where `begins` says."""

    lat: F64
    lon: F64
    begins: I64
    boxes: F64  # south, north, west, east of each ring, shape (4, rings)

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Read the outline that comes with Sternlight, or that `save` wrote to `path`."""
        with np.load(path or data_folder() / "places" / FILE, allow_pickle=False) as arrays:
            lengths = arrays["lengths"].astype(np.int64)
            lat, lon = (
                np.cumsum(arrays[name], dtype=np.float64) * UNIT_DEG for name in ("lat", "lon")
            )
        return cls.of(lat, lon, lengths)

    @classmethod
    def of(cls, lat: F64, lon: F64, lengths: I64) -> Self:
        """Return rings of so many points each."""
        if not len(lengths):
            return cls(lat, lon, lengths, np.empty((4, 0)))
        begins = np.cumsum(lengths) - lengths
        sides = [f.reduceat(c, begins) for c in (lat, lon) for f in (np.minimum, np.maximum)]
        return cls(lat, lon, begins, np.array(sides))

    def within(self, box: Box, step_deg: float) -> Iterator[tuple[F64, F64]]:
        """Yield what of each ring lies in a box, as (lat, lon), no finer than `step_deg`.

        Longitudes go on as those of the box do.
        """
        south, north, west, east = self.boxes
        for turn in (-360.0, 0.0, 360.0):
            near = (south <= box.north) & (north >= box.south)
            near &= (west + turn <= box.east) & (east + turn >= box.west)
            # An islet smaller than what is shown of the coast would be a dot at most.
            near &= np.maximum(north - south, east - west) >= step_deg
            for ring in np.flatnonzero(near).tolist():
                rows = slice(self.begins[ring], self._end(ring))
                y, x = _coarser(self.lat[rows], self.lon[rows] + turn, step_deg)
                sides = self.boxes[:, ring] + (0, 0, turn, turn)
                if sides[0] < box.south or sides[1] > box.north or (
                    sides[2] < box.west or sides[3] > box.east
                ):  # fmt: skip
                    y, x = clipped(y, x, box)
                if len(y) > 2:
                    yield y, x

    def cut(self, box: Box) -> Coast:
        """Return what lies in a box, as fine as it is; asked often, that is faster."""
        rings = list(self.within(box, 0.0))
        lat, lon = (np.concatenate([*column, np.empty(0)]) for column in _columns(rings))
        return Coast.of(lat, lon, np.array([len(y) for y, _ in rings], np.int64))

    def _end(self, ring: int) -> int:
        return int(self.begins[ring + 1]) if ring + 1 < len(self.begins) else len(self.lat)


def _columns(rings: list[tuple[F64, F64]]) -> tuple[list[F64], list[F64]]:
    return [lat for lat, _ in rings], [lon for _, lon in rings]


def save(path: Path, rings: list[tuple[F64, F64]]) -> None:
    """Write rings of (lat, lon)."""
    units = [np.rint(np.concatenate(column) / UNIT_DEG) for column in _columns(rings)]
    steps = (np.diff(column, prepend=0).astype(np.int32) for column in units)
    lengths = np.array([len(lat) for lat, _ in rings], np.int32)
    lat, lon = steps
    np.savez_compressed(path, lengths=lengths, lat=lat, lon=lon)


def clipped(lat: F64, lon: F64, box: Box) -> tuple[F64, F64]:
    """Return what of a ring lies in a box; where it leaves and comes back it runs along the edge.

    Source: Sutherland and Hodgman 1974, doi:10.1145/360767.360802.
    """
    lat, lon = _beyond(lat, lon, box.south, 1)
    lat, lon = _beyond(lat, lon, box.north, -1)
    lon, lat = _beyond(lon, lat, box.west, 1)
    lon, lat = _beyond(lon, lat, box.east, -1)
    return lat, lon


def _beyond(across: F64, along: F64, limit: float, sign: int) -> tuple[F64, F64]:
    """Keep what lies above a limit of the coordinate `across`; below it, if `sign` is -1."""
    if not len(across):
        return across, along
    inside = (across - limit) * sign >= 0
    after = np.roll(inside, -1)
    crossing = np.flatnonzero(inside != after)
    next_ = (crossing + 1) % len(across)
    share = (limit - across[crossing]) / (across[next_] - across[crossing])
    met = along[crossing] + share * (along[next_] - along[crossing])
    # In the order of the ring: each point that stays, and behind it where it crosses the limit.
    comes = np.cumsum(inside.astype(np.int64) + (inside != after))
    new = (np.full(comes[-1], float(limit)), np.empty(comes[-1]))
    at = (comes - 1 - (inside != after))[inside]
    new[0][at], new[1][at] = across[inside], along[inside]
    new[1][comes[crossing] - 1] = met
    return new


def _coarser(lat: F64, lon: F64, step_deg: float) -> tuple[F64, F64]:
    """Return a ring without points that lie in the same square as the one before."""
    if step_deg <= UNIT_DEG:
        return lat, lon
    cell = np.rint(lat / step_deg) * 1e6 + np.rint(lon / step_deg)
    kept = np.concatenate([[True], np.diff(cell) != 0])
    return lat[kept], lon[kept]
