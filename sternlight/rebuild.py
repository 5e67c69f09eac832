"""`sternlight rebuild`: the archive made again from the raw log, which is the truth.

For an archive that is damaged or lost, and after settings were changed.  Events
older than the raw log that is left are taken over from the old archive, as far
as it can be read; so is the journal of what was told.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sternlight.archive import Archive
from sternlight.errors import ArchiveError
from sternlight.live import Live
from sternlight.rawlog import RawLog, segments
from sternlight.recovery import (
    RAW,
    catch_up,
    commit_segment,
    know,
    locked,
    mended,
    name_segments,
    settle,
    station_of,
)
from sternlight.settings import Settings
from sternlight.sqlite import ARCHIVE
from tracks.places import Places

NEW, OLD = "archive.new.sqlite3", "archive.old.sqlite3"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was done."""

    segments_count: int
    lines_count: int
    events_count: int
    withdrawn_count: int  # events of the old archive that are none any more
    old: Path | None  # where the old archive has been kept


def rebuild(folder: Path, settings: Settings, places: Places) -> Rebuilt:
    """Make the archive again.  Raises ArchiveError if there is no raw log, or a station runs."""
    if not (folder / RAW).is_dir() or not segments(folder / RAW):
        raise ArchiveError(f"there is no raw log in {folder / RAW}, from which to rebuild")
    with locked(folder):
        _remove(folder / NEW)
        last = mended(folder / RAW)
        if last is None:
            raise ArchiveError(f"nothing of the raw log in {folder / RAW} can be read")
        with Archive.open(folder, NEW) as archive:
            live = Live(settings, places)
            with archive.transaction():
                old = folder / ARCHIVE
                if old.exists():
                    archive.salvage(old)
                archive.say("station", station_of(folder / RAW / last.name))
                for path in segments(folder / RAW):
                    know(archive, path, last)
            name_segments(live, archive)
            ids = settle(archive, live, catch_up(live, folder / RAW, 0), anew=True)
            log = RawLog(folder / RAW, "")
            log.resume(last)
            with archive.transaction():
                now, as_of = live.latest, live.station.as_of
                withdrawn = archive.withdraw(live.first, ids, now, as_of)
                commit_segment(archive, live, log, settings)
            events = archive.events_count().total()
        kept = _replace(folder)
        return Rebuilt(len(segments(folder / RAW)), log.line, events, withdrawn, kept)


def _replace(folder: Path) -> Path | None:
    """Put the new archive in the place of the old, which is kept under another name."""
    kept = None
    if (folder / ARCHIVE).exists():
        _remove(folder / OLD)
        kept = (folder / ARCHIVE).rename(folder / OLD)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            (folder / f"{ARCHIVE}{ending}").unlink()
    (folder / NEW).rename(folder / ARCHIVE)
    return kept


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()
