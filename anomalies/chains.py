"""Chains from a fishing vessel over one or several carriers to the port where one called.

A fishing vessel met a carrier; that carrier, or one that it met after, called at the
port, and none of them had called at a port or stopped at a shore in between.  Such a call
ends a chain there, sure as it is; what is less sure is told as a doubt.  No step goes back
in time.

A chain is a way that catch may have taken.  It does not prove that any catch was
aboard, handed over or landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from anomalies.handover import CARRIER, FISHING, UNTOLD, Meeting
from anomalies.onward import Book, Call, Leg


class Chain(NamedTuple):
    """A way that catch may have taken."""

    ships: tuple[int, ...]  # the fishing vessel, then the carriers
    meetings: tuple[Meeting, ...]  # one fewer than ships, in order of time
    legs: tuple[Leg, ...]  # what each carrier did from its meeting to the next, or to the port
    landing: Call  # of the last carrier

    @property
    def score(self) -> float:
        """The score of its weakest meeting."""
        return min(meeting.score for meeting in self.meetings)

    @property
    def silent_h(self) -> float:
        """The longest time for which the carrier that had the catch was not heard."""
        return max(leg.silent_h for leg in self.legs)

    @property
    def heard_throughout(self) -> bool:
        """Whether no carrier can have called elsewhere unheard, nor another ship in its place."""
        return not any(leg.may_have_called or leg.shared for leg in self.legs)


class Landed(NamedTuple):
    """A fishing vessel's own call; `since` is its last one before, None if none was heard."""

    call: Call
    since: Call | None


class Limits(NamedTuple):
    """What makes a chain: how strong its meetings are, how long it is, and how well heard."""

    min_score: float = 0.3  # ours: kinds that fit and a port reached say more than the score knows
    most_carriers: int = 3  # ours: with each the catch is less likely to be the same
    max_silent_h: float = (
        168.0  # ours: in a week a ship gets to ports a thousand miles off and back
    )


def chains(book: Book, landings: Iterable[Call], limits: Limits) -> Iterator[Chain]:
    """Yield the chains that end in the given calls, call by call, in order of time."""
    landings = sorted(landings, key=lambda call: (call.start, call.ship))
    places = frozenset(landing.place for landing in landings)
    for landing in landings:
        since = _left_port(book, landing.ship, landing.start, places)
        for meeting in _took_over(book, landing.ship, since, limits):
            if meeting.end <= landing.start:
                for meetings, ships in _behind(book, (meeting,), (landing.ship,), limits):
                    yield Chain(ships, meetings, _legs(book, ships, meetings, landing), landing)


def _legs(
    book: Book, ships: tuple[int, ...], meetings: tuple[Meeting, ...], landing: Call
) -> tuple[Leg, ...]:
    ends = (*(meeting.start for meeting in meetings[1:]), landing.start)
    return tuple(
        book.leg(ship, min(meeting.end, end), end)
        for ship, meeting, end in zip(ships[1:], meetings, ends, strict=True)
    )


def _behind(
    book: Book, meetings: tuple[Meeting, ...], ships: tuple[int, ...], limits: Limits
) -> Iterator[tuple[tuple[Meeting, ...], tuple[int, ...]]]:
    """Yield the ways that end in the given meetings, at the first of which `ships[0]` took over."""
    meeting = meetings[0]
    giver = meeting.partner(ships[0])
    if giver in ships:
        return
    if meeting.kind(giver) == FISHING:
        yield meetings, (giver, *ships)
    elif len(ships) < limits.most_carriers:
        for before in _took_over(book, giver, _left_port(book, giver, meeting.start), limits):
            if (before.start, before.id) < (meeting.start, meeting.id):
                yield from _behind(book, (before, *meetings), (giver, *ships), limits)


def _took_over(book: Book, carrier: int, since: float, limits: Limits) -> Iterator[Meeting]:
    """Yield the meetings from a time on at which a carrier may have taken catch over."""
    for meeting in book.met(carrier):
        kinds = meeting.kind(carrier), meeting.kind(meeting.partner(carrier))
        strong = meeting.start >= since and meeting.score >= limits.min_score
        if strong and kinds in ((CARRIER, FISHING), (CARRIER, CARRIER)):
            yield meeting


def _left_port(book: Book, ship: int, t: float, places: frozenset[str] = frozenset()) -> float:
    """Return when a ship left port last before a time, or one of the places asked for."""
    last = book.last_call(ship, t)
    calls = [call for call in book.calls(ship) if call.start < t and call.sure]
    calls = [call for call in calls if call == last or call.place in places]
    return max((c.start if c.end is None else c.end for c in calls), default=float("-inf"))


def unclear(book: Book, landings: Iterable[Call], limits: Limits) -> int:
    """Count the meetings before these calls that may belong to a chain, were kinds told."""
    found = set()
    for landing in landings:
        since = _left_port(book, landing.ship, landing.start, frozenset({landing.place}))
        found |= {
            meeting.id
            for meeting in book.met(landing.ship)
            if since <= meeting.start and meeting.end <= landing.start
            if meeting.score >= limits.min_score
            if UNTOLD in meeting.kinds and {UNTOLD, CARRIER, FISHING} >= set(meeting.kinds)
        }
    return len(found)


def landed(book: Book, landings: Iterable[Call], fishing: Iterable[int]) -> list[Landed]:
    """Return the calls that fishing vessels made themselves, in order of time."""
    ships = set(fishing)
    own = [call for call in landings if call.ship in ships]
    return [
        Landed(call, book.last_call(call.ship, call.start))
        for call in sorted(own, key=lambda call: (call.start, call.ship))
    ]
