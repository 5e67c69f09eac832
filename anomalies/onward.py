"""Where a ship went after a meeting: its next call at a port, and what may lie between.

A call is a port visit that is sure (it stopped or fell silent there).  What was not heard is
not what did not happen: a silence on the way that is long enough for a call at another
port is told, and so are other meetings, stops at anchorages and ports that it only passed
near.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anomalies.factors import hours
from anomalies.handover import CARRIER, UNTOLD, Meeting
from tracks.batch import BIN_S, I64
from tracks.ports import SURE

CALL_H = 6.0  # ours, the limit of a gap: in, put anything ashore, and out takes longer mostly
_HOUR_S = 3600.0

# The ten-minute marks (Unix seconds / BIN_S, sorted) at which a ship was heard between two times.
Heard = Callable[[int, float, float], I64]


class Call(NamedTuple):
    """A port visit of a ship; times in Unix seconds, `end` None while it lasts."""

    ship: int
    start: float
    end: float | None
    place: str
    kind: str  # port, anchorage or shore
    certainty: int
    stopped_h: float
    lat: float
    lon: float

    @property
    def sure(self) -> bool:
        """Whether it stopped there."""
        return self.certainty >= SURE

    @property
    def lands(self) -> bool:
        """Whether cargo may have gone ashore: at anchorages ships wait."""
        return self.sure and self.kind != "anchorage"


class Leg(NamedTuple):
    """What a ship did between two times; Unix seconds."""

    ship: int
    start: float
    end: float
    met: tuple[Meeting, ...]  # other meetings of it
    near: tuple[Call, ...]  # anchorages at which it lay, and ports that it only came near
    silent_h: float  # the longest time without hearing it
    shared: bool = False  # two ships take turns on its track

    @property
    def hours(self) -> float:
        """How long it took."""
        return (self.end - self.start) / _HOUR_S

    @property
    def may_have_called(self) -> bool:
        """Whether it was silent for long enough to call somewhere unheard."""
        return self.silent_h >= CALL_H

    def doubts(self) -> Iterator[str]:
        """Yield what makes it less sure that it carried on what it had."""
        if self.may_have_called:
            yield (
                f"not heard for {hours(self.silent_h)} in one piece:"
                " long enough for a call that nobody heard"
            )
        if self.shared:
            yield "two ships take turns under its number: the one that called may be the other"
        did = {True: "lay at", False: "passed near"}
        yield from dict.fromkeys(
            f"{did[c.sure]} {c.place or 'a nameless place'}" for c in self.near
        )
        partners = [(meeting.partner(self.ship), meeting) for meeting in self.met]
        takers = {ship for ship, meeting in partners if meeting.kind(ship) in (CARRIER, UNTOLD)}
        if takers:
            others = f"{len(takers)} other {'ship' if len(takers) == 1 else 'ships'}"
            yield f"met {others} on the way, to which it may have been passed on"


class Onward(NamedTuple):
    """The next call of a ship after a meeting, and what lies between."""

    leg: Leg
    call: Call


class Book(NamedTuple):
    """Who met whom, who called where, and who was heard when.

    `met` and `calls` give what is known of a ship, in order of time.
    """

    met: Callable[[int], Sequence[Meeting]]
    calls: Callable[[int], Sequence[Call]]
    heard: Heard
    shared: Collection[int] = ()  # ships on whose tracks others take turns with them

    def leg(self, ship: int, start: float, end: float) -> Leg:
        """Return what a ship did between two times."""
        marks = np.concatenate([[start / BIN_S], self.heard(ship, start, end), [end / BIN_S]])
        met, calls = self.met(ship), self.calls(ship)
        return Leg(
            ship,
            start,
            end,
            tuple(meeting for meeting in met if start <= meeting.start and meeting.end <= end),
            tuple(call for call in calls if start <= call.start < end),
            float((marks[1:] - marks[:-1]).max()) * BIN_S / _HOUR_S,
            ship in self.shared,
        )

    def onward(self, ship: int, t: float) -> Onward | None:
        """Return the first call from a time on at which cargo may have gone ashore, if any."""
        calls = self.calls(ship)
        first = bisect_left(calls, t, key=lambda call: call.start)
        call = next((call for call in calls[first:] if call.lands), None)
        return Onward(self.leg(ship, t, call.start), call) if call else None

    def last_call(self, ship: int, t: float) -> Call | None:
        """Return the last call at which cargo may have gone ashore that began before a time."""
        calls = self.calls(ship)
        until = bisect_left(calls, t, key=lambda call: call.start)
        return next((call for call in reversed(calls[:until]) if call.lands), None)


def met_by(meetings: Iterable[Meeting]) -> Callable[[int], Sequence[Meeting]]:
    """Return meetings, given in any order, by ship."""
    met: dict[int, list[Meeting]] = defaultdict(list)
    for meeting in sorted(meetings, key=lambda m: (m.start, m.id)):
        for ship in meeting.ships:
            met[ship].append(meeting)
    return lambda ship: met.get(ship, ())


def in_order(calls: Iterable[Call]) -> list[Call]:
    """Return the calls of a ship in order of time."""
    return sorted(calls, key=lambda call: (call.start, call.place))
