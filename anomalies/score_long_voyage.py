"""What makes a long voyage more or less likely to be months at sea without a port."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import FAR_OFFSHORE_NMI, Facts, factor, growing, hours, nmi

LONG_DAYS, MONTH_DAYS, WEEK_DAYS = 90.0, 30.0, 7.0
OFTEN_SHARE, HARDLY_SHARE = 0.25, 0.1  # of its days
HIGH_SEAS_NMI, COAST_NMI = 200.0, 12.0  # UNCLOS, articles 57 and 3
FISHED_SHARE = 0.1  # of the time heard at sea; many never change their status
TOO_SMALL_M = 15  # longliners of 20 m are at sea for months


def of_long_voyage(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against months at sea, but for where all of them begin."""
    away_days = facts.measured("away_days")
    says = f"Known in no port here for {away_days:.0f} days."
    yield growing("long away", away_days, LONG_DAYS, says)
    yield from _heard(facts)
    yield from _sure(facts)
    yield from _where(facts)
    yield from _trade(facts)


def _heard(facts: Facts) -> Iterator[Factor]:
    """Yield on how many of its days anybody knows where it was."""
    heard, days = facts.measured("heard_days_count"), facts.measured("days_count")
    says = f"Heard at sea on {heard:.0f} of {days:.0f} days"
    if heard >= OFTEN_SHARE * days:
        yield factor("often heard at sea", f"{says}.")
    elif heard < HARDLY_SHARE * days:
        yield factor("hardly heard at sea", f"{says}: it may have called anywhere.")


def _sure(facts: Facts) -> Iterator[Factor]:
    """Yield for how long no silence was long enough to call at a port."""
    sure_days = facts.measured("sure_days")
    if sure_days >= MONTH_DAYS:
        says = f"For {sure_days:.0f} days it was never silent for long enough to call at a port."
        yield growing("surely at sea", sure_days, MONTH_DAYS, says)
        return
    longest = hours(24 * sure_days)
    says = f"In no more than {longest} on end is it sure that it called at no port."
    weekly = sure_days < WEEK_DAYS
    yield factor("may have called weekly" if weekly else "may have called monthly", says)


def _where(facts: Facts) -> Iterator[Factor]:
    shore = facts.measured("max_shore_nmi")
    if shore >= HIGH_SEAS_NMI:
        yield factor("high seas", f"Heard {nmi(shore)} from shore, on the high seas.")
    elif shore >= FAR_OFFSHORE_NMI:
        yield factor("went far out", f"Heard {nmi(shore)} from shore.")
    elif shore < COAST_NMI:
        says = f"Never heard farther than {nmi(shore)} from shore: its berth may be in no list."
        yield factor("kept to the coast", says)


def _trade(facts: Facts) -> Iterator[Factor]:
    (kind,), (claims,) = facts.kinds, facts.claims
    length_m = claims.length_m if claims else 0
    if kind == "fishing":
        says = "A fishing vessel, of which crews are known to be kept at sea for months."
        yield factor("fishing vessel away", says)
    elif facts.measured("fishing_share") >= FISHED_SHARE:
        yield factor("said that it fished", "It said at sea that it was fishing.")
    elif kind in ("cargo", "tanker", "other") and facts.measured("sure_days") < MONTH_DAYS:
        says = "Merchant ships are away for months because they trade between other ports."
        yield factor("trades elsewhere", says)
    elif kind == "tanker":
        yield factor("stores oil", "Tankers lie at sea for months to store oil.")
    elif kind in ("service", "tug", "pilot", "passenger", "leisure"):
        says = "Such ships stand by, cruise or lie in small harbours, and their people come and go."
        yield factor("out by trade", says)
    elif kind == "marker":
        yield factor("marker", "By its name no ship, but a buoy or the marker of a net.")
    if 0 < length_m < TOO_SMALL_M and kind != "marker":
        says = f"Only {length_m} m long: it has no stores for months, so its berth is in no list."
        yield factor("too small for months", says)
