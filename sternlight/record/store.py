"""Writes what is remembered of hulls; whatever is written again changes nothing."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple, Self

from sternlight.fleet import Fleet
from sternlight.record.night import Night
from tracks.batch import HULLS_PER_MMSI
from tracks.daybook import DAY_S, FIELDS, Pages
from tracks.portraits import NOBODYS, SLIP_S
from tracks.ports import KINDS, Visits

if TYPE_CHECKING:
    from sternlight.station import Step

_CLAIM = """
insert into claims values (?, ?, ?, ?, ?, ?, 1, ?) on conflict do update set
    first = min(first, excluded.first), last = max(last, excluded.last),
    days_count = days_count + (excluded.last_day > last_day),
    last_day = max(last_day, excluded.last_day)
"""
# Two values, neither of them a slip: two ships under one number, or one that changed.
_SPOKEN = """
insert or ignore into spoken select ?, ?, ?, ? where exists (
    select 1 from claims where mmsi = ? and (days_count > 1 or last - first >= ?)
    and field in ('imo', 'call_sign', 'name') group by field having count(distinct value) > 1)
"""
_HULL = """
insert into hulls values (?, ?, ?, ?, ?, ?) on conflict do update set
    first = min(first, excluded.first), last = max(last, excluded.last),
    fixes_count = max(fixes_count, excluded.fixes_count),
    ship_class = max(ship_class, excluded.ship_class)
"""


class Finished(NamedTuple):
    """Pages and visits for the ships' record."""

    pages: Pages
    visits: Visits

    @classmethod
    def of(cls, step: Step) -> list[Self]:
        """Return what a step of the station finished."""
        found = [cls(pages, Visits.empty()) for pages in step.pages]
        visits = [heard.ports.over for heard in step.heard if len(heard.ports.over)]
        return found + [cls(Pages.none(), some) for some in visits]


def keep(db: sqlite3.Connection, finished: Finished) -> None:
    """Keep pages and visits, in place of those of before."""
    keep_pages(db, finished.pages)
    keep_visits(db, finished.visits)


def forget(db: sqlite3.Connection, since: float) -> None:
    """Forget days and visits from Unix time `since` on, which are going to be told again."""
    db.execute("delete from days where day >= ?", (since // DAY_S,))
    db.execute("delete from spoken where day >= ?", (since // DAY_S,))
    db.execute("delete from visits where start >= ?", (since,))


def keep_pages(db: sqlite3.Connection, pages: Pages) -> None:
    """Keep pages; those of the same hull and day as before take their place."""
    days = zip(
        *(getattr(pages.days, name).tolist() for name in pages.days.described()), strict=True
    )
    db.executemany(
        "insert or replace into days values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (*row[:-1], None if row[-1] != row[-1] else round(row[-1], 1), heard, way)
            for row, heard, way in zip(days, pages.heard, pages.ways, strict=True)
        ],
    )
    said = [
        (mmsi, hull, FIELDS[which], value.decode("utf-8", "replace"), first, last, day)
        for mmsi, hull, which, value, first, last, day in zip(
            *(getattr(pages.said, name).tolist() for name in pages.said.described()), strict=True
        )
    ]
    db.executemany(_CLAIM, said)
    db.executemany(
        _SPOKEN,
        [
            (mmsi * HULLS_PER_MMSI + hull, day, field, value, mmsi, SLIP_S)
            for mmsi, hull, field, value, _, _, day in said
            if hull != NOBODYS
        ],
    )


def keep_visits(db: sqlite3.Connection, visits: Visits) -> None:
    """Keep visits; one that began when another of that hull did takes its place."""
    db.executemany(
        "insert or replace into visits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                track, start, None if end != end else end, place.decode("utf-8", "replace"),
                country.decode("ascii", "replace"), KINDS[kind], *rest,
            )
            for track, start, end, place, country, kind, *rest in zip(
                *(getattr(visits, name).tolist() for name in visits.described()), strict=True
            )
        ],
    )  # fmt: skip


def keep_night(db: sqlite3.Connection, night: Night) -> None:
    """Keep standings and rates in place of those of the night before."""
    db.execute("delete from standings")
    db.execute("delete from rates")
    db.executemany("insert into standings values (?, ?, ?, ?, ?, ?, ?)", night.standings)
    db.executemany("insert into rates values (?, ?, ?, ?, ?)", night.rates)


def keep_hulls(db: sqlite3.Connection, fleet: Fleet) -> None:
    """Keep when and how often hulls were heard; what was kept before is widened."""
    db.executemany(
        _HULL,
        [
            (track, track // HULLS_PER_MMSI, *rest)
            for track, *rest in zip(
                *(getattr(fleet, name).tolist() for name in fleet.described()), strict=True
            )
        ],
    )
