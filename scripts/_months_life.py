"""Who lives on a simulated coast for months: fishing vessels, carriers, and everybody else.

Trips, stops and meetings are drawn from ordinary ranges of life at sea; no number here is
taken from a detector, and no detector may take one from here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from _months_diary import Diary, Habits, Stop
from _months_sites import Harbour, Site
from numpy.random import Generator

from receiver.sources.sea_chart import DAY, HOUR, KN, NMI, vector
from receiver.sources.sea_voyage import UNDER_WAY, Log, Voyage
from tracks.shore import Shore

CARRIER_KN = 12.0
BESIDE_M = (40.0, 140.0)


@dataclass(frozen=True)
class World:
    """Where and when all of it takes place."""

    site: Site
    start: float
    end: float
    shore: Shore | None


@dataclass
class Appointment:
    """A carrier is to come to a fishing vessel at sea, and what came of it."""

    fisher: int
    carrier: int
    start: float
    end: float
    spot: complex
    together: Voyage | None = None  # of the fishing vessel


@dataclass
class Trip:
    """A fishing vessel away from port."""

    leave: float
    back: float
    ground: complex
    within_m: float
    harbour: Harbour  # where it lands
    lands_h: float
    meets: list[Appointment] = field(default_factory=list)


@dataclass
class Fisher:
    """A fishing vessel with its trips."""

    ship: int
    home: Harbour
    habits: Habits
    trips: list[Trip]
    rng: Generator

    @classmethod
    def draw(cls, ship: int, world: World, rng: Generator) -> Fisher:
        """Draw where it is at home, how long it stays out, and every trip."""
        site = world.site
        home = _one(rng, site.ports if rng.uniform() < 0.7 else site.coves)
        long_h = 24 * float(np.exp(rng.uniform(np.log(2.0), np.log(75.0))))
        gear = ("trawl", "lines", "jig", "seine")[int(rng.choice(4, p=(0.4, 0.3, 0.15, 0.15)))]
        habits = Habits(
            float(rng.uniform(8, 10.5)), gear, rng.uniform() < 0.2, rng.uniform() < 0.8,
            rng.uniform() < 0.7,
        )  # fmt: skip
        far = min(15 + long_h * rng.uniform(0.2, 1.0), 320.0)
        nmi = (10.0, 28.0) if rng.uniform() < 0.45 else (max(0.5 * far, 10.0), far)
        t = world.start + rng.uniform(0, 3) * DAY - rng.uniform(0, min(long_h, 240)) * HOUR
        trips: list[Trip] = []
        while not trips or t < world.end:
            lasts_h = long_h * rng.uniform(0.7, 1.4)
            ground = site.spot(rng, nmi, world.shore)
            lands = home if rng.uniform() < 0.85 else _one(rng, site.ports)
            lands_h = float(np.exp(rng.uniform(np.log(5), np.log(80))))
            out_h = 2 * abs(ground) / (habits.kn * KN) / HOUR + 8
            back = t + max(lasts_h, out_h) * HOUR
            within_m = rng.uniform(2, 6) * NMI
            trips.append(Trip(t, back, ground, within_m, lands, lands_h))
            t = back + lands_h * HOUR
        return cls(ship, home, habits, trips, rng)

    def room(self, start: float, end: float, spot: complex) -> Trip | None:
        """Return the trip on which it could be at a place for that time, if there is one."""
        for trip in self.trips:
            far_s = (abs(trip.ground - spot) + 25 * NMI) / (self.habits.kn * KN)
            home_s = (abs(spot) + 40 * NMI) / (self.habits.kn * KN)
            busy = any(abs(other.start - start) < far_s + 12 * HOUR for other in trip.meets)
            if trip.leave + home_s < start - 3 * HOUR and end + home_s < trip.back and not busy:
                return trip
        return None

    def write(self, world: World) -> Diary:
        """Live through all trips, keep the appointments, and say where they were."""
        first = self.trips[0].leave
        diary = Diary.in_port(world.site, self.rng, self.habits, self.home, first - 5 * HOUR, first)
        for trip in self.trips:
            diary.leave()
            for meets in sorted(trip.meets, key=lambda one: one.start):
                self._meet(diary, trip, meets)
            home_s = diary.way_home_h(trip.harbour, trip.ground) * HOUR
            self._work(diary, trip, trip.back - home_s - 4 * HOUR)
            diary.enter(trip.harbour)
            diary.lie(max(trip.back, diary.t) + trip.lands_h * HOUR)
        return diary

    def _work(self, diary: Diary, trip: Trip, until: float) -> None:
        """Go to the ground if that is worth it, and fish there until then."""
        goes_s = abs(trip.ground - diary.log.at) / (self.habits.kn * KN)
        if diary.t + goes_s < until:
            diary.steam(trip.ground)
            diary.fish(until, trip.ground, trip.within_m)

    def _meet(self, diary: Diary, trip: Trip, meets: Appointment) -> None:
        waits_s = self.rng.uniform(0.2, 2.0) * HOUR
        far_s = (abs(trip.ground - meets.spot) + 25 * NMI) / (self.habits.kn * KN)
        self._work(diary, trip, meets.start - waits_s - far_s)
        diary.wait_at(meets.spot, meets.start)
        log, rng = diary.log, self.rng
        if log.t > meets.start + 60:
            return
        log.drift(meets.end, rng, rng.uniform(0.2, 1.1), rng.normal(215, 25), UNDER_WAY)
        meets.together = log.voyage().between(meets.start - 1, meets.end)


@dataclass
class Round:
    """A carrier comes from far away, meets fishing vessels, calls at a port or not, and leaves."""

    home: complex
    meets: list[Appointment]
    idles: float | None  # when it drifts alone
    idle_at: complex
    port: Harbour | None
    waits_h: float
    lies_h: float
    gone_h: float


@dataclass
class Carrier:
    """A ship that comes alongside fishing vessels: a refrigerated ship, or a bunkering tanker."""

    ship: int
    habits: Habits
    rounds: list[Round]
    begins: float
    rng: Generator

    @classmethod
    def draw(cls, ship: int, world: World, fishers: Sequence[Fisher], rng: Generator) -> Carrier:
        """Draw its rounds, and make appointments with vessels that are at sea and free."""
        site, rounds = world.site, []
        habits = Habits(CARRIER_KN, off_at_quay=rng.uniform() < 0.05)
        begins = world.start - rng.uniform(0, 2) * DAY
        t = begins + rng.uniform(1, 3) * DAY
        while t < world.end + 15 * DAY:  # the last rounds may end early
            meets: list[Appointment] = []
            for _ in range(int(rng.integers(1, 5))):
                made = _appointment(ship, world, fishers, t, rng)
                if made:
                    meets.append(made)
                    t = made.end
                t += rng.uniform(12, 36) * HOUR
            idles = t if rng.uniform() < 0.25 else None
            port = None if rng.uniform() < 0.15 else _one(rng, site.ports)
            waits_h = rng.uniform(3, 30) if rng.uniform() < 0.3 else 0.0
            lies_h, gone_h = rng.uniform(20, 100), rng.uniform(90, 300)
            home = site.spot(rng, (220, 380), None)
            idle_at = site.spot(rng, (10, 40), world.shore)
            rounds.append(Round(home, meets, idles, idle_at, port, waits_h, lies_h, gone_h))
            t += (60 + waits_h + lies_h + gone_h) * HOUR
        return cls(ship, habits, rounds, begins, rng)

    def write(self, world: World) -> tuple[Diary, list[tuple[list[Appointment], list[Stop]]]]:
        """Live through all rounds; return what was met before each call, and its stops."""
        site, rng = world.site, self.rng
        diary = Diary(site, rng, self.habits, Log(self.begins, self.rounds[0].home))
        told: list[tuple[list[Appointment], list[Stop]]] = []
        for one in self.rounds:
            kept = [meets for meets in one.meets if _keep(diary, meets, rng)]
            if one.idles is not None:
                diary.wait_at(one.idle_at, diary.t)
                diary.wait_at(one.idle_at, diary.t + rng.uniform(5, 10) * HOUR)
            before = len(diary.stops)
            if one.port:
                diary.enter(one.port, one.waits_h)
                diary.lie(diary.t + one.lies_h * HOUR)
                diary.leave()
            told.append((kept, diary.stops[before:]))
            diary.far(diary.t + one.gone_h * HOUR / 2, one.home)
            diary.log.stay(diary.t + one.gone_h * HOUR / 2, UNDER_WAY)
        return diary, told


def _appointment(
    ship: int, world: World, fishers: Sequence[Fisher], t: float, rng: Generator
) -> Appointment | None:
    nmi = (10.0, 40.0) if rng.uniform() < 0.8 else (60.0, 110.0)
    spot = world.site.spot(rng, nmi, world.shore)
    start = t + abs(spot) / (CARRIER_KN * KN) + 2 * HOUR
    end = start + rng.uniform(2.0, 6.5) * HOUR
    for k in rng.permutation(len(fishers)).tolist():
        trip = fishers[k].room(start, end, spot)
        if trip:
            made = Appointment(fishers[k].ship, ship, start, end, spot)
            trip.meets.append(made)
            return made
    return None


def _keep(diary: Diary, meets: Appointment, rng: Generator) -> bool:
    """Go alongside the one that waits, drift with it, and part; False if either comes too late."""
    if meets.together is None:
        return False
    log, beside = diary.log, vector(rng.uniform(0, 360), rng.uniform(*BESIDE_M))
    to = complex(meets.together.p[0]) + beside
    away = abs(to - log.at)
    needs_s = (away - 2 * NMI) / (16 * KN) + 1.5 * NMI / (7 * KN) + 0.5 * NMI / (3 * KN)
    if away < 3 * NMI or log.t + needs_s > meets.start:
        meets.together = None
        return False
    log.come_alongside(to, meets.start)
    log.along(meets.together.t[1:], meets.together.p[1:] + beside, UNDER_WAY)
    log.go(log.at + 4 * beside, kn=3).go(log.at + beside * 1200 / abs(beside), kn=6)
    return True


def coaster(world: World, rng: Generator) -> Diary:
    """Call now and then, often after some waiting in the roads; sometimes only in the roads."""
    site = world.site
    habits = Habits(float(rng.uniform(10, 15)), says_moored=rng.uniform() < 0.9)
    short, waits = rng.uniform() < 0.4, rng.uniform(0.1, 0.7)
    far = [site.at(site.lane[k]) for k in (0, -1)]
    diary = Diary(site, rng, habits, Log(world.start - rng.uniform(0, 4) * DAY, far[0]))
    while diary.t < world.end:
        waits_h = float(rng.uniform(5, 45)) if rng.uniform() < waits else 0.0
        if rng.uniform() < 0.12:
            diary.steam(site.out_of(site.harbours[0])[-1])
            diary.anchor(rng.uniform(8, 60))
            diary.steam(site.out_of(site.harbours[0])[-1])
        else:
            diary.enter(_one(rng, site.ports), waits_h)
            diary.lie(diary.t + rng.uniform(*((3, 12) if short else (12, 70))) * HOUR)
            diary.leave()
        gone_s = rng.uniform(2.5, 12) * DAY
        diary.far(diary.t + gone_s, far[int(rng.integers(2))])
    return diary


def passer(world: World, rng: Generator) -> Diary:
    """Go up and down the lane; one in four comes by a port, at speed, and stops nowhere."""
    site = world.site
    close = rng.uniform() < 0.25
    habits = Habits(float(rng.uniform(7, 9) if close else rng.uniform(10, 18)))
    off_m = vector(rng.uniform(0, 360), rng.uniform(0, 3) * NMI)
    lane = [site.at(place) + off_m for place in site.lane]
    if close:
        lane[1:-1] = [site.at(place) for place in site.close]
    diary = Diary(site, rng, habits, Log(world.start - rng.uniform(0, 4) * DAY, lane[0]))
    while diary.t < world.end:
        diary.steam(*lane[1:])
        diary.log.stay(diary.t + rng.uniform(0.5, 6) * DAY, UNDER_WAY)
        lane.reverse()
    return diary


def ferry(world: World, rng: Generator) -> Diary:
    """Go to and fro between two harbours by day, with short stops."""
    site = world.site
    here, there = site.harbours[0], site.harbours[1]
    diary = Diary.in_port(
        site, rng, Habits(float(rng.uniform(11, 14))), here, world.start, world.start + 6 * HOUR
    )
    while diary.t < world.end:
        for harbour in (there, here):
            diary.leave()
            diary.enter(harbour)
            diary.lie(diary.t + rng.uniform(0.6, 2.0) * HOUR)
        morning = DAY * np.ceil(diary.t / DAY) + rng.uniform(5, 7) * HOUR
        if diary.t % DAY > 14 * HOUR:
            diary.lie(float(morning))
    return diary


def attendant(world: World, rng: Generator) -> Diary:
    """Live in a port and go out to meet ships, some times a day."""
    site = world.site
    port = site.ports[0]
    begin = world.start
    diary = Diary.in_port(
        site, rng, Habits(float(rng.uniform(9, 12))), port, begin, begin + rng.uniform(1, 8) * HOUR
    )
    way = [site.at(place) for place in port.way]
    while diary.t < world.end:
        legs = way[: int(rng.integers(1, len(way)))] or way[:1]
        diary.steam(*legs)
        diary.wait_at(legs[-1], diary.t + rng.uniform(0.2, 1.2) * HOUR)
        diary.steam(*legs[::-1], site.at(port.berth) + vector(rng.uniform(0, 360), 90))
        diary.harbour = port
        diary.lie(diary.t + rng.uniform(1.5, 14) * HOUR)
    return diary


def day_boat(world: World, rng: Generator) -> Diary:
    """Fish by day, one in three close to its port, and lie in at night; some days not go out."""
    home = _one(rng, world.site.harbours)
    return _daily(world, rng, home, near=rng.uniform() < 0.33)


def at_one_end(world: World, rng: Generator) -> Diary:
    """Fish by day close to the first harbour of the coast."""
    return _daily(world, rng, world.site.harbours[0], near=True)


def at_other_end(world: World, rng: Generator) -> Diary:
    """Fish by day close to the harbour that lies farthest from the first."""
    site = world.site
    here = site.at(site.harbours[0].berth)
    return _daily(
        world, rng, max(site.harbours, key=lambda h: abs(site.at(h.berth) - here)), near=True
    )


def _daily(world: World, rng: Generator, home: Harbour, near: bool) -> Diary:
    site = world.site
    fishes = "trawl" if rng.uniform() < 0.4 else "seine"
    habits = Habits(float(rng.uniform(6, 8.5)), fishes, rng.uniform() < 0.25)
    begin = DAY * float(np.floor(world.start / DAY))
    diary = Diary.in_port(site, rng, habits, home, begin, begin + rng.uniform(3, 6) * HOUR)
    offing = site.out_of(home)[-1]
    ground = site.out_of(home)[0] if near else offing + vector(
        rng.uniform(*site.sector_deg), rng.uniform(1, 9) * NMI)  # fmt: skip
    while diary.t < world.end:
        midnight = DAY * float(np.floor(diary.t / DAY))
        until = midnight + rng.uniform(10, 14) * HOUR
        if near:
            diary.steam(ground)
            diary.fish(until, ground, 0.6 * NMI)
            _tie_up(diary, ground, home)
        else:
            diary.leave()
            diary.steam(ground)
            diary.fish(until, ground, 1.5 * NMI)
            diary.enter(home)
        days = 1 + int(rng.uniform() < 0.15)
        diary.lie(midnight + days * DAY + rng.uniform(2.5, 5.5) * HOUR)
    return diary


def _tie_up(diary: Diary, ground: complex, home: Harbour) -> None:
    diary.steam(ground)
    diary.steam(diary.site.at(home.berth) + vector(diary.rng.uniform(0, 360), 80), kn=4)
    diary.harbour = home


OTHERS: dict[str, tuple[Callable[[World, Generator], Diary], tuple[str, ...], float]] = {
    "coaster": (coaster, ("cargo", "tanker", "cargo"), 0.14),
    "passer": (passer, ("cargo", "tanker"), 0.12),
    "ferry": (ferry, ("ferry",), 0.03),
    "attendant": (attendant, ("pilot", "tug"), 0.05),
    "day boat": (day_boat, ("boat",), 0.12),
    "at one end": (at_one_end, ("trawler",), 0.03),
    "at the other end": (at_other_end, ("trawler",), 0.03),
}
CARRIERS_SHARE, BUNKERING_SHARE = 0.1, 0.03


def roles(vessels: int) -> list[tuple[str, str]]:
    """Return for each ship its role and its build; the rest are fishing vessels."""
    made = [("carrier", "reefer")] * max(2, round(CARRIERS_SHARE * vessels))
    made += [("bunkering", "tanker")] * round(BUNKERING_SHARE * vessels)
    for role, (_, builds, share) in OTHERS.items():
        count = max(1, round(share * vessels))
        made += [(role, builds[k % len(builds)]) for k in range(count)]
    return made + [("fisher", "trawler")] * max(1, vessels - len(made))


def _one(rng: Generator, some: Sequence[Harbour]) -> Harbour:
    return some[int(rng.integers(len(some)))]
