"""Visits summed up mark by mark, and what is remembered of each hull between two steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from tracks.batch import F64, I64, Columns, Mask, column, starts
from tracks.calls import NO, Facts, Lain
from tracks.geodesy import NMI_M
from tracks.keyed import merge, rows_of
from tracks.legs import HOUR_MARKS, Marks, Way
from tracks.places import Places
from tracks.silences import Silences
from tracks.state import State

if TYPE_CHECKING:
    from tracks.visits import Visiting


@dataclass(frozen=True, slots=True)
class Calls(Columns):
    """Visits as far as they have come; in the state those that last, one for each hull."""

    track: I64 = column(np.int64)
    start: I64 = column(np.int64)  # its first mark
    line_in: I64 = column(np.int64)
    heard: I64 = column(np.int64)  # marks at which it was heard there
    stopped: I64 = column(np.int64)  # marks for which it rested
    longest: I64 = column(np.int64)  # twice those of the longest rest; 1: it was only silent
    lat: F64 = column(np.float64)  # where that was
    lon: F64 = column(np.float64)
    came: Mask = column(np.bool_)  # heard coming
    sure: Mask = column(np.bool_)  # stopped or fell silent there


@dataclass(frozen=True, slots=True)
class Rests(Columns):
    """The hulls that rested on the way to their last mark; by track."""

    track: I64 = column(np.int64)
    marks: I64 = column(np.int64)  # for so long, at this visit
    lat: F64 = column(np.float64)  # where it began
    lon: F64 = column(np.float64)


class Memory(NamedTuple):
    """What is remembered of hulls: tables sorted by track."""

    before: Marks  # the mark judged before the last
    last: Marks
    waits: Marks  # heard behind a silence, and not judged yet
    rests: Rests
    lain: Lain
    calls: Calls

    @classmethod
    def load(cls, state: State) -> Self:
        """Undo `save`."""
        return cls(
            Marks.from_state(state, "before_"),
            Marks.from_state(state, "last_"),
            Marks.from_state(state, "waits_"),
            Rests.from_state(state, "rests_"),
            Lain.from_state(state, "lain_"),
            Calls.from_state(state, "calls_"),
        )

    def save(self) -> State:
        """Return the tables as a state."""
        tables: dict[str, Columns] = self._asdict()
        return {k: v for name, t in tables.items() for k, v in t.to_state(f"{name}_").items()}

    def of(self, tracks: I64, others: bool = False) -> Memory:
        """Return what is remembered of some hulls, or of all others."""
        wanted = [rows_of(tracks, table.track)[1] != others for table in self]
        return Memory(
            self.before.take(wanted[0]),
            self.last.take(wanted[1]),
            self.waits.take(wanted[2]),
            self.rests.take(wanted[3]),
            self.lain.take(wanted[4]),
            self.calls.take(wanted[5]),
        )

    def along_with(self, more: Memory) -> Memory:
        """Return what is remembered of these hulls and of others."""
        return Memory(
            merge(self.before, more.before),
            merge(self.last, more.last),
            merge(self.waits, more.waits),
            merge(self.rests, more.rests),
            merge(self.lain, more.lain),
            merge(self.calls, more.calls),
        )


NOBODY = Memory(
    Marks.empty(), Marks.empty(), Marks.empty(), Rests.empty(), Lain.empty(), Calls.empty()
)


class Tally(NamedTuple):
    """What each mark adds to a visit; arrays of shape (N,)."""

    begins: Mask  # a visit begins here, or goes on from the step before
    apart: Mask  # ... in another port, with nothing but the limits of ports in between
    rests: Rests  # of those that rest
    calls: Calls  # to be added up; the first mark has the start and the like


def tally(
    rules: Visiting, way: Way, f: Facts, memory: Memory, spent: Silences, places: Places
) -> Tally:
    """Return what each mark adds; `memory` is of the hulls of the way."""
    m = way.marks
    visit, known = rows_of(memory.calls.track, m.track)
    goes_on = way.judged_last & known
    begins = f.inside & (goes_on | way.first | ~way.before(f.inside) | f.breaks)
    start = m.bin.copy()
    start[goes_on] = memory.calls.start[visit[goes_on]]
    apart = _other_port(rules, way, f, start, begins, places)
    begins |= apart
    stopped = np.where(f.rest & way.fresh & (way.gap < rules.silent_marks), way.gap, 0)
    rests = _rests(way, f, memory.rests, begins, stopped)
    longest = np.where(f.rest, 2 * rests.marks, 0)
    lat, lon = np.where(longest > 0, (rests.lat, rests.lon), (m.lat, m.lon))
    spent = spent.take(f.inside[spent.row] & (spent.joint | spent.after))
    only = spent.take(longest[spent.row] == 0)
    longest[only.row] = 1
    lat[only.row], lon[only.row] = np.where(
        only.joint, (only.lat, only.lon), (m.lat[only.row], m.lon[only.row])
    )
    least = np.where(f.shore, rules.least_h, rules.silent_h) * HOUR_MARKS
    sure = f.inside & f.rest & (f.core | (rests.marks >= least))
    sure[spent.row] = True
    line_in = m.line_before.copy()
    unheard = spent.row[
        spent.joint & begins[spent.row]
    ]  # it made for the place, and was heard there next
    start[unheard], line_in[unheard] = m.bin[unheard - 1], line_in[unheard - 1]
    came = _heard_coming(rules, way, f)
    calls = Calls(
        m.track, start, line_in, way.fresh.astype(np.int64), stopped, longest, lat, lon, came, sure
    )
    for name in ("line_in", "heard", "stopped", "longest", "lat", "lon", "came", "sure"):
        getattr(calls, name)[goes_on] = getattr(memory.calls, name)[visit[goes_on]]
    return Tally(begins, apart, rests, calls)


def _rests(way: Way, f: Facts, before: Rests, begins: Mask, stopped: I64) -> Rests:
    """Return for each mark for how long its hull has rested at this visit, and since where."""
    m = way.marks
    of, known = rows_of(before.track, m.track)
    carried = np.flatnonzero(way.judged_last & known)
    of = of[carried]
    anew = f.rest & (way.judged_last | begins | ~way.before(f.rest))
    more, lat, lon = stopped.copy(), m.lat.copy(), m.lon.copy()
    more[carried], lat[carried], lon[carried] = before.marks[of], before.lat[of], before.lon[of]
    row = np.maximum.accumulate(np.where(anew, np.arange(len(m)), 0))
    total = np.cumsum(more)
    return Rests(m.track, total - (total - more)[row], lat[row], lon[row])


def _other_port(
    rules: Visiting, way: Way, f: Facts, start: I64, begins: Mask, places: Places
) -> Mask:
    """Return at which marks a hull comes to rest in another port than that where it lay before.

    Both are ports of the list, and so far apart that they are no two berths of one.
    """
    m = way.marks
    apart = np.zeros(len(m), np.bool_)
    comes = f.rest & way.fresh & f.inside & ~begins & ~way.before(f.rest)
    row = np.flatnonzero(comes & way.before(f.lain != NO))
    lay = f.lay.take(f.lain[row - 1])
    begin = np.maximum.accumulate(np.where(begins, np.arange(len(m)), 0))
    far = way.away_m(row, lay.lat, lay.lon) > rules.leave_nmi * NMI_M
    rows = np.flatnonzero(far & (lay.bin >= start[begin[row]]))
    if len(rows):
        row, lay = row[rows], lay.take(rows)
        limits = places.limits(rules.outer)
        now, then = limits.holding(m.lat[row], m.lon[row]), limits.holding(lay.lat, lay.lon)
        apart[row[(now != then) & places.is_port(now) & places.is_port(then)]] = True
    return apart


def _heard_coming(rules: Visiting, way: Way, f: Facts) -> Mask:
    """Return at which marks a visit that began there was heard to begin.

    One that begins at rest was heard before it came to rest.
    """
    told = way.gap < rules.silent_marks
    return told & (~f.rest | (way.before(told) & ~way.before(f.rest)))


def summed(calls: Calls, begins: Mask, rows: I64) -> Calls:
    """Add up the visits that have marks among `rows`, each from the first of them on."""
    if not len(rows):
        return Calls.empty()
    part = calls.take(rows)
    head = np.flatnonzero(begins[rows])
    longest = np.maximum.reduceat(part.longest, head)
    of = np.repeat(np.arange(len(head)), np.diff(np.append(head, len(rows))))
    best = np.flatnonzero(part.longest == longest[of])
    best = best[starts(of[best])]
    return replace(
        part.take(head),
        heard=np.add.reduceat(part.heard, head),
        stopped=np.add.reduceat(part.stopped, head),
        longest=longest,
        lat=part.lat[best],
        lon=part.lon[best],
        sure=np.logical_or.reduceat(part.sure, head),
    )


def remembered(way: Way, f: Facts, t: Tally, waits: Marks, lasting: Calls) -> Memory:
    """Return what is to be remembered of the hulls of a way."""
    last = np.flatnonzero(way.newest)
    lain = f.lain[last]
    return Memory(
        way.marks.take(last[~way.first[last]] - 1),
        way.marks.take(last),
        waits,
        t.rests.take(last[f.rest[last]]),
        f.lay.take(lain[lain != NO]),
        lasting,
    )
