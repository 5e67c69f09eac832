"""What was learned, how good it is, and why not to trust it: as rows of a JSON file."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

import sternlight
from anomalies.indicators import NEVER_SEEN
from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE, Table
from sternlight.learn.doubts import Found, doubts
from sternlight.learn.forests import Method, Scored
from sternlight.learn.measures import (
    Share,
    bands,
    chosen_without,
    found,
    ranking,
    threshold,
    top,
)
from sternlight.learn.numbers import NOT_LEARNED_FROM, TITLES, learned_from, seen
from sternlight.learn.single import Single, Tried, kind_rule, singles
from tracks.batch import Mask

PARTS = (0.05, 0.1, 0.2)  # of all ships, for which the recall is told
ASSUMED = (0.001, 0.01, 0.05)  # shares of true cases, for which the yield is told

IS = (
    "A rank by likeness to the labelled cases, as far as a radio shows it. It is no probability"
    " of forced labour nor of anything else, and no reason to name a ship."
)
SOURCE = (
    "McDonald et al. 2021, doi 10.1073/pnas.2016238117 (method); Joo et al. 2023,"
    " arXiv 2302.10987 (negatives only tried on)"
)


class Judged(NamedTuple):
    """A report, and from which score on ships are flagged."""

    row: dict[str, Any]
    threshold: float


def judge(table: Table, scored: Scored, method: Method) -> Judged:
    """Return how good the scores are."""
    label, ship = table.label, table.ship
    positive, counted, negative = label == POSITIVE, label >= 0, label == NEGATIVE
    limit = chosen_without(scored.score, scored.fold, positive, counted, ship)
    flagged = np.where(scored.score >= limit, 1.0, 0.0)
    part = found(flagged, ship, counted).value
    tried = Tried(label, ship, scored.fold, part)
    made = Found(
        ranking=ranking(scored.score, label, ship),
        recall=found(flagged, ship, positive),
        specificity=found(1.0 - flagged, ship, negative),
        part=part,
        singles=singles(table.features, table.heard_days, tried),
        kind=kind_rule(table.features, tried),
    )
    chosen = threshold(scored.score[counted], positive[counted], ship[counted])
    row = {
        "is": IS,
        "source": SOURCE,
        "warnings": doubts(table, made),
        "counts": _counts(table),
        "threshold": chosen,
        "share_flagged": _number(part),
        "recall": _share(made.recall),
        "recall_if_flagged": [
            {"share": one, "recall": _share(found(top(scored.score, counted, one), ship, positive))}
            for one in PARTS
        ],
        "ranked_above_others": _share(made.ranking),
        **_with_negatives(table, made, flagged),
        "prevalence": _prevalence(table, made),
        "calibration": [one._asdict() for one in bands(scored.score, label)],
        "kind_alone": {
            "share_flagged": _number(made.kind.share),
            "recall": _share(made.kind.recall),
            "specificity": _share(made.kind.specificity),
        },
        "single_features": [_single(one) for one in made.singles],
        "importances": [
            {"feature": name, "title": TITLES.get(name, name), "loss": _number(loss)}
            for name, loss in sorted(scored.importance.items(), key=lambda one: (-one[1], one[0]))
        ],
        "seen": _seen(table, positive),
        "missing": _missing(table),
        "unused_labels": table.unused,
        "left_out": {why: n for why, n in table.left_out.items() if n},
        "method": {
            **asdict(method),
            "sternlight": sternlight.__version__,
        },
    }
    return Judged(row, chosen)


def _counts(table: Table) -> dict[str, int]:
    label, ship = table.label, table.ship
    made = {
        f"{name}_{what}": int(n)
        for name, of in (("positive", POSITIVE), ("negative", NEGATIVE), ("other", OTHER))
        for what, n in (
            ("ships", len(np.unique(ship[label == of]))),
            ("rows", np.count_nonzero(label == of)),
        )
    }
    return made | {"positive_sources": len(np.unique(table.group[label == POSITIVE]))}


def _with_negatives(table: Table, made: Found, flagged: Any) -> dict[str, Any]:
    """Return what only labelled negatives can tell, and of whom it is true."""
    of = made.specificity.ships_count
    if not of:
        return {"specificity": None, "precision": None,
                "precision_is": "not known: no ship was labelled negative"}  # fmt: skip
    right = made.recall.value * made.recall.ships_count
    wrong = (1.0 - made.specificity.value) * of
    return {
        "specificity": _share(made.specificity),
        "precision": _number(right / (right + wrong)) if right + wrong else None,
        "precision_is": "only among the labelled ships, where positives are"
        f" {made.recall.ships_count} of {made.recall.ships_count + of}; at sea they are far fewer",
    }


def _prevalence(table: Table, made: Found) -> dict[str, Any]:
    """Return how many are labelled, and what would be found if so many ships were cases.

    Of the flagged ships a share of `prevalence * recall / share flagged` would be: as long as
    the labelled cases are like the others that nobody knows, which nobody can check.
    """
    counts = _counts(table)
    positive, negative, other = (counts[f"{of}_ships"] for of in ("positive", "negative", "other"))
    return {
        "among_labelled": _number(positive / (positive + negative)),
        "labelled_among_all": _number(positive / (positive + other)),
        "assumed": [
            {"cases_share": one,
             "of_100_flagged": round(min(100.0, 100 * one * made.recall.value / made.part), 2)}
            for one in ASSUMED
        ] if made.part > 0 else [],
    }  # fmt: skip


def _seen(table: Table, positive: Mask) -> list[dict[str, Any]]:
    cases, others = seen(table.features, positive), seen(table.features, table.label == OTHER)
    return [
        {"feature": name, "title": TITLES.get(name, name),
         "of_positives": _number(cases[name]), "of_others": _number(others[name])}
        for name in learned_from()
    ]  # fmt: skip


def _missing(table: Table) -> list[str]:
    never = [name for name in learned_from() if np.isnan(getattr(table.features, name)).all()]
    return [
        *(f"{TITLES.get(name, name)}: nobody hears that here" for name in never),
        *(f"{TITLES.get(name, name)}: left out, {why}" for name, why in NOT_LEARNED_FROM.items()),
        *NEVER_SEEN,
    ]


def _single(one: Single) -> dict[str, Any]:
    return {
        "feature": one.name,
        "recall": _share(one.recall),
        "specificity": _share(one.specificity),
    }


def _share(one: Share) -> dict[str, Any] | None:
    if not one.ships_count:
        return None
    return {
        "value": _number(one.value),
        "low": _number(one.low),
        "high": _number(one.high),
        "ships_count": one.ships_count,
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None
