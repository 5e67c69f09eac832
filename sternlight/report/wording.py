"""How numbers and names are written in a report: what its templates call filters."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sternlight.telling.rendering import Templates
from sternlight.text import counted, plain

if TYPE_CHECKING:
    from sternlight.report.contents import Account

UNITS = {
    "kn": "kn", "m": "m", "nmi": "nmi", "deg": "°", "s": "s", "h": "h", "days": "days",
    "count": "", "share": "%",
}  # fmt: skip


def measure(name: str) -> str:
    """Return what a measured value is called: "before fastest" for before_fastest_kn."""
    words, _, unit = name.rpartition("_")
    return (words if unit in UNITS and words else name).replace("_", " ")


def amount(value: float | None, name: str) -> str:
    """Return a measured value with its unit."""
    unit = name.rpartition("_")[2]
    if value is None:
        return "not known"
    if unit == "share":
        return f"{value:.0%}"
    return f"{value:,.10g} {UNITS.get(unit, '')}".strip()


def number(value: float) -> str:
    """Return a setting as people write it: 5.4, 100."""
    return f"{value:,.6g}"


def shell(text: str) -> str:
    """Return a text as one word of a command line."""
    return shlex.quote(plain(text))


def as_counted(one: str, count: int) -> str:
    """Return a count with its noun, of which the first word takes the plural: 2 times of ..."""
    first, blank, rest = one.partition(" of ")
    irregular = {"silence": "silences", "odd identity": "odd identities"}
    return counted(count, one, f"{irregular.get(first, first + 's')}{blank}{rest}")


def numbers(accounts: Sequence[Account]) -> dict[str, int]:
    """Return the number of each event in a report, by its id."""
    return {one.story.event: one.number for one in accounts}


FILTERS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("amount", amount),
    ("as_counted", as_counted),
    ("measure", measure),
    ("number", number),
    ("numbers", numbers),
    ("shell", shell),
)
OWN = Templates(Path(__file__).parent / "templates", FILTERS)
