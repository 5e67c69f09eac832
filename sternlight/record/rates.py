"""Base rates: how many ships of a kind, heard here or in one square, show each sign.

A sign that every second ship of that kind shows here says little of one of them.  Counted are
ships that were heard in the last year, each with its own last year, and for a sign only those
of which it could be looked for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from anomalies.features import SHIP_KINDS, Features
from anomalies.indicators import INDICATORS
from anomalies.ship_kinds import ShipKind
from anomalies.standing import SHOWN_SHARE
from tracks.batch import F64, I64, Mask

SQUARE_DEG = 5
EVERYWHERE = ""  # the square of rates that are about all that is heard
FEW = 20  # ours: of fewer ships a share says little

MANY: dict[ShipKind, str] = {
    "fishing": "fishing vessels",
    "cargo": "cargo ships",
    "tanker": "tankers",
    "tug": "tugs",
    "pilot": "pilot boats",
    "service": "service vessels",
    "passenger": "passenger ships",
    "leisure": "leisure craft",
    "marker": "buoys and net markers",
    "other": "ships of other kinds",
    "": "vessels that have not said what they are",
}


class Rate(NamedTuple):
    """How many ships of a kind that were heard in a square show a sign."""

    sign: str  # the name of an indicator
    kind: ShipKind
    square: str  # its south-western corner, as N50E005; EVERYWHERE: any
    could_count: int  # ships of which it could be looked for
    shows_count: int  # and that show it

    @property
    def says(self) -> str:
        """Say it in one sentence."""
        where = f"heard in the square {self.square}" if self.square else "heard here"
        many = MANY[self.kind]
        if not self.could_count:
            return f"Of no {many} {where} could it be looked for."
        told = f"{self.shows_count:,} of {self.could_count:,} {many} {where} show it"
        return f"{told}; so few say little." if self.could_count < FEW else f"{told}."


def squares(ship: I64, lat: F64, lon: F64, n: int) -> list[frozenset[str]]:
    """Return the squares in which each of `n` ships was heard, by rows of ship and place."""
    south, west = (np.floor(deg / SQUARE_DEG).astype(np.int64) for deg in (lat, lon))
    found: list[set[str]] = [set() for _ in range(n)]
    for row, y, x in np.unique(np.stack([ship, south, west], axis=1), axis=0).tolist():
        found[row].add(square(y * SQUARE_DEG, x * SQUARE_DEG))
    return [frozenset(some) for some in found]


def square(lat: float, lon: float) -> str:
    """Name the square that a place is in: N50E005 begins at 50 degrees north and 5 east."""
    south, west = (math.floor(deg / SQUARE_DEG) * SQUARE_DEG for deg in (lat, lon))
    return f"{'NS'[south < 0]}{abs(south):02d}{'EW'[west < 0]}{abs(west):03d}"


def rates(features: Features, found: F64, heard_in: Sequence[Collection[str]]) -> list[Rate]:
    """Return the rates of all signs, kinds and squares of which anything is known; sorted.

    `found` are the shares of `anomalies.standing.shares`; `heard_in` the squares of each ship.
    """
    could: dict[tuple[int, str], I64] = defaultdict(lambda: np.zeros(len(INDICATORS), np.int64))
    shows: dict[tuple[int, str], I64] = defaultdict(lambda: np.zeros(len(INDICATORS), np.int64))
    seen: Mask = ~np.isnan(found)
    shown: Mask = found >= SHOWN_SHARE
    for row, kind in enumerate(features.kind.tolist()):
        for where in (EVERYWHERE, *heard_in[row]):
            could[kind, where] += seen[row]
            shows[kind, where] += shown[row]
    return sorted(
        Rate(one.name, SHIP_KINDS[kind], where, int(counts[i]), int(shows[kind, where][i]))
        for (kind, where), counts in could.items()
        for i, one in enumerate(INDICATORS)
        if counts[i]
    )
