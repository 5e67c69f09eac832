"""Which hulls of a record are one ship: one asked for in milliseconds, or all of them.

Whoever asks for one ship gets the same as in the list of all: only hulls that share a
number or a name, or that an event joins, are ever compared (`tracks.kinship`), and
whatever is joined is followed to its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, product
from typing import NamedTuple

from sternlight.record.read import Claim, Hull
from sternlight.record.register import Register
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.kinship import JOINED, Conflict, Link, differ, judge, taking_turns
from tracks.portraits import Part, Portrait
from tracks.ships import groups
from tracks.way import DAY_S


class Ship(NamedTuple):
    """Hulls that are one ship, as far as can be told.

    Where two ships took turns on a track, only some days of it are this one's: see `has`.
    """

    hulls: tuple[Hull, ...]  # in the order in which they were heard first
    claims: tuple[Claim, ...]  # theirs, in the order in which they were heard first
    nobodys: tuple[Claim, ...]  # said under their numbers while several ships spoke there
    links: tuple[Link, ...]  # why they are one
    maybe: tuple[Link, ...]  # which others may be it too, and are not joined to it
    conflicts: tuple[Conflict, ...]  # which others claim to be it and are not, or take turns

    days: tuple[tuple[int, frozenset[int]], ...] = ()  # of tracks that are not wholly its own

    @property
    def tracks(self) -> tuple[int, ...]:
        """Its tracks, in the order in which they were heard first."""
        return tuple(hull.track for hull in self.hulls)

    @property
    def mmsis(self) -> tuple[int, ...]:
        """The MMSIs under which it spoke, in the order in which they were heard first."""
        return tuple(dict.fromkeys(hull.mmsi for hull in self.hulls))

    @property
    def last(self) -> float:
        """When it was heard last, in Unix seconds."""
        return max(hull.last for hull in self.hulls)

    @property
    def takes_turns(self) -> bool:
        """Whether another ship speaks on a track of it by turns with it."""
        return any(conflict.why == "turns" for conflict in self.conflicts)

    def has(self, track: int, t: float) -> bool:
        """Say whether what a track did at Unix time `t` is this ship's."""
        days = dict(self.days).get(track)
        return track in self.tracks and (days is None or int(t // DAY_S) in days)

    def said(self, field: str) -> tuple[str, ...]:
        """Return what it claimed, each once, in the order in which it was heard first."""
        return tuple(dict.fromkeys(claim.value for claim in self.claims if claim.field == field))

    def last_said(self, field: str) -> str:
        """Return what it claimed last; "" if nothing."""
        mine = [claim for claim in self.claims if claim.field == field]
        return max(mine, key=lambda c: (c.last, c.first, c.value)).value if mine else ""


def ship_of(record: Database, track: int) -> Ship | None:
    """Return the ship that a hull is; None if no such hull was heard."""
    found = ships_of(record, [track])
    return found[0] if found else None


def ships_of(record: Database, tracks: Collection[int]) -> list[Ship]:
    """Return the ships that some hulls are, the one heard last first.

    A wild position or two is a ship by itself.
    """
    kinship = _Kinship(Register(record))
    mmsis = {track // HULLS_PER_MMSI for track in tracks}
    kinship.learn(mmsis)
    found = [ship for ship in kinship.ships() if not set(tracks).isdisjoint(ship.tracks)]
    known = {track for ship in found for track in ship.tracks}
    strays = [
        Ship((hull,), (), (), (), (), ())
        for mmsi in mmsis
        for hull in kinship.register.hulls(mmsi)
        if hull.track in tracks and hull.track not in known
    ]
    return _last_first([*found, *strays])


def ships(record: Database) -> list[Ship]:
    """Return all ships of a record, the one heard last first; wild positions are none."""
    kinship = _Kinship(Register(record, whole=True))
    kinship.learn(kinship.register.mmsis())
    return _last_first(kinship.ships())


def _last_first(ships: Iterable[Ship]) -> list[Ship]:
    return sorted(ships, key=lambda ship: (-ship.last, ship.tracks))


class _Kinship:
    """What was found out about pairs of hulls."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._learned: set[int] = set()
        self._pairs: dict[frozenset[Part], Link | Conflict | None] = {}

    def learn(self, mmsis: Iterable[int]) -> None:
        """Compare the hulls under some MMSIs with all that may be one ship with them."""
        waiting = sorted(mmsis)
        while waiting:
            mmsi = waiting.pop()
            if mmsi in self._learned:
                continue
            self._learned.add(mmsi)
            mine = self.register.portraits(mmsi)
            for a, b in combinations(mine, 2):
                self._judge(a, b)
            for other in sorted(self.register.near(mmsi)):
                outcomes = [
                    self._judge(a, b) for a, b in product(mine, self.register.portraits(other))
                ]
                if any(isinstance(o, Link) and o.certainty >= JOINED for o in outcomes):
                    waiting.append(other)

    def ships(self) -> list[Ship]:
        """Return the ships among all hulls that were looked at."""
        portraits = {
            p.part: p for mmsi in self.register.mmsis() for p in self.register.portraits(mmsi)
        }
        touching: dict[Part, set[Link | Conflict]] = {}
        for found in self._pairs.values():
            if found is not None:
                for part in (found.a, found.b):
                    touching.setdefault(part, set()).add(found)
        links = [found for found in self._pairs.values() if isinstance(found, Link)]

        def conflicting(a: Part, b: Part) -> bool:
            return differ(portraits[a], portraits[b], self.register.ways)

        return [
            self._ship(parts, set().union(*(touching.get(part, ()) for part in parts)))
            for parts in groups(portraits, links, conflicting)
        ]

    def _judge(self, a: Portrait, b: Portrait) -> Link | Conflict | None:
        pair = frozenset((a.part, b.part))
        if pair not in self._pairs:
            if a.part.track == b.part.track:
                self._pairs[pair] = taking_turns(a, b)
            else:
                seen = self.register.seen(a.mmsi).get(frozenset((a.part.track, b.part.track)))
                whole = self.register.days(a.part) is None and self.register.days(b.part) is None
                self._pairs[pair] = judge(a, b, self.register.ways, seen if whole else None)
        return self._pairs[pair]

    def _ship(self, parts: tuple[Part, ...], touching: Iterable[Link | Conflict]) -> Ship:
        tracks = {part.track for part in parts}
        mmsis = sorted({track // HULLS_PER_MMSI for track in tracks})
        hulls = [h for mmsi in mmsis for h in self.register.hulls(mmsi) if h.track in tracks]
        within = [k for k in touching if isinstance(k, Link) and {k.a, k.b} <= {*parts}]
        days = {part.track: self.register.days(part) for part in parts}
        return Ship(
            tuple(sorted(hulls, key=lambda hull: (hull.first, hull.track))),
            tuple(sorted(self._claims(parts), key=lambda claim: (claim.first, claim))),
            tuple(claim for mmsi in mmsis for claim in self.register.claims(mmsi).nobodys),
            tuple(sorted(within)),
            tuple(sorted(k for k in touching if isinstance(k, Link) and k not in within)),
            tuple(sorted(k for k in touching if isinstance(k, Conflict))),
            tuple((track, some) for track, some in sorted(days.items()) if some is not None),
        )

    def _claims(self, parts: Iterable[Part]) -> Iterator[Claim]:
        """Yield what was said on tracks, or on the days of them that are meant."""
        for part in parts:
            mmsi = part.track // HULLS_PER_MMSI
            turns = self.register.turns(mmsi).get(part.track)
            yield from turns[part.of].claims if turns else self.register.claims(mmsi).of[part.track]
