"""When a source counts as hearing, half deaf and deaf."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.hearing import DAY_S, DEAF, Hearing, Turn

START = 1_795_046_400.0  # 2026-11-19T00:00:00Z


def listen(
    hearing: Hearing, start: float, hours: float, per_minute: float, daily: float = 0.0
) -> list[Turn]:
    """Give lines minute by minute, more by day and fewer by night by the share `daily`."""
    turns = []
    for minute in range(int(hours * 60)):
        t = start + minute * 60.0
        swing = 1 - daily * math.cos(2 * math.pi * (t % DAY_S) / DAY_S)
        turns += [hearing.heard(t + 30.0, round(per_minute * swing)), hearing.check(t + 60.0)]
    return [turn for turn in turns if turn]


def opened(silence_s: float = 600.0) -> Hearing:
    return Hearing("roof", silence_s, START)


def learned(hours: float = 30.0, per_minute: float = 100.0, daily: float = 0.0) -> Hearing:
    hearing = opened()
    listen(hearing, START, hours, per_minute, daily)
    assert hearing.state == "hearing"
    return hearing


def test_a_source_hears_from_its_first_line_on() -> None:
    hearing = opened()
    assert hearing.heard(START + 1, 0) is None
    assert hearing.state == "opening"
    assert hearing.heard(START + 2, 3) == Turn(START + 2, "roof", "hearing", "", START + 2)
    assert hearing.heard(START + 3, 3) is None
    assert (hearing.lines_count, hearing.last_heard) == (6, START + 3)


def test_a_source_that_never_says_anything_is_silent_after_its_limit() -> None:
    hearing = opened(silence_s=120.0)
    assert hearing.check(START + 119) is None
    turn = hearing.check(START + 120)
    assert turn == Turn(START + 120, "roof", "silent", "nothing heard for 2 min", START)
    assert hearing.check(START + 121) is None


def test_silence_is_told_with_the_time_of_the_last_line() -> None:
    hearing = opened()
    hearing.heard(START + 10, 1)
    turns = [hearing.check(START + s) for s in range(11, 700)]
    assert [t for t in turns if t] == [
        Turn(START + 610, "roof", "silent", "nothing heard for 10 min", START + 10)
    ]
    back = hearing.heard(START + 700, 1)
    assert back
    assert back.state == "hearing"


def test_a_lost_source_says_why_and_says_it_once() -> None:
    hearing = opened()
    assert hearing.lost(START + 1, "connection refused")
    assert hearing.lost(START + 5, "connection refused") is None
    assert hearing.lost(START + 9, "no route to host")
    assert hearing.check(START + 200) is None
    assert hearing.state == "lost"
    turn = hearing.heard(START + 201, 0)
    assert turn
    assert (turn.state, turn.why) == ("opening", "open again, nothing heard yet")
    assert hearing.ended(START + 300)
    assert hearing.ended(START + 301) is None
    assert hearing.state in DEAF


def test_a_tenth_of_the_usual_lines_for_a_quarter_of_an_hour_is_half_deaf() -> None:
    hearing = learned()
    turns = listen(hearing, START + 30 * 3600, 0.5, 10.0)
    assert [t.state for t in turns] == ["half deaf"]
    # 11 to 15 minutes with few lines bring the quarter of an hour below a quarter of the usual
    assert 660 <= turns[0].t - START - 30 * 3600 <= 960
    assert turns[0].since == turns[0].t - 900
    assert "where 100.0 are usual" in turns[0].why
    assert "half deaf" not in DEAF


def test_a_line_now_and_then_where_many_are_usual_is_half_deaf() -> None:
    hearing = learned()
    turns = []
    for minute in range(60):
        t = START + 30 * 3600 + minute * 60
        turns += [hearing.heard(t + 30, int(minute % 5 == 0)), hearing.check(t + 60)]
    assert [t.state for t in turns if t] == ["half deaf"]


def test_half_deaf_ends_when_half_of_the_usual_is_heard_again() -> None:
    hearing = learned()
    listen(hearing, START + 30 * 3600, 1.0, 10.0)
    assert listen(hearing, START + 31 * 3600, 1.0, 40.0) == []
    turns = listen(hearing, START + 32 * 3600, 1.0, 60.0)
    assert [t.state for t in turns] == ["hearing"]


def test_before_a_day_is_known_nobody_is_half_deaf() -> None:
    hearing = opened()
    listen(hearing, START, 23.0, 100.0)
    assert hearing.usual_per_min is None
    assert listen(hearing, START + 23 * 3600, 0.5, 3.0) == []


def test_few_ships_at_night_are_usual() -> None:
    hearing = learned(hours=6 * 24, daily=0.9)
    assert listen(hearing, START + 6 * DAY_S, 24.0, 100.0, daily=0.9) == []


def test_few_lines_by_day_are_told_though_as_few_are_usual_by_night() -> None:
    hearing = learned(hours=6 * 24 + 11, daily=0.9)
    noon = START + 6 * DAY_S + 11 * 3600
    assert [t.state for t in listen(hearing, noon, 1.0, 10.0)] == ["half deaf"]


def test_a_source_with_a_line_now_and_then_is_never_half_deaf() -> None:
    hearing = learned(per_minute=2.0)
    for minute in range(60):
        t = START + 30 * 3600 + minute * 60
        assert hearing.heard(t + 30, int(minute % 9 == 0)) is None
        assert hearing.check(t + 60) is None


def test_what_stays_less_for_a_week_becomes_usual() -> None:
    hearing = learned(hours=7 * 24)
    turns = listen(hearing, START + 7 * DAY_S, 8 * 24, 10.0)
    assert [t.state for t in turns] == ["half deaf", "hearing"]
    assert "learned anew" in turns[1].why
    assert hearing.usual_per_min == pytest.approx(10.0)


def test_a_flapping_connection_still_learns_what_is_usual() -> None:
    hearing = opened()
    for minute in range(30 * 60):
        t = START + minute * 60
        hearing.heard(t + 20, 100)
        hearing.check(t + 40)
        hearing.lost(t + 40, "closed by the other side")
        hearing.heard(t + 59, 1)
        hearing.check(t + 60)
    assert hearing.usual_per_min == pytest.approx(101.0)


@pytest.mark.parametrize("leap_s", [-365 * DAY_S, 3600.0, 9 * 3600.0])
def test_a_leap_of_the_clock_makes_nobody_deaf(leap_s: float) -> None:
    hearing = learned()
    t = START + 30 * 3600 + leap_s
    assert hearing.check(t) is None
    assert listen(hearing, t, 1.0, 100.0) == []
    assert hearing.state == "hearing"


def test_what_is_usual_outlives_a_restart() -> None:
    before = learned()
    saved = json.loads(json.dumps(before.save()))
    after = Hearing("roof", 600.0, START + 31 * 3600)
    after.load(saved)
    assert after.save() == before.save()
    turns = listen(after, START + 31 * 3600, 1.0, 10.0)
    assert [t.state for t in turns] == ["hearing", "half deaf"]


def test_the_rate_is_that_of_the_last_quarter_of_an_hour() -> None:
    hearing = opened()
    hearing.heard(START + 1, 5)
    hearing.check(START + 10)
    assert hearing.rate_per_min == pytest.approx(30.0, rel=0.2)
    listen(hearing, START + 60, 1.0, 100.0)
    assert hearing.rate_per_min == pytest.approx(100.0)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("hqlec"), st.floats(-1e9, 1e9), st.integers(1, 1000)), max_size=60
    )
)
def test_nothing_breaks_it_and_every_turn_is_a_change(
    doings: list[tuple[str, float, int]],
) -> None:
    hearing = opened()
    last = (hearing.state, hearing.why)
    for what, leap_s, count in doings:
        t = START + (leap_s if what == "c" else count)
        turn = {
            "h": lambda t, n: hearing.heard(t, n),
            "q": lambda t, n: hearing.heard(t, 0),
            "l": lambda t, n: hearing.lost(t, f"why {n % 2}"),
            "e": lambda t, n: hearing.ended(t),
            "c": lambda t, n: hearing.check(t),
        }[what](t, count)
        now = (hearing.state, hearing.why)
        assert (turn is not None) == (now != last)
        assert turn is None or (turn.state, turn.why) == now
        assert math.isfinite(hearing.rate_per_min)
        assert hearing.rate_per_min >= 0
        last = now
    json.dumps(hearing.save())
