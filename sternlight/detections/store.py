"""detections.sqlite3: what was imported, beside the record and never in it.

The station alone writes its archive, and may run meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sternlight.detections.sighting import Sighting
from sternlight.sqlite import BUSY_S, DETECTIONS, told

VERSION = 1
DAMAGED = "{path} is damaged; delete it and add the files of detections again"
_COLUMNS = ", ".join(Sighting._fields)
_TABLE = f"""
create table detections (
    key blob primary key, {", ".join(f"{name}" for name in Sighting._fields)}
) without rowid;
create index detections_by_t on detections (t);
"""
# What names a detection is its key; how sure its place is, and whom to credit, may be mended.
_KEEP = f"""
insert into detections values ({", ".join("?" * (len(Sighting._fields) + 1))})
on conflict do update set uncertainty_m = excluded.uncertainty_m, credit = excluded.credit
"""


class Kept(NamedTuple):
    """What an import changed."""

    new_count: int
    known_count: int


def keep(folder: Path, sightings: Iterable[Sighting]) -> Kept:
    """Keep detections in a folder; those that are there already change nothing.

    Raises ArchiveError.
    """
    path = folder / DETECTIONS
    with told(path, DAMAGED), closing(sqlite3.connect(path, timeout=BUSY_S)) as db:
        version = db.execute("pragma user_version").fetchone()[0]
        if not version:
            db.executescript(f"begin; {_TABLE} pragma user_version = {VERSION}; commit;")
        before = _count(db)
        rows = [(one.key, *one) for one in sightings]
        with db:
            db.executemany(_KEEP, rows)
        new = _count(db) - before
        return Kept(new, len(rows) - new)


def _count(db: sqlite3.Connection) -> int:
    return int(db.execute("select count(*) from detections").fetchone()[0])


def kept(folder: Path) -> list[Sighting]:
    """Return all detections of a folder, by time; none if nothing was ever imported.

    Raises ArchiveError.
    """
    path = folder / DETECTIONS
    if not path.exists():
        return []
    with (
        told(path, DAMAGED),
        closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db,
    ):
        return [
            Sighting(*row)
            for row in db.execute(f"select {_COLUMNS} from detections order by t, key")
        ]
