"""Ten-minute bins with a ship in them, and whether it was heard: what coverage is learned from.

Between two consecutive fixes of a hull the ship was somewhere on the way, so
each bin in between is one in which it could have been heard and was not; the
bin of the second fix is one in which it was.  Nothing is known of the time
before a ship's first fix and behind its last.  Silences longer than
`LONGEST_S` are left out: they may be silences of the ship.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import BIN_S, CLASS_B, F32, F64, I64, U8, Columns, Mask, column
from tracks.ways import Ends, onward_and_back

LONGEST_S = 24 * 3600.0
REST_KN = 0.5  # below it class A reports every 3 minutes: ITU-R M.1371-5, table 1
AT_REST = (1, 5)  # navigational status "at anchor", "moored": ITU-R M.1371-5, table 47


@dataclass(frozen=True, slots=True)
class Legs(Ends):
    """Two consecutive fixes of a hull that lie in different ten-minute bins."""

    track: I64 = column(np.int64)
    kind: U8 = column(np.uint8)  # of the ship at the first fix, see `kinds`
    interval: U8 = column(np.uint8)  # of its reports up to the first fix, see `recency`


@dataclass(frozen=True, slots=True)
class Trials(Columns):
    """One ship in one ten-minute bin."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    t: F64 = column(np.float64)  # when it became known: that of the leg's second fix
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    kind: U8 = column(np.uint8)
    interval: U8 = column(np.uint8)
    unheard_count: U8 = column(np.uint8)  # bins just before, in which it was not heard
    heard: Mask = column(np.bool_)
    weight: F64 = column(np.float64, 1.0)


def kinds(ship_class: U8, nav_status: U8, sog_kn: F32) -> U8:
    """Return a number for what decides how often a ship reports and how far it is heard.

    1 is added for class B, 2 for a ship at rest: at anchor, moored or under half a knot.
    """
    anchored, moored = (nav_status == status for status in AT_REST)
    at_rest = anchored | moored | (sog_kn < REST_KN)
    return np.asarray((ship_class == CLASS_B) + np.uint8(2) * at_rest, np.uint8)


def trials(legs: Legs, weight: F64) -> Trials:
    """Return the bins behind the first fix of each leg, up to that of the second.

    `weight` is that of each leg's unheard bins; a bin in which a ship was heard has 1.
    """
    short = legs.t2 - legs.t1 <= LONGEST_S
    legs, weight = legs.take(short), weight[short]
    first = (legs.t1 // BIN_S).astype(np.int64) + 1
    last = (legs.t2 // BIN_S).astype(np.int64)
    count = last - first + 1
    leg = np.repeat(np.arange(len(legs)), count)
    unheard = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
    bins = first[leg] + unheard
    heard = bins == last[leg]
    lat, lon = legs.lat2[leg], legs.lon2[leg]
    rows = np.flatnonzero(~heard)
    if len(rows):
        on = leg[rows]
        share = ((bins[rows] + 0.5) * BIN_S - legs.t1[on]) / (legs.t2[on] - legs.t1[on])
        some, on = np.unique(on, return_inverse=True)
        lat[rows], lon[rows] = onward_and_back(legs.take(some)).at(on, share)
    return Trials(
        legs.track[leg], bins, legs.t2[leg], lat, lon, legs.kind[leg], legs.interval[leg],
        unheard.astype(np.uint8), heard, np.where(heard, 1.0, weight[leg]),
    )  # fmt: skip
