from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pysequoia
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts import proof
from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.pgp_station import StationKey, make_station_key, station_key
from sternlight.alerts.receiving import leave, take
from tests.sternlight.alerts import replies
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
from tests.sternlight.alerts.replies import PROGRAMS, RETURNED, away, headed, of, simple

SEAL = a_seal()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with Book.open(tmp_path) as found:
        yield found


def came(book: Book, mail: bytes, t: float = T) -> str:
    """Have a mail come in; return what was done, and why no more."""
    outcome = take(book, SEAL, mail, t)
    return "" if outcome is None else outcome.why or outcome.done


def states(book: Book) -> list[str]:
    return [one.state for one in book.subscriptions(SEAL)]


def letters(book: Book, what: str = "answer") -> list[tuple[int, str]]:
    found = book.letters("what = ?", what)
    return [(letter.subscription, json.loads(letter.facts).get("why", "")) for letter in found]


# -- Who answers


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_token_proves_who_answers_whatever_from_says(
    book: Book, program: Callable[[str, str], bytes]
) -> None:
    subscribed(book, SEAL, "maria@example.org")  # as whom all samples come
    other = subscribed(book, SEAL, "other@example.org").number
    token = sent(book, SEAL, other)
    assert came(book, program(token, "snooze")) == "snoozed"
    assert book.read("select subscription, mmsi from snoozes") == [(other, m) for m in SHIPS]


def test_without_a_token_of_ours_nothing_happens(book: Book) -> None:
    sent(book, SEAL, subscribed(book, SEAL).number)
    before = everything(book)

    @given(
        st.sampled_from(["stop", "yes", "ok", "snooze", "dismiss all", "pause", "help", "?"]),
        st.sampled_from(PROGRAMS),
        st.sampled_from(RETURNED),
        st.integers(0, 2**130 - 1),
    )
    def nothing_comes_of(
        word: str, program: Callable[[str, str], bytes], back: Callable[[str], bytes], n: int
    ) -> None:
        token = SEAL.token("guess", n)
        assert came(book, program(token, word)) == ""
        assert came(book, of(f"Subject: stop {token}", "", "")) == ""
        assert came(book, back(token)) == ""
        assert leave(book, SEAL, token) is None

    nothing_comes_of()
    assert everything(book) == before


def test_another_stations_tokens_are_none(book: Book) -> None:
    one = subscribed(book, SEAL).number
    sent(book, SEAL, one)
    assert came(book, simple(a_seal().token("letter", one, EVENT, "alert"), "stop")) == ""


def test_of_several_letters_the_newest_is_answered(book: Book) -> None:
    one = subscribed(book, SEAL).number
    old, new = (sent(book, SEAL, one, thread=f"gap-{n}.0-20260803T071200Z") for n in (7, 8))
    mail = simple(old, "snooze", more=(f"References: <x@y> <{new}@a> <{old}@a>",))
    assert came(book, mail) == "snoozed"
    assert book.read("select mmsi from snoozes") == [(8,)]


def test_what_stands_behind_the_word_counts_more_than_what_is_answered(book: Book) -> None:
    one, other = (subscribed(book, SEAL).number for _ in range(2))
    mail = simple(sent(book, SEAL, one), f"stop {proof.leaving(SEAL, other)}")
    assert came(book, mail) == "removed"
    assert [s.number for s in book.subscriptions(SEAL)] == [one]


def test_our_own_mail_on_its_way_back_is_no_answer(book: Book) -> None:
    one = subscribed(book, SEAL).number
    old, new = sent(book, SEAL, one), sent(book, SEAL, one, "stronger")
    mail = of(f"Message-ID: <{new}@example.org>", f"References: <{old}@example.org>", "", "stop")
    assert came(book, mail) == ""
    assert states(book) == ["active"]


# -- Opt-in


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("word", ["Yes", "confirm", "yes."])
def test_yes_in_answer_to_the_question_confirms(
    book: Book, program: Callable[[str, str], bytes], word: str
) -> None:
    one = subscribed(book, SEAL, state="pending").number
    assert came(book, program(sent(book, SEAL, one, "confirm", "confirm"), word)) == "confirmed"
    assert states(book) == ["active"]


def test_a_code_confirms_from_whatever_address(book: Book) -> None:
    made = subscribed(book, SEAL, state="pending")
    code = proof.code(SEAL, made.number, made.made)
    other = subscribed(book, SEAL, state="pending")
    assert came(book, of("From: x@y", f"Subject: Confirm {code.upper()}", "", "")) == "confirmed"
    assert states(book) == ["active", "pending"]
    code = proof.code(SEAL, other.number, other.made)
    assert came(book, of("From: x@y", "Subject: hello", "", f"yes {code}")) == "confirmed"
    assert states(book) == ["active", "active"]


def test_no_absence_and_no_other_word_confirms(book: Book) -> None:
    one = subscribed(book, SEAL, state="pending").number
    token = sent(book, SEAL, one, "confirm", "confirm")
    for mail in (
        away(token, "Auto-Submitted: auto-replied", body="yes"),
        away(token, body="Yes, I am away."),
        away(token, body=""),
        simple(token, "ok"),
        simple(token, "resume"),
        simple(token, "> yes", "yes", "", "No."),
    ):
        came(book, mail.replace(b"CAF0", str(hash(mail)).encode()))
    assert states(book) == ["pending"]


def test_a_code_of_a_subscription_is_no_code_of_its_successor() -> None:
    assert proof.code(SEAL, 1, T) != proof.code(SEAL, 1, T + 1) != proof.code(SEAL, 2, T)


# -- What is done


def test_an_answer_that_comes_again_changes_nothing(book: Book) -> None:
    one = subscribed(book, SEAL).number
    mail = simple(sent(book, SEAL, one), "pause 2 days")
    assert came(book, mail) == "paused"
    before = everything(book)
    for days in (0, 1, 59):
        assert came(book, mail, T + days * DAY_S) == ""
    assert everything(book) == before
    assert "CAF0" not in repr(before)


def test_a_bounce_that_comes_again_is_counted_once(book: Book) -> None:
    one = subscribed(book, SEAL).number
    mail = replies.postfix(sent(book, SEAL, one))
    for n in range(5):
        came(book, mail, T + n * DAY_S)
    assert [s.bounces_count for s in book.subscriptions(SEAL)] == [1]
    assert [letter.state for letter in book.letters()] == ["failed"]


@pytest.mark.parametrize("made", RETURNED)
def test_every_kind_of_bounce_is_counted(book: Book, made: Callable[[str], bytes]) -> None:
    one = subscribed(book, SEAL).number
    assert came(book, made(sent(book, SEAL, one))) == "bounced"
    assert [s.bounces_count for s in book.subscriptions(SEAL)] == [1]


def test_an_answer_makes_the_count_of_bounces_begin_anew(book: Book) -> None:
    one = subscribed(book, SEAL, bounces_count=2).number
    came(book, simple(sent(book, SEAL, one), "ok"))
    assert [s.bounces_count for s in book.subscriptions(SEAL)] == [0]


@pytest.mark.parametrize("way", ["answer", "subject", "token"])
def test_who_says_stop_is_gone_with_everything(book: Book, tmp_path: Path, way: str) -> None:
    one = subscribed(book, SEAL).number
    token = sent(book, SEAL, one)
    leaving = proof.leaving(SEAL, one)
    if way == "answer":
        assert came(book, simple(token, "STOP")) == "removed"
    elif way == "subject":
        assert came(book, of(f"Subject: stop {leaving}", "", "")) == "removed"
    else:
        assert leave(book, SEAL, f" {leaving.upper()}\n") is not None
    assert not book.subscriptions(SEAL)
    assert not book.letters()
    assert token.encode() not in on_disk(tmp_path)
    assert came(book, simple(token, "stop")) == ""
    assert leave(book, SEAL, leaving) is None


def test_a_letters_token_unsubscribes_too(book: Book) -> None:
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    assert leave(book, SEAL, token) is not None
    assert not book.subscriptions(SEAL)


def test_who_is_not_understood_is_told_once_a_day(book: Book) -> None:
    one = subscribed(book, SEAL).number
    token = sent(book, SEAL, one)
    for n in range(20):
        mail = simple(token, "What?").replace(b"CAF0", b"CAF%d" % n)
        assert came(book, mail, T + n * DAY_S / 10) == "unclear"
    assert letters(book) in ([(one, "unclear")] * 2, [(one, "unclear")] * 3)


@pytest.mark.parametrize(
    ("what", "line", "why"),
    [
        ("alert", "help", "help"),
        ("alert", "dismiss", "no reason"),
        ("alert", "yes", "unclear"),
        ("digest", "ok", "no event"),
        ("digest", "snooze", "no event"),
        ("test", "-----BEGIN PGP MESSAGE-----", "encrypted"),
    ],
)
def test_what_cannot_be_done_is_explained(book: Book, what: str, line: str, why: str) -> None:
    one = subscribed(book, SEAL).number
    thread = EVENT if what == "alert" else "digest-20260803"
    came(book, simple(sent(book, SEAL, one, what, thread), line))
    letter = book.letters("what = 'answer'")[0]
    assert json.loads(letter.facts) == {"why": why, "what": what, "thread": thread}
    assert (letter.subscription, letter.state) == (one, "due")


def hidden(key: StationKey, *lines: str) -> list[str]:
    """Return an armored message to the station."""
    told = "\n".join(lines).encode()
    public = pysequoia.Cert.from_bytes(key.certificate.encode())
    return pysequoia.encrypt(told, [public]).decode("ascii").splitlines()


def test_what_is_encrypted_to_the_station_counts_as_if_it_was_not(
    book: Book, tmp_path: Path
) -> None:
    make_station_key(tmp_path, "station@example.org")
    key = station_key(tmp_path)
    assert key is not None
    one = subscribed(book, SEAL).number
    token = sent(book, SEAL, one)
    mail = simple(token, *hidden(key, "dismiss it was a drill", "", "> stop"))
    take(book, SEAL, mail, T)
    assert letters(book) == [(one, "encrypted")]
    outcome = take(book, SEAL, mail.replace(b"<CAF", b"<DAF"), T, key)
    assert (outcome and outcome.done) == "dismissed"
    assert book.read("select says from remarks") == [("it was a drill",)] * len(SHIPS)


def test_what_is_encrypted_to_somebody_else_is_explained(book: Book, tmp_path: Path) -> None:
    make_station_key(tmp_path / "ours", "station@example.org")
    make_station_key(tmp_path / "theirs", "station@example.net")
    ours, theirs = station_key(tmp_path / "ours"), station_key(tmp_path / "theirs")
    assert theirs is not None
    one = subscribed(book, SEAL).number
    take(book, SEAL, simple(sent(book, SEAL, one), *hidden(theirs, "stop")), T, ours)
    assert letters(book) == [(one, "encrypted")]


def test_programs_are_never_answered(book: Book) -> None:
    token = sent(book, SEAL, subscribed(book, SEAL).number)
    for more in ("Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x>"):
        came(book, away(token, more))
    for made in RETURNED:
        came(book, made(token))
    assert letters(book) == []


def test_what_the_operator_answers_is_nothing(book: Book) -> None:
    token = sent(book, SEAL, OPERATOR, "health", "health 1")
    for line in ("stop", "pause", "ok", "hello"):
        mail = simple(token, line).replace(b"CAF0", line.encode())
        assert came(book, mail) == "nothing"
    assert came(book, replies.postfix(token)) == "bounced"
    assert leave(book, SEAL, token) is None
    assert len(book.letters()) == 1


def test_any_mail_can_be_taken(book: Book) -> None:
    book._db.execute("pragma synchronous = off")
    token = sent(book, SEAL, subscribed(book, SEAL).number)

    @given(st.binary())
    def it_can(body: bytes) -> None:
        take(book, SEAL, of(*headed(token), "") + body, T)
        assert take(book, SEAL, body, T) is None

    it_can()


def test_a_mail_is_recognised_for_some_weeks(book: Book) -> None:
    one = subscribed(book, SEAL).number
    came(book, simple(sent(book, SEAL, one), "ok"))
    came(book, simple(sent(book, SEAL, one), "ok").replace(b"CAF0", b"x"), T + 61 * DAY_S)
    assert len(everything(book)["received"]) == 1
