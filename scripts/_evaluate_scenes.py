"""Acts on the simulated sea beside those of the simulator: mostly ordinary life that looks odd.

To add one: write a class as below (docs/simulator.md says what a scene is), give
what happens a kind of its own in `Truth`, and put it with a number into a cast of
`_evaluate_meetings.py` or `_evaluate_gaps.py`.  A kind that is not "encounter" or
"loitering" is ordinary: an event about it is a false alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

import numpy as np
from numpy.random import Generator

from receiver.sources import sea_wanted
from receiver.sources.sea_chart import C128, DAY, HOUR, KN, NMI, SEAWARD_DEG, vector
from receiver.sources.sea_scene import Plan, Ring, Stage, Truth
from receiver.sources.sea_voyage import AT_ANCHOR, FISHING, MOORED, UNDER_WAY, Log, Voyage, hours
from tracks.batch import F64

M = TypeVar("M", bound="Meeting")


@dataclass(frozen=True, slots=True)
class Meeting(sea_wanted.Meeting):
    """A carrier and a fishing vessel meet every other day, at any hour."""

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the first time within the first two days."""
        return _timed(cls, stage, rng, DAY * float(np.floor(stage.start / DAY)) + hours(rng, 3, 44))


@dataclass(frozen=True, slots=True)
class MidnightMeeting(Meeting):
    """A carrier and a fishing vessel meet before midnight UTC and part after it."""

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Let every meeting begin half an hour to two hours before midnight."""
        day = DAY * float(np.floor(stage.start / DAY)) + DAY * float(1 + rng.integers(2))
        return _timed(cls, stage, rng, day - hours(rng, 0.5, 2.0))


def _timed(cls: type[M], stage: Stage, rng: Generator, first: float) -> M:
    home = stage.spot + vector(rng.uniform(240, 300), NMI * rng.uniform(75, 90))
    way_s = abs(home - stage.spot) / (sea_wanted.CARRIER_KN * KN) + sea_wanted.CLOSE_S
    within_m = min(2.5 * NMI, 0.35 * stage.room_m)
    return cls(2 * DAY, first - way_s, way_s, stage.spot, home, within_m)


@dataclass(frozen=True, slots=True)
class _Resident:
    """Ships that have a place of their own; a round takes two days."""

    ring: ClassVar[Ring] = "outer"
    weight: ClassVar[float] = 1
    period_s: float
    start: float
    spot: complex

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw when the first round began."""
        return cls(2 * DAY, stage.start - float(rng.uniform(0, 2 * DAY)), stage.spot)


@dataclass(frozen=True, slots=True)
class Roads(_Resident):
    """Two ships at anchor in roads that no list knows, some 400 m apart."""

    crew: ClassVar[tuple[str, ...]] = ("tanker", "cargo")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Swing about two anchors, both before the same wind."""
        one = Log(t0, self.spot).swing(t0 + self.period_s, 90, 12).voyage()
        note = "two ships at anchor near each other"
        truth = Truth("anchored", (0, 1), t0, t0 + self.period_s, self.spot, note)
        return Plan((one, one.beside(400 + 0j)), (truth,))


@dataclass(frozen=True, slots=True)
class WorkBoats(_Resident):
    """Two service vessels made fast to a platform or a fish farm, 60 m apart."""

    crew: ClassVar[tuple[str, ...]] = ("tug", "tug")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Lie there, go round the place for an hour, lie there."""
        log = Log(t0, self.spot, MOORED).stay(t0 + hours(rng, 16, 22))
        log.work(log.t + HOUR, rng, self.spot, 0.5 * NMI, kn=4).go(self.spot, kn=4)
        one = log.stay(t0 + self.period_s).voyage()
        note = "two service vessels moored at sea"
        return Plan((one, one.beside(60j)), (Truth("moored", (0, 1), t0, log.t, self.spot, note),))


@dataclass(frozen=True, slots=True)
class Fleet(_Resident):
    """Three trawlers that work by day and drift at night, a few hundred metres apart."""

    crew: ClassVar[tuple[str, ...]] = ("trawler", "trawler", "trawler")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Work for 14 hours and drift for 8, twice."""
        log = Log(t0, self.spot)
        for night in (1, 2):
            log.work(t0 + night * DAY - 9 * HOUR, rng, self.spot, 2 * NMI)
            log.drift(log.t + 7 * HOUR, rng, 0.7, 215, FISHING)
            log.arrive(self.spot, t0 + night * DAY, FISHING)
        one = log.voyage()
        note = "trawlers of one fleet work and rest near each other"
        truth = Truth("fleet", (0, 1, 2), t0, t0 + self.period_s, self.spot, note)
        return Plan((one, one.beside(420 + 100j), one.beside(-300 + 800j)), (truth,))


@dataclass(frozen=True, slots=True)
class NetMarkers(_Resident):
    """A fishing boat tends drifting nets; two buoys with AIS mark their ends."""

    crew: ClassVar[tuple[str, ...]] = ("trawler", "buoy", "buoy")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Set the nets, drift beside them, haul, bring them back to where they were."""
        boat = Log(t0, self.spot).work(t0 + 6 * HOUR, rng, self.spot, 1 * NMI)
        boat.arrive(self.spot, t0 + 7 * HOUR, FISHING)
        net = Log(t0, self.spot).arrive(self.spot, t0 + 7 * HOUR)
        net.drift(t0 + 31 * HOUR, rng, 0.5, 215)
        together = net.voyage().between(t0 + 7 * HOUR, t0 + 31 * HOUR)
        boat.along(together.t, together.p + vector(30, 150), FISHING)
        for log in (boat, net):
            log.arrive(self.spot, t0 + self.period_s, FISHING)
        drifting = net.voyage()
        note = "a fishing boat and the buoys of its nets"
        truth = Truth("net", (0, 1, 2), t0, t0 + self.period_s, self.spot, note)
        return Plan((boat.voyage(), drifting, drifting.beside(vector(120, 450))), (truth,))


@dataclass(frozen=True, slots=True)
class PilotStation(_Resident):
    """A pilot boat that waits at sea and runs to the ships that come."""

    crew: ClassVar[tuple[str, ...]] = ("pilot", "cargo", "cargo")
    ring: ClassVar[Ring] = "inner"

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Wait and drift; for each of two ships go alongside for half an hour."""
        pilot = Log(t0, self.spot)
        ships: list[Voyage] = []
        far = self.spot + vector(270, 60 * NMI)
        for call in (0, 1):
            meet = t0 + DAY * call + hours(rng, 9, 14)
            pilot.drift(meet - HOUR, rng, 0.5, 215).go(self.spot, kn=8)
            pilot.stay(max(meet, pilot.t), UNDER_WAY)
            ship = Log(t0, far).arrive(self.spot + 80, pilot.t)
            pilot.along(*_abreast(ship, self.spot + vector(60, 2 * NMI), -80), UNDER_WAY)
            pilot.go(self.spot, kn=12)
            ship.go(self.spot + vector(60, 4 * NMI), far, kn=12)
            ships.append(ship.arrive(far, t0 + self.period_s).voyage())
        pilot.drift(t0 + self.period_s - HOUR, rng, 0.5, 215).arrive(self.spot, t0 + self.period_s)
        note = "a pilot boat waits at its station and boards ships"
        truth = Truth("pilotage", (0, 1, 2), t0, t0 + self.period_s, self.spot, note)
        return Plan((pilot.voyage(), *ships), (truth,))


def _abreast(ship: Log, to: complex, offset: complex) -> tuple[F64, C128]:
    """Send a ship on, slowly, and return the way of the boat beside it."""
    ship.go(to, kn=5)
    return np.array([ship.t]), np.array([ship.at + offset])


@dataclass(frozen=True, slots=True)
class Bunkering(_Resident):
    """A tanker gives fuel to a cargo ship that waits: near and slow, and daily trade."""

    crew: ClassVar[tuple[str, ...]] = ("tanker", "cargo")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Bring the tanker alongside for some hours."""
        begin = t0 + hours(rng, 20, 26)
        end = begin + hours(rng, 3, 5)
        home = self.spot + vector(90, 8 * NMI)
        ship = Log(t0, self.spot + vector(270, 150 * NMI)).arrive(self.spot, begin - 2 * HOUR)
        ship.stay(end + HOUR, AT_ANCHOR).arrive(self.spot + vector(270, 150 * NMI), t0 + 2 * DAY)
        tanker = Log(t0, home, MOORED).stay(begin - HOUR).arrive(self.spot + 50j, begin)
        tanker.stay(end, UNDER_WAY).arrive(home, end + HOUR).stay(t0 + 2 * DAY)
        note = "a tanker gives fuel to a ship at anchor"
        truth = Truth("bunkering", (0, 1), begin, end, self.spot, note)
        return Plan((tanker.voyage(), ship.voyage()), (truth,))


@dataclass(frozen=True, slots=True)
class SlowPair(_Resident):
    """Two trawlers tow one net against the current, at little more than 2 kn."""

    crew: ClassVar[tuple[str, ...]] = ("trawler", "trawler")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Tow to and fro over the ground."""
        log = Log(t0, self.spot).work(t0 + 46 * HOUR, rng, self.spot, 2.5 * NMI, kn=2.6)
        one = log.arrive(self.spot, t0 + self.period_s, FISHING).voyage()
        note = "two trawlers tow one net at 2.6 kn"
        truth = Truth("pair_trawling", (0, 1), t0, t0 + self.period_s, self.spot, note)
        return Plan((one, one.beside(complex(250, -150))), (truth,))


@dataclass(frozen=True, slots=True)
class Wanderer:
    """A trawler that works here and there, in and out of hearing, for weeks."""

    crew: ClassVar[tuple[str, ...]] = ("trawler",)
    ring: ClassVar[Ring] = "none"
    weight: ClassVar[float] = 1
    waters_nmi: ClassVar[tuple[float, float]] = (8, 62)
    steaming_kn: ClassVar[tuple[float, float]] = (5, 11)
    works: ClassVar[bool] = True
    period_s: float
    start: float
    home: complex

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw where it begins and when."""
        start = stage.start - float(rng.uniform(0, 4 * DAY))
        return cls(4 * DAY, start, _at_sea(rng, cls.waters_nmi))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Steam to a place, work there or not, steam to the next, and be back in four days."""
        log, until = Log(t0, self.home), t0 + self.period_s
        while True:
            to, kn = _at_sea(rng, self.waters_nmi), float(rng.uniform(*self.steaming_kn))
            stay_s = hours(rng, 3, 14) if self.works else 0.0
            way_s = abs(to - log.at) / (kn * KN)
            home_s = abs(self.home - to) / (8 * KN)
            if log.t + way_s + stay_s + home_s + HOUR > until:
                break
            log.go(to, kn=kn)
            if self.works:
                log.work(log.t + stay_s, rng, to, 3 * NMI)
        return Plan((log.arrive(self.home, until).voyage(),))


class SmallWanderer(Wanderer):
    """A small boat with class B that does the same, nearer."""

    __slots__ = ()
    crew: ClassVar[tuple[str, ...]] = ("boat",)
    waters_nmi: ClassVar[tuple[float, float]] = (6, 30)


class Tramp(Wanderer):
    """A cargo ship that comes from beyond hearing and goes there again."""

    __slots__ = ()
    crew: ClassVar[tuple[str, ...]] = ("cargo",)
    waters_nmi: ClassVar[tuple[float, float]] = (12, 100)
    steaming_kn: ClassVar[tuple[float, float]] = (9, 14)
    works: ClassVar[bool] = False


def _at_sea(rng: Generator, waters_nmi: tuple[float, float]) -> complex:
    """Draw a place to seaward, evenly over the area."""
    near, far = waters_nmi
    r = np.sqrt(rng.uniform(near**2, far**2))
    return vector(float(rng.uniform(*SEAWARD_DEG)), NMI * float(r))


@dataclass(frozen=True, slots=True)
class ShyMeeting(_Resident):
    """A cargo ship and a fishing vessel that does not say so meet, short and not very near."""

    crew: ClassVar[tuple[str, ...]] = ("reefer", "untold")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Let them drift together for two or three hours."""
        start = t0 + hours(rng, 16, 30)
        end = start + hours(rng, 2.2, 3.2)
        fisher = Log(t0, self.spot).work(start - HOUR, rng, self.spot, 1.2 * NMI)
        fisher.arrive(self.spot, start - 0.3 * HOUR, FISHING).drift(start, rng, 0.8, 215, FISHING)
        meets, side = fisher.at, vector(rng.uniform(0, 360), rng.uniform(150, 330))
        fisher.drift(end, rng, float(rng.uniform(0.6, 1.3)), 215)
        fisher.work(t0 + 46 * HOUR, rng, self.spot, 1.2 * NMI)
        fisher.arrive(self.spot, t0 + self.period_s, FISHING)
        together = fisher.voyage().between(start, end)
        far = self.spot + vector(rng.uniform(250, 290), 80 * NMI)
        ship = Log(t0, far).come_alongside(meets + side, start)
        ship.along(together.t, together.p + side, UNDER_WAY).arrive(far, t0 + self.period_s)
        note = "a cargo ship and a vessel that does not say what it is drift together"
        truth = Truth("encounter", (0, 1), start, end, meets, note)
        return Plan((ship.voyage(), fisher.voyage()), (truth,))


@dataclass(frozen=True, slots=True)
class Angling(_Resident):
    """A fishing vessel works for hours beside a cargo ship at anchor, as fish like shade."""

    crew: ClassVar[tuple[str, ...]] = ("cargo", "trawler")

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Swing about an anchor; come, drift to and fro a few hundred metres off, go."""
        ship = Log(t0, self.spot).swing(t0 + self.period_s, 90, 12).voyage()
        home = self.spot + vector(rng.uniform(0, 360), 5 * NMI)
        boat = Log(t0, home).work(t0 + hours(rng, 10, 30), rng, home, 1.5 * NMI)
        boat.go(self.spot + vector(20, 250), kn=6, status=FISHING)
        begin = boat.t
        for bearing_deg in (200, 30, 190, 45, 180):
            beside = self.spot + vector(bearing_deg, rng.uniform(150, 300))
            boat.arrive(beside, boat.t + hours(rng, 0.8, 1.3), FISHING)
        end = boat.t
        boat.go(home, kn=6).work(t0 + 46 * HOUR, rng, home, 1.5 * NMI)
        boat.arrive(home, t0 + self.period_s, FISHING)
        note = "a fishing vessel works beside a ship at anchor"
        truth = Truth("angling", (0, 1), begin, end, self.spot, note)
        return Plan((ship, boat.voyage()), (truth,))
