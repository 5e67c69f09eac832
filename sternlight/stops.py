"""Steps of the station cut in two, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from anomalies.detector import Heard
from tracks.batch import Fixes, Points, PositionBatch, StaticBatch
from tracks.listening import Turns

B = TypeVar("B", PositionBatch, StaticBatch, Turns)


def parted(batch: B, t: float) -> tuple[B, B]:
    """Return what was before Unix time `t`, and the rest; both in order of time."""
    if (batch.t[1:] < batch.t[:-1]).any():
        batch = batch.take(np.argsort(batch.t, kind="stable"))
    row = int(np.searchsorted(batch.t, t))
    return batch.take(slice(0, row)), batch.take(slice(row, None))


def joined(heard: Sequence[Heard]) -> Heard:
    """Return as one what was heard in several steps: fixes, points and turns."""
    if len(heard) == 1:
        return heard[0]
    fixes = Fixes.concat([h.fixes for h in heard])
    points = Points.concat([h.points for h in heard])
    return Heard(
        fixes.take(np.lexsort((fixes.t, fixes.track))),
        points.take(np.lexsort((points.bin, points.track))),
        Turns.concat([h.turns for h in heard]),
    )
