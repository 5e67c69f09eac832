"""By how much more, or less, ships were heard than the map says: in an hour, of one ship, ..."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracks.batch import F64, I64, Columns, Mask, column
from tracks.keyed import accumulated, rows_of
from tracks.shares import LEAST, MOST

SHRUNK_SPREAD = 6.0  # as much as 24 bins with even chances, in which just as many were heard
WIDEST = 3.0  # log-odds; by it a chance of a half becomes 0.95 or 0.05
FORGOTTEN_SPREAD = 0.01


@dataclass(frozen=True, slots=True)
class Shifts(Columns):
    """What was heard less what was expected, key by key; sorted by key.

    The shift of the log-odds is `excess / (spread + SHRUNK_SPREAD)`: one of Newton's
    steps from the chances of the map towards those under which the counts are true.
    """

    key: I64 = column(np.int64)
    excess: F64 = column(np.float64)  # bins heard, less the sum of their chances
    spread: F64 = column(np.float64)  # variance of that number, were bins independent

    def of(self, keys: I64) -> F64:
        """Return what to add to the log-odds of each key; 0 where nothing is known."""
        rows, known = rows_of(self.key, keys)
        found, rows = np.zeros(len(keys)), rows[known]
        found[known] = self.excess[rows] / (self.spread[rows] + SHRUNK_SPREAD)
        return np.clip(found, -WIDEST, WIDEST)

    def learned(self, keys: I64, heard: Mask, chance: F64, weight: F64) -> Shifts:
        """Return the table with more bins."""
        if not len(keys):
            return self
        excess, spread = heard - chance, chance * (1 - chance)
        return accumulated(self, keys, weight * excess, weight * spread)

    def aged(self, share: float) -> Shifts:
        """Return the table with its sums times `share`, without keys that are forgotten."""
        kept = self.take(self.spread * share > FORGOTTEN_SPREAD)
        return replace(kept, excess=kept.excess * share, spread=kept.spread * share)


def shifted(chance: F64, shift: F64) -> F64:
    """Return chances with something added to their log-odds."""
    moved = 1 / (1 + (1 - chance) / chance * np.exp(-shift))
    return np.clip(moved, LEAST, MOST)
