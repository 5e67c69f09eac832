"""Where and when nobody's position can be trusted, for the detectors that ask.

Ships in a jammed area and time transmit, but nobody knows where they are.  So no
stay, no meeting and no change of identity is judged there, and a silence that begins
there is not the ship's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from anomalies.marks import keys_of
from anomalies.strays import STRANGE_BINS, Strays
from tracks.batch import BIN_S, F64, HULLS_PER_MMSI, I64, U64, Mask
from tracks.geodesy import NMI_M, distance_m
from tracks.keyed import rows_of

# A silence is interference's if that was there in the bin of the last fix, the one before or
# one of so many behind it: receivers that lose their position stop within minutes.
SOON_BINS = 2
NEAR_NMI = 2.0  # a ship that lay still is back when it is as near to home as this


@dataclass(frozen=True, slots=True)
class Jams:
    """Ships that were jammed, bin by bin, and where they truly were; ordered by bin."""

    bin: I64
    lat: F64
    lon: F64
    ships: U64  # sorted: `keys_of` each such ship's MMSI and bin
    strays: Strays = field(default_factory=Strays.empty)
    radius_nmi: float = 0.0  # around each of them
    max_speed_kn: float = 0.0

    @classmethod
    def none(cls) -> Self:
        """Return the knowledge that nobody is jammed."""
        return cls(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.uint64))

    def at(self, track: I64, bins: I64, lat: F64, lon: F64) -> Mask:
        """Return which positions of tracks, at ten-minute marks `bins`, cannot be trusted.

        A mark lies between two bins, and either may have been jammed.
        """
        hidden = np.zeros(len(track), np.bool_)
        if not len(self.bin):
            return hidden
        hidden |= self._made_up(track, bins, lat, lon)
        mmsi = track // HULLS_PER_MMSI
        for back in (0, 1):
            hidden |= np.isin(keys_of(mmsi, bins - back), self.ships)
        first, last = self.bin[0], self.bin[-1] + 1
        asked = np.flatnonzero(~hidden & (bins >= first) & (bins <= last))
        for mark in np.unique(bins[asked]).tolist():
            rows = asked[bins[asked] == mark]
            hidden[rows] = self._near(mark, lat[rows], lon[rows])
        return hidden

    def began_in(self, track: I64, t: F64, lat: F64, lon: F64) -> Mask:
        """Return which silences of tracks after a fix at Unix times `t` may be interference's."""
        found = np.zeros(len(track), np.bool_)
        if len(self.bin):
            bins = np.floor(t / BIN_S).astype(np.int64)
            for ahead in range(SOON_BINS + 1):
                found |= self.at(track, bins + ahead, lat, lon)
            strays = self.strays.take(self.strays.jammed)  # the ship itself was heard elsewhere
            rows, known = rows_of(strays.track, track)
            found[known] |= bins[known] - strays.birth[rows[known]] < STRANGE_BINS
        return found

    def _made_up(self, track: I64, bins: I64, lat: F64, lon: F64) -> Mask:
        """Return which positions are of hulls that interference made up.

        A ship may come back under such a hull.  It is believed where it is no farther from
        home than ships go at a quarter of `max_speed_kn`: faster ones neither stay nor meet.
        """
        found = np.zeros(len(track), np.bool_)
        strays = self.strays.take(self.strays.jammed)
        rows, known = rows_of(strays.track, track)
        asked = np.flatnonzero(known)
        if len(asked):
            its = strays.take(rows[asked])
            hours = (bins[asked] * BIN_S - its.home_t) / 3600
            apart_m = distance_m(lat[asked], lon[asked], its.home_lat, its.home_lon)
            away = apart_m > (NEAR_NMI + hours * self.max_speed_kn / 4) * NMI_M
            since = bins[asked] - its.birth
            found[asked] = away & (since >= 0) & (since < STRANGE_BINS)
        return found

    def _near(self, mark: int, lat: F64, lon: F64) -> Mask:
        begin, end = np.searchsorted(self.bin, [mark - 1, mark + 1])
        places = slice(begin, end)
        apart_m = distance_m(
            lat[:, None], lon[:, None], self.lat[None, places], self.lon[None, places]
        )
        return np.asarray((apart_m <= self.radius_nmi * NMI_M).any(axis=1))
