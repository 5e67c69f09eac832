"""When letters go out: within the budget at once, the rest in digests, and nothing at night.

A budget holds in every week, wherever it begins.  A digest goes out at a fixed hour, if
there is anything to say; what comes in after that hour waits for the next one.
"""

from __future__ import annotations

import json
from dataclasses import replace

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.desk import DAY_S, KEPT_S
from sternlight.alerts.hours import awake, digest_after
from sternlight.alerts.subscription import Subscription
from sternlight.alerts.told import DIGEST, STRONGEST, until

WEEK_S = 7 * DAY_S
PENDING_S = 14 * DAY_S  # so long somebody may take to confirm
_EVENTS = "what in ('alert', 'stronger', 'closed')"


def plan(book: Book, seal: Seal, t: float) -> None:
    """Decide at Unix time `t` which letters are due, and when; what is over is forgotten."""
    for (number,) in book.read(
        "select number from subscriptions where state = 'pending' and made < ?", t - PENDING_S
    ):
        book.remove(number)
    with book.transaction():
        book.write("delete from letters where coalesce(done, made) < ?", t - KEPT_S)
        book.write("delete from snoozes where until <= ?", t)
        for one in book.subscriptions(seal, "active", "paused", "dead"):
            if one.state == "paused" and one.paused_until is not None and one.paused_until <= t:
                one = replace(one, state="active", paused_until=None)
                book.change(seal, one)
            _snooze(book, one, t)
            if one.state == "active":
                _share_out(book, one, t)
                _collect(book, seal, one, t)
            else:
                _hold(book, one, t)
            _let_sleep(book, one, t)


def _snooze(book: Book, one: Subscription, t: float) -> None:
    """Drop what would be told of ships of which the subscriber wants to hear nothing now."""
    snoozed = {
        mmsi for (mmsi,) in book.read("select mmsi from snoozes where subscription = ?", one.number)
    }
    if not snoozed:
        return
    for letter in book.letters(
        f"subscription = ? and {_EVENTS} and state in ('waiting', 'digest', 'due')", one.number
    ):
        if letter.tries_count == 0 and not snoozed.isdisjoint(json.loads(letter.facts)["mmsis"]):
            book.mark(letter.number, "dropped", t, "snoozed")


def _share_out(book: Book, one: Subscription, t: float) -> None:
    """Make due what is to be told at once, and put the rest into the digest.

    Of alerts that is what the budget has room for, the strongest first; what is withdrawn
    always; all other updates, unless the subscriber wants digests alone.
    """
    book.write(
        "update letters set state = 'due', due = ? where subscription = ? and state = 'waiting' and"
        " (what = 'withdrawn' or ? and what != 'alert')",
        t, one.number, one.digest == "now",
    )  # fmt: skip
    room = most_at_once(one.budget_per_week) - _spent_count(book, one, t)
    if one.digest == "now" and room > 0:
        for letter in book.letters(
            "subscription = ? and state = 'waiting'",
            one.number, order=f"{STRONGEST} limit {room}",
        ):  # fmt: skip
            book.write("update letters set state = 'due', due = ? where number = ?",
                       t, letter.number)  # fmt: skip
    book.write(
        "update letters set state = 'digest' where subscription = ? and state = 'waiting'",
        one.number,
    )  # fmt: skip


def most_at_once(budget_per_week: float) -> int:
    """Return how many alerts the time of `window_s` may bring."""
    return 0 if budget_per_week <= 0 else max(1, int(budget_per_week))


def window_s(budget_per_week: float) -> float:
    """Return the time for which `most_at_once` holds: a week, or more if one a week is too much."""
    return WEEK_S / min(1.0, budget_per_week) if budget_per_week > 0 else WEEK_S


def _spent_count(book: Book, one: Subscription, t: float) -> int:
    """Return how many alerts went out, or may have, in the time of the budget, or are about to."""
    ((count,),) = book.read(
        "select count(*) from letters where subscription = ? and what = 'alert' and"
        " (state = 'due' or state in ('sent', 'dropped', 'digest') and tries_count > 0"
        " and coalesce(done, made) > ?)",
        one.number, t - window_s(one.budget_per_week),
    )  # fmt: skip
    return int(count)


def _collect(book: Book, seal: Seal, one: Subscription, t: float) -> None:
    """Put what waits for a digest into the next one, unless it is in one that is on its way."""
    moment, day = digest_after(one, t)
    digests = book.letters("subscription = ? and what = 'digest' and state = 'due'", one.number)
    its = "subscription = ? and state = 'digest'"
    left = {
        due for (due,) in book.read(f"select distinct due from letters where {its}", one.number)
    }
    on_its_way = {until(digest) for digest in digests if until(digest) <= t}
    coming = left - on_its_way
    for due in coming - {moment}:
        book.write(f"update letters set due = ? where {its} and due = ?", moment, one.number, due)
    for digest in digests:
        if until(digest) > t and not (coming and until(digest) == moment):
            book.write("delete from letters where number = ?", digest.number)
        elif until(digest) <= t and until(digest) not in left:
            book.mark(digest.number, "dropped", t, "nothing is left of it")
    if coming:
        facts = json.dumps({"until": moment})
        book.put(seal, one.number, f"{DIGEST}{day}", "digest", t, due=moment, facts=facts)


def _hold(book: Book, one: Subscription, t: float) -> None:
    """Keep everything for the first digest after a pause; but what is withdrawn is told.

    To an address that refuses for good nothing is sent at all.
    """
    book.write(
        f"update letters set state = 'digest' where subscription = ? and {_EVENTS} and"
        " state in ('waiting', 'due')",
        one.number,
    )  # fmt: skip
    book.write(
        "delete from letters where subscription = ? and what = 'digest' and state = 'due' and"
        " tries_count = 0",
        one.number,
    )  # fmt: skip
    dead = one.state == "dead"
    if dead:
        book.write(
            "update letters set state = 'failed', done = ?, why = 'the address refuses' where"
            " subscription = ? and what = 'digest' and state = 'due'",
            t, one.number,
        )  # fmt: skip
    book.write(
        "update letters set state = ?, due = ? where subscription = ? and what = 'withdrawn' and"
        " state = ?",
        *("waiting" if dead else "due", t, one.number, "due" if dead else "waiting"),
    )  # fmt: skip


def _let_sleep(book: Book, one: Subscription, t: float) -> None:
    """Put off what would go out in the subscriber's quiet hours, if they last now."""
    morning = awake(one, t)
    if morning > t:
        book.write(
            f"update letters set due = ? where subscription = ? and state = 'due' and due < ? and"
            f" ({_EVENTS} or what in ('withdrawn', 'digest'))",
            morning, one.number, morning,
        )  # fmt: skip
