"""The outline of the land, simplified and cut at longitude 180, for drawing.

Douglas and Peucker's rule, with longitudes shrunk as they are at the middle of each ring; what
is left of a ring is as far as TOLERANCE_DEG from the coast that it came from.  Islets
whose outline would be less than a triangle are left out.
"""

from __future__ import annotations

import numpy as np
import shapely

from tracks.batch import F64

TOLERANCE_DEG = 0.006  # of latitude: 0.36 nmi


def outline(coast: list[F64]) -> list[tuple[F64, F64]]:
    """Return rings of (lat, lon) from -180 to 180; `coast` is that of `places_coast.rings`."""
    whole = [ring for ring in map(_simple, coast) if len(ring) > 3]
    return [piece for ring in whole for piece in _cut(ring)]


def _simple(ring: F64) -> F64:
    narrow = np.cos(np.radians(np.clip(ring[:, 1].mean(), -80, 80)))
    line = shapely.LineString(ring * (narrow, 1)).simplify(TOLERANCE_DEG)
    return np.asarray(shapely.get_coordinates(line) / (narrow, 1))


def _cut(ring: F64) -> list[tuple[F64, F64]]:
    """Return the pieces of a ring of (lon, lat), unrolled, between longitudes -180 and 180."""
    if abs(ring[-1, 0] - ring[0, 0]) > 1:  # Antarctica: close it by way of the pole
        ring = np.concatenate([ring, [[ring[-1, 0], -90], [ring[0, 0], -90], ring[0]]])
    land = shapely.Polygon(ring).buffer(0)
    pieces = []
    for turn in (-360, 0, 360):
        part = shapely.intersection(land, shapely.box(-180 + turn, -90, 180 + turn, 90))
        for one in shapely.get_parts(part):
            if one.geom_type == "Polygon" and one.area > 0:
                pieces += [_ring(r, turn) for r in (one.exterior, *one.interiors)]
    return pieces


def _ring(ring: shapely.LinearRing, turn: int) -> tuple[F64, F64]:
    at = shapely.get_coordinates(ring)[:-1]
    return at[:, 1], at[:, 0] - turn
