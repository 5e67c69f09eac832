"""Made-up seas with pictures of them from above, of which it is known who is who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, Mask
from tracks.detections import Detections
from tracks.fits import RADIUS_OF_95
from tracks.geodesy import destination
from tracks.stood import Marks
from tracks.way import DAY_S, MARKS, UNIT_DEG, needed, pack_heard, pack_way

DAY = 19_900  # 2024-06-26
T0 = DAY * DAY_S
LAT, LON = 14.0, -17.5


class Sea(NamedTuple):
    """A day of hulls: truth at every minute, and the pages of those marks that were heard."""

    lat: F64  # (ships, minutes)
    lon: F64
    heard: Mask  # (ships, MARKS)
    tracks: I64  # (ships,)

    def marks(self) -> Marks:
        """Return the pages as a station has them."""
        rows = np.flatnonzero(self.heard.any(axis=1))
        packed = []
        for i in rows.tolist():
            at = np.flatnonzero(self.heard[i])
            lat, lon = self.lat[i, at * 10], self.lon[i, at * 10]
            kept = needed(np.full(len(at), i), at, lat, lon)
            e5 = (np.rint(x[kept] / UNIT_DEG).astype(np.int32) for x in (lat, lon))
            packed.append(pack_way(at[kept], *e5))
        every = [pack_heard(np.flatnonzero(self.heard[i])) for i in rows.tolist()]
        return Marks.read(self.tracks[rows], np.full(len(rows), DAY), every, packed)


@dataclass(frozen=True)
class Waters:
    """How busy a sea is, and how it is heard."""

    ships_nmi2: float = 0.05
    width_nmi: float = 40.0
    dark_share: float = 0.3  # ships without AIS, by ships with it
    silent_share: float = 0.1  # of the ships with AIS, for some hours
    seed: int = 1

    def sea(self) -> tuple[Sea, Mask]:
        """Return the sea, and which of its ships have AIS."""
        rng = np.random.default_rng(self.seed)
        count = round(self.ships_nmi2 * self.width_nmi**2 * (1 + self.dark_share))
        has_ais = np.arange(count) < round(count / (1 + self.dark_share))
        minutes = DAY_S // 60
        lat, lon = np.empty((count, minutes)), np.empty((count, minutes))
        for i in range(count):
            lat[i], lon[i] = _wander(rng, self.width_nmi, minutes)
        heard = np.zeros((count, MARKS), np.bool_)
        heard[has_ais] = rng.random((int(has_ais.sum()), MARKS)) < 0.97
        for i in np.flatnonzero(has_ais & (rng.random(count) < self.silent_share)).tolist():
            begin = int(rng.integers(12, MARKS - 30))
            heard[i, begin : begin + int(rng.integers(6, 24))] = False
        return Sea(lat, lon, heard, (257_000_001 + np.arange(count)) * 1000 + 1), has_ais


def _wander(rng: np.random.Generator, width_nmi: float, minutes: int) -> tuple[F64, F64]:
    """Return the way of a ship in transit, fishing, or at anchor; inside a square sea."""
    kind = rng.choice(3, p=(0.4, 0.4, 0.2))
    speed = (rng.uniform(8, 18), rng.uniform(2, 6), 0.02)[kind]
    turn = (0.2, 8.0, 30.0)[kind]  # degrees a minute
    course = rng.uniform(0, 360) + np.cumsum(rng.normal(0, turn, minutes))
    step = speed / 60
    east = np.cumsum(np.sin(np.radians(course))) * step + rng.uniform(0, width_nmi)
    north = np.cumsum(np.cos(np.radians(course))) * step + rng.uniform(0, width_nmi)
    east, north = (np.abs((x + width_nmi) % (2 * width_nmi) - width_nmi) for x in (east, north))
    lat = LAT + north / 60
    return lat, LON + east / 60 / np.cos(np.radians(LAT))


class Picture(NamedTuple):
    """What a satellite saw at a minute of the day: `whose` is the ship, -1 for clutter."""

    seen: Detections
    whose: I64


def picture(
    sea: Sea, minute: int, uncertainty_m: float, seed: int = 0, share: float = 0.9
) -> Picture:
    """Return what one scene shows of a sea."""
    rng = np.random.default_rng(1000 * seed + minute)
    whose = np.flatnonzero(rng.random(len(sea.tracks)) < share)
    off_m = np.hypot(*rng.normal(0, uncertainty_m / RADIUS_OF_95, (2, len(whose))))
    lat, lon = destination(
        sea.lat[whose, minute], sea.lon[whose, minute], rng.uniform(0, 360, len(whose)), off_m
    )
    t = np.full(len(whose), T0 + minute * 60.0)
    seen = Detections.make(
        len(whose), t=t, lat=lat, lon=lon, uncertainty_m=uncertainty_m, scene=minute
    )
    return Picture(seen, whose)
