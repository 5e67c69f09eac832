"""Refusals are counted, and an address that refuses for good is let alone.

That our own server took a mail over proves nothing: it comes back later.  And a server in
trouble says of everybody that there is no such user, for a day.  So a refusal counts once a
day, whatever its code, and what makes the count begin anew is that something arrived: an
answer came, or what was sent in between has not come back for a day.
"""

from __future__ import annotations

from dataclasses import replace

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.proof import Owner

MOST_REFUSALS = 3
APART_S = 20 * 3600.0  # two refusals closer to one another count as one
RETURNS_S = 86_400.0  # what comes back for good, mostly does within minutes


def refused(book: Book, seal: Seal, number: int, t: float) -> bool:
    """Count that a subscriber's address refused a mail for good; return whether it is dead now.

    The last refusal makes an active or paused subscription `dead`, of which the operator is
    told as long as it is.  One that was never confirmed stays `pending`, and vanishes.
    Inside a transaction, with what becomes of the letter.
    """
    one = book.subscription(seal, number)
    if one is None or one.state == "dead" or (one.bounced and 0 <= t - one.bounced < APART_S):
        return False
    arrived_since = one.bounced and book.letters(
        "subscription = ? and state = 'sent' and done > ? and done < ?",
        number, one.bounced, t - RETURNS_S,
    )  # fmt: skip
    count = 1 if arrived_since else one.bounces_count + 1
    dead = count >= MOST_REFUSALS and one.state != "pending"
    state = "dead" if dead else one.state
    book.change(seal, replace(one, state=state, bounces_count=count, bounced=t))
    return dead


def arrived(book: Book, seal: Seal, number: int) -> None:
    """Begin to count anew, since the subscriber has certainly got something."""
    one = book.subscription(seal, number)
    if one and one.bounces_count:
        book.change(seal, replace(one, bounces_count=0))


def came_back(book: Book, seal: Seal, owner: Owner, t: float, status: str) -> bool:
    """Count a mail that was sent and came back; its letter has failed."""
    number, letter = owner
    if letter and letter.state == "sent":
        book.mark(letter.number, "failed", t, f"came back: {status or 'no status'}")
    return refused(book, seal, number, t)
