"""Axes of a small figure: where values lie on paper, and which of them are named."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from tracks.batch import F64

_HOURS = (0.5, 1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1440, 4320, 8760)
TICKS_COUNT = 6  # of times, at most
VALUES_COUNT = 4  # of values, at most


class Tick(NamedTuple):
    """A value that is named at an axis, and where it lies on paper."""

    at: float
    says: str
    also: str = ""  # below, such as the day


class Axis(NamedTuple):
    """Values from `low` to `high`, on paper from `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: F64) -> F64:
        """Return where values lie on paper."""
        share = (value - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def of(self, value: float) -> float:
        """Return where one value lies."""
        return round(float(self.at(np.array(value))), 1)


def moments(axis: Axis, since: float | None) -> list[Tick]:
    """Return times of an axis in Unix seconds: hours of UTC, or hours since a moment."""
    span_h = (axis.high - axis.low) / 3600
    step_s = next((h for h in _HOURS if span_h / h <= TICKS_COUNT), _HOURS[-1]) * 3600
    zero = since or 0.0
    first = math.ceil((axis.low - zero) / step_s)
    last = math.floor((axis.high - zero) / step_s)
    ticks, day = [], ""
    for n in range(first, last + 1):
        t = zero + n * step_s
        if since is not None:
            ticks.append(Tick(axis.of(t), f"{n * step_s / 3600:+g} h" if n else "0"))
            continue
        when = datetime.fromtimestamp(t, UTC)
        named = f"{when.day} {when:%b}"
        ticks.append(Tick(axis.of(t), f"{when:%H:%M}", "" if named == day else named))
        day = named
    return ticks


def values(axis: Axis) -> list[Tick]:
    """Return round values of an axis, from its lowest on."""
    rough = (axis.high - axis.low) / VALUES_COUNT
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= rough * 0.999)
    count = math.floor((axis.high - axis.low) / step * 1.001)
    return [Tick(axis.of(v), f"{v:,g}") for v in (axis.low + step * n for n in range(count + 1))]


def roof(highest: float, least: float) -> float:
    """Return a round value above the highest, and no lower than `least`."""
    need = max(highest * 1.05, least)
    power = 10.0 ** math.floor(math.log10(need))
    return next(s * power for s in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if s * power >= need)
