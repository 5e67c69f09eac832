"""What one ship does between two times: a log that is written leg by leg."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.random import Generator

from receiver.sources.sea_chart import C128, HOUR, KN, NMI, vector
from tracks.batch import F64, U8, Mask

UNDER_WAY, AT_ANCHOR, MOORED, FISHING = 0, 1, 5, 7  # navigational status, M.1371-5 table 48


class Voyage(NamedTuple):
    """Places at times, straight lines between them; status and radio hold until the next."""

    t: F64  # Unix seconds, ascending
    p: C128  # metres on the chart
    status: U8
    on: Mask  # whether the transponder is switched on

    def between(self, start: float, end: float) -> Voyage:
        """Return the knots after `start`, up to and with `end`."""
        k = slice(*np.searchsorted(self.t, [start, end], "right"))
        return Voyage(self.t[k], self.p[k], self.status[k], self.on[k])

    def beside(self, offset: complex) -> Voyage:
        """Return the voyage of a ship that keeps station at that offset in metres."""
        return self._replace(p=self.p + offset)


class Log:
    """Writes a voyage.  Each verb starts where and when the last one ended."""

    def __init__(self, t: float, at: complex, status: int = UNDER_WAY) -> None:
        self.t, self.at, self.on = t, at, True
        self._t: list[F64] = [np.array([t])]
        self._p: list[C128] = [np.array([at])]
        self._state: list[tuple[int, int, bool]] = []  # knots, status, on

    def along(self, t: F64, p: C128, status: int) -> Self:
        """Follow places at times, all after now."""
        if len(t):
            self._t.append(t)
            self._p.append(p)
            self._state.append((len(t), status, self.on))
            self.t, self.at = float(t[-1]), complex(p[-1])
        return self

    def arrive(self, to: complex, t: float, status: int = UNDER_WAY) -> Self:
        """Go straight to a place and be there at `t`."""
        if t < self.t:
            raise ValueError(f"a ship cannot arrive {self.t - t:.0f} s before it left")
        return self.along(np.array([t]), np.array([to]), status)

    def go(self, *places: complex, kn: float, status: int = UNDER_WAY) -> Self:
        """Go from place to place at one speed."""
        for to in places:
            self.arrive(to, self.t + abs(to - self.at) / (kn * KN), status)
        return self

    def stay(self, until: float, status: int = MOORED) -> Self:
        """Lie still."""
        return self.arrive(self.at, until, status)

    def swing(self, until: float, radius_m: float, turn_h: float) -> Self:
        """Swing about an anchor that lies `radius_m` north of here, to and fro in `turn_h`."""
        t = self._marks(until, 600)
        lee_deg = 180 + 70 * np.sin(2 * np.pi * (t - self.t) / (turn_h * HOUR))
        anchor = self.at + vector(0, radius_m)
        p = anchor + radius_m * np.exp(1j * np.radians(90 - lee_deg))
        return self.along(t, np.asarray(p, np.complex128), AT_ANCHOR)

    def drift(
        self, until: float, rng: Generator, kn: float, toward_deg: float, status: int = UNDER_WAY
    ) -> Self:
        """Drift before wind and current, about as fast as `kn` and never 1.3 times that."""
        t = self._marks(until, 1200)
        step_s = np.diff(t, prepend=self.t)
        course = np.radians(90 - toward_deg + np.cumsum(rng.normal(0, 10, len(t))))
        step = kn * KN * rng.uniform(0.7, 1.3, len(t)) * step_s * np.exp(1j * course)
        return self.along(t, np.asarray(self.at + np.cumsum(step), np.complex128), status)

    def work(
        self, until: float, rng: Generator, ground: complex, within_m: float, kn: float = 3.4
    ) -> Self:
        """Fish to and fro over a ground; ends wherever the time is up."""
        enough = int((until - self.t) * 1.2 * kn * KN / (0.5 * within_m)) + 4
        r = within_m * np.sqrt(rng.uniform(0, 1, enough))
        p = ground + r * np.exp(2j * np.pi * rng.uniform(0, 1, enough))
        leg_m = np.abs(np.diff(p, prepend=self.at))
        t = self.t + np.cumsum(leg_m / (kn * KN * rng.uniform(0.85, 1.15, enough)))
        last = np.interp(until, np.r_[self.t, t], np.r_[self.at, p])
        kept = t < until
        return self.along(np.r_[t[kept], until], np.r_[p[kept], last], FISHING)

    def handline(self, until: float, rng: Generator, ground: complex, within_m: float) -> Self:
        """Fish with lines: drift for an hour or two, move on, drift again."""
        while self.t < until:
            spot = ground + vector(rng.uniform(0, 360), within_m * rng.uniform(0.2, 1))
            self.go(spot, kn=6.0, status=FISHING)
            drift_s = rng.uniform(0.7, 2.0) * HOUR
            self.drift(self.t + drift_s, rng, rng.uniform(0.3, 0.9), 215, FISHING)
        return self

    def roam(self, until: float, home: complex, kn: float, seaward_deg: float) -> Self:
        """Go out to sea and turn, so as to be home in time at that speed."""
        way_m = (until - self.t) * kn * KN
        middle, out = (self.at + home) / 2, vector(seaward_deg, 1.0)
        low, high = 0.0, max(way_m, 1.0)
        for _ in range(50):  # bisection: the longer the way out, the longer the way
            s = (low + high) / 2
            turn = middle + s * out
            longer = abs(turn - self.at) + abs(home - turn) > way_m
            low, high = (low, s) if longer else (s, high)
        turn = middle + low * out
        first, second = abs(turn - self.at), abs(home - turn)
        self.arrive(turn, self.t + (until - self.t) * first / max(first + second, 1.0))
        return self.arrive(home, until)

    def come_alongside(self, to: complex, at: float) -> Self:
        """Arrive at a ship that waits, slowing down over the last two miles."""
        away = (self.at - to) / abs(self.at - to)
        slow_s, dead_slow_s = 1.5 * NMI / (7 * KN), 0.5 * NMI / (3 * KN)
        self.arrive(to + away * 2.0 * NMI, at - dead_slow_s - slow_s)
        self.arrive(to + away * 0.5 * NMI, at - dead_slow_s)
        return self.arrive(to, at)

    def voyage(self) -> Voyage:
        """Return what was written."""
        knots, status, on = (np.array(x) for x in zip(*self._state, strict=True))
        # A leg's state holds from the knot where it starts.
        return Voyage(
            np.concatenate(self._t),
            np.concatenate(self._p),
            np.r_[np.repeat(status, knots), status[-1]].astype(np.uint8),
            np.r_[np.repeat(on, knots), on[-1]].astype(np.bool_),
        )

    def _marks(self, until: float, every_s: float) -> F64:
        steps = max(int(np.ceil((until - self.t) / every_s)), 1)
        return np.asarray(np.linspace(self.t, until, steps + 1)[1:], np.float64)


def hours(rng: Generator, low_h: float, high_h: float) -> float:
    """Draw a duration, in seconds of whole minutes."""
    return 60.0 * round(60 * float(rng.uniform(low_h, high_h)))
