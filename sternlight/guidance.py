"""How every record ends: what a score does not say, what to do next, whom to inform.

Whom to inform is a file by country (config/contacts.csv) that users keep up to date: a
national hotline, the port's union, a chaplain they know.  `[answers] contacts` names another.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sternlight.data import data_folder
from sternlight.errors import SettingsError
from sternlight.text import plain

HEADER = ["country", "who", "for", "how"]

SAYS_NOT = (
    "A score says how unusual something is, never how guilty somebody is. It is no probability"
    " of forced labour, and no court and no study stands behind it.",
    "What was not heard is not what did not happen: a ship may have called at a port, changed its"
    " crew or met somebody where this station does not hear.",
    "Name, number, type and destination are what somebody typed in. Another ship may use them.",
)
NEXT = (
    "Look at the evidence of each event, and at what speaks against it.",
    "Ask who else heard the ship: another station, a satellite provider, the port.",
    "Look up owner, operator, flag and insurer by the IMO number, and whether the ship is"
    " authorised, detained or reported for an abandoned crew.",
    "If people may be in danger now, tell the coast guard of that sea; otherwise those below,"
    " the state of the next port before the ship gets there, and the state of its flag.",
    "Keep the raw log and write down who looked at what and when.",
)
NEVER = (
    "Do not approach the ship, call it by radio, or let its crew be seen with you: they may pay"
    " for it.",
    "Do not publish a name on a score alone, and ask the owner for an answer before you publish.",
    "Do not tell anybody who may warn the ship, nor write of people on board so that they can be"
    " recognised.",
)


class Contact(NamedTuple):
    """Somebody to inform."""

    country: str  # ISO 3166-1 alpha-2; "" everywhere
    who: str
    about: str
    how: str


def contacts(path: Path | None = None) -> list[Contact]:
    """Read whom to inform.  Raises SettingsError, naming file and line of what is wrong."""
    path = path or data_folder() / "contacts.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}, whom to inform, cannot be read: {error}") from error
    if not rows or [name.strip().lower() for name in rows[0]] != HEADER:
        raise SettingsError(f"{path}: the first line must be {','.join(HEADER)}")
    for number, row in enumerate(rows[1:], 2):
        if row and len(row) != len(HEADER):
            raise SettingsError(
                f"{path}, line {number}: {len(row)} columns instead of {len(HEADER)}; a text with"
                " a comma in it stands between quotation marks"
            )
    return [Contact(*(plain(cell.strip()) for cell in row)) for row in rows[1:] if row]


def of_countries(known: Sequence[Contact], countries: Collection[str]) -> list[Contact]:
    """Return whom to inform of a ship: who is there for all, and those of some countries."""
    wanted = {country.upper() for country in countries}
    return [one for one in known if not one.country or one.country.upper() in wanted]


def rows(known: Sequence[Contact]) -> dict[str, Any]:
    """Return the end of a record."""
    return {
        "says_not": list(SAYS_NOT),
        "next": list(NEXT),
        "never": list(NEVER),
        "inform": [
            {"country": c.country or None, "who": c.who, "for": c.about, "how": c.how}
            for c in known
        ],
    }
