"""Bagged forests that learn from positive and unlabelled ships, and score those they never saw.

The method of McDonald et al. 2021 (doi 10.1073/pnas.2016238117; their code, doi
10.5281/zenodo.4265061): in each of 100 bags a random forest tells all positives from as many
ships drawn from the unlabelled, and a ship's score is the mean over the bags (bagging for
positive and unlabelled examples: Mordelet and Vert 2014, doi 10.1016/j.patrec.2013.06.010).
All is done within ten folds, made by source and ship, so that no forest ever scores a ship
that it was grown from, nor one that shares a ship's other years, or its report.  Labelled
negatives are never learned from, only tried on, as in Joo et al. 2023 (arXiv 2302.10987).

Other than theirs: 25 trees a bag for 1000, since the mean is over 2,500; nothing is rescaled,
which trees do not need; and nan stays nan, for which scikit-learn's trees find a side at each
split.  So where a number could not be seen may itself be learned; `sternlight.learn.single`
looks whether that alone would do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE
from sternlight.learn.measures import ranked_above
from sternlight.learn.numbers import Numbers
from tracks.batch import F64, I64


@dataclass(frozen=True, slots=True)
class Method:
    """How forests are grown."""

    bags_count: int = 100  # McDonald et al. 2021
    trees_count: int = 25  # in each bag
    folds_count: int = 10  # McDonald et al. 2021
    shuffled_bags_count: int = 10  # of each fold, for importances
    seed: int = 0


class Scored(NamedTuple):
    """What forests say of ships that they never saw."""

    score: F64  # 0 to 1, mean of the votes; of no row of its own fold's forests
    fold: I64  # in which each row was left out
    importance: dict[str, float]  # how much worse the ranking is with a feature shuffled


def folds(label: I64, group: I64, folds_count: int, chance: np.random.Generator) -> I64:
    """Deal rows out to folds; those of a group stay together, and positives come out even."""
    groups = np.unique(group)
    chance.shuffle(groups)
    has = [set(group[label == of].tolist()) for of in (POSITIVE, NEGATIVE)]
    dealt = sorted(groups.tolist(), key=lambda one: (one not in has[0], one not in has[1]))
    fold_of = {one: i % folds_count for i, one in enumerate(dealt)}
    return np.array([fold_of[one] for one in group.tolist()], np.int64)


def scored(numbers: Numbers, label: I64, group: I64, method: Method) -> Scored:
    """Score every row by forests that saw neither it nor any row of its group.

    `label` is 1, 0 or -1; `group` counts what must not be parted.  The same for the same seed.
    """
    chance = np.random.default_rng(method.seed)
    positives = len(np.unique(group[label == POSITIVE]))
    fold = folds(label, group, min(method.folds_count, positives), chance)
    n, features = len(label), numbers.features
    score, small = np.zeros(n), np.zeros(n)
    shuffled = np.zeros((len(features), n))
    for one in range(fold.max() + 1):
        here = fold == one
        x = numbers.x[here]
        mixed = np.concatenate([_shuffled(x, numbers.of(name), chance) for name in features])
        for bag in range(method.bags_count):
            forest = _grown(numbers.x, np.where(here, NEGATIVE, label), method, chance)
            votes = forest.predict_proba(x)[:, 1]
            score[here] += votes / method.bags_count
            if bag < method.shuffled_bags_count:
                small[here] += votes
                votes = forest.predict_proba(mixed)[:, 1]
                shuffled[:, here] += votes.reshape(len(features), -1)
    whole = ranked_above(small, label)
    importance = {name: whole - ranked_above(shuffled[i], label)
                  for i, name in enumerate(features)}  # fmt: skip
    return Scored(score, fold, importance)


def _grown(x: F64, label: I64, method: Method, chance: np.random.Generator):  # type: ignore[no-untyped-def]
    """Grow one bag's forest: all positives against as many of the unlabelled."""
    from sklearn.ensemble import RandomForestClassifier

    positive, other = np.flatnonzero(label == POSITIVE), np.flatnonzero(label == OTHER)
    drawn = chance.choice(other, min(len(positive), len(other)), replace=False)
    rows = np.concatenate([positive, drawn])
    forest = RandomForestClassifier(
        method.trees_count, random_state=int(chance.integers(2**31)), n_jobs=1
    )
    return forest.fit(x[rows], np.repeat([0, 1][::-1], [len(positive), len(drawn)]))


def _shuffled(x: F64, columns: I64, chance: np.random.Generator) -> F64:
    """Return rows with the columns of one feature dealt out anew among them."""
    mixed = x.copy()
    mixed[:, columns] = x[chance.permutation(len(x))][:, columns]
    return mixed
