"""Answers of mail servers as they are met, and what RFC 3463 says of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.alerts.channel import How
from sternlight.alerts.smtp_answers import Answer, Verb, verdict


@pytest.mark.parametrize(
    ("verb", "code", "text", "how"),
    [
        # The address is to blame, and only then.
        ("RCPT", 550, "5.1.1 <x@y.org>: Recipient address rejected: User unknown", "never"),
        ("RCPT", 550, "5.4.1 Recipient address rejected: Access denied.", "never"),
        ("RCPT", 550, "5.2.1 The email account that you tried to reach is disabled", "never"),
        ("RCPT", 550, "No such user here", "never"),
        ("RCPT", 553, "sorry, that domain isn't in my list", "never"),
        ("RCPT", 556, "5.1.10 Recipient address has a null MX", "never"),
        ("RCPT", 501, "5.1.3 Bad recipient address syntax", "never"),
        ("DATA", 550, "5.1.1 unknown", "never"),
        # It may pass.
        ("RCPT", 552, "5.2.2 The email account is over quota", "later"),
        ("RCPT", 552, "mailbox full", "later"),
        ("RCPT", 452, "4.2.2 The email account is over quota", "later"),
        ("RCPT", 450, "4.2.0 Greylisted", "later"),
        ("RCPT", 451, "4.7.1 Please try again later", "later"),
        ("RCPT", 450, "4.1.1 unknown in local table, for now", "later"),
        ("RCPT", 421, "4.7.0 too many errors", "later"),
        ("MAIL", 452, "4.3.1 Insufficient system storage", "later"),
        ("DATA", 552, "over quota", "later"),
        # No right to pass mail on to there: whoever sees it can mend it.
        ("RCPT", 554, "5.7.1 <x@y.org>: Relay access denied", "later"),
        ("RCPT", 550, "5.7.1 Unable to relay", "later"),
        ("RCPT", 554, "rejected", "later"),
        # The letter is to blame.
        ("DATA", 554, "5.7.1 Message contains spam", "refused"),
        ("DATA", 550, "5.7.26 Unauthenticated email is not accepted", "refused"),
        ("DATA", 554, "Transaction failed", "refused"),
        ("DATA", 554, "5.6.0 Message content rejected", "refused"),
        ("DATA", 552, "5.3.4 Message size exceeds fixed limit", "refused"),
        ("MAIL", 552, "5.3.4 Message size exceeds fixed limit", "refused"),
        # We are.
        ("MAIL", 530, "5.7.0 Authentication required", "ours"),
        ("RCPT", 530, "5.7.1 Client was not authenticated", "ours"),
        ("MAIL", 553, "5.7.1 Sender address rejected: not owned by user", "ours"),
        ("MAIL", 550, "5.1.1 no such sender", "ours"),
        ("MAIL", 553, "5.1.8 Domain of sender address does not exist", "ours"),
        ("RCPT", 553, "5.1.8 Domain of sender address does not exist", "ours"),
        # Nonsense.
        ("RCPT", 354, "go on", "later"),
        ("DATA", 0, "", "later"),
        ("RCPT", 550, "4.2.2 a class that does not fit", "never"),
        ("RCPT", 550, "5.1.1.1.1 as it stands", "never"),
    ],
)
def test_an_answer_is_told_apart(verb: Verb, code: int, text: str, how: How) -> None:
    assert verdict(verb, Answer(code, text.encode())).how == how


def test_numbers_are_all_that_is_told_of_an_answer() -> None:
    told = verdict("RCPT", Answer(550, b"5.1.1 <jane@union.example.org>: jane is unknown")).says
    assert told == "550 5.1.1 at RCPT: no such mailbox"
    assert verdict("RCPT", Answer(450, b"4.7.1 wait")).says == "450 4.7.1 at RCPT: not now"


ANY_ANSWER = st.builds(Answer, st.integers(0, 999), st.binary(max_size=40))
VERBS = st.sampled_from(["MAIL", "RCPT", "DATA"])


@given(VERBS, st.integers(400, 499), st.binary(max_size=40))
def test_four_hundreds_are_never_for_good(verb: Verb, code: int, text: bytes) -> None:
    assert verdict(verb, Answer(code, text)).how == "later"


@given(VERBS, ANY_ANSWER, st.binary(min_size=1))
def test_words_change_nothing_behind_the_numbers(verb: Verb, answer: Answer, words: bytes) -> None:
    digits = Answer(answer.code, answer.numbers[4:].encode())
    assert verdict(verb, digits) == verdict(verb, answer)
    assert verdict(verb, digits._replace(text=digits.text + b" " + words)) == verdict(verb, digits)


@given(ANY_ANSWER)
def test_no_receiver_is_blamed_before_he_was_named(answer: Answer) -> None:
    assert verdict("MAIL", answer).how != "never"
