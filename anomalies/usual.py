"""How surprising silences usually are: what turns a chance computed into "1 in N".

A chance that is a product over many bins is wrong: fading makes neighbouring bins
alike, and of all the moments at which a silence may begin, those are seen at which
one did.  So every silence that ended is counted with its computed surprise, and
the silences themselves say how rare each is.  Nearly all of them are lost
reception.  Those few that are not stand in the rare tail, so the tail is
not counted but drawn: on from the half and the fifth of the most surprising, on
which they have little weight, falling by the same factor with each step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracks.batch import F64, I64, Columns, column

STEP = 0.02  # of the computed surprise, log10
MADE_SHARE = 0.03  # of the silences a ship may have been made silent; only their tail matters
UPPER, LOWER = 0.5, 0.2  # between these shares of all silences the tail's fall is measured
# Near a port or the shore transponders are switched off every day, and elsewhere seldom: what is
# usual is counted apart.
SEA, LAND = "sea", "land"
# Before silences have been counted, as if so many had been seen with these exceeded by half and
# by a fifth of them: from simulated seas, and where boats cut their power at the quay.
PRIOR_COUNT = 30.0
PRIORS = {SEA: (0.87, 1.22), LAND: (2.0, 4.0)}
HALF_LIFE_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class Usual(Columns):
    """How many silences there were of each computed surprise; sorted."""

    step: I64 = column(np.int64)  # computed surprise / STEP
    count: F64 = column(np.float64)

    def one_in(self, computed: F64, priors: tuple[float, float]) -> F64:
        """Return log10 of N, so that one in N usual silences has that much or more.

        `priors` are what half and a fifth of them exceed before any has been seen.
        """
        shares = (UPPER, LOWER)
        upper, lower = (self._exceeded_by(*pair) for pair in zip(shares, priors, strict=True))
        at_upper, at_lower = (
            -np.log10((share - MADE_SHARE) / (1 - MADE_SHARE)) for share in (UPPER, LOWER)
        )
        fall = (at_lower - at_upper) / max(lower - upper, STEP)
        one_in: F64 = np.maximum(at_upper + (computed - upper) * fall, 0.0)
        return one_in

    def _exceeded_by(self, share: float, prior: float) -> float:
        """Return what that share of silences exceeds, the prior among them."""
        total = float(self.count.sum())
        if not total:
            return prior
        below = np.cumsum(self.count) / total
        row = int(np.searchsorted(below, 1 - share))
        row = min(row, len(self) - 1)
        before = below[row - 1] if row else 0.0
        part = (1 - share - before) / (below[row] - before)
        seen = float(self.step[row] + part) * STEP
        return (PRIOR_COUNT * prior + total * seen) / (PRIOR_COUNT + total)

    def seen(self, computed: F64) -> Usual:
        """Return the table with more silences."""
        if not len(computed):
            return self
        steps = np.concatenate([self.step, np.floor(computed / STEP).astype(np.int64)])
        counts = np.concatenate([self.count, np.ones(len(computed))])
        step, of = np.unique(steps, return_inverse=True)
        return Usual(step, np.asarray(np.bincount(of, counts, len(step)), np.float64))

    def aged(self, days: int) -> Usual:
        """Return the table so many days later."""
        return replace(self, count=self.count * 0.5 ** (days / HALF_LIFE_DAYS)) if days else self
