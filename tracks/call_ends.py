"""How visits become known: those that are sure now, those that are over, and silent ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tracks.batch import I64, Mask, column, starts
from tracks.call_sums import Calls, Tally, summed
from tracks.calls import NO, Facts
from tracks.keyed import rows_of
from tracks.legs import Marks, Way
from tracks.silences import Silences

if TYPE_CHECKING:
    from tracks.visits import Visiting


@dataclass(frozen=True, slots=True)
class Told(Calls):
    """Visits up to some mark."""

    end: I64 = column(np.int64)  # the mark
    line_out: I64 = column(np.int64)
    went: Mask = column(np.bool_)  # heard going

    @classmethod
    def of(cls, calls: Calls, end: I64, line_out: I64, went: Mask | None = None) -> Told:
        """Return visits up to some marks."""
        none = np.zeros(len(calls), np.bool_)
        return cls.from_state(
            {
                **calls.to_state(),
                "end": end,
                "line_out": line_out,
                "went": none if went is None else went,
            }
        )

    @classmethod
    def up_to(cls, calls: Calls, last: Marks) -> Told:
        """Return visits up to the last marks of their hulls, both sorted by track."""
        last = last.take(rows_of(calls.track, last.track)[1])
        return cls.of(calls, last.bin, last.line_after)


class Outcome(NamedTuple):
    """What came of the visits of a way."""

    lasting: Calls
    arrived: Told
    over: Told


NO_OUTCOME = Outcome(Calls.empty(), Told.empty(), Told.empty())


def outcome(rules: Visiting, way: Way, f: Facts, t: Tally, spent: Silences) -> Outcome:
    """Sum the visits up, and tell what became of them."""
    rows = np.flatnonzero(f.inside)
    visit = np.cumsum(t.begins[rows]) - 1
    last = rows[np.flatnonzero(np.diff(visit, append=NO))]
    calls, lasts = summed(t.calls, t.begins, rows), way.newest[last]
    over = _left(rules, way, f, t, spent, calls.take(~lasts), last[~lasts])
    sure = np.flatnonzero(t.calls.sure[rows])
    sure = sure[starts(visit[sure])]
    until = np.full(len(calls), -1)
    until[visit[sure]] = rows[sure]
    new = way.fresh[rows[sure]]
    known = way.marks.take(rows[sure])
    upto = Told.of(
        summed(t.calls, t.begins, rows[rows <= until[visit]]), known.bin, known.line_after
    )
    late = over.take(over.sure & (until[~lasts] < 0))
    late = replace(late, went=np.zeros(len(late), np.bool_))
    unheard = _unheard(way, f, spent)
    return Outcome(
        calls.take(lasts),
        Told.concat([upto.take(new), late, unheard]),
        Told.concat([over, unheard]),
    )


def _left(
    rules: Visiting, way: Way, f: Facts, t: Tally, spent: Silences, calls: Calls, last: I64
) -> Told:
    """Tell of visits that are over, with the row of the last mark of each."""
    m, behind = way.marks, last + 1
    end, line_out = m.bin[last], m.line_after[last]
    moored = t.apart[behind]  # until it left for the other port
    lay = f.lay.take(f.lain[last[moored]])
    end[moored], line_out[moored] = lay.bin, lay.line
    spent = spent.take(spent.joint | spent.before)
    of, silent = rows_of(spent.row, behind)
    joint = np.flatnonzero(silent)[spent.joint[of[silent]]]  # heard next coming from there
    end[joint], line_out[joint] = m.bin[behind[joint]], m.line_after[behind[joint]]
    lat, lon = calls.lat.copy(), calls.lon.copy()
    nowhere = np.flatnonzero(silent & (calls.longest == 0))
    lat[nowhere], lon[nowhere] = m.lat[last[nowhere]], m.lon[last[nowhere]]
    nowhere = joint[calls.longest[joint] == 0]
    lat[nowhere], lon[nowhere] = spent.lat[of[nowhere]], spent.lon[of[nowhere]]
    calls = replace(calls, lat=lat, lon=lon, sure=calls.sure | silent)
    return Told.of(calls, end, line_out, way.gap[behind] < rules.silent_marks)


def _unheard(way: Way, f: Facts, spent: Silences) -> Told:
    """Tell of visits of which nothing was heard but the way there and the way back."""
    spent = spent.take(spent.joint & ~f.inside[spent.row] & ~f.inside[spent.row - 1])
    a, b = way.marks.take(spent.row - 1), way.marks.take(spent.row)
    calls = Calls.make(
        len(spent), track=a.track, start=a.bin, line_in=a.line_before, longest=1,
        lat=spent.lat, lon=spent.lon, sure=True,
    )  # fmt: skip
    return Told.of(calls, b.bin, b.line_after)
