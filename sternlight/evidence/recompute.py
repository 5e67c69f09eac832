"""The events of a bundle, computed again from what stands in it and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from anomalies.event import Change
from receiver.decoded import Decoded
from receiver.formats.stationlog import LogReader
from receiver.sources.logfile import open_inputs
from sternlight.data import NO_PLACES, load_places
from sternlight.errors import BundleError
from sternlight.evidence.lines import Lines, for_few_lines
from sternlight.evidence.manifest import (
    LISTS,
    PLACES,
    RAW,
    STATE,
    ListFile,
    Manifest,
    kept_at,
    raw_paths,
)
from sternlight.evidence.sums import digest
from sternlight.evidence.zips import file_pieces
from sternlight.judging import judge
from sternlight.live import Live
from sternlight.provenance import Provenance
from sternlight.reading import Reading
from sternlight.recovery import read_segment
from sternlight.replay import Replay
from sternlight.results import rows_of_events
from sternlight.settings import Settings, Watchlists, check
from sternlight.station import Station
from tracks.batch import PositionBatch, StaticBatch
from tracks.places import Places

Rows = dict[str, dict[str, Any]]  # of events.jsonl, by id
MOST_STATE_BYTES = 1 << 28  # ours: of 150 ships it has 1.4 MB
OF_BUDGET = ("usual_per_week", "alert", "held_back")  # depend on all events of a recording


@dataclass(frozen=True, slots=True)
class Means:
    """What a verifier has besides the bundle.

    Watch lists, the fingerprint of the key that must have signed, and root certificates (PEM) of
    time-stamping authorities.
    """

    watchlists: tuple[str, ...] = ()
    key: str = ""
    roots: bytes = b""


def recompute(folder: Path, manifest: Manifest, means: Means) -> Rows:
    """Return the rows of the bundle's events that come out again, by id.

    `folder` is that of the unpacked bundle.  Raises BundleError, BadInput, SettingsError and
    PlacesError where it cannot be computed at all.
    """
    settings = settings_of(folder, manifest, means)
    places = places_of(folder, manifest)
    if manifest.origin == "recording":
        return _of_recording(folder, manifest, settings, places)
    if manifest.lines_only:
        return _of_lines(folder, manifest, settings, places)
    return _of_station(folder, manifest, settings, places)


def _of_station(folder: Path, manifest: Manifest, settings: Settings, places: Places) -> Rows:
    live = Live(settings, places)
    if manifest.state_before:
        try:
            live.load(_state(folder / STATE))
        except (ValueError, MemoryError) as error:
            raise BundleError(
                f"what the station knew before cannot be used here ({error}); it was written by"
                f" Sternlight {manifest.release}: install that one and try again"
            ) from error
    for segment in manifest.segments:
        live.provenance.add(segment.name, segment.first_line)
    wanted, rows = set(manifest.events), Rows()
    for path in (folder / RAW / segment.name for segment in manifest.segments):
        rows |= closed_in(live, path, wanted)
    return rows | still_open(live, wanted - rows.keys())


def _state(path: Path) -> bytes:
    """Read a state.  Raises ValueError for one that would fill the memory."""
    import zstandard

    data, size = path.read_bytes(), 0
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as content:
            while piece := content.read(1 << 20):
                size += len(piece)
                if size > MOST_STATE_BYTES:
                    raise ValueError(f"it holds more than {MOST_STATE_BYTES:,} bytes")
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    return data


def _of_lines(folder: Path, manifest: Manifest, settings: Settings, places: Places) -> Rows:
    """Return events as their lines alone show them.

    What a station does about clocks that jump would take a few lines of one ship for a wrong
    clock, so that is left out.
    """
    station, lines = Station(for_few_lines(settings), places, decides=False), Lines.read(folder)
    provenance, heard = Provenance(), list[Decoded]()
    for segment in manifest.segments:
        provenance.add(segment.name, segment.first_line)
        heard.append(LogReader(segment.first_line).step(lines.content(segment, manifest)))
    positions = PositionBatch.concat([one.positions for one in heard])
    statics = StaticBatch.concat([one.statics for one in heard])
    changes = station.step(positions, statics, manifest.as_of).changes + station.preview()
    wanted = {one.event.id: one.event for one in changes
              if one.event.id in manifest.events and one.what != "withdrawn"}  # fmt: skip
    return {one.event.id: one.row(provenance) for one in judge(list(wanted.values()), station)}


def closed_in(live: Live, path: Path, wanted: Collection[str]) -> Rows:
    """Let a station read a segment; return those of the wanted events that end in it."""
    return _closed(live, read_segment(live, path), wanted)


def _closed(live: Live, changes: Iterable[Change], wanted: Collection[str]) -> Rows:
    over = [one for one in changes if one.what == "closed" and one.event.id in wanted]
    live.finished(), live.news()  # else they pile up
    return {one.event.id: one.row for one in live.stored(over)}


def still_open(live: Live, wanted: Collection[str]) -> Rows:
    """Return those of the wanted events that go on, as they stand."""
    going_on = [event for name, event in live.unfinished().items() if name in wanted]
    return {one.event.id: one.row(live.provenance) for one in judge(going_on, live.station)}


def _of_recording(folder: Path, manifest: Manifest, settings: Settings, places: Places) -> Rows:
    start = datetime.fromisoformat(manifest.start).timestamp() if manifest.start else None
    reading = Reading(manifest.format or None, start)
    paths = raw_paths(folder, manifest)
    wanted = set(manifest.events)
    with (
        tempfile.TemporaryDirectory(prefix="sternlight-") as room,
        Replay(settings, places, Path(room), reading) as replay,
    ):
        replay.read(open_inputs(paths))
        replay.judge()
        return {row["id"]: row for row in rows_of_events(replay) if row["id"] in wanted}


def settings_of(folder: Path, manifest: Manifest, means: Means) -> Settings:
    """Return the settings with which the events were computed.  Raises SettingsError."""
    settings = check(manifest.settings, "the settings in the bundle")
    paths: dict[str, list[str]] = {"files": [], "authorised": []}
    for number, one in enumerate(manifest.lists, 1):
        if (path := _list_of(folder, number, one, means)) and one.part in paths:
            paths[one.part].append(path)
    lists = Watchlists(tuple(paths["files"]), tuple(paths["authorised"]))
    return replace(settings, watchlists=lists)


def lists_missing(folder: Path, manifest: Manifest, means: Means) -> Iterator[ListFile]:
    """Yield the watch lists that were used and that are not here."""
    for number, one in enumerate(manifest.lists, 1):
        if not _list_of(folder, number, one, means):
            yield one


def _list_of(folder: Path, number: int, one: ListFile, means: Means) -> str:
    if one.included:
        return str(folder / kept_at(LISTS, number, one.name))
    for path in map(Path, means.watchlists):
        if path.is_file() and digest(file_pieces(path)) == one.sha256:
            return str(path)
    return ""


def places_of(folder: Path, manifest: Manifest) -> Places:
    """Return the places with which the events were computed.  Raises PlacesError."""
    if manifest.no_places:
        return load_places([NO_PLACES])
    own = enumerate(manifest.places, 1)
    return load_places([str(folder / kept_at(PLACES, number, name)) for number, name in own])
