"""How sure it is that a ship is the one a list means; never how grave what the list says is."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, hours

SURE, LIKELY, DOUBTFUL = 0.9, 0.7, 0.5  # as a certainty


def of_listed(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a ship of a list, but for where all of them begin."""
    certainty = facts.measured("certainty_share")
    says = (
        f"By what it says of itself it is the ship of the list with a certainty of {certainty:.2f}."
    )
    if certainty >= SURE:
        yield factor("surely the ship of the list", says)
    elif certainty >= LIKELY:
        yield factor("likely the ship of the list", says)
    elif certainty < DOUBTFUL:
        yield factor("doubtfully the ship of the list", says)
    if facts.event.evidence.others:
        count = len(facts.event.evidence.others)
        yield factor("number of several hulls", f"{count + 1} hulls spoke under its number.")
    if len(facts.event.tracks) == 2:
        heard_h = facts.measured("heard_h")
        yield factor("met at sea", f"It was within 500 m of another ship for {hours(heard_h)}.")
    elif facts.measured("days_heard_count") == 1:
        yield factor("heard on one day", "It was heard on one day only, as a ship that passes.")
