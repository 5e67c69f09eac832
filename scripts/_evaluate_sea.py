"""A simulated sea heard by an antenna of our own, as columns; what was hidden is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from _evaluate_reception import Antenna, Climate, stream
from numpy.random import Generator

from receiver.sources import sea_chart as chart
from receiver.sources.sea import GRID_S, Sea
from receiver.sources.sea_chart import C128, HOUR, KN
from receiver.sources.sea_radio import Reports, intervals_s, transmissions
from receiver.sources.sea_scene import Scene
from receiver.sources.sea_ships import register
from receiver.sources.sea_voyage import AT_ANCHOR, MOORED
from tracks.batch import (
    BIN_S,
    CLASS_A,
    CLASS_B,
    F64,
    I64,
    Columns,
    Mask,
    PositionBatch,
    StaticBatch,
    column,
)

CHUNK_S = 6 * HOUR
GPS_M = 4.0  # standard deviation of a position, each way
BUILT_AS = {"buoy": "boat", "untold": "trawler"}  # builds of ours, which say no ship type
THIN_S = 60.0  # a feed keeps a ship's reports at least so far apart

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is on a sea: how many of each scene, and between which distances its rings lie."""

    roles: Mapping[type[Scene], int]
    rings: Mapping[str, Span] = field(
        default_factory=lambda: {"inner": chart.INNER_NMI, "outer": chart.OUTER_NMI}
    )

    @property
    def vessels(self) -> int:
        """How many ships they have."""
        return sum(len(role.crew) * count for role, count in self.roles.items())


@dataclass(slots=True)
class Play(Sea):
    """The simulator's sea with a cast of our own."""

    cast: Cast = field(default_factory=lambda: Cast({}))

    def __post_init__(self) -> None:
        rng = stream(self.seed, 4)
        roles = [role for role, count in self.cast.roles.items() for _ in range(count)]
        builds = [build for role in roles for build in role.crew]
        self.first = np.cumsum([0, *(len(role.crew) for role in roles)])[:-1].tolist()
        self.register = register([BUILT_AS.get(b, b) for b in builds], rng)
        for ship in (k for k, build in enumerate(builds) if build in BUILT_AS):
            self.register.ship_type[ship] = 0
            if builds[ship] == "buoy":
                self.register.name[ship] = f"NET MARK {ship} 87%".encode()
        self.scenes = self._cast(roles, rng, self.cast.rings, shuffled=True)
        self._planned = {}


@dataclass(frozen=True, slots=True)
class Hidden(Columns):
    """Times in which a ship had its transponder switched off at sea."""

    ship: I64 = column(np.int64)
    start: F64 = column(np.float64)
    end: F64 = column(np.float64)


class Recording(NamedTuple):
    """What was heard, and what only the simulation knows."""

    sea: Sea
    antenna: Antenna
    hidden: Hidden
    positions: PositionBatch  # in order of time
    statics: StaticBatch
    way: C128  # (ships, ten-minute bins) where each ship is in the middle of it
    sent: F64  # and how often it would transmit in it, switched on
    moored: Mask  # and whether it lies at a quay then


def hide(sea: Sea, rng: Generator, a_week: float, lasts_h: Span) -> Hidden:
    """Draw when ships switch off, `a_week` times each on average, and not for the first half day.

    How long is drawn evenly over the logarithm.  A ship that switches off twice
    at once has switched off once.
    """
    ships, span_s = len(sea.register), sea.end - sea.start
    count = rng.poisson(a_week * span_s / (7 * chart.DAY), ships)
    ship = np.repeat(np.arange(ships), count)
    start = rng.uniform(sea.start + 12 * HOUR, sea.end, len(ship))
    log_h = rng.uniform(np.log(lasts_h[0]), np.log(lasts_h[1]), len(ship))
    end = start + HOUR * np.exp(log_h)
    order = np.lexsort((start, ship))
    drawn = Hidden(ship[order], start[order], np.minimum(end[order], sea.end))
    apart = np.ones(len(drawn), np.bool_)
    apart[1:] = (drawn.ship[1:] != drawn.ship[:-1]) | (drawn.start[1:] > drawn.end[:-1])
    return drawn.take(apart)


def record(sea: Sea, climate: Climate, hidden: Hidden, lost_share: float = 0.0) -> Recording:
    """Let everybody transmit, but for those hidden, and hear what the antenna hears.

    One in four of the fishing and sailing boats cuts its power at the quay, every day.
    """
    class_b = sea.register.class_b
    antenna = Antenna.draw(climate, class_b, sea.start, sea.end, sea.seed)
    rng = stream(sea.seed, 5)
    frugal = (np.isin(sea.register.ship_type, (30, 36, 37))) & (
        rng.uniform(size=len(class_b)) < 0.25
    )
    phase = rng.uniform(0, 1, len(class_b))
    heard, ways, sents, moored = [], [], [], []
    for a in np.arange(sea.start, sea.end, CHUNK_S):
        t = np.arange(a, min(a + CHUNK_S, sea.end) + GRID_S / 2, GRID_S)
        tracks = sea.tracks(t)
        quiet = (tracks.status == MOORED) & frugal[:, None]
        on = tracks.on & ~quiet & ~_at(hidden, len(class_b), t)
        tracks = tracks._replace(on=on)
        sent, phase = transmissions(tracks, intervals_s(tracks, class_b, THIN_S), phase, rng)
        kept = antenna.chance(sent.ship, sent.t, sent.p, _in_one(sent, class_b))
        heard.append(sent.take(rng.uniform(0, 1, len(kept)) < kept * (1 - lost_share)))
        middles = slice(10, None, 20)  # of ten-minute bins, in marks half a minute apart
        ways.append(tracks.p[:, middles])
        moored.append(tracks.status[:, middles] == MOORED)
        nominal_s = intervals_s(tracks, class_b, 0.0)[:, middles]
        sents.append(np.where(quiet[:, middles], 0.0, BIN_S / nominal_s))
    positions = _positions(sea, heard, rng)
    ways_all, sent_all, moored_all = (np.concatenate(p, axis=1) for p in (ways, sents, moored))
    statics = _statics(sea, positions)
    return Recording(sea, antenna, hidden, positions, statics, ways_all, sent_all, moored_all)


def _at(hidden: Hidden, ships: int, t: F64) -> Mask:
    """Return for each ship and mark whether it is hidden then."""
    off = np.zeros((ships, len(t)), np.bool_)
    near = hidden.take((hidden.start < t[-1]) & (hidden.end > t[0]))
    for ship, a, b in zip(near.ship.tolist(), near.start, near.end, strict=True):
        off[ship] |= (t >= a) & (t < b)
    return off


def _in_one(sent: Reports, class_b: Mask) -> F64:
    """Return how many transmissions stand behind each report of a thinned feed."""
    kn, b = np.abs(sent.v) / KN, class_b[sent.ship]
    lies = np.isin(sent.status, (AT_ANCHOR, MOORED)) & (kn <= 3)
    return np.where(lies | (b & (kn <= 2)), 1.0, np.where(b, THIN_S / 30, THIN_S / 10))


def _positions(sea: Sea, parts: list[Reports], rng: Generator) -> PositionBatch:
    reports = Reports._make(np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(reports.t, kind="stable")
    reports = Reports._make(column[order] for column in reports)
    n = len(order)
    lat, lon = chart.lat_lon(reports.p + GPS_M * (rng.normal(size=n) + 1j * rng.normal(size=n)))
    is_b = sea.register.class_b[reports.ship]
    kn = np.abs(reports.v) / KN
    return PositionBatch.make(
        n,
        t=reports.t,
        mmsi=sea.register.mmsi[reports.ship],
        lat=lat.round(6),
        lon=((lon + 180) % 360 - 180).round(6),
        sog_kn=np.abs(kn + rng.normal(0, 0.08, n)).round(1),
        cog_deg=((90 - np.degrees(np.angle(reports.v))) % 360).round(1),
        nav_status=np.where(is_b, 15, reports.status),
        ship_class=np.where(is_b, CLASS_B, CLASS_A),
        type=np.where(is_b, 18, 1),
        line=np.arange(n),
        key=np.arange(1, n + 1),
    )


def _statics(sea: Sea, positions: PositionBatch) -> StaticBatch:
    """Return one claim of each ship, made when it is first heard."""
    mmsi, first = np.unique(positions.mmsi, return_index=True)
    ships, order = sea.register, np.argsort(sea.register.mmsi)
    ship = order[np.searchsorted(ships.mmsi[order], mmsi)]
    batch = StaticBatch.make(
        len(mmsi),
        t=positions.t[first],
        mmsi=mmsi,
        type=np.where(ships.class_b[ship], 24, 5),
        name=ships.name[ship],
        call_sign=ships.call_sign[ship],
        imo=ships.imo[ship],
        ship_type=ships.ship_type[ship],
        to_bow_m=ships.to_bow[ship],
        to_stern_m=ships.to_stern[ship],
        to_port_m=ships.to_port[ship],
        to_starboard_m=ships.to_starboard[ship],
        line=positions.line[first],
    )
    return batch.take(np.argsort(batch.t, kind="stable"))


def moved(recording: Recording, east_deg: float) -> Recording:
    """Return the recording as if the sea lay that many degrees further east."""
    lon = (recording.positions.lon + east_deg + 180) % 360 - 180
    return recording._replace(positions=replace(recording.positions, lon=lon.round(6)))
