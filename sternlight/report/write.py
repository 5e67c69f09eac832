"""Writes a report as a file."""

from __future__ import annotations

from pathlib import Path

from sternlight.jsontext import replacing
from sternlight.report.asked import Asked
from sternlight.report.contents import contents
from sternlight.report.page import page


def write(asked: Asked, path: Path) -> None:
    """Write the report that is asked for.  Raises ArchiveError and SettingsError."""
    text = page(contents(asked))
    with replacing(path) as out:
        out.write(text)
