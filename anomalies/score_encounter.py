"""What makes an encounter more or less likely to be a transshipment."""

from __future__ import annotations

import math
from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, nmi, of_ordinary_ships, of_place
from anomalies.ship_kinds import LARGE_M, SMALL_M, WORDS

ALONGSIDE_M, CLOSE_M = 100.0, 250.0
DAYS_H = 48.0
APART_NMI = 2.0  # ships so far apart are about different things
TOGETHER_NMI = 1.0
COME_KN = 2.0  # who never makes this speed has not come
SWING_NMI = 0.16  # 300 m: chain and ship; a third of a knot leaves it within the hour


def of_encounter(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a transshipment, but for where all of them begin."""
    heard_h, duration_h = facts.measured("heard_h"), facts.measured("duration_h")
    yield growing("long meeting", heard_h, 2, f"Within 500 m for {hours(heard_h)}.")
    if duration_h >= DAYS_H:
        says = f"Side by side for {hours(duration_h)}, as neighbours at anchor are."
        yield factor("together for days", says)
    median_m = facts.measured("median_distance_m")
    if median_m < ALONGSIDE_M:
        yield factor("alongside", f"{median_m:.0f} m apart at the median: alongside.")
    elif median_m < CLOSE_M:
        yield factor("close", f"{median_m:.0f} m apart at the median.")
    yield from _coming_and_going(facts)
    yield from _lying(facts)
    yield from of_place(facts)
    yield from of_ordinary_ships(facts)
    yield from _trades(facts)
    yield from _sizes(facts)


def _coming_and_going(facts: Facts) -> Iterator[Factor]:
    """Yield what the hours before and after say: whether the two met, or kept together."""
    approach, parting = facts.measured("approach_nmi"), facts.measured("parting_nmi")
    known = [nmis for nmis in (approach, parting) if not math.isnan(nmis)]
    if not known:
        return
    if len(known) == 2 and min(known) >= APART_NMI:
        says = f"Came from {nmi(approach)} apart and went {nmi(parting)} apart within two hours."
        yield factor("came and parted", says)
    elif min(known) >= APART_NMI:
        how = "Came from" if known == [approach] else "Went"
        yield factor("came or parted", f"{how} {nmi(known[0])} apart within two hours.")
    elif max(known) < TOGETHER_NMI:
        when = "after" if math.isnan(approach) else "before"
        when = "before and after" if len(known) == 2 else when
        says = f"Less than {nmi(TOGETHER_NMI)} apart for two hours {when}, too: they keep together."
        yield factor("keep together", says)


def _lying(facts: Facts) -> Iterator[Factor]:
    """Yield whether one of the two lay there, and was called on."""
    held = facts.measured("held_spread_nmi")
    if held <= SWING_NMI:
        says = f"One of the two stayed within {held:.2f} nmi of one point, as ships at anchor do."
        yield factor("one lay at anchor", says)
    fastest_kn = facts.measured("slower_fastest_kn")
    if fastest_kn < COME_KN:
        says = (
            f"One of the two never made more than {fastest_kn:.1f} kn around it: it did not come."
        )
        yield factor("one did not come", says)


def _trades(facts: Facts) -> Iterator[Factor]:
    one, two = sorted(facts.kinds)
    pair = f"{WORDS[one]} and {WORDS[two]}"
    pair = f"{pair[0].upper()}{pair[1:]}"
    if one == two == "fishing":
        yield factor("pair of the same trade", "Two fishing vessels: pair trawlers keep together.")
    elif "tanker" in (one, two) and {one, two} <= {"", "cargo", "fishing", "tanker"}:
        says = f"{pair}: a tanker beside another ship most often gives it fuel."
        yield factor("bunkering", says)
    elif (one, two) == ("cargo", "fishing"):
        yield factor("fishing with carrier", f"{pair}; catch is handed over between such pairs.")
    elif (one, two) == ("", "cargo"):
        yield factor("carrier with untold", f"{pair}.")


def _sizes(facts: Facts) -> Iterator[Factor]:
    lengths_m = [claims.length_m if claims else 0 for claims in facts.claims]
    small, large = sorted(lengths_m)
    if 0 < small < LARGE_M <= large:
        yield factor("great and small", f"One is {large} m long, the other {small} m.")
    elif 0 < small < SMALL_M and "marker" not in facts.kinds:
        yield factor("small craft", f"One is only {small} m long, and the other no carrier.")
