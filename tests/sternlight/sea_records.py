"""Records written by hand: ships, what they claimed, their meetings, calls and when heard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from anomalies.event import Event, Evidence, track_name
from sternlight.archive import Archive, Stored
from sternlight.fleet import Fleet
from sternlight.record.store import keep_hulls, keep_pages, keep_visits
from sternlight.text import iso
from tracks.batch import BIN_S, HULLS_PER_MMSI
from tracks.daybook import FIELDS, Days, Pages, Said
from tracks.ports import KINDS, Visits
from tracks.way import DAY_S, MARKS, pack_heard

DAY_0 = 20_454  # 2026-01-01
HOUR = 3600.0


def t(day: float, hour: float = 0.0) -> float:
    """Return a Unix time, days counted from 1 January 2026."""
    return (DAY_0 + day) * DAY_S + hour * HOUR


def track(mmsi: int, hull: int = 1) -> int:
    return mmsi * HULLS_PER_MMSI + hull


class Written:
    """A record in a folder, in the making."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.archive = Archive.open(folder)

    def ship(self, ship: int, **claims: object) -> None:
        """Write that a hull was heard, and what it claimed for good; names as in FIELDS."""
        fleet = Fleet.make(1, track=ship, first_heard=t(0), last_heard=t(365), fixes_count=99)
        said = Said.make(
            len(claims),
            mmsi=ship // HULLS_PER_MMSI,
            hull=ship % HULLS_PER_MMSI,
            field=[FIELDS.index(name) for name in claims],
            value=[str(value).encode() for value in claims.values()],
            first=t(0),
            last=t(365),
            day=DAY_0,
        )
        db = self.archive._db
        keep_hulls(db, fleet)
        keep_pages(db, Pages(Days.empty(), [], [], said))

    def meet(
        self, ships: Sequence[int], start: float, hours: float = 3.0, score: float = 0.9,
        kinds: Sequence[str] = ("a fishing vessel", "a cargo ship"), place: str = "at sea",
        over: bool = True,
    ) -> str:  # fmt: skip
        """Write an encounter; `kinds` in the order of `ships`."""
        told = dict(zip(ships, kinds, strict=True))
        end = start + hours * HOUR
        lat, lon = 14.0, -18.0
        measured = {"heard_h": hours, "duration_h": hours}
        event = Event("encounter", tuple(sorted(ships)), start, end if over else None, lat, lon,
                      Evidence(measured, "by hand", ()))  # fmt: skip
        row: dict[str, Any] = {
            "id": event.id, "state": "closed" if over else "open", "measured": measured,
            "tracks": [track_name(ship) for ship in event.tracks], "place": place, "lat": lat,
            "lon": lon, "ships": [told[ship] for ship in event.tracks], "start": iso(start),
        }  # fmt: skip
        what = "closed" if over else "opened"
        self.archive.keep([Stored(event, what, score, row, True)], start, start)
        return event.id

    def call(
        self, ship: int, start: float, hours: float | None = 30.0, place: str = "Dakar (SN)",
        kind: str = "port", certainty: int = 4,
    ) -> None:  # fmt: skip
        """Write a port visit; it lasts if `hours` is None."""
        visit = Visits.make(
            1, track=ship, start=start, end=np.nan if hours is None else start + hours * HOUR,
            place=place.encode(), country=b"SN", kind=KINDS.index(kind), lat=14.68, lon=-17.43,
            stopped_h=hours or 1.0, heard_h=hours or 1.0, certainty=certainty,
        )  # fmt: skip
        keep_visits(self.archive._db, visit)

    def hear(self, ship: int, start: float, end: float) -> None:
        """Write that a hull was heard at every ten-minute mark from one time to another.

        A day is written once; what was written of it before is replaced.
        """
        marks = np.arange(int(np.ceil(start / BIN_S)), int(end // BIN_S) + 1)
        by_day = {int(day): marks[marks // MARKS == day] % MARKS for day in set(marks // MARKS)}
        days = Days.make(len(by_day), track=ship, day=list(by_day), first=start, last=end)
        heard = [pack_heard(own) for own in by_day.values()]
        keep_pages(self.archive._db, Pages(days, heard, [b""] * len(by_day), Said.empty()))
