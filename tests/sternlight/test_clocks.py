"""Which times are believed."""

from __future__ import annotations

from sternlight.clocks import DAY_S, set_aside

YEAR_2020 = 18_262  # days since 1970


def test_a_recording_of_one_day_is_believed() -> None:
    assert set_aside({YEAR_2020: 5}) == []


def test_nothing_heard_is_nothing_to_set_aside() -> None:
    assert set_aside({}) == []


def test_reports_of_1970_are_set_aside_however_many_they_are() -> None:
    assert set_aside({0: 900, YEAR_2020: 1000}) == [(0.0, DAY_S)]


def test_a_recording_that_is_all_of_1970_is_kept() -> None:
    assert set_aside({0: 5, 100: 5}) == []


def test_a_few_reports_years_away_are_set_aside() -> None:
    days = {YEAR_2020: 100_000, YEAR_2020 + 1: 100_000, YEAR_2020 - 7168: 3}
    assert set_aside(days) == [((YEAR_2020 - 7168) * DAY_S, (YEAR_2020 - 7167) * DAY_S)]


def test_a_few_reports_within_thirty_days_are_believed() -> None:
    assert set_aside({YEAR_2020: 100_000, YEAR_2020 + 31: 3}) == []
    assert set_aside({YEAR_2020: 100_000, YEAR_2020 + 32: 3}) != []


def test_one_in_a_thousand_is_too_many_to_be_a_slip() -> None:
    assert set_aside({YEAR_2020: 99_900, YEAR_2020 + 300: 100}) == []


def test_a_sparse_recording_keeps_its_lonely_reports() -> None:
    sparse = {YEAR_2020 + 20 * k: 500 for k in range(20)}
    lonely = max(sparse) + 60
    assert set_aside({**sparse, lonely: 2}) == []


def test_a_lonely_recording_of_few_reports_loses_none() -> None:
    assert set_aside({YEAR_2020: 1, YEAR_2020 + 400: 1, YEAR_2020 + 900: 1}) == []
