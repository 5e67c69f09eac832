"""In which share of the ten-minute bins ships were heard, place by place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracks.batch import BIN_S, F64, I64, U8, Columns, Mask, column
from tracks.cells import SIZES_DEG, cells_of, first_cell
from tracks.keyed import accumulated, rows_of
from tracks.trials import Trials

SHRUNK = 8.0  # a cell counts as if so many bins more had been like the cell around it
KNOWN_COUNT = 3.0  # bins with a ship in the 9 nmi cell; with fewer, nothing is known there
LEAST, MOST = 0.002, 0.998  # no place is quite deaf, and in none is everything heard
FORGOTTEN_COUNT = 0.05


@dataclass(frozen=True, slots=True)
class Shares(Columns):
    """Bins with ships in them, and bins heard, cell by cell; sorted by cell."""

    cell: I64 = column(np.int64)
    bins: F64 = column(np.float64)
    heard: F64 = column(np.float64)

    def at(self, lat: F64, lon: F64, kind: U8) -> tuple[F64, Mask]:
        """Return the share at each place for each kind of ship, and whether it is known.

        That of a cell of 3 nmi is shrunk to that of the 9 nmi around, that to the
        27 nmi around, and that to nothing heard at all.
        """
        cells = cells_of(lat, lon, kind)
        rows, found = rows_of(self.cell, cells.ravel())
        of_cell = np.zeros((2, cells.size))
        of_cell[:, found] = self.bins[rows[found]], self.heard[rows[found]]
        bins, heard = of_cell.reshape(2, *cells.shape)
        share = heard[-1] / (bins[-1] + SHRUNK)
        for size in reversed(range(len(cells) - 1)):
            share = (heard[size] + SHRUNK * share) / (bins[size] + SHRUNK)
        return np.clip(share, LEAST, MOST), bins[1] >= KNOWN_COUNT

    def followed_h(self) -> float:
        """Return for how many hours ships were followed, all together."""
        of_largest = self.cell >= first_cell(len(SIZES_DEG) - 1)
        return float(self.bins[of_largest].sum()) * BIN_S / 3600

    def learned(self, trials: Trials) -> Shares:
        """Return the table with more bins."""
        cells = cells_of(trials.lat, trials.lon, trials.kind)
        weight, heard = (np.tile(x, len(cells)) for x in (trials.weight, trials.heard))
        return accumulated(self, cells.ravel(), weight, heard)

    def aged(self, share: float) -> Shares:
        """Return the table with its counts times `share`, without cells that are forgotten."""
        kept = self.take(self.bins * share > FORGOTTEN_COUNT)
        return replace(kept, bins=kept.bins * share, heard=kept.heard * share)
