"""How long raw log is kept: by age and by free disk, the oldest goes first; events never go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sternlight.archive import Archive
from sternlight.rawlog import segments
from sternlight.recovery import RAW, number
from sternlight.text import counted

DAY_S = 86_400.0


def free_bytes(folder: Path) -> int:
    """Return how much room is left on the disk with a folder."""
    return shutil.disk_usage(folder).free


def hour_of(path: Path) -> float:
    """Return the Unix time in a segment's name; infinity if it has none."""
    try:
        hour = datetime.strptime(path.name.partition("_")[2][:11], "%Y%m%dT%H")
    except ValueError:
        return float("inf")
    return hour.replace(tzinfo=UTC).timestamp()


def prune(
    folder: Path, archive: Archive, current: str, keep_days: float, now: float, keep_free: float
) -> Iterator[str]:
    """Delete segments that are too old, or in the way; yield a sentence if any were.

    `keep_days` 0 keeps them as long as there is room.  `current` is being written
    and stays, and so do those that the station would have to read again.
    """
    snapshot = archive.snapshot_segment()
    deleted, free = [], free_bytes(folder)
    for path in segments(folder / RAW):
        if path.name == current or number(path) >= snapshot:
            break
        old = keep_days > 0 and now - hour_of(path) > keep_days * DAY_S
        if not old and free >= keep_free:
            continue  # others behind it may be older, if it was named by a wrong clock
        path.unlink()
        free = free_bytes(folder)
        deleted.append(number(path))
    if deleted:
        with archive.transaction():
            archive.prune(deleted)
        yield (
            f"{counted(len(deleted), 'segment')} of the raw log deleted to make room, the oldest"
            " first; the events found in them are kept"
        )
