"""From an event's id to its story: what the archive, the ships' record and the book say of it.

Only reads, so that it may be asked while the station writes.  What the record does not hold
yet, since it is written once an hour, a story leaves out: the end of a way, a new name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalies.ship_kinds import WORDS
from sternlight.record import read
from sternlight.record.read import Claim
from sternlight.sqlite import Database
from sternlight.telling.story import Evidence, Line, Remark, Ship, Story
from tracks.batch import BIN_S, HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.portraits import NOBODYS
from tracks.way import DAY_S

POINTS_COUNT = 1500  # of a way, ten days of ten-minute marks; longer ones are thinned
REMARKS_COUNT = 20
_NO_END = 1 << 40  # a day that never comes
_UNTOLD = WORDS[""]

_EVENT = """
select e.kind, e.state, e.start, e."end", e.row, a.usual_per_week
from events e left join alerts a on a.id = e.id where e.id = ?
"""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells events of one station; `book` None knows of no remarks.  Raises ArchiveError."""

    record: Database
    flags: Flags
    book: Database | None = None
    around_h: float = 6.0  # of the ships' ways before and after an event

    def tell(self, event: str) -> Story | None:
        """Return the story of an event; None if there is none of that id."""
        found = self.record.read(_EVENT, event)
        if not found:
            return None
        kind, state, start, end, text, usual = found[0]
        row = json.loads(text)
        tracks = [read.track_of(name) for name in row["tracks"]]
        return Story(
            event=event,
            kind=kind,
            state=state,
            start=start,
            end=end,
            lat=row["lat"],
            lon=row["lon"],
            place=row["place"],
            zone=row["zone"],
            ships=self._ships(tracks, row["ships"], math.inf if end is None else end),
            score=row["score"],
            usual_per_week=usual,
            measured=row["measured"],
            rule=row["rule"],
            reasons=tuple(factor["says"] for factor in row["for"]),
            objections=_objections(row["against"]),
            caveats=tuple(row["caveats"]),
            evidence=tuple(Evidence(one["file"], one["line"]) for one in row["lines"]),
            lines=tuple(self._line(track, start, end) for track in tracks),
            remarks=self._remarks(event, tracks),
        )

    def _ships(self, tracks: Sequence[int], kinds: Sequence[str], until: float) -> tuple[Ship, ...]:
        """Return who the hulls were by what they claimed up to Unix time `until`."""
        mmsis = sorted({track // HULLS_PER_MMSI for track in tracks})
        said = [c for c in read.claims(self.record, mmsis) if c.first <= until]
        return tuple(
            self._ship(track, kind, [c for c in said if c.mmsi == track // HULLS_PER_MMSI])
            for track, kind in zip(tracks, kinds, strict=False)
        )

    def _ship(self, track: int, kind: str, said: Sequence[Claim]) -> Ship:
        mmsi, hull = divmod(track, HULLS_PER_MMSI)
        imo = _last(said, hull, "imo")
        return Ship(
            track=track,
            mmsi=mmsi,
            name=_last(said, hull, "name"),
            imo=int(imo) if imo.isdecimal() and int(imo) else None,
            kind="" if kind == _UNTOLD else kind.removeprefix("a ").removeprefix("an "),
            flag=self.flags.flag(mmsi),
            country=self.flags.name(mmsi),
        )

    def _line(self, track: int, start: float, end: float | None) -> Line:
        """Return the way of a hull around an event; of one that goes on, as far as it is known."""
        around_s = self.around_h * 3600
        first, last = start - around_s, math.inf if end is None else end + around_s
        last_day = _NO_END if end is None else int(last // DAY_S)
        way = read.way_of(self.record, track, int(first // DAY_S), last_day)
        t = way.bin * float(BIN_S)
        near = np.flatnonzero((t >= first) & (t <= last))
        every = 1 + len(near) // POINTS_COUNT
        near = near[::every]
        # A mark between two that are no neighbours breaks the line: nothing was heard there.
        gaps = np.flatnonzero(np.diff(way.bin[near]) > every) + 1
        t, lat, lon = t[near], way.lat[near], way.lon[near]
        middle = (t[gaps - 1] + t[gaps]) / 2
        nowhere = np.full(len(gaps), np.nan)
        return Line(
            track, np.insert(t, gaps, middle), np.insert(lat, gaps, nowhere),
            np.insert(lon, gaps, nowhere),
        )  # fmt: skip

    def _remarks(self, event: str, tracks: Sequence[int]) -> tuple[Remark, ...]:
        """Return what was said of the event and of others of its ships, newest first."""
        if self.book is None:
            return ()
        mmsis = sorted({track // HULLS_PER_MMSI for track in tracks})
        rows = self.book.read(
            "select t, what, event, mmsi, says from remarks where event = ? or mmsi in"
            f" ({','.join('?' * len(mmsis))}) order by t desc, number desc limit ?",
            event, *mmsis, REMARKS_COUNT * max(1, len(mmsis)),
        )  # fmt: skip
        once = {(row[0], row[1], row[2], row[4]): Remark(*row) for row in reversed(rows)}
        return tuple(reversed(once.values()))[:REMARKS_COUNT]


def _last(said: Sequence[Claim], hull: int, field: str) -> str:
    """Return what a hull claimed last; what nobody knows who said counts if it said nothing."""
    fits = [c for c in said if c.field == field and c.hull in (hull, NOBODYS)]
    best = max(fits, key=lambda c: (c.hull == hull, c.last), default=None)
    return best.value if best else ""


def _objections(factors: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return what speaks against; what stands with every event of the kind comes last."""
    ranked = sorted(factors, key=lambda factor: factor["name"].endswith(": base"))
    return tuple(factor["says"] for factor in ranked)
