"""From what was heard to lines: instruments, their errors, and the receiver's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from receiver.encode import Lines, Payloads, Stamp, counts, encode, sentences
from receiver.sources.sea_chart import HOUR, KN, lat_lon
from receiver.sources.sea_radio import Reports
from receiver.sources.sea_ships import COAST_MID, Register
from receiver.sources.sea_voyage import FISHING
from tracks.batch import F64, I64, Mask

GPS_M = 4.0  # standard deviation of a position, each way
NO_POSITION, NO_SPEED = 0.001, 0.003  # shares of reports in which the instrument is not available
GARBLED = 5e-5  # share with a wild position and a valid checksum
BASE_MMSI = 3_669_001 + (COAST_MID - 366) * 10_000
AID_MMSI = 990_000_000 + COAST_MID * 10_000 + 9_001


class Group(NamedTuple):
    """Messages of one type with the times at which they were heard."""

    payloads: Payloads
    t: F64


@dataclass(frozen=True, slots=True)
class Bridge:
    """What ships have on board; columns of shape (ships,)."""

    gyro: Mask  # sends a heading
    idle_heading_deg: F64  # about which it swings while it lies or drifts
    swing_h: F64

    @classmethod
    def draw(cls, class_b: Mask, rng: Generator) -> Self:
        """Draw it by lot; few small boats have a gyro compass."""
        n = len(class_b)
        gyro = rng.uniform(0, 1, n) < np.where(class_b, 0.25, 0.92)
        return cls(gyro, rng.uniform(0, 360, n), rng.uniform(4, 9, n))


def _measured(kind: int, reports: Reports, bridge: Bridge, rng: Generator) -> dict[str, I64]:
    """Return the counts of a position report as the instruments of each ship give them."""
    n = len(reports.ship)
    lat, lon = lat_lon(reports.p + GPS_M * (rng.normal(size=n) + 1j * rng.normal(size=n)))
    kn = np.abs(reports.v) / KN
    bearing_deg = 90 - np.degrees(np.angle(reports.v))
    sog_kn = np.abs(kn + rng.normal(0, 0.08, n))
    cog_deg = bearing_deg + rng.normal(0, 1, n) * np.minimum(1.5 + 4 / np.maximum(kn, 0.02), 180)
    swing = 40 * np.sin(reports.t * 2 * np.pi / (HOUR * bridge.swing_h[reports.ship]))
    idle_deg = bridge.idle_heading_deg[reports.ship] + swing
    heading_deg = np.where(kn > 1.5, bearing_deg + 2 * np.sin(reports.t / 90), idle_deg)
    heading_deg[~bridge.gyro[reports.ship]] = np.nan

    lot = rng.uniform(0, 1, n)
    lat[lot < NO_POSITION], lon[lot < NO_POSITION] = np.nan, np.nan
    wild = (lot > 0.5) & (lot < 0.5 + GARBLED)
    lat[wild], lon[wild] = rng.uniform(-89, 89, n)[wild], rng.uniform(-180, 180, n)[wild]
    sog_kn[lot > 1 - NO_SPEED] = np.nan
    cog_deg[(kn < 0.1) & (lot < 0.3)] = np.nan
    return counts(kind, lat, lon, sog_kn, cog_deg, heading_deg)


def positions(
    reports: Reports, ships: Register, bridge: Bridge, rng: Generator
) -> tuple[Group, Group]:
    """Return the position reports of class A (types 1 and 3) and of class B (type 18)."""
    is_b = ships.class_b[reports.ship]
    groups = []
    for kind, part in ((1, reports.take(~is_b)), (18, reports.take(is_b))):
        n = len(part.ship)
        fields: dict[str, NDArray[Any]] = dict(_measured(kind, part, bridge, rng))
        fields |= {
            "mmsi": ships.mmsi[part.ship],
            "second": part.t.astype(np.int64) % 60,
            "accuracy": rng.integers(0, 2, n),
            "radio": rng.integers(0, 1 << 19, n),
        }
        if kind == 1:
            special = rng.uniform(0, 1, n) < 0.1
            fields |= {"type": np.where(special, 3, 1), "nav_status": _status(part, ships)}
        groups.append(Group(encode(kind, fields), part.t))
    return groups[0], groups[1]


def _status(reports: Reports, ships: Register) -> NDArray[np.uint8]:
    """Return the status as set on board: one fishing vessel in four forgets to set it."""
    forgets = ships.mmsi[reports.ship] % 4 == 0
    return np.where(forgets & (reports.status == FISHING), np.uint8(0), reports.status)


def statics(reports: Reports, ships: Register, bridge: Bridge, rng: Generator) -> list[Group]:
    """Return identities: type 5 for class A, type 24 in two parts or type 19 for class B."""
    is_b, extended = ships.class_b[reports.ship], ships.extended[reports.ship]
    a, b = reports.take(~is_b), reports.take(is_b & ~extended)
    c = reports.take(extended)
    size = ("ship_type", "to_bow", "to_stern", "to_port", "to_starboard")
    voyage = ("imo", "call_sign", "name", "draught", "destination")
    moving = _measured(19, c, bridge, rng) | {"second": c.t.astype(np.int64) % 60}
    return [
        Group(encode(5, _claims(a, ships, *size, *voyage)), a.t),
        Group(encode(24, _claims(b, ships, "name")), b.t),
        Group(
            encode(24, _claims(b, ships, "call_sign", *size) | {"part": np.ones(1, int)}), b.t + 0.5
        ),
        Group(encode(19, _claims(c, ships, "name", *size) | moving), c.t),
    ]


def _claims(reports: Reports, ships: Register, *names: str) -> dict[str, NDArray[Any]]:
    return {name: getattr(ships, name)[reports.ship] for name in ("mmsi", *names)}


def base_station(t: F64, lat: float, lon: float) -> Group:
    """Return reports of the port's base station, which say the time (type 4)."""
    second = t.astype(np.int64)
    date = second.astype("datetime64[s]")
    month = date.astype("datetime64[M]")
    fields: dict[str, NDArray[Any]] = {
        "mmsi": np.full(len(t), BASE_MMSI),
        "year": date.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": month.astype(np.int64) % 12 + 1,
        "day": (date.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64) + 1,
        "hour": second // 3600 % 24,
        "minute": second // 60 % 60,
        "second": second % 60,
        "epfd": np.full(len(t), 7),
    }
    return Group(encode(4, fields | counts(4, lat, lon)), t)


def aid_to_navigation(t: F64, lat: float, lon: float) -> Group:
    """Return reports of a buoy off the port (type 21)."""
    said: dict[str, ArrayLike] = {"name": "SIM BUOY", "aid_type": 14, **counts(21, lat, lon)}
    return Group(encode(21, said | {"mmsi": np.full(len(t), AID_MMSI)}), t)


@dataclass(frozen=True, slots=True)
class Receiver:
    """How the receiver writes lines down, and what it gets wrong."""

    stamp: Stamp
    name: bytes
    bad_checksum_share: float
    duplicate_share: float

    def write(self, group: Group, latest: float, rng: Generator) -> tuple[Lines, F64]:
        """Return the lines of a group and when each was heard, none after `latest`."""
        n = len(group.t)
        again = np.flatnonzero(rng.uniform(0, 1, n) < self.duplicate_share)
        message = np.r_[np.arange(n), again]
        t = np.r_[group.t, group.t[again] + rng.uniform(0.05, 0.4, len(again))]
        second_channel = rng.integers(0, 2, n)
        second_channel = np.r_[second_channel, 1 - second_channel[again]]
        t = np.minimum(t, latest)
        order = np.argsort(t, kind="stable")
        t = t[order]
        lines = sentences(
            group.payloads.take(message[order]),
            np.array([b"A", b"B"])[second_channel[order]],
            t,
            stamp=self.stamp,
            station=self.name,
            first_sequence=int(rng.integers(10)),
        )
        parts = len(lines) // max(len(t), 1)
        self._damage(lines, rng)
        # A receiver writes a message when all of it is heard: its parts follow one another.
        return lines, np.repeat(t, parts)

    def _damage(self, lines: Lines, rng: Generator) -> None:
        """Change a character of some payloads after the checksum was written."""
        rows = np.flatnonzero(rng.uniform(0, 1, len(lines)) < self.bad_checksum_share)
        behind = len(b",0*00\n") + (len(b",1772323200") if self.stamp == "suffix" else 0)
        place = lines.length[rows] - 1 - behind - rng.integers(0, 8, len(rows))
        lines.chars[rows, place] ^= 1  # stays a character of the armour
