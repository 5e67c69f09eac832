"""Files of SQLite: opened for reading, and what SQLite says about them as what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

from sternlight.errors import ArchiveError, ArchiveFull

ARCHIVE = "archive.sqlite3"  # in the folder of a station
DETECTIONS = "detections.sqlite3"  # in the same, or in that of a replay's results
BUSY_S = 10.0  # how long to wait for somebody who has locked the file


DAMAGED = (
    "{path} is damaged; the raw log beside it is not touched by that: stop the station, run"
    " `sternlight rebuild --data {path.parent}`, and start it again"
)


@dataclass(slots=True)
class Database:
    """An archive, or the record beside a replay's results, open for reading.

    Raises ArchiveError, with what to do, where the file cannot be used.
    """

    damaged: ClassVar[str] = DAMAGED  # what to do about such a file that is damaged

    path: Path
    _db: sqlite3.Connection

    @classmethod
    def look(cls, folder: Path, name: str = ARCHIVE) -> Self:
        """Open the archive of a station for reading, while it runs or not."""
        path = folder / name
        if not path.exists():
            raise ArchiveError(
                f"there is no archive in {folder}; --data names the folder that `sternlight"
                " watch` was given"
            )
        with told(path, cls.damaged):
            db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            db.execute("pragma query_only = on")
            db.execute("select 1 from events limit 1")
        return cls(path, db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with told(self.path, self.damaged):
            return self._db.execute(query, values).fetchall()


def readable(path: Path, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, up to where the file is damaged."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
            yield from db.execute(f"select * from {table}")
    except sqlite3.DatabaseError:
        return


@contextmanager
def told(path: Path, damaged: str = DAMAGED) -> Iterator[None]:
    """Turn what SQLite says about a file into what to do about it.

    `damaged` says what to do about one that is damaged, with {path} in it.
    """
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
            raise ArchiveError(damaged.format(path=path)) from error
        raise ArchiveError(f"{path} cannot be used: {says}") from error
    except sqlite3.DatabaseError as error:
        raise ArchiveError(damaged.format(path=path)) from error
