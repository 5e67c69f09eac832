"""Who transmits when, and what of it an antenna hears.

Reception here is a curve over range that the weather and each ship's own
aerial move about.  It is drawn from nothing that a detector assumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from receiver.sources.sea import GRID_S, Tracks
from receiver.sources.sea_chart import C128, HOUR, KN, NMI
from receiver.sources.sea_voyage import AT_ANCHOR, MOORED
from tracks.batch import F64, I64, Mask

STATIC_S = 360.0  # M.1371-5, annex 1, 4.2.1: static data every 6 minutes
BEST = 0.97  # some slots collide even near the antenna
EDGE_NMI = 4.0  # how softly hearing ends
CLASS_B_RANGE = 0.45  # 2 W and low aerials against 12.5 W


@dataclass(frozen=True, slots=True)
class Station:
    """A shore station; `range_nmi` is where it hears every other class A report."""

    name: str = "SIMSHORE"
    lat: float = 14.74
    lon: float = -17.52
    range_nmi: float = 50.0

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isalnum() and len(self.name) <= 15):
            raise ValueError(f"a station's name is 1 to 15 letters and digits, not {self.name!r}")
        if not (abs(self.lat) <= 89 and abs(self.lon) <= 180 and self.range_nmi > 0):
            raise ValueError(f"no station at {self.lat}, {self.lon} with {self.range_nmi} nmi")


class Reports(NamedTuple):
    """Transmissions: which ship, when (Unix seconds), where and how fast it truly is then."""

    ship: I64
    t: F64
    p: C128
    v: C128
    status: NDArray[np.uint8]

    def take(self, rows: Mask) -> Self:
        """Return those that a mask picks."""
        return type(self)(*(column[rows] for column in self))  # type: ignore[arg-type]


def intervals_s(tracks: Tracks, class_b: Mask, thin_s: float) -> F64:
    """Return how often each ship reports its position, shape (ships, marks - 1).

    M.1371-5, annex 1, table 1; neglected: class A reports faster while it turns.
    """
    kn = np.abs(tracks.v[:, :-1]) / KN
    status = tracks.status[:, :-1]
    lies = ((status == AT_ANCHOR) | (status == MOORED)) & (kn <= 3)
    a = np.select([lies, kn <= 14, kn <= 23], [180.0, 10.0, 6.0], 2.0)
    b = np.where(kn <= 2, 180.0, 30.0)
    return np.asarray(np.maximum(np.where(class_b[:, None], b, a), thin_s), np.float64)


def transmissions(tracks: Tracks, every_s: F64, phase: F64, rng: Generator) -> tuple[Reports, F64]:
    """Return what is sent between the marks, ordered by ship, and the phases to go on from.

    `every_s` broadcasts to (ships, marks - 1).  `phase`, shape (ships,), is the
    part of an interval that has passed.
    """
    ships, marks = tracks.p.shape
    cells = np.where(tracks.on[:, :-1], GRID_S / every_s, 0.0)
    passed = np.zeros((ships, marks))
    np.cumsum(cells, axis=1, out=passed[:, 1:])
    passed += phase[:, None]
    count = np.floor(passed[:, -1]).astype(np.int64)
    ship = np.repeat(np.arange(ships), count)
    nth = np.arange(len(ship)) - np.repeat(np.cumsum(count) - count, count) + 1.0
    # One interpolation for all ships: each one's marks are shifted behind the last one's.
    shift = 2.0 * np.ceil(passed.max(initial=1.0)) * np.arange(ships)
    place = np.interp(
        nth + shift[ship],
        (passed + shift[:, None]).ravel(),
        np.tile(np.arange(marks, dtype=np.float64), ships),
    )
    cell = np.minimum(place.astype(np.int64), marks - 2)
    late = rng.uniform(-0.1, 0.1, len(ship)) / np.maximum(cells[ship, cell], 1e-9)
    share = np.clip(place - cell + late, 0.0, 0.996)  # stay in the cell: it is on, the next may not
    t = tracks.t[cell] + share * GRID_S
    p = tracks.p[ship, cell] * (1 - share) + tracks.p[ship, cell + 1] * share
    v = tracks.v[ship, cell] * (1 - share) + tracks.v[ship, cell + 1] * share
    return Reports(ship, t, p, v, tracks.status[ship, cell]), passed[:, -1] - count


@dataclass(frozen=True, slots=True)
class Ear:
    """How well each ship is heard at a time and place; slow waves stand for fading."""

    at: complex | None  # None: everywhere alike, as if from orbit
    range_nmi: F64  # of each ship
    ship_waves: F64  # (ships, 3, 3): amplitude in nmi, radians a second, phase
    weather_waves: F64  # (3, 3)

    @classmethod
    def draw(cls, at: complex | None, range_nmi: float, class_b: Mask, rng: Generator) -> Self:
        """Draw aerials and weather."""
        ships = len(class_b)
        factor = np.where(class_b, CLASS_B_RANGE, 1.0) * np.exp(rng.normal(0, 0.08, ships))
        return cls(
            at,
            range_nmi * factor,
            _waves(rng, (ships, 3), 1.5, (0.25, 1.5)),
            _waves(rng, (3,), 2.5, (5, 40)),
        )

    def chance(self, ship: I64, t: F64, p: C128) -> F64:
        """Return the chance, 0 to 1, that a report is heard."""
        if self.at is None:
            return np.full(len(ship), BEST)
        reach_nmi = self.range_nmi[ship]
        for wave in range(3):
            amplitude, pace, phase = self.ship_waves[ship, wave].T
            reach_nmi = reach_nmi + amplitude * np.sin(pace * t + phase)
            amplitude, pace, phase = self.weather_waves[wave]
            reach_nmi = reach_nmi + amplitude * np.sin(pace * t + phase)
        beyond = (np.abs(p - self.at) / NMI - reach_nmi) / EDGE_NMI
        return np.asarray(BEST / (1 + np.exp(np.clip(beyond, -50, 50))), np.float64)

    def heard(self, reports: Reports, rng: Generator) -> Reports:
        """Return those reports that the antenna hears."""
        chance = self.chance(reports.ship, reports.t, reports.p)
        return reports.take(rng.uniform(0, 1, len(chance)) < chance)


def _waves(
    rng: Generator, shape: Sequence[int], amplitude_nmi: float, period_h: tuple[float, float]
) -> F64:
    pace = 2 * np.pi / (HOUR * rng.uniform(*period_h, tuple(shape)))
    amplitude = rng.uniform(0, amplitude_nmi, tuple(shape))
    return np.stack([amplitude, pace, rng.uniform(0, 2 * np.pi, tuple(shape))], axis=-1)
