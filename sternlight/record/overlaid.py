"""The ships' record as it stands: what a station has written, and what it has yet to write.

A station writes its record once an hour.  Whoever asks in between reads its log up to now
(`sternlight.recovery.look`), and here both are read as one.  Nothing is written to disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from sternlight.live import Record
from sternlight.record import schema, store
from sternlight.record.store import Finished
from sternlight.sqlite import ARCHIVE, BUSY_S, Database, told
from tracks.batch import HULLS_PER_MMSI

# The columns that make a row, by table; the newer of two takes the place of the older.
_KEYS = {
    "hulls": ("track",),
    "days": ("track", "day"),
    "claims": ("mmsi", "hull", "field", "value"),
    "visits": ("track", "start"),
}
_WIDENED = ("hulls", "claims")  # of these the newer is made from the older
_COPY = "insert into main.{0} select * from kept.{0} where mmsi in (select mmsi from temp.heard)"
_VIEW = """
create temp view {0} as select * from main.{0} union all
    select * from kept.{0} k where not exists (select 1 from main.{0} n where {1})
"""


def overlaid(folder: Path, finished: Iterable[Finished], record: Record) -> Database:
    """Open a station's record together with what it has not written.

    An archive of an older release, which kept none, adds nothing.  Raises ArchiveError.
    """
    path, new = folder / ARCHIVE, [*finished, record.so_far]
    with told(path):
        db = sqlite3.connect(":memory:", timeout=BUSY_S, isolation_level=None)
        db.executescript(schema.TABLES)
        db.execute("attach ? as kept", (str(path),))
        for table in set(schema.NAMES) - _KEYS.keys():
            db.execute(f"drop table main.{table}")
        known = db.execute("pragma kept.user_version").fetchone()[0] >= schema.SINCE
        if known:
            _copy(db, new, record)
        for some in new:
            store.keep(db, some)
        store.keep_hulls(db, record.fleet)
        for table, columns in _KEYS.items() if known else ():
            same = " and ".join(f"n.{column} = k.{column}" for column in columns)
            db.execute(_VIEW.format(table, same))
        db.execute("pragma query_only = on")
    return Database(path, db)


def _copy(db: sqlite3.Connection, new: Iterable[Finished], record: Record) -> None:
    """Take over what the new rows are to widen."""
    heard = set((record.fleet.track // HULLS_PER_MMSI).tolist())
    heard.update(*(some.pages.said.mmsi.tolist() for some in new))
    db.execute("create temp table heard (mmsi integer primary key)")
    db.executemany("insert into heard values (?)", [(mmsi,) for mmsi in heard])
    for table in _WIDENED:
        db.execute(_COPY.format(table))
