"""The last fix of every track, and the few before it: what a silence is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracks.batch import (
    BIN_S,
    CLASS_UNKNOWN,
    F32,
    F64,
    I64,
    STATUS_UNDEFINED,
    U8,
    U16,
    Columns,
    Fixes,
    Mask,
    column,
    starts,
)
from tracks.keyed import rows_of
from tracks.recency import REPORTS_COUNT, interval_class
from tracks.trials import Legs, kinds

RING_COUNT = 16  # fixes remembered before the last: two more than the field's rule asks for
RING = np.dtype([("t", np.float64, (RING_COUNT,)), ("line", np.int64, (RING_COUNT,))])

# What became of a track's silence; QUIET: not surprising so far, and not told.
HEARD, TOLD, EXCUSED, QUIET = range(4)


@dataclass(frozen=True, slots=True)
class Last(Columns):
    """The last fix of each track; sorted by track."""

    track: I64 = column(np.int64)
    t: F64 = column(np.float64, np.nan)
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line: I64 = column(np.int64)
    sog_kn: F32 = column(np.float32, np.nan)
    cog_deg: F32 = column(np.float32, np.nan)
    nav_status: U8 = column(np.uint8, STATUS_UNDEFINED)
    ship_class: U8 = column(np.uint8, CLASS_UNKNOWN)
    source: U16 = column(np.uint16)
    silence: U8 = column(np.uint8, HEARD)
    deaf_s: F64 = column(np.float64)  # if told: how long the source had been deaf in all by `t`
    ring: NDArray[np.void] = column(RING)  # oldest first; nan times where there was no fix

    def interval(self) -> U8:
        """Return the class of the mean interval of the reports up to the last."""
        before = self.ring["t"][:, -REPORTS_COUNT:]
        count = np.isfinite(before).sum(axis=1)
        first = before[np.arange(len(self)), np.minimum(REPORTS_COUNT - count, REPORTS_COUNT - 1)]
        return interval_class((self.t - first) / np.maximum(count, 1))


_OF_FIX = (
    "track", "t", "lat", "lon", "line", "sog_kn", "cog_deg", "nav_status", "ship_class", "source",
)  # fmt: skip


IN_STEP, UNHEARD = -1, -2  # where the fix before is, if it is not one of those remembered
_OF_LEG = ("t", "lat", "lon", "sog_kn", "cog_deg", "nav_status", "ship_class")


@dataclass(frozen=True, slots=True)
class Succession:
    """Fixes of a step, each behind the fixes of its track that were heard before."""

    fixes: Fixes  # ordered by (track, t)
    first: I64  # rows at which the tracks of the step begin
    row: I64  # their rows in `known`
    is_known: Mask
    known: Last

    @classmethod
    def of(cls, known: Last, fixes: Fixes) -> Succession:
        """Look up what is known of the tracks of `fixes`."""
        first = starts(fixes.track)
        return cls(fixes, first, *rows_of(known.track, fixes.track[first]), known)

    def silences(self, min_s: float) -> tuple[Last, I64]:
        """Return the last fixes before silences longer than `min_s`, and the rows that end them."""
        t = self.fixes.t
        inner = np.flatnonzero(t[1:] - t[:-1] > min_s) + 1
        inner = inner[self.fixes.track[inner] == self.fixes.track[inner - 1]]
        rows = self.row[self.is_known]
        begins = self.first[self.is_known]
        outer = t[begins] - self.known.t[rows] > min_s
        offs = Last.concat([self.known.take(rows[outer]), self.last_at(inner - 1)])
        return offs, np.concatenate([begins[outer], inner])

    def entering(self) -> I64:
        """Return the rows of fixes that are the first of their track in a ten-minute bin."""
        bins = (self.fixes.t / BIN_S).astype(np.int64)
        entered = np.ones(len(bins), np.bool_)
        entered[1:] = bins[1:] != bins[:-1]
        entered[self.first] = True
        begins = self.first[self.is_known]
        entered[begins] = bins[begins] != (self.known.t[self.row[self.is_known]] // BIN_S)
        return np.flatnonzero(entered)

    def bins(self, rows: I64) -> I64:
        """Return the ten-minute bins of the fixes in `rows`."""
        return np.asarray(self.fixes.t[rows] // BIN_S, np.int64)

    def legs(self, entering: I64) -> Legs:
        """Return the legs that end with the fixes in these rows, but for the first of a track."""
        remembered = self._remembered_row()
        rows = entering[(remembered[entering] != UNHEARD)]
        outer = np.flatnonzero(remembered[rows] >= 0)
        known = self.known.take(remembered[rows[outer]])
        before = {name: getattr(self.fixes, name)[rows - 1] for name in _OF_LEG}
        for name in _OF_LEG:
            before[name][outer] = getattr(known, name)
        kind = kinds(before["ship_class"], before["nav_status"], before["sog_kn"])
        interval = np.empty(len(rows), np.uint8)
        interval[outer] = known.interval()
        inner = np.flatnonzero(remembered[rows] < 0)
        interval[inner] = self._intervals(rows[inner] - 1)
        after = self.fixes.take(rows)
        return Legs(
            before["t"], before["lat"], before["lon"], before["sog_kn"], before["cog_deg"],
            after.t, after.lat, after.lon, after.sog_kn, after.cog_deg,
            after.track, kind, interval,
        )  # fmt: skip

    def _intervals(self, rows: I64) -> U8:
        """Return the class of the mean interval of the reports up to the fixes in `rows`."""
        found, back = np.empty(len(rows), np.uint8), rows - REPORTS_COUNT
        inside = back >= self.first[np.searchsorted(self.first, rows, side="right") - 1]
        t, inner = self.fixes.t, rows[inside]
        found[inside] = interval_class((t[inner] - t[back[inside]]) / REPORTS_COUNT)
        found[~inside] = self.last_at(rows[~inside]).interval()
        return found

    def _remembered_row(self) -> I64:
        """Return for each fix its predecessor's row in `known`, or where else that is."""
        found = np.full(len(self.fixes), IN_STEP)
        found[self.first] = np.where(self.is_known, self.row, UNHEARD)
        return found

    def ends(self) -> Last:
        """Return the last fix of each track in this step."""
        if not len(self.fixes):
            return Last.empty()
        return self.last_at(np.append(self.first[1:], len(self.fixes)) - 1)

    def last_at(self, rows: I64) -> Last:
        """Return what stands in the table once the fixes up to `rows` were heard."""
        columns = {name: getattr(self.fixes, name)[rows] for name in _OF_FIX}
        return Last.make(len(rows), **columns, ring=self._rings(rows))

    def _rings(self, rows: I64) -> NDArray[np.void]:
        """Return the fixes before those in `rows`: out of the step, else remembered."""
        which = np.searchsorted(self.first, rows, side="right") - 1
        back = rows[:, None] - np.arange(RING_COUNT, 0, -1)
        earlier = back - self.first[which][:, None]  # -1: the last fix before the step
        remembered = which[:, None], np.minimum(earlier, -1) + RING_COUNT + 1
        rings = np.empty(len(rows), RING)
        for name in ("t", "line"):
            here = getattr(self.fixes, name)[np.maximum(back, 0)]
            rings[name] = np.where(earlier >= 0, here, self._remembered(name)[remembered])
        return rings

    def _remembered(self, name: str) -> NDArray[Any]:
        """Return the ring and last fix from before of each track of the step, in (tracks, 17)."""
        table = np.full((len(self.first), RING_COUNT + 1), np.nan if name == "t" else 0)
        table = table.astype(getattr(self.known, name).dtype)
        rows = self.row[self.is_known]
        table[self.is_known, :-1] = self.known.ring[name][rows]
        table[self.is_known, -1] = getattr(self.known, name)[rows]
        return table
