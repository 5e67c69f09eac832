"""Give a time to every sentence of a recording, also to those that carry none.

A sentence without a time of its own was heard between its neighbours.  Where a
recording has no times at all, its base stations say what time it is (messages
4 and 11, ITU-R M.1371-5, 3.2), by consensus: of 4,042 such reports, 210 named an
absurd year.  Failing these, `start` is the time of the first sentence, and the
second of the minute that position reports carry moves it on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tracks.batch import F64, I64

AGREE_S = 600.0  # how far a base station's clock may be from its neighbours' to be believed
SPARSE = 0.3  # with fewer sentences dated than this, base stations are asked too


def utc(year: I64, month: I64, day: I64, hour: I64, minute: I64, second: I64) -> F64:
    """Turn calendar columns into Unix seconds; nan where they name no moment."""
    good = (year >= 1970) & (year <= 9999) & (month >= 1) & (month <= 12)
    good &= (day >= 1) & (hour >= 0) & (hour < 24)
    good &= (minute >= 0) & (minute < 60) & (second >= 0) & (second < 60)
    year, month, day = np.where(good, [year, month, day], [[1970], [1], [1]])
    months = (year - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    date = first + (day - 1)
    good &= date.astype("datetime64[M]").astype(np.int64) == months  # no 31 February
    t: F64 = date.astype(np.int64) * 86400.0 + (hour * 3600 + minute * 60 + second)
    t[~good] = np.nan
    return t


@dataclass(slots=True)
class Dating:
    """What is known about the time of one recording while it is read.

    `start` is the user's word (Unix seconds) for a recording without times.
    """

    start: float | None = None
    _count: int = 0  # sentences given so far
    _own: bool = False  # some sentence had a time of its own
    _anchor: tuple[float, float] | None = None  # last (sentence, time) believed
    _clock: float | None = None  # with `start`: the time reached

    def date(
        self, t: F64, base_stations: Callable[[], tuple[I64, F64]], seconds: Callable[[], F64]
    ) -> F64:
        """Fill the missing times of a run of sentences; nan where nothing is known.

        `t` (N,) own times or nan.  Asked only when needed: `base_stations`, the
        indices of their reports and the times that these tell (M,), and `seconds`,
        the second of the minute that a position report carries, or nan (N,).
        """
        n = len(t)
        own = np.flatnonzero(~np.isnan(t))
        self._own |= bool(len(own))
        if len(own) == n:
            dated = t
        elif self.start is not None and not self._own:
            dated = self._count_seconds(seconds())
        elif len(own) >= SPARSE * n:
            dated = self._carry(t, own)
        else:
            base_at, base_t = base_stations()
            trusted = _consensus(base_t)
            at = np.r_[own, base_at[trusted]]
            said = np.r_[t[own], base_t[trusted]]
            dated = np.where(np.isnan(t), self._between(n, at, said), t)
        known = np.flatnonzero(~np.isnan(dated))
        if len(known):
            self._anchor = (float(self._count + known[-1]), float(dated[known[-1]]))
        self._count += n
        return dated

    def _carry(self, t: F64, own: I64) -> F64:
        """Give each sentence the last time before it; the first ones, the first after."""
        last = np.full(len(t), -1)
        last[own] = own
        last = np.maximum.accumulate(last)
        dated: F64 = t[np.maximum(last, own[0])]
        if self._anchor is not None:
            dated[: own[0]] = self._anchor[1]
        return dated

    def _between(self, n: int, at: I64, said: F64) -> F64:
        """Interpolate between the moments that are known, by sentence."""
        if self._anchor is not None:
            at = np.r_[self._anchor[0] - self._count, at]
            said = np.r_[self._anchor[1], said]
        if not len(at):
            return np.full(n, np.nan)
        order = np.argsort(at, kind="stable")
        at, said = at[order], np.maximum.accumulate(said[order])
        return np.interp(np.arange(n), at, said)

    def _count_seconds(self, second: F64) -> F64:
        """Move on from `start` with the seconds of the minute, less than a minute at a time."""
        known = np.flatnonzero(~np.isnan(second))
        if self._clock is None:
            self._clock = self.start
        clock = float(self._clock or 0.0)
        dated = np.full(len(second), clock)
        if len(known):
            phase = np.r_[clock % 60 if self._count else second[known[0]], second[known]]
            step = np.diff(phase) % 60
            # Reports arrive some seconds out of order: a step of nearly a minute is one back.
            step[step > 50] = 0
            moved = clock + np.cumsum(step)
            dated = moved[
                np.maximum(np.searchsorted(known, np.arange(len(second)), "right") - 1, 0)
            ]
            dated[: known[0]] = clock
            self._clock = float(moved[-1])
        return dated


def _consensus(t: F64) -> I64:
    """Return the indices of the base station times that most of their neighbours share."""
    if not len(t):
        return np.empty(0, np.int64)
    reach = 10
    padded = np.pad(t, reach, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    near = np.abs(around - t[:, None]) < AGREE_S
    agree = near.sum(axis=1) - 1
    asked = (~np.isnan(around)).sum(axis=1) - 1
    return np.flatnonzero(~np.isnan(t) & (2 * agree >= asked))
