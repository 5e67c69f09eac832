"""Ways a ship can have taken between two fixes, told by the speed and course at both.

The chord is the shortest.  A ship that went on at the mean of its speeds for all the time went
farther than that: on along its course at first, or straight back along the course
it came on at last, or both, and straight in between; or around, on either side.  How
far, follows from the time and the speed.  Of a ship too slow for the chord, or whose
speed is not known, the chord is the only way.

Distances are taken on a plane that touches the Earth at the first fix: 1 % off
at 100 nmi.  Neglected: turns in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracks.batch import F32, F64, I64, Columns, column
from tracks.geodesy import NMI_M, bearing_deg, destination, distance_m

_Plane = tuple[F64, F64, F64, F64]


@dataclass(frozen=True, slots=True)
class Ends(Columns):
    """Two fixes of a hull; nan where speed or course is not known."""

    t1: F64 = column(np.float64)
    lat1: F64 = column(np.float64)
    lon1: F64 = column(np.float64)
    sog1_kn: F32 = column(np.float32, np.nan)
    cog1_deg: F32 = column(np.float32, np.nan)
    t2: F64 = column(np.float64)
    lat2: F64 = column(np.float64)
    lon2: F64 = column(np.float64)
    sog2_kn: F32 = column(np.float32, np.nan)
    cog2_deg: F32 = column(np.float32, np.nan)


@dataclass(frozen=True, slots=True)
class Ways:
    """Three straight stretches, one behind the other, gone at one speed; in nmi east and north."""

    lat: F64  # of the first fix
    lon: F64
    corners: F64  # (4, N, 2), the first of which is 0

    def at(self, row: I64, share: F64) -> tuple[F64, F64]:
        """Return positions a share (0 to 1) of the way `row`."""
        corners = self.corners[:, row]
        legs = np.diff(corners, axis=0)
        long = np.hypot(legs[..., 0], legs[..., 1])
        left = share * long.sum(axis=0)
        away = np.zeros((len(row), 2))
        for leg, length in zip(legs, long, strict=True):
            gone = np.clip(left, 0, length)
            part = np.divide(gone, length, out=np.zeros(len(row)), where=length > 0)
            away += leg * part[:, None]
            left = left - gone
        course = np.degrees(np.arctan2(away[:, 0], away[:, 1]))
        far_m = np.hypot(away[:, 0], away[:, 1]) * NMI_M
        return destination(self.lat[row], self.lon[row], course, far_m)

    @classmethod
    def concat(cls, several: Sequence[Ways]) -> Ways:
        """Join ways, first to last."""
        return cls(
            np.concatenate([ways.lat for ways in several]),
            np.concatenate([ways.lon for ways in several]),
            np.concatenate([ways.corners for ways in several], axis=1),
        )


def chord(ends: Ends) -> Ways:
    """Return the straight ways."""
    zero = np.zeros(len(ends))
    return _ways(ends, _plane(ends), zero, zero)


def onward(ends: Ends) -> Ways:
    """Return the ways on along the first course, then straight to the second fix."""
    plane = far, ahead, _, long = _plane(ends)
    return _ways(ends, plane, _bend(far, ahead, long), np.zeros(len(ends)))


def back(ends: Ends) -> Ways:
    """Return the ways straight to where the second course came from, and along it."""
    plane = far, _, behind, long = _plane(ends)
    return _ways(ends, plane, np.zeros(len(ends)), _bend(-far, -behind, long))


def onward_and_back(ends: Ends) -> Ways:
    """Return the ways as far on along the first course as back along the second."""
    plane = far, ahead, behind, long = _plane(ends)
    both = ahead + behind
    c = long**2 - (far**2).sum(-1)
    b = 4 * long - 2 * (far * both).sum(-1)
    a = 4 - (both**2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = 2 * c / (b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0)))
    x = np.where((c > 0) & np.isfinite(x), x, 0.0)
    return _ways(ends, plane, x, x)


def around(ends: Ends, side: int) -> Ways:
    """Return the ways straight to a point to the right (1) or left (-1) of the chord, and on."""
    far, _, _, long = _plane(ends)
    half = far / 2
    aside = np.sqrt(np.maximum((long / 2) ** 2 - (half**2).sum(-1), 0))
    across = _unit(bearing_deg(ends.lat1, ends.lon1, ends.lat2, ends.lon2) + 90.0 * side)
    corner = half + across * aside[:, None]
    return Ways(ends.lat1, ends.lon1, np.stack([np.zeros_like(far), corner, corner, far]))


def _plane(ends: Ends) -> _Plane:
    """Return the vector to the second fix, both courses, and how far the ship went, in nmi."""
    far_nmi = distance_m(ends.lat1, ends.lon1, ends.lat2, ends.lon2) / NMI_M
    course = bearing_deg(ends.lat1, ends.lon1, ends.lat2, ends.lon2)
    least_kn, most_kn = np.fmin(ends.sog1_kn, ends.sog2_kn), np.fmax(ends.sog1_kn, ends.sog2_kn)
    speed_kn = (least_kn.astype(np.float64) + most_kn) / 2  # one alone where the other is unknown
    long = np.nan_to_num(speed_kn) * (ends.t2 - ends.t1) / 3600
    far = _unit(course) * far_nmi[:, None]
    return far, _unit(ends.cog1_deg), _unit(ends.cog2_deg), long


def _unit(course_deg: F64 | F32) -> F64:
    """Return vectors east and north of length 1; of length 0 where the course is not known."""
    angle = np.radians(course_deg.astype(np.float64))
    vectors: F64 = np.nan_to_num(np.stack([np.sin(angle), np.cos(angle)], axis=-1))
    return vectors


def _bend(far: F64, ahead: F64, long: F64) -> F64:
    """Return how far ahead to go to arrive at `far` after `long` in all."""
    room = long**2 - (far**2).sum(-1)
    twice = 2 * (long - (far * ahead).sum(-1))
    known = (room > 0) & (twice > 0) & ahead.any(-1)
    return np.asarray(np.divide(room, twice, out=np.zeros(len(long)), where=known))


def _ways(ends: Ends, plane: _Plane, first: F64, last: F64) -> Ways:
    far, ahead, behind, _ = plane
    a, b = ahead * first[:, None], far - behind * last[:, None]
    return Ways(ends.lat1, ends.lon1, np.stack([np.zeros_like(far), a, b, far]))
