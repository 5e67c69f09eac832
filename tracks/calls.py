"""What ten-minute marks say of calls at ports: at rest or not, there or not, gone in silence.

Everything here is about one mark and its neighbours; `tracks.visits` sums visits up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracks.batch import F64, I64, Columns, Mask, column
from tracks.geodesy import NMI_M
from tracks.keyed import latched, rows_of
from tracks.legs import HOUR_MARKS, Leg, Marks, Way
from tracks.places import Places
from tracks.stays import REACH_M

if TYPE_CHECKING:
    from tracks.visits import Visiting

NO = -1  # no row


@dataclass(frozen=True, slots=True)
class Lain(Columns):
    """Where hulls last lay near a place or at the shore, if not silent since; by track."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)  # the last mark of it
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    line: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds of each mark of a way; arrays of shape (N,)."""

    rest: Mask  # it rests on the way there
    core: Mask  # within the outer limit of a place, not counting that it may be the town
    shore: Mask  # rests right at the shore
    leaving: Mask  # before a hole: heading away from where it lay, and not silent since
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
    berth = near | (_shore_nmi(marks, places, before_silence & ~near) <= rules.coarse_shore_nmi)
    rest = _at_rest(rules, way, resting, (silent & ~way.before(berth)) | lost)
    shore_nmi = _shore_nmi(marks, places, rest & ~core)
    lies = rest & way.fresh & (near | (shore_nmi <= rules.coarse_shore_nmi))
    row, lay = _lain(way, lies, lain, silent)
    away_m = np.full(len(marks), np.inf)
    rows = np.flatnonzero((row != NO) & (~near | way.before_hole))
    away_m[rows] = way.away_m(rows, lay.lat[row[rows]], lay.lon[row[rows]])
    asked = way.before_hole & ~way.first & ~rest & (row != NO)
    leaving = _leaving(rules, way, asked, row, lay, away_m, places)
    breaks = silent & (
        (way.before(leaving) & (way.way_m > REACH_M)) | (way.way_m > rules.port_m) | lost
    )
    here = enter | lies
    gone = ~near & ~(away_m <= rules.leave_nmi * NMI_M)
    told = here.astype(np.int8) - (~here & (gone | breaks | way.first))
    told[~way.fresh] = -1
    told[last & rows_of(visiting, marks.track)[1]] = 1
    return Facts(
        rest, core, shore_nmi <= rules.shore_nmi, leaving, row, lay, silent, breaks, latched(told)
    )


def _leaving(
    rules: Visiting, way: Way, asked: Mask, row: I64, lay: Lain, away_m: F64, places: Places
) -> Mask:
    """Return which hulls were heading out, away from where they lay and near there still."""
    leaving = asked & (away_m <= rules.leave_nmi * NMI_M)
    at = np.flatnonzero(leaving)
    if len(at):
        farther = away_m[at] > way.away_m(at - 1, lay.lat[row[at]], lay.lon[row[at]])
        leaving[at] = farther & ~Leg.of(way, at, at - 1).inbound(places)
    return leaving


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


def _shore_nmi(marks: Marks, places: Places, asked: Mask) -> F64:
    """Return how far some marks are from shore; nan for all others, and without a map."""
    found = np.full(len(marks), np.nan)
    rows = np.flatnonzero(asked)
    if len(rows):
        found[rows] = places.shore_nmi(marks.lat[rows], marks.lon[rows])
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
