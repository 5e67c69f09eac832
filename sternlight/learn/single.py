"""What a single feature alone would find: the yardstick for a forest of many.

In the follow-up of McDonald et al. 2021 all negatives were trawlers, and "not a trawler" alone
would have been right nearly as often as the model.  So each feature is tried by itself, on the
same ships and folds, flagging the same share: the highest values or the lowest, whichever the
other folds suggest; whether it could be seen at all; for how long the ship was heard; and what
kind of ship it is.  Of so many the best is picked with hindsight, which favours it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anomalies.features import Features
from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE
from sternlight.learn.measures import Share, found, ranked_above, top
from sternlight.learn.numbers import KIND, learned_from
from tracks.batch import F64, I64, Mask

LENGTH = ("memory_days", "heard_days")  # they say something of the station, not of the ship
SEEN = "could be seen"


class Single(NamedTuple):
    """What one feature alone finds."""

    name: str
    recall: Share  # of labelled cases, with the same share of ships flagged as by the forest
    specificity: Share  # of the labelled negatives, not flagged


class KindRule(NamedTuple):
    """What "is of a kind that is more usual among the cases" finds by itself."""

    share: float  # of all ships, flagged
    recall: Share
    specificity: Share


class Tried(NamedTuple):
    """What rules are tried on."""

    label: I64
    ship: I64
    fold: I64
    part: float  # of all ships that may be flagged


def singles(features: Features, heard_days: F64, tried: Tried) -> list[Single]:
    """Return what each feature alone finds, the best first."""
    columns = {name: getattr(features, name) for name in (*learned_from(), "memory_days")}
    columns["heard_days"] = heard_days
    rules = {name: _either_way(value, tried) for name, value in columns.items()}
    for name, value in columns.items():
        if np.isnan(value).any() and not np.isnan(value).all():
            seen = np.where(np.isnan(value), 0.0, 1.0)
            rules[f"{name} {SEEN}"] = _either_way(seen, tried)
    rules[KIND] = _by_kind(features, tried)
    made = [_single(name, flagged, tried) for name, flagged in rules.items()]
    return sorted(made, key=lambda one: (-one.recall.value, one.name))


def kind_rule(features: Features, tried: Tried) -> KindRule:
    """Return what the kind of ship alone finds, if it may flag as many as it likes.

    Flagged are kinds more usual among positives than among negatives, or, without any, than
    among the unlabelled; always by the other folds.
    """
    against = NEGATIVE if (tried.label == NEGATIVE).any() else OTHER
    flagged = np.zeros(len(tried.label))
    for here in _turns(tried.fold):
        ratio = _ratios(features, tried.label, ~here, against)
        flagged[here] = ratio[features.kind[here]] > 1.0
    one = _single(KIND, flagged, tried)
    share = found(flagged, tried.ship, tried.label >= 0).value
    return KindRule(share, one.recall, one.specificity)


def _single(name: str, flagged: F64, tried: Tried) -> Single:
    return Single(
        name,
        found(flagged, tried.ship, tried.label == POSITIVE),
        found(1.0 - flagged, tried.ship, tried.label == NEGATIVE),
    )


def _turns(fold: I64) -> list[Mask]:
    return [fold == one for one in np.unique(fold).tolist()]


def _either_way(value: F64, tried: Tried) -> F64:
    """Flag the highest values or the lowest, whichever is right in the other folds.

    What could not be seen comes last either way.
    """
    flagged = np.zeros(len(value))
    ways = [np.where(np.isnan(value), -np.inf, way * value) for way in (1.0, -1.0)]
    for here in _turns(tried.fold):
        known = ~here & (tried.label >= 0)
        good = [ranked_above(way[known], tried.label[known]) for way in ways]
        way = ways[int(good[1] > good[0])]
        flagged[here] = top(way[here], tried.label[here] >= 0, tried.part)
    return flagged


def _by_kind(features: Features, tried: Tried) -> F64:
    flagged = np.zeros(len(tried.label))
    for here in _turns(tried.fold):
        ratio = _ratios(features, tried.label, ~here, OTHER)
        score = ratio[features.kind[here]]
        flagged[here] = top(score, tried.label[here] >= 0, tried.part)
    return flagged


def _ratios(features: Features, label: I64, rows: Mask, against: int) -> F64:
    """Return how much more usual each kind is among positives; nobody's kind: 1."""
    counts = [np.bincount(features.kind[rows & (label == of)], minlength=256) + 0.5
              for of in (POSITIVE, against)]  # fmt: skip
    usual = [count / (np.sum(count - 0.5) + 0.5) for count in counts]
    ratio: F64 = usual[0] / usual[1]
    ratio[(counts[0] == 0.5) & (counts[1] == 0.5)] = 1.0
    return ratio
