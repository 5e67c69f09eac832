"""What proves who answers: a token of ours, or the code of an opt-in; never who a mail is from.

Message-IDs carry the token of their letter, and come back in answers; the headers for
unsubscribing carry the token of the subscriber, which is good for as long as there is one.
Nobody can guess either, but whoever is handed a mail has them.
"""

from __future__ import annotations

from typing import NamedTuple

from sternlight.alerts.book import Book, Letter
from sternlight.alerts.credentials import Seal

CODE_CHARACTERS = 10  # of base32: 50 bits, to be typed by hand within two weeks


def code(seal: Seal, number: int, made: float) -> str:
    """Return what confirms a subscription made at Unix time `made`: `abcde-fghij`."""
    word = seal.token("code", number, repr(made))[:CODE_CHARACTERS]
    return f"{word[:5]}-{word[5:]}"


def leaving(seal: Seal, number: int) -> str:
    """Return the token that unsubscribes a subscriber, for List-Unsubscribe (RFC 2369, 8058)."""
    return seal.token("leaving", number)


def is_code(given: str) -> bool:
    """Return whether what stood behind a word is a code, and not a token."""
    return len(given) == CODE_CHARACTERS


class Owner(NamedTuple):
    """Who answers, and which letter; None if the proof was not a letter's."""

    number: int
    letter: Letter | None = None


def owner(book: Book, seal: Seal, *tokens: str) -> Owner | None:
    """Return whose these tokens are, the newest letter's first; None if there is none."""
    marks = ",".join("?" * len(tokens))
    letters = book.letters(f"token in ({marks})", *tokens)
    if letters:
        return Owner(letters[-1].subscription, letters[-1])
    for (number,) in book.read("select number from subscriptions"):
        if leaving(seal, number) in tokens:
            return Owner(number)
    return None


def coded(book: Book, seal: Seal, given: str) -> Owner | None:
    """Return whose code this is, however it was typed; None if it is nobody's."""
    word = "".join(filter(str.isalnum, given.lower()))
    for number, made in book.read("select number, made from subscriptions"):
        if code(seal, number, made).replace("-", "") == word:
            return Owner(number)
    return None
