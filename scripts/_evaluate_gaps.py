"""(a) Silences at one shore station: which ships were switched off, and which just not heard."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import _evaluate_scenes as scenes
import numpy as np
from _evaluate_metrics import Ranking, Span, match
from _evaluate_reception import Climate, stream
from _evaluate_run import Found, found_in
from _evaluate_sea import Cast, Play, Recording, hide, record

from receiver.sources import sea_port, sea_traffic, sea_wanted
from receiver.sources.sea_chart import DAY, HOUR
from sternlight.settings import Settings
from tracks.batch import BIN_S, F64, I64, U8, Columns, Mask, column
from tracks.places import Places

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z
LEAST_H = 2.0  # silences shorter than this are nobody's business
LEARN_DAYS = 3.0  # at the beginning, in which a station learns; not counted
OFF_SHARE = 0.5  # of a silence; more of it switched off, and it is a true one
PARTLY_SHARE = 0.02  # more than that, and it is neither a true nor an innocent one
A_WEEK, LASTS_H = 0.3, (1.5, 14.0)  # how often and for how long a ship switches off
BEFORE_H, BEFORE_LEAST = 12.0, 14  # Welch et al. 2022, doi 10.1126/sciadv.abq2109
CAST = Cast(
    {
        sea_traffic.Passer: 24,
        scenes.Wanderer: 40,
        scenes.SmallWanderer: 24,
        scenes.Tramp: 24,
        sea_traffic.DayBoat: 16,
        sea_traffic.Trawler: 20,
        sea_wanted.Leaver: 8,
        sea_port.Anchored: 10,
        sea_port.Moored: 6,
        sea_port.PortCall: 3,
        sea_traffic.PairTrawlers: 3,
        sea_port.Rafted: 2,
        sea_traffic.Convoy: 3,
        sea_traffic.IslandFerry: 1,
        sea_traffic.Yacht: 4,
        sea_traffic.NightFerry: 2,
    }
)


OFF, PARTLY, OUTAGE, QUAY, BEYOND, WEAK = range(6)
CAUSES = (
    "switched off",
    "switched off for less than half of it (counted in no other table)",
    "began with an outage of the station",
    "power cut at the quay",
    "out of hearing for most of it",
    "poorly heard, and then not at all",
)
BEYOND_CHANCE = 0.2  # to be heard within ten minutes, mean over a silence, on the true way


@dataclass(frozen=True, slots=True)
class Silences(Columns):
    """Times in which a ship that had been heard was not; `truth`: it was switched off."""

    ship: I64 = column(np.int64)
    start: F64 = column(np.float64)  # heard for the last time before
    end: F64 = column(np.float64)  # heard again, or the end of the recording
    truth: Mask = column(np.bool_)
    cause: U8 = column(np.uint8)  # index into CAUSES
    before_count: I64 = column(np.int64)  # positions in the 12 h before
    shore_nmi: F64 = column(np.float64)
    surprise: F64 = column(np.float64)  # to somebody who knows all but the fading
    score: F64 = column(np.float64, -np.inf)  # of the event listed for it; -inf: none
    chance: F64 = column(np.float64, np.nan)

    @property
    def hours(self) -> F64:
        """How long each lasts."""
        return (self.end - self.start) / HOUR


class Station(NamedTuple):
    """What came of one sea."""

    every: Silences
    elsewhere: int  # gap events that are no silence of two hours or more
    outages: int
    start_min: F64  # how far off starts and ends of true ones are, in minutes
    end_min: F64
    weeks: float

    @property
    def silences(self) -> Silences:
        """Those that are either true or innocent."""
        return self.every.take(self.every.cause != PARTLY)


def station(seed: int, days: float, settings: Settings, places: Places) -> Station:
    """Play one sea, hear it, judge it, and compare."""
    sea = Play(seed, CAST.vessels, START, START + days * DAY, cast=CAST)
    hidden = hide(sea, stream(seed, 6), A_WEEK, LASTS_H)
    return compared(record(sea, Climate(), hidden), days, settings, places)


def compared(recording: Recording, days: float, settings: Settings, places: Places) -> Station:
    """Judge a recording of so many days, and compare what is listed with what truly was."""
    sea, silences = recording.sea, silences_of(recording, places)
    gaps = [f for f in found_in(recording.positions, recording.statics, settings, places)
            if f.kind == "gap"]  # fmt: skip
    since = START + min(LEARN_DAYS, days / 3) * DAY
    elsewhere = judged(silences, gaps, sea.register.mmsi, since)
    silences = silences.take(silences.start >= since)
    starts, ends = _errors(silences, recording)
    weeks = (sea.end - since) / (7 * DAY)
    return Station(silences, elsewhere, len(recording.antenna.outages), starts, ends, weeks)


def silences_of(recording: Recording, places: Places) -> Silences:
    """Return every silence of `LEAST_H` or more, also those that last to the end."""
    sea, heard = recording.sea, recording.positions
    ships_of = {mmsi: ship for ship, mmsi in enumerate(sea.register.mmsi.tolist())}
    order = np.lexsort((heard.t, heard.mmsi))
    mmsi, t = heard.mmsi[order].astype(np.int64), heard.t[order]
    last = np.append(mmsi[1:] != mmsi[:-1], True)
    until = np.where(last, sea.end, np.append(t[1:], sea.end))
    row = np.flatnonzero(until - t >= LEAST_H * HOUR)
    ship = np.array([ships_of[m] for m in mmsi[row].tolist()])
    start, end = t[row], until[row]
    keys = mmsi * (1 << 32) + t.astype(np.int64)
    before = row - np.searchsorted(
        keys, mmsi[row] * (1 << 32) + (start - BEFORE_H * HOUR).astype(np.int64)
    )
    shore_nmi = places.shore_nmi(heard.lat[order][row], heard.lon[order][row])
    off = off_s(recording, ship, start, end) / (end - start)
    cause = _cause(recording, off, ship, start, end)
    return Silences.make(
        len(row),
        ship=ship,
        start=start,
        end=end,
        truth=cause == OFF,
        cause=cause,
        before_count=before,
        shore_nmi=shore_nmi,
        surprise=_along(recording, _costs(recording), ship, start, end),
    )


def off_s(recording: Recording, ship: I64, start: F64, end: F64) -> F64:
    """Return for how many seconds of each span its ship was switched off."""
    hidden = recording.hidden
    total = np.zeros(len(ship))
    for who, a, b in zip(hidden.ship.tolist(), hidden.start, hidden.end, strict=True):
        rows = np.flatnonzero(ship == who)
        total[rows] += np.maximum(np.minimum(end[rows], b) - np.maximum(start[rows], a), 0)
    return total


def _with_outage(recording: Recording, start: F64, end: F64) -> Mask:
    """Return which spans begin at most half an hour before an outage and outlast its half."""
    begins = np.zeros(len(start), np.bool_)
    for a, z in recording.antenna.outages:
        begins |= (start >= a - 1800) & (start <= a) & (end >= (a + z) / 2)
    return begins


def _silent(recording: Recording) -> F64:
    """Return the chance that nothing is heard of each ship in each ten-minute bin."""
    ships, bins = recording.way.shape
    middles = recording.sea.start + BIN_S * (np.arange(bins) + 0.5)
    silent = recording.antenna.silent(
        np.repeat(np.arange(ships), bins),
        np.tile(middles, ships),
        recording.way.ravel(),
        recording.sent.ravel(),
    )
    return silent.reshape(ships, bins)


def _costs(recording: Recording) -> F64:
    return np.asarray(-np.log(np.maximum(_silent(recording), 1e-12)), np.float64)


def _along(recording: Recording, values: F64, ship: I64, start: F64, end: F64) -> F64:
    """Return the sum of a ship's values over the whole bins of each span."""
    bins = values.shape[1]
    summed = np.zeros((len(values), bins + 1))
    np.cumsum(values, axis=1, out=summed[:, 1:])
    first, last = (np.clip((x - recording.sea.start) / BIN_S, 0, bins) for x in (start, end))
    a, z = np.ceil(first).astype(np.int64), np.floor(last).astype(np.int64)
    return np.asarray(np.maximum(summed[ship, np.maximum(a, z)] - summed[ship, a], 0), np.float64)


def _cause(recording: Recording, off: F64, ship: I64, start: F64, end: F64) -> U8:
    """Return why each silence came about, the first reason that holds."""
    bins = np.maximum(np.floor((end - start) / BIN_S) - 1, 1)
    cut = _along(recording, (recording.sent == 0).astype(np.float64), ship, start, end) / bins
    moored = _along(recording, recording.moored.astype(np.float64), ship, start, end) / bins
    # Switched off at the quay is the same act for whatever reason, and nobody's business.
    quay = (cut > 0.5) | ((off > PARTLY_SHARE) & (moored > 0.5))
    chance = _along(recording, 1 - _silent(recording), ship, start, end) / bins
    outage = _with_outage(recording, start, end)
    held = [quay, off > OFF_SHARE, off > PARTLY_SHARE, outage, chance < BEYOND_CHANCE]
    return np.select(held, [QUAY, OFF, PARTLY, OUTAGE, BEYOND], WEAK).astype(np.uint8)


def judged(silences: Silences, gaps: Sequence[Found], mmsi: I64, since: float) -> int:
    """Fill in what the listed gaps say; return how many of them are no silence."""
    true = [Span((int(mmsi[s]),), a, b) for s, a, b in zip(silences.ship.tolist(),
            silences.start.tolist(), silences.end.tolist(), strict=True)]  # fmt: skip
    matched = match([gap.span for gap in gaps], true)
    for i, j in matched.items():
        silences.score[j], silences.chance[j] = gaps[i].score, gaps[i].chance
    return sum(i not in matched and gap.span.start >= since for i, gap in enumerate(gaps))


def _errors(silences: Silences, recording: Recording) -> tuple[F64, F64]:
    """Return how far listed true silences are from the switching off and on, in minutes."""
    hidden = recording.hidden
    rows = silences.take(silences.truth & (silences.score > -np.inf))
    starts, ends = [], []
    for who, a, b in zip(rows.ship.tolist(), rows.start, rows.end, strict=True):
        of = hidden.take((hidden.ship == who) & (hidden.start < b) & (hidden.end > a))
        longest = int(np.argmax(np.minimum(of.end, b) - np.maximum(of.start, a)))
        starts.append(abs(float(of.start[longest]) - a) / 60)
        ends.append(abs(float(of.end[longest]) - b) / 60)
    return np.array(starts), np.array(ends)


RULES: dict[str, Callable[[Silences], Mask]] = {
    "longer than 2 h": lambda s: s.hours > 2,
    "longer than 6 h (GFW's gaps)": lambda s: s.hours > 6,
    "longer than 12 h": lambda s: s.hours > 12,
    "12 h or more, 50 nmi or more from shore, 14 positions or more in the 12 h before "
    "(GFW's and Welch's disabling)": lambda s: (
        (s.hours >= 12) & (s.shore_nmi >= 50) & (s.before_count >= BEFORE_LEAST)
    ),
    "12 h or more and 14 positions or more in the 12 h before": lambda s: (
        (s.hours >= 12) & (s.before_count >= BEFORE_LEAST)
    ),
    "longer than 2 h and 14 positions or more in the 12 h before": lambda s: (
        (s.hours > 2) & (s.before_count >= BEFORE_LEAST)
    ),
}
RANKINGS: dict[str, Callable[[Silences], F64]] = {
    "Sternlight's score": lambda s: s.score,
    "how long the silence is": lambda s: s.hours,
    "positions in the 12 h before": lambda s: s.before_count.astype(np.float64),
    "somebody who knows the antenna and the true way": lambda s: s.surprise,
}


def rankings(stations: Sequence[Station], name: str, least_h: float) -> list[Ranking]:
    """Return for each sea the silences of at least that length, with a score each.

    For Sternlight's score, listed gaps that are no silence count as false.
    """
    of, ours = RANKINGS[name], name == next(iter(RANKINGS))
    found = []
    for one in stations:
        rows = one.silences.take(one.silences.hours >= least_h)
        more = one.elsewhere if ours else 0
        found.append(
            Ranking(
                np.append(rows.truth, np.zeros(more, np.bool_)),
                np.append(of(rows), np.full(more, np.inf)),
            )
        )
    return found


def by_length(stations: Sequence[Station], edges: Sequence[float]) -> dict[float, tuple[int, int]]:
    """Return how many silences begin each span of lengths, and how many of them are true."""
    counts: defaultdict[float, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for low, high in zip(edges, [*edges[1:], math.inf], strict=True):
        for one in stations:
            inside = (one.silences.hours >= low) & (one.silences.hours < high)
            n, true = counts[low]
            counts[low] = (
                n + int(inside.sum()),
                true + int((inside & one.silences.truth).sum()),
            )
    return counts
