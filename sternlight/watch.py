"""The station: one loop that takes what was heard, writes it down, and looks for events.

What the loop does with a batch of lines, in this order: write it to the raw log,
decode what was written, step the station, make the log safe on disk if an event
changed, commit the event.  So there is no event whose lines could be lost.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from receiver.dating import Dating
from receiver.formats import stationlog
from receiver.formats.nmea import Reader
from receiver.formats.stationlog import LogReader
from receiver.swar import PAD
from sternlight.ears import Ears
from sternlight.errors import ArchiveError
from sternlight.feeds import Backlog, Notice, Piece, Receiver
from sternlight.hearing import Turn
from sternlight.jsontext import dumps
from sternlight.keeper import Keeper, Say
from sternlight.live import Live
from sternlight.memory import give_back
from sternlight.nights import Nights
from sternlight.rawlog import NOT_WRITTEN
from sternlight.reckoning import Reckoning
from sternlight.recovery import Opened, commit_record, commit_segment
from sternlight.retention import free_bytes, prune
from sternlight.scribe import Scribe
from sternlight.settings import Settings
from sternlight.station_clock import StationClock
from sternlight.text import counted

MOST_BYTES = 1 << 18  # of lines in one step, so that memory does not grow with what waits
PENDING_BYTES = 1 << 20  # of lines that are not on disk: what comes faster is not held longer
OVERDUE_S = 10.0  # a segment waits so long for the other parts of a message, and no longer
TIDY_S = 60.0  # how often disk space and what is shown are looked at
SNAPSHOT_SHARE = 0.1  # of the raw log written since the last one: more wears the disk
HOUR_S = 3600.0
LONGEST_S = 86_400.0  # between two snapshots: so much must be read again after a crash at most
MB = 1e6


@dataclass(slots=True)
class _Since:
    """What has happened since the last snapshot."""

    moment: float
    written_bytes: int
    snapshot_bytes: int = 0


class Watch:
    """A station that runs."""

    def __init__(
        self,
        opened: Opened,
        live: Live,
        receivers: Sequence[Receiver],
        backlog: Backlog,
        clock: StationClock,
        settings: Settings,
        say: Say,
    ) -> None:
        self.archive, self.log, self.live = opened.archive, opened.log, live
        self.receivers = receivers
        self.backlog = backlog
        self.clock = clock
        self.settings = settings
        self.watch = settings.watch
        self.say = say
        self.keeper = Keeper(opened.archive, live, say)
        self.nights = Nights()
        self.folder: Path = opened.archive.path.parent
        self.reckoning = Reckoning(self.folder, settings.signs, bool(settings.watchlists.files))
        self.synced_t: float | None = None
        self.by_feed = any(r.feed.clock == "feed" for r in receivers)
        self.ears = Ears(receivers, clock.at(clock.mono()), deaf=opened.last is not None)
        self.ears.load(json.loads(self.archive.about("usual") or "{}"))
        self._last = opened.last
        self._reader = LogReader(0)
        self._begun = False
        self._hour: int | None = None  # of the segment; None while a feed has not said the time
        marks = dict(opened.last.marks) if opened.last else {}
        self._scribe = Scribe(receivers, clock, marks, self.by_feed)
        self._waiting: list[Piece] = []  # heard before the clock was sane
        self._since = _Since(clock.mono(), 0)
        self._synced = clock.mono()
        self._tidied = -np.inf

    def run(self, stop: threading.Event, beat: Callable[[], None]) -> None:
        """Listen until `stop` is set or all sources have ended; `beat` is called every step."""
        while not stop.is_set():
            more = self.step()
            beat()
            if self.backlog.lines_count == 0 and all(not r.is_alive() for r in self.receivers):
                if not self.backlog.ready.is_set():
                    break
            elif not more:
                stop.wait(self.watch.batch_s)

    def step(self) -> bool:
        """Take what waits; return whether there is more."""
        said = self.clock.check()
        for sentence in said:
            self.say(sentence)
            self.keeper.states.append((self.now(), "clock", self.clock.state.how, sentence))
        if not self.clock.sane and self._waiting_bytes() > self.backlog.capacity_bytes:
            return False  # more waits in the queue, which drops the oldest
        pieces, notices = self.backlog.take(MOST_BYTES)
        if not self.clock.sane:
            self._wait(pieces, notices)
            return False
        pieces, self._waiting = self._waiting + pieces, []
        if not self._begun:
            self._begin()
        turned = self.ears.hear(pieces, notices, self.clock.at)
        turned += self.ears.check(self.now())
        for one in turned:
            self._tell(one.turn)
        self._take(self._scribe.batch(pieces, turned, said, self.live.latest))
        # Behind the lines of the batch, which move a feed's time on.
        if deaf := self._scribe.deaf(turned, self.live.latest):
            self._take(deaf)
        self._learn()
        self._reckon()
        self._tidy()
        return self.backlog.lines_count > 0

    def close(self) -> None:
        """Stop the sources, take what they still gave, and leave everything in order."""
        self.nights.close()
        self.reckoning.close()
        for receiver in self.receivers:
            receiver.stop()
        for receiver in self.receivers:
            if receiver.is_alive():
                receiver.join(5.0)
        while self.clock.sane and self.step():
            pass
        if self._begun:
            self._sync()
            self.keeper.commit(self.now(), show=True)
            self._end(last=True)
        else:
            if count := sum(piece.lines_count for piece in self._waiting):
                self.say(f"{counted(count, 'line')} heard before the time was known are not kept")
            self.keeper.commit(self.now())
        self.archive.close()

    def _waiting_bytes(self) -> int:
        return sum(len(piece.lines) for piece in self._waiting)

    def _wait(self, pieces: list[Piece], notices: list[Notice]) -> None:
        """Keep lines until it is known when they were heard; base stations among them may say."""
        self._waiting += pieces
        for notice in notices:
            self.backlog.tell(notice)
        ours = {r.number for r in self.receivers if r.feed.clock == "ours"}
        for piece in pieces:
            if piece.source not in ours:
                continue
            buffer = np.frombuffer(piece.lines + bytes(PAD), np.uint8)
            t = np.full(piece.lines_count + 1, self.clock.at(piece.moment))
            self.clock.hear(Reader(0, 0, Dating()).step(buffer, t).clock_offsets_s)

    def _tell(self, turn: Turn) -> None:
        """Say and note that a source changed its state."""
        self.keeper.states.append((turn.t, turn.source, turn.state, turn.why))
        self.say(f"{turn.source}: {turn.state}" + (f", {turn.why}" if turn.why else ""))

    def _take(self, lines: bytes) -> None:
        if lines:
            self.log.add(lines)
            self._judge(lines)
        if self.keeper.urgent:
            self._sync()
            self.keeper.commit(self.now())
        elif self._sync_due():
            self._sync()
        if self._turn_of_hour():
            self._end()
            self._begin()

    def _judge(self, lines: bytes) -> None:
        """Decode what stands in the log, and look for events."""
        decoded = self._reader.step(lines)
        self.clock.hear(decoded.clock_offsets_s.tolist())
        self.keeper.events += self.live.stored(self.live.take(decoded))
        self.keeper.news += self.live.news()
        self.keeper.finished += self.live.finished()
        for beacon in self.live.distress.news(self.live.latest):
            self.keeper.states.append((self.now(), str(beacon["mmsi"]), "distress", beacon["kind"]))
            self.say(
                f"DISTRESS: {beacon['kind']} {beacon['mmsi']} is active at {beacon['lat']},"
                f" {beacon['lon']}; tell the coast guard unless you know that they know"
            )

    def _learn(self) -> None:
        """Write down anchorages that have been learned, from where they are taken in."""
        before = self.nights.why_not
        if learned := self.nights.check(self.live.station, self.live.latest):
            self._take(stationlog.learned(*learned))
        if (why_not := self.nights.why_not) and why_not != before:
            self.say(f"{why_not}; those of before stay in use")

    def _reckon(self) -> None:
        """Keep how all ships stand, when that has been worked out."""
        before = self.reckoning.why_not
        if night := self.reckoning.check(self.keeper.days_count):
            self.keeper.notes.append(partial(self.archive.remember_night, night))
        if (why_not := self.reckoning.why_not) and why_not != before:
            self.say(f"{why_not}; the standings of before stay")

    def _sync(self) -> None:
        was_full = self.log.full
        self.log.sync()
        self.synced_t, self._synced = self.now(), self.clock.mono()
        if self.log.full and not was_full:
            self._tell_full()

    def _sync_due(self) -> bool:
        waited_s = self.clock.mono() - self._synced
        return waited_s >= self.watch.sync_s or self.log.pending_bytes >= PENDING_BYTES

    def _tell_full(self) -> None:
        first = self.log.full_from
        self.live.provenance.add(NOT_WRITTEN, first)
        self.keeper.notes.append(
            partial(self.archive.begin_segment, -1 - first, NOT_WRITTEN, first)
        )
        self.keeper.states.append((self.now(), "raw log", "not written", "the disk is full"))
        self.say(
            f"the disk with {self.folder} is full: what is heard is judged and not kept;"
            " make room, or set keep_days or keep_free_mb"
        )

    def _turn_of_hour(self) -> bool:
        """Tell whether it is time for the next segment."""
        if self.log.full:
            return free_bytes(self.folder) > 2 * self.watch.stop_raw_free_mb * MB
        if self._hour is None:
            self._hour = self._hour_now()
        if self._hour is None:
            return False
        over_s = self._log_t() - (self._hour + 1) * HOUR_S
        return over_s >= 0 and (not self._reader.waits or over_s > OVERDUE_S)

    def _hour_now(self) -> int | None:
        t = self._log_t()
        return int(t // HOUR_S) if np.isfinite(t) else None

    def _log_t(self) -> float:
        """Return the time by which segments are cut: a feed's, not finite before it told one."""
        return self.live.latest if self.by_feed else self.now()

    def now(self) -> float:
        """Return this moment by the station's clock, Unix seconds."""
        return self.clock.at(self.clock.mono())

    def _begin(self) -> None:
        """Begin a segment, with all that its reader must know."""
        self._hour = self._hour_now()
        head = self._scribe.head(*((), np.nan) if self._begun else self._was_off())
        self._begun = True
        first_line = self.log.line
        lateness_s = self.watch.lateness_s if self.by_feed else 0.0
        t = self.now() if self._hour is None else self._hour * HOUR_S
        written = self.log.begin(t, lateness_s, head)
        self.live.provenance.add(self.log.name, first_line)
        if not self.log.full:
            number, name = self.log.number, self.log.name
            self.keeper.notes.append(partial(self.archive.begin_segment, number, name, first_line))
        self._reader = LogReader(first_line)
        self._judge(written)
        self._sync()
        self.keeper.commit(self.now())

    def _was_off(self) -> tuple[list[int], float]:
        """Return the sources that the station has ever had, and since when it was off."""
        if self._last is None:
            return [], np.nan
        numbers = self.archive.read("select number from sources order by number")
        since = self.live.latest if self.by_feed else self._last.last_t
        return [number for (number,) in numbers], since

    def _end(self, last: bool = False) -> None:
        """End the segment; remember everything, unless that was done not long ago."""
        give_back()
        ended = self.log.end()
        written = self.log.written_bytes - self._since.written_bytes
        now = self.clock.mono()
        due = self._since.snapshot_bytes < SNAPSHOT_SHARE * written
        due |= now - self._since.moment > LONGEST_S
        if ended is not None:
            self.keeper.notes.append(partial(self.archive.end_segment, ended))

        def remember() -> None:
            self.archive.say("usual", dumps(self.ears.save()))
            size = commit_segment(self.archive, self.live, self.log, self.settings)
            self._since = _Since(now, self.log.written_bytes, size)

        record = self.live.record()

        def record_and_remember() -> None:
            commit_record(self.archive, record)
            if last or due:
                remember()

        self.keeper.commit(self.now(), also=record_and_remember)

    def _tidy(self) -> None:
        """Now and then: make room, and look which hulls have turned out to be ships."""
        now = self.clock.mono()
        if now - self._tidied < TIDY_S:
            return
        self._tidied = now
        give_back()
        watch = self.watch
        pruned = prune(
            self.folder, self.archive, self.log.name,
            watch.keep_days, (self._hour or 0) * HOUR_S, watch.keep_free_mb * MB,
        )  # fmt: skip
        with suppress(ArchiveError):  # the commit below says why
            for sentence in pruned:
                self.say(sentence)
        if not self.log.full and free_bytes(self.folder) < watch.stop_raw_free_mb * MB:
            self.log.pause()
            self._tell_full()
        self.keeper.commit(self.now(), show=True)
