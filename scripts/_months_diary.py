"""What one ship does over months, written down as it goes: its way and where it stopped."""

from __future__ import annotations

from dataclasses import dataclass, field

from _months_sites import Harbour, Site, sails_h
from numpy.random import Generator

from receiver.sources.sea_chart import HOUR, KN, NMI, vector
from receiver.sources.sea_voyage import FISHING, MOORED, UNDER_WAY, Log, Voyage

DRIFTS_H = {"lines": (3, 7), "jig": (8, 13), "seine": (1.2, 2.6)}  # at a time, while fishing


@dataclass(frozen=True)
class Stop:
    """A ship lay still at a harbour or in roads."""

    harbour: Harbour | None  # None: at anchor in the roads
    at: complex
    start: float
    end: float


@dataclass
class Habits:
    """What a ship does in the same way again and again."""

    kn: float
    fishes: str = ""  # trawl, lines, jig or seine
    off_at_quay: bool = False  # its transponder
    says_moored: bool = True
    says_fishing: bool = True


@dataclass
class Diary:
    """A ship's log with its stops.  It begins at a harbour or somewhere at sea."""

    site: Site
    rng: Generator
    habits: Habits
    log: Log
    harbour: Harbour | None = None  # in which it lies
    stops: list[Stop] = field(default_factory=list)

    @classmethod
    def in_port(
        cls, site: Site, rng: Generator, habits: Habits, harbour: Harbour, t: float, until: float
    ) -> Diary:
        """Begin in a harbour and lie there until then."""
        log = Log(t, _berth(site, harbour, rng), MOORED)
        diary = cls(site, rng, habits, log, harbour)
        diary.lie(until)
        return diary

    @property
    def t(self) -> float:
        """Until when it is written."""
        return self.log.t

    def lie(self, until: float) -> None:
        """Lie at the berth."""
        if until <= self.t:
            return
        start, status = self.t, MOORED if self.habits.says_moored else UNDER_WAY
        if self.habits.off_at_quay and until - start > 3 * HOUR:
            self.log.stay(start + self.rng.uniform(0.2, 0.8) * HOUR, status)
            self.log.on = False
            self.log.stay(until - self.rng.uniform(0.1, 0.6) * HOUR, status)
            self.log.on = True
        self.log.stay(until, status)
        if self.stops and self.stops[-1].end == start:  # it lay here before
            start = self.stops.pop().start
        self.stops.append(Stop(self.harbour, self.log.at, start, until))

    def leave(self, kn: float | None = None) -> None:
        """Go out to the offing of the harbour it lies in."""
        if self.harbour is None:
            raise ValueError("only who lies in a harbour can leave it")
        way = self.site.out_of(self.harbour)
        self.log.go(way[0], kn=4).go(*way[1:], kn=kn or self.habits.kn)
        self.harbour = None

    def enter(self, harbour: Harbour, waits_h: float = 0.0) -> None:
        """Come to a harbour from the sea, and wait in the roads first if it must."""
        *inner, offing = self.site.out_of(harbour)
        self.log.go(offing, kn=self.habits.kn)
        if waits_h and harbour in self.site.harbours[: self.site.waited_for]:
            self.anchor(waits_h)
        inner.reverse()
        self.log.go(*inner, kn=min(self.habits.kn, 9.0))
        self.log.go(_berth(self.site, harbour, self.rng), kn=4)
        self.harbour = harbour

    def anchor(self, lasts_h: float) -> None:
        """Swing about an anchor in the roads."""
        rng = self.rng
        self.log.go(self.site.at(self.site.roads) + vector(rng.uniform(0, 360),
                    rng.uniform(0.1, 1.0) * NMI), kn=8)  # fmt: skip
        start = self.t
        self.log.swing(start + lasts_h * HOUR, rng.uniform(60, 220), rng.uniform(4, 9))
        self.stops.append(Stop(None, self.log.at, start, self.t))

    def way_home_h(self, harbour: Harbour, start: complex | None = None) -> float:
        """Return about how long it takes from here, or from `start`, to a harbour."""
        way = self.site.out_of(harbour)[::-1]
        here = self.log.at if start is None else start
        return sails_h([here, *way], min(self.habits.kn, 9.0)) + 0.5

    def fish(self, until: float, ground: complex, within_m: float) -> None:
        """Work a ground in the way it is used to."""
        if until <= self.t:
            return
        log, rng = self.log, self.rng
        status = FISHING if self.habits.says_fishing else UNDER_WAY
        if self.habits.fishes == "trawl":
            log.work(until, rng, ground, within_m)
            return
        while log.t < until:
            spot = ground + vector(rng.uniform(0, 360), within_m * rng.uniform(0.2, 1))
            goes_s = abs(spot - log.at) / (6.5 * KN)
            if log.t + goes_s < until:
                log.go(spot, kn=6.5, status=status)
            low_h, high_h = DRIFTS_H[self.habits.fishes]
            ends = log.t + rng.uniform(low_h, high_h) * HOUR
            log.drift(min(ends, until), rng, rng.uniform(0.2, 1.0), 215, status)
            if self.habits.fishes == "lines" and log.t + 3 * HOUR < until:
                log.go(log.at + vector(rng.uniform(0, 360), 9 * NMI), kn=4, status=status)

    def wait_at(self, spot: complex, until: float) -> None:
        """Go to a place and drift there until then."""
        self.log.go(spot, kn=self.habits.kn)
        if until > self.t:
            self.log.drift(until, self.rng, self.rng.uniform(0.3, 0.9), 215)

    def steam(self, *places: complex, kn: float | None = None) -> None:
        """Go from place to place."""
        self.log.go(*places, kn=kn or self.habits.kn)

    def far(self, until: float, to: complex) -> None:
        """Go far out to a place and be there at that time, or as soon as that can be."""
        soonest = self.t + abs(to - self.log.at) / (self.habits.kn * 1.2 * KN)
        self.log.arrive(to, max(until, soonest))

    def voyage(self) -> Voyage:
        """Return its way."""
        return self.log.voyage()


def _berth(site: Site, harbour: Harbour, rng: Generator) -> complex:
    return site.at(harbour.berth) + vector(rng.uniform(0, 360), rng.uniform(20, 350))
