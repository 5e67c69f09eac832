"""What a vessel's claims mean for a score (ITU-R M.1371-5, table 53).

AIS has no type for a refrigerated carrier, the ship that takes over catch at
sea: it is "cargo".  A claim may be false, and about one ship in ten says
nothing.
"""

from __future__ import annotations

from typing import Literal

from tracks.identity import Claims
from tracks.markers import is_marker

ShipKind = Literal[
    "fishing", "cargo", "tanker", "tug", "pilot", "service", "passenger", "leisure", "marker",
    "other", "",
]  # fmt: skip

_ALONE: dict[int, ShipKind] = {
    30: "fishing",
    36: "leisure",
    37: "leisure",
    50: "pilot",
    **dict.fromkeys((31, 32, 52), "tug"),
    **dict.fromkeys((33, 34, 35, 51, 53, 54, 55, 58), "service"),
}
_BY_TENS: dict[int, ShipKind] = {
    4: "passenger",  # high-speed craft are ferries
    6: "passenger",
    7: "cargo",
    8: "tanker",
    9: "other",
}

WORDS: dict[ShipKind, str] = {
    "fishing": "a fishing vessel",
    "cargo": "a cargo ship",
    "tanker": "a tanker",
    "tug": "a tug",
    "pilot": "a pilot boat",
    "service": "a service vessel",
    "passenger": "a passenger ship",
    "leisure": "a leisure craft",
    "marker": "a buoy or net marker",
    "other": "a ship of another kind",
    "": "a vessel that has not said what it is",
}

LARGE_M = 80  # refrigerated carriers are longer, most fishing vessels shorter
TOO_LARGE_M = 200  # and no carrier of fish is as long; it is a bulk, oil or container ship
SMALL_M = 25  # a boat


def ship_kind(claims: Claims | None) -> ShipKind:
    """Return the kind of ship, "" where the vessel has not said."""
    if claims is None:
        return ""
    if is_marker(claims):
        return "marker"
    return _ALONE.get(claims.ship_type) or _BY_TENS.get(claims.ship_type // 10, "")
