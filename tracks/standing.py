"""Where hulls stood at some moment, by the pages of the record: heard then, or silent.

A page tells at which ten-minute marks of a day a hull was heard, and where.  A moment lies
between two marks; what matters is the last mark before it at which the hull was heard, and
the first one behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracks.batch import BIN_S, F64, I64, Columns, Mask, column
from tracks.geodesy import NMI_M, distance_m, interpolate
from tracks.way import MARKS, points_of

_KEY = 1 << 32  # more than any number of a ten-minute mark


@dataclass(frozen=True, slots=True)
class Standing(Columns):
    """A hull around a moment: nan where it was not heard before, or not again.

    `speed0_kn` is how fast it went up to `t0`, `speed1_kn` from `t1` on, and
    `fastest_kn` the most in all the pages at hand; nan if that is not known.
    """

    track: I64 = column(np.int64)
    t: F64 = column(np.float64)  # the moment, Unix seconds
    t0: F64 = column(np.float64, np.nan)  # last heard before it
    lat0: F64 = column(np.float64, np.nan)
    lon0: F64 = column(np.float64, np.nan)
    speed0_kn: F64 = column(np.float64, np.nan)
    t1: F64 = column(np.float64, np.nan)  # heard again
    lat1: F64 = column(np.float64, np.nan)
    lon1: F64 = column(np.float64, np.nan)
    speed1_kn: F64 = column(np.float64, np.nan)
    fastest_kn: F64 = column(np.float64, np.nan)

    @property
    def between(self) -> Mask:
        """Whether it was heard at the marks right before and behind, with one missing at most."""
        return np.asarray(self.t1 - self.t0 <= 2 * BIN_S)

    @property
    def heard(self) -> Mask:
        """Whether it was heard within ten minutes."""
        return np.asarray(self.between | (self.t - self.t0 <= BIN_S) | (self.t1 - self.t <= BIN_S))

    def place(self) -> tuple[F64, F64]:
        """Return where each was: on the straight way if heard on both sides, or the nearer end.

        For hulls that were silent this is only the end of the silence that lies nearer in time.
        """
        span = self.t1 - self.t0
        share = np.where(span > 0, (self.t - self.t0) / np.where(span > 0, span, 1), 0)
        lat, lon = interpolate(self.lat0, self.lon0, self.lat1, self.lon1, share)
        first = ~(self.t1 - self.t < self.t - self.t0)
        end_lat, end_lon = (
            np.where(first, self.lat0, self.lat1),
            np.where(first, self.lon0, self.lon1),
        )
        return np.where(self.between, lat, end_lat), np.where(self.between, lon, end_lon)

    def chord_kn(self) -> F64:
        """Return the speed of the straight way from `t0` to `t1`; nan if one end is not known."""
        way_nmi = distance_m(self.lat0, self.lon0, self.lat1, self.lon1) / NMI_M
        return np.asarray(way_nmi / np.maximum(self.t1 - self.t0, 1) * 3600)


@dataclass(frozen=True, slots=True)
class Marks:
    """Every mark at which some hulls were heard, sorted by (track, mark)."""

    track: I64
    bin: I64
    lat: F64
    lon: F64
    speed_kn: F64  # up to the mark; nan if the mark before was not heard
    hulls: I64  # tracks, sorted
    fastest_kn: F64  # by hull

    @classmethod
    def read(cls, track: I64, day: I64, heard: Sequence[bytes], packed: Sequence[bytes]) -> Marks:
        """Unpack pages, sorted by (track, day); see `tracks.way`."""
        bits = np.unpackbits(np.frombuffer(b"".join(heard), np.uint8)).reshape(-1, MARKS)
        row, mark = np.nonzero(bits)
        lat, lon = _places(row, mark, packed)
        whose, bins = track[row], day[row] * MARKS + mark
        speed = np.full(len(bins), np.nan)
        next_to = (whose[1:] == whose[:-1]) & (bins[1:] - bins[:-1] == 1)
        legs_nmi = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) / NMI_M
        speed[1:][next_to] = legs_nmi[next_to] * 3600 / BIN_S
        hulls, first = np.unique(whose, return_index=True)
        fastest = np.fmax.reduceat(speed, first) if len(first) else np.empty(0)
        return cls(whose, bins, lat, lon, speed, hulls, fastest)

    def of_all(self, moments: F64) -> Standing:
        """Return how every hull stood at every moment, (H * M,) rows."""
        hulls, times = len(self.hulls), len(moments)
        return self.of(np.repeat(self.hulls, times), np.tile(moments, hulls))

    def of(self, tracks: I64, moments: F64) -> Standing:
        """Return how hulls stood, each at its own moment: shape (N,) both."""
        number = np.searchsorted(self.hulls, tracks)
        mine = np.searchsorted(self.hulls, self.track) * _KEY + self.bin
        wanted = number * _KEY + np.floor(moments / BIN_S).astype(np.int64)
        after = np.searchsorted(mine, wanted, side="right")
        known = np.zeros(len(tracks), np.bool_)
        if len(self.hulls):
            known = self.hulls[np.minimum(number, len(self.hulls) - 1)] == tracks
        found = Standing.make(len(tracks), track=tracks, t=moments)
        ends = (("0", after - 1, 0), ("1", after, 1))
        for end, rows, ahead in ends:
            inside = known & (rows >= 0) & (rows < len(mine))
            inside[inside] = self.track[rows[inside]] == tracks[inside]
            at = rows[inside]
            getattr(found, f"t{end}")[inside] = self.bin[at] * float(BIN_S)
            getattr(found, f"lat{end}")[inside] = self.lat[at]
            getattr(found, f"lon{end}")[inside] = self.lon[at]
            # How it went before it fell silent, and behind the mark at which it was back.
            leg = np.minimum(at + ahead, len(mine) - 1)
            same = self.track[leg] == self.track[at]
            getattr(found, f"speed{end}_kn")[inside] = np.where(same, self.speed_kn[leg], np.nan)
        found.fastest_kn[known] = self.fastest_kn[number[known]]
        return found


def _places(row: I64, mark: I64, packed: Sequence[bytes]) -> tuple[F64, F64]:
    """Return where hulls were at marks of pages, as `tracks.way.way` does for one page."""
    kept_row, kept_mark, lat, lon = points_of(packed)
    if not len(row):
        return np.empty(0), np.empty(0)
    kept, wanted = kept_row * MARKS + kept_mark, row * MARKS + mark
    after = np.minimum(np.searchsorted(kept, wanted), len(kept) - 1)
    after -= kept_row[after] > row  # behind the last point of its page it stayed there
    before = after - (kept[after] > wanted)
    between = np.maximum(kept[after] - kept[before], 1)
    share = np.clip((wanted - kept[before]) / between, 0, 1)
    return interpolate(lat[before], lon[before], lat[after], lon[after], share)
