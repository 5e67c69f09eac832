"""The archive: what a station has found, in one SQLite file that others may read meanwhile.

An event is written in the same transaction as its place in the journal of
changes, so that whoever passes changes on misses none and repeats none.  The raw log
stands beside the archive, and everything here follows from it: `sternlight
rebuild` makes it again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from anomalies.budget import Decision
from anomalies.event import Event
from sternlight.errors import ArchiveError
from sternlight.fleet import Fleet
from sternlight.jsontext import dumps
from sternlight.ledger import to_json
from sternlight.rawlog import Segment
from sternlight.record import schema, store
from sternlight.record.night import REACH, Night
from sternlight.record.store import Finished
from sternlight.sqlite import ARCHIVE, BUSY_S, DAMAGED, Database, readable, told
from tracks.batch import I64

VERSION = 3
_ALERTS_SINCE = 2

_TABLES = """
create table about (key text primary key, value text not null) without rowid;
create table segments (
    number integer primary key, name text not null, first_line integer not null,
    lines integer, sha256 text, pruned integer not null default 0, root text, file_sha256 text
);
create table sources (number integer primary key, name text not null unique);
create table events (
    id text primary key, kind text not null, state text not null, start real not null,
    "end" real, score real not null, shown integer not null, row text not null, event text not null
);
create index events_by_start on events (start, id);
create table event_tracks (
    track integer not null, id text not null, primary key (track, id)
) without rowid;
create table changes (
    seq integer primary key autoincrement, t real not null, as_of real not null,
    what text not null, id text not null, score real not null
);
create table states (
    seq integer primary key autoincrement, t real not null, source text not null,
    state text not null, why text not null
);
create table snapshot (
    one integer primary key check (one = 1), segment integer not null, line integer not null,
    as_of real not null, bytes integer not null, data blob not null
);
"""


_ALERTS = """
create table alerts (
    id text primary key, as_of real not null, score real not null, usual_per_week real,
    verdict text not null) without rowid;
"""

# Behind the other columns, as a new archive has them, so that salvage may copy older rows.
_DIGESTS = """
alter table segments add column root text;
alter table segments add column file_sha256 text;
"""

_MISSING = {
    0: _TABLES + _ALERTS + schema.TABLES,
    1: _DIGESTS + _ALERTS + schema.TABLES,
    2: _DIGESTS + schema.TABLES,
}  # by the version of the file
_SALVAGED = (
    "about", "sources", "segments", "events", "event_tracks", "changes", "states", "alerts",
    *schema.NAMES,
)  # fmt: skip


class Stored(NamedTuple):
    """An event as it is to be kept: with its row of events.jsonl, and whether it is shown."""

    event: Event
    what: str  # opened, updated, closed, withdrawn
    score: float
    row: dict[str, Any]
    shown: bool


class News(NamedTuple):
    """What was decided on alerts at a moment, and the open events among the alerts."""

    t: float
    decisions: list[Decision]
    alerted: list[Stored]


class Snapshot(NamedTuple):
    """Everything the station remembered when it began to write a segment."""

    segment: int
    line: int
    as_of: float
    data: bytes


@dataclass(slots=True)
class Archive(Database):
    """The file, open for writing by the one station, or by anybody for reading.

    Raises ArchiveError, with what to do, wherever the file is locked, damaged or
    not an archive.
    """

    _ships: list[int] | None = None  # by which events were shown last

    @classmethod
    def open(cls, folder: Path, name: str = ARCHIVE) -> Self:
        """Open the archive of a station for writing; make it if it is not there."""
        path = folder / name
        with told(path):
            db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            # Few large pages at a time go back into the file: each write wears an SD card.
            db.execute("pragma wal_autocheckpoint = 500")
            db.execute("pragma journal_size_limit = 4000000")
            version = db.execute("pragma user_version").fetchone()[0]
            if version in _MISSING:
                tables = _MISSING[version]
                db.executescript(f"begin; {tables} pragma user_version = {VERSION}; commit;")
            elif version != VERSION:
                raise ArchiveError(
                    f"{path} has version {version}, and this Sternlight writes version {VERSION};"
                    " install the Sternlight that made it, or run `sternlight rebuild`"
                )
            if db.execute("pragma quick_check(1)").fetchone()[0] != "ok":
                raise ArchiveError(DAMAGED.format(path=path))
        return cls(path, db)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new archive in place of what is there; a crash may leave it damaged."""
        with told(path):
            path.unlink(missing_ok=True)
            db = sqlite3.connect(path, isolation_level=None)
            db.execute("pragma journal_mode = off")
            db.execute("pragma synchronous = off")
            db.executescript(f"begin; {_MISSING[0]} pragma user_version = {VERSION}; commit;")
        return cls(path, db)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does."""
        with told(self.path):
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                self._ships = None
                if self._db.in_transaction:  # SQLite itself ends one when the disk is full
                    self._db.execute("rollback")
                raise

    def about(self, key: str) -> str | None:
        """Return what is kept under a name."""
        found = self.read("select value from about where key = ?", key)
        return found[0][0] if found else None

    def say(self, key: str, value: str) -> None:
        """Keep a value under a name."""
        self._db.execute("insert or replace into about values (?, ?)", (key, value))

    def number(self, name: str) -> int:
        """Return the number of the source of that name; the same for good."""
        found = self.read("select number from sources where name = ?", name)
        if found:
            return int(found[0][0])
        return int(
            self._db.execute("insert into sources (name) values (?)", (name,)).lastrowid or 0
        )

    def name_source(self, number: int, name: str) -> None:
        """Take note which source has a number."""
        self._db.execute("insert or ignore into sources values (?, ?)", (number, name))

    def begin_segment(self, number: int, name: str, first_line: int) -> None:
        """Take note that a segment of the raw log begins."""
        self._db.execute(
            "insert or replace into segments (number, name, first_line) values (?, ?, ?)",
            (number, name, first_line),
        )

    def end_segment(self, segment: Segment) -> None:
        """Take note of what a segment holds."""
        self._db.execute(
            "insert or replace into segments"
            " (number, name, first_line, lines, sha256, root, file_sha256)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (segment.number, segment.name, segment.first_line, segment.lines, *segment.digests),
        )

    def keep(self, stored: Iterable[Stored], t: float, as_of: float) -> None:
        """Keep events and note what changed; `t` is our time, `as_of` the reports'."""
        for one in stored:
            self._write(one)
            self._db.execute(
                "insert into changes (t, as_of, what, id, score) values (?, ?, ?, ?, ?)",
                (t, as_of, one.what, one.event.id, one.score),
            )

    def decide(self, news: Iterable[News], t: float) -> None:
        """Keep what was decided on alerts; `t` is our time.  An alert is journalled once."""
        for moment in news:
            for one in moment.alerted:
                if not self.stored([one.event.id]):
                    self._write(one)
            for decision in moment.decisions:
                self._decide(decision, t, moment.t)

    def _decide(self, one: Decision, t: float, as_of: float) -> None:
        usual = None if np.isnan(one.usual_per_week) else one.usual_per_week
        written = self._db.execute(
            "insert into alerts values (?, ?, ?, ?, ?) on conflict (id) do update set"
            " as_of = excluded.as_of, score = excluded.score, verdict = excluded.verdict,"
            " usual_per_week = excluded.usual_per_week where verdict != 'alert'",
            (one.id, as_of, one.score, usual, one.verdict),
        )
        if written.rowcount and one.verdict == "alert":
            self._db.execute(
                "insert into changes (t, as_of, what, id, score) values (?, ?, 'alert', ?, ?)",
                (t, as_of, one.id, one.score),
            )

    def decisions(self) -> list[Decision]:
        """Return what was decided on alerts, as it stands."""
        if self.read("pragma user_version")[0][0] < _ALERTS_SINCE:
            return []
        rows = self.read("select id, score, usual_per_week, verdict from alerts")
        return [Decision(n, s, np.nan if u is None else u, verdict) for n, s, u, verdict in rows]

    def verdicts_count(self, since: float) -> Counter[str]:
        """Return how many events were decided upon after Unix time `since`, by verdict."""
        query = "select verdict, count(*) from alerts where as_of > ? group by verdict"
        return Counter(dict(self.read(query, since)))

    def _write(self, one: Stored) -> None:
        event, self._ships = one.event, None
        state = "withdrawn" if one.what == "withdrawn" else one.row["state"]
        columns = (
            event.kind, state, event.start, event.end, one.score, one.shown,
            dumps(one.row), dumps(to_json(event)),
        )  # fmt: skip
        self.note_event(event.id, columns, event.tracks)

    def note_event(self, name: str, columns: tuple[Any, ...], tracks: Iterable[int]) -> None:
        """Keep an event as the columns of its row behind the id."""
        self._db.execute(
            "insert or replace into events values (?, ?, ?, ?, ?, ?, ?, ?, ?)", (name, *columns)
        )
        for track in tracks:
            self._db.execute("insert or ignore into event_tracks values (?, ?)", (track, name))

    def show(self, established: Callable[[I64], list[int]]) -> None:
        """Show the events of ships only; which tracks are ships may have changed."""
        hulls = self.read("select distinct track from event_tracks")
        ships = established(np.array([track for (track,) in hulls], np.int64))
        if ships == self._ships:  # no event was written since, and nothing can have changed
            return
        self._db.execute("create temp table if not exists ships (track integer primary key)")
        self._db.execute("delete from ships")
        self._db.executemany("insert into ships values (?)", [(track,) for track in ships])
        self._db.execute(_SHOW)
        self._ships = ships

    def note_states(self, rows: Sequence[tuple[float, str, str, str]]) -> None:
        """Keep changes of state: (t, source, state, why)."""
        self._db.executemany("insert into states (t, source, state, why) values (?, ?, ?, ?)", rows)

    def save(self, snapshot: Snapshot) -> None:
        """Keep what the station remembers, in place of what it remembered before."""
        self._db.execute(
            "insert or replace into snapshot values (1, ?, ?, ?, ?, ?)",
            (snapshot.segment, snapshot.line, snapshot.as_of, len(snapshot.data), snapshot.data),
        )

    def snapshot(self) -> Snapshot | None:
        """Return what the station remembered when it last saved it."""
        found = self.read("select segment, line, as_of, data from snapshot")
        return Snapshot(*found[0]) if found else None

    def snapshot_as_of(self) -> float | None:
        """Return up to when everything heard had been judged at the last snapshot, Unix seconds."""
        found = self.read("select as_of from snapshot where as_of > 0")
        return float(found[0][0]) if found else None

    def events_count(self) -> Counter[str]:
        """Return how many events are shown, by state."""
        return Counter(
            dict(self.read("select state, count(*) from events where shown group by state"))
        )

    def snapshot_segment(self) -> int:
        """Return the first segment that would have to be read again; 0 before any snapshot."""
        found = self.read("select segment from snapshot")
        return int(found[0][0]) if found else 0

    def remember(self, finished: Iterable[Finished]) -> None:
        """Keep what was finished of the ships' record."""
        for some in finished:
            store.keep(self._db, some)

    def remember_hulls(self, fleet: Fleet) -> None:
        """Keep when and how often hulls were heard."""
        store.keep_hulls(self._db, fleet)

    def remember_night(self, night: Night) -> None:
        """Keep what was made of the ships' record at night."""
        store.keep_night(self._db, night)
        if night.reach_nmi is not None:
            self.say(REACH, repr(night.reach_nmi))

    def forget(self, since: float) -> None:
        """Forget what the ships' record says of the time from Unix time `since` on."""
        store.forget(self._db, since)

    def prune(self, numbers: Sequence[int]) -> None:
        """Take note that segments were deleted."""
        self._db.executemany(
            "update segments set pruned = 1 where number = ?", [(n,) for n in numbers]
        )

    def salvage(self, old: Path) -> None:
        """Copy what can still be read of another archive, but for its snapshot."""
        for table in _SALVAGED:
            columns = self.read("select name from pragma_table_info(?)", table)
            for row in readable(old, table):
                # An older archive may lack the last ones.
                names = ",".join(f'"{name}"' for (name,) in columns[: len(row)])
                marks = ",".join("?" * len(row))
                self._db.execute(f"insert or replace into {table} ({names}) values ({marks})", row)

    def withdraw(self, since: float, known: set[str], t: float, as_of: float) -> int:
        """Withdraw the events that began after `since` and are not among those `known`."""
        kept = self.read("select id, score from events where start > ? and state != ?", since,
                         "withdrawn")  # fmt: skip
        gone = [(name, score) for name, score in kept if name not in known]
        for name, score in gone:
            self._db.execute("update events set state = 'withdrawn' where id = ?", (name,))
            self._db.execute(
                "insert into changes (t, as_of, what, id, score) values (?, ?, ?, ?, ?)",
                (t, as_of, "withdrawn", name, score),
            )
        return len(gone)

    def stored(self, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return state and row of the events that are kept, by id."""
        found = {}
        for name in ids:
            rows = self.read("select state, row from events where id = ?", name)
            if rows:
                found[name] = rows[0]
        return found


_SHOW = """
with fit as (
    select id, min(track in (select track from temp.ships)) as shown from event_tracks group by id
)
update events set shown = fit.shown from fit where events.id = fit.id and events.shown != fit.shown
"""
