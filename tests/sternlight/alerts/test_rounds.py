"""When a round of the post begins."""

from __future__ import annotations

import pytest

from sternlight.alerts.book import Glance
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.rounds import Rounds

NOBODY = frozenset[str]()
EMPTY = Glance(None, {}, 0, None)
SOMEBODY = Glance(None, {"active": 1}, 0, None)
OPERATOR = Mail(server="smtp://127.0.0.1", operator="a@b.example")
T = 1_795_910_400.0


def after_one(mail: Mail = Mail()) -> Rounds:  # noqa: B008 - it is frozen
    """Return rounds of which one, at 0, ended well."""
    rounds = Rounds(mail)
    rounds.begin(0.0, NOBODY)
    rounds.ended(well=True)
    return rounds


def first_due(rounds: Rounds, book: Glance | None, ailing: frozenset[str] = NOBODY) -> int | None:
    """Return after how many minutes a round begins, if within two days."""
    for minute in range(2 * 1440):
        if rounds.due(60.0 * minute, T + 60.0 * minute, book, ailing):
            return minute
    return None


def test_nothing_ever_begins_without_a_book_and_an_operator() -> None:
    assert first_due(Rounds(Mail()), None) is None
    assert first_due(Rounds(Mail(operator="a@b.example")), None) is None  # and no server


def test_what_a_stop_left_over_is_looked_at_when_the_station_starts() -> None:
    assert first_due(Rounds(Mail()), SOMEBODY) == 0
    assert first_due(Rounds(OPERATOR), None) == 0


def test_an_alert_is_taken_in_at_once_but_not_twice_a_minute() -> None:
    rounds = after_one()
    rounds.alert = True
    assert first_due(rounds, SOMEBODY) == 1


def test_other_events_wait_up_to_ten_minutes() -> None:
    rounds = after_one()
    rounds.news = True
    assert first_due(rounds, SOMEBODY) == 10


def test_without_subscribers_no_event_begins_a_round() -> None:
    rounds = after_one()
    rounds.news = rounds.alert = True
    assert first_due(rounds, EMPTY) == 1440


def test_a_letter_that_is_due_begins_a_round_when_it_is() -> None:
    assert first_due(after_one(), EMPTY._replace(next_due=T + 25 * 60.0)) == 25


def test_answers_are_fetched_every_ten_minutes_if_somebody_may_answer() -> None:
    inbox = Mail(inbox="imaps://a@b.example")
    assert first_due(after_one(inbox), SOMEBODY) == 10
    assert first_due(after_one(inbox), EMPTY) == 1440


def test_an_operator_has_the_station_looked_at_every_hour_and_when_something_new_is_wrong() -> None:
    assert first_due(after_one(OPERATOR), None) == 60
    assert first_due(after_one(OPERATOR), None, frozenset({"disk"})) == 10


def test_after_failures_rounds_get_rarer_and_what_they_were_for_is_not_forgotten() -> None:
    rounds = after_one()
    rounds.alert = True
    waits, now = [], 0.0
    for _ in range(9):
        while not rounds.due(now, T, SOMEBODY, NOBODY):
            now += 30.0
        waits.append(now - rounds.last)
        rounds.begin(now, NOBODY)
        rounds.ended(well=False)
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    rounds.begin(now + 3600, NOBODY)
    rounds.ended(well=True)
    assert not rounds.due(now + 7200, T, SOMEBODY, NOBODY)


def test_a_round_that_found_another_at_work_is_made_up_for() -> None:
    rounds = after_one()
    rounds.begin(60.0, NOBODY)
    rounds.ended(well=False, busy=True)
    assert rounds.due(120.0, T, SOMEBODY, NOBODY)


@pytest.mark.parametrize("book", [None, EMPTY, SOMEBODY])
def test_once_a_day_the_house_is_kept(book: Glance | None) -> None:
    due = first_due(after_one(), book)
    assert due == (None if book is None else 1440)
