"""An antenna whose hearing no detector knows: drawn here from streams of its own.

The chance that one transmission is heard is a logistic curve over range.  Its
middle, the range of the antenna, is moved by the terrain in each direction, by
the aerial of each ship, by class B's lower power and by the hour's propagation.
Every ship fades for ten minutes at a time.  In an outage nobody is heard; in a
weak spell, as with water in a plug, the range is a part of itself.

Nothing here is taken from the detectors, and nothing of theirs may be taken from
here: this is the yardstick.  The shapes follow published ones (Hammond & Peters
2012 for the curve over range); the numbers are ours, within what shore stations
report (15 to 40 nmi).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import ArrayLike

from tracks.batch import F64, I64, Mask

STREAM = 20_119  # under a seed; the simulated sea uses small numbers
FADE_S, HOUR = 600.0, 3600.0
MOST = 0.995  # some slots collide even beside the antenna
HOURLY_MEMORY, HOURLY_SPREAD = 0.9, 0.07  # of the logarithm of the range, an AR(1) series
AERIAL_SPREAD = 0.18  # of the logarithm of the range, from ship to ship
CLASS_B_SHARE = (0.4, 0.6)  # of the range of class A
_NODES = 12

Spell = tuple[float, float]  # from, to; Unix seconds


def stream(*key: int) -> Generator:
    """Return the stream of random numbers of that name, unknown to all others."""
    return Generator(PCG64(SeedSequence((STREAM, *key))))


@dataclass(frozen=True, slots=True)
class Climate:
    """What an antenna and its surroundings may be like; `range_nmi` is drawn between the two."""

    range_nmi: tuple[float, float] = (26.0, 42.0)
    soft_nmi: tuple[float, float] = (2.0, 4.0)
    terrain: float = 0.3  # how far the range changes from one bearing to another
    shadows_count: int = 2  # headlands, 15 to 40 degrees wide
    outage_h: tuple[float, float] = (3.0, 9.0)
    outages_count: int = 1
    weak_spells_count: int = 1


@dataclass(frozen=True, slots=True)
class Antenna:
    """One antenna, at the origin of the places in metres that it is asked about."""

    start: float
    range_nmi: float
    soft_nmi: float
    terrain: F64  # (360,) factor by bearing
    ships: F64  # (ships,) factor
    hours: F64  # (hours,) factor
    fades: F64  # (ships, ten-minute bins), mean 1
    outages: tuple[Spell, ...]
    weak: tuple[tuple[float, float, float], ...]  # from, to, factor

    @classmethod
    def draw(cls, climate: Climate, class_b: Mask, start: float, end: float, seed: int) -> Self:
        """Draw an antenna and its weather; the outages lie after the first third of the time."""
        rng = stream(seed, 1)
        ships, hours = len(class_b), int((end - start) // HOUR) + 2
        aerial = np.exp(rng.normal(0, AERIAL_SPREAD, ships))
        b = np.where(class_b, rng.uniform(*CLASS_B_SHARE, ships), 1.0)
        spells = _spells(rng, climate, start, end)
        return cls(
            start,
            float(rng.uniform(*climate.range_nmi)),
            float(rng.uniform(*climate.soft_nmi)),
            _terrain(rng, climate),
            aerial * b,
            np.exp(_ar1(stream(seed, 2), hours)),
            stream(seed, 3).gamma(2.0, 0.5, (ships, int((end - start) // FADE_S) + 2)),
            tuple(spells[: climate.outages_count]),
            tuple((a, z, float(rng.uniform(0.3, 0.5))) for a, z in spells[climate.outages_count :]),
        )

    def clear(self, ship: I64, t: F64, at: ArrayLike) -> F64:
        """Return the chance that one transmission is heard, fading left out; `at` in metres."""
        at = np.asarray(at, np.complex128)
        bearing = np.degrees(np.angle(at)) % 360
        reach_nmi = self.range_nmi * self.terrain[bearing.astype(np.int64) % 360]
        reach_nmi = reach_nmi * self.ships[ship] * self._hourly(t)
        for a, z, factor in self.weak:
            reach_nmi = np.where((t >= a) & (t < z), reach_nmi * factor, reach_nmi)
        beyond = (np.abs(at) / 1852 - reach_nmi) / self.soft_nmi
        chance = 1 / (1 + np.exp(np.clip(beyond, -50, 50)))
        for a, z in self.outages:
            chance = np.where((t >= a) & (t < z), 0.0, chance)
        return np.asarray(chance, np.float64)

    def chance(self, ship: I64, t: F64, at: ArrayLike, sent: ArrayLike = 1.0) -> F64:
        """Return the chance that any of `sent` transmissions made about `t` is heard."""
        fade = self.fades[ship, ((t - self.start) // FADE_S).astype(np.int64)]
        return _any(np.minimum(self.clear(ship, t, at) * fade, MOST), sent)

    def silent(self, ship: I64, t: F64, at: ArrayLike, sent: ArrayLike) -> F64:
        """Return the chance that of `sent` transmissions in ten minutes none is heard.

        This is what somebody would know who knew everything but the fading.
        """
        clear = self.clear(ship, t, at)
        heard = [_any(np.minimum(clear * fade, MOST), sent) for fade in _FADES]
        return np.asarray(1 - np.mean(heard, axis=0), np.float64)

    def _hourly(self, t: F64) -> F64:
        place = (t - self.start) / HOUR
        return np.asarray(np.interp(place, np.arange(len(self.hours)), self.hours), np.float64)


def _any(chance: F64, sent: ArrayLike) -> F64:
    return np.asarray(1 - (1 - chance) ** np.asarray(sent, np.float64), np.float64)


def _fades() -> F64:
    """Return equally likely fades: means of slices of the gamma distribution, drawn at length."""
    drawn = np.sort(stream(0).gamma(2.0, 0.5, _NODES * 4000))
    return np.asarray(drawn.reshape(_NODES, -1).mean(axis=1), np.float64)


_FADES = _fades()


def _terrain(rng: Generator, climate: Climate) -> F64:
    bearing = np.radians(np.arange(360.0))
    wave = sum(
        rng.normal(0, 1 / k) * np.cos(k * bearing + rng.uniform(0, 2 * np.pi)) for k in (1, 2, 3, 5)
    )
    factor = np.exp(climate.terrain * np.asarray(wave) / 1.2)
    for _ in range(climate.shadows_count):
        rows = (int(rng.integers(360)) + np.arange(int(rng.integers(15, 40)))) % 360
        factor[rows] *= rng.uniform(0.3, 0.6)
    return np.asarray(np.clip(factor, 0.15, 1.6), np.float64)


def _ar1(rng: Generator, n: int) -> F64:
    """Return a stationary series about 0 in which each hour remembers the one before."""
    steps = rng.normal(0, HOURLY_SPREAD, n)
    steps[0] /= np.sqrt(1 - HOURLY_MEMORY**2)
    series = np.empty(n)
    level = 0.0
    for k, step in enumerate(steps.tolist()):
        level = HOURLY_MEMORY * level + step
        series[k] = level
    return series


def _spells(rng: Generator, climate: Climate, start: float, end: float) -> list[Spell]:
    """Return spells that do not touch each other, in random order."""
    count = climate.outages_count + climate.weak_spells_count
    first = start + (end - start) / 3
    room = (end - first) / max(count, 1)
    spells = []
    for k in rng.permutation(count).tolist():
        lasts_s = min(float(rng.uniform(*climate.outage_h)) * HOUR, 0.6 * room)
        a = first + k * room + float(rng.uniform(0.05, 0.35)) * room
        spells.append((a, a + lasts_s))
    return spells
