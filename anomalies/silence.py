"""The chance that a ship which went on transmitting was not heard, along the ways it may have gone.

Bin by bin along each way the coverage says how likely it was to be heard
(`tracks.coverage`).  That all of a silence was unlucky in the same way (a mast
that shadows its antenna, an inversion that broke down, a way somewhat other than
drawn) is allowed for: the log-odds of all its bins may be off together, by a normal
deviation, and the chance is the mean over these.  Of the ways, the least surprising
counts.

Bins in which nobody at all was heard say nothing, and neither do places of which
nothing is known.  Only the first 24 h of a silence are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from anomalies.hearing import Hearing
from anomalies.last_heard import Last
from tracks.batch import BIN_S, F32, F64, I64, U8, Fixes, Mask, column
from tracks.coverage import Coverage
from tracks.geodesy import NMI_M, destination
from tracks.recency import keys
from tracks.trials import kinds
from tracks.ways import Ends, Ways, around, back, chord, onward, onward_and_back

MOST_BINS = 144
LEAST_KNOWN_BINS = 6  # with less than an hour of known places nothing is said
DEVIATION = 1.0  # log-odds; see docs/coverage.md
AROUND = 0.5  # log10: of ten ships three come back by a detour; see docs/coverage.md
AT_ONCE = 64  # silences; bounds memory

# Gauss's quadrature for the normal distribution (hermite_e.hermegauss(9) of numpy, with weights
# that sum up to 1): working it out would load 1 MB of linear algebra for nothing else.
_HALF_NODES = [4.512745863399783, 3.20542900285647, 2.07684797867783, 1.0232556637891326]
_HALF_WEIGHTS = [2.2345844007746607e-05, 0.0027891413212317692, 0.04991640676521782,
                 0.24409750289493953]  # fmt: skip
_NODES = np.array([*(-node for node in _HALF_NODES), 0.0, *reversed(_HALF_NODES)])
_WEIGHTS = np.array([*_HALF_WEIGHTS, 0.40634920634920635, *reversed(_HALF_WEIGHTS)])


@dataclass(frozen=True, slots=True)
class Silences(Ends):
    """Silences of ships; the second fix is nan, but for its time, while it lasts."""

    track: I64 = column(np.int64)
    kind: U8 = column(np.uint8)
    interval: U8 = column(np.uint8)  # of the reports before, see `recency`
    near_land: Mask = column(np.bool_)  # whether it began near a port or the shore


def lasting(last: Last, near_land: Mask, until: F64) -> Silences:
    """Return the silences behind these last fixes as they stood at Unix times `until`."""
    nan = np.full(len(last), np.nan)
    unknown = np.full(len(last), np.nan, np.float32)
    return _silences(last, near_land, until, nan, nan, unknown, unknown)


def over(last: Last, near_land: Mask, back: Fixes) -> Silences:
    """Return the silences behind these last fixes that the fixes in `back` ended."""
    return _silences(last, near_land, back.t, back.lat, back.lon, back.sog_kn, back.cog_deg)


def _silences(
    last: Last, near_land: Mask, t: F64, lat: F64, lon: F64, sog_kn: F32, cog_deg: F32
) -> Silences:
    kind = kinds(last.ship_class, last.nav_status, last.sog_kn)
    return Silences(
        last.t, last.lat, last.lon, last.sog_kn, last.cog_deg, t, lat, lon, sog_kn, cog_deg,
        last.track, kind, last.interval(), near_land,
    )  # fmt: skip


def computed(silences: Silences, coverage: Coverage, hearing: Hearing) -> tuple[F64, F64]:
    """Return -log10 of the chance of each silence, and the share of its bins that is known.

    Chances are nan where less than an hour of the way is known.  Rounded, so that
    what was computed together does not matter.
    """
    surprise, share = np.full(len(silences), np.nan), np.zeros(len(silences))
    for begin in range(0, len(silences), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        some = silences.take(rows)
        ways, unlikely = zip(*_ways(some), strict=True)
        bins = _Bins.of(some, coverage, hearing).repeated(len(ways))
        along, known = bins.along(Ways.concat(ways), coverage)
        by_way = along.reshape(len(ways), -1) + np.array(unlikely)[:, None]
        surprise[rows] = np.fmin.reduce(by_way)
        share[rows] = known.reshape(len(ways), -1).max(axis=0)
    return np.round(surprise, 6), share


def _ways(silences: Silences) -> list[tuple[Ways, float]]:
    """Return the ways they may have gone, and how much less likely than others, log10.

    While a silence lasts these are on as before, or nowhere.
    """
    lasts = np.isnan(silences.lat2)
    gone_nmi = silences.sog1_kn * (silences.t2 - silences.t1) / 3600
    away_m = np.nan_to_num(np.where(lasts, gone_nmi * NMI_M, 0))
    ahead = destination(silences.lat1, silences.lon1, np.nan_to_num(silences.cog1_deg), away_m)
    here, on = (
        replace(
            silences,
            lat2=np.where(lasts, place[0], silences.lat2),
            lon2=np.where(lasts, place[1], silences.lon2),
            sog1_kn=np.where(lasts, np.nan, silences.sog1_kn),
        )
        for place in ((silences.lat1, silences.lon1), ahead)
    )
    if lasts.all():
        return [(chord(here), 0.0), (chord(on), 0.0)]
    direct = [chord(here), onward(on), back(on), onward_and_back(on)]
    return [
        *((way, 0.0) for way in direct),
        *((around(on, side), AROUND) for side in (1, -1)),
    ]


class _Bins(NamedTuple):
    """The ten-minute bins of some silences, one row each."""

    silence: I64  # its row
    passed: F64  # share of the silence
    kind: U8
    shift: F64  # of the log-odds, see `Coverage.shift`
    anybody: Mask  # whether anybody was heard in it
    bins_count: I64  # by silence

    @classmethod
    def of(cls, silences: Silences, coverage: Coverage, hearing: Hearing) -> _Bins:
        first = (silences.t1 // BIN_S).astype(np.int64) + 1
        count = np.clip((silences.t2 // BIN_S).astype(np.int64) - first, 0, MOST_BINS)
        row = np.repeat(np.arange(len(silences)), count)
        unheard = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        bins, t1, kind = first[row] + unheard, silences.t1[row], silences.kind[row]
        recent = keys(kind, silences.interval[row], unheard)
        shift = coverage.shift(silences.track[row], bins, recent)
        passed = ((bins + 0.5) * BIN_S - t1) / (silences.t2[row] - t1)
        return cls(row, passed, kind, shift, hearing.anybody(bins), count)

    def repeated(self, ways_count: int) -> _Bins:
        """Return those of silences whose ships can have gone so many ways: way by way."""
        begins = np.repeat(np.arange(ways_count) * len(self.bins_count), len(self.silence))
        return _Bins(
            np.tile(self.silence, ways_count) + begins,
            np.tile(self.passed, ways_count),
            np.tile(self.kind, ways_count),
            np.tile(self.shift, ways_count),
            np.tile(self.anybody, ways_count),
            np.tile(self.bins_count, ways_count),
        )

    def along(self, ways: Ways, coverage: Coverage) -> tuple[F64, F64]:
        """Return the surprise along the way of each, nan if unknown; and the share known."""
        chance, known = coverage.chance(*ways.at(self.silence, self.passed), self.kind, self.shift)
        known &= self.anybody
        row, odds = self.silence[known], np.log(chance[known] / (1 - chance[known]))
        log_p = np.stack(
            [
                np.bincount(row, -np.log1p(np.exp(odds + DEVIATION * node)), len(self.bins_count))
                for node in _NODES
            ]
        )
        top = log_p.max(axis=0)
        mean = top + np.log((_WEIGHTS[:, None] * np.exp(log_p - top)).sum(axis=0))
        known_count = np.bincount(row, minlength=len(self.bins_count))
        surprise = np.where(known_count >= LEAST_KNOWN_BINS, -mean / np.log(10), np.nan)
        return surprise, known_count / np.maximum(self.bins_count, 1)
