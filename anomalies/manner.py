"""How a vessel moves and what it says of itself, from its points at ten-minute marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anomalies.marks import HOUR, keys_of
from anomalies.spells import Hours, hours_of
from tracks.batch import F64, I64, U64, Mask, Points
from tracks.geodesy import NMI_M, distance_m, from_xyz, unit_xyz

# Navigational status, ITU-R M.1371-5, table 47.  A crew may forget to change it.
FISHING = 7
AT_REST = (1, 5, 6)  # at anchor, moored, aground

_AT_REST = np.isin(np.arange(256), AT_REST)  # by status

LEAST_WAY_M = 100.0  # a shorter way is the noise of a satellite receiver


@dataclass(frozen=True, slots=True)
class Paths:
    """Points of several tracks, and of each what many events that share points ask for."""

    points: Points  # ordered by `keys`
    keys: U64
    leg_m: F64  # to the next point, whatever time lies between; of a track's last one nothing
    heard: Mask  # whether the next point is that of the next mark
    hours: Hours  # that were heard in full
    xyz: F64  # see `tracks.geodesy.unit_xyz`

    @classmethod
    def of(cls, points: Points) -> Paths:
        """Look at points in order of (track, bin)."""
        leg_m = legs_m(points)
        return cls(
            points,
            keys_of(points.track, points.bin),
            leg_m,
            np.diff(points.bin) == 1,
            hours_of(points, leg_m),
            unit_xyz(points.lat, points.lon),
        )

    def rows(self, track: I64, first: I64, last: I64) -> list[slice]:
        """Return the rows of each of these tracks from one mark to another, both given for each."""
        begin = np.searchsorted(self.keys, keys_of(track, first)).tolist()
        end = np.searchsorted(self.keys, keys_of(track, last + 1)).tolist()
        return list(map(slice, begin, end))

    def rows_of(self, track: int, first: int, last: int) -> slice:
        """Return the rows of one track from one mark to another."""
        (rows,) = self.rows(np.array([track]), np.array([first]), np.array([last]))
        return rows

    def within(self, rows: slice, first: int, last: int) -> slice:
        """Return those of the rows of one track that lie from one mark to another."""
        begin, end = np.searchsorted(self.points.bin[rows], [first, last + 1]).tolist()
        return slice(rows.start + begin, rows.start + end)

    def legs_kn(self, rows: slice) -> F64:
        """Return the mean speed over each ten-minute leg of a track that was heard."""
        legs = _legs(rows)
        speed_kn: F64 = self.leg_m[legs][self.heard[legs]] * (HOUR / NMI_M)
        return speed_kn

    def way_m(self, rows: slice) -> float:
        """Return how far a track went, silences straight."""
        return float(self.leg_m[_legs(rows)].sum())

    def displaced_m(self, rows: slice) -> float:
        """Return how far its last point lies from the first."""
        lat, lon = self.points.lat[rows], self.points.lon[rows]
        return float(distance_m(lat[0], lon[0], lat[-1], lon[-1]))

    def max_hour_m(self, rows: slice) -> float:
        """Return the longest way in an hour that was heard in full; there is one."""
        ends = np.searchsorted(self.hours.rows, [rows.start + HOUR, rows.stop])
        return float(self.hours.way_m[slice(*ends)].max())

    def middle(self, rows: slice) -> tuple[float, float]:
        """Return the mean position, taken in space."""
        lat, lon = from_xyz(self.xyz[rows].mean(axis=0))
        return float(lat), float(lon)

    def spread_nmi(self, rows: slice) -> float:
        """Return the greatest distance from the mean position."""
        lat, lon = self.middle(rows)
        away_m = distance_m(self.points.lat[rows], self.points.lon[rows], lat, lon)
        return float(away_m.max()) / NMI_M


def _legs(rows: slice) -> slice:
    return slice(rows.start, max(rows.stop - 1, rows.start))


def lines_of(several: Sequence[Points]) -> tuple[int, ...]:
    """Return the raw-log lines of all these points, sorted."""
    lines = [line for points in several for line in (points.line_before, points.line_after)]
    return tuple(sorted({*np.concatenate(lines).tolist()}))


def legs_m(points: Points) -> F64:
    """Return the ways between consecutive points, whatever time lies between."""
    return distance_m(points.lat[:-1], points.lon[:-1], points.lat[1:], points.lon[1:])


def at_rest(points: Points) -> Mask:
    """Return where the vessel said it was at anchor, moored or aground."""
    return np.asarray(_AT_REST[points.nav_status])


def manner(paths: Paths, own: slice, around: slice) -> dict[str, float]:
    """Return how a vessel came, stayed and left; what is not known is left out.

    `own` are the rows of its points while it stayed, `around` those and the ones of the
    hour on either side.  A ship slows down before it stops and an hour is a mean, so the first
    and the last hour of a stay say nothing of its own speed.
    """
    points = paths.points.take(own)
    inner = paths.within(own, points.bin[0] + HOUR, points.bin[-1] - HOUR)
    inner = inner if inner.start < inner.stop else own
    stay = {
        "before_fastest_kn": paths.legs_kn(slice(around.start, own.start + 1)),
        "fastest_kn": paths.legs_kn(inner),
        "after_fastest_kn": paths.legs_kn(slice(own.stop - 1, around.stop)),
    }
    straight_share = paths.displaced_m(inner) / max(paths.way_m(inner), LEAST_WAY_M)
    return {name: float(speed_kn.max()) for name, speed_kn in stay.items() if len(speed_kn)} | {
        "held_spread_nmi": paths.spread_nmi(inner),
        "drift_share": straight_share,
        "at_rest_share": float(np.mean(at_rest(points))),
        "fishing_share": float(np.mean(points.nav_status == FISHING)),
    }
