"""Which vessels are near which, mark by mark."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from anomalies.runs import Runs
from tracks.batch import Points, starts
from tracks.geodesy import EARTH_RADIUS_M, distance_m, unit_xyz

_SLACK = 1 + 1e-6  # the tree compares chords; the distance decides


def near_pairs(points: Points, max_distance_m: float) -> Runs:
    """Return as runs of one mark every two tracks at most `max_distance_m` apart there.

    One search tree of positions in space for each mark, so that longitude 180
    and the poles are places like others (scipy's cKDTree; Maneewongvatana and
    Mount 1999, arXiv:cs/9901013).
    """
    order = np.argsort((points.bin - points.bin.min(initial=0)), kind="stable")
    here = points.take(order)
    xyz = unit_xyz(here.lat, here.lon)
    chord = 2 * np.sin(max_distance_m / EARTH_RADIUS_M / 2) * _SLACK
    found = [np.empty((0, 2), np.int64)]
    heads = starts(here.bin)
    ends = np.append(heads, len(here))[1:]
    for begin, end in zip(heads, ends, strict=True):
        if end - begin > 1:
            tree = cKDTree(xyz[begin:end], balanced_tree=False, compact_nodes=False)
            found.append(begin + tree.query_pairs(chord, output_type="ndarray"))
    one, two = np.concatenate(found).T
    near = distance_m(here.lat[one], here.lon[one], here.lat[two], here.lon[two]) <= max_distance_m
    one, two = one[near], two[near]
    a = np.minimum(here.track[one], here.track[two])
    b = np.maximum(here.track[one], here.track[two])
    return Runs(a, b, here.bin[one], here.bin[one])
