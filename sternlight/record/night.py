"""What is made of the ships' record at night, as rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from anomalies.standing import Sign

REACH = "reach_nmi"  # where the archive keeps how far from shore anybody was heard


class Night(NamedTuple):
    """Rows of the tables `standings` and `rates`, and how far from shore anybody was heard."""

    standings: list[tuple[int, str, str, float, int, int, str]]
    rates: list[tuple[str, str, str, int, int]]
    reach_nmi: float | None


def sign_row(sign: Sign) -> dict[str, Any]:
    """Return what files and tables say of what a sign adds to a ship's score."""
    return {
        "sign": sign.indicator.name,
        "shown": sign.shown,
        "events": list(sign.events),
        "weight": round(sign.weight, 3),
        "says": sign.says,
    }
