"""The station's clock, on clocks that the tests set."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.base_stations import BaseStations
from sternlight.station_clock import AGREE_S, LATEST, RELEASED, SETTLE_S, StationClock

NOW = RELEASED + 30 * 86_400.0
YEAR_S, HOUR_S = 365 * 86_400.0, 3600.0


class World:
    """A true time, a system clock beside it, and a kernel with an opinion."""

    def __init__(self, system_s: float = 0.0, synchronised: bool | None = True) -> None:
        self.mono_s = 5000.0
        self.system_s = system_s  # the system clock minus the truth
        self.synchronised = synchronised
        self.blind = False
        self.said: list[str] = []

    @property
    def true(self) -> float:
        return NOW + self.mono_s - 5000.0

    def clock(self, floor: float = NOW - 100.0, wait_s: float = 300.0) -> StationClock:
        return StationClock(
            floor,
            wait_s=wait_s,
            wall=lambda: self.true + self.system_s,
            mono=lambda: self.mono_s,
            synchronised=lambda: self.synchronised,
            blind=lambda: self.blind,
        )

    def run(self, clock: StationClock, seconds: int, base: bool = False) -> list[str]:
        """Let time pass; with `base` a base station is heard each second."""
        said = []
        for _ in range(seconds):
            self.mono_s += 1.0
            if base:
                clock.hear([math.floor(self.true) - clock.at(self.mono_s)])
            said += clock.check()
        return said

    def error(self, clock: StationClock) -> float:
        return clock.at(self.mono_s) - self.true


def test_a_good_system_clock_is_used_at_once() -> None:
    world = World()
    clock = world.clock()
    assert clock.sane
    assert clock.state.how == "system, synchronised"
    assert world.error(clock) == pytest.approx(0, abs=1e-6)
    assert world.run(clock, 30) == ["The system clock is used; it says 2026-12-01T00:00:00Z."]


@pytest.mark.parametrize("synchronised", [None, False])
def test_a_clock_that_nobody_vouches_for_is_used_and_so_called(synchronised: bool | None) -> None:
    clock = World(synchronised=synchronised).clock()
    assert clock.sane
    assert clock.state.how == "system"


@pytest.mark.parametrize("system_s", [-50 * YEAR_S, -HOUR_S, LATEST, 1e15])
def test_an_insane_system_clock_makes_lines_wait(system_s: float) -> None:
    world = World(system_s, synchronised=False)
    clock = world.clock()
    assert not clock.sane
    said = world.run(clock, 299)
    assert not clock.sane
    assert len(said) == 1
    assert "waits up to 5 min" in said[0]


def test_while_waiting_the_time_server_comes_and_lines_that_waited_get_true_times() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    world.run(clock, 100)
    heard = world.mono_s - 40.0
    world.system_s = 0.0
    said = world.run(clock, 1)
    assert clock.state.how == "system"
    assert clock.at(heard) == pytest.approx(world.true - 41.0)
    assert said == ["The system clock is used; it says 2026-12-01T00:01:41Z."]


def test_while_waiting_base_stations_that_agree_are_taken() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    said = world.run(clock, 6, base=True)
    assert clock.state.how == "base stations"
    assert world.error(clock) == pytest.approx(-0.5, abs=1.0)
    assert "taken from base stations" in said[-1]


def test_after_waiting_in_vain_it_goes_on_from_what_was_last_written() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock(floor=NOW - 100.0)
    said = world.run(clock, 301)
    assert clock.state.how == "unsure"
    assert world.error(clock) == pytest.approx(-100.0)
    assert "unsure" in said[-1]
    world.system_s = 0.0
    said = world.run(clock, 12)
    assert clock.state.how == "system"
    assert world.error(clock) == pytest.approx(0.0)
    assert [s.partition(" to ")[0] for s in said] == ["The clock steps forward by 2 min"]


def test_base_stations_end_being_unsure() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock(floor=NOW - YEAR_S)
    world.run(clock, 301)
    said = world.run(clock, 20, base=True)
    assert clock.state.how == "base stations"
    assert abs(world.error(clock)) < 1.5
    assert len(said) == 1
    assert "as base stations do" in said[0]


def test_a_replayed_recording_does_not_take_the_clock_behind_what_was_written() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    for _ in range(20):
        world.mono_s += 1.0
        clock.hear([NOW - 8 * YEAR_S - clock.at(world.mono_s)])
        clock.check()
    assert not clock.sane


def test_a_computer_switched_on_without_battery_waits_though_its_clock_looks_right() -> None:
    world = World(-3 * 86_400.0, synchronised=False)
    world.blind = True
    clock = world.clock(floor=NOW - 4 * 86_400.0)
    assert not clock.sane
    assert "stood still" in world.run(clock, 5)[0]
    world.system_s, world.synchronised = 0.0, True
    world.run(clock, 1)
    assert clock.state.how == "system, synchronised"
    assert world.error(clock) == pytest.approx(0.0)


def test_a_computer_switched_on_without_battery_is_unsure_until_its_clock_is_set() -> None:
    world = World(-3 * 86_400.0, synchronised=False)
    world.blind = True
    clock = world.clock(floor=NOW - 4 * 86_400.0)
    world.run(clock, 1000)
    assert clock.state.how == "unsure"
    assert world.error(clock) == pytest.approx(-3 * 86_400.0)
    world.system_s = 0.0
    world.run(clock, 15)
    assert clock.state.how == "system"
    assert world.error(clock) == pytest.approx(0.0)


def test_a_synchronised_clock_is_believed_even_behind_what_was_written() -> None:
    world = World()
    clock = world.clock(floor=NOW + YEAR_S)
    assert clock.sane
    assert world.error(clock) == pytest.approx(0.0)
    assert "365.0 days later" in world.run(clock, 1)[0]


def test_a_restart_a_moment_behind_what_was_written_goes_on_from_there() -> None:
    world = World(synchronised=False)
    clock = world.clock(floor=NOW + 1.5)
    assert clock.at(world.mono_s) == NOW + 1.5
    world.run(clock, 400)
    assert world.error(clock) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("moved_s", [-1.9, -0.5, 0.5, 1.9])
def test_small_differences_are_followed_slowly_and_without_a_word(moved_s: float) -> None:
    world = World()
    clock = world.clock()
    world.run(clock, 5)
    world.system_s = moved_s
    assert world.run(clock, 10) == []
    assert abs(world.error(clock)) <= 0.11
    assert world.run(clock, 300) == []
    assert world.error(clock) == pytest.approx(moved_s, abs=0.02)


@pytest.mark.parametrize("moved_s", [-YEAR_S, -HOUR_S, -5.0, 5.0, HOUR_S, YEAR_S])
@pytest.mark.parametrize("synchronised", [True, False, None])
def test_a_jump_is_followed_only_if_the_kernel_vouches_for_it(
    moved_s: float, synchronised: bool | None
) -> None:
    world = World(synchronised=synchronised)
    clock = world.clock(floor=0.0)
    world.run(clock, 5)
    world.system_s = moved_s
    said = world.run(clock, 60)
    # the system clock may not say a time before the release, whoever vouches for it
    follows = synchronised is True and moved_s != -YEAR_S
    assert world.error(clock) == pytest.approx(moved_s if follows else 0.0)
    assert len(said) == 1, "a decision is told once"
    assert ("steps" in said[0]) == follows
    assert clock.state.steps_count == follows
    assert clock.state.how == ("system, synchronised" if follows else "unsure")
    assert clock.state.system_offset_s == pytest.approx(0.0 if follows else moved_s)


@pytest.mark.parametrize("moved_s", [-HOUR_S, HOUR_S, YEAR_S])
@pytest.mark.parametrize("synchronised", [True, False, None])
def test_base_stations_outvote_a_wrong_jump(moved_s: float, synchronised: bool | None) -> None:
    world = World(synchronised=synchronised)
    clock = world.clock()
    world.run(clock, 60, base=True)
    world.system_s = moved_s
    said = world.run(clock, 120, base=True)
    assert abs(world.error(clock)) < 1.5
    assert clock.state.how == "base stations"
    assert "base stations say otherwise" in said[0]
    world.system_s = 0.0
    assert "used again" in world.run(clock, 30, base=True)[-1]
    assert clock.state.how.startswith("system")
    assert clock.state.steps_count == 0


@pytest.mark.parametrize("wrong_s", [-HOUR_S, HOUR_S])
def test_base_stations_bear_out_a_jump_to_the_right_time(wrong_s: float) -> None:
    world = World(wrong_s, synchronised=False)
    clock = world.clock(floor=0.0)
    told = world.run(clock, 60, base=True)
    assert "Base stations say" in told[-1]
    assert clock.state.base_offset_s == pytest.approx(-wrong_s, abs=1.5)
    world.system_s = 0.0
    said = world.run(clock, 60, base=True)
    assert len(said) == 1
    assert "as the system clock does" in said[0]
    assert ("set aside" in said[0]) == (wrong_s > 0)
    assert world.error(clock) == pytest.approx(0.0)


def test_a_jump_that_is_taken_back_at_once_changes_nothing() -> None:
    world = World()
    clock = world.clock()
    world.run(clock, 5)
    world.system_s = HOUR_S
    assert world.run(clock, 5) == []
    world.system_s = 0.0
    assert world.run(clock, 60) == []
    assert clock.state.steps_count == 0


def test_a_jump_back_of_the_system_clock_is_not_lost_when_it_later_proves_right() -> None:
    world = World(HOUR_S, synchronised=False)
    clock = world.clock()
    world.run(clock, 5)
    world.system_s = 0.0
    world.run(clock, 60)
    assert world.error(clock) == pytest.approx(HOUR_S)
    world.synchronised = True
    assert "steps back by 60 min" in world.run(clock, 15)[0]
    assert world.error(clock) == pytest.approx(0.0)


def test_a_slow_feed_does_not_veto_a_synchronised_clock() -> None:
    world = World(-5.0)
    clock = world.clock()
    for _ in range(60):
        world.mono_s += 1.0
        clock.hear([world.true - 8.0 - clock.at(world.mono_s)])  # nearer to the wrong time
        clock.check()
    world.system_s = 0.0
    world.run(clock, 20)
    assert world.error(clock) == pytest.approx(0.0)


def test_absurd_base_stations_among_good_ones_are_outvoted() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    world.mono_s += 10.0
    good = [world.true + d - clock.at(world.mono_s) for d in (-1.0, 0.0, -2.0, 0.5, -0.5)]
    clock.hear([*good, 1e9, -1e9, math.nan, math.inf])
    clock.check()
    assert clock.state.how == "base stations"
    assert abs(world.error(clock)) < 1.5


def test_base_stations_are_believed_only_if_most_agree_whatever_else_is_heard() -> None:
    base = BaseStations()
    base.hear(0.0, [5.0] * 6)
    base.hear(1.0, [math.nan] * 100)
    assert base.offset_s(2.0) == 5.0
    base.hear(3.0, [5.0 + 100.0 * n for n in (-3, -2, -1, 1, 2, 3)])
    assert base.offset_s(4.0) is None


def test_what_was_heard_before_a_step_keeps_its_time() -> None:
    world = World()
    clock = world.clock()
    world.run(clock, 5)
    heard = world.mono_s
    before = clock.at(heard)
    world.system_s = HOUR_S
    world.run(clock, 20)
    assert clock.state.steps_count == 1
    assert clock.at(heard) == before


def test_base_stations_that_do_not_agree_or_are_few_say_nothing() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    clock.hear([100.0] * 4)
    clock.check()
    assert not clock.sane
    clock.hear([4000.0, 9000.0, 12_000.0, 20_000.0, 1.0])
    clock.check()
    assert not clock.sane
    assert clock.state.base_offset_s is None


def test_what_base_stations_said_eleven_minutes_ago_is_forgotten() -> None:
    world = World()
    clock = world.clock()
    world.run(clock, 20, base=True)
    assert clock.state.base_offset_s is not None
    world.run(clock, 660)
    assert clock.state.base_offset_s is None


def test_base_stations_silent_for_a_day_leave_the_clock_unsure() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    world.run(clock, 20, base=True)
    world.mono_s += HOUR_S
    world.run(clock, 15)
    assert clock.state.how == "base stations"
    world.mono_s += 86_400.0
    world.run(clock, 15)
    assert clock.state.how == "unsure"


def test_a_drift_of_our_own_time_is_mended_slowly_by_base_stations() -> None:
    world = World(-50 * YEAR_S, synchronised=False)
    clock = world.clock()
    world.run(clock, 20, base=True)
    for _ in range(1200):
        world.mono_s += 1.0
        clock.hear([world.true + 12.0 - clock.at(world.mono_s)])
        assert clock.check() == []
    assert world.error(clock) == pytest.approx(12.0, abs=2.1)
    assert clock.state.steps_count == 0


def test_how_a_computer_sleeps_changes_nothing() -> None:
    world = World()
    clock = world.clock()
    world.run(clock, 5)
    world.mono_s += 9 * HOUR_S
    assert world.run(clock, 30) == []
    assert world.error(clock) == pytest.approx(0.0)


JUMPS = st.one_of(st.floats(-5, 5), st.floats(-1e5, 1e5), st.sampled_from([-YEAR_S, HOUR_S, 0.0]))
DOINGS = st.lists(
    st.tuples(
        st.integers(1, 25),  # seconds that pass
        st.one_of(st.none(), st.just(0.0), JUMPS),  # where the system clock is set to
        st.sampled_from([True, False, None]),
        st.one_of(st.none(), st.floats(-3, 3), JUMPS),  # what base stations say, minus the truth
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(DOINGS, st.sampled_from([0.0, -50 * YEAR_S, HOUR_S]), st.booleans(), st.booleans())
def test_time_goes_back_only_in_a_step_that_is_told(
    doings: list[tuple[int, float | None, bool | None, float | None]],
    system_s: float,
    synchronised: bool,
    blind: bool,
) -> None:
    world = World(system_s, synchronised)
    world.blind = blind
    clock = world.clock(wait_s=20.0)
    last, steps, sane, stepped = -math.inf, 0, clock.sane, -math.inf
    for seconds, moved_s, synchronised, base_s in doings:
        world.system_s = world.system_s if moved_s is None else moved_s
        world.synchronised = synchronised
        for _ in range(seconds):
            for _ in range(3):
                world.mono_s += 0.25
                assert clock.at(world.mono_s) >= last, "time went back by itself"
                last = clock.at(world.mono_s)
            if base_s is not None:
                clock.hear([world.true + base_s - last] * 2)
            world.mono_s += 0.25
            said = clock.check()
            if clock.sane and (clock.state.steps_count > steps or not sane):
                assert said, "a step is told"
                assert world.mono_s - stepped >= SETTLE_S, "one step follows another at once"
                steps, sane, stepped = clock.state.steps_count, True, world.mono_s
                last = -math.inf
            assert len(said) <= 3
            assert clock.at(world.mono_s) >= RELEASED


@settings(max_examples=40, deadline=None)
@given(DOINGS, st.sampled_from([0.0, -50 * YEAR_S, HOUR_S, -HOUR_S]))
def test_whatever_happened_a_synchronised_clock_and_base_stations_bring_the_true_time(
    doings: list[tuple[int, float | None, bool | None, float | None]], system_s: float
) -> None:
    world = World(system_s, False)
    clock = world.clock(floor=NOW - 2 * HOUR_S, wait_s=20.0)
    for seconds, moved_s, synchronised, base_s in doings:
        world.system_s = world.system_s if moved_s is None else moved_s
        world.synchronised = synchronised
        for _ in range(seconds):
            world.mono_s += 1.0
            if base_s is not None:
                clock.hear([world.true + base_s - clock.at(world.mono_s)] * 2)
            clock.check()
    world.system_s, world.synchronised = 0.0, True
    world.run(clock, 600, base=True)
    assert abs(world.error(clock)) < 0.05
    assert clock.state.how == "system, synchronised"
    assert world.run(clock, 60, base=True) == []
    assert abs(clock.state.base_offset_s or 0.0) < AGREE_S
