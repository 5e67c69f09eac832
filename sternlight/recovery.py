"""From what a station left on disk back to where it was: after a stop, a crash, a power cut.

The raw log is the truth.  What the station remembered when it began a segment is
in the archive; the segments since are read again, and what comes of them is
compared with the events that are kept already, so that none is lost, told twice or
changed.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sternlight
from anomalies.event import Change
from receiver.formats.stationlog import LogReader, values_of
from sternlight.archive import Archive, Snapshot
from sternlight.errors import ArchiveError
from sternlight.jsontext import dumps
from sternlight.live import Live
from sternlight.rawlog import RawLog, Segment, frames, mend, segments
from sternlight.settings import Settings
from tracks.places import Places

RAW = "raw"
LOCK = "lock"
AT_ONCE = 500  # events kept in one transaction


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a second station out of the folder.  Raises ArchiveError if one is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise ArchiveError(
                f"another station (process {file.read().strip() or 'unknown'}) is running on"
                f" {folder}; stop it, or give this one another folder with --data"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@dataclass(slots=True)
class Opened:
    """What a station left on disk, mended and open for writing."""

    archive: Archive
    log: RawLog
    last: Segment | None  # what was written last


def open_folder(folder: Path) -> Opened:
    """Open what a station left; make the folder if it is not there.  Raises ArchiveError."""
    raw = folder / RAW
    raw.mkdir(parents=True, exist_ok=True)
    last = mended(raw)
    archive = Archive.open(folder)
    station = archive.about("station") or (last and station_of(raw / last.name)) or uuid.uuid4().hex
    log = RawLog(raw, station)
    log.resume(last)
    snapshot = archive.snapshot()
    # Lines for which there was no room have their numbers, too.
    log.line = max(log.line, snapshot.line if snapshot else 0)
    with archive.transaction():
        archive.say("station", station)
        for path in segments(raw):
            know(archive, path, last)
    return Opened(archive, log, last)


def resume(opened: Opened, settings: Settings, places: Places) -> Live:
    """Bring the station back to where it stopped."""
    archive = opened.archive
    live = Live(settings, places)
    name_segments(live, archive)
    settle(archive, live, catch_up(live, opened.log.folder, _remembered(live, archive)))
    return live


def look(archive: Archive, folder: Path, settings: Settings, places: Places) -> Live:
    """Return a station as far as it has been made safe on disk; nothing is written."""
    live = Live(settings, places)
    name_segments(live, archive)
    for _ in catch_up(live, folder / RAW, _remembered(live, archive)):
        pass
    return live


def _remembered(live: Live, archive: Archive) -> int:
    """Take over the snapshot, if there is one; return the first segment that is not in it.

    What another release remembered is not trusted: the raw log is read again.
    """
    snapshot = archive.snapshot()
    if snapshot is None or archive.about("release") != sternlight.__version__:
        return 0
    try:
        live.load(snapshot.data)
    except ValueError:
        return 0
    return snapshot.segment


def catch_up(live: Live, raw: Path, first_segment: int) -> Iterator[Change]:
    """Read the segments from a number on; yield what changes in the events."""
    for path in segments(raw):
        if number(path) < first_segment:
            continue
        reader: LogReader | None = None
        for piece in _pieces(path):
            if reader is None:
                reader = LogReader(_first_line(piece))
            yield from live.take(reader.step(piece))


def settle(archive: Archive, live: Live, changes: Iterable[Change]) -> set[str]:
    """Keep what `changes` came to, where the archive does not have it already; return all ids.

    Of events that go on only those are new that the archive does not have: when an
    open event is told again depends on how the log was cut into pieces.
    """
    over: list[Change] = []
    ids: set[str] = set()
    for change in changes:
        ids.add(change.event.id)
        if change.what in ("closed", "withdrawn"):
            over.append(change)
        if len(over) >= AT_ONCE:
            _keep(archive, live, over)
            over = []
    _keep(archive, live, over)
    going_on = live.station.going_on
    open_before = archive.stored(going_on)
    _keep(
        archive,
        live,
        [
            Change("opened", event)
            for name, event in going_on.items()
            if open_before.get(name, ("none",))[0] != "open"
        ],
    )
    with archive.transaction():
        archive.show(live.established)
    return ids


def _keep(archive: Archive, live: Live, changes: Sequence[Change]) -> None:
    """Keep those events that the archive does not have, or has with other words."""
    last = {change.event.id: change for change in changes}
    kept = archive.stored(last)
    different = []
    for one in live.stored(last.values()):
        state = "withdrawn" if one.what == "withdrawn" else one.row["state"]
        before = kept.get(one.event.id)
        if before is None:
            if state != "withdrawn":
                different.append(one)
        elif before != (state, dumps(one.row)):
            different.append(one)
    with archive.transaction():
        archive.keep(different, live.latest, live.station.as_of)


def commit_segment(
    archive: Archive, live: Live, log: RawLog, settings: Settings, ended: Segment | None
) -> int:
    """Keep, inside a transaction, that one segment ended and what is remembered before the next.

    Returns how many bytes that takes.
    """
    if ended is not None:
        archive.end_segment(ended)
    archive.say("release", sternlight.__version__)
    archive.say("settings", dumps(settings.of_results()))
    data = live.save()
    archive.save(Snapshot(log.number + 1, log.line, live.station.as_of, data))
    return len(data)


def number(path: Path) -> int:
    """Return the number of a segment's file; 0 if its name has none."""
    with suppress(ValueError):
        return int(path.name.partition("_")[0])
    return 0


def mended(raw: Path) -> Segment | None:
    """Return the last segment, mended; files of which nothing is left are taken away."""
    for path in reversed(segments(raw)):
        try:
            return mend(path)
        except ValueError:
            if path.stat().st_size > 1 << 20:
                raise ArchiveError(
                    f"{path} cannot be read, though it is large; move it elsewhere and keep it"
                ) from None
            path.unlink()
    return None


def know(archive: Archive, path: Path, last: Segment | None) -> None:
    """Take note of a segment that the archive does not know, as after a crash."""
    known = archive.read("select lines from segments where number = ?", number(path))
    if known and known[0][0] is not None:
        return
    archive.end_segment(last if last and last.name == path.name else mend(path))


def name_segments(live: Live, archive: Archive) -> None:
    """Tell the station under which names the lines of its log are found."""
    for name, first_line in archive.read(
        "select name, first_line from segments order by first_line, number"
    ):
        live.provenance.add(name, first_line)


def station_of(path: Path) -> str:
    """Return the identity of the station that wrote a segment."""
    return values_of(_head(path)).get("station", "")


def _head(path: Path) -> bytes:
    """Return the line of a segment that says which it is."""
    _, content = next(frames(path))
    return content.split(b"\n", 2)[1]


def _first_line(piece: bytes) -> int:
    return int(values_of(piece.split(b"\n", 2)[1])["first_line"])


def _pieces(path: Path, size_bytes: int = 4 << 20) -> Iterator[bytes]:
    """Yield a segment's content in pieces of whole lines."""
    waiting: list[bytes] = []
    for _, content in frames(path):
        waiting.append(content)
        if sum(map(len, waiting)) >= size_bytes:
            yield b"".join(waiting)
            waiting = []
    if waiting:
        yield b"".join(waiting)
