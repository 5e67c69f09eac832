"""What makes interference more or less certain.  It is about an area and says nothing of a ship."""

from __future__ import annotations

from collections.abc import Iterator

from anomalies.event import Factor
from anomalies.factors import Facts, factor, growing, hours, nmi

MOST_SHARE = 0.5
SMALL_NMI = 3.0  # receivers with a poor view of the sky are off by up to a mile or two


def of_interference(facts: Facts) -> Iterator[Factor]:
    """Yield what speaks for and against interference, but for where all of them begin."""
    count, share = facts.measured("vessels_count"), facts.measured("affected_share")
    says = f"{count:.0f} ships near each other reported from where they cannot have been."
    yield growing("many ships", count, 4, says)
    if share >= MOST_SHARE:
        yield factor("most of them", f"They were {share:.0%} of all ships heard there.")
    lasted_h = facts.measured("duration_h")
    if lasted_h > 0.5:
        yield growing("long interference", lasted_h, 0.5, f"It went on for {hours(lasted_h)}.")
    jump = facts.measured("median_jump_nmi")
    if jump < SMALL_NMI:
        yield factor("small jumps", f"They jumped by only {nmi(jump)}.")
