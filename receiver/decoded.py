"""What every reader of recorded or live data gives back, whatever the format was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tracks.anchorages import Learned
from tracks.batch import F64, PositionBatch, StaticBatch
from tracks.listening import Turns


class BadInput(ValueError):
    """Input that cannot be used at all; the message says what to do about it."""


class Rare(NamedTuple):
    """A message that carries neither a ship's position nor its identity, as pyais reads it."""

    t: float
    line: int
    type: int
    mmsi: int
    fields: dict[str, Any]


class Told(NamedTuple):
    """What a station's log says of the station itself."""

    station: str  # its identity
    lateness_s: float  # a report so much older than another before it is late
    turns: Turns
    learned: tuple[Learned, ...] = ()


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
    # Base stations' clocks minus ours, where the time is ours.
    clock_offsets_s: F64 = field(default_factory=lambda: np.empty(0))
    told: Told | None = None  # only of a station's log
