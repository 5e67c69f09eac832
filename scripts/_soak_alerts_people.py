"""Subscribers for a soak run: what they want, how they are told, and what befalls them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, Literal

from _soak_alerts_sea import DAY, SPOTS_COUNT, WEEK, H, Planned, spot

from sternlight.alerts.subscription import Digest, Near, Subscription, Wants

Temper = Literal["calm", "greylists", "full for days", "dead"]
NEAR_NMI = 30.0
EDGE_S = 0.5 * DAY  # so long around a change of state it is left open what is due


@dataclass(frozen=True)
class Person:
    """One subscriber, and whether and when something befalls them; Unix seconds."""

    number: int  # in the Book, and in the address
    spots: frozenset[int] | None  # None: everywhere
    kinds: frozenset[str]  # empty: all
    budget_per_week: float
    digest: Digest
    quiet: tuple[float, float] | None
    minimal: bool
    temper: Temper
    secret: str  # armored key with which they read their mail; "": clear text
    joins: float
    pauses: tuple[float, float] | None
    leaves: float | None
    key_ends: float | None
    full: tuple[float, float]  # when the mailbox is

    @property
    def to(self) -> str:
        return f"reader{self.number}@soak.example.org"

    def wants(self, one: Planned) -> bool:
        """Return whether an event is for them: plainly, and without a word of the station's."""
        return (self.spots is None or one.spot in self.spots) and (
            not self.kinds or one.kind in self.kinds
        )

    def there(self, t: float) -> bool | None:
        """Return whether they are told of what happens at a moment; None: it may be either."""
        edges = [e for e in (*(self.pauses or ()), self.leaves, self.key_ends) if e is not None]
        if any(abs(t - edge) < EDGE_S for edge in edges):
            return None
        paused = self.pauses is not None and self.pauses[0] < t < self.pauses[1]
        over = any(e is not None and t > e for e in (self.leaves, self.key_ends))
        return t >= self.joins and not paused and not over

    def subscription(self, certificate: str) -> Subscription:
        """Return what the Book is to keep."""
        near = area = None
        if self.spots is not None and len(self.spots) == 1:
            near = Near(*spot(next(iter(self.spots))), NEAR_NMI)
        elif self.spots is not None:
            area = {"type": "MultiPolygon", "coordinates": [[_box(n)] for n in sorted(self.spots)]}
        return Subscription(
            number=0, state="active", made=self.joins, to=self.to,
            wants=Wants(near, area, tuple(sorted(self.kinds))),
            budget_per_week=self.budget_per_week, digest=self.digest, zone="UTC",
            quiet=self.quiet, pgp=certificate, minimal=self.minimal,
        )  # fmt: skip


def _box(n: int) -> list[list[float]]:
    lat, lon = spot(n)
    return [[lon + x, lat + y] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]


def people(
    count: int, kinds: list[str], begin: float, weeks: float, seed: int
) -> list[tuple[Person, str]]:
    """Draw so many people; return each with the certificate that the station is given."""
    return [_person(n, random.Random(f"{seed} person {n}"), kinds, begin, weeks)
            for n in range(1, count + 1)]  # fmt: skip


def _person(
    n: int, chance: random.Random, kinds: list[str], begin: float, weeks: float
) -> tuple[Person, str]:
    import pysequoia

    def sometimes(share: float) -> bool:
        return chance.random() < share

    spots: frozenset[int] | None = frozenset({chance.randrange(SPOTS_COUNT)})
    if sometimes(0.3):
        spots = frozenset(chance.sample(range(SPOTS_COUNT), 3))
    elif sometimes(0.02):
        spots = None
    half = begin + weeks * WEEK / 2
    full = half + chance.uniform(0, WEEK)
    person = Person(
        number=n, spots=spots,
        kinds=frozenset(chance.sample(kinds, 1 + chance.randrange(len(kinds)))
                        if sometimes(0.5) else ()),
        budget_per_week=chance.choice((0.5, 1.0, 3.0, 3.0, 10.0)),
        digest=chance.choices(("now", "daily", "weekly"), (0.7, 0.15, 0.15))[0],
        quiet=(22.0, 7.0) if sometimes(0.2) else None, minimal=sometimes(0.1),
        temper=chance.choices(("calm", "greylists", "full for days", "dead"),
                              (0.67, 0.25, 0.05, 0.03))[0],
        secret="", joins=begin + (weeks * WEEK * 0.3 if sometimes(0.1) else 0.0), pauses=None,
        leaves=None, key_ends=None, full=(full, full + 2 * DAY),
    )  # fmt: skip
    fate = chance.random()
    if fate < 0.04:
        person = replace(person, leaves=half)
    elif fate < 0.08:
        person = replace(person, pauses=(half, half + 5 * DAY))
    if not sometimes(0.15):
        return person, ""
    ends = round(half - begin) if sometimes(0.1) else None
    options: dict[str, Any] = {"validity_seconds": ends} if ends else {}
    key = pysequoia.Tsk.generate(user_id=person.to, **options)
    public = key.extract_certificate()
    until = public.expiration.timestamp() if public.expiration else None
    return replace(person, secret=str(key), key_ends=until), str(public)


def in_quiet(person: Person, t: float, slack_s: float) -> bool:
    """Return whether a moment lies well within the hours in which nothing is to come."""
    if person.quiet is None:
        return False
    begins, ends = person.quiet
    hour = (t % DAY) / H
    since = (hour - begins) % 24
    return slack_s / H < since < (ends - begins) % 24 - slack_s / H
