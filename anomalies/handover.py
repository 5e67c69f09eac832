"""Who may have handed over to whom at a meeting: what the kinds of the two ships say, no more.

Catch goes from fishing vessels to cargo ships (AIS has no type for refrigerated carriers)
and fuel from tankers to others.  Between other kinds, and where a ship has not said what
it is, nobody can tell from outside, and it stays unknown.

It does not prove that anything was handed over, nor that nothing went the other way:
carriers bring bait, food and people to fishing vessels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from anomalies.ship_kinds import ShipKind

Goods = Literal["catch", "fuel"]

UNTOLD: ShipKind = ""
CARRIER: ShipKind = "cargo"
FISHING: ShipKind = "fishing"


class Meeting(NamedTuple):
    """An encounter of two ships; times in Unix seconds.

    `kinds` are what they claimed to be by then, or ever where they had not said by then.
    A ship is named by a number, that of one of its tracks.
    """

    id: str  # of the event
    ships: tuple[int, int]  # sorted
    kinds: tuple[ShipKind, ShipKind]  # in the order of `ships`
    start: float
    end: float  # last known to be together
    score: float
    heard_h: float
    lat: float
    lon: float
    place: str

    def partner(self, ship: int) -> int:
        """Return whom a ship met."""
        return self.ships[self.ships[0] == ship]

    def kind(self, ship: int) -> ShipKind:
        """Return what a ship claimed to be."""
        return self.kinds[self.ships[1] == ship]


class Handover(NamedTuple):
    """What may have gone from ship to ship, and why that is said."""

    giver: int
    taker: int
    goods: Goods
    why: str


_GIVES: Mapping[tuple[ShipKind, ShipKind], tuple[Goods, str]] = {
    (FISHING, CARRIER): ("catch", "fishing vessels hand catch over to cargo ships"),
    ("tanker", FISHING): ("fuel", "a tanker beside another ship most often gives it fuel"),
    ("tanker", CARRIER): ("fuel", "a tanker beside another ship most often gives it fuel"),
    ("tanker", "passenger"): ("fuel", "a tanker beside another ship most often gives it fuel"),
}


def handover(meeting: Meeting) -> Handover | None:
    """Return who may have handed over what to whom, None where the kinds do not say."""
    for giver, taker in (meeting.ships, meeting.ships[::-1]):
        found = _GIVES.get((meeting.kind(giver), meeting.kind(taker)))
        if found:
            return Handover(giver, taker, *found)
    return None


def unknown_why(meeting: Meeting) -> str:
    """Say why nobody can tell who handed over to whom."""
    if UNTOLD in meeting.kinds:
        return "one of them, or both, has not said what kind of ship it is"
    return "between ships of these kinds either may give"
