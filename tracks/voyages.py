"""Voyages of a hull: from leaving a port to being known in port again, as far as it was heard.

What was not heard is not what did not happen: in a silence that is long enough a ship may
have called at a port.  So each voyage tells how many such silences it has, and for how long
the ship was without any at a stretch, at sea for sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tracks.batch import BIN_S, F32, F64, I64, Columns, Mask, Text, column
from tracks.ports import SURE, Visits

CALL_SPEED_KN = 15.0  # ours: hardly a fishing vessel or carrier of fish steams faster
CALL_H = 6.0  # ours: to land a catch or relieve a crew takes that long
DAY_S = 86_400.0
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Voyages(Columns):
    """Voyages of one hull, ordered by `start`."""

    start: F64 = column(np.float64)  # Unix seconds: last known in port
    end: F64 = column(np.float64, np.nan)  # known in port again; nan while it lasts
    start_place: Text = column("S64", b"")
    start_country: Text = column("S2", b"")
    end_place: Text = column("S64", b"")  # empty while it lasts
    end_country: Text = column("S2", b"")
    length_days: F64 = column(np.float64)  # to `end`, or to when it was last heard
    heard_days_count: I64 = column(np.int64)  # UTC days on which it was heard at sea
    heard_h: F64 = column(np.float64)  # ten-minute marks at which it was
    longest_silence_h: F64 = column(np.float64)
    max_shore_nmi: F32 = column(np.float32, np.nan)  # the farthest heard; nan without a map
    unheard_calls_count: I64 = column(np.int64)  # silences in which it may have called at a port
    sure_days: F64 = column(np.float64)  # the longest time without such a silence


def voyages(
    visits: Visits,
    bins: I64,
    land_nmi: ArrayLike = 0.0,
    shore_nmi: ArrayLike = np.nan,
    call_speed_kn: float = CALL_SPEED_KN,
    call_h: float = CALL_H,
) -> Voyages:
    """Return the voyages between the visits of one hull that are sure.

    `visits` are ordered by `start`; `bins` are the marks at which the hull was heard, Unix
    seconds / BIN_S, sorted, shape (N,).  For each mark `land_nmi` says how far it was to
    where the hull could call, 0 where that is not known, and `shore_nmi` how far from shore it
    was.  A silence is long enough for a call if the ship could steam there and back at
    `call_speed_kn` and stay `call_h`.  What was before the first visit is no voyage.
    """
    visits = visits.take(visits.certainty >= SURE)
    left = visits.take(~np.isnan(visits.end))
    t = np.asarray(bins * float(BIN_S))
    next_ = np.searchsorted(visits.start, left.end)
    lasts = next_ == len(visits)
    end: F64 = np.append(visits.start, np.inf)[next_]
    span = np.searchsorted(t, left.end, side="right"), np.searchsorted(t, end)
    sailed = np.flatnonzero((span[1] > span[0]) | (~lasts & (end > left.end)))
    if not len(sailed):
        return Voyages.empty()
    left, lasts, end = left.take(sailed), lasts[sailed], end[sailed]
    end[lasts] = np.nan
    m = _Moments.of(t, left.end, end, span[0][sailed], span[1][sailed])
    land = m.at_sea(np.broadcast_to(np.asarray(land_nmi, np.float64), t.shape), 0.0)
    shore = m.at_sea(np.broadcast_to(np.asarray(shore_nmi, np.float64), t.shape), np.nan)
    silent_h = np.diff(m.t, prepend=m.t[0]) / HOUR_S
    silent_h[m.head] = 0
    could = silent_h >= call_h + (land + np.append(0.0, land[:-1])) / call_speed_kn
    could[m.head] = False
    day = np.floor(m.t / DAY_S)
    day[~m.mark] = np.nan
    new_day = m.mark & (np.append(np.nan, day[:-1]) != day)
    came = visits.take(np.minimum(next_[sailed], len(visits) - 1))
    return Voyages(
        left.end,
        end,
        left.place,
        left.country,
        np.where(lasts, b"", came.place),
        np.where(lasts, b"", came.country),
        (m.t[m.last] - left.end) / DAY_S,
        np.add.reduceat(new_day, m.head, dtype=np.int64),
        np.add.reduceat(m.mark, m.head, dtype=np.int64) * (BIN_S / HOUR_S),
        np.maximum.reduceat(silent_h, m.head),
        np.fmax.reduceat(shore, m.head).astype(np.float32),
        np.add.reduceat(could, m.head, dtype=np.int64),
        _longest_sure_s(m, could) / DAY_S,
    )


class _Moments(NamedTuple):
    """When a hull left port, was heard at sea, and came into port, voyage by voyage; shape (N,)."""

    t: F64
    row: I64  # the mark of each
    mark: Mask  # heard at sea; not when it left or came
    head: I64  # where voyages begin
    last: I64  # and end

    @classmethod
    def of(cls, t: F64, start: F64, end: F64, first: I64, last: I64) -> _Moments:
        """Join the ends of voyages and the marks from `first` to before `last` of each."""
        comes = ~np.isnan(end)
        size = last - first + 1 + comes
        head = np.cumsum(size) - size
        of = np.repeat(np.arange(len(size)), size)
        row = np.arange(len(of)) - head[of] - 1 + first[of]
        mark = (row >= first[of]) & (row < last[of])
        when = np.where(row < first[of], start[of], end[of])
        when[mark] = t[row[mark]]
        return cls(when, row, mark, head, head + size - 1)

    def at_sea(self, values: F64, otherwise: float) -> F64:
        """Return the value of each mark, and another when it left or came."""
        found = np.full(len(self.t), otherwise)
        found[self.mark] = values[self.row[self.mark]]
        return found


def _longest_sure_s(m: _Moments, could: Mask) -> F64:
    """Return for how long each voyage lasted without a silence that may hide a call."""
    breaks = could.copy()
    breaks[m.head] = True
    first = np.flatnonzero(breaks)
    last = np.append(first[1:], len(m.t)) - 1
    return np.asarray(np.maximum.reduceat(m.t[last] - m.t[first], np.searchsorted(first, m.head)))
