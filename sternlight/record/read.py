"""Reads what is remembered of hulls: of one ship in milliseconds, of all in one pass."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sternlight.errors import ArchiveError
from sternlight.record import schema
from sternlight.sqlite import ARCHIVE, Database
from tracks.batch import HULLS_PER_MMSI
from tracks.identity import Claims
from tracks.portraits import Claim as Claim
from tracks.portraits import Hull as Hull
from tracks.turns import Spoken
from tracks.way import NOWHERE, Way, way

RECORD = "record.sqlite3"  # in the folder of a replay's results


class Day(NamedTuple):
    """A UTC day on which a hull was heard; see `tracks.daybook.Days`."""

    track: int
    day: int
    first: float
    last: float
    port_count: int
    fishing_count: int
    high_seas_count: int
    max_shore_nmi: float | None
    heard: bytes
    packed: bytes

    def way(self) -> Way:
        """Return where it was at each ten-minute mark at which it was heard."""
        return way(self.day, self.heard, self.packed)


class Visit(NamedTuple):
    """A port visit; `end` is None while it lasts.  See `tracks.ports.Visits`."""

    track: int
    start: float
    end: float | None
    place: str
    country: str
    kind: str
    lat: float
    lon: float
    stopped_h: float
    heard_h: float
    certainty: int
    line_in: int
    line_out: int


class Found(NamedTuple):
    """An event as it was kept: `row` is its line of events.jsonl."""

    id: str
    kind: str
    tracks: tuple[int, ...]
    start: float
    end: float | None
    score: float
    row: dict[str, Any]


def open_record(folder: Path) -> Database:
    """Open the record in a station's folder, or in that of a replay's results, for reading.

    Raises ArchiveError if there is none.
    """
    name = RECORD if (folder / RECORD).exists() and not (folder / ARCHIVE).exists() else ARCHIVE
    if not (folder / name).exists():
        raise ArchiveError(
            f"there is no record of ships in {folder}; --data names the folder that `sternlight"
            " watch` was given, or the results of a replay"
        )
    record = Database.look(folder, name)
    if record.read("pragma user_version")[0][0] < schema.SINCE:
        raise ArchiveError(
            f"{record.path} is of an older Sternlight, which kept no record of ships; start the"
            " station once with this one, or run `sternlight rebuild`"
        )
    return record


def hulls(record: Database, mmsis: Collection[int] | None = None) -> list[Hull]:
    """Return the hulls under some MMSIs, or all, sorted by track."""
    where, values = _among("mmsi", mmsis)
    return [Hull(*row) for row in record.read(f"select * from hulls{where} order by 1", *values)]


def days(record: Database, tracks: Collection[int] | None = None) -> Iterator[Day]:
    """Yield the days on which hulls were heard, sorted by (track, day)."""
    where, values = _among("track", tracks)
    rows = record.read(f"select * from days{where} order by track, day", *values)
    return (Day(*row) for row in rows)


def way_of(record: Database, track: int, first_day: int, last_day: int) -> Way:
    """Return where a hull was, mark by mark, on some Unix days, both included."""
    rows = record.read(
        "select day, heard, way from days where track = ? and day between ? and ? order by day",
        track,
        first_day,
        last_day,
    )
    ways = [way(*row) for row in rows] or [NOWHERE]
    return Way(*(np.concatenate(column) for column in zip(*ways, strict=True)))


def claims(record: Database, mmsis: Collection[int] | None = None) -> list[Claim]:
    """Return what was claimed under some MMSIs, or all; sorted by (mmsi, hull, field, first)."""
    where, values = _among("mmsi", mmsis)
    rows = record.read(
        "select mmsi, hull, field, value, first, last, days_count from claims"
        f"{where} order by mmsi, hull, field, first",
        *values,
    )
    return [Claim(*row) for row in rows]


def spoken(record: Database, track: int) -> list[Spoken]:
    """Return on which days a hull said what, sorted; nothing of an MMSI that says one thing."""
    rows = record.read("select * from spoken where track = ? order by day, field, value", track)
    return [Spoken(*row) for row in rows]


def days_of(record: Database, track: int) -> list[tuple[int, float, float]]:
    """Return the Unix days on which a hull was heard, and from when to when; sorted."""
    return record.read("select day, first, last from days where track = ? order by day", track)


def claimed(record: Database, field: str, value: str) -> list[Claim]:
    """Return under which MMSIs a value was claimed."""
    rows = record.read(
        "select mmsi, hull, field, value, first, last, days_count from claims"
        " where field = ? and value = ? order by mmsi, hull",
        field,
        value,
    )
    return [Claim(*row) for row in rows]


def visits(record: Database, tracks: Collection[int] | None = None) -> list[Visit]:
    """Return the port visits of hulls, sorted by (track, start)."""
    where, values = _among("track", tracks)
    rows = record.read(f"select * from visits{where} order by track, start", *values)
    return [Visit(*row) for row in rows]


def found(
    record: Database, kind: str | None = None, tracks: Collection[int] | None = None
) -> list[Found]:
    """Return the events that are shown and stand, of one kind or of some hulls, by (start, id)."""
    query = (
        'select id, kind, start, "end", score, row from events where shown'
        " and state != 'withdrawn'"
    )
    values: list[object] = []
    if kind is not None:
        query, values = f"{query} and kind = ?", [kind]
    if tracks is not None:
        query += f" and id in (select id from event_tracks where track in ({_marks(tracks)}))"
        values += tracks
    made = []
    for name, what, start, end, score, text in record.read(f"{query} order by start, id", *values):
        row = json.loads(text)
        made.append(Found(name, what, tuple(map(track_of, row["tracks"])), start, end, score, row))
    return made


def track_of(name: str) -> int:
    """Return the track that `anomalies.event.track_name` named."""
    mmsi, _, hull = name.partition(".")
    return int(mmsi) * HULLS_PER_MMSI + int(hull)


def as_claims(said: Mapping[str, str]) -> Claims:
    """Return values of the record, by field, as the claims of a ship."""
    length, _, beam = said.get("size", "").partition("x")
    imo, type_, length_m, beam_m = (
        int(text) if text.isdecimal() else 0
        for text in (said.get("imo", ""), said.get("ship_type", ""), length, beam)
    )
    return Claims(said.get("name", ""), said.get("call_sign", ""), imo, type_, length_m, beam_m)


def _among(column: str, values: Collection[int] | None) -> tuple[str, tuple[int, ...]]:
    if values is None:
        return "", ()
    return f" where {column} in ({_marks(values)})", tuple(values)


def _marks(values: Collection[int]) -> str:
    return ",".join("?" * len(values))
