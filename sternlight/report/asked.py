"""What a report is about: all of a folder, one event, or one ship; and of which time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sternlight.errors import ArchiveError
from sternlight.evidence.redaction import NOTHING, Redaction
from sternlight.record.finding import find
from sternlight.record.ships import Ship
from sternlight.settings import Settings
from sternlight.sqlite import Database
from sternlight.text import plain


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a folder; None stands for everything."""

    folder: Path
    settings: Settings = field(default_factory=Settings)  # contacts and credits are taken from it
    event: str | None = None
    ship: str | None = None  # MMSI, IMO number, call sign, name
    since: float | None = None  # Unix seconds; events that ended before are left out
    until: float | None = None  # Unix seconds; events that began after are left out
    redaction: Redaction = NOTHING


def the_ship(record: Database, name: str) -> Ship:
    """Return the one ship that is meant.  Raises ArchiveError."""
    found = find(record, name)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ArchiveError(
            f"no ship that was heard is {plain(name)!r}; ask by MMSI, IMO number, call sign or a"
            " part of the name"
        )
    numbers = ", ".join(str(ship.mmsis[0]) for ship in found[:5])
    raise ArchiveError(
        f"{len(found)} ships that were heard may be {plain(name)!r}; say which by its MMSI:"
        f" {numbers}{', ...' if len(found) > 5 else ''}"
    )
