"""Who else stayed near a vessel while it stayed: fleets rest together, and ships wait together.

Two vessels keep each other company at a full hour at which, for both, a slow hour at
sea ends, no further apart than a limit.  A companion of a stay is one that does so for
at least half of its hours.  What is looked at ends with the stay itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anomalies.marks import HOUR
from anomalies.pairing import near_pairs
from anomalies.runs import Runs
from anomalies.spells import Spells, hours
from tracks.batch import I64, Mask, Points
from tracks.geodesy import NMI_M
from tracks.keyed import rows_of

MOST = 3  # companions that are named: one is company, and three are a fleet


class Companion(NamedTuple):
    """Another vessel that stayed near, from one mark to another."""

    track: int
    first: int
    last: int


def keeping_company(slow_ends: Points, radius_nmi: float) -> Runs:
    """Return who is near whom at full hours; `slow_ends` are points at which slow hours end."""
    return near_pairs(slow_ends.take(slow_ends.bin % HOUR == 0), radius_nmi * NMI_M)


def still_asked_for(pairs: Runs, live: Spells) -> Runs:
    """Return the pairs that a stay which may go on could name."""
    if not len(pairs):
        return pairs
    return pairs.take(_since(pairs.a, pairs.first, live) | _since(pairs.b, pairs.first, live))


def _since(track: I64, bins: I64, live: Spells) -> Mask:
    """Return which of these marks lie in a stay of their track that may go on."""
    rows, known = rows_of(live.track, track)
    since = np.zeros(len(track), np.bool_)
    since[known] = bins[known] >= live.first[rows[known]]
    return since


def companions(pairs: Runs, own: Points, max_way_m: float) -> list[Companion]:
    """Return up to `MOST` companions of a stay with its `own` points, the most faithful first."""
    track, first, last = own.track[0], own.bin[0], own.bin[-1]
    rows = np.flatnonzero((pairs.a == track) | (pairs.b == track))
    rows = rows[(pairs.first[rows] >= first) & (pairs.first[rows] <= last)]
    if not len(rows):
        return []
    mine = pairs.take(rows)
    ends = hours(own)
    whole_hours = own.bin[ends.rows[ends.way_m < max_way_m]] % HOUR == 0
    others = np.where(mine.a == track, mine.b, mine.a)
    other, of, count = np.unique(others, return_inverse=True, return_counts=True)
    faithful = np.flatnonzero(2 * count >= np.count_nonzero(whole_hours))
    order = faithful[np.argsort(-count[faithful], kind="stable")][:MOST]
    return [
        Companion(int(other[i]), int(mine.first[of == i].min()), int(mine.first[of == i].max()))
        for i in order
    ]
