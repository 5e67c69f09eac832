"""alerts.sqlite3: who gets alerts, what is due to whom, and what has been sent.

It stands beside the archive and not in it: the archive has one writer, can be made again
from the raw log, and is handed on as evidence; subscribers are none of that.  What the
archive's journal tells is taken in here in one transaction with the place in the journal,
so that nothing is missed and nothing taken in twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Self

from sternlight.alerts.credentials import Seal
from sternlight.alerts.subscription import State, Subscription
from sternlight.errors import ArchiveError
from sternlight.sqlite import BUSY_S, Database, told

BOOK = "alerts.sqlite3"  # in the folder of a station
VERSION = 1
OPERATOR = 0  # the number to which mails about the station itself go

What = Literal[
    "alert", "stronger", "closed", "withdrawn", "digest", "confirm", "test", "health", "answer"
]
LetterState = Literal["waiting", "digest", "due", "sent", "failed", "dropped"]

_TABLES = """
create table about (key text primary key, value text not null) without rowid;
create table subscriptions (
    number integer primary key autoincrement, state text not null, made real not null,
    sealed blob not null
);
create table letters (
    number integer primary key, subscription integer not null, thread text not null,
    what text not null, token text not null unique, state text not null, made real not null,
    due real not null, tries_count integer not null default 0, score real not null default 0,
    done real, why text not null default '', facts text not null default '{}',
    unique (thread, subscription, what)
);
create index letters_due on letters (due) where state = 'due';
create index letters_by_subscription on letters (subscription, state, due);
create table snoozes (
    subscription integer not null, mmsi integer not null, until real not null,
    primary key (subscription, mmsi)
) without rowid;
create table remarks (
    number integer primary key, t real not null, what text not null, event text not null,
    mmsi integer not null, says text not null
);
create index remarks_by_mmsi on remarks (mmsi);
create table troubles (
    name text primary key, says text not null, since real not null, gone real, told real,
    told_count integer not null
) without rowid;
create table received (mail text primary key, t real not null) without rowid;
"""
RECEIVED_S = 60 * 86_400.0  # so long a mail that comes in again is recognised


class Letter(NamedTuple):
    """A row of `letters`: something to be told to one subscriber, once.

    States: `waiting` until the budget is looked at, then `due` or `digest`; `digest` until it
    stood in one; `sent`, `failed` (refused for good) and `dropped` (not wanted any more) are
    the ends.
    """

    number: int
    subscription: int
    thread: str  # the event's id, or what else holds letters together
    what: What
    token: str  # in its Message-ID, and so in answers to it
    state: LetterState
    made: float
    due: float
    tries_count: int
    score: float
    done: float | None
    why: str
    facts: str  # JSON, of which each kind of letter makes its own use


_LETTER = ", ".join(Letter._fields)


@dataclass(slots=True)
class Book(Database):
    """The file, open for writing; programs may do so side by side.  Raises ArchiveError."""

    damaged: ClassVar[str] = "{path} is damaged; delete it and add the subscribers again"

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the book of a station; make it if it is not there."""
        path = folder / BOOK
        with told(path, cls.damaged):
            db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            # What is deleted is overwritten, here and in the journal: a subscriber who leaves
            # leaves no trace.
            db.execute("pragma secure_delete = on")
            db.execute("pragma journal_mode = truncate")
            db.execute("pragma synchronous = full")
            db.execute("pragma cache_size = -16000")  # 16 MB; tokens come in no order
            version = db.execute("pragma user_version").fetchone()[0]
            if version == 0:
                db.execute("begin immediate")  # two programs may come at once
                if db.execute("pragma user_version").fetchone()[0] == 0:
                    for statement in filter(str.strip, _TABLES.split(";")):
                        db.execute(statement)
                    db.execute(f"pragma user_version = {VERSION}")
                db.execute("commit")
            elif version != VERSION:
                raise ArchiveError(
                    f"{path} has version {version}, and this Sternlight knows version {VERSION};"
                    " install the Sternlight that made it"
                )
        return cls(path, db)

    @classmethod
    def look(cls, folder: Path, name: str = BOOK) -> Self:
        """Open the book of a station for reading."""
        path = folder / name
        with told(path, cls.damaged):
            db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            db.execute("pragma query_only = on")
        return cls(path, db)

    @classmethod
    def there(cls, folder: Path) -> bool:
        """Return whether there is a book in a station's folder."""
        return (folder / BOOK).exists()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does."""
        with told(self.path, self.damaged):
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise

    def write(self, query: str, *values: object) -> int:
        """Change rows; return how many were, or the number of the row that was added."""
        with told(self.path, self.damaged):
            done = self._db.execute(query, values)
        return int(done.lastrowid or 0) if query.startswith("insert") else done.rowcount

    def about(self, key: str, default: str = "") -> str:
        """Return what is kept under a name."""
        found = self.read("select value from about where key = ?", key)
        return str(found[0][0]) if found else default

    def say(self, key: str, value: str) -> None:
        """Keep a value under a name."""
        self.write("insert or replace into about values (?, ?)", key, value)

    # -- Subscriptions

    def subscriptions(self, seal: Seal, *states: State) -> list[Subscription]:
        """Return the subscribers in these states, or all."""
        rows = self.read("select number, state, made, sealed from subscriptions order by number")
        return [Subscription.opened(seal, *row) for row in rows if not states or row[1] in states]

    def subscription(self, seal: Seal, number: int) -> Subscription | None:
        """Return a subscriber, or None if there is none of that number."""
        rows = self.read("select number, state, made, sealed from subscriptions where number = ?",
                         number)  # fmt: skip
        return Subscription.opened(seal, *rows[0]) if rows else None

    def add(self, seal: Seal, one: Subscription) -> Subscription:
        """Keep a new subscriber; return it with its number, which nobody had before."""
        number = self.write(
            "insert into subscriptions (state, made, sealed) values (?, ?, ?)",
            one.state, one.made, one.sealed(seal),
        )  # fmt: skip
        return replace(one, number=number)

    def change(self, seal: Seal, one: Subscription) -> None:
        """Keep a subscriber as it is now; one that was removed meanwhile stays removed."""
        self.write("update subscriptions set state = ?, sealed = ? where number = ?",
                   one.state, one.sealed(seal), one.number)  # fmt: skip

    def remove(self, number: int) -> None:
        """Forget a subscriber, and all that was or should be sent there."""
        with self.transaction():
            for table, column in (
                ("subscriptions", "number"), ("letters", "subscription"),
                ("snoozes", "subscription"),
            ):  # fmt: skip
                self.write(f"delete from {table} where {column} = ?", number)
        self.write("vacuum")

    # -- Letters

    def put(
        self, seal: Seal, subscription: int, thread: str, what: What, t: float,
        state: LetterState = "due", *, due: float = 0.0, score: float = 0.0, facts: str = "{}",
    ) -> Letter | None:  # fmt: skip
        """Write down that something is to be told; return None if it was before."""
        token = seal.token("letter", subscription, thread, what)
        values = (subscription, thread, what, token, state, t, due or t, score, facts)
        new = self.read(
            "insert into letters (subscription, thread, what, token, state, made, due, score,"
            " facts) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
            f" returning {_LETTER}",
            *values,
        )
        return Letter(*new[0]) if new else None

    def letters(self, where: str = "1", *values: object, order: str = "number") -> list[Letter]:
        """Return letters; `where` and `order`, which may end in a limit, are those of a query."""
        rows = self.read(f"select {_LETTER} from letters where {where} order by {order}", *values)
        return [Letter(*row) for row in rows]

    def mark(self, number: int, state: LetterState, t: float, why: str = "") -> None:
        """Keep what became of a letter at Unix time `t`."""
        self.write("update letters set state = ?, done = ?, why = ? where number = ?",
                   state, t, why, number)  # fmt: skip

    def postpone(self, number: int, due: float, tries_count: int, why: str) -> None:
        """Try a letter again later."""
        self.write("update letters set due = ?, tries_count = ?, why = ? where number = ?",
                   due, tries_count, why, number)  # fmt: skip

    def receive(self, seal: Seal, mail: str, t: float) -> bool:
        """Note that a mail came in, by what it is recognised by; False if it had come before."""
        self.write("delete from received where t < ?", t - RECEIVED_S)
        return bool(
            self.read("insert into received values (?, ?) on conflict do nothing returning 1",
                      seal.token("received", mail), t)
        )  # fmt: skip

    def next_due(self) -> float | None:
        """Return when the next letter is due, Unix seconds."""
        found: float | None = self.read("select min(due) from letters where state = 'due'")[0][0]
        return found


class Glance(NamedTuple):
    """What a running station has to know of its book."""

    next_due: float | None  # Unix seconds
    subscribers_count: dict[str, int]  # by state
    waiting_count: int  # letters that are due, or will be
    last_sent: float | None


def glance(folder: Path) -> Glance | None:
    """Look into the book of a station; None if there is none.  Raises ArchiveError."""
    if not Book.there(folder):
        return None
    with Book.look(folder) as book:
        states = book.read("select state, count(*) from subscriptions group by state")
        ((waiting,),) = book.read("select count(*) from letters where state in ('due', 'waiting')")
        ((sent,),) = book.read("select max(done) from letters where state = 'sent'")
        return Glance(book.next_due(), dict(states), waiting, sent)
