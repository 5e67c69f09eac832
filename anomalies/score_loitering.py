"""What makes a loitering more or less ordinary."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, nmi, of_ordinary_ships, of_place

ANCHORED_NMI = 0.3  # 500 m: the swing of an anchor chain and the ship behind it
DRIFTED_NMI = 1.0


def of_loitering(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against a loitering, but for where all of them begin."""
    heard_h, dark_h = facts.measured("heard_h"), facts.measured("dark_h")
    yield growing("long stay", heard_h, 4, f"Heard under 2 kn for {hours(heard_h)}.")
    yield from of_place(facts)
    yield from of_ordinary_ships(facts)
    if facts.kinds[0] in ("fishing", "cargo"):
        yield factor(
            "fishing or carrier",
            "A fishing vessel or a cargo ship, as carriers of fish are: the published"
            " indicators are about these.",
        )
    spread = facts.measured("spread_nmi")
    if spread <= ANCHORED_NMI:
        says = f"Stayed within {spread:.2f} nmi of one point, as ships at anchor do."
        yield factor("as if anchored", says)
    elif facts.measured("drift_nmi") >= DRIFTED_NMI:
        drift, speed_kn = facts.measured("drift_nmi"), facts.measured("mean_speed_kn")
        yield factor("drifting", f"Drifted {nmi(drift)} at {speed_kn:.1f} kn.")
    if dark_h > (heard_h + dark_h) / 4:
        yield factor("partly unheard", f"Not heard at all for {hours(dark_h)} of it.")
