"""Reads from the record whom ships met and where they called, in the words of the network.

Hulls that are one ship count as one: `ship_of` tells of which, and a hull that it does not
name is a ship of its own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from anomalies.event import track_name
from anomalies.handover import UNTOLD, Meeting
from anomalies.onward import Book, Call, in_order, met_by
from anomalies.ship_kinds import WORDS, ShipKind, ship_kind
from sternlight.data import data_folder
from sternlight.record import read
from sternlight.sqlite import Database
from tracks.batch import BIN_S, HULLS_PER_MMSI, I64
from tracks.flags import Flags
from tracks.ports import SURE
from tracks.way import DAY_S, MARKS, heard

if TYPE_CHECKING:
    from sternlight.record.ships import Ship

ShipOf = Mapping[int, int]  # the ship to which a track belongs, named by one of its tracks

_KINDS: Mapping[str, ShipKind] = {words: kind for kind, words in WORDS.items()}
_AT_ONCE = 10_000  # values in a query; SQLite takes three times as many

# What is needed of a row, so that its hundred lines of evidence are not made into objects.
_MEETINGS = """
select id, start, coalesce("end", start + 3600 * json_extract(row, '$.measured.duration_h')), score,
    json_extract(row, '$.tracks', '$.ships', '$.measured.heard_h', '$.lat', '$.lon', '$.place')
from events where kind = 'encounter' and shown and state != 'withdrawn' and score >= ?
    and ("end" is null or "end" >= ?) order by start, id
"""
_CALLS = 'select track, start, "end", place, kind, certainty, stopped_h, lat, lon from visits'


class Known(NamedTuple):
    """What a ship claimed last; "" and 0 where it has not said."""

    ship: int
    name: str = ""
    imo: int = 0
    call_sign: str = ""
    kind: ShipKind = UNTOLD
    flag: str = ""  # which its MMSI claims

    @property
    def mmsi(self) -> int:
        """The MMSI of the track that names it."""
        return self.ship // HULLS_PER_MMSI

    @property
    def number(self) -> str:
        """The MMSI, or the track where another hull speaks under the same one."""
        return str(self.mmsi) if self.ship % HULLS_PER_MMSI == 1 else track_name(self.ship)


@dataclass(slots=True)
class Connections:
    """A record, asked about ships.  Raises ArchiveError."""

    database: Database
    ship_of: ShipOf = field(default_factory=dict)
    shared: Collection[int] = ()  # ships on whose tracks others take turns with them
    _tracks: dict[int, list[int]] = field(init=False)  # of ships with several
    _flags: Flags = field(init=False)

    @classmethod
    def of_ships(cls, database: Database, ships: Iterable[Ship]) -> Self:
        """Return the connections of ships, each named by the track on which it was heard first."""
        ship_of: dict[int, int] = {}
        shared: set[int] = set()
        for ship in ships:
            ship_of |= dict.fromkeys(ship.tracks, ship.tracks[0])
            if ship.takes_turns:
                shared.add(ship.tracks[0])
        return cls(database, ship_of, shared)

    def __post_init__(self) -> None:
        self._flags = Flags.load(data_folder() / "flags.csv")
        self._tracks = defaultdict(list)
        for track, ship in self.ship_of.items():
            self._tracks[ship].append(track)

    def ship(self, track: int) -> int:
        """Return the ship to which a track belongs."""
        return self.ship_of.get(track, track)

    def tracks(self, ship: int) -> list[int]:
        """Return the tracks of a ship."""
        return self._tracks.get(ship, [ship])

    def ships_of(self, mmsi: int) -> list[int]:
        """Return the ships that were heard under an MMSI, sorted."""
        return sorted({self.ship(hull.track) for hull in read.hulls(self.database, [mmsi])})

    def meetings(self, since: float = -np.inf, min_score: float = 0.0) -> list[Meeting]:
        """Return the encounters that ended after a time with a score or more, by (start, id).

        Two hulls of one ship never met.
        """
        rows = self.database.read(_MEETINGS, min_score, since)
        found = [one for row in rows for one in self._meeting(*row)]
        unsaid = {s for m in found if UNTOLD in m.kinds for s in m.ships}
        known = self.known(unsaid)
        return [_with_kinds(m, known) if UNTOLD in m.kinds else m for m in found]

    def _meeting(
        self, name: str, start: float, end: float, score: float, text: str
    ) -> Iterator[Meeting]:
        tracks, kinds, heard_h, lat, lon, place = json.loads(text)
        ships = [self.ship(read.track_of(track)) for track in tracks]
        told = [_KINDS.get(kind, UNTOLD) for kind in kinds]
        (one, a), (other, b) = sorted(zip(ships, told, strict=True))
        if one != other:
            yield Meeting(name, (one, other), (a, b), start, end, score, heard_h, lat, lon, place)

    def book(self, meetings: Iterable[Meeting]) -> Book:
        """Return these meetings with all calls, which are read as they are asked for."""
        return Book(met_by(meetings), cache(self.calls), self.heard, self.shared)

    def calls(self, ship: int) -> list[Call]:
        """Return the port visits of a ship, in order of time."""
        rows = _among(self.database, f"{_CALLS} where track in ({{}})", self.tracks(ship))
        return in_order(Call(ship, *rest) for _, *rest in rows)

    def called_at(self, places: Collection[str], start: float, end: float) -> list[Call]:
        """Return the sure visits to some places that began between two times."""
        rows = _among(
            self.database,
            f"{_CALLS} where start >= ? and start < ? and certainty >= ? and place in ({{}})",
            places, start, end, SURE,
        )  # fmt: skip
        return [Call(self.ship(track), *rest) for track, *rest in rows]

    def places(self) -> list[str]:
        """Return the places that any ship came near."""
        rows = self.database.read("select distinct place from visits where place != ''")
        return [place for (place,) in rows]

    def heard(self, ship: int, start: float, end: float) -> I64:
        """Return the ten-minute marks between two times at which a ship was heard, sorted."""
        tracks = self.tracks(ship)
        rows = self.database.read(
            "select day, heard from days where day between ? and ?"
            f" and track in ({_marks(tracks)})",
            start // DAY_S, end // DAY_S, *tracks,
        )  # fmt: skip
        days = np.array([day for day, _ in rows], np.int64)
        row, mark = np.nonzero(heard(b"".join(data for _, data in rows)).reshape(-1, MARKS))
        marks = np.unique(days[row] * MARKS + mark)
        return marks[(marks * BIN_S >= start) & (marks * BIN_S <= end)]

    def known(self, ships: Collection[int]) -> dict[int, Known]:
        """Return what ships claimed last of each field.

        A claim of which it is not known which of several hulls made it is that of hull 0, and
        so of no ship.
        """
        mmsis = {track // HULLS_PER_MMSI for ship in ships for track in self.tracks(ship)}
        rows = _among(
            self.database,
            "select mmsi * ? + hull, field, value, last from claims where mmsi in ({})",
            mmsis, HULLS_PER_MMSI,
        )  # fmt: skip
        said: dict[int, dict[str, str]] = defaultdict(dict)
        for track, name, value, _ in sorted(rows, key=lambda row: (row[3], row[2])):
            said[self.ship(track)][name] = value
        return {ship: self._known(ship, said.get(ship, {})) for ship in ships}

    def _known(self, ship: int, said: Mapping[str, str]) -> Known:
        claims = read.as_claims(said)
        flag = self._flags.flag(ship // HULLS_PER_MMSI)
        return Known(ship, claims.name, claims.imo, claims.call_sign, ship_kind(claims), flag)


def _with_kinds(meeting: Meeting, known: Mapping[int, Known]) -> Meeting:
    """Return a meeting with what those ships said later that had not said by then."""
    (one, other), (a, b) = meeting.ships, meeting.kinds
    return meeting._replace(kinds=(a or known[one].kind, b or known[other].kind))


def _among(
    database: Database, query: str, values: Iterable[Any], *before: object
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query with a list of values, so many at once as SQLite takes."""
    every = sorted(values)
    for at in range(0, len(every), _AT_ONCE):
        some = every[at : at + _AT_ONCE]
        yield from database.read(query.format(_marks(some)), *before, *some)


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
