"""Ordinary life at sea: what must not raise an alarm, though some of it looks odd."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np
from numpy.random import Generator

from receiver.sources import sea_chart as chart
from receiver.sources.sea_chart import DAY, HOUR, KN, NMI, vector
from receiver.sources.sea_scene import Plan, Ring, Stage, Truth
from receiver.sources.sea_voyage import MOORED, Log, hours


@dataclass(frozen=True, slots=True)
class Passer:
    """A ship that goes up and down the coastal lane, keeping to its right."""

    crew: ClassVar[tuple[str, ...]] = ("cargo",)
    weight: ClassVar[float] = 14
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float
    kn: float
    off_m: float
    far_m: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw speed, distance from the lane's middle, how far it goes, and where it is now."""
        kn, off_m = float(rng.uniform(10, 19)), NMI * float(rng.uniform(1, 5))
        far_m = NMI * float(rng.uniform(130, 380))
        lane = _lane(1, off_m, far_m)
        period_s = sum(abs(a - b) for a, b in pairwise(lane)) / (kn * KN)
        return cls(period_s, stage.start - float(rng.uniform(0, period_s)), kn, off_m, far_m)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Go north in even rounds and south in odd ones."""
        lane = _lane(1 if cycle % 2 == 0 else -1, self.off_m, self.far_m)
        log = Log(t0, lane[0]).go(*lane[1:-1], kn=self.kn)
        return Plan((log.arrive(lane[-1], t0 + self.period_s).voyage(),))


def _lane(way: int, off_m: float, far_m: float) -> list[complex]:
    """Return the way north (`way` 1) or south (-1): out of the middle in 30 nmi, and back."""
    steps = np.array([-far_m, 30 * NMI - far_m, far_m - 30 * NMI, far_m])
    return list(chart.LANE + way * (steps * 1j + np.array([0, off_m, off_m, 0])))


@dataclass(frozen=True, slots=True)
class Convoy(Passer):
    """Two ships that pass abreast, a quarter of a mile apart."""

    crew: ClassVar[tuple[str, ...]] = ("cargo", "cargo")
    weight: ClassVar[float] = 1

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Go up and down the lane together."""
        (one,) = Passer.plan(self, rng, cycle, t0).voyages
        end = t0 + self.period_s
        note = "two ships pass in convoy, never slower than 10 kn"
        truth = Truth("convoy", (0, 1), t0, end, chart.LANE, note)
        return Plan((one, one.beside(450.0)), (truth,))


@dataclass(frozen=True, slots=True)
class DayBoat:
    """A small boat with class B that fishes and is home in the afternoon.

    Every other one fishes with lines, so it is slow for hours.  Every fifth one
    lies in a harbour that no list of ports knows, near others of its kind.
    """

    crew: ClassVar[tuple[str, ...]] = ("boat",)
    weight: ClassVar[float] = 10
    ring: ClassVar[Ring] = "inner"
    period_s: float
    start: float
    home: complex
    ground: complex
    within_m: float
    lines: bool

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the mooring; the ground is the spot of the stage."""
        harbour = chart.NGOR if stage.number % 5 == 0 else chart.HANN
        home = harbour + vector(rng.uniform(0, 360), 150)
        day = DAY * float(np.floor(stage.start / DAY))
        within_m = min(2 * NMI, 0.35 * stage.room_m)
        return cls(DAY, day, home, stage.spot, within_m, stage.number % 2 == 1)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Leave before dawn, fish until about noon, come home; one day in ten stay in."""
        log = Log(t0, self.home, MOORED)
        if rng.uniform() < 0.1:
            return Plan((log.stay(t0 + DAY).voyage(),))
        north = self.home.imag > 0
        way = (self.home + 2 * NMI * 1j,) if north else _out_of(self.home)
        kn = float(rng.uniform(7, 9))
        log.stay(t0 + hours(rng, 2.5, 5)).go(*way, self.ground, kn=kn)
        begin, until = log.t, t0 + hours(rng, 11, 14)
        truths: tuple[Truth, ...] = ()
        if self.lines:
            log.handline(until, rng, self.ground, self.within_m)
            note = "a small boat fishes with lines: it drifts, moves on, and drifts again"
            truths = (Truth("line_fishing", (0,), begin, log.t, self.ground, note),)
        else:
            log.work(until, rng, self.ground, self.within_m)
        log.go(*reversed(way), self.home, kn=kn)
        return Plan((log.stay(t0 + DAY).voyage(),), truths)


def _out_of(home: complex) -> tuple[complex, ...]:
    """Return the way from the port or the bay round the peninsula."""
    inner = () if home.imag < chart.PORT.imag + 1000 else (chart.GOREE + 2500,)
    return (*inner, chart.PILOTS, chart.CAPE)


@dataclass(frozen=True, slots=True)
class Trawler:
    """A trawler that works a ground for a day and a half and sells its catch in port."""

    crew: ClassVar[tuple[str, ...]] = ("trawler",)
    weight: ClassVar[float] = 4
    ring: ClassVar[Ring] = "inner"
    period_s: float
    start: float
    berth: complex
    ground: complex
    within_m: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the berth; the ground is the spot of the stage."""
        berth = chart.PORT + vector(rng.uniform(0, 360), 60 + 40 * (stage.number % 5))
        start = stage.start - float(rng.uniform(0, 2 * DAY))
        return cls(2 * DAY, start, berth, stage.spot, min(2.5 * NMI, 0.4 * stage.room_m))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Go out, work, come home."""
        way = (chart.PORT_MOUTH, *_out_of(self.berth))
        log = Log(t0, self.berth, MOORED).stay(t0 + hours(rng, 3, 6))
        log.go(*way, self.ground, kn=9.5)
        log.work(t0 + hours(rng, 34, 40), rng, self.ground, self.within_m)
        log.go(*reversed(way), self.berth, kn=9.5)
        return Plan((log.stay(t0 + self.period_s).voyage(),))


@dataclass(frozen=True, slots=True)
class PairTrawlers(Trawler):
    """Two trawlers that tow one net between them: near for hours, but faster than 2 kn."""

    crew: ClassVar[tuple[str, ...]] = ("trawler", "trawler")
    weight: ClassVar[float] = 1

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Do everything together."""
        (one,) = Trawler.plan(self, rng, cycle, t0).voyages
        note = "two trawlers tow one net at about 3.4 kn; moored near each other before and after"
        truth = Truth("pair_trawling", (0, 1), t0, t0 + self.period_s, self.ground, note)
        return Plan((one, one.beside(complex(300, -200))), (truth,))


@dataclass(frozen=True, slots=True)
class IslandFerry:
    """The small ferry to the island in front of the port, every 90 minutes by day."""

    crew: ClassVar[tuple[str, ...]] = ("ferry",)
    weight: ClassVar[float] = 1
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Keep to the timetable, which begins at midnight UTC."""
        return cls(DAY, DAY * float(np.floor(stage.start / DAY)))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Cross from 06:30 to 22:00."""
        log = Log(t0, chart.PORT, MOORED)
        for departure in np.arange(6.5, 21.0, 1.5):
            leave = t0 + departure * HOUR + hours(rng, 0, 0.1)
            log.stay(leave).go(chart.PORT_MOUTH, chart.GOREE, kn=8.5)
            log.stay(leave + 0.75 * HOUR).go(chart.PORT_MOUTH, chart.PORT, kn=8.5)
        return Plan((log.stay(t0 + DAY).voyage(),))


@dataclass(frozen=True, slots=True)
class NightFerry:
    """The ferry that goes south every other evening, beyond what the station hears."""

    crew: ClassVar[tuple[str, ...]] = ("ferry",)
    weight: ClassVar[float] = 1
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Sail on even days, or on odd ones."""
        day = DAY * float(np.floor(stage.start / DAY))
        return cls(2 * DAY, day - DAY * (stage.number % 2))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Leave at eight in the evening, be back the second night."""
        way = (chart.PORT_MOUTH, chart.PILOTS, *chart.ESTUARY)
        berth = chart.PORT + vector(150, 120)
        log = Log(t0, berth, MOORED).stay(t0 + 20 * HOUR + hours(rng, 0, 0.3))
        log.go(*way, kn=14).stay(t0 + 36 * HOUR).go(*reversed(way), berth, kn=14)
        return Plan((log.stay(t0 + self.period_s).voyage(),))


@dataclass(frozen=True, slots=True)
class Yacht:
    """A yacht that sails out for the day and comes back."""

    crew: ClassVar[tuple[str, ...]] = ("yacht",)
    weight: ClassVar[float] = 2
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float
    home: complex

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the mooring in the bay."""
        home = chart.HANN + vector(rng.uniform(0, 360), rng.uniform(100, 400))
        return cls(DAY, DAY * float(np.floor(stage.start / DAY)), home)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Round the cape, reach out and home again."""
        out = chart.CAPE + vector(rng.uniform(200, 260), NMI * rng.uniform(3, 9))
        way = (chart.GOREE + 2500, chart.PILOTS, chart.CAPE)
        log = Log(t0, self.home, MOORED).stay(t0 + hours(rng, 8, 11))
        log.go(*way, out, *reversed(way), self.home, kn=float(rng.uniform(4, 6)))
        return Plan((log.stay(t0 + DAY).voyage(),))
