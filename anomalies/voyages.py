"""How long hulls have been away from any port they were heard in, and what was heard of it.

A voyage is a row for each hull since it was last known in port: when it was heard at
sea, its longest silence, and how often it could have called at a port unheard.  So a
voyage of years takes no more memory than one of a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from anomalies.manner import FISHING
from tracks.batch import BIN_S, F32, F64, I64, U8, Columns, Mask, Points, column, starts
from tracks.keyed import merge, rows_of
from tracks.places import Places
from tracks.shore import FARTHEST_NMI

# What a moment of a hull's life is; of several at one time, in this order.
KNOWN, SEA, IN, OUT = range(4)
DAY_S = 86_400.0
HIGH_SEAS_NMI = 200.0  # the farthest that any state's zone reaches: UNCLOS, article 57
NO_DAY = -1


@dataclass(frozen=True, slots=True)
class Away(Columns):
    """Hulls away from port, and what is known of their voyage; sorted by track.

    A silence is the time between two marks at which it was heard at sea, or between one of
    them and the port.  It could have called at a port in a silence that is long enough.
    """

    track: I64 = column(np.int64)
    port_t: F64 = column(np.float64)  # Unix seconds: last known in port
    port_lat: F64 = column(np.float64, np.nan)
    port_lon: F64 = column(np.float64, np.nan)
    port_line: I64 = column(np.int64)
    t: F64 = column(np.float64)  # last heard at sea; before that, as `port_t`
    heard_t: F64 = column(np.float64)  # last heard at all
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line_before: I64 = column(np.int64)
    line_after: I64 = column(np.int64)
    marks_count: I64 = column(np.int32)  # at which it was heard at sea
    days_count: I64 = column(np.int32)  # UTC days with such marks
    high_seas_count: I64 = column(np.int32)
    fishing_count: I64 = column(np.int32)
    shore_nmi: F32 = column(np.float32, np.nan)  # the farthest; nan without a map
    far_before: I64 = column(np.int64)
    far_after: I64 = column(np.int64)
    silence_s: F64 = column(np.float64)  # the longest, and the lines of its two ends
    off_before: I64 = column(np.int64)
    off_after: I64 = column(np.int64)
    on_before: I64 = column(np.int64)
    on_after: I64 = column(np.int64)
    calls_count: I64 = column(np.int32)  # silences in which it could have called at a port
    since_t: F64 = column(np.float64)  # since when none of them was
    sure_s: F64 = column(np.float64)  # the longest time before that without one
    told_s: F64 = column(np.float64)  # how long it had lasted when it was told; 0: it was not


@dataclass(frozen=True, slots=True)
class Moments(Columns):
    """When and where hulls were: heard at sea, or known in port."""

    track: I64 = column(np.int64)
    t: F64 = column(np.float64)
    kind: U8 = column(np.uint8, SEA)
    lat: F64 = column(np.float64, np.nan)
    lon: F64 = column(np.float64, np.nan)
    line_before: I64 = column(np.int64)
    line_after: I64 = column(np.int64)
    shore_nmi: F32 = column(np.float32, np.nan)
    nav_status: U8 = column(np.uint8)


@dataclass(frozen=True, slots=True)
class Rules:
    """When a silence may hide a call at a port, and when it says nothing more of a voyage."""

    call_speed_kn: float
    call_h: float
    max_silence_s: float


class Sailed(NamedTuple):
    """What became of voyages; at the newest moment of each it was in port, or heard at sea."""

    away: Away  # those that last
    arrived: Away  # that ended in port
    lost: Away  # whose hull was silent for too long


def sail(known: Away, moments: Moments, rules: Rules, places: Places) -> Sailed:
    """Take moments into account, none of which is earlier than those given before."""
    rows, here = rows_of(known.track, np.unique(moments.track))
    before = known.take(rows[here])
    every = Moments.concat([_last_moments(before), moments])
    order = np.lexsort((every.kind, every.t, every.kind != KNOWN, every.track))
    every = every.take(order)
    every = every.take(_on_voyage(every))
    rest = known.take(~np.isin(known.track, before.track))
    if not len(every):
        return Sailed(merge(rest, before), Away.empty(), Away.empty())
    head = np.flatnonzero((every.kind == KNOWN) | (every.kind == OUT))
    dt = _since_before(every, head)
    over = _broken(dt, head, rules.max_silence_s)
    is_lost = np.logical_or.reduceat(over, head)
    kept = ~over
    every, dt = every.take(kept), dt[kept]
    head = np.flatnonzero((every.kind == KNOWN) | (every.kind == OUT))
    voyages = _added(_begun(before, every.take(head)), every, head, dt, rules, places)
    newest = np.append(head[1:], len(every)) - 1
    is_in = every.kind[newest] == IN
    lasting = voyages.take(~is_in & ~is_lost)
    return Sailed(
        merge(rest, _newest(lasting)),
        voyages.take(is_in),
        voyages.take(is_lost & ~is_in),
    )


def heard_at(away: Away, points: Points) -> Away:
    """Return the table with when hulls were last heard, wherever; points are in order."""
    newest = points.take(np.append(points.track[1:] != points.track[:-1], True)[: len(points)])
    rows, known = rows_of(away.track, newest.track)
    heard_t = away.heard_t.copy()
    heard_t[rows[known]] = np.maximum(heard_t[rows[known]], newest.bin[known] * float(BIN_S))
    return replace(away, heard_t=heard_t)


def _last_moments(away: Away) -> Moments:
    shared = ("track", "t", "lat", "lon", "line_before", "line_after")
    last = Moments.make(len(away), kind=KNOWN, **{n: getattr(away, n) for n in shared})
    in_port = away.marks_count == 0
    last.lat[in_port], last.lon[in_port] = np.nan, np.nan  # it has no way to a port
    return last


def _on_voyage(every: Moments) -> Mask:
    """Return which moments lie between a port that is known and the next one, both included."""
    begins = (every.kind == KNOWN) | (every.kind == OUT)
    turns = begins | (every.kind == IN)
    turns[starts(every.track)] = True
    turn = np.maximum.accumulate(np.where(turns, np.arange(len(every)), 0))
    out = begins[turn]
    comes_in = np.zeros(len(every), np.bool_)
    comes_in[1:] = out[:-1] & (every.kind[1:] == IN) & (every.track[1:] == every.track[:-1])
    return np.asarray(out | comes_in)


def _since_before(every: Moments, head: I64) -> F64:
    """Return the time in seconds since the moment before, 0 where a voyage begins or goes on."""
    dt = np.diff(every.t, prepend=every.t[:1])
    dt[head] = 0.0
    return np.maximum(dt, 0.0)


def _broken(dt: F64, head: I64, max_silence_s: float) -> Mask:
    """Return which moments come behind a silence that says nothing more of the voyage."""
    breaks = np.cumsum(dt > max_silence_s)
    count = np.diff(np.append(head, len(dt)))
    return np.asarray(breaks > np.repeat(breaks[head], count))


def _begun(before: Away, heads: Moments) -> Away:
    """Return the voyages as they stood at their first moment."""
    begun = Away.make(
        len(heads),
        track=heads.track,
        port_t=heads.t,
        port_lat=heads.lat,
        port_lon=heads.lon,
        port_line=heads.line_after,
        t=heads.t,
        heard_t=heads.t,
        line_before=heads.line_before,
        line_after=heads.line_after,
        since_t=heads.t,
    )
    goes_on = np.flatnonzero(heads.kind == KNOWN)
    rows, _ = rows_of(before.track, heads.track[goes_on])
    which = np.arange(len(heads))
    which[goes_on] = len(heads) + np.arange(len(goes_on))
    return Away.concat([begun, before.take(rows)]).take(which)


def _added(begun: Away, every: Moments, head: I64, dt: F64, rules: Rules, places: Places) -> Away:
    """Return the voyages with all their moments counted; one row for each head."""
    newest = np.append(head[1:], len(every)) - 1
    at_sea = every.kind == SEA
    could = _could_call(every, dt, rules, places)
    far, farther = _most(np.where(at_sea, every.shore_nmi, np.nan), head, begun.shore_nmi)
    dark, longer = _most(dt, head, begun.silence_s)
    off = np.maximum(dark - 1, 0)
    since_t = _since(every.t, head, begun.since_t, could)
    lasted_s = np.append(0.0, every.t[:-1] - since_t[:-1])
    high = at_sea & (every.shore_nmi > HIGH_SEAS_NMI)
    fishing = at_sea & (every.nav_status == FISHING)
    new_days = at_sea & _first_of_day(every, begun, head)
    lines = every.line_before, every.line_after
    return Away(
        track=begun.track,
        port_t=begun.port_t,
        port_lat=begun.port_lat,
        port_lon=begun.port_lon,
        port_line=begun.port_line,
        t=every.t[newest],
        heard_t=every.t[newest],
        lat=every.lat[newest],
        lon=every.lon[newest],
        line_before=every.line_before[newest],
        line_after=every.line_after[newest],
        marks_count=begun.marks_count + np.add.reduceat(at_sea, head, dtype=np.int32),
        days_count=begun.days_count + np.add.reduceat(new_days, head, dtype=np.int32),
        high_seas_count=begun.high_seas_count + np.add.reduceat(high, head, dtype=np.int32),
        fishing_count=begun.fishing_count + np.add.reduceat(fishing, head, dtype=np.int32),
        shore_nmi=np.where(farther, every.shore_nmi[far], begun.shore_nmi),
        far_before=np.where(farther, lines[0][far], begun.far_before),
        far_after=np.where(farther, lines[1][far], begun.far_after),
        silence_s=np.where(longer, dt[dark], begun.silence_s),
        off_before=np.where(longer, lines[0][off], begun.off_before),
        off_after=np.where(longer, lines[1][off], begun.off_after),
        on_before=np.where(longer, lines[0][dark], begun.on_before),
        on_after=np.where(longer, lines[1][dark], begun.on_after),
        calls_count=begun.calls_count + np.add.reduceat(could, head, dtype=np.int32),
        since_t=since_t[newest],
        sure_s=np.maximum(begun.sure_s, np.maximum.reduceat(np.where(could, lasted_s, 0), head)),
        told_s=begun.told_s,
    )


def _newest(lasting: Away) -> Away:
    """Return the newest voyage of each track, sorted by track; moments come sorted so."""
    last = np.append(lasting.track[1:] != lasting.track[:-1], True)[: len(lasting)]
    return lasting.take(last)


def _most(values: F64 | F32, head: I64, known: F64 | F32) -> tuple[I64, Mask]:
    """Return the first row of each voyage with its greatest value, and whether it is a new one."""
    values = np.where(np.isnan(values), -1.0, values)
    count = np.diff(np.append(head, len(values)))
    most = np.maximum.reduceat(values, head)
    rows = np.flatnonzero(values == np.repeat(most, count))
    first = rows[starts(np.repeat(np.arange(len(head)), count)[rows])]
    return first, most > np.where(np.isnan(known), -1.0, known)


def _since(t: F64, head: I64, since_t: F64, could: Mask) -> F64:
    """Return for each moment since when it could not have called at a port unheard."""
    began = t.copy()
    began[head] = since_t
    turns = could.copy()
    turns[head] = True
    return began[np.maximum.accumulate(np.where(turns, np.arange(len(t)), 0))]


def _first_of_day(every: Moments, begun: Away, head: I64) -> Mask:
    """Return which moments lie on another UTC day than the one before at sea."""
    day = np.floor(every.t / DAY_S)
    counted = day.copy()
    counted[head] = np.where(begun.marks_count > 0, day[head], NO_DAY)
    first = np.ones(len(day), np.bool_)
    first[1:] = day[1:] != counted[:-1]
    return first


def _could_call(every: Moments, dt: F64, rules: Rules, places: Places) -> Mask:
    """Return before which moments a hull was silent for long enough to call at a port.

    It must have been able to go to the nearest port, or the nearest shore, from where it was
    last heard, stay there, and come from the one nearest to where it was heard again.
    """
    could = dt >= rules.call_h * 3600
    rows = np.flatnonzero(could)
    if len(rows):
        ends = np.unique(np.concatenate([rows - 1, rows]))
        nmi = np.zeros(len(every))
        nmi[ends] = to_land_nmi(every.take(ends), places)
        steaming_h = (nmi[rows - 1] + nmi[rows]) / rules.call_speed_kn
        could[rows] = dt[rows] / 3600 >= steaming_h + rules.call_h
    return could


def to_land_nmi(at: Moments, places: Places) -> F64:
    """Return how far it is to where a hull could call; 0 in port, and where nothing is known."""
    port_nmi = np.asarray(places.nearest(at.lat, at.lon)[0], np.float64)
    shore_nmi = np.asarray(places.shore_nmi(at.lat, at.lon), np.float64)
    shore_nmi[shore_nmi >= FARTHEST_NMI] = np.inf  # the map ends there, the sea does not
    nmi = np.fmin(port_nmi, shore_nmi)
    at_sea = (at.kind == SEA) | (at.kind == KNOWN)
    return np.where(at_sea & np.isfinite(nmi), nmi, 0.0)
