"""Helpers of the tests of formats: read text as a file would be read, and join what comes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from receiver.formats import by_name, detect
from receiver.sources.logfile import Input, open_inputs
from tracks.batch import PositionBatch, StaticBatch


@dataclass
class Read:
    """Everything that one input gave."""

    format: str
    positions: PositionBatch
    statics: StaticBatch
    counts: Counter[str]

    @property
    def dropped(self) -> dict[str, int]:
        """Return the counts of what was dropped, by reason."""
        drop = "dropped: "
        return {k.removeprefix(drop): n for k, n in self.counts.items() if k.startswith(drop)}


def read(recording: Input, name: str | None = None, first_line: int = 0) -> Read:
    """Read an input in the format of that name, or in the one that is detected."""
    chosen = by_name(name) if name else detect(recording.head, recording.name)
    parts = list(chosen.read(recording, 7, first_line))
    return Read(
        chosen.name,
        PositionBatch.concat([part.positions for part in parts]),
        StaticBatch.concat([part.statics for part in parts]),
        sum((part.counts for part in parts), Counter()),
    )


def read_text(text: str | bytes, name: str | None = None, first_line: int = 0) -> Read:
    """Read text as if it were a file's."""
    data = text.encode() if isinstance(text, str) else text
    return read(Input.of_bytes("sample", data), name, first_line)


def read_file(path: Path) -> Read:
    """Read a file that holds one input."""
    inputs = open_inputs([path])  # held, or it closes the file
    return read(next(inputs))
