"""Which events a report tells of: the most unusual, each as a story."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

from sternlight.errors import ArchiveError
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.record.read import track_of
from sternlight.report.asked import Asked
from sternlight.sqlite import Database
from sternlight.telling.story import Ship, Story
from sternlight.text import plain

MOST_COUNT = 200  # told at length; the others stand in events.jsonl


class Found(NamedTuple):
    """An event of the record, and its row of events.jsonl."""

    id: str
    start: float
    end: float | None
    score: float
    row: dict[str, Any]

    @property
    def tracks(self) -> list[int]:
        """The hulls that it is about."""
        return list(map(track_of, self.row["tracks"]))


def found(
    record: Database, asked: Asked, tracks: Collection[int] | None
) -> tuple[list[Found], dict[str, int]]:
    """Return the most unusual events that are asked for, and of which kind how many there are.

    `tracks` are the ship's, if it is about one.  Raises ArchiveError where the one event that is
    asked for is not there.
    """
    values: list[object] = []
    where = "from events where shown and state != 'withdrawn'"
    for clause, value in (
        ("id = ?", asked.event),
        ('coalesce("end", 1e300) >= ?', asked.since),
        ("start <= ?", asked.until),
    ):
        if value is not None:
            where += f" and {clause}"
            values.append(value)
    if tracks is not None:
        marks = ",".join("?" * len(tracks))
        where += f" and id in (select id from event_tracks where track in ({marks}))"
        values += tracks
    counts = dict(
        record.read(f"select kind, count(*) {where} group by kind order by kind", *values)
    )
    if asked.event is not None and not counts:
        raise ArchiveError(
            f"there is no event {plain(asked.event)!r} in {record.path}; `sternlight events` and"
            " events.jsonl name them"
        )
    rows = record.read(
        f'select id, start, "end", score, row {where} order by score desc, start, id limit ?',
        *values, MOST_COUNT,
    )  # fmt: skip
    found = (
        Found(name, start, end, score, json.loads(text)) for name, start, end, score, text in rows
    )
    return list(found), counts


def withheld(story: Story, row: dict[str, Any], copy: SharedCopy) -> Story:
    """Return a story with what a shared copy tells; ways stay, and are told by nobody as they are.

    What cannot be told names no lines, so that nobody finds the sentences by it.
    """
    hidden = copy.redaction
    if not hidden:
        return story
    for ship in story.ships:  # before any sentence is told, so that it holds none of their names
        copy.ship(ship.mmsi, ship.name)
    shared = copy.event(row)
    return replace(
        story,
        event=shared["id"],
        start=hidden.time(story.start),
        end=None if story.end is None else hidden.time(story.end),
        lat=shared["lat"],
        lon=shared["lon"],
        place=shared["place"],
        ships=tuple(_ship(ship, copy) for ship in story.ships),
        measured=shared["measured"],
        reasons=tuple(factor["says"] for factor in shared["for"]),
        objections=tuple(factor["says"] for factor in shared["against"]),
        caveats=tuple(shared["caveats"]),
        evidence=(),
    )


def _ship(ship: Ship, copy: SharedCopy) -> Ship:
    name = copy.name(ship.mmsi, ship.name)
    return ship._replace(name=name, imo=None) if copy.redaction.names else ship
