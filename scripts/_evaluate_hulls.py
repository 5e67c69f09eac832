"""Which ship made which report: ships under one MMSI whose truth is known.

Either the ships are made up, or they are real ones of one recording that are given
one MMSI; both ways it is known who sent what.  Nothing here is taken from the
segmenter, or may be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _evaluate_metrics import adjusted_rand
from _evaluate_real import read
from _evaluate_reception import stream
from _evaluate_tables import Tables, table
from numpy.random import Generator

from receiver.sources.sea_chart import C128, HOUR, KN, NMI, lat_lon, vector
from sternlight.settings import Settings
from tracks.batch import F64, I64, PositionBatch
from tracks.quality import clean

MMSI = 257_999_999
T0 = 1_772_323_200.0
STEP_S = 10.0  # between two transmissions under way
KINDS = ("anchored", "trawler", "cargo", "ferry")
GOOD = 0.99
PAIRED = {"stonesoup_SolentAIS_20160112.csv": 80, "dma_aisabnormal_5min_20131112.nmea.gz": 20}


class Sharing(NamedTuple):
    """Ships that share an MMSI, and how they are heard."""

    name: str
    ships: int = 2
    apart_nmi: tuple[float, float] = (2.0, 10.0)  # where each begins, from the one before
    lost: float = 0.7  # of the reports
    hole_h: float = 0.0  # after two hours, mean of both exponential, silence of so many
    speeds: bool = True  # and courses are told


SHARINGS = (
    Sharing("two ships 2 to 10 nmi apart"),
    Sharing("three ships 2 to 10 nmi apart", ships=3),
    Sharing("two ships 10 to 60 nmi apart", apart_nmi=(10, 60)),
    Sharing("two ships 100 to 600 nmi apart", apart_nmi=(100, 600)),
    Sharing("two ships 2 to 10 nmi apart, a report in five minutes", lost=0.97),
    Sharing("two ships 2 to 10 nmi apart that tell no speeds and courses", speeds=False),
    Sharing("two ships 2 to 10 nmi apart, silent for half an hour after two", hole_h=0.5),
    Sharing("two ships 2 to 10 nmi apart, silent for two hours after two", hole_h=2.0),
    Sharing("two ships 10 to 60 nmi apart, silent for two hours after two", apart_nmi=(10, 60),
            hole_h=2.0),
)  # fmt: skip


class Told(NamedTuple):
    """How well ships under one MMSI were told apart."""

    rand: float  # adjusted Rand index against the truth
    switches: int  # consecutive fixes of one track that are of two ships
    reports: int
    nearest_nmi: float  # that the ships came to each other; nan where it was not asked


def simulated(sharing: Sharing, seed: int, settings: Settings, hours: float = 24.0) -> Told:
    """Draw ships that share an MMSI and tell them apart."""
    return told_apart(*scene(sharing, seed, hours), settings)


def told_apart(batch: PositionBatch, truth: I64, settings: Settings) -> Told:
    """Compare the tracks of one MMSI's reports, in order of time, with who sent them."""
    batch = replace(batch, line=np.arange(len(batch)).astype(batch.line.dtype))
    fixes = settings.segment.step(settings.segment.start(), batch, math.inf)[1]
    ship = truth[fixes.line]
    switches = (fixes.track[1:] == fixes.track[:-1]) & (ship[1:] != ship[:-1])
    rand = adjusted_rand(fixes.track.tolist(), ship.tolist())
    return Told(rand, int(switches.sum()), len(batch), math.nan)


def scene(sharing: Sharing, seed: int, hours: float) -> tuple[PositionBatch, I64]:
    """Return the reports of ships under one MMSI, in order of time, and who sent each."""
    rng = stream(seed, 31)
    begins = 0j
    parts: list[PositionBatch] = []
    for ship in range(sharing.ships):
        if ship:
            apart_m = float(rng.uniform(*sharing.apart_nmi)) * NMI
            begins += vector(float(rng.uniform(0, 360)), apart_m)
        parts.append(_heard(rng, sharing, begins, hours))
    batch = PositionBatch.concat(parts)
    truth = np.repeat(np.arange(sharing.ships), [len(part) for part in parts])
    order = np.argsort(batch.t, kind="stable")
    return batch.take(order), truth[order]


def _heard(rng: Generator, sharing: Sharing, begins: complex, hours: float) -> PositionBatch:
    kind = KINDS[int(rng.integers(len(KINDS)))]
    at, velocity = _sailed(rng, kind, int(hours * HOUR / STEP_S))
    every = 18 if kind == "anchored" else 1
    sent = np.arange(int(rng.integers(every)), len(at), every)
    rows = sent[(rng.uniform(size=len(sent)) > sharing.lost) & _awake(rng, sent, sharing.hole_h)]
    fixed = begins + at[rows] + rng.normal(0, 8, (len(rows), 2)) @ np.array([1, 1j])
    lat, lon = lat_lon(fixed)
    sog = np.maximum(np.abs(velocity[rows]) / KN + rng.normal(0, 0.1, len(rows)), 0)
    cog = np.degrees(np.angle(velocity[rows] * -1j)) * -1 + rng.normal(0, 2 + 20 * (sog < 1))
    unknown = np.full(len(rows), np.nan)
    return PositionBatch.make(
        len(rows),
        mmsi=MMSI,
        t=T0 + rows * STEP_S,
        lat=lat,
        lon=lon,
        sog_kn=np.round(sog, 1) if sharing.speeds else unknown,
        cog_deg=np.round(cog, 1) % 360 if sharing.speeds else unknown,
    )


def _sailed(rng: Generator, kind: str, steps: int) -> tuple[C128, C128]:
    """Return where a ship is every STEP_S, from where she begins, and her velocity in m/s."""
    speed = {
        "anchored": 0.1,
        "trawler": 3.0,
        "cargo": rng.uniform(9, 18),
        "ferry": rng.uniform(14, 24),
    }[kind]
    turned = np.zeros(steps)
    if kind in ("anchored", "trawler"):
        turned = rng.normal(0, 4, steps)
    else:  # now and then a new course in five minutes; a ferry goes to and fro
        for k in np.flatnonzero(rng.uniform(size=steps) < STEP_S / (2 * HOUR)).tolist():
            turned[k : k + 30] += rng.uniform(-60, 60) / 30
    if kind == "ferry":
        leg = int(rng.integers(360, 720))
        for k in range(leg, steps, leg):
            turned[k : k + 30] += 6
    course = rng.uniform(0, 360) + np.cumsum(turned)
    faster = 0 if kind == "anchored" else np.cumsum(rng.normal(0, 0.01, steps))
    made = np.clip(speed + faster, 0, 26) * KN * 1j * np.exp(-1j * np.radians(course))
    velocity = np.asarray(made, np.complex128)
    return np.asarray(np.cumsum(velocity) * STEP_S, np.complex128), velocity


def _awake(rng: Generator, sent: I64, hole_h: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    heard = np.ones(len(sent), np.bool_)
    t, until = 0.0, float(sent[-1]) * STEP_S
    while hole_h and t < until:
        t += float(rng.exponential(2 * HOUR))
        ends = t + float(rng.exponential(hole_h * HOUR))
        heard &= (sent * STEP_S < t) | (sent * STEP_S >= ends)
        t = ends
    return heard


def real_pairs(folder: Path, name: str, settings: Settings) -> list[Told]:
    """Give pairs of a recording's often heard ships one MMSI and tell them apart."""
    room = "nmea" if ".nmea" in name else "tables"
    positions = clean(read(folder / room / name)[0])[0]
    ships, count = np.unique(positions.mmsi, return_counts=True)
    often = stream(1, 32).permutation(ships[count >= PAIRED[name]])
    return [
        _pair(positions, int(a), int(b), settings)
        for a, b in zip(often[:-1:2], often[1::2], strict=True)
    ]


def _pair(positions: PositionBatch, a: int, b: int, settings: Settings) -> Told:
    both = positions.take((positions.mmsi == a) | (positions.mmsi == b))
    truth = both.mmsi.astype(np.int64)
    shared = replace(both, mmsi=np.full_like(both.mmsi, MMSI))
    told = told_apart(shared, truth, settings)
    return told._replace(nearest_nmi=_nearest_nmi(both.take(truth == a), both.take(truth == b)))


def _nearest_nmi(a: PositionBatch, b: PositionBatch) -> float:
    """Return how near two ships came, by where the second is when the first speaks."""
    north: F64 = a.lat - np.interp(a.t, b.t, b.lat)
    east: F64 = (a.lon - np.interp(a.t, b.t, b.lon)) * np.cos(np.radians(a.lat))
    return float(np.hypot(north, east).min()) * 60


BANDS_NMI = (0.0, 0.8, 1.5, math.inf)


def bands(pairs: Sequence[Told]) -> dict[str, list[Told]]:
    """Return pairs by how near they came."""
    names = ("within 0.8 nmi", "0.8 to 1.5 nmi", "1.5 nmi or more")
    return {
        name: [p for p in pairs if low <= p.nearest_nmi < high]
        for name, low, high in zip(names, BANDS_NMI[:-1], BANDS_NMI[1:], strict=True)
    }


def of_sharing(shared: dict[str, list[Told]]) -> Tables:
    """Return the table of ships given one MMSI."""
    rows = [
        [
            name,
            len(told),
            f"{sum(t.reports for t in told):,}",
            f"{np.mean([t.rand for t in told]):.3f}",
            f"{sum(t.rand >= GOOD for t in told)}",
            f"{sum(t.switches for t in told)}",
            f"{sum(t.switches > 0 for t in told)}",
        ]
        for name, told in shared.items()
        if told
    ]
    head = ["ships under one MMSI", "cases", "reports", "mean adjusted Rand index",
            f"cases with {GOOD} or more", "switches", "cases with one"]  # fmt: skip
    return {"hulls": table(head, rows)}
