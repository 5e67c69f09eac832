"""The ships' record of a replay: the same tables that a station keeps, beside its other results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from anomalies.indicators import Signs
from sternlight.archive import Archive
from sternlight.errors import ArchiveError
from sternlight.fleet import Fleet
from sternlight.jsontext import dumps
from sternlight.record.read import RECORD, track_of
from sternlight.record.reckoned import compute_of
from sternlight.record.store import Finished
from tracks.daybook import Pages
from tracks.ports import Visits


class ReplayRecord:
    """Takes pages as days are over; has its name once it is whole.  Raises ArchiveError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECORD
        self._partial = folder / f".{RECORD}.partial"
        try:
            self._archive = Archive.create(self._partial)
        except ArchiveError:
            self._partial.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Take away what did not become whole."""
        self._archive.close()
        self._partial.unlink(missing_ok=True)

    def remember(self, finished: Iterable[Finished]) -> None:
        """Keep what was finished."""
        with self._archive.transaction():
            self._archive.remember(finished)

    def note(self, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
        """Keep rows of events.jsonl, and yield them as they are written."""
        with self._archive.transaction():
            for row in rows:
                text, tracks = dumps(row), map(track_of, row["tracks"])
                self._archive.note_event(row["id"], _columns(row, text), tracks)
                yield text

    def finish(
        self, fleet: Fleet, visits: Visits, signs: Signs | None = None, lists: bool = False
    ) -> None:
        """Keep hulls and visits that last, and give the file its name.

        With `signs` it is worked out, too, how all ships stand.
        """
        with self._archive.transaction():
            self._archive.remember([Finished(Pages.none(), visits)])
            self._archive.remember_hulls(fleet)
            if signs is not None:
                self._archive.remember_night(compute_of(self._archive, signs, lists))
        self._archive.close()
        self._partial.replace(self._path)


def _columns(row: Mapping[str, Any], text: str) -> tuple[Any, ...]:
    start, end = (None if t is None else datetime.fromisoformat(t).timestamp()
                  for t in (row["start"], row["end"]))  # fmt: skip
    return row["kind"], row["state"], start, end, row["score"], True, text, ""
