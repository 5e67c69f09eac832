"""When the station heard anybody: how many vessels in each ten minutes.

When nobody at all is heard where several vessels were heard just before, the
station was deaf or switched off, or the recording has a hole.  When only a few
are heard where many were, it was half deaf: its antenna, its cable or a jammer.
No vessel is to blame for its silence then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Mask, column
from tracks.keyed import merge, rows_of

# An outage: ten-minute bins in a row with nobody or few, behind the last one with many.
OUTAGE_BINS = 6
BEFORE_BINS = 3  # how long before the silence the other vessels count
# So long after a vessel's last fix it is known whether it fell silent with the station.
KNOWN_AFTER_H = (OUTAGE_BINS + 2) * BIN_S / 3600


@dataclass(frozen=True, slots=True)
class Hearing(Columns):
    """The ten-minute bins in which somebody was heard; sorted, those without anybody left out."""

    bin: I64 = column(np.int64)
    tracks_count: I64 = column(np.int64)

    def heard(self, bins: I64) -> Hearing:
        """Return the table with one more track heard in each of `bins`."""
        if not len(bins):
            return self
        first = int(bins.min())
        count = np.bincount(bins - first) if bins.max() - first < 1 << 20 else None
        if count is None:  # times years apart
            new, count = np.unique(bins, return_counts=True)
        else:
            new = np.flatnonzero(count)
            count, new = count[new], new + first
        rows, known = rows_of(self.bin, new)
        count[known] += self.tracks_count[rows[known]]
        return merge(self, Hearing(new, count))

    def share(self, after: float, until: float) -> float:
        """Return in which share of the ten-minute bins between two times anybody was heard.

        Bins that hold either time are left out; nan where none lies between.
        """
        first, last = int(after // BIN_S) + 1, int(until // BIN_S)
        begin, end = np.searchsorted(self.bin, [first, last])
        return float(end - begin) / (last - first) if last > first else float("nan")

    def anybody(self, bins: I64) -> Mask:
        """Return whether anybody was heard in each of `bins`."""
        return rows_of(self.bin, bins)[1]

    def outage(self, bins: I64, others_count: int) -> Mask:
        """Return which of `bins` lie in a time in which the whole station heard nobody.

        That is an hour or longer, and more than `others_count` vessels had been heard in
        one of the three bins up to it.
        """
        row = np.searchsorted(self.bin, bins)
        inside = np.flatnonzero((row > 0) & (row < len(self)) & ~self.anybody(bins))
        before, after = self.bin[row[inside] - 1], self.bin[row[inside]]
        crowd = self._count(before - np.arange(BEFORE_BINS)[:, None]).max(axis=0)
        found = np.zeros(len(bins), np.bool_)
        found[inside] = (after - before > OUTAGE_BINS) & (crowd > others_count)
        return found

    def outage_s(self, after: F64, until: F64, others_count: int, known_s: float) -> F64:
        """Return for how many seconds between two times the station was out, by that rule.

        It is known of times that lie `KNOWN_AFTER_H` before `known_s`, up to which everything
        was heard, and of those before a time at which somebody was heard.
        """
        bins = self.bin
        if len(self) and np.isfinite(known_s):
            bins = np.append(bins, np.int64(known_s // BIN_S))
        row = np.flatnonzero(np.diff(bins) > OUTAGE_BINS)
        if not len(row):
            return np.zeros(len(after))
        crowd = self._count(bins[row] - np.arange(BEFORE_BINS)[:, None]).max(axis=0)
        row = row[crowd > others_count]
        begin, end = (bins[row] + 1.0) * BIN_S, bins[row + 1] * float(BIN_S)
        if not len(row):
            return np.zeros(len(after))
        before = np.concatenate([[0.0], np.cumsum(end - begin)])

        def by(t: F64) -> F64:
            which = np.searchsorted(begin, t, side="right") - 1
            inside = np.minimum(t, end[which]) - begin[which]
            return np.where(which >= 0, before[which] + inside, 0.0)

        return by(until) - by(after)

    def fell_silent(self, t: F64, others_count: int, still_share: float = 0.0) -> Mask:
        """Return for each time whether the station as a whole fell silent then.

        That is: in one of the three bins up to it at least `others_count` other
        vessels were heard, and from ten to twenty minutes later on, for at least
        an hour, never more than `still_share` of so many in ten minutes.  Nobody at all
        may also be heard from up to half an hour later on: ships that are heard once in
        ten minutes are missed no sooner.
        """
        bins = np.floor(t / BIN_S).astype(np.int64)
        crowd = self.others_before(t)
        ahead = np.arange(1, OUTAGE_BINS + 2)[:, None]
        quiet = self._count(bins + ahead) <= still_share * crowd
        fell = quiet[:-1].all(axis=0) | quiet[1:].all(axis=0)
        if not still_share:
            fell |= quiet[2:].all(axis=0)
        return np.asarray((crowd >= others_count) & fell)

    def others_before(self, t: F64) -> I64:
        """Return how many other vessels were heard in the fullest of the three bins up to `t`.

        Each time is that of a vessel's fix, and that vessel does not count.
        """
        bins = np.floor(t / BIN_S).astype(np.int64)
        crowd = self._count(bins - np.arange(BEFORE_BINS)[:, None])
        most: I64 = crowd.max(axis=0)
        return most - 1

    def _count(self, bins: I64) -> I64:
        rows, known = rows_of(self.bin, bins.ravel())
        count = np.zeros(bins.size, np.int64)
        count[known] = self.tracks_count[rows[known]]
        return count.reshape(bins.shape)
