"""From what a station left on disk back to where it was: after a stop, a crash, a power cut.

The raw log is the truth.  What the station remembered when it began a segment is
in the archive; the segments since are read again, and what comes of them is
compared with the events that are kept already, so that none is lost, told twice or
changed.
"""

from __future__ import annotations

import fcntl
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import sternlight
from anomalies.event import Change
from receiver.formats.stationlog import LogReader, values_of
from sternlight.archive import Archive, Snapshot
from sternlight.errors import ArchiveError, is_full
from sternlight.frames import frames
from sternlight.jsontext import dumps
from sternlight.live import Live, Record
from sternlight.rawlog import RawLog, Segment, measured, mend, segments
from sternlight.settings import Settings
from tracks.places import Places

RAW = "raw"
LOCK = "lock"
DAMAGED = "damaged"  # the folder beside the log for segments that cannot be read
SAVE_LINES = 500_000  # so much is not read twice: the next crash may come before the next hour
AT_ONCE = 500  # events kept in one transaction
DAYS_AT_ONCE = 10  # and days of the ships' record


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
        _name_us(file.fileno())
        yield


def _name_us(file: int) -> None:
    """Write who we are, if there is room: it only serves a message."""
    try:
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
    except OSError as error:
        if not is_full(error):
            raise


@dataclass(slots=True)
class Opened:
    """What a station left on disk, mended and open for writing."""

    archive: Archive
    log: RawLog
    last: Segment | None  # what was written last


def open_folder(folder: Path, say: Callable[[str], None] = lambda _: None) -> Opened:
    """Open what a station left; make the folder if it is not there.  Raises ArchiveError."""
    raw = folder / RAW
    raw.mkdir(parents=True, exist_ok=True)
    last = mended(raw, say)
    archive = Archive.open(folder)
    station = archive.about("station") or (last and station_of(raw / last.name)) or uuid.uuid4().hex
    log = RawLog(raw, station)
    log.resume(last)
    snapshot = archive.snapshot()
    if snapshot:  # lines and segments for which there was no room have their numbers, too
        log.line = max(log.line, snapshot.line)
        log.number = max(log.number, snapshot.segment - 1)
    with archive.transaction():
        archive.say("station", station)
        for path in segments(raw):
            know(archive, path, last)
    return Opened(archive, log, last)


def resume(opened: Opened, settings: Settings, places: Places) -> Live:
    """Bring the station back to where it stopped."""
    archive = opened.archive
    live, first_segment = _remembered(archive, settings, places)
    name_segments(live, archive)
    remembered = live.counts["lines"]
    settle(archive, live, catch_up(live, opened.log.folder, first_segment), first_segment == 0)
    if live.counts["lines"] - remembered > SAVE_LINES:
        with archive.transaction():
            commit_segment(archive, live, opened.log, settings)
    return live


def look(archive: Archive, folder: Path, settings: Settings, places: Places) -> Live:
    """Return a station as far as it has been made safe on disk; nothing is written."""
    live, first_segment = _remembered(archive, settings, places)
    name_segments(live, archive)
    for _ in catch_up(live, folder / RAW, first_segment):
        pass
    return live


def _remembered(archive: Archive, settings: Settings, places: Places) -> tuple[Live, int]:
    """Return a station as of the snapshot, and the first segment that is not in it.

    What another release remembered is not trusted: the raw log is read again.
    """
    live, snapshot = Live(settings, places), archive.snapshot()
    if snapshot is None or archive.about("release") != sternlight.__version__:
        return live, 0
    try:
        live.load(snapshot.data)
    except ValueError:
        return Live(settings, places), 0  # another, since half of it may have been taken over
    return live, snapshot.segment


def catch_up(live: Live, raw: Path, first_segment: int) -> Iterator[Change]:
    """Read the segments from a number on; yield what changes in the events."""
    for path in segments(raw):
        if number(path) >= first_segment:
            yield from read_segment(live, path)


def read_segment(live: Live, path: Path) -> Iterator[Change]:
    """Read one segment; yield what changes in the events."""
    reader: LogReader | None = None
    for piece in _pieces(path):
        if reader is None:
            reader = LogReader(_first_line(piece))
        yield from live.take(reader.step(piece))


def settle(archive: Archive, live: Live, changes: Iterable[Change], anew: bool) -> set[str]:
    """Keep what `changes` came to, where the archive does not have it already; return all ids.

    `anew` says that the whole log is read again, so that the ships' record of that time is
    written again, too.

    Of events that go on only those are new that the archive does not have: when an
    open event is told again depends on how the log was cut into pieces.
    """
    over: list[Change] = []
    ids: set[str] = set()
    for change in changes:
        ids.add(change.event.id)
        if change.what in ("closed", "withdrawn"):
            over.append(change)
        if len(over) >= AT_ONCE or live.finished_count >= DAYS_AT_ONCE:
            anew = _keep(archive, live, over, anew)
            over = []
    _keep(archive, live, over, anew)
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
        archive.decide(live.news(), live.latest)
        commit_record(archive, live.record())
        archive.show(live.established)
    return ids


def _keep(archive: Archive, live: Live, changes: Sequence[Change], anew: bool = False) -> bool:
    """Keep those events that the archive does not have, or has with other words.

    Returns whether what the ships' record says of the time read is still that of before.
    """
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
    finished = live.finished()
    with archive.transaction():
        archive.keep(different, live.latest, live.station.as_of)
        if anew and finished:
            archive.forget(live.first)
        archive.remember(finished)
    return anew and not finished


def commit_segment(archive: Archive, live: Live, log: RawLog, settings: Settings) -> int:
    """Keep, inside a transaction, what is remembered before the next segment.

    Returns how many bytes that takes.
    """
    archive.say("release", sternlight.__version__)
    archive.say("settings", dumps(settings.of_results()))
    data = live.save()
    archive.save(Snapshot(log.number + 1, log.line, live.station.as_of, data))
    return len(data)


def commit_record(archive: Archive, record: Record) -> None:
    """Keep, inside a transaction, what the ships' record says that is not finished."""
    archive.remember([record.so_far])
    archive.remember_hulls(record.fleet)


def number(path: Path) -> int:
    """Return the number of a segment's file; 0 if its name has none."""
    with suppress(ValueError):
        return int(path.name.partition("_")[0])
    return 0


def mended(raw: Path, say: Callable[[str], None] = lambda _: None) -> Segment | None:
    """Return the last segment, mended; files that cannot be read are put aside.

    Where nothing was heard in it, its `last_t` is that of the segments before.
    """
    paths = segments(raw)
    while paths:
        path = paths.pop()
        try:
            last = mend(path)
            while np.isnan(last.last_t) and paths:
                last = replace(last, last_t=_last_t(paths.pop()))
            return last
        except ValueError:
            if not path.stat().st_size:  # a crash before anything was written
                path.unlink()
                continue
            aside = raw.parent / DAMAGED
            aside.mkdir(exist_ok=True)
            say(f"the beginning of {path} cannot be read; it is put aside into {aside}")
            path.rename(aside / path.name)
    return None


def _last_t(path: Path) -> float:
    try:
        return measured(path).segment.last_t
    except ValueError:
        return float("nan")


def know(archive: Archive, path: Path, last: Segment | None) -> None:
    """Take note of a segment that was mended, or that the archive does not know."""
    if last and last.name == path.name:
        archive.end_segment(last)  # known or not: it may have been mended since
    else:
        known = archive.read("select lines from segments where number = ?", number(path))
        if known and known[0][0] is not None:
            return
        with suppress(ValueError):  # nothing of it can be read, and nothing is lost by that
            archive.end_segment(measured(path).segment)
    for line in re.findall(rb"^# source=\d\d name=.*$", _beginning(path), re.M):
        said = values_of(line)
        archive.name_source(int(said["source"]), said["name"])


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
    return _beginning(path).split(b"\n", 2)[1]


def _beginning(path: Path) -> bytes:
    return next((content for _, content in frames(path)), b"")


def _first_line(piece: bytes) -> int:
    return int(values_of(piece.split(b"\n", 2)[1])["first_line"])


def _pieces(path: Path, size_bytes: int = 4 << 20) -> Iterator[bytes]:
    """Yield a segment's content in pieces of whole lines."""
    waiting: list[bytes] = []
    waiting_bytes = 0
    for _, content in frames(path):
        waiting.append(content)
        waiting_bytes += len(content)
        if waiting_bytes >= size_bytes:
            yield b"".join(waiting)
            waiting, waiting_bytes = [], 0
    if waiting:
        yield b"".join(waiting)
