"""Long rests of hulls at sea, from which anchorages are learned.

A hull comes to rest in an hour in which it moves at less than 0.2 kn, and rests until
it moves at more than 0.5 kn (the two limits of Global Fishing Watch's port visits), from
one full hour to the next.  It is a stay if all of it lies within half a mile of where
it began: a ship swings about its anchor, and one that drifts at 0.2 kn has left that
place within three hours.  A silence of up to a day does not end it, if the ship is
found where it was; its hours do not count as heard.

Kept are stays of ships (by their MMSI, so no buoys, net markers and base stations) of
two hours or more, within some miles of shore and not in a port that the list knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracks.batch import BIN_S, F64, HULLS_PER_MMSI, I64, Columns, Mask, Points, column, starts
from tracks.geodesy import NMI_M, distance_m, from_xyz, unit_xyz
from tracks.keyed import latched, merge, rows_of
from tracks.mmsi import SHIP, category
from tracks.places import Places
from tracks.state import State

STOP_KN, START_KN = 0.2, 0.5  # GFW's port visits: a stop begins under the one, ends over the other
REACH_M = 0.5 * NMI_M  # ours: half of what START_KN covers in two hours; a large ship's swing
LEAST_H = 2  # ours: Miller et al. 2018 call so much a meeting
MOST_SILENT_H = 24  # ours
PORT_NMI = 2.0  # a listed port may be the town: a mile or two off (docs/places.md)
MOST = 10_000  # the newest are kept; bounds memory and the time of learning
HOUR_S = 3600.0
HOUR_BINS = round(HOUR_S) // BIN_S
DAY_S = 86_400.0
NOT = -1  # no hour
UNIT = float(1 << 40)  # of sums of unit vectors: whole numbers, so that no order changes a sum


@dataclass(frozen=True, slots=True)
class Stays(Columns):
    """Hulls that rested; ordered by (end, start, track)."""

    track: I64 = column(np.int64)
    start: F64 = column(np.float64)  # Unix seconds, a full hour
    end: F64 = column(np.float64)
    heard_h: I64 = column(np.int64)  # hours of it in which it was heard throughout
    lat: F64 = column(np.float64)  # mean position
    lon: F64 = column(np.float64)
    counts: Mask = column(np.bool_)  # of a ship that says what it is, and is not for fishing

    @property
    def mmsi(self) -> I64:
        """The MMSI of each."""
        return self.track // HULLS_PER_MMSI


@dataclass(frozen=True, slots=True)
class _Lately(Columns):
    """Each hull where it was last heard at a full hour, and its rest if it rests; by track."""

    track: I64 = column(np.int64)
    hour: I64 = column(np.int64)  # Unix hours
    lat: F64 = column(np.float64)
    lon: F64 = column(np.float64)
    since: I64 = column(np.int64, NOT)  # the hour at which the rest began; NOT: it does not rest
    heard_h: I64 = column(np.int64)
    lat1: F64 = column(np.float64, np.nan)  # where it began
    lon1: F64 = column(np.float64, np.nan)
    far_m: F64 = column(np.float64)  # the farthest from there
    x: I64 = column(np.int64)  # sums of unit vectors, in UNIT
    y: I64 = column(np.int64)
    z: I64 = column(np.int64)

    def stays(self) -> Stays:
        """Return those rests that are stays, wherever they lie."""
        rests = self.take((self.since != NOT) & (self.heard_h >= LEAST_H) & (self.far_m <= REACH_M))
        rests = rests.take(category(np.asarray(rests.track // HULLS_PER_MMSI, np.uint32)) == SHIP)
        lat, lon = from_xyz(np.stack([rests.x, rests.y, rests.z], axis=1) / UNIT)
        return Stays.make(
            len(rests),
            track=rests.track,
            start=rests.since * HOUR_S,
            end=rests.hour * HOUR_S,
            heard_h=rests.heard_h,
            lat=lat,
            lon=lon,
        )


@dataclass(frozen=True, slots=True)
class Resting:
    """A fold from points to stays; forgets those that ended `memory_days` ago."""

    memory_days: float
    max_shore_nmi: float

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {**_Lately.empty().to_state("lately_"), **Stays.empty().to_state("stays_")}

    def step(self, state: State, points: Points, places: Places, as_of: float) -> State:
        """Take points ordered by (track, bin), none earlier than those of the steps before."""
        lately, stays = _Lately.from_state(state, "lately_"), Stays.from_state(state, "stays_")
        points = points.take(points.bin % HOUR_BINS == 0)
        if not len(points):
            return state
        lately, over = _taken(lately, points)
        gone = as_of / HOUR_S - lately.hour > MOST_SILENT_H + 1  # an hour: points come so late
        over = Stays.concat([over, lately.take(gone).stays()])
        stays = self._kept(stays, self._wanted(over, places), as_of)
        return {**lately.take(~gone).to_state("lately_"), **stays.to_state("stays_")}

    def known(self, state: State, places: Places, as_of: float) -> Stays:
        """Return the stays that are remembered at `as_of`, those that last among them."""
        lasting = _Lately.from_state(state, "lately_").stays()
        stays = Stays.from_state(state, "stays_")
        return self._kept(stays, self._wanted(lasting, places), as_of)

    def _wanted(self, stays: Stays, places: Places) -> Stays:
        """Leave out what lies in ports, or far from shore; all of it where there is no map."""
        if not len(stays):
            return stays
        near_shore = places.shore_nmi(stays.lat, stays.lon) <= self.max_shore_nmi
        return stays.take(near_shore & ~places.near_port(stays.lat, stays.lon, PORT_NMI))

    def _kept(self, stays: Stays, more: Stays, as_of: float) -> Stays:
        if len(more):
            stays = Stays.concat([stays, more])
            stays = stays.take(np.lexsort((stays.track, stays.start, stays.end)))
        first = int(np.searchsorted(stays.end, as_of - self.memory_days * DAY_S))
        return stays.take(slice(max(first, len(stays) - MOST), None))


def _taken(lately: _Lately, points: Points) -> tuple[_Lately, Stays]:
    """Return the table with what these points tell, and the stays that they ended."""
    rows, known = rows_of(lately.track, points.track[starts(points.track)])
    new = _Lately.make(
        len(points),
        track=points.track,
        hour=points.bin // HOUR_BINS,
        lat=points.lat,
        lon=points.lon,
    )
    way = _Lately.concat([lately.take(rows[known]), new])
    way = way.take(np.lexsort((way.hour, way.track)))
    head = starts(way.track)
    rests = _at_rest(way, head)
    breaks = np.ones(len(way) + 1, np.bool_)  # between a row and the one before
    breaks[1:-1] = rests[1:] != rests[:-1]
    breaks[head] = True
    first = np.flatnonzero(rests & breaks[:-1])
    last = np.flatnonzero(rests & breaks[1:])
    lasted = _summed(way, first, last, np.isin(first, head))
    newest = np.append(head[1:], len(way)) - 1
    still = np.isin(last, newest)
    under_way = ("track", "hour", "lat", "lon")
    now = _Lately.make(len(newest), **{n: getattr(way, n)[newest] for n in under_way})
    return merge(lately, merge(now, lasted.take(still))), lasted.take(~still).stays()


def _at_rest(way: _Lately, head: I64) -> Mask:
    """Return for each row whether its hull rests on the way there; for the first, rested so far."""
    way_m = np.asarray(distance_m(way.lat[:-1], way.lon[:-1], way.lat[1:], way.lon[1:]))
    hours = np.diff(way.hour)
    slow = (hours == 1) & (way_m < STOP_KN * NMI_M)
    swift = way_m > np.where(hours == 1, START_KN * NMI_M, REACH_M)
    told = np.zeros(len(way), np.int8)
    told[1:] = slow.astype(np.int8) - (swift | (hours > MOST_SILENT_H))
    told[head] = np.where(way.since[head] != NOT, 1, -1)
    return latched(told)


def _summed(way: _Lately, first: I64, last: I64, goes_on: Mask) -> _Lately:
    """Return the rests whose legs end at rows `first` to `last`, as they stand at the last.

    One that goes on began before its first row, which has the sums up to there.
    """
    count = last - first + 1
    rest, at = np.repeat(np.arange(len(first)), count), np.cumsum(count) - count
    row = np.arange(count.sum()) - at[rest] + first[rest]
    began = np.where(goes_on, first, first - 1)
    lat1 = np.where(goes_on, way.lat1[first], way.lat[began])
    lon1 = np.where(goes_on, way.lon1[first], way.lon[began])
    far_m = np.maximum(
        distance_m(lat1[rest], lon1[rest], way.lat[row], way.lon[row]), way.far_m[row]
    )
    heard_h = np.where(np.diff(way.hour, prepend=NOT)[row] == 1, 1, 0)
    xyz = _whole(way.lat[row], way.lon[row])
    heard_h[at[goes_on]] = way.heard_h[first[goes_on]]
    xyz[at[goes_on]] = np.stack([way.x, way.y, way.z], axis=1)[first[goes_on]]
    xyz[at[~goes_on]] += _whole(lat1[~goes_on], lon1[~goes_on])
    empty = not len(first)  # of which numpy cannot sum anything
    return _Lately(
        way.track[last],
        way.hour[last],
        way.lat[last],
        way.lon[last],
        np.where(goes_on, way.since[first], way.hour[began]),
        heard_h if empty else np.add.reduceat(heard_h, at),
        lat1,
        lon1,
        far_m if empty else np.maximum.reduceat(far_m, at),
        *(xyz if empty else np.add.reduceat(xyz, at)).T,
    )


def _whole(lat: F64, lon: F64) -> I64:
    return np.rint(unit_xyz(lat, lon) * UNIT).astype(np.int64)
