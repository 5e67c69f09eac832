"""Late reports and wrong clocks, against a slow twin that takes the reports one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracks.batch import PositionBatch, StaticBatch
from tracks.lateness import CONFIRMED_COUNT, LEAP_S, Lateness

T = 1_795_300_000.0
# Near one another, leaps of all sizes, and none at all.
STEPS = st.one_of(
    st.floats(-90, 90),
    st.sampled_from([0.0, 30.0, -30.0, 3600.0, 3601.0, -3601.0, 1e5, -1e5, 1e8, 0.001, math.nan]),
)
SURE = [0.0] * CONFIRMED_COUNT  # by then the first time is believed
SURE_STEPS = st.lists(STEPS, max_size=60).map(lambda steps: SURE + steps)
LATENESS = st.sampled_from([0.0, 0.001, 30.0, 600.0])


FIRST = [T] * CONFIRMED_COUNT  # of which the last is taken


class Twin:
    """What the module says in words, one report at a time."""

    def __init__(self) -> None:
        self.latest = self.as_of = -math.inf
        self.leap, self.agreed = -math.inf, 0

    def takes(self, t: float, lateness_s: float) -> bool:
        if math.isnan(t):
            return False
        if lateness_s and t - self.latest > LEAP_S:
            self.agreed = self.agreed + 1 if abs(t - self.leap) <= LEAP_S else 1
            self.leap = t
            if self.agreed < CONFIRMED_COUNT:
                return False
        elif lateness_s:
            self.leap, self.agreed = -math.inf, 0
        good = t >= self.latest - lateness_s and t >= self.least(lateness_s)
        self.latest = max(self.latest, t)
        return good

    def least(self, lateness_s: float) -> float:
        """A report of our own time may have the very time that was the latest."""
        return self.as_of if lateness_s else float(np.nextafter(self.as_of, -math.inf))

    def ends_step(self, lateness_s: float) -> None:
        known = self.latest - lateness_s
        if not lateness_s and math.isfinite(self.latest):
            known = float(np.nextafter(self.latest, math.inf))
        self.as_of = max(self.as_of, known)


def moments(steps: Sequence[float]) -> list[float]:
    """Return times of which each is a step from the last that there was."""
    t, found = T, []
    for step in steps:
        if not math.isnan(step):
            t += step
        found.append(math.nan if math.isnan(step) else t)
    return found


def fold(
    times: Sequence[float], lateness_s: Sequence[float], cuts: Sequence[int]
) -> tuple[list[float], list[float], int]:
    """Return the times that were given, `as_of` after each step, and how many were set aside.

    Every third report is a claim of identity.
    """
    rule = Lateness(lateness_s[0])
    state, given, as_of, aside = rule.start(), [], [], 0
    ends = [*sorted({c % (len(times) + 1) for c in cuts}), len(times)]
    at = 0
    for end in ends:
        lines = range(at, end)
        p = [i for i in lines if i % 3]
        s = [i for i in lines if i % 3 == 0]
        rule = Lateness(lateness_s[min(at, len(lateness_s) - 1)])
        state, positions, statics, counts = rule.step(
            state,
            PositionBatch.make(len(p), t=[times[i] for i in p], line=p),
            StaticBatch.make(len(s), t=[times[i] for i in s], line=s),
        )
        kept = sorted(
            pair
            for batch in (positions, statics)
            for pair in zip(batch.line.tolist(), batch.t.tolist(), strict=True)
        )
        given += [t for _, t in kept]
        as_of.append(rule.as_of(state))
        aside += counts.total()
        at = end
    return given, as_of, aside


@given(
    SURE_STEPS,
    LATENESS,
    st.lists(st.integers(0, 60), max_size=8),
)
@example([*SURE, 1e5, 0.0, 0.0, 0.0, -1e5, 1e5], 30.0, [9, 10])
@settings(max_examples=150)
def test_what_is_late_does_not_depend_on_how_the_reports_are_cut(
    steps: list[float], lateness_s: float, cuts: list[int]
) -> None:
    times = moments(steps)
    if not lateness_s:  # our own times never step back within what the log calls one moment
        times = np.maximum.accumulate(np.nan_to_num(times, nan=T)).tolist()
    whole, cut = fold(times, [lateness_s], []), fold(times, [lateness_s], cuts)
    assert cut[0] == whole[0]
    assert cut[1][-1] == whole[1][-1]
    assert cut[2] == whole[2]


@given(
    SURE_STEPS,
    st.sampled_from([0.001, 30.0, 600.0]),
)
@settings(max_examples=150)
def test_it_takes_what_its_slow_twin_takes(steps: list[float], lateness_s: float) -> None:
    times, twin, wanted = moments(steps), Twin(), []
    for t in times:
        if twin.takes(t, lateness_s):
            wanted.append(t)
        twin.ends_step(lateness_s)
    given_ones, as_of, aside = fold(times, [lateness_s], [])
    assert given_ones == wanted
    assert as_of[-1] == twin.as_of
    assert aside == len(times) - len(wanted)


@given(
    SURE_STEPS,
    st.lists(LATENESS, min_size=1, max_size=60),
    st.lists(st.integers(0, 60), max_size=12),
)
@settings(max_examples=150)
def test_as_of_never_steps_back_and_nothing_before_it_follows_even_if_the_setting_changes(
    steps: list[float], lateness_s: list[float], cuts: list[int]
) -> None:
    times = moments(steps)
    state, before = Lateness().start(), -math.inf
    ends, at = [*sorted({c % (len(times) + 1) for c in cuts}), len(times)], 0
    for end in ends:
        rule = Lateness(lateness_s[min(at, len(lateness_s) - 1)])
        lines = list(range(at, end))
        batch = PositionBatch.make(len(lines), t=times[at:end], line=lines)
        state, positions, _, _ = rule.step(state, batch, StaticBatch.empty())
        exact = np.nextafter(before, -math.inf) if not rule.lateness_s else before
        assert (positions.t >= exact).all()
        assert rule.as_of(state) >= before
        before, at = rule.as_of(state), end


def test_the_first_time_of_a_feed_is_believed_when_as_many_agree_on_it() -> None:
    assert fold([T + 9e6, *FIRST, T + 1], [30.0], [])[0] == [T, T + 1]


@pytest.mark.parametrize("agreeing", range(1, CONFIRMED_COUNT + 2))
def test_a_leap_is_believed_when_so_many_in_a_row_agree_on_it(agreeing: int) -> None:
    ahead = T + 2 * 86_400.0
    times = [*FIRST, T + 1, *(ahead + i for i in range(agreeing)), T + 2]
    taken, _, _ = fold(times, [30.0], [])
    believed = agreeing >= CONFIRMED_COUNT
    assert (T + 2 in taken) is not believed
    assert (ahead + agreeing - 1 in taken) is believed


def test_leaps_that_do_not_agree_or_are_interrupted_are_never_believed() -> None:
    wild = [T + (2 + i) * 86_400.0 * (-1) ** i for i in range(40)]
    assert fold([*FIRST, *wild, T + 1], [30.0], [])[0] == [T, T + 1]
    interrupted = [t for i in range(40) for t in (T + 86_400.0 + i, T + i)]
    taken = fold([*FIRST, *interrupted], [30.0], list(range(99)))[0]
    assert taken == [T, *(T + i for i in range(40))]


def test_reports_of_the_very_moment_that_was_the_latest_are_not_late_by_our_own_clock() -> None:
    assert fold([T, T, T, T], [0.0], [1, 2, 3])[0] == [T] * 4


def test_a_report_without_a_time_is_counted_apart_from_a_late_one() -> None:
    batch = PositionBatch.make(7, t=[*FIRST, math.nan, T - 99], line=range(7))
    *_, counts = Lateness(30.0).step(Lateness().start(), batch, StaticBatch.empty())
    assert counts == {"set aside: no time": 1, "set aside: late, or its clock is wrong": 5}
