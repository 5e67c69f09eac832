"""What makes an encounter more or less likely to be a transshipment."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, of_ordinary_ships, of_place
from anomalies.ship_kinds import LARGE_M

ALONGSIDE_M, CLOSE_M = 100.0, 250.0
DAYS_H = 48.0


def of_encounter(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a transshipment, but for where all of them begin."""
    heard_h, duration_h = facts.measured("heard_h"), facts.measured("duration_h")
    yield growing("long meeting", heard_h, 2, f"Within 500 m for {hours(heard_h)}.")
    if duration_h >= DAYS_H:
        says = f"Side by side for {hours(duration_h)}, as neighbours at anchor are."
        yield factor("together for days", says)
    if heard_h < duration_h * 0.75:
        says = f"Together for only {hours(heard_h)} of {hours(duration_h)}."
        yield factor("interrupted", says)
    median_m = facts.measured("median_distance_m")
    if median_m < ALONGSIDE_M:
        yield factor("alongside", f"{median_m:.0f} m apart at the median: alongside.")
    elif median_m < CLOSE_M:
        yield factor("close", f"{median_m:.0f} m apart at the median.")
    yield from of_place(facts)
    yield from of_ordinary_ships(facts)
    yield from _trades(facts)
    yield from _sizes(facts)


def _trades(facts: Facts) -> Iterator[Factor]:
    one, two = sorted(facts.kinds)
    if not one:
        yield factor("type unknown", "One of the two, or both, have not said what ship they are.")
    elif one == two == "fishing":
        yield factor("pair of the same trade", "Two fishing vessels: pair trawlers keep together.")
    elif "tanker" in (one, two) and {one, two} <= {"cargo", "fishing", "tanker"}:
        yield factor("bunkering", "A tanker beside another ship most often gives it fuel.")
    elif one == two == "cargo":
        yield factor("carrier with carrier", "Two cargo ships.")
    elif (one, two) == ("cargo", "fishing"):
        says = "A fishing vessel and a cargo ship; catch is handed over between such pairs."
        yield factor("fishing with carrier", says)


def _sizes(facts: Facts) -> Iterator[Factor]:
    lengths_m = [claims.length_m if claims else 0 for claims in facts.claims]
    if 0 < min(lengths_m) < LARGE_M <= max(lengths_m):
        small, large = sorted(lengths_m)
        yield factor("great and small", f"One is {large} m long, the other {small} m.")
