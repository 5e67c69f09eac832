"""What every reader of recorded or live data gives back, whatever the format was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tracks.batch import PositionBatch, StaticBatch


class BadInput(ValueError):
    """Input that cannot be used at all; the message says what to do about it."""


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
