"""Where a ship went after a meeting, and what may lie between."""

from __future__ import annotations

import numpy as np
import pytest

from tests.anomalies.links import (
    CARRIER,
    DAY,
    FISHER,
    HOUR,
    OTHER_CARRIER,
    SECOND,
    UNKNOWN,
    always,
    book,
    called,
    met,
    never,
)
from tracks.batch import BIN_S, I64


def test_the_next_sure_call_is_told_with_the_hours_between() -> None:
    found = book(called(CARRIER, 9), called(CARRIER, 4), called(CARRIER, 1)).onward(
        CARRIER, 3 * DAY
    )
    assert found
    assert found.call.start == 4 * DAY
    assert found.leg.hours == 24.0
    assert list(found.leg.doubts()) == []


def test_passing_near_a_port_and_lying_at_an_anchorage_are_no_calls_but_are_told() -> None:
    rows = [
        called(CARRIER, 4, "Banjul", certainty=1),
        called(CARRIER, 5, "the roads", kind="anchorage"),
        called(CARRIER, 5.5, "the roads", kind="anchorage"),
        called(CARRIER, 6),
    ]
    found = book(*rows).onward(CARRIER, 3 * DAY)
    assert found
    assert found.call.start == 6 * DAY
    assert list(found.leg.doubts()) == ["passed near Banjul", "lay at the roads"]


def test_a_stop_at_a_shore_without_a_name_is_a_call() -> None:
    found = book(called(CARRIER, 4, "", kind="shore"), called(CARRIER, 6)).onward(CARRIER, 0)
    assert found
    assert found.call.start == 4 * DAY


def test_who_was_not_heard_calling_since_has_no_next_call() -> None:
    assert book(called(CARRIER, 4)).onward(CARRIER, 5 * DAY) is None
    assert book(called(SECOND, 9)).onward(CARRIER, 5 * DAY) is None


@pytest.mark.parametrize(("silent_h", "told"), [(5.8, False), (6.0, True), (30.0, True)])
def test_a_silence_long_enough_for_a_call_is_told(silent_h: float, told: bool) -> None:
    def but_for_a_silence(ship: int, start: float, end: float) -> I64:
        marks = always(ship, start, end)
        since = 1.5 * DAY
        return marks[(marks * BIN_S <= since) | (marks * BIN_S >= since + silent_h * HOUR - 1)]

    found = book(called(CARRIER, 4), heard=but_for_a_silence).onward(CARRIER, DAY)
    assert found
    assert found.leg.silent_h == pytest.approx(silent_h, abs=1 / 6)
    assert found.leg.may_have_called == told
    assert any("long enough for a call" in doubt for doubt in found.leg.doubts()) == told


def test_who_was_never_heard_on_the_way_was_silent_all_the_way() -> None:
    found = book(called(CARRIER, 4), heard=never).onward(CARRIER, DAY)
    assert found
    assert found.leg.silent_h == 72.0


def test_meetings_with_those_who_may_have_taken_it_on_are_told_and_no_others() -> None:
    rows = [
        met(FISHER, CARRIER, 1),
        met(SECOND, CARRIER, 2),
        met(CARRIER, OTHER_CARRIER, 2.5),
        met(CARRIER, UNKNOWN, 3),
        met(CARRIER, UNKNOWN, 3.5),
        met(CARRIER, OTHER_CARRIER, 8),
        called(CARRIER, 4),
    ]
    found = book(*rows).onward(CARRIER, rows[0].end or 0)
    assert found
    assert len(found.leg.met) == 4
    assert list(found.leg.doubts()) == [
        "met 2 other ships on the way, to which it may have been passed on"
    ]


def test_marks_in_the_middle_of_nowhere_shorten_a_silence() -> None:
    def once(_: int, start: float, end: float) -> I64:
        return np.array([2 * DAY // BIN_S], np.int64)

    found = book(called(CARRIER, 4), heard=once).onward(CARRIER, DAY)
    assert found
    assert found.leg.silent_h == 48.0
