"""Small records for tests: hulls, pages, claims, visits and events, as a replay writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from anomalies.event import Event, Evidence, track_name
from sternlight.archive import Archive
from sternlight.jsontext import dumps
from sternlight.record.read import RECORD
from sternlight.text import iso
from tests.tracks.pages import Page
from tracks.batch import HULLS_PER_MMSI


def record(
    folder: Path,
    pages: Iterable[Page] = (),
    claims: Iterable[tuple[Any, ...]] = (),
    visits: Iterable[tuple[Any, ...]] = (),
    events: Iterable[dict[str, Any]] = (),
) -> Path:
    """Write a record into a folder; `claims` are (track, field, value)."""
    folder.mkdir(parents=True, exist_ok=True)
    Archive.create(folder / RECORD).close()
    own = sorted(pages)
    with closing(sqlite3.connect(folder / RECORD)) as db, db:
        hulls: dict[int, list[int]] = {}
        for page in own:
            hulls.setdefault(page.track, []).append(page.day)
        db.executemany(
            "insert into hulls values (?, ?, ?, ?, 9, 1)",
            [(t, t // HULLS_PER_MMSI, min(d) * 86_400.0, (max(d) + 1) * 86_400.0 - 1)
             for t, d in hulls.items()],
        )  # fmt: skip
        db.executemany(
            "insert into days values (?, ?, ?, ?, 1, 2, 3, 40.0, ?, ?)",
            [(p.track, p.day, p.day * 86_400.0, p.day * 86_400.0 + 86_000, p.heard, p.way)
             for p in own],
        )  # fmt: skip
        db.executemany(
            "insert into claims values (?, ?, ?, ?, 1.7e9, 1.71e9, 5, 19790)",
            [(t // HULLS_PER_MMSI, t % HULLS_PER_MMSI, f, v) for t, f, v in claims],
        )
        for visit in visits:
            db.execute(f"insert into visits values ({','.join('?' * 13)})", visit)
        for row in events:
            _keep(db, row)
    return folder


def gap(track: int, start: float, end: float | None, score: float = 0.8) -> dict[str, Any]:
    """Return a row of events.jsonl."""
    return event("gap", (track,), start, end, score)


def event(
    kind: Any, tracks: Sequence[int], start: float, end: float | None, score: float = 0.8
) -> dict[str, Any]:
    """Return a row of events.jsonl with what a record needs of it."""
    one = Event(kind, tuple(tracks), start, end, 10.0, 20.0, Evidence({}, "", ()))
    return {
        "id": one.id, "kind": kind, "state": "closed" if end else "open",
        "mmsis": list(one.mmsis), "start": iso(start), "end": end and iso(end),
        "lat": 10.0, "lon": 20.0, "score": score, "measured": {}, "for": [], "against": [],
        "caveats": ["as it was"], "lines": [{"file": "a.nmea", "line": 7}],
        "tracks": [track_name(t) for t in tracks], "_start": start, "_end": end,
    }  # fmt: skip


def _keep(db: sqlite3.Connection, given: Mapping[str, Any]) -> None:
    row = dict(given)
    start, end = row.pop("_start"), row.pop("_end")
    db.execute(
        "insert into events values (?, ?, ?, ?, ?, ?, 1, ?, '')",
        (row["id"], row["kind"], row["state"], start, end, row["score"], dumps(row)),
    )
    for name in row["tracks"]:
        mmsi, _, hull = name.partition(".")
        track = int(mmsi) * HULLS_PER_MMSI + int(hull)
        db.execute("insert into event_tracks values (?, ?)", (track, row["id"]))
