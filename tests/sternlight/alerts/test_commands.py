from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.commands import BLANKED, MOST_REASON, Order, apply, blanked, mmsis_of
from sternlight.alerts.credentials import Seal
from sternlight.alerts.wording import Command, understood
from tests.sternlight.alerts.books import (
    DAY_S,
    EVENT,
    SHIPS,
    T,
    a_seal,
    everything,
    on_disk,
    sent,
    subscribed,
)

SEAL = a_seal()
AREA = "interference-20260803T071200Z"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path) as found:
        yield found


def ask(
    book: Book, line: str, number: int, event: str = "", seal: Seal = SEAL, **more: bool
) -> str:
    outcome = apply(book, seal, Order(understood(line), number, event, **more), T)
    assert outcome.number == number
    return outcome.why or outcome.done


def remarks(book: Book) -> list[tuple[str, str, int, str]]:
    return book.read("select what, event, mmsi, says from remarks order by mmsi")


def state(book: Book, number: int) -> tuple[str, float | None]:
    one = book.subscription(SEAL, number)
    assert one is not None
    return one.state, one.paused_until


def test_the_ships_of_an_event_stand_in_its_id() -> None:
    assert mmsis_of(EVENT) == SHIPS
    assert mmsis_of("gap-7.0-20260803T071200Z") == (7,)
    assert mmsis_of("encounter-9.0-9.1-20260803T071200Z") == (9,)
    assert mmsis_of(AREA) == mmsis_of("") == ()


@pytest.mark.parametrize("line", ["yes", "confirm"])
def test_only_who_was_asked_or_has_the_code_confirms(book: Book, line: str) -> None:
    one = subscribed(book, SEAL, state="pending").number
    assert ask(book, line, one) == "unclear"
    assert state(book, one) == ("pending", None)
    assert ask(book, line, one, opt_in=True) == "confirmed"
    assert state(book, one) == ("active", None)


def test_to_confirm_again_changes_nothing(book: Book) -> None:
    one = subscribed(book, SEAL, state="paused", paused_until=T).number
    assert ask(book, "yes", one, opt_in=True) == "confirmed"
    assert state(book, one) == ("paused", T)


@pytest.mark.parametrize("line", ["resume", "pause", "pause 3 days"])
def test_nothing_but_confirming_makes_a_pending_subscription_active(book: Book, line: str) -> None:
    one = subscribed(book, SEAL, state="pending").number
    assert ask(book, line, one) == "not confirmed"
    assert state(book, one) == ("pending", None)


def test_a_pause_lasts_for_its_time_or_until_resumed(book: Book) -> None:
    one = subscribed(book, SEAL).number
    assert ask(book, "pause 2 weeks", one) == "paused"
    assert state(book, one) == ("paused", T + 14 * DAY_S)
    assert ask(book, "pause", one) == "paused"
    assert state(book, one) == ("paused", None)
    assert ask(book, "resume", one) == "resumed"
    assert state(book, one) == ("active", None)


def test_what_is_acknowledged_is_kept_for_each_ship_once(book: Book) -> None:
    one = subscribed(book, SEAL).number
    for _ in range(2):
        assert ask(book, "ok", one, EVENT) == "acknowledged"
    assert remarks(book) == [("acknowledged", EVENT, mmsi, "") for mmsi in SHIPS]


def test_who_has_acknowledged_is_not_told_that_an_event_is_stronger(book: Book) -> None:
    one, other, waits = (subscribed(book, SEAL).number for _ in range(3))
    book.put(SEAL, waits, EVENT, "stronger", T, "waiting")
    for number in (one, waits):
        ask(book, "ok", number, EVENT)
    assert not book.put(SEAL, one, EVENT, "stronger", T)
    assert [letter.state for letter in book.letters("what = 'stronger'")] == ["dropped"] * 2
    assert book.put(SEAL, other, EVENT, "stronger", T)
    assert book.put(SEAL, one, EVENT, "closed", T)
    assert book.put(SEAL, one, EVENT, "withdrawn", T)


def test_what_was_told_of_an_event_stays_told(book: Book) -> None:
    one = subscribed(book, SEAL).number
    sent(book, SEAL, one, "stronger")
    ask(book, "ok", one, EVENT)
    assert [letter.state for letter in book.letters()] == ["sent"]


def test_a_snooze_is_of_the_ships_and_for_who_asked(book: Book) -> None:
    one, _ = (subscribed(book, SEAL).number for _ in range(2))
    assert ask(book, "snooze", one, EVENT) == "snoozed"
    until = T + 30 * DAY_S
    assert book.read("select * from snoozes") == [(one, mmsi, until) for mmsi in SHIPS]
    ask(book, "snooze 1 day", one, EVENT)
    assert book.read("select * from snoozes") == [(one, mmsi, T + DAY_S) for mmsi in SHIPS]


def test_the_operator_snoozes_for_all(book: Book) -> None:
    both = [subscribed(book, SEAL).number for _ in range(2)]
    assert ask(book, "snooze 1 day", OPERATOR, "gap-7.0-20260803T071200Z") == "snoozed"
    assert book.read("select subscription from snoozes") == [(number,) for number in both]


def test_a_dismissal_needs_a_reason_and_an_event(book: Book) -> None:
    one = subscribed(book, SEAL).number
    assert ask(book, "dismiss", one, EVENT) == "no reason"
    assert ask(book, "dismiss a pilot boat", one) == "no event"
    assert ask(book, "snooze", one, AREA) == "no ship"
    assert remarks(book) == []
    assert ask(book, "dismiss a  test of \x1b[2J jammers", one, AREA) == "dismissed"
    assert remarks(book) == [("dismissed", AREA, 0, "a test of \ufffd[2J jammers")]


@pytest.mark.parametrize(
    "says",
    [
        "ask maria@example.org",
        "ask Maria@Example.ORG.",
        "ask <mailto:maria@example.org>",
        "ask maria at example.org",
        "ask maria (at) example.org",
        "ask maria＠example.org",
        "ask maria @ example.org",
        "ask another.one@elsewhere.example",
        "x" * 295 + " maria@example.org",
        "x" * 3000 + "maria@example.org",
    ],
)
def test_a_reason_shows_nobodys_address(book: Book, says: str) -> None:
    one = subscribed(book, SEAL).number
    assert ask(book, f"dismiss {says}", one, EVENT) == "dismissed"
    kept = remarks(book)[0][3]
    assert len(kept) <= MOST_REASON
    assert not {"maria", "another"} & set(kept.lower().replace("@", " ").split())
    assert "example" not in kept.lower()
    assert BLANKED in kept or says.startswith("x")


@given(st.text(), st.sampled_from([" ", "", "\n"]), st.text())
def test_no_words_around_an_address_show_it(before: str, between: str, behind: str) -> None:
    kept = blanked(before + between + "maria@example.org" + between + behind, "maria@example.org")
    assert "maria@example.org" not in kept


def test_a_webhooks_address_is_none_to_be_shown() -> None:
    assert (
        blanked("see https://example.org/s3cret", "https://example.org/s3cret") == f"see {BLANKED}"
    )


def test_who_leaves_leaves_nothing(book: Book, tmp_path: Path) -> None:
    one, stays = subscribed(book, SEAL).number, subscribed(book, SEAL, "b@example.org").number
    for number in (one, stays):
        token = sent(book, SEAL, number)
        ask(book, "snooze", number, EVENT)
    token = SEAL.token("letter", one, EVENT, "alert")
    ask(book, "dismiss maria@example.org knows", one, EVENT)
    assert token.encode() in on_disk(tmp_path)
    assert ask(book, "stop", one) == "removed"
    assert ask(book, "stop", one) == "nothing"
    assert ask(book, "resume", one) == "nothing"
    rows = everything(book)
    assert [row[0] for row in rows["subscriptions"]] == [stays]
    assert {row[1] for row in rows["letters"]} == {row[0] for row in rows["snoozes"]} == {stays}
    found = on_disk(tmp_path)
    assert token.encode() not in found
    assert b"maria" not in found


def test_the_operator_cannot_be_removed_paused_or_confirmed(book: Book) -> None:
    for line in ("stop", "pause", "resume", "yes", "hello"):
        assert ask(book, line, OPERATOR, opt_in=True) == "unclear"


def test_the_operator_may_speak_of_events(book: Book) -> None:
    assert ask(book, "ok", OPERATOR, EVENT) == "acknowledged"
    assert ask(book, "dismiss fishing survey", OPERATOR, EVENT) == "dismissed"
    assert {row[3] for row in remarks(book)} == {"", "fishing survey"}
    assert not book.letters()


@pytest.mark.parametrize(
    "line", ["yes", "ok", "snooze", "dismiss x y", "pause 2 days", "resume", "stop", "help", "?"]
)
def test_whatever_is_done_twice_changes_nothing_the_second_time(book: Book, line: str) -> None:
    one = subscribed(book, SEAL).number
    sent(book, SEAL, one)
    ask(book, line, one, EVENT, opt_in=True)
    before = everything(book)
    before["subscriptions"] = [row[:3] for row in before["subscriptions"]]
    opened = book.subscription(SEAL, one)
    ask(book, line, one, EVENT, opt_in=True)
    after = everything(book)
    after["subscriptions"] = [row[:3] for row in after["subscriptions"]]
    assert after == before
    assert book.subscription(SEAL, one) == opened


def test_help_is_asked_for_and_nothing_done(book: Book) -> None:
    one = subscribed(book, SEAL).number
    assert apply(book, SEAL, Order(Command("help"), one), T).why == "help"
