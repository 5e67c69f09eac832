"""What a bundle is made of, wherever its evidence is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sternlight.data import NO_PLACES
from sternlight.evidence.manifest import LISTS, PLACES, ListFile, Manifest, kept_at
from sternlight.evidence.sums import digest
from sternlight.evidence.zips import file_pieces
from sternlight.settings import Settings


@dataclass(slots=True)
class Contents:
    """The manifest, rows of events.jsonl, and other files by their name in the bundle."""

    manifest: Manifest
    rows: Sequence[str]
    files: dict[str, Path | bytes] = field(default_factory=dict)

    def take_places(self, given: Sequence[str]) -> None:
        """Take the user's own files of places along."""
        for number, name in enumerate(self.manifest.places, 1):
            self.files[kept_at(PLACES, number, name)] = Path(given[number - 1])

    def take_lists(self, settings: Settings) -> None:
        """Take watch lists along, if they may go."""
        for number, (path, _) in enumerate(_lists(settings), 1):
            one = self.manifest.lists[number - 1]
            if one.included:
                self.files[kept_at(LISTS, number, one.name)] = path


def settings_told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of results without a path, which no event depends on."""
    return {**settings, "answers": {**settings["answers"], "contacts": ""}}


def places_used(given: Sequence[str]) -> dict[str, Any]:
    """Return what a manifest says of places."""
    if list(given) == [NO_PLACES]:
        return {"no_places": True}
    return {"places": tuple(Path(name).name for name in given)}


def lists_used(settings: Settings, included: bool) -> dict[str, Any]:
    """Return what a manifest says of watch lists, which show whom somebody watches."""
    return {
        "lists": tuple(
            ListFile(path.name, part, digest(file_pieces(path)), included)
            for path, part in _lists(settings)
        )
    }


def _lists(settings: Settings) -> list[tuple[Path, str]]:
    lists = settings.watchlists
    return [(Path(name), "files") for name in lists.files] + [
        (Path(name), "authorised") for name in lists.authorised
    ]
