"""Displaced ships near each other, at one time, make an area of interference.

In the hour up to a ten-minute bin, a ship is at the core of an area if enough displaced
ships have their homes near its own, and they are a large enough share of all ships heard
there.  The area is all displaced ships near its cores; cores near each other are of one
area.  An area goes on where one of its ships, or one near them, is of an area again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from anomalies.marks import HOUR, keys_of
from anomalies.place_facts import middle
from anomalies.presence import Presence
from anomalies.strays import Displaced
from tracks.batch import BIN_S, F64, I64, Columns, Mask, column
from tracks.geodesy import NMI_M, distance_m


class Limits(NamedTuple):
    """What makes an area; see `anomalies.interference`."""

    min_vessels_count: int
    min_share: float
    radius_nmi: float
    merge_bins: int
    max_bins: int


@dataclass(frozen=True, slots=True)
class Areas(Columns):
    """Areas of interference, and those that are over since a while; ordered by start."""

    start: F64 = column(np.float64)  # Unix seconds; no two areas have the same
    last: I64 = column(np.int64)  # the last bin with a displaced ship
    lat: F64 = column(np.float64)  # the middle of the first ships' homes
    lon: F64 = column(np.float64)
    share: F64 = column(np.float64)  # of the ships heard there, when it was founded
    told_count: I64 = column(np.int64)  # ships, when last told of; 0 if never
    told_bins: I64 = column(np.int64)
    over: Mask = column(np.bool_)


@dataclass(frozen=True, slots=True)
class Struck(Displaced):
    """Displaced ships that are of an area; one row for each MMSI and bin."""

    start: F64 = column(np.float64)  # which area


class Group(NamedTuple):
    """Displaced ships that are of one area, in the hour up to a bin."""

    rows: Displaced
    share: float


def groups(found: Displaced, presence: Presence, now: int, limits: Limits) -> Iterator[Group]:
    """Yield the groups of displaced ships in the hour up to bin `now`, in order of time."""
    hour = found.take((found.bin > now - HOUR) & (found.bin <= now))
    last = _latest(hour.mmsi, hour.bin)
    if len(last) < limits.min_vessels_count:
        return
    ships = hour.take(last)
    near = _near(ships, ships, limits.radius_nmi)
    count = near.sum(axis=1)
    if count.max() < limits.min_vessels_count:
        return
    heard = presence.take((presence.bin > now - HOUR) & (presence.bin <= now))
    others = heard.take(~np.isin(heard.mmsi, ships.mmsi))
    others = others.take(_latest(others.mmsi, others.bin))
    total = count + _near(ships, others, limits.radius_nmi).sum(axis=1)
    core = (count >= limits.min_vessels_count) & (count >= limits.min_share * total)
    linked = near & (core[:, None] | core[None, :])
    found_groups = []
    for part in _parts(linked, core):
        rows = _crowded(hour.take(np.isin(hour.mmsi, ships.mmsi[part])))
        if now in rows.bin and len(np.unique(rows.mmsi)) >= limits.min_vessels_count:
            found_groups.append(Group(rows, float((count / total)[part & core].max())))
    yield from sorted(found_groups, key=lambda g: (float(g.rows.t.min()), int(g.rows.mmsi.min())))


def _crowded(rows: Displaced) -> Displaced:
    """Return the rows of bins in which two ships or more are displaced.

    One that errs by itself, before or after, so does not draw an area's time out.
    """
    bins, count = np.unique(rows.bin, return_counts=True)
    return rows.take(np.isin(rows.bin, bins[count > 1]))


def _latest(mmsi: I64, bins: I64) -> I64:
    """Return the row with the latest bin of each MMSI."""
    order = np.lexsort((bins, mmsi))
    last = np.append(mmsi[order][1:] != mmsi[order][:-1], np.ones(min(len(mmsi), 1), np.bool_))
    return np.asarray(order[last])


def _near(some: Displaced, others: Displaced | Presence, radius_nmi: float) -> Mask:
    apart_m = distance_m(some.lat[:, None], some.lon[:, None], others.lat, others.lon)
    return np.asarray(apart_m <= radius_nmi * NMI_M)


def _parts(linked: Mask, core: Mask) -> Iterator[Mask]:
    """Yield the parts that hold together, each as a mask."""
    left = core.copy()
    while left.any():
        part = np.zeros(len(core), np.bool_)
        part[np.argmax(left)] = True
        while True:
            wider = part | linked[part].any(axis=0)
            if (wider == part).all():
                break
            part = wider
        left &= ~part
        yield part


def joined(
    areas: Areas, struck: Struck, group: Group, now: int, limits: Limits
) -> tuple[Areas, Struck, list[float]]:
    """Return the areas with one more group in bin `now`; and the starts of those swallowed."""
    keys = keys_of(struck.mmsi, struck.bin)
    new = group.rows.take(~np.isin(keys_of(group.rows.mmsi, group.rows.bin), keys))
    begins = int(group.rows.bin.min())
    live = (areas.last > begins - limits.merge_bins) & ~areas.over
    live &= now - areas.start // BIN_S <= limits.max_bins
    recent = struck.take(np.isin(struck.start, areas.start[live]))
    recent = recent.take(recent.bin > begins - limits.merge_bins)
    touches = np.isin(recent.mmsi, group.rows.mmsi)
    touches[~touches] = _near(recent.take(~touches), group.rows, limits.radius_nmi).any(axis=1)
    same = np.unique(recent.start[touches])
    if not len(same):
        areas, start = _founded(areas, new, group.share, now)
    else:
        start = float(same[0])
        areas = replace(areas, last=np.where(areas.start == start, now, areas.last))
    swallowed = same[1:]
    areas = areas.take(~np.isin(areas.start, swallowed))
    starts = np.where(np.isin(struck.start, swallowed), start, struck.start)
    more = Struck(**new.to_state(), start=np.full(len(new), start))
    return areas, Struck.concat([replace(struck, start=starts), more]), swallowed.tolist()


def _founded(areas: Areas, rows: Displaced, share: float, now: int) -> tuple[Areas, float]:
    start = float(rows.t.min())
    while int(start) in areas.start.astype(np.int64):
        start += 1.0  # no two have the same name
    # In an order that has nothing to do with the ships' numbers, as sums are rounded.
    order = np.lexsort((rows.lon, rows.lat))
    lat, lon = middle(rows.lat[order], rows.lon[order])
    new = Areas.make(1, start=start, last=now, lat=lat, lon=lon, share=share)
    every = Areas.concat([areas, new])
    return every.take(np.argsort(every.start)), start
