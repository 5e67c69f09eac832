"""How two vessels came together and parted, and what each of them did meanwhile.

Two ships that meet come from apart and go apart again, and both were under way for
it.  Neighbours at anchor, a pair that tows one net and a net with its marker are
together before and after; at a ship that lies there another one calls.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anomalies.manner import Paths, at_rest, lines_of
from anomalies.marks import HOUR
from tracks.geodesy import NMI_M, distance_m

AROUND = 2 * HOUR  # marks before and behind a meeting that belong to its evidence


class Rendezvous(NamedTuple):
    """A meeting's measured values, and the raw-log lines they come from."""

    measured: dict[str, float]  # what is not known, as nobody heard it, is left out
    lines: tuple[int, ...]


def rendezvous(
    paths: Paths, tracks: tuple[int, int], first: int, last: int, after: int
) -> Rendezvous:
    """Measure the approach, the meeting and the parting of two tracks.

    `paths` hold what is known of both.  `first` and `last` are the marks of the meeting;
    `after` is how many behind it may be looked at.
    """
    marks = np.array([[first - AROUND, last + after]] * 2).T
    around = paths.rows(np.array(tracks), *marks)
    within = [paths.within(rows, first, last) for rows in around]
    both, inside = ([paths.points.take(rows) for rows in of] for of in (around, within))
    _, of_one, of_two = np.intersect1d(both[0].bin, both[1].bin, return_indices=True)
    one, two = both[0].take(of_one), both[1].take(of_two)
    apart_nmi = distance_m(one.lat, one.lon, two.lat, two.lon) / NMI_M
    before, behind = one.bin < first, one.bin > last
    heard_legs = np.count_nonzero(np.diff(one.bin[~before & ~behind]) == 1)
    measured = {
        "dark_h": (last - first - heard_legs) / HOUR,
        "slower_fastest_kn": min(float(paths.legs_kn(rows).max(initial=0.0)) for rows in around),
        "held_spread_nmi": min(paths.spread_nmi(rows) for rows in within),
        "at_rest_share": max(float(np.mean(at_rest(p))) for p in inside),
    }
    # Of the last minutes before alone nobody can say whether they came from apart.
    if (one.bin <= first - HOUR).any():
        measured["approach_nmi"] = float(apart_nmi[before].max())
    if (one.bin >= last + HOUR).any():
        measured["parting_nmi"] = float(apart_nmi[behind].max())
    return Rendezvous(measured, lines_of(both))
