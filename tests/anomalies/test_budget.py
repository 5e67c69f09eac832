"""The budget of alerts: the promise holds on every stream of scores, and the strongest alert."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomalies.budget import (
    EVERY_S,
    HALF_LIFE_WEEKS,
    LEAST_SCORE,
    PRIOR_A_WEEK,
    PRIOR_WEEKS,
    SPARED_SHARE,
    WEEK_S,
    Alerts,
    Candidate,
    Decision,
    level_of,
)
from tracks.state import dump, load

START = 1_772_323_200.0
A_WEEK = round(WEEK_S / EVERY_S)  # moments
Moments = Sequence[tuple[float, Sequence[Candidate]]]


def decided(alerts: Alerts, moments: Moments) -> list[tuple[float, Decision]]:
    """Return what is decided when every event is over at once."""
    state, found = alerts.start(), []
    for t, events in moments:
        state, now = alerts.step(state, events, (), t)
        found += [(t, one) for one in now]
    return found


def a_week(alerts: Alerts, moments: Moments) -> list[int]:
    """Return how many alerts each whole week brings."""
    weeks = Counter(
        int((t - START) // WEEK_S) for t, one in decided(alerts, moments) if one.verdict == "alert"
    )
    return [weeks[k] for k in range(int((moments[-1][0] - START) // WEEK_S))]


def stream(
    weeks: int, rate: Callable[[float], float], seed: int, shift: Callable[[float], float]
) -> Moments:
    """Return events that come by chance, `rate` a week, their log-odds about `shift`."""
    chance = np.random.default_rng(seed)
    moments = []
    for k in range(1, weeks * A_WEEK + 1):
        week = k / A_WEEK
        odds = chance.logistic(shift(week), 1.0, chance.poisson(rate(week) / A_WEEK))
        scores = 1 / (1 + np.exp(-odds))
        events = [Candidate(f"{k}-{i}", float(s)) for i, s in enumerate(scores)]
        moments.append((START + k * EVERY_S, events))
    return moments


@cache
def busy(rate: float) -> Moments:
    return stream(40, lambda _: rate, 1, lambda _: 0.0)


STREAMS: dict[str, Callable[[int], Moments]] = {
    "the same all year": lambda seed: stream(52, lambda _: 60.0, seed, lambda _: 0.0),
    "ten times as many by the end": lambda seed: stream(
        52, lambda week: 30.0 * 10 ** (week / 52), seed, lambda _: 0.0
    ),
    "ever stronger": lambda seed: stream(52, lambda _: 40.0, seed, lambda week: week / 26 - 1),
    "a storm of 200 a day in every tenth week": lambda seed: stream(
        52, lambda week: 1400.0 if week % 10 < 1 / 7 else 40.0, seed, lambda _: 0.0
    ),
    "two months a year without any": lambda seed: stream(
        52, lambda week: 0.0 if 20 < week < 29 else 60.0, seed, lambda _: 0.0
    ),
}


@pytest.mark.parametrize("name", list(STREAMS))
def test_over_the_weeks_the_mean_is_the_budget_or_a_little_less(name: str) -> None:
    moments = STREAMS[name](5)
    for budget in (1.0, 3.0, 10.0):
        mean = float(np.mean(a_week(Alerts(budget), moments)))
        assert 0.6 * budget < mean < 1.1 * budget, (name, budget)


@given(
    st.lists(st.lists(st.floats(0.0, 1.0), max_size=60), min_size=1, max_size=60),
    st.floats(0.0, 20.0),
)
def test_whatever_comes_any_weeks_hold_little_more_than_their_budgets(
    scores: list[list[float]], budget: float
) -> None:
    moments = [
        (START + k * EVERY_S, [Candidate(f"{k}-{i}", s) for i, s in enumerate(some)])
        for k, some in enumerate(scores)
    ]
    alerts = Counter(
        t for t, one in decided(Alerts(budget), moments) if one.verdict == "alert"
    )  # by moment
    for weeks in (0.125, 1.0, len(scores) / A_WEEK):
        for begin, _ in moments:
            many = sum(n for t, n in alerts.items() if begin <= t < begin + weeks * WEEK_S)
            assert many <= budget * (weeks + 1 + SPARED_SHARE) + 1 + budget / A_WEEK


def test_of_fifty_on_one_day_the_strongest_alert_and_the_rest_is_held_back() -> None:
    past = busy(60.0)
    t = past[-1][0] + EVERY_S
    storm = [Candidate(f"storm-{i}", 0.97 + 0.0005 * i) for i in range(50)]
    now = [one for when, one in decided(Alerts(), [*past, (t, storm)]) if when == t]
    told = {one.id for one in now if one.verdict == "alert"}
    held = [one for one in now if one.verdict == "held back"]
    assert 1 <= len(told) <= 1 + 3 * (1 + SPARED_SHARE)
    assert told == {f"storm-{i}" for i in range(50 - len(told), 50)}
    assert len(told) + len(held) == 50


def test_what_is_held_back_is_rarer_than_the_budget_and_the_rest_is_not() -> None:
    of: dict[str, list[float]] = {"alert": [], "held back": [], "listed": []}
    for t, one in decided(Alerts(), busy(200.0)):
        if t > START + 4 * WEEK_S and one.score >= LEAST_SCORE:
            of[one.verdict].append(one.usual_per_week)
    assert max(of["held back"]) <= 3.0 < min(of["listed"]) * (1 + SPARED_SHARE)
    assert max(of["alert"]) <= 3.0 * (1 + SPARED_SHARE)
    assert all(len(some) > 5 for some in of.values())


def test_a_budget_of_nothing_means_no_alert() -> None:
    assert {one.verdict for _, one in decided(Alerts(0.0), busy(60.0))} == {"listed"}
    assert math.isnan(Alerts(0.0).threshold(Alerts(0.0).start()))


def test_a_huge_budget_tells_all_that_are_likelier_unusual_than_not_and_no_other() -> None:
    for _, one in decided(Alerts(1e9), busy(60.0)):
        assert (one.verdict == "alert") == (one.score >= 0.5)
    assert Alerts(1e9).threshold(Alerts(1e9).start()) == 0.5


def test_a_new_station_tells_a_strong_event_and_not_every_one() -> None:
    first = {s: decided(Alerts(), [(START, [Candidate("a", s)])])[0][1] for s in (0.6, 0.7, 0.95)}
    assert {score: one.verdict for score, one in first.items()} == {
        0.6: "listed", 0.7: "listed", 0.95: "alert",
    }  # fmt: skip
    assert all(math.isnan(one.usual_per_week) for one in first.values())
    assert Alerts().threshold(Alerts().start()) == pytest.approx(0.87, abs=0.01)


def test_how_many_a_usual_week_brings_comes_true() -> None:
    moments = busy(100.0)
    later = [(t, one) for t, one in decided(Alerts(), moments) if t > START + 20 * WEEK_S]
    for score in (0.3, 0.6, 0.9):
        told = [one.usual_per_week for _, one in later if abs(one.score - score) < 0.02]
        came = sum(one.score >= score for _, one in later) / 20
        assert np.mean(told) == pytest.approx(came, rel=0.25)


def test_an_outage_is_no_quiet_week() -> None:
    """Moments without anything heard do not come, and so do not count as time."""
    moments = busy(60.0)
    month = [(t + 4 * WEEK_S, events) for t, events in moments[20 * A_WEEK :]]
    usual = {}
    for name, some in {"on": moments, "off": [*moments[: 20 * A_WEEK], *month]}.items():
        probe = (some[-1][0] + EVERY_S, [Candidate("probe", 0.8)])
        usual[name] = decided(Alerts(), [*some, probe])[-1][1].usual_per_week
    assert usual["off"] == pytest.approx(usual["on"], rel=0.1)


def test_an_event_alerts_once_and_only_when_it_has_grown_strong() -> None:
    alerts, told = Alerts(), []
    state = alerts.start()
    for k, score in enumerate((0.3, 0.3, 0.6, 0.97, 0.98, 0.2, 0.99)):
        state, now = alerts.step(state, [Candidate("a", score)], ["a"], START + k * EVERY_S)
        told.append([one.verdict for one in now])
    assert told == [["listed"], [], ["listed"], ["alert"], [], [], []]


def test_one_that_goes_on_unchanged_is_not_counted_again() -> None:
    alerts, state = Alerts(), Alerts().start()
    state, _ = alerts.step(state, [Candidate("a", 0.8)], ["a"], START)
    once = state["reached"].max()
    for k in range(1, 100):
        state, now = alerts.step(state, [], ["a"], START + k * EVERY_S)
        assert not now
    state, now = alerts.step(state, [Candidate("a", 0.8)], [], START + 100 * EVERY_S)
    assert not now
    assert state["reached"].max() < once
    state, _ = alerts.step(state, [], [], START + 101 * EVERY_S)
    assert not len(state["ids"])  # nothing of what is over is remembered


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(0, 50))
def test_order_and_saving_between_moments_change_nothing(chance, at: int) -> None:  # type: ignore[no-untyped-def]
    moments = busy(60.0)[:80]
    alerts, state, found = Alerts(), Alerts().start(), []
    for k, (t, events) in enumerate(moments):
        mixed = chance.sample(events, len(events))
        state, now = alerts.step(state, mixed, [], t)
        found += [(t, one) for one in now]
        if k == at:
            state = load(dump(state))
    assert repr(found) == repr(decided(alerts, moments))


def twin(budget: float, moments: Moments) -> list[str]:
    """Say the same the slow way: from all that ever happened, each time anew."""
    credit, verdicts, heard = -budget / 2, [], list[tuple[float, int]]()
    times = [t for t, _ in moments]
    for k, (t, events) in enumerate(moments):
        credit = min(budget / 2, credit + budget * EVERY_S / WEEK_S)
        weeks = sum(EVERY_S / WEEK_S * _left(u, t) for u in times[: k + 1])
        past = list(heard)
        for one in sorted(events, key=lambda e: -e.score):
            level = level_of(one.score)
            many = sum(_left(u, t) for u, other in past if other >= level)
            prior = PRIOR_A_WEEK * math.exp(-(level * 0.05 - 8))
            usual = (PRIOR_WEEKS * prior + many) / (PRIOR_WEEKS + weeks)
            if one.score < 0.5 or usual > budget + max(credit, 0):
                verdicts.append("listed")
            elif usual <= budget + credit:
                verdicts.append("alert")
                credit -= 1
            else:
                verdicts.append("held back")
            heard.append((t, level))
    return verdicts


def _left(then: float, now: float) -> float:
    return float(0.5 ** ((now - then) / WEEK_S / HALF_LIFE_WEEKS))


@pytest.mark.parametrize("budget", [1.0, 4.0])
def test_it_equals_its_slow_twin(budget: float) -> None:
    moments = stream(5, lambda _: 80.0, 3, lambda _: 1.0)
    found = [one.verdict for _, one in decided(Alerts(budget), moments)]
    assert found == twin(budget, moments)
    assert set(found) == {"alert", "held back", "listed"}


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=50))
@example([0.0, 0.5, 1.0])
def test_a_higher_score_reaches_no_lower_level(scores: list[float]) -> None:
    levels = [level_of(score) for score in sorted(scores)]
    assert all(a <= b for a, b in pairwise(levels))
    assert level_of(0.5) == 160
