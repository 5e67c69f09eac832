"""What each factor of a score earns: the ranking without it, beside the ranking with it.

The factors are those that the events came with, whatever they are.  Leaving one out
takes its weight from the sum; which events are listed stays as it is, also where
the factor's measure decides on that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from _evaluate_meetings import KINDS, SETTINGS, Setting
from _evaluate_metrics import Ranking, average_precision, pooled
from _evaluate_run import Factors
from _evaluate_tables import FEW, STRONG, Meetings, table
from numpy.random import PCG64, Generator

from tracks.batch import F64

TIMES = 200
SCORES = {"encounter": "transshipment", "loitering": "loitering"}


class Made(NamedTuple):
    """A ranking whose every row comes with what its score is made of; () if it is not listed."""

    ranking: Ranking
    factors: Sequence[Factors]


class Earned(NamedTuple):
    """What a factor is worth."""

    name: str
    events: int  # it has a weight in
    right: int  # of these
    without: float  # the average precision then
    falls: float  # by so much it is less than with the factor
    low: float  # 95 % of it; nan with few seas
    high: float
    strong: tuple[int, int]  # right and wrong ones that have a score of one half or more then


def earned(seas: Sequence[Made]) -> list[Earned]:
    """Return what each factor is worth that can move anything, those that earn most first.

    The interval comes from drawing whole seas anew; with and without are asked of
    the same ones.  Which moves nothing: a weight that all events have alike.
    """
    seas = [_listed(sea) for sea in seas]
    whole = _averages(seas, [_sums(sea) for sea in seas])
    found = []
    for name in sorted({name for sea in seas for row in sea.factors for name, _ in row}):
        weights = [_weights(sea, name) for sea in seas]
        if np.ptp(np.concatenate(weights)) < 1e-9:
            continue
        less = [(_sums(sea) - w).round(9) for sea, w in zip(seas, weights, strict=True)]
        without = _averages(seas, less)
        falls = whole - without
        low, high = (math.nan, math.nan)
        if len(seas) >= FEW:
            low, high = np.nanquantile(falls[1:], [0.025, 0.975]).tolist()
        said = [w != 0 for w in weights]
        right = sum(int((s & sea.ranking.truth).sum()) for s, sea in zip(said, seas, strict=True))
        count = sum(int(s.sum()) for s in said)
        strong = _strong(seas, less)
        found.append(
            Earned(name, count, right, float(without[0]), float(falls[0]), low, high, strong)
        )
    return sorted(found, key=lambda one: (-round(one.falls, 3), one.strong[0] - one.strong[1]))


def _strong(seas: Sequence[Made], scores: Sequence[F64]) -> tuple[int, int]:
    """Return how many right and wrong ones are more likely than not, by their log-odds."""
    truth = np.concatenate([sea.ranking.truth for sea in seas])
    strong = np.concatenate(scores) >= 0
    return int((strong & truth).sum()), int((strong & ~truth).sum())


def _averages(seas: Sequence[Made], scores: Sequence[F64]) -> F64:
    """Return the average precision of all seas together, and then of each drawing of them."""
    rng = Generator(PCG64(2))
    draws = rng.integers(0, len(seas), (TIMES, len(seas)))
    ranked = [sea.ranking._replace(score=score) for sea, score in zip(seas, scores, strict=True)]
    return np.array(
        [
            average_precision(pooled(ranked[k] for k in rows))
            for rows in [range(len(seas)), *draws.tolist()]
        ]
    )


def _listed(sea: Made) -> Made:
    """Return the rows that are listed; the true ones among the others count as missed."""
    ranking = sea.ranking
    rows = np.flatnonzero((ranking.score > -np.inf) & np.array([bool(f) for f in sea.factors]))
    missed = ranking.true_count - int(ranking.truth[rows].sum())
    kept = Ranking(ranking.truth[rows], ranking.score[rows], missed)
    return Made(kept, [sea.factors[row] for row in rows.tolist()])


def _sums(sea: Made) -> F64:
    """Return the log-odds of each score; rounded, so that what is equal stays so."""
    sums = [math.fsum(weight for _, weight in row) for row in sea.factors]
    return np.array(sums, np.float64).round(9)


def _weights(sea: Made, name: str) -> F64:
    return np.array(
        [math.fsum(weight for n, weight in row if n == name) for row in sea.factors], np.float64
    )


def different(settings: Sequence[Setting]) -> list[str]:
    """Return the names of settings whose seas are not those of another one, moved or thinned."""
    first = {(id(s.cast), s.climate): s.name for s in reversed(settings)}
    return [s.name for s in settings if s.name in first.values()]


def of_ablation(gaps: Sequence[Made], meetings: Meetings) -> dict[str, list[Made]]:
    """Return for each table the seas it is about; of meetings those of the first rule, ours."""
    made = {"dark-gap": list(gaps)}
    for kind in KINDS:
        seas = [
            one for name in different(SETTINGS) for one in next(iter(meetings[name].values()))[kind]
        ]
        made[SCORES[kind]] = [Made(one.ranking, one.factors) for one in seas]
    return {f"ablation-{name}": seas for name, seas in made.items()}


def written(seas: Sequence[Made]) -> str:
    """Write what each factor earns below the average precision of all of them."""
    listed = [_listed(sea) for sea in seas]
    everything = average_precision(pooled(sea.ranking for sea in listed))
    count = sum(len(sea.factors) for sea in listed)
    right = sum(int(sea.ranking.truth.sum()) for sea in listed)
    head = ["without", "listed events it is said of", "right among them", "average precision",
            "falls by", f"score {STRONG} or more: right", "wrong"]  # fmt: skip
    rows = [
        ["nothing: the whole score", f"{count:,}", f"{right:,}", f"{everything:.3f}", "",
         *_two(_strong(listed, [_sums(sea) for sea in listed]))]
    ]  # fmt: skip
    for one in [] if math.isnan(everything) else earned(seas):
        falls, low, high = (f"{round(x, 3) + 0.0:.3f}" for x in (one.falls, one.low, one.high))
        interval = "" if math.isnan(one.low) else f" ({low} to {high})"
        rows.append(
            [one.name, f"{one.events:,}", f"{one.right:,}", f"{one.without:.3f}",
             falls + interval, *_two(one.strong)]
        )  # fmt: skip
    return table(head, rows)


def _two(strong: tuple[int, int]) -> list[str]:
    return [f"{count:,}" for count in strong]
