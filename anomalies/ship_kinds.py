"""What the claimed ship type means for a score (ITU-R M.1371-5, table 53).

AIS has no type for a refrigerated carrier, the ship that takes over catch at
sea: it is "cargo".  A claim may be false, and about one ship in ten says
nothing.
"""

from __future__ import annotations

from typing import Literal

from tracks.identity import Claims

ShipKind = Literal["fishing", "cargo", "tanker", "service", "leisure", "passenger", "other", ""]

_ALONE: dict[int, ShipKind] = {
    30: "fishing",
    36: "leisure",
    37: "leisure",
    **dict.fromkeys((31, 32, 33, 34, 35, 50, 51, 52, 53, 54, 55, 58), "service"),
}
_BY_TENS: dict[int, ShipKind] = {
    4: "passenger",  # high-speed craft are ferries
    6: "passenger",
    7: "cargo",
    8: "tanker",
    9: "other",
}

LARGE_M = 80  # refrigerated carriers are longer, most fishing vessels shorter


def ship_kind(claims: Claims | None) -> ShipKind:
    """Return the kind of ship, "" where the vessel has not said."""
    if claims is None:
        return ""
    return _ALONE.get(claims.ship_type) or _BY_TENS.get(claims.ship_type // 10, "")
