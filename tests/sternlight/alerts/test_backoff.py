"""When it is tried again."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.backoff import WAITS_S, next_try, wait_s

DAY_S = 86_400
TOKENS = st.text(max_size=30)


def tries(token: str, t: float = 0.0) -> list[float]:
    """Return when a letter that always fails is tried."""
    found = [t]
    while (due := next_try(found[-1], len(found), token)) is not None:
        found.append(due)
    return found


@given(TOKENS)
def test_it_is_given_up_after_about_five_days(token: str) -> None:
    found = tries(token)
    assert len(found) == len(WAITS_S) + 1
    assert 4.9 * DAY_S < found[-1] < 5.5 * DAY_S


@given(TOKENS)
def test_waits_never_grow_shorter_by_more_than_their_spread(token: str) -> None:
    found = tries(token)
    waits = [b - a for a, b in pairwise(found)]
    assert all(w >= WAITS_S[i] for i, w in enumerate(waits))
    assert all(w <= 1.1 * WAITS_S[i] for i, w in enumerate(waits))
    assert sorted(WAITS_S) == list(WAITS_S)


@given(TOKENS, st.integers(1, 24))
def test_asking_twice_gives_the_same(token: str, tries_count: int) -> None:
    assert next_try(5.0, tries_count, token) == next_try(5.0, tries_count, token)


def test_letters_that_failed_together_come_back_apart() -> None:
    due = {next_try(0.0, 6, f"token{i}") for i in range(1000)}
    assert len(due) == 1000
    assert (
        max(map(float, filter(None, due))) - min(map(float, filter(None, due))) > 0.09 * WAITS_S[5]
    )


def test_a_blocked_way_is_looked_at_twice_an_hour_for_ever() -> None:
    waits = [wait_s(n) for n in range(1, 1000)]
    assert waits[0] == 60
    assert waits == sorted(waits)
    assert waits[-1] == 1800
