"""What is in a station's archive, for people and for programs: events and vessels.

Only reads, so that it may be asked while the station runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalies.rank import NEVER_SEEN, Ranked, rank
from anomalies.score import assess
from sternlight.answers import Rows
from sternlight.archive import Archive
from sternlight.data import data_folder
from sternlight.recovery import look
from sternlight.settings import Settings
from sternlight.text import counted, plain
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.places import Places


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; None and empty ask for all."""

    since: float | None = None  # Unix seconds; events that end before are left out
    kinds: Sequence[str] = ()
    min_score: float = 0.0
    mmsi: int | None = None


def event_rows(folder: Path, wanted: Wanted) -> Iterator[str]:
    """Yield the wanted rows, as in events.jsonl, sorted by start and id.  Raises ArchiveError."""
    query = "select row from events where shown and state != ? and score >= ?"
    values: list[object] = ["withdrawn", wanted.min_score]
    if wanted.since is not None:
        query += ' and ("end" is null or "end" >= ?)'
        values.append(wanted.since)
    if wanted.kinds:
        query += f" and kind in ({','.join('?' * len(wanted.kinds))})"
        values += wanted.kinds
    if wanted.mmsi is not None:
        query += " and id in (select id from event_tracks where track / ? = ?)"
        values += [HULLS_PER_MMSI, wanted.mmsi]
    with Archive.look(folder) as archive:
        for (row,) in archive.read(query + " order by start, id", *values):
            yield row


def vessel_rows(folder: Path, settings: Settings, places: Places) -> Iterator[dict[str, Any]]:
    """Yield the vessels, as in vessels.jsonl: those that stand out first, then all others.

    As far as the station has made safe on disk what it heard, some seconds ago.
    """
    with Archive.look(folder) as archive:
        station = look(archive, folder, settings, places).station
        fleet = station.vessels()
        claims = {track: station.claims(track // HULLS_PER_MMSI) for track in fleet.track.tolist()}
        rows = Rows(station, fleet, claims, Flags.load(data_folder() / "flags.csv"))
        assessed = []
        for event, _ in archive.events():
            t = station.as_of if event.end is None else event.end
            said = {track: station.claims(track // HULLS_PER_MMSI, t) for track in event.tracks}
            if claims.keys() >= set(event.tracks):
                assessed.append((event, assess(event, said)))
    ranked = rank(assessed, claims)
    found = {vessel.track for vessel in ranked}
    rest = (Ranked(track, 0.0, (), NEVER_SEEN, ()) for track in claims if track not in found)
    for vessel in (*ranked, *rest):
        yield rows.vessel(vessel)


def show_events(rows: Iterable[dict[str, Any]]) -> None:
    """Print events as a table, the strongest first."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    found = sorted(rows, key=lambda row: (-row["score"], row["start"]))
    table = Table(box=None, pad_edge=False)
    for name in ("score", "kind", "ships", "from", "to", "where"):
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold")
    for row in found:
        cells = (
            f"{row['score']:.2f}", row["kind"], " ".join(map(str, row["mmsis"])),
            _short(row["start"]), _short(row["end"]) if row["end"] else "goes on",
            plain(row["place"]),
        )  # fmt: skip
        table.add_row(*map(Text, cells))
    put(table if found else Text("No such event."))
    if found:
        put(Text(f"{counted(len(found), 'event')}. A score says how unusual something is,"
                 " never how guilty somebody is."))  # fmt: skip


def show_vessels(rows: Sequence[dict[str, Any]], most: int) -> None:
    """Print the vessels that stand out as a table."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    table = Table(box=None, pad_edge=False)
    for name in ("score", "MMSI", "name", "type", "flag", "last heard", "why"):
        table.add_column(name, justify="right" if name == "score" else "left", overflow="fold")
    for row in rows[:most]:
        why = row["contributions"][0]["says"] if row["contributions"] else ""
        cells = (
            f"{row['score']:.2f}", str(row["mmsi"]), plain(row["name"] or ""),
            row["ship_type"] or "", row["flag"] or "", _short(row["last_heard"]), plain(why),
        )  # fmt: skip
        table.add_row(*map(Text, cells))
    put(table if rows else Text("No vessel has been heard yet."))
    if len(rows) > most:
        put(Text(f"{counted(len(rows) - most, 'more vessel')}; --json lists all."))


def _short(moment: str) -> str:
    return moment[:16].replace("T", " ")
