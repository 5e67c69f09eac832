"""`sternlight merge`: the records of several stations become one, MMSI by MMSI.

Detections that were imported for one of them are then there for all.
The stations' own files are only read.  Beside the tables of every record, the joined one has
`stations`, and from which station's hull, visit and event each of its own comes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sternlight.archive import Archive
from sternlight.detections import store
from sternlight.errors import ArchiveError
from sternlight.merge import events, facts, pages
from sternlight.merge.facts import Origin, Said
from sternlight.record.read import RECORD, Day, Hull, days, hulls, open_record, visits
from sternlight.sqlite import ARCHIVE, Database, told
from sternlight.text import plain
from tracks.batch import BIN_S, HULLS_PER_MMSI
from tracks.joining import Node, joined, numbered
from tracks.way import Way

_TABLES = """
create table stations (number integer primary key, name text not null);
create table hull_origins (
    track integer not null, station integer not null, station_track integer not null,
    primary key (station, station_track)
) without rowid;
create table visit_origins (
    track integer not null, start real not null, station integer not null,
    certainty integer not null, line_in integer not null, line_out integer not null
);
create table event_origins (
    id text not null, station integer not null, station_id text not null,
    primary key (station, station_id)
) without rowid;
"""


class Done(NamedTuple):
    """What was joined."""

    names: list[str]
    hulls_count: int
    common_count: int  # hulls that several stations heard
    events_count: int
    common_events_count: int
    gaps_count: int  # in which another station heard the ship
    filled_count: int  # of which no silence is left


def merge(folders: Sequence[Path], out: Path) -> Done:
    """Join the records of some folders into one in `out`.  Raises ArchiveError, OSError."""
    if out.resolve() in {folder.resolve() for folder in folders} or (out / ARCHIVE).exists():
        raise ArchiveError(
            f"{out} is a station's own folder; --out names another one, which is made if needed"
        )
    out.mkdir(parents=True, exist_ok=True)
    unfinished = out / f".{RECORD}.partial"
    with ExitStack() as opened:
        archives = [opened.enter_context(open_record(folder)) for folder in folders]
        opened.callback(unfinished.unlink, missing_ok=True)
        Archive.create(unfinished).close()
        with told(unfinished), closing(sqlite3.connect(unfinished)) as db:
            db.executescript(f"pragma journal_mode = off; {_TABLES}")
            with db:
                done = _Merge(db, archives, _names(folders)).run()
        unfinished.replace(out / RECORD)
    for folder in folders:
        if seen := store.kept(folder):
            store.keep(out, seen)
    return done


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the folders' names, told apart by a number where two have the same."""
    names: list[str] = []
    for folder in folders:
        name = plain(folder.resolve().name) or "station"
        again = sum(other.partition(" (")[0] == name for other in names)
        names.append(f"{name} ({again + 1})" if again else name)
    return names


class _Merge:
    def __init__(
        self, db: sqlite3.Connection, archives: Sequence[Database], names: list[str]
    ) -> None:
        self._db = db
        self._archives = archives
        self._names = names
        self._tracks: dict[Node, int] = {}  # of the joined record, by station and its track
        self._nodes: dict[int, list[Node]] = {}

    def run(self) -> Done:
        """Join all."""
        self._insert("stations", enumerate(self._names))
        for mmsi in self._mmsis():
            self._join_mmsi(mmsi)
        told = list(self._join_events())
        common = sum(len(nodes) > 1 for nodes in self._nodes.values())
        filled = [one.row["filled"]["wholly"] for one in told if "filled" in one.row]
        both = sum(bool(one.others) for one in told)
        return Done(
            self._names, len(self._nodes), common, len(told), both, len(filled), sum(filled)
        )

    def _insert(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        every = [tuple(row) for row in rows]
        if every:
            marks = ",".join("?" * len(every[0]))
            self._db.executemany(f"insert or replace into {table} values ({marks})", every)

    def _mmsis(self) -> list[int]:
        query = "select mmsi from hulls union select mmsi from claims"
        return sorted({mmsi for archive in self._archives for (mmsi,) in archive.read(query)})

    def _join_mmsi(self, mmsi: int) -> None:
        heard: dict[Node, Hull] = {}
        book: dict[Node, list[Day]] = {}
        for n, archive in enumerate(self._archives):
            heard |= {(n, hull.track): hull for hull in hulls(archive, [mmsi])}
            own = [track for station, track in heard if station == n]
            for page in days(archive, own) if own else ():
                book.setdefault((n, page.track), []).append(page)
        ways = {node: pages.whole_way(book.get(node, [])) for node in heard}
        tracks = numbered(joined(ways), HULLS_PER_MMSI)
        self._tracks |= tracks
        groups: dict[int, list[Node]] = {}
        for node in sorted(tracks):
            groups.setdefault(tracks[node], []).append(node)
        self._nodes |= groups
        for track, nodes in groups.items():
            self._write_hull(track, [heard[node] for node in nodes])
            self._write_days(track, [page for node in nodes for page in book.get(node, [])])
            self._write_visits(track, nodes)
        self._insert("hull_origins", ((tracks[node], *node) for node in tracks))
        self._write_claims(mmsi, tracks)

    def _write_hull(self, track: int, some: Sequence[Hull]) -> None:
        first, last = min(hull.first for hull in some), max(hull.last for hull in some)
        fixes = sum(hull.fixes_count for hull in some)
        ship_class = max(hull.ship_class for hull in some)
        self._insert("hulls", [(track, track // HULLS_PER_MMSI, first, last, fixes, ship_class)])

    def _write_days(self, track: int, every: Sequence[Day]) -> None:
        by_day: dict[int, list[Day]] = {}
        for page in every:
            by_day.setdefault(page.day, []).append(page)
        self._insert("days", (pages.joined(track, by_day[day]) for day in sorted(by_day)))

    def _write_claims(self, mmsi: int, tracks: Mapping[Node, int]) -> None:
        said = []
        for n, archive in enumerate(self._archives):
            for row in archive.read("select * from claims where mmsi = ?", mmsi):
                one = Said(*row)
                own = tracks.get((n, mmsi * HULLS_PER_MMSI + one.hull), 0)
                said.append(one._replace(hull=own % HULLS_PER_MMSI))
        self._insert("claims", facts.claims(said))

    def _write_visits(self, track: int, nodes: Sequence[Node]) -> None:
        every = [
            Origin(n, visit._replace(track=track))
            for n, own in nodes
            for visit in visits(self._archives[n], [own])
        ]
        for visit, origins in facts.visits(every):
            self._insert("visits", [visit])
            self._insert(
                "visit_origins",
                (
                    (track, visit.start, n, one.certainty, one.line_in, one.line_out)
                    for n, one in origins
                ),
            )

    def _join_events(self) -> Iterator[events.Told]:
        every = []
        for n, archive in enumerate(self._archives):
            query = (
                'select id, kind, state, start, "end", score, shown, row, event from events'
                " where shown and state != 'withdrawn'"
            )
            for row in archive.read(query):
                stored = events.Stored(*row)
                every.append(events.renamed(stored, n, self._names[n], partial(self._track, n)))
        taken: set[str] = set()
        for one in events.joined(every):
            one.distinguish(taken)
            if one.stored.kind == "gap":
                events.fill(one, self._heard_by_others(one), self._names)
            stored, origins = events.finished(one, self._names)
            self._insert("events", [stored])
            self._insert("event_tracks", ((track, stored.id) for track in set(one.tracks)))
            self._insert("event_origins", origins)
            yield one

    def _track(self, station: int, track: int) -> int:
        """Return the joined record's track; its own where no hull of that number is known."""
        return self._tracks.get((station, track), track)

    def _heard_by_others(self, gap: events.Told) -> events.HeardBy:
        """Return where stations that did not tell of a gap heard its ship in it."""
        silent = {gap.station}
        found: list[tuple[float, float, float, int]] = []
        first = int(gap.stored.start // 86_400)
        last = int(min(gap.until, 4e9) // 86_400)
        for n, own in self._nodes.get(gap.tracks[0], []):
            if n in silent:
                continue
            for day in self._archives[n].read(
                "select * from days where track = ? and day between ? and ?", own, first, last
            ):
                way: Way = Day(*day).way()
                found += zip(
                    (way.bin * float(BIN_S)).tolist(), way.lat.tolist(), way.lon.tolist(),
                    [n] * len(way.bin), strict=True,
                )  # fmt: skip
        found.sort()
        t, lat, lon, station = zip(*found, strict=True) if found else ((), (), (), ())
        return events.HeardBy(
            np.array(t, np.float64), np.array(lat, np.float64), np.array(lon, np.float64), station
        )
