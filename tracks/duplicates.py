"""Copies of one transmission: heard by several stations, on both channels, or sent on by a feed.

A report is a copy if the same vessel's same payload was heard, and kept, at
most `window_s` before.  The window is counted from the report that was kept,
not from the last copy: a ship that says the same for hours, as one at anchor
with a frozen clock does, is still heard every ten seconds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tracks.batch import F64, I64, U16, U32, U64, Columns, PositionBatch, column, starts
from tracks.state import State

_INDEX_BITS = 32
_MIXER = np.uint64(0x9E37_79B9_7F4A_7C15)  # odd: spreads every bit of a key into the upper ones


@dataclass(frozen=True, slots=True)
class _Kept(Columns):
    """What was kept within the last `window_s`: all that a copy is compared with."""

    t: F64 = column(np.float64)
    mmsi: U32 = column(np.uint32)
    key: U64 = column(np.uint64)
    source: U16 = column(np.uint16)
    station: U16 = column(np.uint16)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """A fold that keeps the first of all copies; its state is what was kept lately."""

    window_s: float = 10.0

    def start(self) -> State:
        """Return the state before anything was heard."""
        return _Kept.empty().to_state()

    def step(
        self, state: State, positions: PositionBatch, as_of: float
    ) -> tuple[State, PositionBatch, Counter[str]]:
        """Return the reports kept, sorted by (mmsi, t, line), and counts of those dropped.

        `positions` may come in any order, but none earlier than those of the
        steps before.  Among copies heard at one time the first line is kept.
        Reports without a key (0) are never copies.
        """
        order = by_vessel(positions)
        kept = _Kept.from_state(state)
        heard = _Kept.concat([kept, _Kept(*(getattr(positions, n)[order] for n in _NAMES))])
        first = _first_of_copies(heard, self.window_s)
        copies = np.flatnonzero(first >= 0)
        counts = _counts(heard, copies, first[copies])
        original = first < 0
        lately = original & (heard.key != 0) & (as_of - heard.t <= self.window_s)
        positions = positions.take(order[original[len(kept) :]] if len(copies) else order)
        return heard.take(lately).to_state(), positions, counts


_NAMES = tuple(_Kept.described())


def by_vessel(positions: PositionBatch) -> I64:
    """Return the order of reports by (mmsi, t, line); fast where they stand by (t, line)."""
    t, line = positions.t, positions.line
    later, same = t[1:] > t[:-1], t[1:] == t[:-1]
    if bool(np.all(later | (same & (line[1:] >= line[:-1])))):
        return _packed_order(positions.mmsi)
    by_time = np.lexsort((line, t))
    return by_time[_packed_order(positions.mmsi[by_time])]


def _packed_order(mmsi: U32) -> I64:
    """Return the stable order; sorting numbers that hold their own index is far faster."""
    packed = mmsi.astype(np.uint64) << np.uint64(_INDEX_BITS)
    packed |= np.arange(len(mmsi), dtype=np.uint64)
    packed.sort()
    return (packed & np.uint64(2**_INDEX_BITS - 1)).astype(np.int64)


def _first_of_copies(heard: _Kept, window_s: float) -> I64:
    """Return for each row the row it is a copy of; -1 where it is none.

    Rows of one vessel stand in order of time.
    """
    first = np.full(len(heard), -1)
    alike, run = _runs_of_copies(heard)
    while len(alike):
        begin = starts(run)
        leader = np.repeat(alike[begin], np.diff(np.append(begin, len(run))))
        copy = heard.t[alike] - heard.t[leader] <= window_s
        followers = copy & (alike != leader)
        first[alike[followers]] = leader[followers]
        alike, run = alike[~copy], run[~copy]
    return first


def _runs_of_copies(heard: _Kept) -> tuple[I64, I64]:
    """Return the rows whose (mmsi, key) occurs more than once, run by run, and their runs."""
    rows = np.flatnonzero(heard.key)
    bits = np.uint64(len(heard).bit_length())
    mixed = (heard.key[rows] * _MIXER) >> bits << bits
    packed = np.sort(mixed | rows.astype(np.uint64))
    rows = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    alike = (packed[1:] >> bits) == (packed[:-1] >> bits)
    if not alike.any():
        return rows[:0], rows[:0]
    rows = rows[np.append(alike, False) | np.append(False, alike)]
    mmsi, key = heard.mmsi[rows], heard.key[rows]
    again = (mmsi[1:] == mmsi[:-1]) & (key[1:] == key[:-1])
    if np.count_nonzero(again) != np.count_nonzero(alike):  # two keys share their upper bits
        order = np.lexsort((rows, key, mmsi))
        rows, mmsi, key = rows[order], mmsi[order], key[order]
        again = (mmsi[1:] == mmsi[:-1]) & (key[1:] == key[:-1])
    return rows, np.cumsum(np.append(False, ~again)[: len(rows)])


def _counts(heard: _Kept, copies: I64, first: I64) -> Counter[str]:
    counts: Counter[str] = Counter()
    if len(copies):
        elsewhere = (heard.station[copies] != heard.station[first]) | (
            heard.source[copies] != heard.source[first]
        )
        counts["duplicate"] = len(copies)
        counts["duplicate: another station"] = int(np.count_nonzero(elsewhere))
    return +counts
