"""Which hulls of a record are one ship: one asked for in milliseconds, or all of them.

Whoever asks for one ship gets the same as in the list of all: only hulls that share a
number or a name, or that an event joins, are ever compared (`tracks.likeness`), and
whatever is joined is followed to its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations, product
from typing import NamedTuple

from sternlight.archive import Archive
from sternlight.record.read import Claim, Hull
from sternlight.record.register import Register
from tracks.batch import HULLS_PER_MMSI
from tracks.likeness import JOINED, Conflict, Link, by_turns, differ, judge
from tracks.portraits import Portrait
from tracks.ships import groups


class Ship(NamedTuple):
    """Hulls that are one ship, as far as can be told."""

    hulls: tuple[Hull, ...]  # in the order in which they were heard first
    claims: tuple[Claim, ...]  # theirs, in the order in which they were heard first
    nobodys: tuple[Claim, ...]  # said under their numbers while several ships spoke there
    links: tuple[Link, ...]  # why they are one
    maybe: tuple[Link, ...]  # which others may be it too, and are not joined to it
    conflicts: tuple[Conflict, ...]  # which others claim to be it and are not, or take turns

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

    def said(self, field: str) -> tuple[str, ...]:
        """Return what it claimed, each once, in the order in which it was heard first."""
        return tuple(dict.fromkeys(claim.value for claim in self.claims if claim.field == field))

    def last_said(self, field: str) -> str:
        """Return what it claimed last; "" if nothing."""
        mine = [claim for claim in self.claims if claim.field == field]
        return max(mine, key=lambda c: (c.last, c.first, c.value)).value if mine else ""


def ship_of(archive: Archive, track: int) -> Ship | None:
    """Return the ship that a hull is; None if no such hull was heard."""
    found = ships_of(archive, [track])
    return found[0] if found else None


def ships_of(archive: Archive, tracks: Collection[int]) -> list[Ship]:
    """Return the ships that some hulls are, the one heard last first.

    A wild position or two is a ship by itself.
    """
    kinship = _Kinship(Register(archive))
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


def ships(archive: Archive) -> list[Ship]:
    """Return all ships of a record, the one heard last first; wild positions are none."""
    kinship = _Kinship(Register(archive, whole=True))
    kinship.learn(kinship.register.mmsis())
    return _last_first(kinship.ships())


def _last_first(ships: Iterable[Ship]) -> list[Ship]:
    return sorted(ships, key=lambda ship: (-ship.last, ship.tracks))


class _Kinship:
    """What was found out about pairs of hulls."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._learned: set[int] = set()
        self._pairs: dict[frozenset[int], Link | Conflict | None] = {}
        self._turns: list[Conflict] = []

    def learn(self, mmsis: Iterable[int]) -> None:
        """Compare the hulls under some MMSIs with all that may be one ship with them."""
        waiting = sorted(mmsis)
        while waiting:
            mmsi = waiting.pop()
            if mmsi in self._learned:
                continue
            self._learned.add(mmsi)
            mine = self.register.portraits(mmsi)
            self._turns += [turns for hull in mine if (turns := by_turns(hull))]
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
            p.track: p for mmsi in self.register.mmsis() for p in self.register.portraits(mmsi)
        }
        found = [*self._pairs.values(), *self._turns]
        links = [one for one in found if isinstance(one, Link)]
        conflicts = [one for one in found if isinstance(one, Conflict)]
        touching: dict[int, tuple[list[Link], list[Conflict]]] = {}
        for link in links:
            for track in (link.a, link.b):
                touching.setdefault(track, ([], []))[0].append(link)
        for conflict in conflicts:
            for track in (conflict.a, conflict.b):
                touching.setdefault(track, ([], []))[1].append(conflict)

        def conflicting(a: int, b: int) -> bool:
            return differ(portraits[a], portraits[b], self.register.ways)

        return [
            self._ship(tracks, [touching[track] for track in tracks if track in touching])
            for tracks in groups(portraits, links, conflicting)
        ]

    def _judge(self, a: Portrait, b: Portrait) -> Link | Conflict | None:
        pair = frozenset((a.track, b.track))
        if pair not in self._pairs:
            seen = self.register.seen(a.mmsi).get(pair)
            self._pairs[pair] = judge(a, b, self.register.ways, seen)
        return self._pairs[pair]

    def _ship(
        self, tracks: tuple[int, ...], touching: Iterable[tuple[list[Link], list[Conflict]]]
    ) -> Ship:
        mmsis = sorted({track // HULLS_PER_MMSI for track in tracks})
        hulls = [h for mmsi in mmsis for h in self.register.hulls(mmsi) if h.track in tracks]
        shared = [self.register.claims(mmsi) for mmsi in mmsis]
        claims = [c for one in shared for t, own in one.of.items() if t in tracks for c in own]
        links: set[Link] = set()
        conflicts: set[Conflict] = set()
        for some_links, some_conflicts in touching:
            links.update(some_links)
            conflicts.update(some_conflicts)
        within = {link for link in links if link.a in tracks and link.b in tracks}
        return Ship(
            tuple(sorted(hulls, key=lambda hull: (hull.first, hull.track))),
            tuple(sorted(claims, key=lambda claim: (claim.first, claim))),
            tuple(claim for one in shared for claim in one.nobodys),
            tuple(sorted(within)),
            tuple(sorted(links - within)),
            tuple(sorted(conflicts)),
        )
