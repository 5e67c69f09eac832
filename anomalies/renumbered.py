"""A new MMSI that begins where another fell silent, as one ship that changed its number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anomalies.marks import HOUR
from anomalies.whereabouts import Whereabouts
from tracks.batch import HULLS_PER_MMSI, I64
from tracks.geodesy import NMI_M, destination, distance_m

OVERLAP_S = 60.0  # the old one may be heard for so long after the new one: clocks of sources
HEARD_BINS = 2  # each must be heard in so many bins of its hour, or chance would do


class Limits(NamedTuple):
    """How well the two must fit; see `anomalies.identity`."""

    max_silence_s: float
    max_off_nmi: float
    max_off_kn: float


class Succession(NamedTuple):
    """The last fix of the old number and the first of the new one, and how they fit."""

    a_row: Whereabouts
    b_row: Whereabouts
    silent_s: float
    off_nmi: float
    rivals_count: int  # other pairs that fit one of these two
    lines: tuple[int, ...]  # two fixes of the old one, and two of the new one


def successions(
    new: Whereabouts, where: Whereabouts, now: int, limits: Limits
) -> Iterator[Succession]:
    """Yield who of the `new`, whose first hour ends with bin `now`, continues somebody.

    Each of both is taken once, the best fit first.
    """
    if not len(new):
        return
    before, after = where.between(now - 2 * HOUR, now - HOUR), where.between(now - HOUR + 1, now)
    still = after.take(np.isin(after.track, new.track))
    before = before.take(~np.isin(before.mmsi, after.mmsi) & ~np.isin(before.track, new.track))
    tracks, count = np.unique(before.track, return_counts=True)
    before = before.take(np.isin(before.track, tracks[count >= HEARD_BINS]))
    olds = before.take(_last(before))
    pairs = sorted(_fits(new, olds, limits))
    taken: set[tuple[str, int]] = set()
    for off_nmi, silent_s, i, j in pairs:
        a, b = ("old", int(olds.track[j])), ("new", int(new.track[i]))
        later = still.line[still.track == new.track[i]]
        if taken & {a, b} or not len(later):
            continue
        taken |= {a, b}
        rivals = sum((k == i) != (m == j) for _, _, k, m in pairs)
        earlier = before.line[before.track == olds.track[j]]
        lines = int(earlier[-2]), int(olds.line[j]), int(new.line[i]), int(later[-1])
        both = olds.take(np.array([j])), new.take(np.array([i]))
        yield Succession(*both, silent_s, off_nmi, rivals, lines)


def _last(where: Whereabouts) -> I64:
    order = np.lexsort((where.bin, where.track))
    track = where.track[order]
    last = np.append(track[1:] != track[:-1], np.ones(min(len(track), 1), np.bool_))
    rows: I64 = order[last]
    return rows


def _fits(
    new: Whereabouts, olds: Whereabouts, limits: Limits
) -> Iterator[tuple[float, float, int, int]]:
    """Yield (off_nmi, silent_s, row of the new, row of the old) of all pairs that fit."""
    for i in range(len(new)):
        silent_s = new.t[i] - olds.t
        near = (silent_s >= -OVERLAP_S) & (silent_s <= limits.max_silence_s)
        near &= np.abs(olds.lat - new.lat[i]) < 1.0
        near &= olds.mmsi != new.track[i] // HULLS_PER_MMSI
        rows = np.flatnonzero(near)
        if not len(rows):
            continue
        hours = np.maximum(silent_s[rows], 0) / 3600
        way_m = np.nan_to_num(olds.sog_kn[rows]) * hours * NMI_M
        lat, lon = destination(
            olds.lat[rows], olds.lon[rows], np.nan_to_num(olds.cog_deg[rows]), way_m
        )
        off_nmi = distance_m(lat, lon, new.lat[i], new.lon[i]) / NMI_M
        for row, off, h in zip(rows.tolist(), off_nmi.tolist(), hours.tolist(), strict=True):
            if off <= limits.max_off_nmi + limits.max_off_kn * h:
                yield round(off, 6), float(silent_s[row]), i, row
