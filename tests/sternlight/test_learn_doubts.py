"""When which doubt is raised, of figures that are given."""

from __future__ import annotations

import numpy as np
import pytest

from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE
from sternlight.learn.doubts import Found, doubts
from sternlight.learn.measures import share
from sternlight.learn.single import KindRule, Single
from tests.sternlight.cases import table

LABEL = np.repeat([POSITIVE, OTHER, NEGATIVE], (25, 100, 25))


def said(
    ranking: tuple[float, float] = (0.9, 0.8),
    recall: float = 0.8,
    part: float = 0.1,
    single: float = 0.4,
    kind: tuple[float, float] = (0.5, 0.5),
) -> list[str]:
    low = share(ranking[0], 25)._replace(low=ranking[1])
    found = Found(
        low, share(recall, 25), share(0.9, 25), part,
        [Single("gaps_score", share(single, 25), share(0.9, 25))],
        KindRule(0.5, *(share(value, 25) for value in kind)),
    )  # fmt: skip
    return doubts(table(LABEL), found)


def test_good_figures_raise_none() -> None:
    assert said() == []


@pytest.mark.parametrize("part", [0.65, 0.7])
def test_a_recall_whose_interval_holds_the_share_flagged_shows_no_skill(part: float) -> None:
    lot, many = said(recall=0.8, part=part)
    assert lot.startswith("NO SKILL SHOWN: it finds 0.80")
    assert many.startswith(f"It flags {part:.0%} of all ships")


def test_a_ranking_whose_interval_holds_one_half_shows_no_skill() -> None:
    (lot,) = said(ranking=(0.6, 0.5))
    assert lot.startswith("NO SKILL SHOWN")
    assert said(ranking=(0.6, 0.51)) == []


def test_where_no_skill_is_shown_it_is_not_held_against_one_feature() -> None:
    assert len(said(ranking=(0.6, 0.4), single=0.9)) == 1


def test_two_cases_in_twenty_more_than_one_feature_finds_are_clearly_more() -> None:
    assert said(recall=0.8, single=0.69) == []
    (says,) = said(recall=0.8, single=0.71)
    assert says.startswith('NOT CLEARLY BETTER THAN ONE FEATURE: "fell silent" alone finds 0.71')


def test_the_kind_of_ship_may_be_as_good_by_recall_and_specificity_together() -> None:
    assert said(kind=(0.59, 1.0)) == []
    (says,) = said(kind=(0.61, 1.0))
    assert "asking what kind of ship it is" in says.casefold()
