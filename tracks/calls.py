"""What ten-minute marks say of calls at ports: at rest or not, there or not, gone in silence.

Everything here is about one mark and its neighbours; `tracks.visits` sums visits up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Mask, Points, column, starts
from tracks.geodesy import NMI_M, bearing_deg, distance_m
from tracks.keyed import latched, rows_of
from tracks.places import Places
from tracks.stays import REACH_M

if TYPE_CHECKING:
    from tracks.visits import Visiting

HOUR_MARKS = 3600 // BIN_S
DAY_MARKS = 24 * HOUR_MARKS
COURSE_MARKS = 3  # ours: two marks at most half an hour apart tell a course
LEAST_KN = 1.0  # ours: a slower ship goes nowhere
NO = -1  # no row


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
class Lain(Columns):
    """Where hulls last lay near a place or at the shore, if not silent since; by track."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)  # the last mark of it
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    line: I64 = column(np.int64)


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
    def judged_last(self) -> Mask:
        """Which was the last of its hull that has been judged before."""
        return np.asarray(~self.fresh & np.append(self.fresh[1:] | self.first[1:], True))

    def before(self, what: Mask) -> Mask:
        """Return for each mark what holds of the one before; False for the first."""
        return np.asarray(np.append(False, what[:-1]) & ~self.first)

    def away_m(self, rows: I64, lat: F64, lon: F64) -> F64:
        """Return how far marks are from positions."""
        return np.asarray(distance_m(self.marks.lat[rows], self.marks.lon[rows], lat, lon))


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds of each mark of a way; arrays of shape (N,)."""

    rest: Mask  # it rests on the way there
    core: Mask  # within the outer limit of a place, not counting that it may be the town
    leaving: Mask  # heading away from where it lay, without having been silent since
    lain: I64  # the row that says where it last lay, into `lay`; NO: it is not known
    lay: Lain  # for each row, if some row points to it
    silent: Mask  # a long silence before it
    breaks: Mask  # what was, was over before it
    inside: Mask


def facts(
    rules: Visiting, way: Way, resting: I64, lain: Lain, visiting: I64, places: Places
) -> Facts:
    """Judge each mark.

    `resting` and `visiting` are the sorted tracks of hulls that were at rest, and at a place,
    at the mark judged last; `lain` says where hulls last lay.
    """
    marks, last = way.marks, way.judged_last
    silent = (way.gap >= rules.silent_marks) & ~way.first
    lost = way.gap > rules.memory_marks
    near, enter, core = _near(rules, marks, places)
    before_silence = np.append(silent[1:], False)
    berth = near | _at_shore(rules, marks, places, before_silence & ~near)
    rest = _at_rest(rules, way, resting, (silent & ~way.before(berth)) | lost)
    berth |= _at_shore(rules, marks, places, rest & ~near)
    lies = rest & berth & way.fresh
    row, lay = _lain(way, lies, lain, silent)
    away_m, closer_m = (np.full(len(marks), np.inf) for _ in range(2))
    known = np.flatnonzero(row != NO)
    at = (lay.lat[row[known]], lay.lon[row[known]])
    away_m[known] = way.away_m(known, *at)
    closer_m[known] = way.away_m(np.maximum(known - 1, 0), *at)
    leaving = ~rest & (row != NO) & ~way.first & (away_m > closer_m)
    breaks = silent & (
        (way.before(leaving) & (way.way_m > REACH_M)) | (way.way_m > rules.port_m) | lost
    )
    here = enter | lies
    gone = ~near & ~(away_m <= rules.leave_nmi * NMI_M)
    told = here.astype(np.int8) - (~here & (gone | breaks | way.first))
    told[~way.fresh] = -1
    told[last & rows_of(visiting, marks.track)[1]] = 1
    return Facts(rest, core, leaving, row, lay, silent, breaks, latched(told))


def _near(rules: Visiting, marks: Marks, places: Places) -> tuple[Mask, Mask, Mask]:
    """Return which lie within the outer limit of a place, the inner, and the outer of a quay."""
    near = places.limits(rules.outer).contain(marks.lat, marks.lon)
    rows = np.flatnonzero(near)
    enter, core = (np.zeros(len(marks), np.bool_) for _ in range(2))
    if len(rows):
        at = marks.lat[rows], marks.lon[rows]
        enter[rows] = places.limits(rules.inner).contain(*at)
        core[rows] = places.limits(rules.quay).contain(*at)
    return near, enter, core


def _at_shore(rules: Visiting, marks: Marks, places: Places, asked: Mask) -> Mask:
    found = np.zeros(len(marks), np.bool_)
    rows = np.flatnonzero(asked)
    if len(rows):
        found[rows] = places.shore_nmi(marks.lat[rows], marks.lon[rows]) <= rules.max_shore_nmi
    return found


def _at_rest(rules: Visiting, way: Way, resting: I64, ends: Mask) -> Mask:
    """Return on the way to which marks a hull rests."""
    a_mark_m = NMI_M / HOUR_MARKS
    slow = (way.gap == 1) & (way.way_m < rules.stop_kn * a_mark_m)
    swift = way.way_m > np.where(way.gap == 1, rules.start_kn * a_mark_m, REACH_M)
    told = slow.astype(np.int8) - (swift | ends)
    told[way.first | ~way.fresh] = -1
    told[way.judged_last & rows_of(resting, way.marks.track)[1]] = 1
    return latched(told)


def _lain(way: Way, lies: Mask, lain: Lain, silent: Mask) -> tuple[I64, Lain]:
    """Return for each mark the row of where its hull last lay, and a table with these rows."""
    marks = way.marks
    lay = Lain(marks.track, marks.bin, marks.lat.copy(), marks.lon.copy(), marks.line_after)
    told, known = rows_of(lain.track, marks.track)
    known &= way.judged_last
    lay.lat[known], lay.lon[known] = lain.lat[told[known]], lain.lon[told[known]]
    bins, lines = marks.bin.copy(), marks.line_after.copy()
    bins[known], lines[known] = lain.bin[told[known]], lain.line[told[known]]
    rows = np.arange(len(marks))
    row = np.maximum.accumulate(np.where(lies | known, rows, NO))
    since = np.maximum.accumulate(np.where(way.first | silent, rows, 0))
    return np.where(row >= since, row, NO), Lain(lay.track, bins, lay.lat, lay.lon, lines)


@dataclass(frozen=True, slots=True)
class Silences(Columns):
    """Long silences that were spent at a place, as far as can be told."""

    row: I64 = column(np.int64)  # of the mark behind each
    lat: F64 = column(np.float64)  # where: where it was heard there, or the port it made for
    lon: F64 = column(np.float64)


def spent_there(rules: Visiting, way: Way, f: Facts, places: Places) -> Silences:
    """Return the silences that were spent at a place.

    On either side of one the hull was at the place, or it made for it, or came from there;
    then it was so near, and the silence so long, that it was there for long at its own speed.
    """
    b = np.flatnonzero(f.silent & way.fresh & (way.gap <= rules.memory_marks))
    a = b - 1
    here = f.inside & (f.core | f.rest)
    at_a, at_b = here[a] & ~f.leaving[a], here[b]
    m = way.marks
    lat, lon = np.where(at_a, m.lat[a], m.lat[b]), np.where(at_a, m.lon[a], m.lon[b])
    neither = np.flatnonzero(~at_a & ~at_b)
    if len(neither):
        lat[neither], lon[neither] = _ports(m.lat[a[neither]], m.lon[a[neither]], places)
    came_h = np.where(at_a, 0.0, _hours(rules, way, a, a - 1, way.gap[a], lat, lon))
    behind = np.minimum(b + 1, len(m) - 1)
    gap = np.where(way.newest[b], way.gap.max(initial=0), way.gap[behind])
    went_h = np.where(at_b, 0.0, _hours(rules, way, b, behind, gap, lat, lon))
    silent_h = way.gap[b] / HOUR_MARKS
    there = silent_h - came_h - went_h >= rules.silent_h
    there &= np.where(f.inside[a], ~f.breaks[b], way.gap[b] <= rules.unheard_marks)
    return Silences(b[there], lat[there], lon[there])


def _ports(lat: F64, lon: F64, places: Places) -> tuple[F64, F64]:
    """Return where the nearest ports or anchorages are; nan where there is none."""
    _, which = places.nearest(lat, lon)
    at = np.array([[p.lat, p.lon] for p in places.harbours] + [[np.nan, np.nan]])
    return at[which, 0], at[which, 1]


def _hours(rules: Visiting, way: Way, row: I64, other: I64, gap: I64, lat: F64, lon: F64) -> F64:
    """Return in how many hours hulls would be at positions, going on from `other` over `row`.

    inf for those that do not make for it, go too slowly, or are too far.
    """
    m = way.marks
    gap = np.where(gap <= COURSE_MARKS, gap, 0)
    leg_m = distance_m(m.lat[other], m.lon[other], m.lat[row], m.lon[row])
    away_m = way.away_m(row, lat, lon)
    course = bearing_deg(m.lat[row], m.lon[row], m.lat[other], m.lon[other]) + 180
    off = np.radians(bearing_deg(m.lat[row], m.lon[row], lat, lon) - course)
    with np.errstate(divide="ignore", invalid="ignore"):
        speed_kn = leg_m / NMI_M / (gap / HOUR_MARKS)
        hours = away_m / NMI_M / speed_kn
    makes_for = (np.cos(off) > 0) & (away_m * np.abs(np.sin(off)) <= rules.leave_nmi * NMI_M)
    able = (gap > 0) & (speed_kn >= LEAST_KN) & (away_m <= rules.unheard_nmi * NMI_M)
    return np.where(makes_for & able, hours, np.inf)


def marks_of(points: Points) -> Marks:
    """Return points as marks."""
    return Marks(*(getattr(points, name) for name in Marks.described()))
