"""When the station heard anybody: how many vessels in each ten minutes.

When nobody at all is heard where several vessels were heard just before, the
station was deaf or switched off, or the recording has a hole.  When only a few
are heard where many were, it was half deaf: its antenna, its cable or a jammer.
No vessel is to blame for its silence then.

Satellites hear a sea for some minutes every hour or two.  Where such pauses are the rule,
one more says nothing of the station, and is no outage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Mask, column
from tracks.keyed import merge, rows_of

# An outage: ten-minute bins in a row with nobody or few, behind the last one with many.
OUTAGE_BINS = 6
BEFORE_BINS = 3  # how long before the silence the other vessels count
# So far back pauses are counted: nights and tides, which make pauses, come several times in it.
PAUSES_BINS = 432
# So long after a vessel's last fix it is known whether it fell silent with the station.
KNOWN_AFTER_H = (OUTAGE_BINS + 2) * BIN_S / 3600


class Outages(NamedTuple):
    """What an outage is."""

    others_count: int  # more vessels than these were heard in one of the three bins up to it
    pauses_count: int  # so many pauses in three days are the rule, see `Hearing.pausing`


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

    def deaf(self, bins: I64, outages: Outages) -> Mask:
        """Return in which of `bins` nobody was heard because the whole station heard nobody.

        That is for an hour or longer, and more than `others_count` vessels had been heard in
        one of the three bins up to it; or for however short a time where pauses are the rule.
        """
        row = np.searchsorted(self.bin, bins)
        inside = np.flatnonzero((row > 0) & (row < len(self)) & ~self.anybody(bins))
        before, after = self.bin[row[inside] - 1], self.bin[row[inside]]
        crowd = self._count(before - np.arange(BEFORE_BINS)[:, None]).max(axis=0)
        found = np.zeros(len(bins), np.bool_)
        out = (after - before > OUTAGE_BINS) & (crowd > outages.others_count)
        found[inside] = out | self.pausing(before, outages.pauses_count)
        return found

    def pausing(self, bins: I64, pauses_count: int) -> Mask:
        """Return whether at each of `bins` pauses are the rule, by what was heard up to it.

        That is: in the three days up to it there were at least `pauses_count` times of an hour
        or longer in which nobody was heard, and on average less than an hour between
        two of them in which somebody was.
        """
        first, last, pauses = self._pauses(bins)
        heard = last + 1 - first
        return np.asarray((pauses >= pauses_count) & (heard < OUTAGE_BINS * pauses))

    def _pauses(self, bins: I64) -> tuple[I64, I64, I64]:
        """Return the rows, from first to last, of three days up to `bins`, and the pauses there."""
        if not len(self) or not len(bins):
            none = np.zeros(len(bins), np.int64)
            return none, none, none
        last = np.maximum(np.searchsorted(self.bin, bins, side="right") - 1, 0)
        first = np.minimum(np.searchsorted(self.bin, bins - PAUSES_BINS, side="right"), last)
        begin = int(first.min())  # years may lie before
        ended = np.diff(self.bin[begin : int(last.max()) + 1], prepend=self.bin[begin])
        by = np.cumsum(ended > OUTAGE_BINS)
        return first, last, by[last - begin] - by[first - begin]

    def outage_s(self, after: F64, until: F64, outages: Outages, known_s: float) -> F64:
        """Return for how many seconds between two times the station was out.

        That is for an hour or longer, as in `deaf`; where pauses are the rule, an outage begins
        when one becomes longer than all of the three days before.  It is known of times that
        lie `KNOWN_AFTER_H` before `known_s`, up to which everything was heard, and of those
        before a time at which somebody was heard.
        """
        if not len(after) or not len(self):  # as in most steps of a second
            return np.zeros(len(after))
        at = int(np.searchsorted(self.bin, after.min() // BIN_S, side="right")) - 1
        bins = self.bin[max(at, 0) :]
        if np.isfinite(known_s):
            bins = np.append(bins, np.int64(known_s // BIN_S))
        row = np.flatnonzero(np.diff(bins) > OUTAGE_BINS)
        if not len(row):
            return np.zeros(len(after))
        crowd = self._count(bins[row] - np.arange(BEFORE_BINS)[:, None]).max(axis=0)
        row = row[crowd > outages.others_count]
        end = bins[row + 1] * float(BIN_S)
        begin = (bins[row] + 1.0 + self._usual_bins(bins[row], outages.pauses_count)) * BIN_S
        row, begin, end = (column[begin < end] for column in (row, begin, end))
        if not len(row):
            return np.zeros(len(after))
        before = np.concatenate([[0.0], np.cumsum(end - begin)])

        def by(t: F64) -> F64:
            which = np.searchsorted(begin, t, side="right") - 1
            inside = np.minimum(t, end[which]) - begin[which]
            return np.where(which >= 0, before[which] + inside, 0.0)

        return by(until) - by(after)

    def _usual_bins(self, bins: I64, pauses_count: int) -> I64:
        """Return how long the longest pause of three days up to each bin was.

        Zero where pauses are not the rule.  The bins are sorted.
        """
        usual = np.zeros(len(bins), np.int64)
        rule = np.flatnonzero(self.pausing(bins, pauses_count))
        if len(rule):
            first, last, _ = self._pauses(bins[rule])
            steps = np.diff(self.bin[first[0] : last[-1] + 1], append=self.bin[last[-1]])
            spans = np.stack([first, last], axis=1).ravel() - first[0]
            usual[rule] = np.maximum.reduceat(steps, spans)[::2] - 1
        return usual

    def fell_silent(
        self, t: F64, others_count: int, pauses_count: int, still_share: float = 0.0
    ) -> Mask:
        """Return for each time whether the station as a whole fell silent then.

        That is: in one of the three bins up to it at least `others_count` other
        vessels were heard, and from ten to twenty minutes later on, for at least
        an hour, never more than `still_share` of so many in ten minutes.  Nobody at all
        may also be heard from up to half an hour later on: ships that are heard once in
        ten minutes are missed no sooner.  And pauses are not the rule.
        """
        bins = np.floor(t / BIN_S).astype(np.int64)
        crowd = self.others_before(t)
        ahead = np.arange(1, OUTAGE_BINS + 2)[:, None]
        quiet = self._count(bins + ahead) <= still_share * crowd
        fell = quiet[:-1].all(axis=0) | quiet[1:].all(axis=0)
        if not still_share:
            fell |= quiet[2:].all(axis=0)
        return np.asarray((crowd >= others_count) & fell & ~self.pausing(bins, pauses_count))

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
