"""Axes: round values, round times, and nothing outside of the paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.report.axes import TICKS_COUNT, Axis, moments, roof, values


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e4))
def test_a_roof_is_round_and_just_above_the_highest(highest: float, least: float) -> None:
    found = roof(highest, least)
    assert found >= max(highest, least)
    assert found <= 1.6 * max(highest * 1.05, least)
    assert float(f"{found:.2g}") == pytest.approx(found)


@given(st.floats(1.0, 1e6))
def test_values_lie_evenly_on_the_paper_from_zero(high: float) -> None:
    ticks = values(Axis(0.0, high, 110.0, 10.0))
    assert ticks[0].says == "0"
    assert 3 <= len(ticks) <= 6
    assert all(9.9 <= tick.at <= 110 for tick in ticks)


@given(st.integers(1_600_000_000, 1_900_000_000), st.integers(1200, 90 * 86_400))
def test_times_are_round_and_few_and_name_each_day_once(low: int, span: int) -> None:
    axis = Axis(float(low), float(low + span), 46, 410)
    for since in (None, low + span / 3):
        ticks = moments(axis, since)
        assert 1 <= len(ticks) <= TICKS_COUNT + 1 or span < 1800
        assert all(45.9 <= tick.at <= 410.1 for tick in ticks)
        days = [tick.also for tick in ticks if tick.also]
        assert len(set(days)) == len(days)


def test_times_are_told_as_people_write_them() -> None:
    noon = 1_772_366_400.0  # 2026-03-01 12:00 UTC
    ticks = moments(Axis(noon, noon + 20 * 3600, 0, 100), None)
    assert [(tick.says, tick.also) for tick in ticks] == [
        ("12:00", "1 Mar"), ("18:00", ""), ("00:00", "2 Mar"), ("06:00", "")
    ]  # fmt: skip
    since = moments(Axis(noon - 3600, noon + 7200, 0, 100), noon)
    assert [tick.says for tick in since] == [
        "-1 h",
        "-0.5 h",
        "0",
        "+0.5 h",
        "+1 h",
        "+1.5 h",
        "+2 h",
    ]
