"""What kind of ship a raw AIS ship type says, in plain words (ITU-R M.1371-5, table 53)."""

from __future__ import annotations

_ALONE = {
    30: "fishing",
    31: "towing",
    32: "towing, long or wide",
    33: "dredging or underwater work",
    34: "diving",
    35: "military",
    36: "sailing",
    37: "pleasure craft",
    50: "pilot vessel",
    51: "search and rescue",
    52: "tug",
    53: "port tender",
    54: "anti-pollution vessel",
    55: "law enforcement",
    58: "medical transport",
    59: "ship of a neutral state",
}

_BY_TENS = {
    2: "wing-in-ground craft",
    4: "high-speed craft",
    6: "passenger",
    7: "cargo",
    8: "tanker",
    9: "other",
}


def ship_type_name(raw: int) -> str:
    """Return what a raw ship type means, or "" where it says nothing.

    The second digit of 20 to 29, 40 to 49 and 60 to 99 tells the cargo's
    hazard, and is neglected.  0 means "not available"; 38, 39, 56, 57 and
    numbers the standard keeps for later use say nothing either.
    """
    return _ALONE.get(raw) or _BY_TENS.get(raw // 10, "")
