"""What the detectors are for, played with known beginnings and ends.

Meetings, drifting and silence are the acts; nothing here says what for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.random import Generator

from receiver.sources.sea_chart import DAY, HOUR, KN, NMI, vector
from receiver.sources.sea_scene import Plan, Ring, Stage, Truth
from receiver.sources.sea_voyage import FISHING, UNDER_WAY, Log, hours

CARRIER_KN, ROAM_KN = 12.5, 10.5
CLOSE_S = 0.5 * NMI / (3 * KN) + 1.5 * NMI / (7 * KN)  # see Log.come_alongside


def _first(stage: Stage, rng: Generator, lasts_s: float) -> float:
    """Draw when the first event begins, so that the recording holds it where it can."""
    early, late = stage.start + 2.5 * HOUR, stage.end - lasts_s - 1.5 * HOUR
    if late <= early:
        early = late = stage.start + 0.2 * (stage.end - stage.start)
    return 60.0 * round(float(rng.uniform(early, late)) / 60)


def _home(spot: complex, rng: Generator) -> complex:
    """Draw a place beyond every shore station's hearing."""
    return spot + vector(rng.uniform(240, 300), NMI * rng.uniform(75, 90))


@dataclass(frozen=True, slots=True)
class Meeting:
    """A carrier comes to a fishing vessel far offshore; they drift side by side, and part."""

    crew: ClassVar[tuple[str, ...]] = ("reefer", "trawler")
    weight: ClassVar[float] = 2
    ring: ClassVar[Ring] = "outer"
    period_s: float
    start: float
    event_s: float  # from the beginning of a round to the meeting
    spot: complex
    home: complex
    within_m: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the carrier's home and the first time; the first of all spans midnight UTC."""
        home = _home(stage.spot, rng)
        event_s = abs(home - stage.spot) / (CARRIER_KN * KN) + CLOSE_S
        first = _first(stage, rng, 5 * HOUR)
        midnight = DAY * np.ceil(stage.start / DAY + 0.15)
        if stage.number == 0 and midnight + 5 * HOUR < stage.end:
            first = midnight - hours(rng, 0.8, 1.6)
        within_m = min(2.5 * NMI, 0.35 * stage.room_m)
        period_s = 2 * DAY + hours(rng, 0, 14)
        return cls(period_s, first - event_s, event_s, stage.spot, home, within_m)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Bring the two together once."""
        start = t0 + self.event_s
        end = start + hours(rng, 2.6, 4.8)
        waits = start - 0.5 * HOUR
        ground = self.spot + vector(45, 1.2 * NMI)

        fisher = Log(t0, ground)
        fisher.work(waits - 0.5 * HOUR, rng, ground, self.within_m).arrive(self.spot, waits)
        fisher.drift(start, rng, 0.8, 215, FISHING)
        meets = fisher.at
        kn, toward_deg = float(rng.uniform(0.3, 1.1)), float(rng.normal(215, 25))
        fisher.drift(end, rng, kn, toward_deg, UNDER_WAY)
        parts = fisher.at
        home = t0 + self.period_s - HOUR
        fisher.work(home, rng, ground, self.within_m).arrive(ground, home + HOUR)

        side = vector(rng.uniform(0, 360), rng.uniform(40, 140))
        carrier = Log(t0, self.home).come_alongside(meets + side, start)
        together = fisher.voyage().between(start, end)
        carrier.along(together.t, together.p + side, UNDER_WAY)
        carrier.go(parts + 4 * side, kn=3).go(parts + side * 900 / abs(side), kn=6)
        seaward_deg = float(rng.uniform(250, 290))
        carrier.roam(t0 + self.period_s, self.home, ROAM_KN, seaward_deg)

        note = f"a carrier and a fishing vessel drift side by side, {abs(side):.0f} m apart"
        truth = Truth("encounter", (0, 1), start, end, (meets + parts) / 2, note)
        return Plan((carrier.voyage(), fisher.voyage()), (truth,))


@dataclass(frozen=True, slots=True)
class Loiterer:
    """A carrier that stops far offshore, drifts for hours and goes away again."""

    crew: ClassVar[tuple[str, ...]] = ("reefer",)
    weight: ClassVar[float] = 2
    ring: ClassVar[Ring] = "outer"
    period_s: float
    start: float
    event_s: float
    spot: complex
    home: complex

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw the home and the first time."""
        home = _home(stage.spot, rng)
        event_s = abs(home - stage.spot) / (CARRIER_KN * KN) + CLOSE_S
        start = _first(stage, rng, 10 * HOUR) - event_s
        return cls(2 * DAY + hours(rng, 0, 14), start, event_s, stage.spot, home)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Come, drift, go."""
        start = t0 + self.event_s
        log = Log(t0, self.home).come_alongside(self.spot, start)
        end = start + hours(rng, 5.5, 10)
        kn, toward_deg = float(rng.uniform(0.4, 1.0)), float(rng.normal(215, 25))
        log.drift(end, rng, kn, toward_deg)
        middle = (self.spot + log.at) / 2
        log.roam(t0 + self.period_s, self.home, ROAM_KN, float(rng.uniform(250, 290)))
        note = f"a carrier drifts alone at about {kn:.1f} kn"
        return Plan((log.voyage(),), (Truth("loitering", (0,), start, end, middle, note),))


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """A trawler within hearing that switches its transponder off for hours, works, and returns."""

    crew: ClassVar[tuple[str, ...]] = ("trawler",)
    weight: ClassVar[float] = 3
    ring: ClassVar[Ring] = "outer"
    period_s: float
    start: float
    event_s: float
    spot: complex
    within_m: float
    lasts_s: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw when; the first of all is still silent when the recording ends."""
        lasts_s, event_s = hours(rng, 7, 14), 20 * HOUR
        first = _first(stage, rng, lasts_s)
        if stage.number == 0 and stage.end - stage.start > 16 * HOUR:
            lasts_s = 14 * HOUR
            first = 60.0 * np.floor((stage.end - hours(rng, 6.6, 8.5)) / 60)
        within_m = min(2 * NMI, 0.3 * stage.room_m)
        return cls(
            2 * DAY + hours(rng, 0, 14), first - event_s, event_s, stage.spot, within_m, lasts_s
        )

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Work, work unheard on a ground nearby, work."""
        off, on = t0 + self.event_s, t0 + self.event_s + self.lasts_s
        elsewhere = self.spot + vector(rng.uniform(0, 360), 1.2 * self.within_m)
        log = Log(t0, self.spot).work(off, rng, self.spot, self.within_m)
        at = log.at
        log.on = False
        log.work(on, rng, elsewhere, self.within_m)
        log.on = True
        log.work(t0 + self.period_s - HOUR, rng, self.spot, self.within_m)
        log.arrive(self.spot, t0 + self.period_s, FISHING)
        note = "the transponder is switched off, well within the range of the station"
        return Plan((log.voyage(),), (Truth("switched_off", (0,), off, on, at, note),))


@dataclass(frozen=True, slots=True)
class Leaver:
    """A trawler whose other ground lies beyond hearing.  It falls silent and hides nothing."""

    crew: ClassVar[tuple[str, ...]] = ("trawler",)
    weight: ClassVar[float] = 2
    ring: ClassVar[Ring] = "outer"
    period_s: float
    start: float
    spot: complex
    within_m: float

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw when the first trip begins."""
        start = _first(stage, rng, 20 * HOUR) - 6 * HOUR
        within_m = min(2 * NMI, 0.3 * stage.room_m)
        return cls(2 * DAY + hours(rng, 0, 14), start, stage.spot, within_m)

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Work near, work far, work near."""
        far = self.spot + vector(rng.uniform(255, 285), NMI * rng.uniform(48, 60))
        log = Log(t0, self.spot).work(t0 + 6 * HOUR, rng, self.spot, self.within_m)
        log.go(far, kn=9.5).work(log.t + hours(rng, 2, 5), rng, far, 3 * NMI)
        log.go(self.spot, kn=9.5)
        log.work(t0 + self.period_s - HOUR, rng, self.spot, self.within_m)
        return Plan((log.arrive(self.spot, t0 + self.period_s, FISHING).voyage(),))
