"""Stations in tests: the daemon's own parts, with time and sources in the test's hand."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from receiver.sources.address import Feed, parse
from sternlight.feeds import Backlog, Receiver
from sternlight.job import Job, run
from sternlight.listing import Listing, Wanted
from sternlight.recovery import open_folder, resume
from sternlight.settings import Settings
from sternlight.settings import Watch as WatchSettings
from sternlight.station_clock import StationClock
from sternlight.watch import Watch
from tracks.places import Places

BEGAN = 1_795_300_000.0  # 2026-11-21, in the simulated wall clock
FEED = "file:///no/such/file?clock=feed&name=shore"


@dataclass
class Moments:
    """A monotonic clock and a wall clock that only move when told."""

    mono: float = 1000.0
    ahead: float = BEGAN - 1000.0

    def wall(self) -> float:
        return self.mono + self.ahead


@dataclass
class Post:
    """A station in `folder` whose sources are given lines by the test."""

    folder: Path
    feeds: Sequence[Feed] = field(default_factory=lambda: [parse(FEED)])
    settings: Settings = field(default_factory=Settings)
    moments: Moments = field(default_factory=Moments)
    said: list[str] = field(default_factory=list)
    queue_bytes: int = 32 << 20
    places: Places = field(default_factory=Places.none)

    def start(self) -> Watch:
        """Start it as the daemon does, but for the threads of the sources."""
        self.folder.mkdir(exist_ok=True)
        now = lambda: self.moments.mono  # noqa: E731
        opened = open_folder(self.folder)
        self.backlog = Backlog(self.queue_bytes, now)
        receivers = []
        for feed in self.feeds:
            with opened.archive.transaction():
                number = opened.archive.number(feed.name)
            receivers.append(Receiver(number, feed, self.backlog, now))
        last_t = opened.last.last_t if opened.last else 0.0
        clock = StationClock(
            last_t if last_t > 0 else 0.0,
            wall=self.moments.wall,
            mono=now,
            synchronised=lambda: True,
            blind=lambda: False,
        )
        live = resume(opened, self.settings, self.places)
        self.marks = dict(opened.last.marks) if opened.last else {}
        self.watch = Watch(opened, live, receivers, self.backlog, clock, self.settings, self.say)
        return self.watch

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def hear(self, lines: bytes, number: int = 1, mark: str = "", wait_s: float = 1.0) -> None:
        """Let lines come from a source, and the station take them."""
        self.moments.mono += wait_s
        if lines:
            self.backlog.put(number, lines, mark)
        while self.watch.step():
            pass

    def kill(self) -> None:
        """Leave it as a kill would: what is in memory is gone."""
        self.watch.archive.close()
        self.watch.log.abandon()

    def rows(self) -> list[str]:
        """Return the events as the archive tells them."""
        return kept_rows(self.folder)


def kept_rows(folder: Path, settings: Settings | None = None) -> list[str]:
    """Return the events of a station, as rows of events.jsonl."""
    return Listing(folder, settings or Settings(), Places.none()).events(Wanted())


def replayed_rows(folder: Path, out: Path, settings: Path | None = None) -> list[str]:
    """Return the events that a replay of the station's raw log finds."""
    shutil.rmtree(out, ignore_errors=True)
    run(Job((str(folder / "raw"),), out, places=("none",), config=settings))
    return (out / "events.jsonl").read_text("utf-8").splitlines()


def with_watch(**changes: Any) -> Settings:
    """Return settings with other values in the part `watch`."""
    return replace(Settings(), watch=replace(WatchSettings(), **changes))
