"""What a station remembers for years: of each hull and UTC day, a page of a few hundred bytes.

A page tells when and where the hull was heard, how far from shore, in port or fishing by
its own word, and what it claimed to be.  A fold from ten-minute points and claims to pages;
a page is written once its day has been over for `SETTLED_S`, and never changes then.

A claim comes without a position.  It is a hull's if at that time no other hull under the
same MMSI was heard; with two of them on the air nobody can say whose it was, and it is kept
as the number's own, of hull 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tracks.batch import (
    BIN_S,
    F32,
    F64,
    HULLS_PER_MMSI,
    I32,
    I64,
    U8,
    U32,
    Columns,
    Fixes,
    Mask,
    Points,
    StaticBatch,
    Text,
    column,
    starts,
)
from tracks.identity import as_text
from tracks.keyed import rows_of
from tracks.mmsi import SHIP, category
from tracks.places import Places
from tracks.portraits import NOBODYS
from tracks.state import State
from tracks.way import UNIT_DEG, needed, pack_heard, pack_way

FIELDS = ("name", "call_sign", "imo", "ship_type", "size")
SETTLED_S = 4200.0  # points come up to an hour late
HOUR_S, DAY_S = 3600, 86_400
HOUR_BINS, DAY_BINS = HOUR_S // BIN_S, DAY_S // BIN_S
FISHING_STATUS = 7  # ITU-R M.1371-5, table 47: engaged in fishing
HIGH_SEAS_NMI = 200.0  # UNCLOS, article 57; by distance only
PORT_NMI = 3.0  # GFW leaves a port at 4 km; a listed port may be the town, a mile off
SLOTS = 1 << 20  # more than there are Unix hours until the year 2089
MOST_VALUES = 16  # of a field of an MMSI a day; bounds what a hostile transmitter can fill


@dataclass(frozen=True, slots=True)
class Days(Columns):
    """One row for each hull and day; ordered by (day, track)."""

    track: I64 = column(np.int64)
    day: I64 = column(np.int64)  # Unix days
    first: F64 = column(np.float64)  # Unix seconds of the first mark at which it was heard
    last: F64 = column(np.float64)
    port_count: I64 = column(np.int64)  # marks at which it was near a port or anchorage
    fishing_count: I64 = column(np.int64)  # marks with status 7, engaged in fishing
    high_seas_count: I64 = column(np.int64)  # marks over 200 nmi from shore
    max_shore_nmi: F32 = column(np.float32, np.nan)


@dataclass(frozen=True, slots=True)
class Said(Columns):
    """What was claimed on a day; ordered by (mmsi, hull, field, value)."""

    mmsi: U32 = column(np.uint32)
    hull: I64 = column(np.int64)  # track % HULLS_PER_MMSI; NOBODYS: it is not known whose
    field: U8 = column(np.uint8)  # index into FIELDS
    value: Text = column("S20", b"")  # a size as b"190x32", in metres; numbers as text
    first: F64 = column(np.float64)
    last: F64 = column(np.float64)
    day: I64 = column(np.int64)


class Pages(NamedTuple):
    """Pages of the record: `heard` and `ways` are those of `days`, packed by `tracks.way`."""

    days: Days
    heard: Sequence[bytes]
    ways: Sequence[bytes]
    said: Said

    def take(self, rows: Mask) -> Pages:
        """Return the pages of some of `days`, and all that was said."""
        picked = np.flatnonzero(rows).tolist()
        heard, ways = ([packed[row] for row in picked] for packed in (self.heard, self.ways))
        return self._replace(days=self.days.take(rows), heard=heard, ways=ways)

    @classmethod
    def none(cls) -> Pages:
        """Return no pages."""
        return cls(Days.empty(), (), (), Said.empty())


@dataclass(frozen=True, slots=True)
class _Marks(Columns):
    """Where hulls were at marks of days that are not settled, in no order."""

    track: I64 = column(np.int64)
    bin: I32 = column(np.int32)
    lat_e5: I32 = column(np.int32)
    lon_e5: I32 = column(np.int32)
    nav_status: U8 = column(np.uint8)
    lone: U8 = column(np.uint8)  # 1: from a fix alone, between which and the next is too long

    @property
    def day(self) -> I64:
        """The Unix day of each."""
        return self.bin.astype(np.int64) // DAY_BINS


@dataclass(frozen=True, slots=True)
class _Told(Columns):
    """What was claimed on days that are not settled; a row for each value, in no order."""

    mmsi: U32 = column(np.uint32)
    field: U8 = column(np.uint8)
    value: Text = column("S20", b"")
    day: I64 = column(np.int64)
    first: F64 = column(np.float64)
    last: F64 = column(np.float64)
    hours: U32 = column(np.uint32)  # a bit for each hour of the day in which it was


class Heard(NamedTuple):
    """What the daybook takes in a step."""

    fixes: Fixes
    points: Points
    statics: StaticBatch


class Around(NamedTuple):
    """What the daybook asks when it writes a page."""

    places: Places
    ships: Callable[[I64], Mask]  # which of some tracks are ships, and not a wild position or two


class Daybook:
    """A fold from points, fixes and claims to pages."""

    def start(self) -> State:
        """Return the state before anything was heard."""
        return _state(_Marks.empty(), _Marks.empty(), _Told.empty(), -np.inf)

    def step(self, state: State, heard: Heard, around: Around, as_of: float) -> tuple[State, Pages]:
        """Take what was heard up to `as_of`; return the pages of days that are settled by then.

        With `as_of` inf nothing more will follow, and all are.
        """
        fixes, points, statics = heard
        old, new = (_Marks.from_state(state, name) for name in _MARKS)
        new = _Marks.concat([new, _marks(fixes, points)])
        told = _merged(_Told.from_state(state, "told_"), _told(statics))
        hour = np.floor(as_of / HOUR_S)  # inf stays inf
        if hour == state["hour"]:
            return _state(old, new, told, hour), Pages.none()
        marks = _without_needless(_Marks.concat([old, new]), as_of)
        until = np.floor((as_of - SETTLED_S) / DAY_S)
        over, said = marks.day < until, told.day < until
        pages = _pages(marks.take(over), told.take(said), around)
        return _state(marks.take(~over), _Marks.empty(), told.take(~said), hour), pages

    def so_far(self, state: State, around: Around, as_of: float) -> Pages:
        """Return the pages of days that are not settled, as far as they will not change.

        Claims are those of hours that are settled and of which it is known whose they are.
        """
        marks = _Marks.concat([_Marks.from_state(state, name) for name in _MARKS])
        told = _Told.from_state(state, "told_")
        settled = (as_of - SETTLED_S) // HOUR_S - told.day * 24  # hours of that day
        bits = (1 << np.clip(settled, 0, 24).astype(np.int64)) - 1
        told = replace(told, hours=(told.hours & bits).astype(np.uint32))
        pages = _pages(_without_needless(marks, np.inf), told.take(told.hours > 0), around)
        return pages._replace(said=pages.said.take(pages.said.hull != NOBODYS))


# The many, and those since the last full hour: a station steps each second.
_MARKS = "marks_", "new_"


def _state(marks: _Marks, new: _Marks, told: _Told, hour: float) -> State:
    return {
        **marks.to_state("marks_"),
        **new.to_state("new_"),
        **told.to_state("told_"),
        "hour": np.array(hour),
    }


def _marks(fixes: Fixes, points: Points) -> _Marks:
    """Return the marks of points, and those next to fixes, of each hull and mark the first."""
    lone = np.rint(fixes.t / BIN_S).astype(np.int64)
    first = np.flatnonzero(
        np.r_[True, (np.diff(fixes.track) != 0) | (np.diff(lone) != 0)][: len(fixes)]
    )
    some = fixes.take(first)
    return _Marks(
        np.concatenate([points.track, some.track]),
        np.concatenate([points.bin, lone[first]]).astype(np.int32),
        _e5(np.concatenate([points.lat, some.lat])),
        _e5(np.concatenate([points.lon, some.lon])),
        np.concatenate([points.nav_status, some.nav_status]),
        np.repeat(np.array([0, 1], np.uint8), [len(points), len(some)]),
    )


def _e5(degrees: F64) -> I32:
    return np.rint(degrees / UNIT_DEG).astype(np.int32)


def _without_needless(marks: _Marks, as_of: float) -> _Marks:
    """Leave out lone marks at or beside a point, where no point can come any more."""
    key = marks.track * (1 << 32) + marks.bin
    lone = marks.lone == 1
    of_points = np.sort(key[~lone])
    settled = np.flatnonzero(lone & (marks.bin * float(BIN_S) < as_of - SETTLED_S))
    beside = np.zeros(len(settled), np.bool_)
    for step in (-1, 0, 1):
        beside |= rows_of(of_points, key[settled] + step)[1]
    needless = np.zeros(len(marks), np.bool_)
    needless[settled[beside]] = True
    # Of several lone ones at a mark, the earliest came first.
    rest = settled[~beside]
    again = np.ones(len(rest), np.bool_)
    again[np.unique(key[rest], return_index=True)[1]] = False
    needless[rest[again]] = True
    return marks.take(~needless)


def _told(statics: StaticBatch) -> _Told:
    """Return what is claimed, a row for each field that says something."""
    statics = statics.take(category(statics.mmsi) == SHIP)
    length = statics.to_bow_m.astype(np.int64) + statics.to_stern_m
    beam = statics.to_port_m.astype(np.int64) + statics.to_starboard_m
    size = np.strings.add(np.strings.add(as_text(length), b"x"), as_text(beam))
    values = (
        np.strings.rstrip(statics.name, b" @"),
        np.strings.rstrip(statics.call_sign, b" @"),
        as_text(statics.imo.astype(np.int64)),
        as_text(statics.ship_type.astype(np.int64)),
        np.where((length > 0) & (beam > 0), size, b""),
    )
    day = np.floor(statics.t / DAY_S).astype(np.int64)
    hour = np.floor(statics.t % DAY_S / HOUR_S).astype(np.uint32)
    rows = []
    for index, value in enumerate(values):
        said = np.flatnonzero(value != b"")
        rows.append(
            _united(
                _Told(
                    statics.mmsi[said],
                    np.full(len(said), index, np.uint8),
                    value[said].astype("S20"),
                    day[said],
                    statics.t[said],
                    statics.t[said],
                    np.uint32(1) << hour[said],
                )
            )
        )
    return _Told.concat(rows)


def _united(told: _Told) -> _Told:
    """Return a row for each value of a field of an MMSI and a day, in this order."""
    if not len(told):
        return told
    told = told.take(np.lexsort((told.value, told.field, told.day, told.mmsi)))
    same = [getattr(told, name)[1:] == getattr(told, name)[:-1] for name in _ONE_VALUE]
    first = np.flatnonzero(np.r_[True, ~np.logical_and.reduce(same)])
    return replace(
        told.take(first),
        first=np.minimum.reduceat(told.first, first),
        last=np.maximum.reduceat(told.last, first),
        hours=np.bitwise_or.reduceat(told.hours, first),
    )


def _merged(told: _Told, more: _Told) -> _Told:
    """Return both, a row for each value of a field of an MMSI and a day; the first few of them."""
    if not len(more):
        return told
    concerned = np.isin(told.mmsi, more.mmsi)
    rest, both = told.take(~concerned), _Told.concat([told.take(concerned), more])
    one = _united(both)
    one = one.take(np.lexsort((one.value, one.first, one.field, one.day, one.mmsi)))
    of_field = starts(one.mmsi.astype(np.int64) * (1 << 24) + one.day * len(FIELDS) + one.field)
    nth = np.arange(len(one)) - np.repeat(of_field, np.diff(np.append(of_field, len(one))))
    return _Told.concat([rest, one.take(nth < MOST_VALUES)])


_ONE_VALUE = ("mmsi", "field", "day", "value")


def _pages(marks: _Marks, told: _Told, around: Around) -> Pages:
    """Return the pages of marks and claims."""
    if not (len(marks) or len(told)):
        return Pages.none()
    tracks, of = np.unique(marks.track, return_inverse=True)
    marks = marks.take(around.ships(tracks)[of])
    marks = marks.take(np.lexsort((marks.bin, marks.track, marks.day)))
    days, packed, ways = _days(marks, around.places)
    return Pages(days, packed, ways, _said(told, marks))


def _days(marks: _Marks, places: Places) -> tuple[Days, list[bytes], list[bytes]]:
    key = marks.day * (1 << 40) + marks.track
    head = starts(key)
    if not len(head):
        return Days.empty(), [], []
    ends = np.append(head[1:], len(marks))
    lat, lon = (np.asarray(e5 * UNIT_DEG, np.float64) for e5 in (marks.lat_e5, marks.lon_e5))
    shore_nmi = places.shore_nmi(lat, lon)
    near_port = places.near_port(lat, lon, PORT_NMI)
    fishing = marks.nav_status == FISHING_STATUS
    mark = marks.bin.astype(np.int64) % DAY_BINS
    kept = needed(key, mark, lat, lon)
    bins = marks.bin.astype(np.float64) * BIN_S
    days = Days(
        marks.track[head],
        marks.day[head],
        bins[head],
        bins[ends - 1],
        np.add.reduceat(near_port.astype(np.int64), head),
        np.add.reduceat(fishing.astype(np.int64), head),
        np.add.reduceat((shore_nmi > HIGH_SEAS_NMI).astype(np.int64), head),
        np.maximum.reduceat(shore_nmi, head),
    )
    spans = list(zip(head.tolist(), ends.tolist(), strict=True))
    packed = [pack_heard(mark[a:b]) for a, b in spans]
    places_of = np.flatnonzero(kept)
    cut = np.searchsorted(places_of, np.append(head, len(marks)))
    some = [places_of[a:b] for a, b in pairwise(cut.tolist())]
    ways = [pack_way(mark[rows], marks.lat_e5[rows], marks.lon_e5[rows]) for rows in some]
    return days, packed, ways


def _said(told: _Told, marks: _Marks) -> Said:
    """Return whose each value is: of the hulls that alone were heard in one of its hours."""
    slot = marks.track // HULLS_PER_MMSI * SLOTS + marks.bin.astype(np.int64) // HOUR_BINS
    heard = np.unique(slot * HULLS_PER_MMSI + marks.track % HULLS_PER_MMSI)
    first = starts(heard // HULLS_PER_MMSI)
    alone = np.diff(np.append(first, len(heard))) == 1
    slots, hulls = np.divmod(heard[first[alone]], HULLS_PER_MMSI)
    row, bit = np.nonzero(told.hours[:, None] >> np.arange(24, dtype=np.uint32) & 1)
    wanted = told.mmsi[row].astype(np.int64) * SLOTS + told.day[row] * 24 + bit
    at, known = rows_of(slots, wanted)
    whose = np.unique(row[known] * HULLS_PER_MMSI + hulls[at[known]])
    nobodys = np.setdiff1d(np.arange(len(told)), whose // HULLS_PER_MMSI)
    rows = np.concatenate([whose // HULLS_PER_MMSI, nobodys])
    hull = np.concatenate([whose % HULLS_PER_MMSI, np.full(len(nobodys), NOBODYS)])
    said = told.take(rows)
    found = Said(said.mmsi, hull, said.field, said.value, said.first, said.last, said.day)
    return found.take(np.lexsort((found.value, found.field, found.hull, found.mmsi)))
