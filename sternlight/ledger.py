"""The events of a run that are over, on disk: a closed event never changes, so it need not wait.

What stays in memory is the event's id, start and place in the file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from anomalies.event import Change, Event, Evidence


def to_json(event: Event) -> dict[str, Any]:
    """Return an event as what JSON knows."""
    e = event.evidence
    evidence = {
        "measured": {**e.measured},
        "rule": e.rule,
        "lines": e.lines,
        "caveats": e.caveats,
        "others": e.others,
    }
    return {name: getattr(event, name) for name in _NAMES} | {"evidence": evidence}


def from_json(saved: dict[str, Any]) -> Event:
    """Undo `to_json`."""
    e = saved["evidence"]
    # The same few names and rules stand in thousands of events, which are kept until the end.
    measured = {sys.intern(name): value for name, value in e["measured"].items()}
    evidence = Evidence(
        measured,
        sys.intern(e["rule"]),
        tuple(e["lines"]),
        tuple(e["caveats"]),
        tuple(e.get("others", ())),  # archives written before there were any have none
    )
    return Event(**(saved | {"tracks": tuple(saved["tracks"]), "evidence": evidence}))


_NAMES = ("kind", "tracks", "start", "end", "lat", "lon")


class Ledger:
    """Takes changes of events; gives back those that stand.

    Events that go on are kept in memory, the others in an unnamed file in
    `folder`.  Raises OSError when the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.going_on: dict[str, Event] = {}
        self._closed: dict[str, tuple[float, int, int]] = {}  # start, offset, length
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def apply(self, changes: Iterable[Change]) -> None:
        """Take changes in the order in which they were found."""
        for what, event in changes:
            name = event.id
            self.going_on.pop(name, None)
            self._closed.pop(name, None)
            if what == "closed":
                self._write(name, event)
            elif what != "withdrawn":
                self.going_on[name] = event

    def __len__(self) -> int:
        return len(self.going_on) + len(self._closed)

    def __getitem__(self, name: str) -> Event:
        if name in self.going_on:
            return self.going_on[name]
        _, offset, length = self._closed[name]
        self._file.seek(offset)
        return from_json(json.loads(self._file.read(length)))

    def ids(self) -> list[str]:
        """Return the ids of the events that stand, sorted by start and id."""
        starts = {name: event.start for name, event in self.going_on.items()}
        starts |= {name: start for name, (start, _, _) in self._closed.items()}
        return sorted(starts, key=lambda name: (starts[name], name))

    def events(self) -> Iterator[Event]:
        """Yield the events that stand, sorted by start and id."""
        return (self[name] for name in self.ids())

    def _write(self, name: str, event: Event) -> None:
        data = json.dumps(to_json(event), separators=(",", ":")).encode("ascii")
        self._file.seek(self._size)
        self._file.write(data)
        self._closed[name] = event.start, self._size, len(data)
        self._size += len(data)
