"""What happens in and before the port: pilots, tugs, anchors and ships side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from numpy.random import Generator

from receiver.sources import sea_chart as chart
from receiver.sources.sea_chart import DAY, HOUR, KN, NMI, vector
from receiver.sources.sea_scene import Plan, Ring, Stage, Truth
from receiver.sources.sea_voyage import MOORED, Log, Voyage, hours

LONG_S = 2 * DAY


@dataclass(frozen=True, slots=True)
class PortCall:
    """Two ships call at the port; one pilot and one tug meet each of them."""

    crew: ClassVar[tuple[str, ...]] = ("cargo", "tanker", "pilot", "tug")
    weight: ClassVar[float] = 1
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float
    sea: complex  # where the ships come from and go to

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the place far out to sea."""
        sea = chart.WEST + vector(rng.uniform(200, 330), 150 * NMI)
        return cls(LONG_S, stage.start - float(rng.uniform(0, 10)) * HOUR, sea)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Bring one ship in twelve hours after the round begins, the other ten hours later."""
        meetings = [t0 + hours(rng, 13, 16), t0 + hours(rng, 23, 26)]
        ships = [self._call(rng, t0, meet, berth) for berth, meet in enumerate(meetings)]
        pilot, tug = Log(t0, _berth(6), MOORED), Log(t0, _berth(7), MOORED)
        truths = []
        for ship, meet in enumerate(meetings):
            _fetch(pilot, chart.PILOTS, meet, _berth(6), _berth(ship), 60)
            _fetch(tug, chart.PORT_MOUTH, meet + _in_s(), _berth(7), _berth(ship), 40)
            end = meet + _in_s() + _berth_s(ship)
            note = "a pilot boards and a tug helps; near each other, under way, close to port"
            truths.append(Truth("pilotage", (ship, 2, 3), meet, end, chart.PILOTS, note))
        attendants = [x.stay(t0 + LONG_S).voyage() for x in (pilot, tug)]
        return Plan((*ships, *attendants), tuple(truths))

    def _call(self, rng: Generator, t0: float, meet: float, berth: int) -> Voyage:
        arrive_s = abs(chart.WEST - chart.CAPE) / (12 * KN) + abs(chart.CAPE - chart.PILOTS) / (
            8 * KN
        )
        log = Log(t0, self.sea).arrive(chart.WEST, meet - arrive_s)
        log.go(chart.CAPE, kn=12).arrive(chart.PILOTS, meet)
        log.go(chart.PORT_MOUTH, kn=6).go(_berth(berth), kn=3)
        log.stay(t0 + LONG_S - 13 * HOUR).go(chart.PORT_MOUTH, kn=3)
        log.go(chart.PILOTS, kn=8).go(chart.CAPE, chart.WEST, kn=12)
        return log.arrive(self.sea, t0 + LONG_S).voyage()


def _fetch(
    log: Log, at: complex, meet: float, home: complex, berth: complex, beside_m: float
) -> None:
    """Go out, meet a ship, keep close to it to its berth and go home."""
    side = vector(120, beside_m)
    out_s = abs(at - chart.PORT_MOUTH) / (10 * KN) + abs(chart.PORT_MOUTH - home) / (5 * KN)
    log.stay(meet - out_s - 600).go(chart.PORT_MOUTH, kn=5).go(at + side, kn=10).stay(meet, 0)
    if at != chart.PORT_MOUTH:
        log.go(chart.PORT_MOUTH + side, kn=6)
    log.go(berth + side, kn=3).go(home, kn=3)


def _in_s() -> float:
    """How long a ship takes from the pilots to the mouth of the port."""
    return abs(chart.PILOTS - chart.PORT_MOUTH) / (6 * KN)


def _berth_s(berth: int) -> float:
    return abs(chart.PORT_MOUTH - _berth(berth)) / (3 * KN)


def _berth(number: int) -> complex:
    """Return a berth; ships on neighbouring ones are 70 m apart."""
    return chart.PORT + vector(20, 70.0 * (number % 20)) + vector(290, 130.0 * (number // 20))


@dataclass(frozen=True, slots=True)
class Anchored:
    """A ship that waits at anchor before the port."""

    crew: ClassVar[tuple[str, ...]] = ("tanker",)
    weight: ClassVar[float] = 5
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float
    at: complex
    turn_h: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Take the next place; they are half a mile apart."""
        row, place = divmod(stage.number, 6)
        at = chart.ANCHORAGE + NMI * complex(0.5 * place, -0.5 * row)
        turn_h = 24 / float(rng.integers(2, 5))  # a whole number of turns in a round
        return cls(LONG_S, stage.start - float(rng.uniform(0, 1)) * DAY, at, turn_h)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Swing about the anchor."""
        return Plan((Log(t0, self.at).swing(t0 + LONG_S, 110, self.turn_h).voyage(),))


@dataclass(frozen=True, slots=True)
class Moored:
    """A ship that lies in port, with a neighbour on either side."""

    crew: ClassVar[tuple[str, ...]] = ("cargo",)
    weight: ClassVar[float] = 4
    ring: ClassVar[Ring] = "none"
    period_s: float
    start: float
    at: complex

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Take the next berth."""
        return cls(LONG_S, stage.start, _berth(10 + stage.number))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Lie still."""
        return Plan((Log(t0, self.at).stay(t0 + LONG_S).voyage(),))


@dataclass(frozen=True, slots=True)
class Rafted(Moored):
    """Two trawlers side by side at one berth: near, slow, for days, and ordinary."""

    crew: ClassVar[tuple[str, ...]] = ("trawler", "trawler")
    weight: ClassVar[float] = 1

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Take a berth at the fishing quay."""
        return cls(LONG_S, stage.start, chart.PORT + vector(330, 250 + 60.0 * stage.number))

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Lie still, twelve metres apart."""
        (one,) = Moored.plan(self, rng, cycle, t0).voyages
        note = "two ships moored side by side in port"
        truth = Truth("rafted", (0, 1), t0, t0 + LONG_S, self.at, note)
        return Plan((one, one.beside(12.0)), (truth,))
