"""How good a ranking of ships is, where only some of the cases among them are known.

Ships weigh the same, however many of their years are labelled.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, Mask

THRESHOLDS = np.arange(1, 100) / 100  # McDonald et al. 2021
LEAST_RECALL = 0.5  # ours, see `threshold`
BANDS = np.arange(11) / 10


class Share(NamedTuple):
    """A share of ships, with its 95 % interval."""

    value: float
    low: float
    high: float
    ships_count: int

    @property
    def says(self) -> str:
        """Write it as people read it."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f}; {self.ships_count} ships)"


class Band(NamedTuple):
    """Ships between two scores."""

    low: float
    high: float
    ships_count: int
    positives_count: int
    negatives_count: int


def share(value: float, n: int) -> Share:
    """Return a share of n ships with its interval (Wilson 1927, doi 10.2307/2276774)."""
    if not n:
        return Share(math.nan, 0.0, 1.0, 0)
    z = 1.959964
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    return Share(value, max(middle - half, 0.0), min(middle + half, 1.0), n)


def weights(ship: I64) -> F64:
    """Return what each row weighs, so that every ship weighs one."""
    _, of, count = np.unique(ship, return_inverse=True, return_counts=True)
    weight: F64 = 1.0 / count[of]
    return weight


def found(flagged: F64, ship: I64, rows: Mask) -> Share:
    """Return which share of the ships of some rows is flagged; a row may be so by a part."""
    if not rows.any():
        return share(math.nan, 0)
    weight = weights(ship[rows])
    value = float(np.sum(weight * flagged[rows]) / np.sum(weight))
    return share(min(value, 1.0), len(np.unique(ship[rows])))


def threshold(score: F64, positive: Mask, ship: I64) -> float:
    """Return from which score on ships are flagged: recall squared by the share flagged is largest.

    The rule of McDonald et al. 2021, there averaged over folds, here over all rows at once.  It
    alone may choose to flag hardly anybody and find one case in twenty, as it did for some of
    the forests that they published, so that half of the cases have to be found.
    """
    best, most = float(THRESHOLDS[0]), -math.inf
    everyone, cases = weights(ship), weights(ship[positive])
    for limit in THRESHOLDS.tolist():
        over = score >= limit
        recall = np.sum(cases * over[positive]) / np.sum(cases)
        flagged = np.sum(everyone * over) / np.sum(everyone)
        if recall >= LEAST_RECALL and recall**2 / flagged > most:
            best, most = limit, recall**2 / flagged
    return best


def chosen_without(score: F64, fold: I64, positive: Mask, counted: Mask, ship: I64) -> F64:
    """Return for each row a threshold that was chosen without the rows of its fold."""
    limit = np.empty(len(score))
    for one in np.unique(fold).tolist():
        others = (fold != one) & counted
        limit[fold == one] = threshold(score[others], positive[others], ship[others])
    return limit


def top(score: F64, among: Mask, part: float) -> F64:
    """Flag the highest-scored part of some rows, and whoever scores as high beside them.

    Where several share the last score, each is flagged by the part of them that still fits.
    """
    ordered = np.sort(score[among])[::-1]
    room = part * len(ordered)
    if room <= 0:
        return np.zeros(len(score))
    limit = ordered[math.ceil(room) - 1]
    above, same = np.count_nonzero(ordered > limit), np.count_nonzero(ordered == limit)
    return np.where(score > limit, 1.0, np.where(score == limit, (room - above) / same, 0.0))


def ranked_above(score: F64, label: I64) -> float:
    """Return how often a labelled case is ranked above an unlabelled ship; half by lot."""
    cases, others = score[label > 0], np.sort(score[label == 0])
    below = np.searchsorted(others, cases, "left") + np.searchsorted(others, cases, "right")
    return float(np.mean(below) / (2 * len(others)))


def ranking(score: F64, label: I64, ship: I64) -> Share:
    """Return `ranked_above` with its interval (Hanley and McNeil 1982).

    doi 10.1148/radiology.143.1.7063747; ships count, not their years.
    """
    a = ranked_above(score, label)
    cases, others = (len(np.unique(ship[label == of])) for of in (1, 0))
    spread = (
        a * (1 - a)
        + (cases - 1) * (a / (2 - a) - a * a)
        + (others - 1) * (2 * a * a / (1 + a) - a * a)
    )
    half = 1.959964 * math.sqrt(max(spread, 0.0) / (cases * others))
    return Share(a, max(a - half, 0.0), min(a + half, 1.0), cases)


def bands(score: F64, label: I64) -> list[Band]:
    """Return how many ships, and labelled ones, have which score."""
    of = np.clip(np.floor(score * 10 + 1e-9), 0, 9)
    return [
        Band(float(BANDS[i]), float(BANDS[i + 1]),
             *(int(np.count_nonzero((of == i) & rows)) for rows in
               (label >= 0, label > 0, label < 0)))
        for i in range(10)
    ]  # fmt: skip
