"""What SQLite says about a file, turned into what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sternlight.errors import ArchiveError, ArchiveFull

DAMAGED = (
    "{path} is damaged; the raw log beside it is not touched by that: stop the station, run"
    " `sternlight rebuild --data {path.parent}`, and start it again"
)


def readable(path: Path, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, up to where the file is damaged."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            yield from db.execute(f"select * from {table}")
    except sqlite3.DatabaseError:
        return


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into what to do about it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        says = str(error)
        if "locked" in says or "busy" in says:
            raise ArchiveError(
                f"{path} is locked by another program (a backup, a database browser?);"
                " close it, or wait until it has ended"
            ) from error
        if "full" in says or "disk I/O" in says:
            raise ArchiveFull(f"{path} cannot be written: {says}") from error
        if "no such table" in says:
            raise ArchiveError(DAMAGED.format(path=path)) from error
        raise ArchiveError(f"{path} cannot be used: {says}") from error
    except sqlite3.DatabaseError as error:
        raise ArchiveError(DAMAGED.format(path=path)) from error
