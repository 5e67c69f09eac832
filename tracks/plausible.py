"""Whether one hull can have made two reports, and how well they fit together.

Distances are chords, straight through the Earth, in nautical miles: 0.1 % less
than the great circle at 530 nmi, 1 % at 1,700.  A chord needs no function that
differs between numpy and Python in its last bit, so the fast pass
(`tracks.segment`) and the slow one (`tracks.matcher`) judge alike to that bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import F32, F64, Columns, Mask, column
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, unit_xyz

RADIUS_NMI = EARTH_RADIUS_M / NMI_M

# How far ships are from where they are expected, half of them: measured on the real
# recordings of one ship each, over times from half a minute to four hours.
FIX_NMI = 0.02  # at once
STRAY_SHARE = 0.25  # and of the way that they can have made meanwhile,
DRIFT_KN = 1.0  # which is never quite none
UNTOLD_KN = 5.0  # in place of a speed that nobody told
CHANGE_KN = 0.3  # how much their speeds differ at once,
CHANGE_KN_PER_H = 20.0  # and with time,
MOST_CHANGE_KN = 5.0  # up to so much more


@dataclass(frozen=True, slots=True)
class Motion(Columns):
    """Where reports were and where they were going, as vectors in units of the Earth's radius."""

    t: F64 = column(np.float64)
    x: F64 = column(np.float64)
    y: F64 = column(np.float64)
    z: F64 = column(np.float64)
    ahead_x: F64 = column(np.float64, np.nan)  # along the course, length 1; nan without a course
    ahead_y: F64 = column(np.float64, np.nan)
    ahead_z: F64 = column(np.float64, np.nan)
    sog_kn: F64 = column(np.float64)  # 0 where none was told
    told: F64 = column(np.float64)  # 1 where a speed was told, otherwise 0


@dataclass(frozen=True, slots=True)
class Rule:
    """When two reports can be one hull's, and when a hull is established.

    `tolerance_h` lets a report be late, `tolerance_nmi` coarse: at no time apart,
    25 kn x 0.05 h = 1.25 nmi are allowed, and less to a hull that tells of less.
    gpsdio-segment has 0.25 h; then two ships 6 nmi apart under one MMSI become one
    that jumps.
    """

    max_speed_kn: float = 25.0  # gpsdio-segment
    tolerance_h: float = 0.05
    tolerance_nmi: float = 0.8
    claimed_share: float = 1.25  # a hull that tells of 40 kn may have made 50
    max_claimed_kn: float = 60.0  # no more is believed
    reckoning_h: float = 1.0  # for how long a ship is expected to go on as it went
    established_count: int = 3  # a hull with fewer fixes, or
    established_s: float = 600.0  # heard for a shorter time, is in doubt
    doubt_nmi: float = 0.5  # by so much must a doubtful hull fit better than another
    memory_h: float = 24.0  # a doubtful hull silent for longer is not looked for any more
    max_doubtful_count: int = 20  # that many at once under one MMSI, and no more are begun

    def motion(self, t: F64, lat: F64, lon: F64, sog_kn: F32, cog_deg: F32) -> Motion:
        """Return reports, shape (N,), as vectors; nan speeds and courses are allowed."""
        x, y, z = unit_xyz(lat, lon).T
        course, lam = np.radians(cog_deg.astype(np.float64)), np.radians(lon)
        north, east = np.cos(course), np.sin(course)
        level = np.sqrt(1 - np.minimum(z * z, 1))
        told = ~np.isnan(sog_kn)
        speed = np.minimum(np.where(told, sog_kn, 0).astype(np.float64), self.max_claimed_kn)
        return Motion(
            t=t,
            x=x,
            y=y,
            z=z,
            ahead_x=-z * np.cos(lam) * north - np.sin(lam) * east,
            ahead_y=-z * np.sin(lam) * north + np.cos(lam) * east,
            ahead_z=level * north,
            sog_kn=speed,
            told=told.astype(np.float64),
        )

    def reaches(self, a: Motion, b: Motion) -> Mask:
        """Say whether a hull at `a` can have come to `b`, row by row.

        The distance is at most the time between them, by hypot with what is
        tolerated, at `max_speed_kn`, or at the speed that either report claims,
        with some margin.  A hull that tells no high speed cannot be far off by
        being late.
        """
        hours = (b.t - a.t) / 3600
        claimed = np.maximum(a.sog_kn, b.sog_kn) * self.claimed_share
        speed = np.maximum(claimed, self.max_speed_kn)
        late = np.where(np.minimum(a.told, b.told) > 0, claimed, speed) * self.tolerance_h
        tolerated = np.maximum(late, self.tolerance_nmi)
        reach = speed * hours * (speed * hours) + tolerated * tolerated
        return np.asarray(_squared(a.x - b.x, a.y - b.y, a.z - b.z) <= reach)

    def misfit(self, a: Motion, b: Motion, doubt_nmi: F64) -> F64:
        """Return how badly `b` fits as the next report of a hull at `a`, row by row.

        It is one over the likelihood, but for a factor: of being so far from
        where both velocities bring the hull in at most `reckoning_h`, and of so
        much another speed.  Both have wide tails (Cauchy's), since ships turn
        and stop as they like, and both widen with time.  `doubt_nmi` is added
        to what the hull is off.
        """
        hours = (b.t - a.t) / 3600
        off_nmi = self._off_nmi(a, b, np.minimum(hours, self.reckoning_h)) + doubt_nmi
        fastest = np.where(a.told + b.told > 0, np.maximum(a.sog_kn, b.sog_kn), UNTOLD_KN)
        width = FIX_NMI + (fastest + DRIFT_KN) * hours * STRAY_SHARE
        square = width * width + off_nmi * off_nmi
        change = CHANGE_KN + np.minimum(hours * CHANGE_KN_PER_H, MOST_CHANGE_KN)
        changed = np.where(np.minimum(a.told, b.told) > 0, a.sog_kn - b.sog_kn, change)
        speeds = (change * change + changed * changed) / change
        return np.asarray(square * np.sqrt(square) / width * speeds)

    @staticmethod
    def _off_nmi(a: Motion, b: Motion, hours: F64) -> F64:
        """Return how far `b` is from where both velocities bring `a`.

        A speed or a course that one does not tell is taken from the other;
        without any course it is the distance made too much or too little.
        """
        first = np.where(a.told > 0, a.sog_kn, b.sog_kn)
        second = np.where(b.told > 0, b.sog_kn, a.sog_kn)
        half, other = first * hours / (2 * RADIUS_NMI), second * hours / (2 * RADIUS_NMI)
        steered, followed = np.isnan(a.ahead_x), np.isnan(b.ahead_x)
        x, y, z = (
            before + np.where(steered, then, ahead) * half + np.where(followed, ahead, then) * other
            for before, ahead, then in (
                (a.x, a.ahead_x, b.ahead_x),
                (a.y, a.ahead_y, b.ahead_y),
                (a.z, a.ahead_z, b.ahead_z),
            )
        )
        length = np.sqrt(x * x + y * y + z * z)
        reckoned = np.sqrt(_squared(x / length - b.x, y / length - b.y, z / length - b.z))
        plain = np.sqrt(_squared(a.x - b.x, a.y - b.y, a.z - b.z))
        travel = (half + other) * RADIUS_NMI
        return np.where(np.isnan(reckoned), np.abs(plain - travel), reckoned)


def _squared(dx: F64, dy: F64, dz: F64) -> F64:
    """Return squared lengths in square nautical miles."""
    return (dx * dx + dy * dy + dz * dz) * (RADIUS_NMI * RADIUS_NMI)
