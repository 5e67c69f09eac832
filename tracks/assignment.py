"""One to one: which of some detections is which of some hulls, and how sure that is.

Every pair has log-odds, how much better "this detection is this hull" explains what was
seen than "it is somebody else".  The best of all ways to pair them is found (Jonker and
Volgenant's shortest paths, doi 10.1109/TAES.2016.140952, in scipy).  A pair is as sure as the
best way is better than the best one without that pair; so one of two ships side by side
is told from the other, or it is said that they cannot be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tracks.batch import F64, I64, Mask

NOBODY = -1
_NEVER = 1e6  # log-odds of a pair that cannot be


class Choice(NamedTuple):
    """What the best way to pair says of one detection."""

    column: int  # the hull, or NOBODY
    margin: float  # log-odds against the best way in which it is not so
    others: tuple[int, ...]  # hulls, or NOBODY, that are not clearly worse; best first


def choose(row: I64, column: I64, log_odds: F64, rows_count: int, clear: float) -> list[Choice]:
    """Return a choice for each detection, 0 to `rows_count` - 1.

    `row`, `column` and `log_odds`, shape (N,), are the pairs that may be; whatever is within
    `clear` of the best counts as not clearly worse.
    """
    made = [Choice(NOBODY, np.inf, ())] * rows_count
    for pairs in _parts(row, column):
        rows, at = np.unique(row[pairs], return_inverse=True)
        columns, to = np.unique(column[pairs], return_inverse=True)
        gain = np.full((len(rows), len(columns)), -_NEVER)
        gain[at, to] = log_odds[pairs]
        for i, choice in enumerate(_choices(gain, clear)):
            made[rows[i]] = Choice(
                _named(columns, choice.column),
                choice.margin,
                tuple(_named(columns, other) for other in choice.others),
            )
    return made


def _named(columns: I64, which: int) -> int:
    return NOBODY if which == NOBODY else int(columns[which])


def _choices(gain: F64, clear: float) -> Iterator[Choice]:
    """Yield a choice for each row of a matrix of log-odds; it may also choose nobody, at 0."""
    wide = np.hstack([gain, np.where(np.eye(len(gain)) > 0, 0.0, -_NEVER)])
    best, pairing = _solve(wide)
    for i, chosen in enumerate(pairing.tolist()):
        own = gain.shape[1] + i
        losses = []
        for j in (*np.flatnonzero(gain[i] > -_NEVER).tolist(), own):
            if j != chosen:
                losses.append((best - _forced(wide, i, j), NOBODY if j == own else j))
        losses.sort()
        margin = losses[0][0] if losses else np.inf
        near = tuple(j for loss, j in losses if loss < clear)
        yield Choice(NOBODY if chosen >= gain.shape[1] else chosen, margin, near)


def _solve(gain: F64) -> tuple[float, I64]:
    if len(gain) == 1:  # most often; importing the other takes half a second
        return float(gain.max()), gain.argmax(axis=1)
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return float(gain[rows, columns].sum()), columns


def _forced(gain: F64, row: int, column: int) -> float:
    """Return how good the best way to pair is that has `row` at `column`."""
    rest = np.delete(np.delete(gain, row, axis=0), column, axis=1)
    return float(gain[row, column]) + (_solve(rest)[0] if len(rest) else 0.0)


def _parts(row: I64, column: I64) -> Iterator[Mask]:
    """Yield the pairs that hang together by a row or a column, each part as a mask."""
    label = np.arange(len(row))
    while True:
        lower = label.copy()
        for key in (row, column):
            least = np.full(int(key.max(initial=-1)) + 1, len(row))
            np.minimum.at(least, key, lower)
            lower = least[key]
        if (lower == label).all():
            break
        label = lower
    for part in np.unique(label).tolist():
        yield label == part
