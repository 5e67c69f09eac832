"""What is in a station's archive, for people and for programs: events and vessels.

Only reads, so that it may be asked while the station runs.  What is over stands
in the archive; what goes on is judged anew, from what the station remembered and
the log that it has written since.  So the answer is that of a replay of the log up
to some seconds ago.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalies.event import Event
from sternlight import alerting, attention
from sternlight.alerting import Decisions, add
from sternlight.answers import Rows
from sternlight.archive import Archive
from sternlight.data import data_folder
from sternlight.jsontext import dumps
from sternlight.judging import judge
from sternlight.ledger import from_json
from sternlight.record.overlaid import overlaid
from sternlight.recovery import look
from sternlight.settings import Settings
from sternlight.text import counted, iso, plain
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.places import Places


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; None and empty ask for all."""

    since: float | None = None  # Unix seconds; events that ended before are left out
    kinds: Sequence[str] = ()
    min_score: float = 0.0
    mmsi: int | None = None

    def fits(self, event: Event, row: str) -> bool:
        """Return whether an event, and its row of events.jsonl, is wanted."""
        return (
            (self.since is None or event.end is None or event.end >= self.since)
            and (not self.kinds or event.kind in self.kinds)
            and (self.mmsi is None or self.mmsi in event.mmsis)
            and (not self.min_score or json.loads(row)["score"] >= self.min_score)
        )


class Listing:
    """A station's events and vessels as they stand.  Raises ArchiveError."""

    def __init__(self, folder: Path, settings: Settings, places: Places) -> None:
        self._folder, self._signs = folder, settings.signs
        with Archive.look(folder) as archive:
            # Before the log is read, so that it knows all that is kept here, and more.
            kept = archive.read("select event, row from events where state = 'closed'")
            self._sources = dict(archive.read("select number, name from sources"))
            self._live = live = look(archive, folder, settings, places)
            self._decisions: Decisions = {}
            add(self._decisions, archive.decisions())
        add(self._decisions, live.decisions().values())
        found = {json.loads(row)["id"]: (from_json(json.loads(e)), row) for e, row in kept}
        self._finished, self._record = live.finished(), live.record()
        unfinished = list(live.unfinished().values())
        found |= {
            one.event.id: (one.event, dumps(one.row(live.provenance)))
            for one in judge(unfinished, live.station)
        }
        ships = set(live.station.vessels().track.tolist())
        self._events = sorted(
            ((event, row) for event, row in found.values() if ships >= set(event.tracks)),
            key=lambda one: (one[0].start, one[0].id),
        )

    def events(self, wanted: Wanted) -> list[str]:
        """Return the wanted events as lines of events.jsonl, sorted by start and id."""
        return [
            dumps(json.loads(row) | alerting.row(self._decisions.get(event.id)))
            for event, row in self._events
            if wanted.fits(event, row)
        ]

    def vessels(self) -> Iterator[dict[str, Any]]:
        """Yield the vessels, as in vessels.jsonl: those that stand out first, then all others.

        `heard_by` tells besides which sources heard a vessel's MMSI, how often and when last.
        """
        station = self._live.station
        fleet = station.vessels()
        claims = {track: station.claims(track // HULLS_PER_MMSI) for track in fleet.track.tolist()}
        rows = Rows(station, fleet, claims, Flags.load(data_folder() / "flags.csv"))
        judged = judge([event for event, _ in self._events], station)
        with overlaid(self._folder, self._finished, self._record) as record:
            ranked = rows.ranked(record, self._signs, judged)
        for vessel in ranked:
            yield rows.vessel(vessel) | {"heard_by": self._heard_by(vessel.mmsi)}

    def _heard_by(self, mmsi: int) -> list[dict[str, Any]]:
        return [
            {"source": self._sources.get(number), "reports": count, "last": iso(last)}
            for number, (count, last) in self._live.hearers.of(mmsi).items()
        ]


def show_events(rows: Iterable[dict[str, Any]]) -> None:
    """Print events as a table, the strongest first."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    found = sorted(rows, key=lambda row: (-row["score"], row["start"]))
    table = Table(box=None, pad_edge=False)
    for name in ("score", "kind", "ships", "began and ended (UTC), near"):
        table.add_column(name, justify="right" if name == "score" else "left")
    for row in found:
        until = _short(row["end"]) if row["end"] else "goes on"
        cells = (
            f"{row['score']:.2f}",
            row["kind"],
            "\n".join(map(str, row["mmsis"])) or "an area",
            f"{_short(row['start'])} to {until}\n{plain(row['place'])}"
            + (f"\n{said}" if (said := attention.says_of(row)) else ""),
        )
        table.add_row(*map(Text, cells))
    put(table if found else Text("No such event."))
    if found:
        says = "A score says how unusual something is, never how guilty somebody is."
        put(Text(f"{counted(len(found), 'event')}. {says}"))


def show_vessels(rows: Sequence[dict[str, Any]], most: int) -> None:
    """Print the vessels that stand out as a table."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    table = Table(box=None, pad_edge=False)
    for name in ("score", "MMSI", "ship", "why, and last heard (UTC)"):
        table.add_column(name, justify="right" if name == "score" else "left")
    for row in rows[:most]:
        why = row["contributions"][0]["says"] if row["contributions"] else ""
        ship = [plain(row["name"] or "without a name"), row["ship_type"], row["flag"]]
        cells = (
            f"{row['score']:.2f}",
            str(row["mmsi"]),
            ", ".join(word for word in ship if word),
            (f"{plain(why)}\n" if why else "") + _short(row["last_heard"]) + _by(row["heard_by"]),
        )
        table.add_row(*map(Text, cells))
    put(table if rows else Text("No vessel has been heard yet."))
    if len(rows) > most:
        put(Text(f"{counted(len(rows) - most, 'more vessel')}; --json lists all."))


def _by(hearers: Sequence[dict[str, Any]]) -> str:
    """Say how many reports each source heard, where there are several."""
    if len(hearers) < 2:
        return ""
    return "; reports: " + ", ".join(f"{plain(h['source'])} {h['reports']:,}" for h in hearers)


def _short(moment: str) -> str:
    return moment[:16].replace("T", " ")
