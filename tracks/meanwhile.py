"""Two hulls beside each other in time: whether one ship can have been where both were."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracks.batch import BIN_S, F64, I64
from tracks.geodesy import NMI_M, distance_m
from tracks.way import Way

MAX_SPEED_KN = 30.0  # as merchant and fishing vessels go, with the current
# A fix alone counts for the nearest mark, five minutes off; a line drawn between two is no way.
BLURRED_H, BLURRED_NMI = BIN_S / 3600, 1.0


class Meanwhile(NamedTuple):
    """What the ways of two hulls say of each other."""

    together_count: int  # marks at which both were heard, within some 5 nmi
    apart: I64  # the marks at which both were heard, farther apart than that
    apart_nmi: F64
    impossible_h: F64  # each change from one to the other that no ship makes: how long
    impossible_nmi: F64  # and how far

    @property
    def consistent(self) -> bool:
        """Whether one ship can have been wherever the two were heard."""
        return not len(self.impossible_nmi)


def compare(a: Way, b: Way) -> Meanwhile:
    """Compare where two hulls were heard, each sorted by time.

    A mark at which both were heard far apart counts as impossible, too.  Neglected: ships
    of more than 30 kn, which so may count as two.
    """
    bins = np.concatenate([a.bin, b.bin])
    of_b = np.arange(len(bins)) >= len(a.bin)
    lat, lon = np.concatenate([a.lat, b.lat]), np.concatenate([a.lon, b.lon])
    order = np.lexsort((of_b, bins))
    changes = np.flatnonzero(of_b[order][1:] != of_b[order][:-1])
    before, after = order[changes], order[changes + 1]
    hours = (bins[after] - bins[before]) * (BIN_S / 3600)
    nmi = distance_m(lat[before], lon[before], lat[after], lon[after]) / NMI_M
    impossible = nmi > np.hypot(BLURRED_NMI, MAX_SPEED_KN * (hours + BLURRED_H))
    at_once = hours == 0
    apart = at_once & impossible
    return Meanwhile(
        int(np.count_nonzero(at_once & ~impossible)),
        bins[before][apart],
        nmi[apart],
        hours[impossible],
        nmi[impossible],
    )
