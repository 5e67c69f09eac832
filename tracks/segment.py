"""One MMSI, one or several hulls: which report was made by which.

An MMSI is typed in, copied and sold, so several ships may speak under one; and
now and then a position is far off.  In order of time, a report goes to the
hull that can have made it (`tracks.plausible.Rule`) and that it fits best, and
one that no hull can have made begins a new hull.  Hulls are numbered in the
order in which they spoke first, and none ever jumps: two consecutive fixes of
a track always pass the rule.

A single wild position so becomes a hull of its own, with a fix or two.  Nobody
can know at that moment whether more will follow; `established` says later
which hulls are more than that.

There is no limit to a silence: a ship heard again after a week where it can
have come to is the same track, or its gap could not be seen.  So two ships
that took turns under one MMSI, in reach of each other, are one track.

Definition after gpsdio-segment (Global Fishing Watch), without its break after
24 hours.  Neglected: names and call signs, which could tell hulls apart that
lie within what is tolerated of each other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike

from tracks.batch import (
    F32,
    F64,
    HULLS_PER_MMSI,
    I64,
    Columns,
    Fixes,
    Mask,
    PositionBatch,
    column,
    starts,
)
from tracks.keyed import merge
from tracks.matcher import SET_ASIDE, Hull, Moment, match
from tracks.plausible import Motion, Rule
from tracks.state import State

_CROWDED = "set aside: too many hulls under one MMSI"
_NMI_PER_DEGREE = 60.1  # a little more than there are, so that what is called near is near


@dataclass(frozen=True, slots=True)
class Hulls(Columns):
    """Every hull heard so far, by its last fix; sorted by track."""

    track: I64 = column(np.int64)
    first_t: F64 = column(np.float64)
    t: F64 = column(np.float64)
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    sog_kn: F32 = column(np.float32, np.nan)
    cog_deg: F32 = column(np.float32, np.nan)
    count: I64 = column(np.int64)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step's reports by vessel, beside the hulls known before; `current` is the last heard."""

    positions: PositionBatch
    hulls: Hulls
    first: I64  # (V,) where each vessel's reports begin
    end: I64  # (V,) and end
    low: I64  # (V,) where its hulls begin in `hulls`
    high: I64  # (V,) and end
    current: I64  # (V,) which of them was heard last; -1 where there is none
    vessel: I64  # (N,) the vessel of each report


@dataclass(frozen=True, slots=True)
class Segment(Rule):
    """A fold from reports to fixes; its state is one row for each hull."""

    def start(self) -> State:
        """Return the state before anything was heard."""
        return Hulls.empty().to_state()

    def step(
        self, state: State, positions: PositionBatch, as_of: float
    ) -> tuple[State, Fixes, Counter[str]]:
        """Assign reports to hulls; return the fixes ordered by (track, t).

        `positions` are sorted by (mmsi, t), clean, and none earlier than those
        of the steps before.  Counted is what was set aside because too many
        doubtful hulls were begun under its MMSI.
        """
        if not len(positions):
            return state, Fixes.empty(), Counter()
        s = _sort_out(positions, Hulls.from_state(state))
        undecided = np.union1d(_leaps(self, s), _contested(self, s))
        followed = np.ones(len(s.first), np.bool_)
        followed[s.vessel[undecided]] = False
        last = _followed(s, np.flatnonzero(followed))
        number = _current_number(s)[s.vessel]
        if len(undecided):
            last = Hulls.concat([last, _matched(self, s, undecided, number)])
            last = last.take(np.argsort(last.track))
        track = positions.mmsi.astype(np.int64) * HULLS_PER_MMSI + number
        fixes = _by_track(positions, track, number != SET_ASIDE)
        aside = len(positions) - len(fixes)
        counts = Counter({_CROWDED: aside}) if aside else Counter[str]()
        return merge(s.hulls, last).to_state(), fixes, counts

    def established(self, state: State) -> I64:
        """Return the tracks, sorted, that are ships and not just a wild position or two.

        An MMSI's only hull is one however short; of several, those with
        `established_count` fixes over `established_s`.
        """
        hulls = Hulls.from_state(state)
        return hulls.track[self._established(hulls)]

    def implausible_count(self, state: State) -> int:
        """Return how many fixes belong to hulls that are not established."""
        hulls = Hulls.from_state(state)
        return int(hulls.count[~self._established(hulls)].sum())

    def _established(self, hulls: Hulls) -> Mask:
        return _alone(hulls) | _lasting(self, hulls.count, hulls.t - hulls.first_t)


def _alone(hulls: Hulls) -> Mask:
    mmsi = hulls.track // HULLS_PER_MMSI
    other = mmsi[1:] != mmsi[:-1]
    return np.asarray(np.append(True, other) & np.append(other, True))


def _lasting(rule: Rule, count: I64, heard_s: F64) -> Mask:
    return (count >= rule.established_count) & (heard_s >= rule.established_s)


def _sort_out(positions: PositionBatch, hulls: Hulls) -> _Step:
    first = starts(positions.mmsi)
    end = np.append(first[1:], len(positions))
    low_track = positions.mmsi[first].astype(np.int64) * HULLS_PER_MMSI
    low = np.searchsorted(hulls.track, low_track)
    high = np.searchsorted(hulls.track, low_track + HULLS_PER_MMSI)
    current = np.where(high > low, low, -1)
    for v in np.flatnonzero(high - low > 1):
        current[v] = low[v] + np.argmax(hulls.t[low[v] : high[v]])
    vessel = np.repeat(np.arange(len(first)), end - first)
    return _Step(positions, hulls, first, end, low, high, current, vessel)


def _leaps(rule: Rule, s: _Step) -> I64:
    """Return the reports that cannot be of the hull that made the one before."""
    p = s.positions
    t, lat, lon = (_shifted(s, name) for name in ("t", "lat", "lon"))
    degrees_per_s = rule.max_speed_kn / 3600 / _NMI_PER_DEGREE
    near = np.maximum((p.t - t) * degrees_per_s, rule.tolerance_nmi / _NMI_PER_DEGREE)
    # The sum of both differences is never less than the distance; so what is near stays near.
    rows = np.flatnonzero(np.abs(p.lat - lat) + np.abs(p.lon - lon) > near)
    return rows[~rule.reaches(_motion(rule, _before(s, rows)), _motion(rule, p.take(rows)))]


def _shifted(s: _Step, name: str) -> F64:
    """Return a column as each vessel's report before had it; its first ever stands for itself."""
    now: F64 = getattr(s.positions, name)
    known = s.current >= 0
    before = np.empty_like(now)
    before[1:] = now[:-1]
    before[s.first] = now[s.first]
    before[s.first[known]] = getattr(s.hulls, name)[s.current[known]]
    return before


def _before(s: _Step, rows: I64) -> Hulls:
    """Return the current hull of each report's vessel as it stood before that report."""
    vessel = s.vessel[rows]
    batch, current = rows - s.first[vessel], s.current[vessel]
    known = current >= 0
    p = s.positions.take(rows - 1)
    hulls = Hulls.make(
        len(rows),
        t=p.t,
        lat=p.lat,
        lon=p.lon,
        sog_kn=p.sog_kn,
        cog_deg=p.cog_deg,
        first_t=s.positions.t[s.first[vessel]],
        count=batch,
    )
    for name in ("t", "lat", "lon", "sog_kn", "cog_deg"):
        remembered = batch == 0
        getattr(hulls, name)[remembered] = getattr(s.hulls, name)[current[remembered]]
    hulls.first_t[known] = s.hulls.first_t[current[known]]
    hulls.count[known] += s.hulls.count[current[known]]
    return hulls


def _motion(rule: Rule, rows: Hulls | PositionBatch) -> Motion:
    return rule.motion(rows.t, rows.lat, rows.lon, rows.sog_kn, rows.cog_deg)


def _contested(rule: Rule, s: _Step) -> I64:
    """Return the reports that another hull than the current one might take."""
    rivals, low, high = _rivals(rule, s)
    # Beside others, even forgotten ones, a doubtful hull is forgotten in its turn.
    asked = (high > low) | ((s.high - s.low > 1) & ~_established_now(rule, s))
    rows = np.flatnonzero(asked[s.vessel])
    if not len(rows):
        return rows
    before, report = _before(s, rows), s.positions.take(rows)
    now = _motion(rule, report)
    misfit = _misfit(rule, before, _motion(rule, before), now)
    pair, other = _ranges(low[s.vessel[rows]], high[s.vessel[rows]])
    hulls = s.hulls.take(rivals[other])
    of_rival = _misfit(rule, hulls, _motion(rule, hulls), now.take(pair))
    lost = np.isinf(misfit)
    lost[pair[np.isfinite(of_rival) & (of_rival <= misfit[pair])]] = True
    return rows[lost]


def _established_now(rule: Rule, s: _Step) -> Mask:
    """Return whether each vessel's current hull is known to be one; it stays so."""
    hulls = s.hulls.take(s.current[s.current >= 0])
    known = s.current >= 0
    known[known] = _lasting(rule, hulls.count, hulls.t - hulls.first_t)
    return known


def _rivals(rule: Rule, s: _Step) -> tuple[I64, I64, I64]:
    """Return the hulls beside each vessel's current one that may still take a report.

    Their rows in `hulls`, and where each vessel's begin and end among them.
    Wild positions of weeks ago would otherwise be asked about every report.
    """
    vessel, row = _ranges(s.low, s.high)
    hulls = s.hulls.take(row)
    silent_h = (s.positions.t[s.first[vessel]] - hulls.t) / 3600
    live = _lasting(rule, hulls.count, hulls.t - hulls.first_t) | (silent_h <= rule.memory_h)
    live &= row != s.current[vessel]
    high = np.cumsum(np.bincount(vessel[live], minlength=len(s.first)))
    return row[live], np.r_[0, high[:-1]], high


def _misfit(rule: Rule, hulls: Hulls, before: Motion, now: Motion) -> F64:
    """Return how badly reports fit hulls, row by row; inf where they cannot be theirs."""
    doubtful = ~_lasting(rule, hulls.count, hulls.t - hulls.first_t)
    forgotten = doubtful & ((now.t - hulls.t) / 3600 > rule.memory_h)
    misfit = rule.misfit(before, now, np.where(doubtful, rule.doubt_nmi, 0.0))
    return np.where(forgotten | ~rule.reaches(before, now), np.inf, misfit)


def _ranges(low: I64, high: I64) -> tuple[I64, I64]:
    """Return the numbers from `low` up to `high`, joined, behind the index of their pair."""
    count = high - low
    index = np.repeat(np.arange(len(low)), count)
    return index, np.arange(len(index)) + np.repeat(low - (np.cumsum(count) - count), count)


def _followed(s: _Step, vessels: I64) -> Hulls:
    """Return the hulls of vessels all of whose reports are the current hull's."""
    p, first, end, current = s.positions, s.first[vessels], s.end[vessels], s.current[vessels]
    track = p.mmsi[first].astype(np.int64) * HULLS_PER_MMSI + 1
    first_t, count, known = p.t[first], end - first, current >= 0
    track[known] = s.hulls.track[current[known]]
    first_t[known] = s.hulls.first_t[current[known]]
    count[known] += s.hulls.count[current[known]]
    return _hulls(p.take(end - 1), track, first_t, count)


def _current_number(s: _Step) -> I64:
    number, known = np.ones(len(s.current), np.int64), s.current >= 0
    number[known] = s.hulls.track[s.current[known]] % HULLS_PER_MMSI
    return number


def _hulls(last: PositionBatch, track: ArrayLike, first_t: ArrayLike, count: ArrayLike) -> Hulls:
    """Return hulls by their last reports."""
    return Hulls(
        track=np.asarray(track, np.int64),
        first_t=np.asarray(first_t, np.float64),
        t=last.t,
        lat=last.lat,
        lon=last.lon,
        sog_kn=last.sog_kn,
        cog_deg=last.cog_deg,
        count=np.asarray(count, np.int64),
    )


def _matched(rule: Rule, s: _Step, undecided: I64, number: I64) -> Hulls:
    """Match the reports from each vessel's first undecided one on; write into `number`."""
    begin = undecided[starts(s.vessel[undecided])]
    vessels = s.vessel[begin]
    low, high, end = s.low[vessels], s.high[vessels], s.end[vessels]
    _, known_rows = _ranges(low, high)
    known = iter(_moments(_motion(rule, s.hulls.take(known_rows))))
    _, report_rows = _ranges(begin, end)
    reports = iter(_moments(_motion(rule, s.positions.take(report_rows))))
    touched: list[tuple[int, float, int, int]] = []
    now = _moments(_motion(rule, _before(s, begin)))
    for v, b, e, before in zip(vessels, begin, end, now, strict=True):
        hulls = [_hull(s.hulls, row, next(known)) for row in range(s.low[v], s.high[v])]
        if b > s.first[v]:
            _bring_up(s, v, b, hulls, before)
        number[b:e] = match(rule, hulls, islice(reports, int(e - b)))
        mmsi = int(s.positions.mmsi[b])
        touched += [
            (mmsi * HULLS_PER_MMSI + h.number, h.first_t, h.count, b + h.row)
            for h in hulls
            if h.row is not None
        ]
    track, first_t, count, row = zip(*touched, strict=True)
    return _hulls(s.positions.take(np.array(row)), track, first_t, count)


def _moments(motion: Motion) -> list[Moment]:
    return list(zip(*(getattr(motion, n).tolist() for n in motion.described()), strict=True))


def _hull(hulls: Hulls, row: int, last: Moment) -> Hull:
    number = int(hulls.track[row]) % HULLS_PER_MMSI
    return Hull(number, float(hulls.first_t[row]), int(hulls.count[row]), last)


def _bring_up(s: _Step, vessel: int, row: int, hulls: list[Hull], before: Moment) -> None:
    """Let the current hull have made the vessel's reports in front of `row`."""
    first = s.first[vessel]
    if not hulls:
        hulls.append(Hull(1, float(s.positions.t[first]), 0, before))
    hull = hulls[s.current[vessel] - s.low[vessel]] if s.current[vessel] >= 0 else hulls[0]
    hull.count += int(row - first)
    hull.last, hull.row = before, -1


def _by_track(positions: PositionBatch, track: I64, kept: Mask) -> Fixes:
    fixes = Fixes(**positions.to_state(), track=track)
    if kept.all() and bool(np.all(track[1:] >= track[:-1])):
        return fixes
    order = np.argsort(track, kind="stable")
    return fixes.take(order[kept[order]])
