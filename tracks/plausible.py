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

    `tolerance_h` lets a report be late or coarse: at no time apart, 25 kn x
    0.05 h = 1.25 nmi are allowed.  gpsdio-segment has 0.25 h; then two ships
    6 nmi apart under one MMSI become one that jumps.
    """

    max_speed_kn: float = 25.0  # gpsdio-segment
    tolerance_h: float = 0.05
    claimed_share: float = 1.25  # a hull that tells of 40 kn may have made 50
    max_claimed_kn: float = 60.0  # no more is believed
    reckoning_h: float = 4.0  # for how long a ship is expected to go on as it went
    fix_nmi: float = 0.02  # how far off a fix is by itself
    stray_share: float = 0.25  # and of the way made meanwhile
    drift_kn: float = 1.0  # which is never quite none
    untold_kn: float = 5.0
    speed_kn: float = 0.3  # how much speeds differ from one report to the next
    speed_kn_per_h: float = 20.0  # and with time,
    speed_most_kn: float = 5.0  # up to this much more
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

        The distance is at most hypot(hours, tolerance_h) times `max_speed_kn`,
        or times the speed that either report claims, with some margin.
        """
        hours = (b.t - a.t) / 3600
        claimed = np.maximum(a.sog_kn, b.sog_kn) * self.claimed_share
        speed = np.maximum(claimed, self.max_speed_kn)
        reach = speed * speed * (hours * hours + self.tolerance_h * self.tolerance_h)
        return np.asarray(_squared(a.x - b.x, a.y - b.y, a.z - b.z) <= reach)

    def misfit(self, a: Motion, b: Motion, doubt_nmi: F64) -> F64:
        """Return how badly `b` fits behind `a`, row by row: one over its likelihood, but for a factor.

        A hull is expected where the mean of both velocities brings her, in at
        most `reckoning_h`, and to go as fast as she went.  How far off she may
        be grows with the way she can have made (Student's t with one degree of
        freedom, since ships turn and stop as they like), and how much faster or
        slower with time.  `doubt_nmi` is added to what she is off.
        """
        hours = (b.t - a.t) / 3600
        off_nmi = self._off_nmi(a, b, np.minimum(hours, self.reckoning_h)) + doubt_nmi
        told = np.minimum(a.told, b.told)
        fastest = np.maximum(a.sog_kn, b.sog_kn)
        fastest = np.where(a.told + b.told > 0, fastest, self.untold_kn) + self.drift_kn
        width = self.fix_nmi + fastest * hours * self.stray_share
        square = width * width + off_nmi * off_nmi
        change_kn = self.speed_kn + np.minimum(hours * self.speed_kn_per_h, self.speed_most_kn)
        faster = np.where(told > 0, a.sog_kn - b.sog_kn, change_kn)
        speeds = (change_kn * change_kn + faster * faster) / change_kn
        return np.asarray(square * np.sqrt(square) / width * speeds)

    def _off_nmi(self, a: Motion, b: Motion, hours: F64) -> F64:
        """Return how far `b` is from where both velocities bring `a`.

        A speed or a course that one does not tell is taken from the other;
        without any course it is the distance made too much or too little.
        """
        first = np.where(a.told > 0, a.sog_kn, b.sog_kn)
        second = np.where(b.told > 0, b.sog_kn, a.sog_kn)
        half, other = first * hours / (2 * RADIUS_NMI), second * hours / (2 * RADIUS_NMI)
        steered, followed = np.isnan(a.ahead_x), np.isnan(b.ahead_x)
        x, y, z = (
            before
            + np.where(steered, then, ahead) * half
            + np.where(followed, ahead, then) * other
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
