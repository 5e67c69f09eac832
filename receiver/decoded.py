"""What every reader of recorded or live data gives back, whatever the format was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracks.batch import PositionBatch, StaticBatch


class BadInput(ValueError):
    """Input that cannot be used at all; the message says what to do about it."""


class Rare(NamedTuple):
    """A message that carries neither a ship's position nor its identity, as pyais reads it."""

    t: float
    line: int
    type: int
    mmsi: int
    fields: dict[str, Any]


@dataclass(slots=True)
class Decoded:
    """Reports out of one piece of input, in the order of their lines.

    `counts` tells what was found and what was left out and why, under names
    such as "lines", "sentences", "type 5", "dropped: bad checksum"; whoever
    reads adds them up.  Nothing disappears without a count.
    """

    positions: PositionBatch
    statics: StaticBatch
    counts: Counter[str] = field(default_factory=Counter)
    own: PositionBatch = field(default_factory=PositionBatch.empty)
    rare: list[Rare] = field(default_factory=list)  # only where they were asked for
