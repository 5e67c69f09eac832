"""Shares, thresholds and rankings, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts._evaluate_metrics import wilson
from sternlight.learn.measures import (
    bands,
    chosen_without,
    found,
    ranked_above,
    ranking,
    share,
    threshold,
    top,
)

SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]), min_size=2, max_size=12)


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (18, 20), (20, 20), (7, 21)])
def test_the_interval_is_wilsons(hits: int, n: int) -> None:
    assert share(hits / n, n)[1:3] == pytest.approx(wilson(hits, n))


def test_a_ship_counts_once_however_many_of_its_years_are_labelled() -> None:
    flagged, ship = np.array([1.0, 1, 1, 1, 0, 0]), np.array([7, 7, 7, 7, 8, 9])
    every = np.ones(6, np.bool_)
    assert found(flagged, ship, every).value == pytest.approx(1 / 3)
    assert found(flagged, ship, every).ships_count == 3
    assert np.isnan(found(flagged, ship, ~every).value)


def test_the_threshold_makes_recall_squared_by_the_share_flagged_largest() -> None:
    # From .9: 1 of 4 found, too few.  From .74: 3 of 4 found, 3 of 20 flagged: 3.75.  From .35:
    # all found, 5 of 20 flagged: 4, the largest.
    score = np.array([0.95, 0.75, 0.75, 0.35, *[0.72], *[0.31] * 3, *[0.05] * 12])
    positive = np.arange(20) < 4
    assert threshold(score, positive, np.arange(20)) == 0.32
    score[3] = 0.3  # found with 8 of 20 flagged: 2.5
    assert threshold(score, positive, np.arange(20)) == 0.73


def test_a_threshold_is_chosen_without_the_ships_that_it_is_tried_on() -> None:
    score = np.array([0.9, 0.5, 0.9, 0.2, 0.1, 0.1])
    positive = np.array([True, False, True, True, False, False])
    fold, ship, every = np.array([0, 0, 0, 1, 1, 1]), np.arange(6), np.ones(6, np.bool_)
    limit = chosen_without(score, fold, positive, every, ship)
    assert limit[0] == threshold(score[3:], positive[3:], ship[3:])
    assert limit[3] == threshold(score[:3], positive[:3], ship[:3])
    assert limit[3] > 0.2, "the positive of the second fold is not found by its own threshold"


@given(SCORES, st.floats(0, 1))
def test_the_top_share_is_flagged_and_ties_share_what_is_left(
    scores: list[float], part: float
) -> None:
    score = np.array(scores)
    flagged = top(score, np.ones(len(score), np.bool_), part)
    assert flagged.sum() == pytest.approx(part * len(score))
    order = np.argsort(-score)
    assert (np.diff(flagged[order]) <= 0).all()
    assert all(len(set(flagged[score == value])) == 1 for value in scores)


def test_who_is_not_among_them_is_flagged_by_the_same_limit() -> None:
    score = np.array([0.9, 0.5, 0.1, 1.0, 0.5, 0.0])
    among = np.array([True, True, True, False, False, False])
    assert top(score, among, 0.5).tolist() == [1, 0.5, 0, 1, 0.5, 0]


@given(SCORES, st.data())
def test_a_ranking_is_judged_by_all_its_pairs(scores: list[float], data: st.DataObject) -> None:
    label = np.array(data.draw(st.permutations([1, 0, *[0] * (len(scores) - 2)])))
    score = np.array(scores)
    pairs = [
        (a > b) + (a == b) / 2
        for a in score[label == 1].tolist()
        for b in score[label == 0].tolist()
    ]
    assert ranked_above(score, label) == pytest.approx(np.mean(pairs))
    told = ranking(score, label, np.arange(len(score)))
    assert 0 <= told.low <= told.value <= told.high <= 1


def test_bands_count_every_ship_once() -> None:
    score, label = np.array([0.0, 0.1, 0.3, 0.95, 1.0, 0.7]), np.array([0, 0, 1, 1, 0, -1])
    made = bands(score, label)
    assert [one.ships_count for one in made] == [1, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert sum(one.positives_count for one in made) == 2
    assert [one.negatives_count for one in made].index(1) == 7
