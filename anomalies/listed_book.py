"""Times in which a hull was heard under claims that a watch list has: what `listed` remembers.

A hull's time begins with the first fix under such claims.  Of its fixes those are kept of
which each is a day or more after the one before (half of the silence that ends a time,
if that is shorter): they show how often it was heard, and that
it never was silent for long.  Besides, whenever its claims agreed better than ever before in
that time, those claims and the fix under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from anomalies.listed_claims import Said, Told, row_of, rows, said_in
from tracks.batch import F64, I64, Columns, Mask, column
from tracks.state import State

DAY_S = 86_400.0
MOST_LOOKS = 366  # a longer time is told in parts; bounds memory


class Look(NamedTuple):
    """A fix that was kept."""

    t: float
    line: int


class High(NamedTuple):
    """A fix under claims that agreed with a list better than all before."""

    t: float
    line: int
    certainty: float
    said: Said


@dataclass(slots=True)
class Time:
    """A hull's time under listed claims."""

    track: int
    start: float
    lat: float
    lon: float
    end: float  # of the last fix so far
    end_line: int
    told: int = 0  # how many looks there were when it was last told of
    over: bool = False
    looks: list[Look] = field(default_factory=list)
    highs: list[High] = field(default_factory=list)

    def alive(self, t: float, quiet_s: float) -> bool:
        """Return whether it had not ended by Unix time `t`."""
        return not self.over or self.looks[-1].t + quiet_s > t

    def best(self, until: float) -> High:
        """Return the claims that agreed best up to Unix time `until`, not before it began."""
        return [high for high in self.highs if high.t <= until][-1]

    def lines(self, until: float) -> set[int]:
        """Return the lines that show it up to Unix time `until`."""
        found = {look.line for look in self.looks if look.t <= until}
        for high in self.highs:
            if high.t <= until:
                found |= {high.line, *(line for line in high.said.lines if line >= 0)}
        return found


@dataclass(frozen=True, slots=True)
class Times(Columns):
    """One row for each `Time`."""

    track: I64 = column(np.int64)
    start: F64 = column(np.float64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    end: F64 = column(np.float64)
    end_line: I64 = column(np.int64)
    told: I64 = column(np.int64)
    over: Mask = column(np.bool_)
    looks_count: I64 = column(np.int64)
    highs_count: I64 = column(np.int64)
    look: F64 = column(np.float64)  # the time of its last look
    best: F64 = column(np.float64)  # the certainty of its last high


@dataclass(frozen=True, slots=True)
class _Looks(Columns):
    """The looks of all times, one time behind the other."""

    t: F64 = column(np.float64)
    line: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class _Highs(Columns):
    """The highs of all times; their claims stand in `_Said`, row by row."""

    t: F64 = column(np.float64)
    line: I64 = column(np.int64)
    certainty: F64 = column(np.float64)


@dataclass(slots=True)
class Book:
    """All that is remembered of times and meetings, to be read and written.

    `times` are by hull, in order of time.
    """

    times: dict[int, list[Time]] = field(default_factory=dict)
    met: set[tuple[int, int, float]] = field(default_factory=set)  # meetings that were told

    def every(self) -> Iterator[Time]:
        """Yield all times, by hull."""
        for track in sorted(self.times):
            yield from self.times[track]

    def state(self) -> State:
        """Return it as arrays."""
        times = list(self.every())
        looks = [look for time in times for look in time.looks]
        highs = [high for time in times for high in time.highs]
        rows = [
            (
                *(getattr(time, name) for name in _ROW),
                len(time.looks),
                len(time.highs),
                time.looks[-1].t,
                time.highs[-1].certainty,
            )
            for time in times
        ]
        return {
            **_table(Times, rows).to_state("times_"),
            **_table(_Looks, looks).to_state("looks_"),
            **_table(_Highs, (high[:3] for high in highs)).to_state("highs_"),
            **_table(Told, (row_of(0, high.said, 0.0) for high in highs)).to_state("then_"),
            "met": np.array(sorted(self.met), np.float64).reshape(-1, 3),
        }

    @classmethod
    def of(cls, state: State) -> Book:
        """Undo `state`."""
        book = cls()
        looks = [Look(*row) for row in rows(_Looks.from_state(state, "looks_"))]
        then = said_in(Told.from_state(state, "then_"))
        highs = [
            High(t, line, certainty, said)
            for (t, line, certainty), said in zip(
                rows(_Highs.from_state(state, "highs_")), then, strict=True
            )
        ]
        for *row, looks_count, highs_count, _, _ in rows(Times.from_state(state, "times_")):
            time = Time(**dict(zip(_ROW, row, strict=True)))
            time.looks, looks = looks[:looks_count], looks[looks_count:]
            time.highs, highs = highs[:highs_count], highs[highs_count:]
            book.times.setdefault(time.track, []).append(time)
        book.met = {(int(a), int(b), start) for a, b, start in state["met"].tolist()}
        return book


_ROW = ("track", "start", "lat", "lon", "end", "end_line", "told", "over")
C = TypeVar("C", bound=Columns)


def _table(kind: type[C], rows: Iterable[tuple[Any, ...]]) -> C:
    columns = list(zip(*rows, strict=True)) or [()] * len(kind.described())
    named = dict(zip(kind.described(), columns, strict=True))
    return kind.make(len(columns[0]), **{name: list(values) for name, values in named.items()})
