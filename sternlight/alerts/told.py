"""What subscribers were told of events: noted with the letter that told it, when it goes out.

An update is worth a mail only against what somebody knows already, and what is withdrawn must
be told to everybody who may have heard of it: also to whom a mail went of which nobody knows
whether it arrived.  So `trying` is called before a letter is handed over, and `sent` after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sternlight.alerts.book import Book, Letter, What
from sternlight.telling.story import Story

OF_EVENTS: frozenset[What] = frozenset(
    {"alert", "stronger", "closed"}
)  # what may have to be withdrawn
NAMED_COUNT = 20  # events that a digest tells of in words; the others it counts
DIGEST = "digest-"  # and the day: the thread of a digest
# The order of letters of events: by score, then by when the event began.
STRONGEST = "score desc, json_extract(facts, '$.start'), thread"
COUNTED = "counted in "  # why a letter was dropped: a digest had too many


class Told(NamedTuple):
    """How an event stood when it was told."""

    score: float
    state: str  # open, closed


class Contents(NamedTuple):
    """What a digest tells of: letters in words, the strongest first, and how many more."""

    named: list[Letter]
    more_count: int


def of_stories(stories: Iterable[Story]) -> dict[str, Told]:
    """Return what a mail of these events tells, by event."""
    return {one.event: Told(one.score, one.state) for one in stories}


def told_in(letter: Letter) -> dict[str, Told]:
    """Return what a letter that went out, or may have, told of each event."""
    told = json.loads(letter.facts).get("told", {})
    return {event: Told(*how) for event, how in told.items()}


def last_told(letters: Iterable[Letter]) -> Told | None:
    """Return what one subscriber was told last of one event; None if nothing for certain.

    `letters` are those of that subscriber and event.
    """
    sent = [one for one in letters if one.what in OF_EVENTS and one.state == "sent"]
    if not sent:
        return None
    last = max(sent, key=lambda one: (one.done or 0.0, one.number))
    return told_in(last)[last.thread]


def known(book: Book, letter: Letter) -> Told | None:
    """Return what a letter's subscriber was told before of its event; None if nothing."""
    return last_told(
        book.letters("subscription = ? and thread = ?", letter.subscription, letter.thread)
    )


def contents(book: Book, digest: Letter) -> Contents:
    """Return what stands in a digest that has not been sent.

    One that may have arrived names nothing else when it is tried again.
    """
    before = told_in(digest)
    if before:
        letters = _letters_in(book, digest, STRONGEST)
        named = [one for one in letters if one.thread in before]
    else:
        named = _letters_in(book, digest, f"{STRONGEST} limit {NAMED_COUNT}")
    ((count,),) = book.read(f"select count(*) from letters where {_INSIDE}", *_inside(digest))
    return Contents(named, count - len(named))


_INSIDE = "subscription = ? and state = 'digest' and due = ?"


def _inside(digest: Letter) -> tuple[int, float]:
    return digest.subscription, until(digest)


def _letters_in(book: Book, digest: Letter, order: str) -> list[Letter]:
    return book.letters(_INSIDE, *_inside(digest), order=order)


def until(digest: Letter) -> float:
    """Return up to when a digest tells of what happened, Unix seconds."""
    return float(json.loads(digest.facts)["until"])


def trying(book: Book, letter: Letter, told: Mapping[str, Told]) -> None:
    """Note, before a letter is handed over, what it tells of which events."""
    book.write(
        "update letters set facts = ?, tries_count = tries_count + 1 where number = ?",
        _with_told(letter, told), letter.number,
    )  # fmt: skip


def sent(book: Book, letter: Letter, told: Mapping[str, Told], t: float) -> None:
    """Note that the other side took a letter over at Unix time `t`, and what it told."""
    with book.transaction():
        book.write(
            "update letters set state = 'sent', done = ?, why = '', facts = ? where number = ?",
            t, _with_told(letter, told), letter.number,
        )  # fmt: skip
        if letter.what == "digest":
            _digest_sent(book, letter, told, t)


def _digest_sent(book: Book, digest: Letter, told: Mapping[str, Told], t: float) -> None:
    for event, how in told.items():
        for one in book.letters(f"{_INSIDE} and thread = ?", *_inside(digest), event):
            book.write("update letters set facts = ? where number = ?",
                       _with_told(one, {event: how}), one.number)  # fmt: skip
            book.mark(one.number, "sent", t, digest.thread)
    book.write(f"update letters set state = 'dropped', done = ?, why = ? where {_INSIDE}",
               t, COUNTED + digest.thread, *_inside(digest))  # fmt: skip


def refers_to(book: Book, letter: Letter) -> str:
    """Return the token of the mail that first told of a letter's event; "" if none did."""
    first = book.letters(
        "subscription = ? and thread = ? and what = 'alert'", letter.subscription, letter.thread
    )
    if first and in_digest(first[0]):
        first = book.letters(
            "subscription = ? and thread = ? and what = 'digest'",
            letter.subscription, first[0].why,
        )  # fmt: skip
    return first[0].token if first and first[0].number != letter.number else ""


def in_digest(letter: Letter) -> bool:
    """Return whether a letter of an event went out as part of a digest."""
    return letter.why.startswith(DIGEST)


def _with_told(letter: Letter, told: Mapping[str, Told]) -> str:
    facts: dict[str, Any] = json.loads(letter.facts)
    return json.dumps(facts | {"told": told})
