"""Ten-minute marks of hulls in order, and how hulls went at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Mask, Points, column, starts
from tracks.geodesy import NMI_M, bearing_deg, destination, distance_m
from tracks.places import Places

HOUR_MARKS = 3600 // BIN_S
DAY_MARKS = 24 * HOUR_MARKS
COURSE_MARKS = 3  # ours: two marks at most half an hour apart tell a course
SLOW_KN = 1.0  # ours: a slower ship goes nowhere
CLOSING = 0.5  # ours: within 60 degrees, since channels bend
AHEAD_NMI = (0.0, 1.0, 2.0, 3.0, 4.0)  # ours: land so near ahead leaves no other way than in


@dataclass(frozen=True, slots=True)
class Marks(Columns):
    """Where hulls were at marks; ordered by (track, bin)."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line_before: I64 = column(np.int64)
    line_after: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class Way:
    """Marks to be judged, behind the two judged last of each hull; all arrays of shape (N,)."""

    marks: Marks
    fresh: Mask  # to be judged
    first: Mask  # of its hull, in here
    gap: I64  # marks since the one before; very many for the first
    way_m: F64  # from there; 0 for the first

    @classmethod
    def of(cls, before: Marks, last: Marks, new: Marks) -> Way:
        """Put marks in order; the hulls of `before` and `last` are among those of `new`."""
        marks = Marks.concat([before, last, new])
        order = np.lexsort((marks.bin, marks.track))
        marks = marks.take(order)
        first = np.zeros(len(marks), np.bool_)
        first[starts(marks.track)] = True
        gap = np.maximum(np.diff(marks.bin, prepend=0), 1)
        gap[first] = np.iinfo(np.int64).max // 2
        way_m = np.zeros(len(marks))
        way_m[1:] = distance_m(marks.lat[:-1], marks.lon[:-1], marks.lat[1:], marks.lon[1:])
        way_m[first] = 0
        return cls(marks, order >= len(before) + len(last), first, gap, way_m)

    def without_last(self, rows: Mask) -> Way:
        """Leave out some that are the last of their hull."""
        left = ~rows
        return Way(
            self.marks.take(left),
            self.fresh[left],
            self.first[left],
            self.gap[left],
            self.way_m[left],
        )

    @property
    def newest(self) -> Mask:
        """Which are the last of their hull."""
        return np.append(self.first[1:], True)

    @property
    def holes(self) -> Mask:
        """Which have so long a silence before them that a ship may have stopped in it."""
        return ~self.first & (self.gap >= HOUR_MARKS)

    @property
    def before_hole(self) -> Mask:
        """Which have one behind them."""
        return np.append(self.holes[1:], False)

    @property
    def judged_last(self) -> Mask:
        """Which was the last of its hull that has been judged before."""
        return np.asarray(~self.fresh & np.append(self.fresh[1:] | self.first[1:], True))

    def before(self, what: Mask) -> Mask:
        """Return for each mark what holds of the one before; False for the first."""
        return np.asarray(np.append(False, what[:-1]) & ~self.first)

    def away_m(self, rows: I64, lat: F64, lon: F64) -> F64:
        """Return how far marks are from positions."""
        return np.asarray(distance_m(self.marks.lat[rows], self.marks.lon[rows], lat, lon))


class Leg(NamedTuple):
    """How hulls went where they were heard last, or, looking back, next; arrays of shape (K,)."""

    lat: F64
    lon: F64
    course_deg: F64
    speed_kn: F64  # nan if no other mark is near

    @classmethod
    def of(cls, way: Way, row: I64, other: I64) -> Leg:
        """Go on from the marks `other`, the neighbours of `row`, over `row`."""
        m = way.marks
        other = np.where(np.where(other > row, way.newest[row], way.first[row]), row, other)
        lat, lon, lat2, lon2 = m.lat[row], m.lon[row], m.lat[other], m.lon[other]
        gap = np.abs(m.bin[row] - m.bin[other])
        near = (gap > 0) & (gap <= COURSE_MARKS)
        hours = np.where(near, gap, np.nan) / HOUR_MARKS
        course_deg = bearing_deg(lat, lon, lat2, lon2) + 180
        return cls(lat, lon, course_deg, distance_m(lat, lon, lat2, lon2) / NMI_M / hours)

    def away_m(self, lat: F64, lon: F64) -> F64:
        """Return how far positions are."""
        return distance_m(self.lat, self.lon, lat, lon)

    def heads_for(self, lat: F64, lon: F64) -> Mask:
        """Return which headed for positions."""
        off = np.radians(bearing_deg(self.lat, self.lon, lat, lon) - self.course_deg)
        return np.asarray((np.cos(off) >= CLOSING) & (self.speed_kn >= SLOW_KN))

    def inbound(self, places: Places) -> Mask:
        """Return which headed for the nearest place, or for land."""
        place = places.at(places.nearest(self.lat, self.lon)[1])
        return self.heads_for(*place) | self.ashore(places)

    def ashore(self, places: Places) -> Mask:
        """Return ahead of which there is land."""
        ahead = np.array(AHEAD_NMI)[:, None] * NMI_M
        lat, lon = destination(self.lat, self.lon, self.course_deg, ahead)
        land = (places.shore_nmi(lat, lon) == 0).any(axis=0)
        return np.asarray(land & (self.speed_kn >= SLOW_KN))


def marks_of(points: Points) -> Marks:
    """Return points as marks."""
    return Marks(*(getattr(points, name) for name in Marks.described()))
