"""Leaflet, out of the wheel that packs it: its files are read, and nothing of the wheel is run."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import NamedTuple

from sternlight.errors import ArchiveError

WHEEL = "django-js-lib-leaflet"
_ELSEWHERE = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_PICTURE = re.compile(r"url\(images/[^)]*\)")


class Leaflet(NamedTuple):
    """What of Leaflet stands in a page, and under which licence."""

    script: str
    style: str
    licence: str


def leaflet() -> Leaflet:
    """Return Leaflet without what it would fetch from beside it.  Raises ArchiveError."""
    try:
        files = {file.name: file for file in distribution(WHEEL).files or ()}
        script, style, licence = (
            files[name].read_text("utf-8") for name in ("leaflet.js", "leaflet.css", "LICENSE")
        )
    except (PackageNotFoundError, KeyError, OSError) as error:
        raise ArchiveError(
            f"the map of a report needs the Python package {WHEEL}, which is not whole here:"
            f" {error}; install Sternlight again"
        ) from error
    # The pictures are of controls and markers that no report has.
    return Leaflet(
        _ELSEWHERE.sub("", script).strip(), _PICTURE.sub("none", style).strip(), licence.strip()
    )
