"""Who was heard in which ten minutes, and where: what identity and interference look at.

A bin is ten minutes of Unix time.  It is judged when it is over and everything
heard in it has been given, so that no answer depends on how the stream was cut.
The last, unfinished one of a recording is not judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anomalies.marks import keys_of
from tracks.batch import (
    BIN_S,
    F64,
    HULLS_PER_MMSI,
    I64,
    Columns,
    Fixes,
    PositionBatch,
    column,
)
from tracks.keyed import rows_of

SLACK_H = 0.05  # `tracks.plausible.Rule.tolerance_h`: reports come late, positions are coarse
CROWD = 0  # the number of a hull that stands for all reports that fitted no hull


@dataclass(frozen=True, slots=True)
class Presence(Columns):
    """The first report of each track in each bin; ordered by (track, bin)."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    t: F64 = column(np.float64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    line: I64 = column(np.int64)

    @property
    def mmsi(self) -> I64:
        """The MMSI of each row."""
        return self.track // HULLS_PER_MMSI

    @property
    def hull(self) -> I64:
        """The number of each row's hull under its MMSI."""
        return self.track % HULLS_PER_MMSI

    def joined(self, new: Presence) -> Presence:
        """Return the rows of both; where both have a bin of a track, what was known first stays."""
        if not len(new):
            return self
        keys, new_keys = keys_of(self.track, self.bin), keys_of(new.track, new.bin)
        new = new.take(~rows_of(keys, new_keys)[1])
        if not len(self) or not len(new):
            return new if not len(self) else self
        both = Presence.concat([self, new])
        return both.take(np.argsort(keys_of(both.track, both.bin), kind="stable"))


class Bins(NamedTuple):
    """The bins that a step completes: those after `before` up to `through`."""

    before: int
    through: int

    @classmethod
    def up_to(cls, before: int, known_s: float) -> Bins:
        """Return the bins that are over at Unix time `known_s` and were not at the last step."""
        over = int(known_s // BIN_S) - 1 if np.isfinite(known_s) else before
        return cls(before, max(before, over))


def presence_of(fixes: Fixes, aside: PositionBatch) -> Presence:
    """Return who was heard in a step; `aside` are reports that fitted no hull, a row each.

    `fixes` are ordered by (track, t).
    """
    bins = np.floor(fixes.t / BIN_S).astype(np.int64)
    entering = np.ones(len(fixes), np.bool_)
    entering[1:] = (fixes.track[1:] != fixes.track[:-1]) | (bins[1:] != bins[:-1])
    rows = np.flatnonzero(entering)
    found = Presence(
        fixes.track[rows], bins[rows], fixes.t[rows], fixes.lat[rows], fixes.lon[rows],
        fixes.line[rows],
    )  # fmt: skip
    return found.joined(_crowds(aside)) if len(aside) else found


def _crowds(aside: PositionBatch) -> Presence:
    track = aside.mmsi.astype(np.int64) * HULLS_PER_MMSI + CROWD
    bins = np.floor(aside.t / BIN_S).astype(np.int64)
    order = np.lexsort((aside.line, aside.t, bins, track))
    every = Presence(track, bins, aside.t, aside.lat, aside.lon, aside.line).take(order)
    keys = keys_of(every.track, every.bin)
    return every.take(np.append(True, keys[1:] != keys[:-1]))


def reachable(silent_s: float, apart_nmi: float, max_speed_kn: float) -> bool:
    """Return whether a ship can have gone `apart_nmi` in a time, near enough."""
    return apart_nmi <= max_speed_kn * math.hypot(silent_s / 3600, SLACK_H)
