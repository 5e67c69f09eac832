"""What the archive's journal tells becomes letters: who is to be told what.

Some rows of the journal at a time are taken in, in one transaction with the place up to which
it was read; so nothing is missed, and nothing taken in twice, wherever this is killed.  What was
held back stands in no journal, but in the archive's table of decisions, which are made at
moments of the stream, one after the other: a second place says up to which they were read.

A letter says that something is to be told, not what: how its event stands is read when it goes
out.  So what changes before needs no letter of its own; and what changes after is held
against what was told (`told.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from sternlight.alerts.audience import Audience
from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.desk import KEPT_S, Desk, News
from sternlight.alerts.listed_ships import NamesOf, no_lists
from sternlight.sqlite import Database

AT_ONCE = 250  # rows in a transaction: with 200 subscribers up to 50,000 letters, 30 MB
JOURNAL, DECISIONS = "journal", "decisions"  # under which the Book keeps the two places
_NOTHING = (-1e300, "")  # read of the decisions: moment and event


def take_in(archive: Database, book: Book, seal: Seal, t: float, lists: NamesOf = no_lists) -> int:
    """Take in at Unix time `t` what the archive tells and was not taken in; return how many rows.

    `lists` tells which watch lists name a ship of an event.
    """
    audience = Audience(book.subscriptions(seal), lists)
    if not _stands(archive, book):  # another archive: what was told before is in the letters
        since = max(min(audience.made.values(), default=t), t - KEPT_S)
        with book.transaction():
            book.say(JOURNAL, json.dumps(_beginning(archive, since)))
            book.say(DECISIONS, json.dumps(_NOTHING))
    count = 0
    while rows := _journal(archive, json.loads(book.about(JOURNAL))[0]):
        with book.transaction():
            Desk.open(book, seal, t, audience, archive, [news for _, news in rows]).work()
            seq, last = rows[-1]
            book.say(JOURNAL, json.dumps((seq, last.t, last.event)))
        count += len(rows)
    held = _held_back(archive, *json.loads(book.about(DECISIONS)))
    while some := list(islice(held, AT_ONCE)):
        with book.transaction():
            Desk.open(book, seal, t, audience, archive, some).work()
            book.say(DECISIONS, json.dumps((some[-1].t, some[-1].event)))
        count += len(some)
    return count


def _stands(archive: Database, book: Book) -> bool:
    """Return whether the row of the journal that was read last is there still.

    A journal is only ever added to.  It is another where the archive was deleted, or only in
    part could be read when it was made again.
    """
    place = book.about(JOURNAL)
    seq, *row = json.loads(place) if place else (-1, 0.0, "")
    there = archive.read("select t, id from changes where seq = ?", seq)
    return bool(place) and (tuple(row) in there or seq == 0)


def _beginning(archive: Database, since: float) -> tuple[int, float, str]:
    """Return the row before the first that is news to anybody: number, time and event."""
    rows = archive.read(
        "select seq, t, id from changes where seq < coalesce((select min(seq) from changes where"
        " t >= ?), 1 << 62) order by seq desc limit 1",
        since,
    )
    return rows[0] if rows else (0, 0.0, "")


def _journal(archive: Database, after: int) -> list[tuple[int, News]]:
    rows = archive.read(
        "select seq, t, what, id from changes where seq > ? order by seq limit ?", after, AT_ONCE
    )
    return [(seq, News(*row)) for seq, *row in rows]


def _held_back(archive: Database, as_of: float, event: str) -> Iterator[News]:
    """Yield what was held back by decisions after one of them."""
    rows = archive.read(
        "select as_of, id from alerts where verdict = 'held back' and (as_of, id) > (?, ?)"
        " order by as_of, id",
        as_of, event,
    )  # fmt: skip
    return (News(t, "held back", name) for t, name in rows)
