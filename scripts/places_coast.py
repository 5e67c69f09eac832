"""The coast out of a TopoJSON file, and the field of distances to it.

The field is computed by brute force: the coast is set with a point every 300 m,
and each node of the map looks for the nearest.  Against the coast as drawn that
is off by under 0.01 nmi from half a mile on.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tracks.batch import F64, Mask
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, distance_m, unit_xyz, wrap_lon
from tracks.shore import COLUMNS, NODES_PER_DEGREE, ROWS

SPACING_M = 300.0
ROWS_AT_ONCE = 100


def rings(topojson: str) -> list[F64]:
    """Return the rings of the object "land", arrays of (longitude, latitude).

    Longitudes go on across 180, without a jump.  The ring around Antarctica
    runs once around the Earth, and so ends 360 degrees from where it begins.
    """
    topology = json.loads(topojson)
    scale, origin = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * scale + origin for arc in topology["arcs"]]
    (land,) = topology["objects"]["land"]["geometries"]
    return [_unrolled(_joined(arcs, ring)) for polygon in land["arcs"] for ring in polygon]


def _joined(arcs: list[F64], ring: list[int]) -> F64:
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _unrolled(ring: F64) -> F64:
    steps = wrap_lon(np.diff(ring[:, 0]))
    return np.column_stack([ring[0, 0] + np.concatenate([[0], np.cumsum(steps)]), ring[:, 1]])


def signed_nmi(coast: list[F64]) -> F64:
    """Return the distance to the coast at each node of the map, negative on land."""
    lat = np.arange(ROWS) / NODES_PER_DEGREE - 90
    lon = np.arange(COLUMNS) / NODES_PER_DEGREE - 180
    points = np.concatenate(list(map(_densely, coast)))
    # for a coast on a sphere these options answer thirty times as fast as the defaults
    tree = cKDTree(unit_xyz(points[:, 1], points[:, 0]), balanced_tree=False, compact_nodes=False)
    chord = np.empty((ROWS, COLUMNS))
    for row in range(0, ROWS, ROWS_AT_ONCE):
        nodes = unit_xyz(lat[row : row + ROWS_AT_ONCE, None], lon)
        chord[row : row + ROWS_AT_ONCE] = tree.query(nodes, workers=-1)[0]
    away_nmi = 2 * EARTH_RADIUS_M / NMI_M * np.arcsin(np.minimum(chord / 2, 1))
    return np.where(land(coast), -away_nmi, away_nmi)


def _densely(ring: F64) -> F64:
    """Return points along a ring, leaving out the sides that only close it at longitude 180."""
    begin, end = ring[:-1], ring[1:]
    seam = np.isclose(np.abs(wrap_lon(begin[:, 0])), 180, atol=1e-6)
    seam &= np.isclose(np.abs(wrap_lon(end[:, 0])), 180, atol=1e-6)
    begin, end = begin[~seam], end[~seam]
    length_m = distance_m(begin[:, 1], begin[:, 0], end[:, 1], end[:, 0])
    count = np.maximum(np.ceil(length_m / SPACING_M), 1).astype(int)
    side = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count)) / count[side]
    return np.asarray(begin[side] + share[:, None] * (end[side] - begin[side]))


def land(coast: list[F64]) -> Mask:
    """Return which nodes lie on land: those with an odd number of coasts to their west."""
    turns = 3  # unrolled rings reach a turn beyond either side
    crossings = np.zeros((ROWS, turns * COLUMNS + 1), np.int32)
    for ring in coast:
        np.add.at(crossings, _crossings(ring), 1)
    odd = np.cumsum(crossings[:, :-1], axis=1) % 2
    return np.asarray(odd.reshape(ROWS, turns, COLUMNS).sum(axis=1) % 2 == 1)


def _crossings(ring: F64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where a ring crosses the map's rows: the row, and the first column to the east."""
    if abs(ring[-1, 0] - ring[0, 0]) > 1:  # Antarctica: close it by way of the pole
        pole = [[ring[-1, 0], -91], [ring[0, 0], -91], ring[0]]
        ring = np.concatenate([ring, pole])
    x, y = (ring[:, 0] + 540) * NODES_PER_DEGREE, (ring[:, 1] + 90) * NODES_PER_DEGREE
    first = np.ceil(np.minimum(y[:-1], y[1:])).astype(int)
    count = np.ceil(np.maximum(y[:-1], y[1:])).astype(int) - first
    side = np.repeat(np.arange(len(count)), count)
    row = first[side] + np.arange(len(side)) - np.repeat(np.cumsum(count) - count, count)
    at = x[side] + (row - y[side]) / (y[side + 1] - y[side]) * (x[side + 1] - x[side])
    on_map = row >= 0
    return row[on_map], np.ceil(np.round(at[on_map], 6)).astype(int)
