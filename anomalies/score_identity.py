"""What makes a shared number or a changed identity more or less likely to be more than a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, nmi, of_ordinary_ships, seconds
from anomalies.weights import WEIGHTS

FAR_NMI, SAME_PLACE_NMI = 10.0, 1.0
UNDER_WAY_KN, AT_REST_KN = 3.0, 1.0
AS_DELIVERED = re.compile(r"0{5,}$|^\d{3}(123456|(\d)\2{5})$")


def of_identity(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against an odd identity, but for where all of them begin."""
    measured = facts.event.evidence.measured
    if "overlap_h" in measured:
        yield from _of_sharing(facts)
    elif "silent_s" in measured:
        yield from _of_another_number(facts)
    else:
        yield from _of_claims(facts)
    if any(AS_DELIVERED.search(str(mmsi)) for mmsi in facts.event.mmsis):
        yield factor("number as delivered", "An MMSI looks as if nobody had typed one in.")
    yield from of_ordinary_ships(facts)


def _of_sharing(facts: Facts) -> Iterator[Factor]:
    together_h, count = facts.measured("together_h"), facts.measured("same_mmsi_count")
    says = f"Both were heard within minutes of each other for {hours(together_h)}."
    yield growing("shared for long", together_h, 1, says)
    apart = min(facts.measured("distance_nmi"), facts.measured("last_distance_nmi"))
    if apart >= FAR_NMI:
        yield factor("far apart", f"They were {nmi(apart)} apart, and more.")
    elif apart <= SAME_PLACE_NMI:
        yield factor("same place", f"They came within {nmi(apart)} of each other.")
    if "same_imo_count" in facts.event.evidence.measured:
        count = facts.measured("same_imo_count")
        yield factor("one IMO number twice", "Two MMSIs gave one IMO number at the same time.")
    if count > 2:
        yield factor("many under one number", f"{count:.0f} were heard under it at a time.")


def _of_claims(facts: Facts) -> Iterator[Factor]:
    if facts.measured("new_imo_count"):
        yield factor("another IMO number", "The IMO number changed, and both are well formed.")
    if facts.measured("new_names_count"):
        yield factor("another name", "The name changed, not just its spelling.")
    if facts.measured("new_call_signs_count"):
        yield factor("another call sign too", "The call sign changed at the same time.")
    yield from _of_speed(facts)


def _of_another_number(facts: Facts) -> Iterator[Factor]:
    off, silent_s = facts.measured("off_nmi"), max(facts.measured("silent_s"), 0.0)
    says = (
        f"The new one began {nmi(off)} from where the old one was due, {seconds(silent_s)} later."
    )
    yield factor("goes on as another", says)
    same, other = facts.measured("same_claims_count"), facts.measured("other_claims_count")
    for name, count, says in (
        ("agrees with the old one", same, "Of what both said of themselves, {n:.0f} agreed."),
        ("disagrees with the old one", other, "Of what both said, {n:.0f} did not agree."),
    ):
        if count:
            yield Factor(name, WEIGHTS[name].value * count, says.format(n=count))
    if facts.measured("rivals_count"):
        yield factor("others fit as well", "Other numbers began or ended there at the time.")
    yield from _of_speed(facts)


def _of_speed(facts: Facts) -> Iterator[Factor]:
    speed_kn = facts.measured("speed_kn")
    if speed_kn >= UNDER_WAY_KN:
        yield factor("changed under way", f"It was under way at {speed_kn:.1f} kn.")
    elif speed_kn <= AT_REST_KN:
        yield factor("changed at rest", f"It lay still, or nearly so, at {speed_kn:.1f} kn.")
