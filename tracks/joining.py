"""Which hulls that two stations heard under one MMSI are one.

Two stations number the hulls of an MMSI each for itself.  Where both heard them at the same
ten-minute marks, the ways tell: one hull was at one place.  Where they never heard them at
the same time, one hull is enough if it could have made both ways at no more than 25 kn, the
rule by which one station takes reports for a hull's (`tracks.plausible`).

A mark may lie on a straight line over an hour in which a station heard nothing, so a few may
differ; but never by more than a ship goes in half of that hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tracks.batch import BIN_S
from tracks.geodesy import NMI_M, distance_m
from tracks.plausible import Rule
from tracks.way import Way

SAME_NMI = 1.0  # ours: apart by less at one mark, it is one place
SAME_SHARE = 0.8  # ours: of the marks that both heard
FAR_NMI = 12.5  # in half an hour at 25 kn
_RULE = Rule()

Node = tuple[int, int]  # a station's number and its track


class Agreement(NamedTuple):
    """How two ways under one MMSI compare."""

    one: bool  # whether they can be one hull's
    shared_count: int  # marks at which both were heard
    near_count: int  # of these, at one place


def compare(a: Way, b: Way) -> Agreement:
    """Return how two ways, each in order of time, compare."""
    _, i, j = np.intersect1d(a.bin, b.bin, assume_unique=True, return_indices=True)
    if not len(i):
        return Agreement(_could_follow(a, b), 0, 0)
    apart_nmi = distance_m(a.lat[i], a.lon[i], b.lat[j], b.lon[j]) / NMI_M
    near = int(np.count_nonzero(apart_nmi <= SAME_NMI))
    one = near >= SAME_SHARE * len(i) and bool((apart_nmi <= FAR_NMI).all())
    return Agreement(one, len(i), near)


def _could_follow(a: Way, b: Way) -> bool:
    """Return whether one hull can have gone from one way to the other, whenever they take turns."""
    bins = np.concatenate([a.bin, b.bin])
    order = np.argsort(bins, kind="stable")
    lat, lon = (np.concatenate(pair)[order] for pair in ((a.lat, b.lat), (a.lon, b.lon)))
    whose = np.repeat([0, 1], [len(a.bin), len(b.bin)])[order]
    turn = np.flatnonzero(whose[1:] != whose[:-1])
    hours = (bins[order][turn + 1] - bins[order][turn]) * BIN_S / 3600
    apart_nmi = distance_m(lat[turn], lon[turn], lat[turn + 1], lon[turn + 1]) / NMI_M
    allowed = _RULE.max_speed_kn * np.hypot(hours, _RULE.tolerance_h)
    return bool((apart_nmi <= allowed).all())


def joined(ways: Mapping[Node, Way]) -> list[tuple[Node, ...]]:
    """Return groups of hulls, each one ship's, at most one of a station; in order of nodes.

    Those whose ways agree most often are joined first.  Nothing is joined to what any of the
    group contradicts.
    """
    nodes = sorted(ways)
    found: list[tuple[int, Node, Node]] = []
    apart: set[tuple[Node, Node]] = set()
    for n, a in enumerate(nodes):
        for b in nodes[n + 1 :]:
            if a[0] == b[0]:
                apart.add((a, b))
                continue
            agreement = compare(ways[a], ways[b])
            if agreement.one:
                found.append((-agreement.near_count, a, b))
            else:
                apart.add((a, b))
    group = {node: [node] for node in nodes}
    for _, a, b in sorted(found):
        one, other = group[a], group[b]
        if one is other or any(_pair(x, y) in apart for x in one for y in other):
            continue
        one += other
        for node in other:
            group[node] = one
    return sorted({tuple(sorted(some)) for some in group.values()})


def _pair(a: Node, b: Node) -> tuple[Node, Node]:
    return (a, b) if a < b else (b, a)


def numbered(groups: list[tuple[Node, ...]], hulls_per_mmsi: int) -> dict[Node, int]:
    """Return a track for each hull: the first station's number where it has one, or a new one."""
    taken: set[int] = set()
    tracks: dict[Node, int] = {}
    for some in sorted(groups, key=lambda nodes: nodes[0]):
        track = some[0][1]
        while track in taken and track % hulls_per_mmsi < hulls_per_mmsi - 1:
            track += 1
        taken.add(track)
        tracks |= dict.fromkeys(some, track)
    return tracks
