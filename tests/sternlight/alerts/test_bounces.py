from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.alerts.book import Book
from sternlight.alerts.bounces import APART_S, arrived, came_back, refused
from sternlight.alerts.proof import owner
from tests.sternlight.alerts.books import DAY_S, T, a_seal, sent, subscribed

SEAL = a_seal()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path) as found:
        yield found


def count(book: Book, number: int) -> tuple[str, int]:
    one = book.subscription(SEAL, number)
    assert one is not None
    return one.state, one.bounces_count


@pytest.mark.parametrize("state", ["active", "paused"])
def test_an_address_that_refuses_on_three_days_is_dead(book: Book, state: str) -> None:
    one = subscribed(book, SEAL, state=state).number
    assert [refused(book, SEAL, one, T + n * DAY_S) for n in range(4)] == [
        False,
        False,
        True,
        False,
    ]
    assert count(book, one) == ("dead", 3)


def test_a_server_in_trouble_for_a_day_kills_nobody(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for n in range(50):
        assert not refused(book, SEAL, one, T + n / 50 * (APART_S - 1))
    assert count(book, one) == ("active", 1)


def test_what_an_own_server_took_over_has_not_arrived_yet(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for n in range(3):
        t = T + 2 * n * DAY_S
        token = sent(book, SEAL, one, thread=f"event {n}", t=t)
        its = owner(book, SEAL, token)
        assert its is not None
        assert came_back(book, SEAL, its, t + 60, "5.1.1") == (n == 2)
    assert count(book, one) == ("dead", 3)
    assert [letter.state for letter in book.letters()] == ["failed"] * 3
    assert book.letters()[0].why == "came back: 5.1.1"


def test_what_did_not_come_back_for_a_day_has_arrived(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for n in range(6):
        t = T + 3 * n * DAY_S
        assert not refused(book, SEAL, one, t)
        sent(book, SEAL, one, thread=f"event {n}", t=t + DAY_S)
    assert count(book, one) == ("active", 1)


def test_what_was_sent_just_now_may_still_come_back(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for n in range(3):
        t = T + DAY_S * n
        refused(book, SEAL, one, t)
        sent(book, SEAL, one, thread=f"event {n}", t=t + DAY_S / 2)
    assert count(book, one) == ("dead", 3)


def test_an_answer_shows_that_mails_arrive(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for n in range(9):
        assert not refused(book, SEAL, one, T + n * DAY_S)
        arrived(book, SEAL, one)
    assert count(book, one) == ("active", 0)


def test_what_nobody_confirmed_stays_pending(book: Book) -> None:
    one = subscribed(book, SEAL, state="pending").number
    for n in range(9):
        assert not refused(book, SEAL, one, T + n * DAY_S)
    assert count(book, one) == ("pending", 9)


def test_a_letter_that_still_waits_to_be_sent_goes_on_waiting(book: Book) -> None:
    one = subscribed(book, SEAL).number
    book.put(SEAL, one, "event", "alert", T)
    its = owner(book, SEAL, SEAL.token("letter", one, "event", "alert"))
    assert its is not None
    came_back(book, SEAL, its, T, "5.1.1")
    assert book.letters()[0].state == "due"


def test_refusals_of_somebody_who_left_are_nothing(book: Book) -> None:
    assert not refused(book, SEAL, 7, T)
    arrived(book, SEAL, 7)


@settings(max_examples=25)
@given(days=st.lists(st.floats(0, 100), max_size=12))
def test_whoever_refuses_on_three_days_is_dead_as_a_slow_count_tells(
    tmp_path_factory: pytest.TempPathFactory, days: list[float]
) -> None:
    days.sort()
    counted: list[float] = []
    for day in days:
        if not counted or (day - counted[-1]) * DAY_S >= APART_S:
            counted.append(day)
    with Book.open(tmp_path_factory.mktemp("book")) as book:
        book._db.execute("pragma synchronous = off")
        one = subscribed(book, SEAL).number
        for day in days:
            refused(book, SEAL, one, T + day * DAY_S)
        assert count(book, one) == ("dead" if len(counted) >= 3 else "active", min(len(counted), 3))
