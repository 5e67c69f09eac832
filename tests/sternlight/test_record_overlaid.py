"""A record with what a station has yet to write is what it will have written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from sternlight.archive import Archive
from sternlight.fleet import Fleet
from sternlight.live import Record
from sternlight.record import read
from sternlight.record.overlaid import overlaid
from sternlight.record.store import Finished
from sternlight.sqlite import ARCHIVE
from tracks.daybook import FIELDS, Days, Pages, Said
from tracks.ports import Visits
from tracks.way import pack_heard, pack_way

ANNA, BELLA = 257_000_001, 257_000_002
DAY = 86_400.0
NAME = FIELDS.index("name")


def page(day: int, marks_count: int, *mmsis: int, name: bytes = b"ANNA") -> Finished:
    """Return a day's page of ships, heard at the first marks in port, that said a name."""
    n, at = len(mmsis), np.array([day * 1000], np.int32)
    first, last = day * DAY, day * DAY + 600 * marks_count
    tracks = np.array(mmsis) * 1000 + 1
    days = Days.make(n, track=tracks, day=day, first=first, last=last, port_count=marks_count)
    said = Said.make(
        n, mmsi=np.array(mmsis), hull=1, field=NAME, value=name, first=first, last=last, day=day
    )
    heard = [pack_heard(np.arange(marks_count))] * n
    visits = Visits.make(n, track=tracks, start=day // 2 * 2 * DAY, end=last, lat=50, lon=5)
    return Finished(Pages(days, heard, [pack_way(np.array([0]), at, at)] * n, said), visits)


def fleet(first_day: int, last_day: int, *mmsis: int) -> Fleet:
    tracks = np.array(mmsis) * 1000 + 1
    return Fleet.make(
        len(mmsis),
        track=tracks,
        first_heard=first_day * DAY,
        last_heard=last_day * DAY,
        fixes_count=9,
    )


WRITTEN = [page(5, 9, ANNA, BELLA), page(6, 2, ANNA)]
FINISHED, OPEN = [page(6, 8, ANNA, BELLA)], page(7, 3, ANNA, name=b"HANNA")
LATE = Record(OPEN, fleet(7, 8, ANNA))


def archive(folder: Path) -> Archive:
    folder.mkdir()
    made = Archive.open(folder)
    with made.transaction():
        made.remember(WRITTEN)
        made.remember_hulls(fleet(5, 6, ANNA, BELLA))
    return made


def told(record: Archive) -> list[list[tuple]]:
    tracks, mmsis = [ANNA * 1000 + 1, BELLA * 1000 + 1], [ANNA, BELLA]
    return [
        read.hulls(record),
        read.hulls(record, [ANNA]),
        list(read.days(record)),
        list(read.days(record, tracks)),
        read.claims(record),
        read.claims(record, mmsis),
        read.visits(record, tracks),
        read.found(record, tracks=tracks),
    ]


def test_it_says_what_the_archive_will_say(tmp_path: Path) -> None:
    archive(tmp_path / "a").close()
    with overlaid(tmp_path / "a", FINISHED, LATE) as record:
        now = told(record)
    with archive(tmp_path / "b") as later:
        with later.transaction():
            later.remember([*FINISHED, OPEN])
            later.remember_hulls(LATE.fleet)
        assert now == told(later)
    assert len(now[2]) == 5
    assert len(now[6]) == 4
    assert [claim.days_count for claim in now[4]] == [2, 1, 2]


def test_nothing_is_written(tmp_path: Path) -> None:
    with archive(tmp_path / "a") as before:
        was = told(before)
        with overlaid(tmp_path / "a", FINISHED, LATE):
            assert told(before) == was


def test_an_archive_without_a_record_adds_nothing(tmp_path: Path) -> None:
    archive(tmp_path / "a").close()
    with sqlite3.connect(tmp_path / "a" / ARCHIVE) as db:
        db.executescript("drop table days; drop table hulls; pragma user_version = 2")
    db.close()
    with overlaid(tmp_path / "a", FINISHED, LATE) as record:
        assert [day.day for day in read.days(record)] == [6, 7, 6]
