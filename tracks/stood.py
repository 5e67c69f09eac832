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
from tracks.keyed import rows_of
from tracks.way import MARKS, points_of

_KEY = 1 << 32  # more than any number of a ten-minute mark
_LEGS = 6  # an hour of them tells how fast a hull goes


@dataclass(frozen=True, slots=True)
class Stood(Columns):
    """A hull around a moment: nan where it was not heard before, or not again.

    `speed0_kn` is how fast it went up to `t0`, `speed1_kn` from `t1` on, and
    `fastest_kn` the most in an hour at either end; nan if that is not known.
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
    """Every mark at which some hulls were heard, sorted by (track, mark), unpacked when asked."""

    track: I64
    bin: I64
    hulls: I64  # tracks, sorted
    _key: I64  # (which hull, mark) as one number
    _page: I64
    _kept_page: I64  # of the points that the pages keep
    _kept: I64  # (page, mark of the day) as one number
    _lat: F64
    _lon: F64

    @classmethod
    def read(cls, track: I64, day: I64, heard: Sequence[bytes], packed: Sequence[bytes]) -> Marks:
        """Take pages, sorted by (track, day); see `tracks.way`."""
        bits = np.unpackbits(np.frombuffer(b"".join(heard), np.uint8)).reshape(-1, MARKS)
        page, mark = np.nonzero(bits)
        whose, bins = track[page], day[page] * MARKS + mark
        hulls = np.unique(track)
        key = np.searchsorted(hulls, whose) * _KEY + bins
        kept_page, kept_mark, lat, lon = points_of(packed)
        kept = kept_page * MARKS + kept_mark
        return cls(whose, bins, hulls, key, page, kept_page, kept, lat, lon)

    def places(self, rows: I64) -> tuple[F64, F64]:
        """Return where hulls were at some of the marks, as `tracks.way.way` does for one page."""
        page = self._page[rows]
        wanted = page * MARKS + self.bin[rows] % MARKS
        after = np.minimum(np.searchsorted(self._kept, wanted), len(self._kept) - 1)
        after -= self._kept_page[after] > page  # behind the last point of its page it stayed there
        before = after - (self._kept[after] > wanted)
        between = np.maximum(self._kept[after] - self._kept[before], 1)
        share = np.clip((wanted - self._kept[before]) / between, 0, 1)
        lat, lon = self._lat, self._lon
        return interpolate(lat[before], lon[before], lat[after], lon[after], share)

    def kept(self) -> Mask:
        """Return which marks are points that their page keeps: the corners of the ways."""
        return np.isin(self._page * MARKS + self.bin % MARKS, self._kept)

    def of_all(self, moments: F64, within_s: float) -> Stood:
        """Return how every hull stood at every moment that it was heard around.

        Left out is who was not heard within ten minutes, nor in the last `within_s`.
        """
        tracks = np.repeat(self.hulls, len(moments))
        times = np.tile(moments, len(self.hulls))
        before, behind = self._ends(tracks, times)
        near = np.zeros(len(tracks), np.bool_)
        for rows, slack_s in ((before, within_s), (behind, float(BIN_S))):
            known = rows >= 0
            near[known] |= np.abs(times[known] - self.bin[rows[known]] * BIN_S) <= slack_s
        return self.of(tracks[near], times[near])

    def of(self, tracks: I64, moments: F64) -> Stood:
        """Return how hulls stood, each at its own moment: shape (N,) both."""
        found = Stood.make(len(tracks), track=tracks, t=moments)
        fastest = np.full(len(tracks), np.nan)
        for end, step, rows in zip("01", (-1, 1), self._ends(tracks, moments), strict=True):
            known = np.flatnonzero(rows >= 0)
            at = rows[known]
            lat, lon = self.places(at)
            getattr(found, f"t{end}")[known] = self.bin[at] * float(BIN_S)
            getattr(found, f"lat{end}")[known] = lat
            getattr(found, f"lon{end}")[known] = lon
            for leg in range(_LEGS):
                at, speed_kn, lat, lon = self._leg(at, step, lat, lon)
                fastest[known] = np.fmax(fastest[known], speed_kn)
                if not leg:
                    getattr(found, f"speed{end}_kn")[known] = speed_kn
        found.fastest_kn[:] = fastest
        return found

    def _ends(self, tracks: I64, moments: F64) -> tuple[I64, I64]:
        """Return the mark up to each moment and the first behind it; -1 where there is none."""
        hull, known = rows_of(self.hulls, tracks)
        wanted = hull * _KEY + np.floor(moments / BIN_S).astype(np.int64)
        after = np.searchsorted(self._key, wanted, side="right")
        made = []
        for rows in (after - 1, after):
            inside = known & (rows >= 0) & (rows < len(self._key))
            inside[inside] = self.track[rows[inside]] == tracks[inside]
            made.append(np.where(inside, rows, -1))
        return made[0], made[1]

    def _leg(self, at: I64, step: int, lat: F64, lon: F64) -> tuple[I64, F64, F64, F64]:
        """Return the next mark in one direction, and how fast the hull went between.

        Where the next ten minutes were not heard the speed is nan, and it goes no further.
        """
        to = np.clip(at + step, 0, max(len(self._key) - 1, 0))
        next_to = self._key[to] - self._key[at] == step
        to = np.where(next_to, to, at)
        there = self.places(to)
        speed_kn = distance_m(lat, lon, *there) / NMI_M * 3600 / BIN_S
        return to, np.where(next_to, speed_kn, np.nan), *there
