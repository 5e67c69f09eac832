"""Two hulls that share a number at the same time: an MMSI, or an IMO number.

A pair is together in a bin if both were heard in it or in the one before.  Pairs that
are together in enough bins are told, one for each number at a time; two bins together
that lie too far apart are of two sharings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np

from anomalies.whereabouts import Whereabouts
from tracks.batch import F64, I64, Columns, column
from tracks.geodesy import NMI_M, distance_m

C = TypeVar("C", bound=Columns)

SHOWN_BINS = 6  # whose lines are kept: the first ones show that it was no accident


@dataclass(frozen=True, slots=True)
class Sharings(Columns):
    """Pairs of tracks that were together in some bin; in order of (number, a, b)."""

    number: I64 = column(np.int64)  # an MMSI, or an IMO number below 0
    a: I64 = column(np.int64)  # the smaller track
    b: I64 = column(np.int64)
    first: I64 = column(np.int64)  # bins
    last: I64 = column(np.int64)
    bins_count: I64 = column(np.int64)  # together
    others: I64 = column(np.int64)  # most other tracks heard under the number at a time
    lat: F64 = column(np.float64)  # of `a` in the first bin
    lon: F64 = column(np.float64)
    first_nmi: F64 = column(np.float64)  # apart, in the first bin and in the last
    last_nmi: F64 = column(np.float64)
    chosen: I64 = column(np.int64)  # 1 if it is told for its number, 0 if another one is
    told: I64 = column(np.int64)  # bins together when last told of; 0 if never


@dataclass(frozen=True, slots=True)
class SharingLines(Columns):
    """Lines of pairs in their first bins together, in some on the way and in the last."""

    a: I64 = column(np.int64)
    b: I64 = column(np.int64)
    at: I64 = column(np.int64)  # which bin together; 0: claims
    line_a: I64 = column(np.int64)
    line_b: I64 = column(np.int64)


class Sharing(NamedTuple):
    """A row of `Sharings`."""

    number: int
    a: int
    b: int
    first: int
    last: int
    bins_count: int
    others: int
    lat: float
    lon: float
    first_nmi: float
    last_nmi: float
    chosen: int
    told: int


Lines = dict[int, tuple[int, int]]  # by bin, the lines of both


class Book:
    """All pairs while a step is worked on."""

    def __init__(self, sharings: Sharings, lines: SharingLines, least: int, pause: int) -> None:
        self.least, self.pause = least, pause
        self.over: list[tuple[Sharing, Lines]] = []  # chosen pairs that came apart
        self.pairs = {(row.a, row.b): row for row in map(Sharing._make, _rows(sharings))}
        self.lines: dict[tuple[int, int], Lines] = {pair: {} for pair in self.pairs}
        for a, b, at, line_a, line_b in _rows(lines):
            self.lines[a, b][at] = line_a, line_b

    def tables(self) -> tuple[Sharings, SharingLines]:
        """Return the state."""
        every = sorted(self.pairs.values())
        rows = [
            (*pair, at, *lines)
            for pair in sorted(self.lines)
            for at, lines in sorted(self.lines[pair].items())
        ]
        return _table(Sharings, every), _table(SharingLines, rows)

    def together(
        self, number: int, here: Whereabouts, now: int, said: Mapping[int, int] | None = None
    ) -> None:
        """Take note of the tracks heard under a number in bin `now` or the one before.

        `here` has one row for each of them; `said` are the lines in which they gave the
        number, by track.  No pair is of the bin before alone.
        """
        rows = list(_rows(here))
        for one, other in combinations(sorted(rows), 2):
            if now not in (one[1], other[1]):
                continue
            pair = one[0], other[0]
            apart = float(distance_m(one[3], one[4], other[3], other[4])) / NMI_M
            known = self.pairs.get(pair)
            if known is None or now - known.last >= self.pause:
                self._part(pair)
                known = Sharing(number, *pair, now, now, 0, 0, one[3], one[4], apart, apart, 0, 0)
                self.lines[pair] = {0: (said[pair[0]], said[pair[1]])} if said else {}
            count = known.bins_count + 1
            self.pairs[pair] = known._replace(
                last=now, bins_count=count, others=max(known.others, len(rows) - 2), last_nmi=apart
            )
            self._show(self.lines[pair], now, (one[-1], other[-1]))
            if count == self.least:
                self._choose(pair)

    def shares(self, number: int, now: int) -> bool:
        """Return whether a number was shared lately."""
        return any(
            row.number == number and row.bins_count > 1 and now - row.last < self.pause
            for row in self.pairs.values()
        )

    def forget(self, through: int) -> None:
        """Let the pairs part that nothing after bin `through` can continue."""
        for pair in [p for p, row in self.pairs.items() if through - row.last >= self.pause]:
            self._part(pair)

    def _show(self, lines: Lines, now: int, both: tuple[int, int]) -> None:
        """Keep the lines of a bin: the first ones, the last, and so many that no pause shows."""
        bins = [at for at in lines if at]
        if len(bins) > SHOWN_BINS and now - bins[-2] <= self.pause // 2:
            del lines[bins[-1]]
        lines[now] = both

    def _choose(self, pair: tuple[int, int]) -> None:
        own = self.pairs[pair]
        if not any(
            row.chosen and row.number == own.number and own.last - row.last < self.pause
            for row in self.pairs.values()
        ):
            self.pairs[pair] = own._replace(chosen=1)

    def _part(self, pair: tuple[int, int]) -> None:
        if pair in self.pairs:
            own, lines = self.pairs.pop(pair), self.lines.pop(pair)
            if own.chosen:
                self.over.append((own, lines))


def _rows(table: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*(getattr(table, name).tolist() for name in table.described()), strict=True)


def _table(kind: type[C], rows: Sequence[tuple[Any, ...]]) -> C:
    columns = dict(zip(kind.described(), zip(*rows, strict=True), strict=True)) if rows else {}
    return kind.make(len(rows), **columns)
