"""What the forests look at: the features of a record as columns of numbers, with their names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anomalies.features import SHIP_KINDS, Features
from anomalies.indicators import INDICATORS
from anomalies.ship_kinds import WORDS
from tracks.batch import F64, I64, Mask

KIND = "kind"  # one column for each kind of ship, and one feature

# What is never learned from, and why.
NOT_LEARNED_FROM = {
    "memory_days": "how long a ship was heard says something of the station, not of the ship",
    "flag_listed_share": "the flag that a ship flies is nobody's deed",
    "listings_score": "lists of ships, and labels, are often made from the same reports",
}
TITLES = {
    KIND: "what kind of ship it is",
    **{one.feature: one.title for one in INDICATORS},
}


class Numbers(NamedTuple):
    """A column for each number; nan: could not be seen."""

    x: F64  # shape (rows, columns)
    feature: tuple[str, ...]  # of each column
    column: tuple[str, ...]  # its name

    def of(self, feature: str) -> I64:
        """Return the columns of a feature."""
        return np.flatnonzero(np.array(self.feature) == feature)

    @property
    def features(self) -> list[str]:
        """Return each feature once, in the order of its columns."""
        return list(dict.fromkeys(self.feature))


def numbers(features: Features) -> Numbers:
    """Return what of features is learned from; one that was never seen is left out."""
    kinds = sorted(set(features.kind.tolist()))
    columns = [(KIND, WORDS[SHIP_KINDS[kind]], features.kind == kind) for kind in kinds]
    if len(kinds) == 1:
        columns = []
    for name in learned_from():
        value = getattr(features, name)
        if not np.isnan(value).all():
            columns.append((name, name, value))
    x = np.empty((len(features), len(columns)))
    for i, (_, _, value) in enumerate(columns):
        x[:, i] = value
    return Numbers(x, tuple(c[0] for c in columns), tuple(c[1] for c in columns))


def learned_from() -> list[str]:
    """Return the features that are numbers and may be learned from."""
    return [name for name in Features.described() if name not in (KIND, *NOT_LEARNED_FROM)]


def seen(features: Features, rows: Mask) -> dict[str, float]:
    """Return of which share of some rows each feature could be seen."""
    n = max(int(np.count_nonzero(rows)), 1)
    return {name: np.count_nonzero(~np.isnan(getattr(features, name)[rows])) / n
            for name in learned_from()}  # fmt: skip
