"""What ships are told apart by, read from a record when it is asked for, or all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby

import numpy as np

from sternlight.record import read
from sternlight.record.read import Claim, Found, Hull
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.kinship import Succession
from tracks.portraits import (
    FINDING,
    WORN_COUNT,
    Part,
    Portrait,
    Shared,
    cleared,
    lasting,
    portrait,
    usable,
    whose,
)
from tracks.turns import Track, Turn, Words, parted, words
from tracks.way import DAY_S, MARKS, Way

_WAYS_KEPT = 64  # of hulls compared lately


class Register:
    """Hulls, their claims and portraits, who shares a value, and successions that were seen.

    With `whole`, everything but ways is read at once, for whoever wants all ships.
    """

    def __init__(self, record: Database, whole: bool = False) -> None:
        self._record = record
        self._whole = whole
        self._hulls: dict[int, list[Hull]] = {}
        self._claims: dict[int, list[Claim]] = {}
        self._shared: dict[int, Shared] = {}
        self._users: dict[tuple[str, str], frozenset[int]] = {}
        self._seen: dict[int, dict[frozenset[int], Succession]] = {}
        self._portraits: dict[int, list[Portrait]] = {}
        self._turns: dict[int, dict[int, dict[str, Turn]]] = {}
        self._words: dict[int, Words | None] = {}
        self.ways = lru_cache(_WAYS_KEPT)(self._way)
        if whole:
            self._read_all()

    def mmsis(self) -> list[int]:
        """Return the MMSIs of all hulls that have been read so far."""
        return sorted(self._hulls)

    def hulls(self, mmsi: int) -> list[Hull]:
        """Return all hulls under an MMSI, wild positions among them."""
        if mmsi not in self._hulls:
            self._hulls[mmsi] = [] if self._whole else read.hulls(self._record, [mmsi])
        return self._hulls[mmsi]

    def claims(self, mmsi: int) -> Shared:
        """Return what was claimed under an MMSI, and by which of its hulls."""
        if mmsi not in self._shared:
            if self._whole:
                claims = self._claims.get(mmsi, [])
            else:
                claims = read.claims(self._record, [mmsi])
            hulls = lasting(self.hulls(mmsi))
            shared = whose(hulls, claims)
            self._words[mmsi] = by = words(shared.of.values())
            self._turns[mmsi] = self._parted(shared, by) if by else {}
            self._shared[mmsi] = cleared(hulls, shared)
        return self._shared[mmsi]

    def portraits(self, mmsi: int) -> list[Portrait]:
        """Return what the hulls under an MMSI are known by, and not wild positions."""
        if mmsi not in self._portraits:
            turns = self.turns(mmsi)
            self._portraits[mmsi] = [
                made
                for hull in lasting(self.hulls(mmsi))
                for made in self._drawn(hull, turns.get(hull.track))
            ]
        return self._portraits[mmsi]

    def turns(self, mmsi: int) -> dict[int, dict[str, Turn]]:
        """Return the ships on those tracks of an MMSI on which several take turns."""
        self.claims(mmsi)
        return self._turns[mmsi]

    def _parted(self, shared: Shared, by: Words) -> dict[int, dict[str, Turn]]:
        tracks = {
            track: Track(
                [row[0] for row in read.days_of(self._record, track)],
                claims,
                read.spoken(self._record, track),
            )
            for track, claims in shared.of.items()
        }
        found = parted(tracks, by)
        return {track: turns for track, turns in found.items() if len(turns) > 1}

    def days(self, part: Part) -> frozenset[int] | None:
        """Return the Unix days that are of a part of a track; None for a whole one."""
        of = self.turns(part.track // HULLS_PER_MMSI).get(part.track)
        return of[part.of].days if of else None

    def _drawn(self, hull: Hull, turns: Mapping[str, Turn] | None) -> Iterator[Portrait]:
        claims = self.claims(hull.mmsi).of[hull.track]
        if turns is None:
            by = self._words[hull.mmsi]
            mine = by.values & {c.value for c in claims if c.field == by.field} if by else ()
            part = Part(hull.track, min(mine) if len(mine) == 1 else "")
            said = claims if len(mine) < 2 else ()  # of several ships, and nobody knows when
            yield portrait(part, hull.first, hull.last, said, self._worn(said))
            return
        heard = {day: (first, last) for day, first, last in read.days_of(self._record, hull.track)}
        for of, turn in turns.items():
            first, last = heard[min(turn.days)][0], heard[max(turn.days)][1]
            part = Part(hull.track, of)
            yield portrait(part, first, last, turn.claims, self._worn(turn.claims))

    def _worn(self, claims: Iterable[Claim]) -> set[tuple[str, str]]:
        """Return which of some claims many MMSIs make."""
        return {
            (c.field, c.value)
            for c in claims
            if c.field in FINDING and len(self.users(c.field, c.value)) > WORN_COUNT
        }

    def users(self, field: str, value: str) -> frozenset[int]:
        """Return the MMSIs that claimed a value."""
        key = field, value
        if key not in self._users:
            claims = [] if self._whole else read.claimed(self._record, field, value)
            self._users[key] = frozenset(c.mmsi for c in claims)
        return self._users[key]

    def near(self, mmsi: int) -> set[int]:
        """Return the other MMSIs that have anything in common with one: a value, or an event."""
        found: set[int] = set()
        for claims in self.claims(mmsi).of.values():
            for claim in claims:
                if claim.field in FINDING and usable(claim.field, claim.value):
                    users = self.users(claim.field, claim.value)
                    found |= users if len(users) <= WORN_COUNT else frozenset()
        found |= {track // HULLS_PER_MMSI for pair in self.seen(mmsi) for track in pair}
        return found - {mmsi}

    def seen(self, mmsi: int) -> dict[frozenset[int], Succession]:
        """Return the successions that hulls under an MMSI were seen in, by their two tracks."""
        if mmsi not in self._seen:
            tracks = [hull.track for hull in self.hulls(mmsi)]
            events = [] if self._whole else read.found(self._record, "identity", tracks)
            self._seen[mmsi] = _successions(events)
        return self._seen[mmsi]

    def _way(self, part: Part, first: float, last: float) -> Way:
        way = read.way_of(self._record, part.track, int(first // DAY_S), int(last // DAY_S))
        days = self.days(part)
        if days is None:
            return way
        mine = np.isin(way.bin // MARKS, list(days))
        return Way(way.bin[mine], way.lat[mine], way.lon[mine])

    def _read_all(self) -> None:
        for mmsi, hulls in groupby(read.hulls(self._record), key=lambda hull: hull.mmsi):
            self._hulls[mmsi] = list(hulls)
        users: dict[tuple[str, str], set[int]] = {}
        for claim in read.claims(self._record):
            self._claims.setdefault(claim.mmsi, []).append(claim)
            users.setdefault((claim.field, claim.value), set()).add(claim.mmsi)
        self._users = {key: frozenset(mmsis) for key, mmsis in users.items()}
        for pair, seen in _successions(read.found(self._record, "identity")).items():
            for track in pair:
                self._seen.setdefault(track // HULLS_PER_MMSI, {})[pair] = seen
        for mmsi in self._hulls:
            self._seen.setdefault(mmsi, {})


def _successions(events: Iterable[Found]) -> dict[frozenset[int], Succession]:
    """Return which events are of a number that goes on as another; of a pair, the last one."""
    return {
        frozenset(event.tracks): Succession(
            int(event.row["measured"]["same_claims_count"]),
            int(event.row["measured"]["rivals_count"]),
        )
        for event in events
        if "silent_s" in event.row["measured"]  # no other event of identity measures that
    }
