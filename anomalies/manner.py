"""How a vessel moves and what it says of itself, from its points at ten-minute marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anomalies.marks import HOUR, keys_of
from anomalies.place_facts import middle
from tracks.batch import F64, U64, Mask, Points
from tracks.geodesy import NMI_M, distance_m

# Navigational status, ITU-R M.1371-5, table 47.  A crew may forget to change it.
FISHING = 7
AT_REST = (1, 5, 6)  # at anchor, moored, aground

_AT_REST = np.isin(np.arange(256), AT_REST)  # by status

LEAST_WAY_M = 100.0  # a shorter way is the noise of a satellite receiver


def rows_between(points: Points, keys: U64, track: int, first: int, last: int) -> Points:
    """Return the points of a track from one mark to another; `points` are ordered by `keys`."""
    ends = keys_of(np.array([track, track]), np.array([first, last + 1]))
    begin, end = np.searchsorted(keys, ends)
    return points.take(slice(begin, end))


def lines_of(several: Sequence[Points]) -> tuple[int, ...]:
    """Return the raw-log lines of all these points, sorted."""
    lines = [line for points in several for line in (points.line_before, points.line_after)]
    return tuple(sorted({*np.concatenate(lines).tolist()}))


def legs_m(points: Points) -> F64:
    """Return the ways between consecutive points of one track, whatever time lies between."""
    return distance_m(points.lat[:-1], points.lon[:-1], points.lat[1:], points.lon[1:])


def legs_kn(points: Points) -> F64:
    """Return the mean speed over each ten-minute leg that was heard."""
    speed_kn: F64 = legs_m(points)[np.diff(points.bin) == 1] * (HOUR / NMI_M)
    return speed_kn


def spread_nmi(points: Points) -> float:
    """Return the greatest distance from the mean position."""
    lat, lon = middle(points.lat, points.lon)
    return float(distance_m(points.lat, points.lon, lat, lon).max()) / NMI_M


def _straight_share(points: Points) -> float:
    """Return how much of its way a vessel came on: 1 is a straight line, 0 lying still."""
    ends = points.take(np.array([0, -1]))
    return float(legs_m(ends)[0]) / max(float(legs_m(points).sum()), LEAST_WAY_M)


def at_rest(points: Points) -> Mask:
    """Return where the vessel said it was at anchor, moored or aground."""
    return np.asarray(_AT_REST[points.nav_status])


def manner(own: Points, around: Points) -> dict[str, float]:
    """Return how a vessel came, stayed and left; what is not known is left out.

    `own` are its points while it stayed, `around` those and the ones of the hour on
    either side.  A ship slows down before it stops and an hour is a mean, so the first
    and the last hour of a stay say nothing of its own speed.
    """
    first, last = own.bin[0], own.bin[-1]
    begin, end = np.searchsorted(own.bin, [first + HOUR, last - HOUR + 1]).tolist()
    inner = own.take(slice(begin, end)) if begin < end else own
    came, left = np.searchsorted(around.bin, [first, last]).tolist()
    stay = {
        "before_fastest_kn": legs_kn(around.take(slice(came + 1))),
        "fastest_kn": legs_kn(inner),
        "after_fastest_kn": legs_kn(around.take(slice(left, None))),
    }
    return {name: float(speed_kn.max()) for name, speed_kn in stay.items() if len(speed_kn)} | {
        "held_spread_nmi": spread_nmi(inner),
        "drift_share": _straight_share(inner),
        "at_rest_share": float(np.mean(at_rest(own))),
        "fishing_share": float(np.mean(own.nav_status == FISHING)),
    }
