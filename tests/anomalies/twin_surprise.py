"""A slow, obvious twin of `anomalies.surprise`: one ship, one bin, one way at a time."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from tracks.cells import cells_of
from tracks.geodesy import NMI_M, bearing_deg, destination, distance_m

BIN, HOUR = 600, 3600
NODES, WEIGHTS = (v.tolist() for v in np.polynomial.hermite_e.hermegauss(9))


def sums() -> dict:
    return defaultdict(lambda: [0.0, 0.0])


@dataclass
class Fix:
    """One fix of a hull."""

    track: int
    t: float
    lat: float
    lon: float
    sog: float
    cog: float
    kind: int
    interval: float  # mean, of the last eight reports


@dataclass
class Twin:
    """Everything learned, in dictionaries."""

    fixes: list[Fix]
    outage_count: int
    pauses_count: int
    through: int = 0
    learned: int = 0
    shares: dict[int, list[float]] = field(default_factory=sums)
    hours: dict[int, list[float]] = field(default_factory=sums)
    ships: dict[int, list[float]] = field(default_factory=sums)
    recent: dict[tuple, list[float]] = field(default_factory=sums)
    ended: list[tuple[float, int, float, bool]] = field(default_factory=list)
    usual: list[tuple[float, float, bool]] = field(default_factory=list)  # weight, computed

    def __post_init__(self) -> None:
        self.crowd: dict[int, set[int]] = defaultdict(set)
        for fix in self.fixes:
            self.crowd[int(fix.t // BIN)].add(fix.track)
        self.pairs = [
            (a, b)
            for a, b in itertools.pairwise(sorted(self.fixes, key=lambda f: (f.track, f.t)))
            if a.track == b.track and a.t // BIN != b.t // BIN
        ]

    def ask(self, off: Fix, on: Fix | None, until: float, near_land: bool) -> tuple[float, float]:
        """Return what is found at Unix time `until`, which only grows from call to call."""
        self.learn(int(until // HOUR))
        found = [self.along(off, way, until) for way in ways(off, on, until)]
        unlikely = [0.0] * 4 + [0.5] * 2  # the ways around
        known = [
            chance + more
            for (chance, _), more in zip(found, unlikely, strict=False)
            if not math.isnan(chance)
        ]
        share = max(share for _, share in found)
        if not known:
            return math.nan, share
        computed = round(min(known), 6)
        if on:
            self.ended.append((until, off.track, computed, near_land))
        followed_h = sum(bins for cell, (bins, _) in self.shares.items() if size(cell) == 2) / 6
        return min(self.one_in(computed, near_land), math.log10(max(followed_h, 1))), share

    def along(self, off: Fix, way: list[tuple[float, float]], until: float) -> tuple[float, float]:
        bins = range(int(off.t // BIN) + 1, int(until // BIN))[:144]
        odds = []
        for unheard, b in enumerate(bins):
            lat, lon = on_way(off, way, ((b + 0.5) * BIN - off.t) / (until - off.t))
            p, known = self.share(lat, lon, off.kind)
            if known and b in self.crowd:
                recent = self.shift(self.recent, recently(off, unheard))
                of_ship = self.shift(self.ships, off.track)
                p = move(p, self.shift(self.hours, b // 6) + of_ship + recent)
                odds.append(math.log(p / (1 - p)))
        mean = sum(
            w / sum(WEIGHTS) * math.prod(1 / (1 + math.exp(o + x)) for o in odds)
            for x, w in zip(NODES, WEIGHTS, strict=True)
        )
        unheard = -math.log10(mean) if len(odds) >= 6 else math.nan
        return unheard, len(odds) / max(len(bins), 1)

    def share(self, lat: float, lon: float, kind: int) -> tuple[float, bool]:
        small, middle, large = cells(lat, lon, kind)
        p = 0.0
        for cell in (large, middle, small):
            bins, heard = self.shares.get(cell, (0.0, 0.0))
            p = (heard + 8 * p) / (bins + 8)
        return min(max(p, 0.002), 0.998), self.shares.get(middle, (0.0, 0.0))[0] >= 3

    def shift(self, table: dict, key: object) -> float:
        excess, spread = table.get(key, (0.0, 0.0))
        return min(max(excess / (spread + 6), -3), 3)

    def one_in(self, computed: float, near_land: bool) -> float:
        priors = (2.0, 4.0) if near_land else (0.87, 1.22)
        upper, lower = (
            self.exceeded(s, prior, near_land) for s, prior in zip((0.5, 0.2), priors, strict=True)
        )
        at_upper, at_lower = (-math.log10((s - 0.03) / 0.97) for s in (0.5, 0.2))
        fall = (at_lower - at_upper) / max(lower - upper, 0.02)
        return max(at_upper + (computed - upper) * fall, 0.0)

    def exceeded(self, share: float, prior: float, near_land: bool) -> float:
        usual = [(w, c) for w, c, land in self.usual if land == near_land]
        total = sum(w for w, _ in usual)
        if not total:
            return prior
        below = 0.0
        for step in sorted({math.floor(c / 0.02) for _, c in usual}):
            here = sum(w for w, c in usual if math.floor(c / 0.02) == step) / total
            if below + here >= 1 - share - 1e-12:
                seen = (step + (1 - share - below) / here) * 0.02
                return (30 * prior + total * seen) / (30 + total)
            below += here
        raise AssertionError

    def learn(self, until: int) -> None:
        """Learn hour by hour what became known before the hour `until`."""
        for hour in range(self.through or int(min(f.t for f in self.fixes) // HOUR), until):
            self.learn_hour(hour)
        self.through = max(self.through, until)

    def learn_hour(self, hour: int) -> None:
        rows = [row for a, b in self.pairs if int(b.t // HOUR) == hour for row in self.trials(a, b)]
        if not rows and not any(int(t // HOUR) == hour for t, *_ in self.ended):
            return
        days = hour // 24 - self.learned // 24 if self.learned else 0
        self.learned = hour + 1
        if days:
            faded = 0.5 ** (days / 30)
            for table in (self.shares, self.ships, self.recent):
                for key in list(table):
                    table[key] = [v * faded for v in table[key]]
            self.usual = [(w * faded, c, land) for w, c, land in self.usual]
        self.usual += [(1.0, c, land) for t, _, c, land in self.ended if int(t // HOUR) == hour]
        known = [
            (off, b, p, run, heard, weight)
            for off, b, lat, lon, run, heard, weight in rows
            for p, is_known in [self.share(lat, lon, off.kind)]
            if is_known
        ]
        ship = {off.track: self.shift(self.ships, off.track) for off, *_ in known}
        recent = {
            recently(off, run): self.shift(self.recent, recently(off, run))
            for off, _, _, run, *_ in known
        }
        for off, b, p, run, heard, weight in known:
            if run < 6:
                expected = move(p, ship[off.track] + recent[recently(off, run)])
                add(self.hours[b // 6], heard, expected, weight)
        for off, b, p, run, heard, weight in known:
            if run < 6:
                expected = move(p, self.shift(self.hours, b // 6) + recent[recently(off, run)])
                add(self.ships[off.track], heard, expected, weight)
        for off, b, p, run, heard, weight in known:
            of_ship = self.shift(self.ships, off.track)
            expected = move(p, self.shift(self.hours, b // 6) + of_ship)
            add(self.recent[recently(off, run)], heard, expected, weight)
        for off, _, lat, lon, _, heard, weight in rows:
            for cell in cells(lat, lon, off.kind):
                self.shares[cell][0] += weight
                self.shares[cell][1] += weight * heard

    def trials(self, a: Fix, b: Fix) -> list[tuple[Fix, int, float, float, int, bool, float]]:
        if b.t - a.t > 24 * HOUR:
            return []
        doubted = any(t == b.t and of == a.track and c >= 2.5 for t, of, c, _ in self.ended)
        weight = 0.1 if doubted else 1.0
        first, last = int(a.t // BIN) + 1, int(b.t // BIN)
        way, found = ways(a, b, b.t)[3], []
        for unheard, at in enumerate(range(first, last)):
            if not self.deaf(at):
                place = on_way(a, way, ((at + 0.5) * BIN - a.t) / (b.t - a.t))
                found.append((a, at, *place, unheard, False, weight))
        return [*found, (a, last, b.lat, b.lon, last - first, True, 1.0)]

    def deaf(self, at: int) -> bool:
        if at in self.crowd:
            return False
        before, after = at, at
        while before not in self.crowd:
            before -= 1
        while after not in self.crowd:
            after += 1
        crowd = max(len(self.crowd.get(before - back, ())) for back in range(3))
        out = after - before > 6 and crowd > self.outage_count
        return out or pausing(self.pauses_count, self.crowd, before)


def pausing(pauses_count: int, crowd: dict[int, set[int]], at: int) -> bool:
    pauses = pauses_before(crowd, at)
    heard = sum(m in crowd for m in range(at - 431, at + 1))
    return len(pauses) >= pauses_count and heard / len(pauses) < 6


def pauses_before(crowd: dict[int, set[int]], at: int) -> list[int]:
    """How many bins long each pause of an hour or more in the three days up to `at` was."""
    every = [m for m in range(at - 431, at + 1) if m in crowd]
    return [b - a - 1 for a, b in itertools.pairwise(every) if b - a > 6]


def size(cell: int) -> int:
    return int(cell // (16 << 25))


@lru_cache(100_000)
def cells(lat: float, lon: float, kind: int) -> list[int]:
    return [int(cell) for cell in cells_of([lat], [lon], [kind])[:, 0]]


def add(sums: list[float], heard: bool, p: float, weight: float) -> None:
    sums[0] += weight * (heard - p)
    sums[1] += weight * p * (1 - p)


def recently(off: Fix, unheard: int) -> tuple[int, int, int]:
    """Return kind of ship, how often it reported, and how long ago."""
    edges = (20, 40, 80, 160, 320, 640, 1280)
    interval = 7 if math.isnan(off.interval) else sum(off.interval >= edge for edge in edges)
    since = sum(unheard >= edge for edge in (1, 2, 3, 4, 5, 6, 9, 15, 25))
    return off.kind, interval, since


def move(p: float, shift: float) -> float:
    odds = p / (1 - p) * math.exp(shift)
    return min(max(odds / (1 + odds), 0.002), 0.998)


def unit(course_deg: float) -> np.ndarray:
    if math.isnan(course_deg):
        return np.zeros(2)
    return np.array([math.sin(math.radians(course_deg)), math.cos(math.radians(course_deg))])


def ways(off: Fix, on: Fix | None, until: float) -> list[list[tuple[float, float]]]:
    """Return the corners of the ways in nmi from `off`: chord, onward, back, onward and back."""
    hours, here = (until - off.t) / HOUR, (0.0, 0.0)
    if on is None:
        gone = 0.0 if math.isnan(off.sog) else off.sog * hours
        place = destination(off.lat, off.lon, 0 if math.isnan(off.cog) else off.cog, gone * NMI_M)
        return [[here, here], [here, offset(off, float(place[0]), float(place[1]))]]
    far = np.array(offset(off, on.lat, on.lon))
    speeds = [s for s in (off.sog, on.sog) if not math.isnan(s)]
    long = sum(speeds) / max(len(speeds), 1) * hours
    u, w = unit(off.cog), unit(on.cog)
    x, y, z = (
        reach(lambda x: x + math.hypot(*(far - u * x)), long, bool(u.any())),
        reach(lambda x: x + math.hypot(*(far - w * x)), long, bool(w.any())),
        reach(lambda x: 2 * x + math.hypot(*(far - (u + w) * x)), long, True),
    )
    return [
        [here, tuple(far)],
        [here, tuple(u * x), tuple(far)],
        [here, tuple(far - w * y), tuple(far)],
        [here, tuple(u * z), tuple(far - w * z), tuple(far)],
        *([here, aside(off, on, far, long, side), tuple(far)] for side in (90, -90)),
    ]


def aside(off: Fix, on: Fix, far: np.ndarray, long: float, side: float) -> tuple[float, float]:
    """Return the corner of a detour that is `long` in all."""
    across = unit(float(bearing_deg(off.lat, off.lon, on.lat, on.lon)) + side)
    room = (long / 2) ** 2 - float((far**2).sum()) / 4
    return tuple(far / 2 + across * math.sqrt(max(room, 0.0)))


def reach(length, long: float, known: bool) -> float:
    """Return the least x at which the way is `long`, by halving."""
    if not known or length(0.0) >= long:
        return 0.0
    low, high = 0.0, long
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if length(middle) > long else (middle, high)
    return low


def offset(off: Fix, lat: float, lon: float) -> tuple[float, float]:
    away = float(distance_m(off.lat, off.lon, lat, lon)) / NMI_M
    east, north = unit(float(bearing_deg(off.lat, off.lon, lat, lon))) * away
    return float(east), float(north)


def on_way(off: Fix, way: list[tuple[float, float]], share: float) -> tuple[float, float]:
    left = share * sum(math.dist(p, q) for p, q in itertools.pairwise(way))
    here = np.array(way[0])
    for p, q in itertools.pairwise(way):
        part = min(left / math.dist(p, q), 1.0) if math.dist(p, q) else 0.0
        here = np.array(p) + part * (np.array(q) - np.array(p))
        left -= math.dist(p, q)
        if left <= 0:
            break
    course = math.degrees(math.atan2(here[0], here[1]))
    lat, lon = destination(off.lat, off.lon, course, math.hypot(*here) * NMI_M)
    return float(lat), float(lon)
