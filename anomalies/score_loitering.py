"""What makes a loitering more or less ordinary."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, nmi, of_ordinary_ships, of_place
from anomalies.ship_kinds import SMALL_M, TOO_LARGE_M, ship_kind

ANCHORED_NMI = 0.3  # 500 m: the swing of an anchor chain and the ship behind it
DRIFTED_NMI = 1.0
PASSAGE_KN = 6.0  # faster than anybody tows a net
WORK_KN = 2.5  # faster than water and wind carry a ship, but for a few straits
STRAIGHT_SHARE = 0.6  # of its way that a drifting ship is displaced: tides turn it
NEAR_SILENT_NMI = 10.0  # farther ones could have been in many places
STEERED_SHARE, STEERED_NMI = 0.97, 10.0  # no drift is as straight for as long


def of_loitering(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a loitering, but for where all of them begin."""
    heard_h, dark_h = facts.measured("heard_h"), facts.measured("dark_h")
    yield growing("long stay", heard_h, 4, f"Heard under 2 kn for {hours(heard_h)}.")
    yield from of_place(facts)
    yield from of_ordinary_ships(facts)
    yield from _trade(facts)
    yield from _staying(facts)
    yield from _coming_and_going(facts)
    yield from _company(facts)
    nearest = facts.measured("silent_nearest_nmi")
    if nearest <= NEAR_SILENT_NMI and facts.kinds[0] in ("cargo", ""):
        says = f"A ship that fell silent {nmi(nearest)} away could have been there for hours."
        yield factor("silent ship in reach", says)
    if dark_h > (heard_h + dark_h) / 4:
        yield factor("partly unheard", f"Not heard at all for {hours(dark_h)} of it.")


def _trade(facts: Facts) -> Iterator[Factor]:
    (kind,), (claims,) = facts.kinds, facts.claims
    length_m = claims.length_m if claims else 0
    if kind == "cargo" and length_m < TOO_LARGE_M:
        yield factor("carrier", "A cargo ship, as carriers of fish are.")
    elif kind == "fishing":
        yield factor("fishing vessel", "A fishing vessel drifts to fish with lines, and at night.")
    elif facts.measured("fishing_share") >= 0.5:
        yield factor("says it fishes", "It said that it was fishing.")
    if length_m >= TOO_LARGE_M:
        says = f"{length_m} m long; no carrier of fish is, and such ships wait for orders at sea."
        yield factor("too large", says)
    elif 0 < length_m < SMALL_M and kind != "marker":
        yield factor("small craft", f"Only {length_m} m long: a boat that works or rests.")


def _staying(facts: Facts) -> Iterator[Factor]:
    """Yield what it did: held its place, worked, drifted, or went slowly on."""
    drift, speed_kn = facts.measured("drift_nmi"), facts.measured("mean_speed_kn")
    straight_share = facts.measured("drift_share")
    held, fastest_kn = facts.measured("held_spread_nmi"), facts.measured("fastest_kn")
    if held <= ANCHORED_NMI:
        says = f"Stayed within {held:.2f} nmi of one point, as ships at anchor do."
        yield factor("as if anchored", says)
        return
    if fastest_kn >= WORK_KN:
        says = f"Went {fastest_kn:.1f} kn in between: it moved on, as those who fish with lines do."
        yield factor("moved on", says)
    elif drift >= STEERED_NMI and straight_share >= STEERED_SHARE:
        says = f"Went {nmi(drift)} on a straight course: slowly under way rather than adrift."
        yield factor("steered", says)
    elif drift >= DRIFTED_NMI and straight_share >= STRAIGHT_SHARE:
        yield factor("drifting", f"Drifted {nmi(drift)} at {speed_kn:.1f} kn.")


def _coming_and_going(facts: Facts) -> Iterator[Factor]:
    """Yield whether it broke a passage, or works and lives there."""
    before_kn, after_kn = facts.measured("before_fastest_kn"), facts.measured("after_fastest_kn")
    if min(before_kn, after_kn) >= PASSAGE_KN:
        says = f"Came at {before_kn:.0f} kn and left at {after_kn:.0f} kn: it broke a passage."
        yield factor("broke a passage", says)
    elif max(before_kn, after_kn) < PASSAGE_KN:
        says = f"Made no more than {max(before_kn, after_kn):.1f} kn before and after it, either."
        yield factor("slow before and after", says)


def _company(facts: Facts) -> Iterator[Factor]:
    """Yield whether others of its trade stayed with it."""
    same = [kind for kind in map(ship_kind, facts.others) if kind == facts.kinds[0]]
    if same:
        how_many = "Another ship" if len(same) == 1 else f"{len(same)} or more other ships"
        says = f"{how_many} of its trade stayed near it: fleets rest and ships wait together."
        yield factor("company", says)
