"""Ships that are displaced: that report, all of a sudden, from where they cannot be.

`tracks.segment` gives a report that no known hull can have made to a new hull.  Where
another hull of that MMSI was heard within the hour, the new one is strange: a receiver
for satellite navigation that went wrong, or was made to, or a second ship under the same
number.  One ship alone cannot show which.  A ship is displaced in ten minutes in which it
reports from a strange hull while another of its hulls was heard in them or in the ten
before, or from where it cannot have gone since it was last at home.

Home is where the ship was before it jumped for the first time, as far as that is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from anomalies.marks import HOUR
from anomalies.presence import CROWD, Bins, Presence, reachable
from tracks.batch import F64, HULLS_PER_MMSI, I64, Columns, Mask, column
from tracks.geodesy import NMI_M, distance_m

STRANGE_BINS = 24 * HOUR  # as long as `tracks.plausible.Rule.memory_h` remembers a doubtful hull
NOBODY = -1  # in place of a line


class Seen(NamedTuple):
    """A row of `Presence`."""

    track: int
    bin: int
    t: float
    lat: float
    lon: float
    line: int

    @property
    def hull(self) -> int:
        """The number of the hull under its MMSI."""
        return self.track % HULLS_PER_MMSI


@dataclass(frozen=True, slots=True)
class Strays(Columns):
    """Every hull but the first of each MMSI, for a day after it was last heard; by track."""

    track: I64 = column(np.int64)
    birth: I64 = column(np.int64)  # the bin in which it was heard first
    last: I64 = column(np.int64)
    strange: Mask = column(np.bool_)  # another hull was being heard
    home_t: F64 = column(np.float64, np.nan)  # when and where the ship was last at home
    home_lat: F64 = column(np.float64, np.nan)
    home_lon: F64 = column(np.float64, np.nan)
    line: I64 = column(np.int64, NOBODY)  # two fixes of that other hull
    later_line: I64 = column(np.int64, NOBODY)
    jammed: Mask = column(np.bool_)  # it was born of interference


@dataclass(frozen=True, slots=True)
class Displaced(Columns):
    """Ships displaced in a bin, and where they were at home; ordered by (bin, mmsi)."""

    mmsi: I64 = column(np.int64)
    bin: I64 = column(np.int64)
    t: F64 = column(np.float64)  # of the first report from the strange hull in that bin
    lat: F64 = column(np.float64)  # home
    lon: F64 = column(np.float64)
    jump_nmi: F64 = column(np.float64)  # from home to that report
    line: I64 = column(np.int64)
    other_line: I64 = column(np.int64, NOBODY)  # of the other hull, heard at the time
    home_line: I64 = column(np.int64, NOBODY)
    home_later_line: I64 = column(np.int64, NOBODY)


def displaced(
    presence: Presence, strays: Strays, bins: Bins, max_speed_kn: float
) -> tuple[Strays, Displaced]:
    """Return the strays, and who was displaced in the bins that a step completes.

    `presence` reaches back at least an hour before these bins.
    """
    odd = (presence.hull != 1) & (presence.bin > bins.before) & (presence.bin <= bins.through)
    mmsis = np.unique(presence.mmsi[odd])
    known = strays.take(strays.last >= bins.before - STRANGE_BINS)
    if not len(mmsis):
        return known, Displaced.empty()
    of_these = np.isin(known.track // HULLS_PER_MMSI, mmsis)
    memory = {row.track: row for row in map(_Stray._make, _rows(known.take(of_these)))}
    concerned = presence.take(np.isin(presence.mmsi, mmsis) & (presence.bin <= bins.through))
    rows = sorted(map(Seen._make, _rows(concerned)), key=lambda r: (r[0] // HULLS_PER_MMSI, r[1]))
    found: list[tuple[float, ...]] = []
    for _, own in groupby(rows, key=lambda r: r.track // HULLS_PER_MMSI):
        found += _of_ship(list(own), memory, bins, max_speed_kn)
    left = [known.take(~of_these), Strays.make(len(memory), **_named(_Stray._fields, memory))]
    every = Strays.concat([table for table in left if len(table)])
    ordered = Displaced.make(len(found), **_named(tuple(Displaced.described()), found))
    return (
        every.take(np.argsort(every.track)),
        ordered.take(np.lexsort((ordered.mmsi, ordered.bin))),
    )


class _Stray(NamedTuple):
    """A row of `Strays`."""

    track: int
    birth: int
    last: int
    strange: bool
    home_t: float
    home_lat: float
    home_lon: float
    line: int
    later_line: int
    jammed: bool


def _rows(table: Columns) -> Iterator[tuple[float, ...]]:
    return zip(*(getattr(table, name).tolist() for name in table.described()), strict=True)


def _named(names: tuple[str, ...], rows: object) -> dict[str, object]:
    every = list(rows.values() if isinstance(rows, dict) else rows)  # type: ignore[call-overload]
    return dict(zip(names, zip(*every, strict=True), strict=True)) if every else {}


def _of_ship(
    rows: list[Seen], memory: dict[int, _Stray], bins: Bins, max_speed_kn: float
) -> Iterator[tuple[float, ...]]:
    """Yield the rows of `Displaced` of one MMSI; `rows` are ordered by (bin, track)."""
    for now, here in groupby(rows, key=attrgetter("bin")):
        if now <= bins.before:
            continue
        hour = [row for row in rows if now - HOUR <= row.bin <= now]
        strange = []
        for row in here:
            if row.hull != 1:
                memory[row.track] = stray = _met(row, hour, memory)
                if stray.strange and (row.hull == CROWD or now - stray.birth < STRANGE_BINS):
                    strange.append((stray.birth, row, stray))
        for _, row, stray in sorted(strange):
            others = [r for r in hour if r.track != row.track and r.bin >= now - 1]
            jump_nmi = _apart_nmi(row, stray)
            if others or not reachable(row.t - stray.home_t, jump_nmi, max_speed_kn):
                other = others[-1].line if others else NOBODY
                place = stray.home_lat, stray.home_lon
                lines = row.line, other, stray.line, stray.later_line
                yield row.track // HULLS_PER_MMSI, now, row.t, *place, jump_nmi, *lines
                break


def _met(row: Seen, hour: list[Seen], memory: dict[int, _Stray]) -> _Stray:
    """Return the stray of a row, known before or born now."""
    known = memory.get(row.track)
    if known is not None and row.bin - known.last <= STRANGE_BINS:
        return known._replace(last=row.bin)
    by_track: dict[int, list[Seen]] = {}
    for other in hour:
        if other.track != row.track:
            by_track.setdefault(other.track, []).append(other)
    nan = float("nan")
    born = _Stray(row.track, row.bin, row.bin, False, nan, nan, nan, NOBODY, NOBODY, False)
    if not by_track:
        return born
    home = max(by_track.values(), key=lambda own: (len(own), -own[0].track))
    place = home[-1].t, home[-1].lat, home[-1].lon
    itself = memory.get(home[0].track)
    if itself is not None and itself.strange:
        place = itself.home_t, itself.home_lat, itself.home_lon
    return _Stray(row.track, row.bin, row.bin, True, *place, home[0].line, home[-1].line, False)


def _apart_nmi(row: Seen, stray: _Stray) -> float:
    return float(distance_m(row.lat, row.lon, stray.home_lat, stray.home_lon)) / NMI_M
