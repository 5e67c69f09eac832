"""What a bundle says of itself: where its evidence is from, and how to come to its events again.

Of a bundle of others nothing is trusted: what is not as `written` writes it is refused.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

import numpy as np

import sternlight
from sternlight.data import data_folder
from sternlight.errors import BundleError
from sternlight.evidence.sums import digest
from sternlight.evidence.zips import file_pieces, fit_name
from sternlight.guidance import SAYS_NOT
from sternlight.jsontext import dumps
from sternlight.setting_values import UnfitError, fit

README, MANIFEST, EVENTS, SENTENCES = "README.txt", "manifest.json", "events.jsonl", "sentences.txt"
RAW, STATE, PLACES, LISTS = "raw", "state.zst", "places", "watchlists"
LINES = "lines.jsonl"
VERSION = 1
MOST_LINES = 10_000_000  # of a segment; a busy station hears a million in an hour

Origin = Literal["station", "recording"]
ORIGINS: tuple[str, ...] = get_args(Origin)


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a station's raw log; hashes as in `sternlight.evidence.digests`."""

    number: int
    name: str
    first_line: int  # counted over the whole log, from 0
    lines: int
    ended: bool  # false: it was still being written, and stands here up to then
    sha256: str
    root: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A file of a recording, in the order in which it was read."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ListFile:
    """A watch list that was used; `included` says whether it stands in the bundle."""

    name: str
    part: str  # of the settings: files, authorised
    sha256: str
    included: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a station's log, without its address."""

    number: int
    name: str
    format: str
    clock: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that a bundle says of itself."""

    origin: Origin
    about: str  # what was asked for: an event, an MMSI or all
    events: tuple[str, ...]
    settings: Mapping[str, Any]
    since: str = ""  # ISO 8601; "" is open
    until: str = ""
    station: str = ""
    key: str = ""  # fingerprint of the key that signed it; "" if none did
    no_places: bool = False  # all masks were off
    places: tuple[str, ...] = ()  # names of files of the user's own, in their order
    lists: tuple[ListFile, ...] = ()
    # Of a station
    segments: tuple[Segment, ...] = ()
    state_before: int = 0  # `state.zst` is what was known before this segment; 0: there is none
    links: tuple[Segment, ...] = ()  # of which only heads stand here, up to one that was stamped
    as_of: float = 0.0  # Unix seconds: what was heard before is judged
    sources: tuple[Source, ...] = ()  # with `lines_only`
    # Of a recording
    recordings: tuple[Recording, ...] = ()
    format: str = ""  # "" was found out by looking
    start: str = ""  # when a recording without times began
    lines_only: bool = False  # only the lines of some ships stand here
    credits: tuple[str, ...] = ()  # whose data it is
    notes: tuple[str, ...] = ()  # what the reader should know, in whole sentences
    release: str = sternlight.__version__
    versions: Mapping[str, Any] = field(default_factory=lambda: versions())
    data: Mapping[str, Any] = field(default_factory=lambda: data_hashes())

    def written(self) -> bytes:
        """Return it as JSON."""
        return (
            dumps(
                {"sternlight_bundle": VERSION, **asdict(self), "says_not": SAYS_NOT}, indented=True
            )
            + "\n"
        ).encode("ascii")

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Undo `written`.  Raises BundleError."""
        try:
            said = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{MANIFEST} is no JSON: {error}") from error
        if not isinstance(said, dict) or "sternlight_bundle" not in said:
            raise BundleError(f"{MANIFEST} is not that of a bundle")
        if said["sternlight_bundle"] != VERSION:
            raise BundleError(
                f"the bundle has version {said['sternlight_bundle']!r}, and this Sternlight"
                f" {sternlight.__version__} reads version {VERSION}; install the one that made it"
            )
        del said["sternlight_bundle"]
        said.pop("says_not", None)
        found = _made(cls, said, MANIFEST)
        found._check()
        return found

    def _check(self) -> None:
        if self.origin not in ORIGINS:
            raise BundleError(f"{MANIFEST}: origin is {self.origin!r}")
        names = [
            *self.places,
            *(one.name for some in (self.segments, self.recordings, self.lists) for one in some),
        ]
        for one in (*self.segments, *self.links):
            if not len(self.sources) + 2 < one.lines <= MOST_LINES:
                raise BundleError(f"{MANIFEST}: {one.name} cannot have {one.lines:,} lines")
        for before, after in pairwise((*self.segments, *self.links)):
            if not (before.number < after.number and before.first_line < after.first_line):
                raise BundleError(f"{MANIFEST}: {after.name} cannot stand behind {before.name}")
        for name in names:
            if not fit_name(name):
                raise BundleError(f"{MANIFEST}: {name!r} is no name of a file in a bundle")


M = TypeVar("M")
_MANY = {
    "segments": Segment,
    "links": Segment,
    "recordings": Recording,
    "lists": ListFile,
    "sources": Source,
}


def _made(kind: type[M], said: Any, where: str) -> M:
    """Return a dataclass of what JSON holds.  Raises BundleError where that does not fit."""
    if not isinstance(said, dict):
        raise BundleError(f"{where} should be an object")
    hints = get_type_hints(kind)
    names = {one.name for one in fields(kind)}  # type: ignore[arg-type] # dataclasses all
    if said.keys() != names:
        odd = sorted(said.keys() ^ names)
        raise BundleError(f"{where}: {', '.join(map(repr, odd))} is missing, or not known")
    values: dict[str, Any] = {}
    for name, value in said.items():
        place = f"{where}, {name}"
        if name in _MANY:
            if not isinstance(value, list):
                raise BundleError(f"{place} should be a list")
            values[name] = tuple(_made(_MANY[name], one, place) for one in value)
        elif hints[name] == Mapping[str, Any]:
            if not isinstance(value, dict):
                raise BundleError(f"{place} should be an object")
            values[name] = value
        else:
            try:
                values[name] = fit(str if name == "origin" else hints[name], value)
            except (KeyError, UnfitError) as error:
                raise BundleError(f"{place} is {str(value)[:80]!r}: {error}") from error
    return kind(**values)


def versions() -> dict[str, str]:
    """Return what computed the events, and on what."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
    }


def data_hashes() -> dict[str, str]:
    """Return the SHA-256 of the data that comes with Sternlight: places, flags."""
    folder = data_folder()
    paths = [*(folder / "places").rglob("*"), *folder.glob("*.csv")]
    return {
        path.relative_to(folder).as_posix(): digest(file_pieces(path))
        for path in sorted(paths)
        if path.is_file()
    }


def kept_at(part: str, number: int, name: str) -> str:
    """Return where a file of places or a watch list stands: names may be the same."""
    return f"{part}/{number}/{name}"


def unpacked(folder: Path) -> Manifest:
    """Read the manifest in the folder of an unpacked bundle."""
    return Manifest.read((folder / MANIFEST).read_bytes())


def raw_paths(folder: Path, manifest: Manifest) -> list[Path]:
    """Return the files of the evidentiary copy, in their order."""
    some = manifest.segments if manifest.origin == "station" else manifest.recordings
    return [folder / RAW / one.name for one in some]
