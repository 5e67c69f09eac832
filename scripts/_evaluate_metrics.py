"""How good a list of events is: shares with their intervals, rankings, and who found what."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator

from tracks.batch import F64, I64, Mask

Z95 = 1.959963984540054  # two-sided 95 % of a normal distribution
SAME = 0.5  # two spans are one if they share at least half of the longer


def poisson(count: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a mean of which `count` were seen (Garwood 1936).

    As if one event had nothing to do with the next: where they come in clusters
    it is too narrow.
    """

    def below(mean: float, n: int) -> float:
        """Return the chance of fewer than `n`."""
        k = np.arange(n)
        logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, max(n, 1))))])[:n]
        return float(np.exp(k * math.log(mean) - mean - logs).sum())

    def solve(n: int, chance: float) -> float:
        low, high = 1e-9, 4.0 * n + 20
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle, n) > chance else (low, middle)
        return low

    return (solve(count, 0.975) if count else 0.0), solve(count + 1, 0.025)


class Ranking(NamedTuple):
    """Things with a score each; `missed` is how many true ones were not listed at all.

    A score of -inf is the same as not listed.
    """

    truth: Mask
    score: F64
    missed: int = 0

    @property
    def true_count(self) -> int:
        """How many true ones there are, listed or not."""
        return int(np.count_nonzero(self.truth)) + self.missed

    def flagged(self, least: float) -> Counts:
        """Return the counts if everything with at least that score is flagged."""
        return self.counted((self.score >= least) & (self.score > -np.inf))

    def counted(self, flagged: Mask) -> Counts:
        """Return the counts of what was flagged."""
        return Counts(
            int(np.count_nonzero(flagged & self.truth)),
            int(np.count_nonzero(flagged)),
            self.true_count,
        )


class Counts(NamedTuple):
    """How many of those flagged were right, and how many there were to find."""

    right: int
    flagged: int
    true: int


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, doi 10.2307/2276774); 0 to 1 for n = 0."""
    if not n:
        return 0.0, 1.0
    share, z2 = hits / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def steps(ranking: Ranking) -> tuple[I64, I64]:
    """Return how many were right and how many listed, down to each different score."""
    listed = ranking.score > -np.inf
    score, truth = ranking.score[listed], ranking.truth[listed]
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, np.ones(min(len(order), 1), np.bool_)])
    return np.cumsum(truth[order])[last].astype(np.int64), (last + 1).astype(np.int64)


def average_precision(ranking: Ranking) -> float:
    """Return the mean precision over all true ones, each at the depth at which it is listed.

    Equal scores are one step; a true one that is not listed counts 0.  nan
    where there is nothing to find.
    """
    if not ranking.true_count:
        return math.nan
    right, listed = steps(ranking)
    gained = np.diff(right, prepend=0)
    return float((gained * right / listed).sum() / ranking.true_count)


def recall_at(ranking: Ranking, precision: float) -> float:
    """Return the greatest recall of any threshold with at least that precision; 0 if none."""
    right, listed = steps(ranking)
    good = right >= precision * listed
    return float(right[good].max(initial=0)) / max(ranking.true_count, 1)


def precision_at(ranking: Ranking, recall: float) -> float:
    """Return the greatest precision of any threshold with at least that recall; 0 if none."""
    right, listed = steps(ranking)
    good = right >= recall * ranking.true_count
    return float((right[good] / listed[good]).max(initial=0.0))


def right_among(ranking: Ranking, n: int) -> float:
    """Return how many of the `n` strongest are right; of equal ones, as many as on average."""
    right, listed = (np.concatenate([[0], column]) for column in steps(ranking))
    return float(np.interp(min(n, listed[-1]), listed, right))


def pooled(rankings: Iterable[Ranking]) -> Ranking:
    """Return several rankings as one; their scores must mean the same."""
    parts = list(rankings)
    return Ranking(
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.score for part in parts]),
        sum(part.missed for part in parts),
    )


def bootstrap(
    parts: Sequence[Ranking], figure: Callable[[Ranking], float], times: int = 400
) -> tuple[float, float]:
    """Return the 95 % interval of a figure when whole seas are drawn anew with replacement.

    Ships and hours of one sea share an antenna and the weather, so events are
    not drawn one by one.  With few seas the interval is itself rough.
    """
    rng = Generator(PCG64(1))
    drawn = rng.integers(0, len(parts), (times, len(parts)))
    found = [figure(pooled(parts[k] for k in row)) for row in drawn.tolist()]
    found = [value for value in found if not math.isnan(value)]
    if not found:
        return math.nan, math.nan
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


class Bin(NamedTuple):
    """Events whose scores lie together."""

    low: float
    high: float
    mean_score: float
    right: int
    n: int


def reliability(ranking: Ranking, edges: Sequence[float]) -> list[Bin]:
    """Return how many are true in each bin of scores; only the last has its upper edge."""
    bins = []
    for low, high in pairwise(edges):
        inside = (ranking.score >= low) & (
            (ranking.score < high) | ((high == edges[-1]) & (ranking.score == high))
        )
        n = int(np.count_nonzero(inside))
        mean = float(ranking.score[inside].mean()) if n else math.nan
        bins.append(Bin(low, high, mean, int(np.count_nonzero(inside & ranking.truth)), n))
    return bins


class Span(NamedTuple):
    """Who and when; `end` is the end of the recording for what goes on."""

    mmsis: tuple[int, ...]
    start: float
    end: float


def shared(a: Span, b: Span) -> float:
    """Return the time two spans share, as part of the longer one."""
    both = min(a.end, b.end) - max(a.start, b.start)
    return max(both, 0.0) / max(a.end - a.start, b.end - b.start, 1e-9)


def match(found: Sequence[Span], true: Sequence[Span], least: float = SAME) -> dict[int, int]:
    """Return which found span is which true one: same ships, and enough time shared.

    One to one; where several would do, those that share most come first.
    """
    by_ships: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for j, span in enumerate(true):
        by_ships[span.mmsis].append(j)
    pairs = [
        (-part, i, j)
        for i, span in enumerate(found)
        for j in by_ships.get(span.mmsis, ())
        if (part := shared(span, true[j])) >= least
    ]
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs):
        if i not in matched and j not in taken:
            matched[i] = j
            taken.add(j)
    return matched


def adjusted_rand(a: Sequence[object], b: Sequence[object]) -> float:
    """Return how far two labellings agree beyond chance (Hubert & Arabie 1985).

    1 where they are the same, about 0 where they agree as by chance.
    """
    together, of_a, of_b = (
        sum(math.comb(n, 2) for n in Counter(x).values()) for x in (zip(a, b, strict=True), a, b)
    )
    chance = of_a * of_b / math.comb(len(a), 2)
    most = (of_a + of_b) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)
