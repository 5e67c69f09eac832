"""Keeps back what rests on a source that must not be handed on.

An event's lines say which source it rests on: in a replay the recording that they stand in, in
a station's log the number in front of each line.  One line of such a source is enough to keep
the event back: without it, it would be another event.  An event whose lines cannot be read any
more is kept back, too.  The record of where ships went does not know its sources, so with such a
source among them no tracks and no coverage are handed on at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sternlight.credits import Credit
from sternlight.exports.finding import AT_ONCE, Told
from sternlight.frames import frames
from sternlight.sqlite import Database

RAW = "raw"  # in a station's folder
_SOURCE = re.compile(rb"\\s:(\d\d),")  # as the log has it in front of what was heard


@dataclass(slots=True)
class Withheld:
    """Lets through the events that rest on nothing that must not be handed on."""

    names: frozenset[str] = frozenset()  # of sources or recordings that are kept back
    raw: Path | None = None  # the log of a station; None for a replay
    _numbers: frozenset[int] = frozenset()
    count: int = field(default=0, init=False)  # events kept back

    @classmethod
    def of(cls, folder: Path, record: Database, used: Sequence[Credit]) -> Withheld:
        """Return what is kept back of a station's folder or a replay's results."""
        names = frozenset(one.name for one in used if not one.shared)
        sources = record.read("select number, name from sources")
        numbers = frozenset(number for number, name in sources if name in names)
        return cls(names, folder / RAW if sources else None, numbers)

    def shared(self, events: Iterable[Told]) -> Iterator[Told]:
        """Yield the events that may be handed on, and count the others."""
        if not self.names:
            yield from events
            return
        self.count = 0
        left = iter(events)
        while some := list(islice(left, AT_ONCE)):
            for told, rests in zip(some, self._rest(some), strict=True):
                if rests:
                    self.count += 1
                else:
                    yield told

    def _rest(self, events: Sequence[Told]) -> list[bool]:
        """Return of each event whether it rests on what is kept back."""
        lines = [[(one["file"], one["line"]) for one in told.row["lines"]] for told in events]
        if self.raw is None:
            return [any(file in self.names for file, _ in own) for own in lines]
        wanted: dict[str, set[int]] = {}
        for own in lines:
            for file, number in own:
                wanted.setdefault(file, set()).add(number)
        open_ = {
            (file, number) for file, numbers in wanted.items()
            for number in self._may_be_shared(self.raw / Path(file).name, numbers)
        }  # fmt: skip
        return [not open_.issuperset(own) for own in lines]

    def _may_be_shared(self, path: Path, numbers: set[int]) -> Iterator[int]:
        """Yield which lines of a segment came from a source that may be handed on."""
        if not path.exists():
            return
        line, kept, last = 0, b"", max(numbers)
        for _, content in frames(path):
            *lines, kept = (kept + content).split(b"\n")
            for text in lines:
                line += 1
                if line in numbers:
                    source = _SOURCE.match(text)
                    if source and int(source[1]) not in self._numbers:
                        yield line
            if line >= last:
                return
