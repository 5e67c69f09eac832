"""How every ship of a record stands, and the base rates beside it.

A station has another process do it (sternlight/nightly.py), and never loads this.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from anomalies.features import DAY_S, SHIP_KINDS, YEAR_DAYS, Features
from anomalies.indicators import Signs
from anomalies.standing import Standing, shares, standings, with_marks
from sternlight.data import data_folder
from sternlight.jsontext import dumps
from sternlight.record.features import Asked, in_turn, marks_of
from sternlight.record.night import Night, sign_row
from sternlight.record.rates import Rate, rates, squares
from sternlight.record.read import open_record
from sternlight.record.ships import Ship, ships
from sternlight.sqlite import Database
from tracks.flags import Flags


def compute(folder: Path, signs: Signs, lists: bool = False) -> Night:
    """Return how all ships of the record in a folder stand, and the rates of their signs.

    `lists` says whether the user has given lists of ships.  Raises ArchiveError.
    """
    with open_record(folder) as record:
        return compute_of(record, signs, lists)


def compute_of(record: Database, signs: Signs, lists: bool) -> Night:
    """Return the same of an open record."""
    flags = Flags.load(data_folder() / "flags.csv")
    ((reach,),) = record.read("select max(max_shore_nmi) from days")
    asked = Asked(flags, signs, np.nan if reach is None else reach, lists)
    made: list[tuple[int, str, str, float, int, int, str]] = []
    every: list[Features] = []
    heard_in: list[frozenset[str]] = []
    for some, read in in_turn(record, _heard_of_late(record), asked):
        marks = marks_of(record, some, read.since)
        every.append(with_marks(read.features, marks))
        heard_in += squares(read.days.ship, read.lat, read.lon, len(some))
        stand = standings(read.features, marks)
        kinds = [SHIP_KINDS[kind] for kind in read.features.kind.tolist()]
        made += map(_row, some, kinds, stand)
    features = Features.concat(every)
    return Night(
        made, [_plain(rate) for rate in rates(features, shares(features), heard_in)], reach
    )


def _heard_of_late(record: Database) -> list[Ship]:
    """Return the ships that were heard in the last year of the record."""
    found = ships(record)
    newest = max((ship.last for ship in found), default=0.0)
    return [ship for ship in found if ship.last >= newest - YEAR_DAYS * DAY_S]


def _plain(rate: Rate) -> tuple[str, str, str, int, int]:
    return rate.sign, rate.kind, rate.square, rate.could_count, rate.shows_count


def _row(ship: Ship, kind: str, standing: Standing) -> tuple[int, str, str, float, int, int, str]:
    return (
        min(ship.tracks),
        dumps(sorted(ship.tracks)),
        kind,
        round(standing.score, 3),
        standing.shown_count,
        standing.looked_count,
        dumps(list(map(sign_row, standing.signs))),
    )
