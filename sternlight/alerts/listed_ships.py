"""Which of the station's watch lists name a ship of an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from anomalies.listed_words import tells_of
from sternlight.record.read import claims
from sternlight.settings import Settings
from sternlight.sqlite import Database
from sternlight.watchlists.read import ListFile, read_lists
from sternlight.watchlists.record import of_ship
from tracks.watchlist import Watchlist

MOST_SHIPS = 10_000  # remembered

NamesOf = Callable[[Mapping[str, Any]], frozenset[str]]  # of the lists, by a row of events.jsonl


def list_names(settings: Settings) -> list[str]:
    """Return by which names subscribers may ask for the lists: those of their files."""
    return [Path(name).name for name in settings.watchlists.files]


def no_lists(row: Mapping[str, Any]) -> frozenset[str]:
    """Return that no list names a ship of an event."""
    return frozenset()


def names_of(record: Database, settings: Settings) -> NamesOf:
    """Return what tells which lists name a ship of an event; they are read when it is asked.

    A list names a ship if the certainty is that of an event of the kind `listed`, by what was
    ever claimed under its MMSI; or if the event itself is of that kind, and tells of the list.
    Raises SettingsError if a list cannot be read.
    """
    watched: dict[str, tuple[ListFile, Watchlist]] = {}
    least = settings.listed.min_certainty_share

    @lru_cache(MOST_SHIPS)
    def of_mmsi(mmsi: int) -> frozenset[str]:
        said = claims(record, [mmsi])
        found = {
            name
            for name, (_, watch) in watched.items()
            if any(m.certainty >= least for _, m in of_ship(mmsi, said, watch, Counter()))
        }
        return frozenset(found)

    def told_in(row: Mapping[str, Any]) -> Iterator[str]:
        for name, (file, _) in watched.items():
            lists = {entry.list_name for entry in file.entries}
            if any(tells_of(caveat, one) for caveat in row["caveats"] for one in lists):
                yield name

    def names(row: Mapping[str, Any]) -> frozenset[str]:
        if not watched:
            for file in read_lists(settings.watchlists.files).files:
                watched[file.path.name] = file, Watchlist.of(file.entries).events_of()
        found = {name for mmsi in row["mmsis"] for name in of_mmsi(mmsi)}
        if row["kind"] == "listed":
            found.update(told_in(row))
        return frozenset(found)

    return names
