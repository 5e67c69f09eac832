"""Where ships were heard, told so that it does not tell where the antenna stands.

Nothing that is stored says where the antenna is.  A map of how much was heard where does: it is
loudest around it.  So cells are coarse, and instead of counts they have one of three words, given
by rank: the loudest third of the cells are all alike, and the loudest of them cannot be told.

Neglected: the edge of what is heard is about a circle around the antenna.  Coarse cells leave its
middle uncertain by some miles; so do the tracks of ships, which end at the same edge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sternlight.evidence.grid import Bounds, Grid
from tracks.batch import F64, I64

BLUR_DEG = 0.25  # 15 nmi: three times the 5 nmi within which nothing may tell the antenna
EXACT_DEG = 0.05  # what a station learns in (tracks/cells.py)
WORDS = ("seldom", "sometimes", "often")
FEWEST_RANKED = 9  # cells; of fewer, the loudest third is a place
_COLUMNS = 1 << 20


class Covered(NamedTuple):
    """Cells in which ships were heard; `marks_count` is nan in a blurred one. (N,) each."""

    bounds: Bounds
    heard: list[str]  # one of WORDS
    marks_count: F64  # ten-minute marks at which a ship was heard there


@dataclass(slots=True)
class Coverage:
    """Adds up positions at which ships were heard; memory grows with the cells only."""

    exact: bool = False
    least_deg: float = 0.0  # cells are at least so high
    _counts: dict[int, int] = field(default_factory=dict)

    @property
    def grid(self) -> Grid:
        """The cells."""
        return Grid(max(EXACT_DEG if self.exact else BLUR_DEG, self.least_deg))

    def add(self, lat: F64, lon: F64) -> None:
        """Take positions, one for each ten-minute mark of a ship."""
        row, column = self.grid.cells(lat, lon)
        cells, counts = np.unique(row * _COLUMNS + column, return_counts=True)
        for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
            self._counts[cell] = self._counts.get(cell, 0) + count

    def covered(self) -> Covered:
        """Return the cells, from south to north and west to east."""
        cells = np.array(sorted(self._counts), np.int64)
        counts = np.array([self._counts[cell] for cell in cells.tolist()], np.float64)
        bounds = self.grid.bounds(np.stack(np.divmod(cells, _COLUMNS)))
        words = [WORDS[rank] for rank in _ranks(counts).tolist()]
        return Covered(bounds, words, counts if self.exact else np.full(len(cells), np.nan))


def blurred_coverage(lat: F64, lon: F64) -> Covered:
    """Return where ships were heard, from their positions at ten-minute marks."""
    coverage = Coverage()
    coverage.add(lat, lon)
    return coverage.covered()


def _ranks(counts: F64) -> I64:
    """Return 0, 1 or 2 for each cell: a third of them each; cells with equal counts are alike."""
    if len(counts) < FEWEST_RANKED:
        return np.full(len(counts), len(WORDS) - 1, np.int64)
    below = np.searchsorted(np.sort(counts), counts, side="left")
    return np.minimum(below * len(WORDS) // len(counts), len(WORDS) - 1).astype(np.int64)
