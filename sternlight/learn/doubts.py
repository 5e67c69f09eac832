"""Why not to trust what was learned: sentences that stand before any figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anomalies.features import SHIP_KINDS
from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE, Table
from sternlight.learn.measures import Share
from sternlight.learn.numbers import KIND, TITLES
from sternlight.learn.single import LENGTH, SEEN, KindRule, Single
from sternlight.record.rates import MANY
from sternlight.text import counted

CLEARLY = 0.1  # ours: two cases of twenty more, or it is luck as well
MOST_SHARE = 0.5  # ours: who flags more than every second ship points at nobody
LENGTHS_APART = 1.5  # ours: median days of positives, by those of others
FEW_NEGATIVES = 20  # ours: of fewer a specificity says little


class Found(NamedTuple):
    """What was found by forests, and by less."""

    ranking: Share  # how often a labelled case is ranked above another ship
    recall: Share
    specificity: Share
    part: float  # share of all ships that is flagged
    singles: list[Single]  # the best first
    kind: KindRule


def doubts(table: Table, found: Found) -> list[str]:
    """Return all of them, the gravest first."""
    lot = list(_by_lot(found))
    less = [] if lot else _by_less(found)  # what is no better than a lot is no better than these
    return [*_by_kind(table, found), *lot, *less, *_by_labels(table, found)]


def _by_lot(found: Found) -> Iterator[str]:
    if found.recall.low <= found.part or found.ranking.low <= 0.5:
        yield (
            f"NO SKILL SHOWN: it finds {found.recall.says} of the labelled cases by flagging"
            f" {found.part:.0%} of all ships, and ranks a labelled case above another ship in"
            f" {found.ranking.value:.0%} of all pairs; drawing ships by lot may do as well."
        )
    if found.part > MOST_SHARE:
        yield f"It flags {found.part:.0%} of all ships, which points at nobody."


def _by_less(found: Found) -> Iterator[str]:
    """Compare with what one feature alone finds."""
    best = found.singles[0]
    if found.recall.value < best.recall.value + CLEARLY:
        yield (
            f"NOT CLEARLY BETTER THAN ONE FEATURE: {title(best.name)} alone finds"
            f" {best.recall.value:.2f} of the labelled cases where the forests find"
            f" {found.recall.value:.2f}, with as many ships flagged."
        )
    for one in found.singles:
        telling = one.name.endswith(SEEN) or one.name in LENGTH
        if one is not best and telling and one.recall.value >= found.recall.value:
            yield (
                f"{title(one.name).capitalize()} alone finds {one.recall.value:.2f} of the labelled"
                " cases: what was learned may be how well ships were heard, not what they do."
            )
            break


def _by_kind(table: Table, found: Found) -> Iterator[str]:
    kinds = np.array(table.kinds)
    positive, negative = (set(kinds[table.label == of]) for of in (POSITIVE, NEGATIVE))
    if negative and not positive & negative:
        yield (
            f"THE LABELS PROVE NOTHING: all positives are {_list(positive)}, and no negative is."
            f" Whatever tells {_list(positive)} from {_list(negative)} looks right, and the"
            " specificity below is that of asking what kind of ship it is. Label negatives of the"
            " same kind."
        )
    kind, alone = found.kind, found.kind.recall.value + found.kind.specificity.value
    if negative and found.recall.value + found.specificity.value < alone + CLEARLY:
        yield (
            "NOT CLEARLY BETTER THAN ASKING WHAT KIND OF SHIP IT IS: that alone finds"
            f" {kind.recall.value:.2f} of the labelled cases, and is right about"
            f" {kind.specificity.value:.2f} of the negatives; the forests about"
            f" {found.recall.value:.2f} and {found.specificity.value:.2f}."
        )


def _by_labels(table: Table, found: Found) -> Iterator[str]:
    label, length = table.label, table.features.memory_days
    medians = [float(np.median(length[label == of])) for of in (POSITIVE, OTHER)]
    if max(medians) > LENGTHS_APART * min(medians):
        yield (
            f"Positives were heard over {medians[0]:.0f} days on the median, others over"
            f" {medians[1]:.0f}: what takes long to show differs for that alone."
        )
    if not found.specificity.ships_count:
        yield (
            "No ship was labelled negative, so that nobody knows how many of those flagged are"
            " innocent."
        )
    elif found.specificity.ships_count < FEW_NEGATIVES:
        of = counted(found.specificity.ships_count, "negative")
        yield f"Of {of} a specificity says little."
    if table.unused:
        yield (
            f"{counted(len(table.unused), 'label')} could not be used, listed below; cases that"
            " a station hears may be unlike those that it does not."
        )


def title(name: str) -> str:
    """Return what people call a rule of one feature."""
    feature, _, how = name.partition(" ")
    if name == KIND:
        return TITLES[KIND]
    if name in LENGTH:
        return {"memory_days": "over how long it was heard",
                "heard_days": "on how many days it was heard"}[name]  # fmt: skip
    said = f'"{TITLES.get(feature, feature)}"'
    return f"whether {said} could be seen" if how else said


def _list(kinds: set[str]) -> str:
    return " and ".join(MANY[kind] for kind in SHIP_KINDS if kind in kinds)
