"""Where each track was last in every ten minutes, and which MMSIs are new: for identity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import (
    BIN_S,
    F32,
    F64,
    HULLS_PER_MMSI,
    I64,
    U64,
    Columns,
    Fixes,
    column,
    starts,
)
from tracks.keyed import rows_of


@dataclass(frozen=True, slots=True)
class Whereabouts(Columns):
    """The last fix of each track in each bin; ordered by (bin, track)."""

    track: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    t: F64 = column(np.float64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    sog_kn: F32 = column(np.float32, np.nan)
    cog_deg: F32 = column(np.float32, np.nan)
    line: I64 = column(np.int64)

    @property
    def mmsi(self) -> I64:
        """The MMSI of each row."""
        return self.track // HULLS_PER_MMSI

    def between(self, first: int, last: int) -> Whereabouts:
        """Return the rows from one bin to another."""
        begin, end = np.searchsorted(self.bin, [first, last + 1])
        return self.take(slice(begin, end))

    def heard(self, fixes: Fixes) -> Whereabouts:
        """Return the table with fixes, ordered by (track, t), taken in; later ones count."""
        if not len(fixes):
            return self
        bins = np.floor(fixes.t / BIN_S).astype(np.int64)
        leaving = np.ones(len(fixes), np.bool_)
        leaving[:-1] = (fixes.track[1:] != fixes.track[:-1]) | (bins[1:] != bins[:-1])
        new = _of(fixes, np.flatnonzero(leaving), bins)
        new = new.take(np.argsort(_keys(new), kind="stable"))
        kept = self.take(~rows_of(_keys(new), _keys(self))[1])
        both = Whereabouts.concat([kept, new])
        return both.take(np.argsort(_keys(both), kind="stable"))


def newcomers(fixes: Fixes, known: I64) -> tuple[Whereabouts, I64]:
    """Return the first fix of each MMSI not yet `known`, and the MMSIs known then, sorted."""
    first = starts(fixes.track)
    first = first[fixes.track[first] % HULLS_PER_MMSI == 1]
    mmsi = fixes.track[first] // HULLS_PER_MMSI
    new = ~rows_of(known, mmsi)[1]
    if not new.any():
        return Whereabouts.empty(), known
    bins = np.floor(fixes.t / BIN_S).astype(np.int64)
    return _of(fixes, first[new], bins), np.union1d(known, mmsi[new])


def _of(fixes: Fixes, rows: I64, bins: I64) -> Whereabouts:
    return Whereabouts(
        fixes.track[rows], bins[rows], fixes.t[rows], fixes.lat[rows], fixes.lon[rows],
        fixes.sog_kn[rows], fixes.cog_deg[rows], fixes.line[rows],
    )  # fmt: skip


def _keys(table: Whereabouts) -> U64:
    """Return one sortable number for each (bin, track): 24 and 40 bits."""
    return (table.bin.astype(np.uint64) << np.uint64(40)) + table.track.astype(np.uint64)
