"""How long a source was deaf, however late and in whatever order it is told."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fleets import HOUR, T0, turns
from tracks.batch import U16
from tracks.listening import Listening, Turns

rows = st.lists(
    st.tuples(
        st.floats(0, 50).map(lambda h: round(h, 3)), st.sampled_from([1, 2, 3]), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


def slow_deaf_s(of: Turns, source: int, until: float) -> float:
    """Walk from turn to turn."""
    deaf, since, total = False, 0.0, 0.0
    said = zip(of.t.tolist(), (~of.deaf).tolist(), of.source.tolist(), strict=True)
    for t, listens, who in sorted(said):
        if who == source and t <= until:
            total += t - since if deaf else 0.0
            deaf, since = not listens, t
    return total + (until - since if deaf else 0.0)


def sources(*numbers: int) -> U16:
    return np.array(numbers, np.uint16)


@given(rows, st.integers(0, 12), st.floats(-1, 60))
def test_it_is_what_a_walk_from_turn_to_turn_gives(said: list, cut: int, hour: float) -> None:
    table = Listening.empty()
    for some in (said[cut:], said[:cut]):
        if some:
            table = table.told(turns(some), -np.inf)
    until = np.full(3, T0 + hour * HOUR)
    expected = [slow_deaf_s(turns(said), s, until[0]) for s in (1, 2, 3)]
    assert table.deaf_s(sources(1, 2, 3), until) == pytest.approx(expected, abs=1e-4)


@given(rows, st.floats(0, 50), st.floats(0, 20))
def test_what_is_forgotten_changes_nothing_later(said: list, since: float, more: float) -> None:
    table = Listening.empty().told(turns(said), -np.inf)
    later = T0 + np.array([since, since + more]) * HOUR
    short = table.since(later[0])
    for source, t in itertools.product((1, 2, 3), later):
        one = sources(source), np.array([t])
        assert short.deaf_s(*one) == table.deaf_s(*one)


def test_a_feed_that_flaps_for_days_is_forgotten_but_for_the_last_hours() -> None:
    table, flap = Listening.empty(), [(s / 3600, 1, s % 2 == 0) for s in range(600)]
    for hour in range(48):
        now = T0 + hour * HOUR
        table = table.told(turns([(hour + h, s, deaf) for h, s, deaf in flap]), now - 7 * HOUR)
        table = table.since(now - 6 * HOUR)
    assert len(table) < 8 * 600
    assert table.deaf_s(sources(1), np.array([T0 + 90 * HOUR])) == pytest.approx([48 * 300])


def test_nobody_is_deaf_of_whom_nothing_was_said() -> None:
    table = Listening.empty().told(turns([(0, 1, True)]), -np.inf)
    assert table.deaf_s(sources(2), np.array([T0 + HOUR])) == [0]
    assert Listening.empty().deaf_s(sources(1), np.array([T0])) == [0]


def test_lost_and_back_in_the_same_moment_is_back() -> None:
    table = Listening.empty().told(turns([(1, 1, False), (1, 1, True)]), -np.inf)
    assert table.deaf_s(sources(1), np.array([T0 + 9 * HOUR])) == [0]


def test_what_is_told_far_too_late_counts_from_when_it_still_may() -> None:
    table = Listening.empty().told(turns([(1, 1, True), (2, 1, False), (9, 1, True)]), -np.inf)
    table = table.since(T0 + 20 * HOUR).told(turns([(3, 1, False)]), T0 + 20 * HOUR)
    assert table.deaf_s(sources(1), np.array([T0 + 40 * HOUR])) == pytest.approx([12 * HOUR])
