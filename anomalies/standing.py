"""How a ship stands: a score made of published signs, those it shows, and those missing.

The score is the sum of what the signs add, at most 1: each sign a share of its own weight
(`anomalies.indicators`).  It shows how much there is to check and is never a probability of
anything, least of all of forced labour.  A sign that could not be looked for adds nothing, is
not counted among those looked for, and is listed with the reason.  A sign that is not asked of
that kind of ship is neither shown nor missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anomalies.features import SHIP_KINDS, Features, summed
from anomalies.indicators import INDICATORS, Indicator
from tracks.batch import F64, Mask

LEAST = 0.005  # smaller weights would not show in a score of two digits
SHOWN_SHARE = 0.5
FEATURE_OF = {one.kind: one.feature for one in INDICATORS if one.kind}  # by the kind of its events


class Mark(NamedTuple):
    """An event of a ship, as far as its score needs it."""

    id: str
    kind: str
    score: float
    says: str  # its heaviest reason, in one sentence


@dataclass(frozen=True, slots=True)
class Sign:
    """What an indicator says of a ship."""

    indicator: Indicator
    value: float  # of its feature
    share: float  # of its cap, 0 to 1
    events: tuple[str, ...]  # ids of those that make the most of it, highest score first
    says: str

    @property
    def weight(self) -> float:
        """What it adds to the score."""
        return self.share * self.indicator.cap

    @property
    def shown(self) -> bool:
        """Whether the ship shows it."""
        return self.share >= SHOWN_SHARE


@dataclass(frozen=True, slots=True)
class Standing:
    """A ship's score and everything it is made of."""

    score: float  # 0 to 1: how much there is to check
    signs: tuple[Sign, ...]  # those that add to it, heaviest first; it is their sum, at most 1
    looked_count: int  # signs that could be looked for
    missing: tuple[str, ...]  # those that could not, each with the reason

    @property
    def shown_count(self) -> int:
        """How many signs the ship shows."""
        return sum(sign.shown for sign in self.signs)

    @property
    def says(self) -> str:
        """Say in one sentence how the ship stands."""
        signs = f"{self.looked_count} published signs that could be looked for"
        if not self.looked_count:
            return "No published sign could be looked for."
        if not self.shown_count:
            return f"Shows none of the {signs}."
        return f"Shows {self.shown_count} of the {signs}; worth a check."


def with_marks(features: Features, marks: Sequence[Sequence[Mark]]) -> Features:
    """Return features with the sums of the scores of each ship's events.

    A kind of which a ship has no event keeps its value, and becomes 0 where that is nan;
    long voyages and lists stay nan, as it takes more than listening to look for these.
    """
    columns = {name: getattr(features, name).copy() for name in features.described()}
    for kind, name in FEATURE_OF.items():
        if kind not in ("long_voyage", "listed"):
            np.nan_to_num(columns[name], copy=False)
    for row, own in enumerate(marks):
        for kind in {mark.kind for mark in own} & FEATURE_OF.keys():
            columns[FEATURE_OF[kind]][row] = summed(m.score for m in own if m.kind == kind)
    return Features(**columns)


def asked(features: Features) -> Mask:
    """Return which signs are asked of which ship, shape (ships, indicators)."""
    of = [
        [not one.asked_of or kind == "" or kind in one.asked_of for one in INDICATORS]
        for kind in SHIP_KINDS
    ]
    given = np.array([not one.optional for one in INDICATORS]) | ~np.isnan(_values(features))
    return np.array(of)[features.kind] & given


def shares(features: Features) -> F64:
    """Return what part of its weight each sign adds, shape (ships, indicators).

    nan where a sign could not be looked for, or is not asked of such a ship.
    """
    values, kind = _values(features), features.kind
    untold = kind == SHIP_KINDS.index("")
    found = np.full(values.shape, np.nan)
    for i, one in enumerate(INDICATORS):
        share = np.interp(values[:, i], one.scale, (0.0, SHOWN_SHARE, 1.0))
        seen = ~np.isnan(values[:, i])
        seen &= (features.memory_days >= one.memory_days) | (share > 0)
        if one.asked_of:
            seen &= ~untold
        found[seen, i] = share[seen]
    found[~asked(features)] = np.nan
    return found


def scores(found: F64) -> F64:
    """Return the score of each ship, given the shares of all signs."""
    caps = np.array([one.cap for one in INDICATORS])
    weights = np.nan_to_num(found) * caps
    weights[weights < LEAST] = 0.0
    return np.array([min(1.0, math.fsum(row)) for row in weights.tolist()])


def standings(features: Features, marks: Sequence[Sequence[Mark]]) -> list[Standing]:
    """Return how each ship stands; `marks` are the events of each."""
    features = with_marks(features, marks)
    found, questions, values = shares(features), asked(features), _values(features)
    score = scores(found).tolist()
    return [
        Standing(
            score=score[row],
            signs=_signs(values[row].tolist(), found[row].tolist(), own),
            looked_count=int(np.count_nonzero(~np.isnan(found[row]))),
            missing=tuple(
                f"{one.title}: {_why_not(one, features, row)}"
                for i, one in enumerate(INDICATORS)
                if questions[row, i] and np.isnan(found[row, i])
            ),
        )
        for row, own in enumerate(marks)
    ]


def _values(features: Features) -> F64:
    return np.stack([getattr(features, one.feature) for one in INDICATORS], axis=1)


def _signs(
    values: Sequence[float], found: Sequence[float], marks: Sequence[Mark]
) -> tuple[Sign, ...]:
    made = []
    for one, value, share in zip(INDICATORS, values, found, strict=True):
        if not share * one.cap >= LEAST:  # nan neither
            continue
        own = sorted((m for m in marks if m.kind == one.kind), key=lambda m: (-m.score, m.id))
        says = one.says.format(value=value, event=_of_events(own))
        most = (m.id for i, m in enumerate(own) if one.cap * m.score / 2**i >= LEAST)
        made.append(Sign(one, value, share, tuple(most), says))
    return tuple(sorted(made, key=lambda sign: (-sign.weight, sign.indicator.name)))


def _of_events(marks: Sequence[Mark]) -> str:
    """Say what the first of a kind of events says, and how many more there are."""
    if not marks:
        return ""
    more = f" And {len(marks) - 1} more." if len(marks) > 1 else ""
    return f"{marks[0].says}{more}"


def _why_not(one: Indicator, features: Features, row: int) -> str:
    if one.asked_of and SHIP_KINDS[features.kind[row]] == "":
        return "it has not said what kind of ship it is, or nobody heard it"
    memory_days = float(features.memory_days[row])
    if memory_days < one.memory_days:
        return f"{one.needs}; it was heard over {_time(memory_days)}"
    return one.needs


def _time(days: float) -> str:
    return f"{days:.0f} days" if days >= 2 else f"{days * 24:.1f} h"
