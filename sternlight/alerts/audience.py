"""All subscribers, decrypted once, and whom of them an event is for."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sternlight.alerts.listed_ships import NamesOf
from sternlight.alerts.matching import Events, Seen, Wish
from sternlight.alerts.subscription import Subscription
from sternlight.sqlite import Database


class Happened(NamedTuple):
    """An event as the archive has it."""

    id: str
    start: float
    score: float
    shown: int  # whether it is of ships, and not of a wild position or two
    state: str
    row: str  # JSON, as in events.jsonl

    @property
    def told(self) -> dict[str, Any]:
        """The row."""
        told: dict[str, Any] = json.loads(self.row)
        return told

    def facts(self) -> str:
        """Return what is kept of it with its letters: when it began, and of which ships it is."""
        return json.dumps({"start": self.start, "mmsis": self.told["mmsis"]})


def happened(archive: Database, ids: Collection[str]) -> dict[str, Happened]:
    """Return events as they stand, by id; without those that the archive does not have."""
    marks = ",".join("?" * len(ids))
    found = archive.read(
        f"select id, start, score, shown, state, row from events where id in ({marks})", *ids
    )
    return {row[0]: Happened(*row) for row in found}


class Audience:
    """Who subscribed, and to what."""

    def __init__(self, subscriptions: Iterable[Subscription], lists: NamesOf) -> None:
        self.made = {one.number: one.made for one in subscriptions}
        self._wishes = {one.number: Wish(one.wants) for one in subscriptions}
        self._lists = lists
        self._by_list = any(wish.wants.watchlists for wish in self._wishes.values())

    def of(self, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[int]]:
        """Return the numbers of those whom events are for, by event; `rows` as in events.jsonl."""
        events = Events.of(map(self.seen, rows.values()))
        found: dict[str, list[int]] = {event: [] for event in rows}
        for number, wish in self._wishes.items():
            for event, fits in zip(rows, wish.fits(events).tolist(), strict=True):
                if fits:
                    found[event].append(number)
        return found

    def seen(self, row: Mapping[str, Any]) -> Seen:
        """Return what is looked at of an event; of lists only if anybody asks for one."""
        lists = self._lists(row) if self._by_list else frozenset[str]()
        return seen(row, lists)


def seen(row: Mapping[str, Any], lists: frozenset[str]) -> Seen:
    """Return what is looked at of an event, whose place may be missing."""
    lat, lon = (math.nan if row[name] is None else float(row[name]) for name in ("lat", "lon"))
    return Seen(row["kind"], lat, lon, lists)
