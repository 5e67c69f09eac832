"""The ships of the simulated sea and what they say they are.  All of it is invented.

MMSIs have a real country's first three digits, since a flag cannot be shown
without, and then count from 900001; flags are dealt out by lot, so none goes
with a behaviour.  IMO numbers have a valid check digit and begin with 3, a
range that is not given out.  Call signs begin with Q, which the radio
regulations give to nobody.  Names begin with SIM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from tracks.batch import I64, Mask, Text


class Build(NamedTuple):
    """How ships of one sort are built."""

    ship_types: tuple[int, ...]  # M.1371-5 table 53
    length_m: tuple[int, int]
    class_b: bool = False
    local: bool = False  # flies the coast's flag


BUILDS = {
    "cargo": Build((70, 71, 79), (90, 290)),
    "tanker": Build((80, 89), (110, 270)),
    "reefer": Build((70, 79), (85, 150)),
    "trawler": Build((30,), (28, 75)),
    "ferry": Build((60, 69), (30, 80), local=True),
    "pilot": Build((50,), (12, 18), local=True),
    "tug": Build((52,), (24, 36), local=True),
    "boat": Build((30,), (9, 18), class_b=True, local=True),
    "yacht": Build((36, 37), (9, 24), class_b=True),
}

COAST_MID = 663
# Maritime identification digits of large registers and fishing fleets, by lot.
MIDS = (224, 226, 248, 255, 273, 304, 308, 351, 412, 416, 431, 440, 477, 538, 576, 624, 636, 663)
MOST_SHIPS = 99_999  # as many as the invented numbers can tell apart

FIRST = (
    "AMBER", "BRISK", "CALM", "DAPPLED", "EARNEST", "FROSTY", "GENTLE", "HUMBLE", "IDLE",
    "JOLLY", "KEEN", "LUCID", "MELLOW", "NIMBLE", "OPAL", "PATIENT", "QUIET", "RUSTIC",
    "SPRY", "TIDY", "UPBEAT", "VELVET", "WITTY", "ZESTY",
)  # fmt: skip
SECOND = (
    "ACORN", "BADGER", "CRICKET", "DAMSON", "EGRET", "FENNEL", "GOSLING", "HERON", "IBIS",
    "JACKDAW", "KESTREL", "LENTIL", "MAGPIE", "NEWT", "OTTER", "PARSNIP", "QUINCE", "ROBIN",
    "SORREL", "TURNIP", "URCHIN", "VOLE", "WALNUT", "YARROW",
)  # fmt: skip
# What a name may do to a careless web page, spreadsheet or database; they are all legal names.
HOSTILE = ("<SCRIPT>ALERT(1)//", '=HYPERLINK("X")', "'; DROP TABLE SHIPS;")
DESTINATIONS = ("SIM HARBOUR", "SIM ROADS", "FISHING GROUNDS", "FOR ORDERS", "DAKAR", "")


@dataclass(frozen=True, slots=True)
class Register:
    """What each ship claims; columns of shape (ships,), counts as in `receiver/messages.py`."""

    mmsi: I64
    class_b: Mask
    extended: Mask  # class B that sends type 19 in place of type 24
    name: Text
    call_sign: Text
    imo: I64
    ship_type: I64
    to_bow: I64
    to_stern: I64
    to_port: I64
    to_starboard: I64
    draught: I64  # decimetres
    destination: Text

    def __len__(self) -> int:
        return len(self.mmsi)


def register(builds: Sequence[str], rng: Generator) -> Register:
    """Invent a ship for each name of a build."""
    n = len(builds)
    if n > MOST_SHIPS:
        raise ValueError(f"{n} ships are too many; the simulated sea holds up to {MOST_SHIPS}")
    ship = np.arange(n)
    table = [BUILDS[name] for name in builds]
    class_b = np.array([b.class_b for b in table], np.bool_)
    length_m = np.array([rng.integers(*b.length_m) for b in table])
    mid = np.where([b.local for b in table], COAST_MID, rng.choice(MIDS, n))
    to_bow, beam_m = length_m * 2 // 3, np.minimum(length_m // 7 + 2, 40)
    names = _names(n, rng)
    return Register(
        mmsi=mid * 1_000_000 + 900_001 + ship,
        class_b=class_b,
        extended=class_b & (ship % 5 == 0),
        name=np.array(names, "S20"),
        call_sign=np.array([b"Q%05d" % (i + 1) for i in range(n)], "S7"),
        imo=np.where(class_b | (length_m < 25), 0, _imo(ship)),
        ship_type=np.array([rng.choice(b.ship_types) for b in table]),
        to_bow=to_bow,
        to_stern=length_m - to_bow,
        to_port=beam_m // 2,
        to_starboard=beam_m - beam_m // 2,
        draught=10 + length_m // 3,
        destination=rng.choice(np.array(DESTINATIONS, "S20"), n),
    )


def _names(n: int, rng: Generator) -> list[bytes]:
    pairs = [f"SIM {a} {b}" for a in FIRST for b in SECOND]
    order = rng.permutation(len(pairs))
    names = [pairs[k] for k in order[:n]]
    names += [f"SIM {SECOND[k % len(SECOND)]} {k}" for k in range(len(names), n)]
    for place, hostile in zip((4, n - 1, n - 2), HOSTILE, strict=True):
        if n > 10:
            names[place] = hostile
    return [name.encode() for name in names]


def _imo(ship: I64) -> I64:
    """Return seven digits, the last of them a check digit (IMO resolution A.1117(30))."""
    number = 300_001 + ship
    digits = number[:, None] // 10 ** np.arange(5, -1, -1) % 10
    return np.asarray(number * 10 + (digits * np.arange(7, 1, -1)).sum(axis=1) % 10, np.int64)
