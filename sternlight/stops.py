"""Steps of the station cut in two."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from tracks.batch import PositionBatch, StaticBatch
from tracks.listening import Turns

B = TypeVar("B", PositionBatch, StaticBatch, Turns)


def parted(batch: B, t: float) -> tuple[B, B]:
    """Return what was before Unix time `t`, and the rest; both in order of time."""
    if (batch.t[1:] < batch.t[:-1]).any():
        batch = batch.take(np.argsort(batch.t, kind="stable"))
    row = int(np.searchsorted(batch.t, t))
    return batch.take(slice(0, row)), batch.take(slice(row, None))
