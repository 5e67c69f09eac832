"""The means to say a factor of a score: what is known of an event, and words for numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from anomalies.event import Event, Factor
from anomalies.ship_kinds import ShipKind, ship_kind
from anomalies.weights import WEIGHTS
from tracks.identity import Claims

OFFSHORE_NMI, FAR_OFFSHORE_NMI = 20.0, 50.0  # GFW's limits: loitering events, AIS disabling events
NEAR_NMI = 10.0
MOST_SAID = 4  # rarer than one in ten thousand is more than anybody has checked


class Facts(NamedTuple):
    """An event, and what its vessels claimed to be, in the order of its tracks.

    `others` is the same of the other vessels that the evidence tells of.
    """

    event: Event
    claims: tuple[Claims | None, ...]
    others: tuple[Claims | None, ...] = ()

    def measured(self, name: str) -> float:
        """Return a measured value; nan where the event has none of that name."""
        return self.event.evidence.measured.get(name, math.nan)

    @property
    def kinds(self) -> tuple[ShipKind, ...]:
        """What kinds of ship they claimed to be."""
        return tuple(ship_kind(c) for c in self.claims)


def factor(name: str, says: str) -> Factor:
    """Return the factor of that name with its weight from the table."""
    return Factor(name, WEIGHTS[name].value, says)


def growing(name: str, value: float, beginning: float, says: str) -> Factor:
    """Return a factor that grows with each doubling of `value` beyond `beginning`."""
    doublings = max(0.0, math.log2(value / beginning))
    most = WEIGHTS[f"{name}: most"].value
    return Factor(name, min(most, WEIGHTS[name].value * doublings), says)


def of_place(facts: Facts) -> Iterator[Factor]:
    """Yield what distance from shore and port says of a stay or a meeting."""
    shore, port = facts.measured("shore_nmi"), facts.measured("port_nmi")
    if shore >= FAR_OFFSHORE_NMI:
        yield factor("far offshore", f"{nmi(shore)} from shore, out of sight of anybody there.")
    elif shore >= OFFSHORE_NMI:
        yield factor("offshore", f"{nmi(shore)} from shore.")
    elif shore < NEAR_NMI:
        yield factor(
            "near shore", f"Only {nmi(shore)} from shore: much ordinary work is done there."
        )
    if port < NEAR_NMI:
        yield factor("near port", f"Only {nmi(port)} from a port or anchorage: it may be waiting.")


def of_ordinary_ships(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks against a score since a vessel's ordinary work looks like this."""
    if "marker" in facts.kinds:
        yield factor("marker", "By its name no ship, but a buoy or the marker of a net.")
    if {"service", "tug", "pilot"} & set(facts.kinds):
        yield factor(
            "service vessel",
            "A tug, pilot, dredger, rescue or other service vessel works in one place.",
        )
    if "leisure" in facts.kinds:
        yield factor("leisure craft", "A sailing or pleasure craft drifts and meets for fun.")
    if "passenger" in facts.kinds:
        yield factor("passenger ship", "A passenger ship waits for hours, and sends out tenders.")


def nmi(value: float) -> str:
    """Say a distance."""
    if value >= 300:  # the map of distances to shore ends there
        return "over 300 nmi" if value < 301 else f"{value:,.0f} nmi"
    return f"{value:.1f} nmi" if value < 10 else f"{value:.0f} nmi"


def hours(value: float) -> str:
    """Say a duration."""
    return f"{value:.1f} h" if value < 48 else f"{value / 24:.1f} days"


def one_in(surprise: float) -> str:
    """Say the N of "1 in N", log10 of which is given: with one digit, as it is no better known."""
    if surprise >= MOST_SAID:
        return f"{10**MOST_SAID:,} or more"
    digits = math.floor(surprise)
    return f"{round(10**surprise, -digits):,.0f}"


def seconds(value: float) -> str:
    """Say an interval."""
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"
