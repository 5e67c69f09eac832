"""Finds events in a record, some at a time, so that a year of them needs no memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from anomalies.budget import Decision
from sternlight import alerting
from sternlight.exports.asked import Asked
from sternlight.record.read import RECORD, track_of
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI

AT_ONCE = 500

_SELECT = """
select e.id, e.start, e."end", e.row, a.usual_per_week, a.verdict
from events e left join alerts a on a.id = e.id
where e.shown and e.state != 'withdrawn'"""


class Told(NamedTuple):
    """An event: its row of events.jsonl, with what was decided on an alert."""

    id: str
    start: float
    end: float | None
    row: dict[str, Any]

    @property
    def tracks(self) -> tuple[int, ...]:
        """Its hulls."""
        return tuple(map(track_of, self.row["tracks"]))


def events(record: Database, asked: Asked) -> Iterator[Told]:
    """Yield the events that are wanted, sorted by (start, id)."""
    query, values = _wanted(asked)
    after: tuple[float, str] = (float("-inf"), "")
    while True:
        rows = record.read(
            f"{_SELECT}{query} and (e.start, e.id) > (?, ?) order by e.start, e.id limit {AT_ONCE}",
            *values,
            *after,
        )
        yield from (_told(record, row) for row in rows)
        if len(rows) < AT_ONCE:
            return
        after = (rows[-1][1], rows[-1][0])


def measured(record: Database, asked: Asked) -> list[str]:
    """Return the names of all that was measured of the events that are wanted, sorted."""
    query, values = _wanted(asked)
    rows = record.read(
        f"""select distinct m.key from events e, json_each(e.row, '$.measured') m
        where e.shown and e.state != 'withdrawn'{query} order by 1""",
        *values,
    )
    return [name for (name,) in rows]


def _wanted(asked: Asked) -> tuple[str, list[object]]:
    query = ""
    values: list[object] = []
    if asked.since is not None:
        query, values = f'{query} and (e."end" is null or e."end" >= ?)', [*values, asked.since]
    if asked.until is not None:
        query, values = f"{query} and e.start <= ?", [*values, asked.until]
    if asked.kinds:
        query = f"{query} and e.kind in ({','.join('?' * len(asked.kinds))})"
        values = [*values, *asked.kinds]
    if asked.min_score:
        query, values = f"{query} and e.score >= ?", [*values, asked.min_score]
    if asked.mmsis:
        spans = " or ".join(["track between ? and ?"] * len(asked.mmsis))
        query = f"{query} and e.id in (select id from event_tracks where {spans})"
        for mmsi in asked.mmsis:
            values += [mmsi * HULLS_PER_MMSI, (mmsi + 1) * HULLS_PER_MMSI - 1]
    return query, values


def _told(record: Database, found: tuple[Any, ...]) -> Told:
    name, start, end, text, usual, verdict = found
    row = json.loads(text)
    if record.path.name != RECORD:  # there it stands in the row
        usual = np.nan if usual is None else usual
        row |= alerting.row(verdict and Decision(name, row["score"], usual, verdict))
    return Told(name, start, end, row)
