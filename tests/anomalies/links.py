"""Meetings and calls written by hand, for the network and its chains."""

from __future__ import annotations

import numpy as np

from anomalies.handover import Meeting
from anomalies.onward import Book, Call, Heard, in_order, met_by
from anomalies.ship_kinds import ShipKind
from tracks.batch import BIN_S, I64

HOUR = 3600.0
DAY = 24 * HOUR

FISHER, SECOND, THIRD = 1, 2, 3
CARRIER, OTHER_CARRIER, LAST_CARRIER = 11, 12, 13
TANKER, UNKNOWN = 21, 31
KINDS: dict[int, ShipKind] = {
    FISHER: "fishing", SECOND: "fishing", THIRD: "fishing", CARRIER: "cargo",
    OTHER_CARRIER: "cargo", LAST_CARRIER: "cargo", TANKER: "tanker", UNKNOWN: "",
}  # fmt: skip


def met(one: int, other: int, day: float, hours: float = 3.0, score: float = 0.9) -> Meeting:
    a, b = sorted((one, other))
    return Meeting(
        f"{a}-{b}-{day:09.4f}", (a, b), (KINDS[a], KINDS[b]), day * DAY, day * DAY + hours * HOUR,
        score, hours, 14.0, -18.0, "at sea",
    )  # fmt: skip


def called(
    ship: int, day: float, place: str = "Dakar", hours: float | None = 24.0, certainty: int = 4,
    kind: str = "port",
) -> Call:  # fmt: skip
    end = None if hours is None else day * DAY + hours * HOUR
    return Call(ship, day * DAY, end, place, kind, certainty, hours or 0.0, 14.7, -17.4)


def always(_: int, start: float, end: float) -> I64:
    """Hear every ship at every mark."""
    return np.arange(np.ceil(start / BIN_S), end // BIN_S + 1).astype(np.int64)


def never(_: int, start: float, end: float) -> I64:
    return np.empty(0, np.int64)


def book(*rows: Meeting | Call, heard: Heard = always) -> Book:
    meetings = [row for row in rows if isinstance(row, Meeting)]
    calls = [row for row in rows if isinstance(row, Call)]
    return Book(met_by(meetings), lambda ship: in_order(c for c in calls if c.ship == ship), heard)
