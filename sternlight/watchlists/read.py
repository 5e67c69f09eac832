"""From files of lists to one `Watchlist`: what each holds, and what of it could not be used."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sternlight.errors import SettingsError
from sternlight.text import counted
from sternlight.watchlists import fisheries, iuu, opensanctions, orders, own
from sternlight.watchlists.cells import Problems
from sternlight.watchlists.format import About, Format, LeftOut
from sternlight.watchlists.table import rows, text_of
from tracks.watchlist import Entry, Standing, Watchlist

FORMATS: tuple[Format, ...] = (
    iuu.FORMAT, *opensanctions.FORMATS, *fisheries.FORMATS, orders.FORMAT, own.FORMAT,
)  # fmt: skip
MOST_ENTRIES = 200_000
NOBODY = "nothing by which a ship could be recognised"


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file that was read."""

    path: Path
    format: str
    sha256: str
    entries: Sequence[Entry]
    left_out: Counter[str]  # rows, by why; nothing is wrong with them
    problems: Problems  # cells and rows that could not be used

    @property
    def unusable_count(self) -> int:
        """How many rows have nothing by which a ship could be recognised."""
        return self.problems.counts.get(NOBODY, 0) + self.left_out[NOBODY]

    @property
    def trouble(self) -> str:
        """Say how many rows those are."""
        rows = len(self.entries) + self.unusable_count
        return (
            f"watch list {self.path.name}: {self.unusable_count:,} of {counted(rows, 'row')} have"
            f" {NOBODY}; `sternlight watchlist {self.path.name}` says which"
        )


@dataclass(frozen=True, slots=True)
class Lists:
    """All files together; `watch` holds the entries that make events, `every` all."""

    files: Sequence[ListFile] = ()
    every: Watchlist = field(default_factory=Watchlist)
    watch: Watchlist = field(default_factory=Watchlist)

    @property
    def troubles(self) -> list[str]:
        """Which files have rows that cannot be used, in whole sentences."""
        return [one.trouble for one in self.files if one.unusable_count]

    def rows(self) -> list[dict[str, Any]]:
        """Return what to say of each file where results are told."""
        return [
            {
                "name": one.path.name,
                "format": one.format,
                "sha256": one.sha256,
                "ships": len(one.entries),
                "watched": sum(entry.standing == "listed" for entry in one.entries),
                "trouble": [one.trouble] if one.unusable_count else [],
            }
            for one in self.files
        ]


def read_lists(files: Sequence[str], authorised: Sequence[str] = ()) -> Lists:
    """Read files of lists; all ships of the files `authorised` are that, whatever they say.

    Raises SettingsError, naming the file, where one cannot be used at all.
    """
    found = [read(Path(name)) for name in files]
    found += [read(Path(name), "authorised") for name in authorised]
    if not found:
        return Lists()
    every = Watchlist.of(entry for one in found for entry in one.entries)
    return Lists(found, every, every.events_of())


def read(path: Path, standing: Standing | None = None) -> ListFile:
    """Read a file of any known format.  Raises SettingsError if it cannot be used at all."""
    problems, left_out = Problems(), Counter[str]()
    try:
        with path.open("rb") as file:
            head = file.read(4096).lstrip(b"\xef\xbb\xbf \r\n\t")
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SettingsError(
            f"watch list {path} cannot be read: {(error.strerror or '').lower()}"
        ) from error
    if head.startswith(b"{"):
        name, told = opensanctions.FTM, opensanctions.entities(path, About.of(path), problems)
    else:
        name, told = _of_table(path, problems)
    entries: list[Entry] = []
    for one in told:
        if isinstance(one, str) or not _has_mark(one):
            left_out[one if isinstance(one, str) else NOBODY] += 1
            continue
        if len(entries) >= MOST_ENTRIES:
            raise SettingsError(f"watch list {path} names over {MOST_ENTRIES:,} ships; shorten it")
        entries.append(one if standing is None else replace(one, standing=standing))
    return ListFile(path, name, sha256, entries, left_out, problems)


def _of_table(path: Path, problems: Problems) -> tuple[str, Iterator[Entry | LeftOut]]:
    keys, lines = rows(path, text_of(path), own_or_known, problems)
    kind = next(format_ for format_ in FORMATS if format_.needs <= keys)
    about = replace(About.of(path), keys=keys)

    def entries() -> Iterator[Entry | LeftOut]:
        for row in lines:
            one = kind.entry(row, about)
            if isinstance(one, str) or _has_mark(one):
                yield one
            else:
                problems.add(row.line, "", "", NOBODY)

    return kind.name, entries()


def _has_mark(one: Entry) -> bool:
    return bool(one.imos or one.call_signs or one.mmsis or one.name)


def own_or_known(keys: frozenset[str]) -> bool:
    """Return whether a header is that of any format."""
    return own.fits(keys) or any(f.needs <= keys for f in FORMATS if f.needs)
