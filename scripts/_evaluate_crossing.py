"""(a), another sea: regular traffic that crosses the hearing of a station on an islet.

Nobody works at the edge of hearing here, and no quay is in reach: ships come, pass or call
at the islet's roads, and go.  So what is asked is reception alone, as in the experiments from
which the idea of learning it comes.  The antenna is that of `_evaluate_reception`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple, cast

import numpy as np
from _evaluate_gaps import START, Station, compared
from _evaluate_reception import Antenna, Climate, stream
from _evaluate_sea import GPS_M, Hidden, Recording
from numpy.random import Generator

from receiver.sources.sea import Sea
from receiver.sources.sea_chart import C128, DAY, HOUR, KN, NMI
from sternlight.settings import Settings
from tracks.batch import BIN_S, CLASS_A, CLASS_B, F64, I64, Mask, PositionBatch, StaticBatch
from tracks.geodesy import destination, wrap_lon
from tracks.places import Places

ISLET_LAT, ISLET_LON = 10.0, -150.0  # far from every port and shore that the maps know
RIM_NMI, AWAY_NMI = 70.0, 500.0
SHIPS, CLASS_B_SHARE, CALLS_SHARE = 800, 0.25, 0.15
OFF_SHARE, OFF_H = 0.08, (1.5, 9.0)  # of passages; for how long
CLIMATE = Climate((18.0, 28.0))
SLOTS = 3  # reports a ship makes in ten minutes at most, as far as a thinned feed gives them


class _Traffic(NamedTuple):
    """Where every ship is in the middle of each ten minutes, in metres from the islet."""

    at: C128  # (ships, bins)
    resting: Mask
    hidden: Hidden


def crossing(seed: int, days: float, settings: Settings, places: Places) -> Station:
    """Play one sea, hear it, judge it, and compare."""
    rng = stream(seed, 31)
    bins = round(days * DAY / BIN_S)
    class_b = rng.uniform(size=SHIPS) < CLASS_B_SHARE
    traffic = _traffic(rng, class_b, bins)
    end = START + bins * BIN_S
    antenna = Antenna.draw(CLIMATE, class_b, START, end, seed)
    mmsi = 200_000_001 + 7 * np.arange(SHIPS)
    sent = np.where(class_b[:, None], 20.0, 60.0)
    sent = np.where(traffic.resting, BIN_S / 180, sent)
    positions = _heard(traffic, antenna, mmsi, class_b, sent, rng)
    sea = SimpleNamespace(
        start=START, end=end, register=SimpleNamespace(mmsi=mmsi, class_b=class_b)
    )
    recording = Recording(
        cast(Sea, sea), antenna, traffic.hidden, positions, StaticBatch.empty(),
        traffic.at, sent, np.zeros_like(traffic.resting),
    )  # fmt: skip
    return compared(recording, days, settings, places)


def _traffic(rng: Generator, class_b: Mask, bins: int) -> _Traffic:
    at = np.full((SHIPS, bins), AWAY_NMI * NMI, np.complex128)
    resting = np.zeros((SHIPS, bins), np.bool_)
    hidden: list[tuple[int, float, float]] = []
    for ship in range(SHIPS):
        begin = int(rng.integers(-200, 300))
        while begin < bins:
            way, rests = _passage(rng, bool(class_b[ship]))
            kept = slice(max(begin, 0), max(min(begin + len(way), bins), 0))
            own = slice(kept.start - begin, kept.stop - begin)
            at[ship, kept], resting[ship, kept] = way[own], rests[own]
            if rng.uniform() < OFF_SHARE and kept.stop > kept.start:
                off = START + BIN_S * float(rng.uniform(kept.start, kept.stop))
                lasts = HOUR * float(np.exp(rng.uniform(*np.log(OFF_H))))
                hidden.append((ship, off, off + lasts))
            begin += len(way) + int(rng.integers(100, 450))
    columns = np.array(hidden).T
    return _Traffic(at, resting, Hidden(columns[0].astype(np.int64), columns[1], columns[2]))


def _passage(rng: Generator, class_b: bool) -> tuple[C128, Mask]:
    """Return a way through the waters about the islet, and when the ship lies in its roads."""
    step = float(rng.uniform(4, 9) if class_b else rng.uniform(7, 16)) * KN * BIN_S
    calls = rng.uniform() < CALLS_SHARE
    into, out = (RIM_NMI * NMI * np.exp(2j * np.pi * rng.uniform()) for _ in range(2))
    near_nmi = 2.0 if calls else 30.0 * np.sqrt(rng.uniform())
    middle = near_nmi * NMI * np.exp(2j * np.pi * rng.uniform())
    there, back = _leg(rng, into, middle, step), _leg(rng, middle, out, step)
    rest = np.full(int(rng.integers(36, 120)) if calls else 0, middle)
    way = np.concatenate([there, rest, back])
    rests = np.zeros(len(way), np.bool_)
    rests[len(there) : len(there) + len(rest)] = True
    return way, rests


def _leg(rng: Generator, begin: complex, end: complex, step: float) -> C128:
    """Return the way from one point to another, which swings to one side."""
    share = np.arange(0, 1, step / abs(end - begin))
    aside = rng.normal(0, 0.08) * abs(end - begin) * np.sin(np.pi * share)
    straight = begin + (end - begin) * share
    return np.asarray(straight + 1j * aside * (end - begin) / abs(end - begin), np.complex128)


def _heard(
    traffic: _Traffic, antenna: Antenna, mmsi: I64, class_b: Mask, sent: F64, rng: Generator
) -> PositionBatch:
    """Return what the antenna hears of all that is sent, in order of time."""
    ship, bins = np.nonzero(np.abs(traffic.at) < RIM_NMI * NMI * 1.2)
    ship, bins = np.repeat(ship, SLOTS), np.repeat(bins, SLOTS)
    t = START + BIN_S * (bins + rng.uniform(0, 1, len(ship)))
    behind = np.floor((t - START) / BIN_S - 0.5).astype(np.int64)  # the last middle of a bin
    passed = (t - START) / BIN_S - 0.5 - behind
    ends = (np.clip(b, 0, traffic.at.shape[1] - 1) for b in (behind, behind + 1))
    here, there = (traffic.at[ship, end] for end in ends)
    at, leg = here + (there - here) * passed, there - here
    sails = np.abs(leg) < 30 * KN * BIN_S  # and is not on the way to or from the rest of the world
    ship, bins, t, at, leg = ship[sails], bins[sails], t[sails], at[sails], leg[sails]
    on = ~_off(traffic.hidden, ship, t)
    chance = antenna.chance(ship, t, at, sent[ship, bins] / SLOTS)
    kept = np.flatnonzero(on & (rng.uniform(0, 1, len(t)) < chance))
    kept = kept[np.argsort(t[kept], kind="stable")]
    ship, t, at, leg = ship[kept], t[kept], at[kept], leg[kept]
    at = at + GPS_M * (rng.normal(size=len(at)) + 1j * rng.normal(size=len(at)))
    lat, lon = destination(
        np.full(len(at), ISLET_LAT), np.full(len(at), ISLET_LON), 90 - np.degrees(np.angle(at)),
        np.abs(at),
    )  # fmt: skip
    return PositionBatch.make(
        len(t),
        t=t,
        mmsi=mmsi[ship],
        lat=lat.round(6),
        lon=wrap_lon(lon).round(6),
        sog_kn=(np.abs(leg) / BIN_S / KN).round(1),
        cog_deg=((90 - np.degrees(np.angle(leg))) % 360).round(1),
        nav_status=np.where(class_b[ship], 15, traffic.resting[ship, bins[kept]]),
        ship_class=np.where(class_b[ship], CLASS_B, CLASS_A),
        type=np.where(class_b[ship], 18, 1),
        line=np.arange(len(t)),
        key=np.arange(1, len(t) + 1),
    )


def _off(hidden: Hidden, ship: I64, t: F64) -> Mask:
    """Return which of the reports were made while their ship was hidden."""
    order = np.lexsort((t, ship))
    keys = ship[order] * (1 << 33) + t[order].astype(np.int64)
    off = np.zeros(len(t), np.bool_)
    for who, a, b in zip(hidden.ship.tolist(), hidden.start, hidden.end, strict=True):
        begin, end = np.searchsorted(keys, [who * (1 << 33) + int(a), who * (1 << 33) + int(b)])
        off[order[begin:end]] = True
    return off
