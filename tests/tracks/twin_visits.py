"""Port visits told by a slow walk from mark to mark, one hull at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from tracks.geodesy import EARTH_RADIUS_M, NMI_M, bearing_deg, destination
from tracks.places import Places
from tracks.stays import REACH_M
from tracks.visits import Visiting

HOUR = 6  # marks
At = tuple[float, float]


class Mark(NamedTuple):
    bin: int
    lat: float
    lon: float
    before: int
    after: int

    @property
    def at(self) -> At:
        return self.lat, self.lon


class Spent(NamedTuple):
    """Where a silence was spent: at one place, or where it was heard before, or after."""

    joint: At | None = None
    before: bool = False
    after: bool = False


class Leg(NamedTuple):
    """How a hull goes."""

    at: At
    course: float
    knots: float
    ashore: bool = False
    inbound: bool = False

    def towards(self, target: At) -> bool:
        off = math.radians(float(bearing_deg(*self.at, *target)) - self.course)
        return math.cos(off) >= 0.5 and self.knots >= 1


@dataclass
class Call:
    """A visit as it stands."""

    start: int
    line_in: int
    came: bool
    at: At
    weight: float = 0.0
    heard: int = 0
    stopped: int = 0
    sure: bool = False
    told: bool = False
    end: int = 0
    line_out: int = 0
    went: bool = False

    @property
    def certainty(self) -> int:
        return 2 + self.came + self.went if self.sure else 1

    def lay(self, at: At, weight: float) -> None:
        if weight > self.weight:
            self.at, self.weight = at, weight

    def row(self) -> tuple[object, ...]:
        lat, lon = (round(float(x), 7) for x in self.at)
        return (self.start, self.end, lat, lon, self.stopped, self.heard, self.certainty,
                self.line_in, self.line_out)  # fmt: skip


@dataclass
class Walk:
    """The walk of one hull; `arrived` and `over` are rows as `Call.row` has them."""

    rules: Visiting
    places: Places
    marks: list[Mark]
    arrived: list[tuple[object, ...]] = field(default_factory=list)
    over: list[Call] = field(default_factory=list)
    call: Call | None = None

    def __post_init__(self) -> None:
        lat, lon = zip(*(mark.at for mark in self.marks), strict=True)
        nmi = self.places.shore_nmi(lat, lon).tolist()
        self.shores = dict(zip(zip(lat, lon, strict=True), nmi, strict=True))
        self.rests = [False] * len(self.marks)
        self.inside = [False] * len(self.marks)
        self.lain: list[Mark | None] = [None] * len(self.marks)
        self.rest_marks, self.rest_at = 0, (0.0, 0.0)
        for i in range(len(self.marks)):
            self.judge(i)

    # what holds of a mark

    def nmi(self, a: At, b: At) -> float:
        """Return the distance: haversines."""
        (y1, x1), (y2, x2) = (tuple(map(math.radians, at)) for at in (a, b))
        h = math.sin((y2 - y1) / 2) ** 2
        h += math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
        return 2 * EARTH_RADIUS_M / NMI_M * math.asin(math.sqrt(min(h, 1.0)))

    def within(self, at: At, port_nmi: float, other_nmi: float, beyond_nmi: float) -> int:
        """Return the nearest place whose limit holds a position, or -1."""
        best, found = math.inf, -1
        for i, place in enumerate(self.places.harbours):
            away = self.nmi(at, (place.lat, place.lon))
            limit = port_nmi if place.kind == "port" else other_nmi
            if not math.isnan(place.radius_nmi):
                limit = place.radius_nmi + beyond_nmi
            if away <= limit and away < best:
                best, found = away, i
        return found

    def place(self, at: At) -> int:
        r = self.rules
        return self.within(at, r.leave_nmi + r.town_nmi, r.leave_nmi, r.leave_nmi - r.enter_nmi)

    def enters(self, at: At) -> bool:
        r = self.rules
        return self.within(at, r.enter_nmi + r.town_nmi, r.enter_nmi, 0.0) >= 0

    def core(self, at: At) -> bool:
        r = self.rules
        return self.within(at, r.leave_nmi, r.leave_nmi, r.leave_nmi - r.enter_nmi) >= 0

    def shore(self, at: At) -> float:
        return self.shores[at]

    def berth(self, at: At) -> bool:
        return self.place(at) >= 0 or self.shore(at) <= self.rules.coarse_shore_nmi

    def gap(self, i: int) -> int:
        return self.marks[i].bin - self.marks[i - 1].bin if i else 0

    def silent(self, i: int) -> bool:
        return i > 0 and self.gap(i) >= self.rules.silent_h * HOUR

    def lost(self, i: int) -> bool:
        return i > 0 and self.gap(i) > self.rules.memory_days * 24 * HOUR

    def moved(self, i: int) -> float:
        return self.nmi(self.marks[i - 1].at, self.marks[i].at)

    def at_rest(self, i: int) -> bool:
        if not i or self.lost(i):
            return False
        if self.gap(i) == 1:
            speed = self.moved(i) * HOUR
            if speed < self.rules.stop_kn:
                return True
            return self.rests[i - 1] and speed <= self.rules.start_kn
        if self.moved(i) * NMI_M > REACH_M:
            return False
        return self.rests[i - 1] and (not self.silent(i) or self.berth(self.marks[i - 1].at))

    def leaving(self, i: int) -> bool:
        lay = self.lain[i]
        if self.rests[i] or lay is None or not i:
            return False
        away = self.nmi(self.marks[i].at, lay.at)
        farther = self.rules.leave_nmi >= away > self.nmi(self.marks[i - 1].at, lay.at)
        return farther and not self.leg(i, i - 1).inbound

    # the walk

    def judge(self, i: int) -> None:
        r, now = self.rules, self.marks[i]
        rest = self.rests[i] = self.at_rest(i)
        lies = rest and self.berth(now.at)
        lay = None if self.silent(i) or not i else self.lain[i - 1]
        self.lain[i] = lay = now if lies else lay
        breaks = self.silent(i) and (
            (self.leaving(i - 1) and self.moved(i) * NMI_M > REACH_M)
            or self.moved(i) > 2 * (r.leave_nmi + r.town_nmi)
            or self.lost(i)
        )
        if self.enters(now.at) or lies:
            inside = True
        elif self.place(now.at) < 0 and (lay is None or self.nmi(now.at, lay.at) > r.leave_nmi):
            inside = False
        else:
            inside = bool(i) and not breaks and self.inside[i - 1]
        self.inside[i] = inside
        spent = self.spent(i, breaks)
        self.visits(i, breaks, spent)

    def visits(self, i: int, breaks: bool, found: Spent) -> None:
        now, inside, spent = self.marks[i], self.inside[i], found.joint
        was = i > 0 and self.inside[i - 1]
        goes_on = inside and was and not breaks
        apart = goes_on and self.other_port(i)
        if was and not (goes_on and not apart):
            self.close(i, apart, None if inside else spent, found.before)
        if inside:
            if not goes_on or apart:
                self.open(i, None if was else spent)
            self.add(i, spent or (now.at if found.after else None))
        elif spent and not was:
            before = self.marks[i - 1]
            call = Call(before.bin, before.before, False, spent, sure=True)
            call.end, call.line_out = now.bin, now.after
            self.tell(call, now)
            self.over.append(call)

    def open(self, i: int, spent: At | None) -> None:
        now = self.marks[i]
        heard = i > 0 and self.gap(i) < self.rules.silent_h * HOUR
        if self.rests[i]:
            heard = heard and i > 1 and self.gap(i - 1) < self.rules.silent_h * HOUR
            heard = heard and not self.rests[i - 1]
        self.call = Call(now.bin, now.before, heard, now.at)
        self.rest_marks = -1
        if spent:
            self.call.start, self.call.line_in = self.marks[i - 1].bin, self.marks[i - 1].before

    def add(self, i: int, spent: At | None) -> None:
        now, call, r = self.marks[i], self.call, self.rules
        assert call is not None
        call.heard += 1
        call.end, call.line_out = now.bin, now.after
        if self.rests[i]:
            if self.rest_marks < 0 or not self.rests[i - 1]:
                self.rest_marks, self.rest_at = 0, now.at
            if not self.silent(i):
                self.rest_marks += self.gap(i)
                call.stopped += self.gap(i)
            call.lay(self.rest_at, self.rest_marks)
        if spent and not (self.rests[i] and self.rest_marks):
            call.lay(spent, 0.5)
        least = r.least_h if self.shore(now.at) <= r.shore_nmi else r.silent_h
        long = self.rest_marks >= least * HOUR
        if spent or (self.rests[i] and (self.core(now.at) or long)):
            call.sure = True
            self.tell(call, now)

    def tell(self, call: Call, now: Mark) -> None:
        if not call.told:
            call.told = True
            self.arrived.append(call.row())

    def close(self, i: int, apart: bool, spent: At | None, silent: bool) -> None:
        call, now, lay = self.call, self.marks[i], self.lain[i - 1]
        assert call is not None
        if apart:
            assert lay is not None
            call.end, call.line_out = lay.bin, lay.after
        if spent:
            call.end, call.line_out, call.sure = now.bin, now.after, True
            call.lay(spent, 0.5)
        elif silent:
            call.sure = True
            call.lay(self.marks[i - 1].at, 0.5)
        if call.sure:
            self.tell(call, now)
        call.went = self.gap(i) < self.rules.silent_h * HOUR
        self.over.append(call)
        self.call = None

    def other_port(self, i: int) -> bool:
        lay, call = self.lain[i - 1], self.call
        if not self.rests[i] or self.rests[i - 1] or lay is None or call is None:
            return False
        here, there = self.place(self.marks[i].at), self.place(lay.at)
        kinds = [place.kind for place in self.places.harbours]
        return (
            lay.bin >= call.start
            and self.nmi(lay.at, self.marks[i].at) > self.rules.leave_nmi
            and here != there
            and min(here, there) >= 0
            and kinds[here] == kinds[there] == "port"
        )

    # silences

    def spent(self, i: int, breaks: bool) -> Spent:
        """Return where the silence before a mark was spent, if that can be told."""
        r = self.rules
        if not i or not HOUR <= self.gap(i) <= r.memory_days * 24 * HOUR:
            return Spent()
        a, b = self.marks[i - 1], self.marks[i]
        hours = self.gap(i) / HOUR
        long, recent = hours >= r.silent_h, self.gap(i) <= r.unheard_days * 24 * HOUR
        in_a = self.inside[i - 1] and not self.leaving(i - 1)
        core_a, core_b = self.core(a.at), self.core(b.at)
        at_a = in_a and (self.rests[i - 1] or core_a or long)
        at_b = self.inside[i] and (self.rests[i] or core_b or long)
        target = a.at if at_a else b.at if at_b else self.nearest_port(a.at)
        came, went = self.leg(i - 1, i - 2), self.leg(i, i + 1)
        if not breaks if self.inside[i - 1] else recent:
            if at_a and at_b and long:
                return Spent(target)
            if target and self.both(hours, target, (at_a, at_b), came, went):
                return Spent(target)
            if long and self.at_shore(i, came, went):
                return Spent(a.at)
        way = self.moved(i)
        return Spent(
            None,
            long and in_a and core_a and came.ashore
            and hours - way / max(came.knots, 5) >= r.silent_h,
            long and self.inside[i] and core_b and went.ashore
            and (self.inside[i - 1] or recent)
            and hours - way / max(went.knots, 5) >= r.silent_h,
        )  # fmt: skip

    def both(self, hours: float, target: At, at: tuple[bool, bool], came: Leg, went: Leg) -> bool:
        ends = [
            (here, leg, self.nmi(leg.at, target))
            for here, leg in zip(at, (came, went), strict=True)
        ]
        for here, leg, away in ends:
            made_for = away <= self.rules.unheard_nmi and leg.knots >= 5 and leg.towards(target)
            if not (here or made_for):
                return False
        knots = max(came.knots, went.knots)
        turned = min(came.knots, went.knots) >= 3 and came.inbound and went.inbound
        if not (knots >= 5 or (all(at) and turned)):
            return False
        way = sum(away for _, _, away in ends)
        return hours - way / max(knots, 5) >= self.rules.least_h

    def nearest(self, at: At) -> int:
        found = [(self.nmi(at, (p.lat, p.lon)), i) for i, p in enumerate(self.places.harbours)]
        return min(found)[1]

    def nearest_port(self, at: At) -> At | None:
        port = self.within(at, self.rules.unheard_nmi, 0.0, 0.0)
        place = self.places.harbours[port if port >= 0 else self.nearest(at)]
        return (place.lat, place.lon) if place.kind == "port" else None

    def neighbours(self, i: int, j: int) -> bool:
        return 0 <= j < len(self.marks) and abs(self.marks[i].bin - self.marks[j].bin) <= 3

    def leg(self, i: int, other: int) -> Leg:
        """Return how a hull goes on from mark `other` over mark i."""
        here = self.marks[i].at
        if not self.neighbours(i, other):
            return Leg(here, 0.0, 0.0, False, False)
        there = self.marks[other].at
        hours = abs(self.marks[i].bin - self.marks[other].bin) / HOUR
        leg = Leg(here, float(bearing_deg(*here, *there)) + 180, self.nmi(here, there) / hours)
        if leg.knots < 1:
            return leg
        ahead = [destination(*here, leg.course, nmi * NMI_M) for nmi in range(5)]
        ashore = any(float(self.places.shore_nmi(*at)) == 0 for at in ahead)
        place = self.places.harbours[self.nearest(here)]
        return leg._replace(ashore=ashore, inbound=ashore or leg.towards((place.lat, place.lon)))

    def at_shore(self, i: int, came: Leg, went: Leg) -> bool:
        r = self.rules
        off = max(self.shore(self.marks[i - 1].at), self.shore(self.marks[i].at))
        if off > r.coarse_shore_nmi or self.moved(i) > r.leave_nmi or not came.ashore:
            return False
        return went.ashore or (not self.neighbours(i, i + 1) and self.moved(i) * NMI_M <= REACH_M)
