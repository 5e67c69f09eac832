"""What a ship's record says in numbers, over the last year in which it was heard.

A ship is one hull or several that were linked.  Each function takes rows of several ships,
whose column `ship` counts from 0 to `n - 1`, and returns one number for each.  nan: it could
not be seen, which is never the same as 0.  Whether a sign may be asked of that kind of ship,
and was remembered for long enough, `anomalies.standing` decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from anomalies.ship_kinds import ShipKind
from tracks.batch import BIN_S, F64, I64, U8, Columns, Mask, column, starts

SHIP_KINDS: tuple[ShipKind, ...] = get_args(ShipKind)
DAY_S = 86_400.0
YEAR_DAYS = 365  # a vessel-year, as in McDonald et al. 2021, doi 10.1073/pnas.2016238117
UNHEARD_DAYS = 10.0  # ours: in less a ship can hardly go out of hearing, into port and back
MARKS_PER_H = 3600 // BIN_S
HALF_DAY = 12 * MARKS_PER_H  # marks
LEAST_DAYS = 10  # ours: of fewer days a mean says little
LEAST_VOYAGES = 3  # ours
LEAST_VOYAGE_H = 6.0  # ours: less is a move within a harbour
LEFT_ON_SHARE = 0.5  # ours: fishing for half of the time in port is a status that nobody changed
ALWAYS_ON_SHARE = 0.95  # ours: so is fishing all the way out and back
MOST_EVENTS = 50  # what further ones add does not fit into a float
HIGH_SEAS_NMI = 200.0  # UN Convention on the Law of the Sea, Article 57


@dataclass(frozen=True, slots=True)
class Features(Columns):
    """One row for each ship; nan: cannot be seen."""

    kind: U8 = column(np.uint8, SHIP_KINDS.index(""))  # index into SHIP_KINDS
    memory_days: F64 = column(np.float64)  # from when it was first heard until last
    at_sea_days: F64 = column(np.float64, np.nan)
    usual_voyage_days: F64 = column(np.float64, np.nan)
    max_shore_nmi: F64 = column(np.float64, np.nan)
    high_seas_share: F64 = column(np.float64, np.nan)
    flags_count: F64 = column(np.float64, np.nan)
    names_count: F64 = column(np.float64, np.nan)
    foreign_visits_count: F64 = column(np.float64, np.nan)
    fishing_per_day_h: F64 = column(np.float64, np.nan)
    still_days: F64 = column(np.float64, np.nan)
    flag_listed_share: F64 = column(np.float64, np.nan)
    # Sums of the scores of events, as `summed` makes them.
    encounters_score: F64 = column(np.float64, np.nan)
    loiterings_score: F64 = column(np.float64, np.nan)
    gaps_score: F64 = column(np.float64, np.nan)
    identities_score: F64 = column(np.float64, np.nan)
    long_voyages_score: F64 = column(np.float64, np.nan)
    listings_score: F64 = column(np.float64, np.nan)


@dataclass(frozen=True, slots=True)
class ShipDays(Columns):
    """The days on which ships were heard; one row for each ship and day, in this order."""

    ship: I64 = column(np.int64)
    day: I64 = column(np.int64)  # Unix days
    first: F64 = column(np.float64)  # Unix seconds
    last: F64 = column(np.float64)
    heard_count: I64 = column(np.int64)  # ten-minute marks, and of these ...
    port_count: I64 = column(np.int64)  # ... near a port or anchorage
    fishing_count: I64 = column(np.int64)  # ... fishing, by its own status
    high_seas_count: I64 = column(np.int64)  # ... over 200 nmi from shore
    max_shore_nmi: F64 = column(np.float64, np.nan)


@dataclass(frozen=True, slots=True)
class Calls(Columns):
    """Port visits of ships; ordered by (ship, start)."""

    ship: I64 = column(np.int64)
    start: F64 = column(np.float64)  # Unix seconds
    end: F64 = column(np.float64)  # of one that still lasts: when the ship was last heard
    heard_h: F64 = column(np.float64)
    foreign: Mask = column(np.bool_)  # in a port of another country than the ship's own
    located: Mask = column(np.bool_)  # in a port whose country is known


def one_a_day(rows: ShipDays) -> ShipDays:
    """Return the rows, in any order, with those of several hulls on one day made one."""
    rows = rows.take(np.lexsort((rows.day, rows.ship)))
    key = rows.ship * 1_000_000 + rows.day
    first = starts(key)
    if len(first) == len(rows):
        return rows
    sums = {
        name: np.add.reduceat(getattr(rows, name), first)
        for name in ("heard_count", "port_count", "fishing_count", "high_seas_count")
    }
    return ShipDays.make(
        len(first),
        ship=rows.ship[first],
        day=rows.day[first],
        first=np.minimum.reduceat(rows.first, first),
        last=np.maximum.reduceat(rows.last, first),
        max_shore_nmi=np.fmax.reduceat(rows.max_shore_nmi, first),
        **sums,
    )


def at_sea_days(n: int, rows: ShipDays) -> F64:
    """Return the longest time for which a ship was heard at sea, never silent for long.

    It ends with a silence of over `UNHEARD_DAYS`, and with a day on which the ship was near
    a port or anchorage.  0: it was never heard at sea for a whole day.
    """
    longest = np.zeros(n)
    if not len(rows):
        return longest
    in_port = rows.port_count > 0
    breaks = np.ones(len(rows), np.bool_)
    silent_s = rows.first[1:] - rows.last[:-1]
    breaks[1:] = (
        (np.diff(rows.ship) != 0) | (silent_s > UNHEARD_DAYS * DAY_S) | in_port[1:] | in_port[:-1]
    )
    first = np.flatnonzero(breaks)
    last = np.append(first[1:], len(rows)) - 1
    length = np.where(in_port[first], 0.0, rows.last[last] - rows.first[first])
    np.maximum.at(longest, rows.ship[first], length / DAY_S)
    return longest


def max_shore_nmi(n: int, rows: ShipDays, reach_nmi: float, shown_nmi: float) -> F64:
    """Return how far from shore a ship was heard.

    `reach_nmi` is how far out any ship was.  nan where the ship was not heard at `shown_nmi`,
    and where nobody was: then that sea is out of hearing.
    """
    farthest = np.full(n, np.nan)
    np.fmax.at(farthest, rows.ship, rows.max_shore_nmi)
    seen = (farthest >= shown_nmi) | (reach_nmi >= shown_nmi)
    return np.where(seen, farthest, np.nan)


def high_seas_share(n: int, rows: ShipDays, reach_nmi: float) -> F64:
    """Return which part of its time at sea a ship was over 200 nmi from shore.

    nan where it was heard at sea for less than a day, and where nobody was heard so far out.
    """
    sea_count = np.bincount(rows.ship, rows.heard_count - rows.port_count, n)
    high_count = np.bincount(rows.ship, rows.high_seas_count, n)
    seen = (sea_count >= 2 * HALF_DAY) & ((high_count > 0) | (reach_nmi > HIGH_SEAS_NMI))
    share: F64 = np.divide(high_count, sea_count, out=np.full(n, np.nan), where=seen)
    return share


def fishing_per_day_h(n: int, rows: ShipDays) -> F64:
    """Return for how many hours of a day at sea a ship said that it was fishing, on the mean.

    nan where it never said so, of fewer than `LEAST_DAYS` days at sea that were heard for half
    or more, and where nobody seems to change the status: in port, or ever at sea.
    """
    at_sea = (rows.port_count == 0) & (rows.heard_count >= HALF_DAY)
    berthed = rows.port_count == rows.heard_count
    share = rows.fishing_count / np.maximum(rows.heard_count, 1)
    days_count = np.bincount(rows.ship, at_sea, n)
    shares = np.bincount(rows.ship, share * at_sea, n)
    fishing_count = np.bincount(rows.ship, rows.fishing_count, n)
    left_on = np.bincount(rows.ship, rows.fishing_count * berthed, n) > (
        LEFT_ON_SHARE * np.bincount(rows.ship, rows.heard_count * berthed, n)
    )
    left_on |= shares > ALWAYS_ON_SHARE * days_count
    seen = (days_count >= LEAST_DAYS) & (fishing_count > 0) & ~left_on
    mean: F64 = np.divide(24 * shares, days_count, out=np.full(n, np.nan), where=seen)
    return mean


def still_days(n: int, calls: Calls) -> F64:
    """Return the longest visit of a ship, of those for half of which it was heard there."""
    longest = np.zeros(n)
    length_s = calls.end - calls.start
    heard = calls.heard_h * 3600 >= length_s / 2
    np.maximum.at(longest, calls.ship[heard], length_s[heard] / DAY_S)
    return longest


def foreign_visits_count(n: int, calls: Calls) -> F64:
    """Return how often a ship called at ports of other countries; nan if no port is known."""
    count = np.bincount(calls.ship, calls.foreign, n).astype(np.float64)
    located = np.bincount(calls.ship, calls.located, n)
    return np.where(located > 0, count, np.nan)


def voyages(calls: Calls) -> tuple[I64, F64, F64]:
    """Return ship, leaving and coming back of each time between two port visits, Unix seconds."""
    same = np.flatnonzero(np.diff(calls.ship) == 0)
    left, back = calls.end[same], calls.start[same + 1]
    gone = back - left >= LEAST_VOYAGE_H * 3600
    return calls.ship[same][gone], left[gone], back[gone]


def usual_voyage_days(n: int, ship: I64, left: F64, back: F64) -> F64:
    """Return the median length of voyages, given Unix seconds of leaving and of coming back.

    nan for fewer than `LEAST_VOYAGES`.
    """
    median = np.full(n, np.nan)
    length = (back - left) / DAY_S
    order = np.argsort(ship, kind="stable")
    first = starts(ship[order])
    for of in np.split(order, first[1:]):
        if len(of) >= LEAST_VOYAGES:
            median[ship[of[0]]] = np.median(length[of])
    return median


def summed(scores: Iterable[float]) -> float:
    """Return what events add up to: the highest score, half of the next, a quarter ...; at most 1.

    So a ship of many small events does not outrank one of a clear one.
    """
    heaviest = sorted(scores, reverse=True)
    return min(1.0, math.fsum(score / 2.0**i for i, score in enumerate(heaviest[:MOST_EVENTS])))
