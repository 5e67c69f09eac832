"""Cells of tables to values: words for navigational status and ship type, and what people type."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from tracks.batch import CLASS_A, CLASS_B, CLASS_UNKNOWN, STATUS_UNDEFINED

NOT_A_SHIP = 255  # in place of a ship class: a shore station or an aid to navigation

# ITU-R M.1371-5, table 48; and the same in the words of the Danish tables.
_STATUS = {
    "underwayusingengine": 0,
    "atanchor": 1,
    "notundercommand": 2,
    "restrictedmaneuverability": 3,
    "restrictedmanoeuvrability": 3,
    "restrictedmanoeuverability": 3,
    "constrainedbyherdraught": 4,
    "constrainedbyherdraft": 4,
    "moored": 5,
    "aground": 6,
    "engagedinfishing": 7,
    "engagedinfishingactivities": 7,
    "underwaysailing": 8,
    "powerdrivenvesseltowingastern": 11,
    "powerdrivenvesselpushingaheadortowingalongside": 12,
    "aissart": 14,
    "aissartisactive": 14,
}

# ITU-R M.1371-5, table 53.  Words say the group only: "Cargo" is 70, whatever she carries.
_SHIP_TYPE = {
    "wig": 20,
    "winginground": 20,
    "fishing": 30,
    "fishingvessel": 30,
    "towing": 31,
    "towinglongwide": 32,
    "dredging": 33,
    "dredger": 33,
    "diving": 34,
    "military": 35,
    "sailing": 36,
    "sailingvessel": 36,
    "pleasure": 37,
    "pleasurecraft": 37,
    "reserved": 38,
    "hsc": 40,
    "highspeedcraft": 40,
    "pilot": 50,
    "pilotvessel": 50,
    "sar": 51,
    "searchandrescue": 51,
    "tug": 52,
    "porttender": 53,
    "antipollution": 54,
    "lawenforcement": 55,
    "spare1": 56,
    "spare2": 57,
    "medical": 58,
    "medicaltransport": 58,
    "notpartytoconflict": 59,
    "passenger": 60,
    "passengership": 60,
    "cargo": 70,
    "cargoship": 70,
    "tanker": 80,
    "other": 90,
}

_CLASS = {
    "a": CLASS_A,
    "classa": CLASS_A,
    "b": CLASS_B,
    "classb": CLASS_B,
    "classbcs": CLASS_B,
    "classbso": CLASS_B,
    "basestation": NOT_A_SHIP,
    "aton": NOT_A_SHIP,
    "aidtonavigation": NOT_A_SHIP,
    "virtualaton": NOT_A_SHIP,
}

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_MISSING = {
    "",
    "unknown",
    "undefined",
    "null",
    "none",
    "nan",
    "na",
    "n/a",
    "\\n",
    "-",
    "unknown value",
}


def squeezed(text: str) -> str:
    """Return lower-case letters and digits only, so that spellings meet."""
    return _NOT_LETTERS.sub("", text.lower())


@lru_cache(maxsize=65536)
def digest(cell: bytes) -> int:
    """Return a 64-bit hash of a cell; 0 for an empty one."""
    return int.from_bytes(blake2b(cell, digest_size=8).digest(), "little") if cell else 0


def readable(cell: bytes) -> str:
    """Return a cell as text, whether it was written in UTF-8 or Latin-1."""
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError:
        return cell.decode("latin-1")


@lru_cache(maxsize=65536)
def number(cell: bytes) -> float:
    """Return a cell as a number, also with a decimal comma; nan if it is none."""
    try:
        return float(cell.replace(b",", b".") if b"." not in cell else cell)
    except ValueError:
        return float("nan")


@lru_cache(maxsize=4096)
def status(cell: bytes) -> int:
    """Return a navigational status from its number or its words; 15 where it says nothing."""
    value = number(cell)
    if value == value:
        return int(value) if 0 <= value <= STATUS_UNDEFINED else STATUS_UNDEFINED
    return _STATUS.get(squeezed(readable(cell)), STATUS_UNDEFINED)


@lru_cache(maxsize=4096)
def ship_class(cell: bytes) -> int:
    """Return the class of a transponder; NOT_A_SHIP for shore stations and aids to navigation."""
    return _CLASS.get(squeezed(readable(cell)), CLASS_UNKNOWN)


@lru_cache(maxsize=65536)
def ship_type(cell: bytes) -> int:
    """Return the raw ship type from its number or its words; 0 where it says nothing.

    Neglected: NOAA's own numbers from 1001 on, which no ship sends.
    """
    value = number(cell)
    if value == value:
        return int(value) if 0 <= value <= 255 else 0
    return _SHIP_TYPE.get(squeezed(readable(cell)), 0)


@lru_cache(maxsize=65536)
def imo(cell: bytes) -> int:
    """Return an IMO number, also from "IMO9393163"; 0 where there is none."""
    text = readable(cell).strip().upper().removeprefix("IMO").strip(" :")
    value = number(text.encode("latin-1", "replace"))
    return int(value) if 0 < value < 2**30 else 0


@lru_cache(maxsize=65536)
def text(cell: bytes, size: int) -> bytes:
    """Return a name as AIS could have sent it: printable ASCII, at most `size` bytes."""
    plain = readable(cell).partition("@")[0]
    plain = "".join(c for c in plain if c.isprintable()).strip()
    return b"" if plain.lower() in _MISSING else plain.encode("ascii", "replace")[:size].rstrip()


@lru_cache(maxsize=4096)
def metres(cell: bytes) -> int:
    """Return a length in whole metres; 0 where there is none."""
    value = number(cell)
    return round(value) if 0 < value < 1024 else 0
