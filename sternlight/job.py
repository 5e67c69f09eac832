"""One `sternlight replay`: from paths and options to results, or to one sentence why not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from receiver.sources.logfile import Input, open_inputs
from sternlight.data import load_places
from sternlight.errors import ArchiveFull, DiskFull, is_full
from sternlight.guidance import contacts
from sternlight.reading import Reading
from sternlight.replay import Replay
from sternlight.results import Asked, Results, write
from sternlight.settings import load
from sternlight.summary import Began
from sternlight.text import counted


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for on the command line."""

    paths: tuple[str, ...]
    out: Path
    format_name: str | None = None
    start: float | None = None  # Unix seconds
    places: tuple[str, ...] = ()
    config: Path | None = None
    top_count: int = 10
    watchlists: tuple[str, ...] = ()
    report: bool = False


def run(job: Job) -> Results:
    """Do it.  Raises BadInput, SettingsError, PlacesError and DiskFull."""
    began = Began.now()
    settings = load(job.config)
    settings = replace(settings, watchlists=settings.watchlists.along_with(job.watchlists))
    if job.report and settings.answers.contacts:
        contacts(Path(settings.answers.contacts))  # so that what is wrong is told before the work
    places = load_places(job.places)
    inputs = open_inputs(job.paths) if job.paths else [_embedded()]
    reading = Reading(job.format_name, job.start)
    with (
        _folder(job.out),
        _told(reading, job.out) as written,
        Replay(settings, places, job.out, reading) as replay,
    ):
        replay.read(inputs)
        replay.judge()
        return write(
            replay, Asked(settings, list(job.places), job.top_count, began, job.report), written
        )


def _embedded() -> Input:
    # Here, since most runs have recordings of their own.
    from receiver.sources.simulator import EMBEDDED

    return Input("simulated recording", EMBEDDED.lines())


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make the folder; take it away again if nothing came into it.

    Whatever must be unpacked on the way goes there too: /tmp may be memory.
    """
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(out)
    try:
        yield
    finally:
        tempfile.tempdir = before
        if made and not any(out.iterdir()):
            out.rmdir()


@contextmanager
def _told(reading: Reading, out: Path) -> Iterator[list[str]]:
    """Say what was read and written when the disk is full; the list takes the files written."""
    written: list[str] = []
    try:
        yield written
    except (OSError, ArchiveFull) as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"the disk with {out} is full: {counted(reading.lines, 'line')} had been read and"
            f" {', '.join(written) or 'nothing'} written; make room (a run takes up to 90 bytes"
            " for each report, for a while) or give --out on another disk",
            partial=bool(written),
        ) from error
