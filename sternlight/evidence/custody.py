"""Who handed evidence on, when and why: a line of JSON for each time, in the station's folder.

The bundle carries its own line.  It does not carry those of others, which may name people.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sternlight.jsontext import dumps
from sternlight.text import iso, plain

CUSTODY = "custody.jsonl"
LONGEST = 2000  # characters of a reason


def entry(t: float, by: str, reason: str) -> dict[str, Any]:
    """Return what a bundle says of its own making; `t` is Unix seconds by the system's clock."""
    return {
        "when": iso(t),
        "what": "exported",
        "by": plain(by)[:LONGEST] or None,
        "why": plain(reason)[:LONGEST],
    }


def append(folder: Path, line: dict[str, Any]) -> None:
    """Write a line behind those of before, safe on disk."""
    with (folder / CUSTODY).open("a", encoding="ascii", newline="\n") as out:
        out.write(dumps(line) + "\n")
        out.flush()
        os.fsync(out.fileno())
