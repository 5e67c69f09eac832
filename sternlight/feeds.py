"""Live sources, each in a thread of its own, and the queue in which their lines wait.

A source that is lost is opened again, later and later, at moments that differ
from station to station; one that says nothing for too long is closed first.
"""

from __future__ import annotations

import math
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NamedTuple, cast

from receiver.sources.address import Feed
from receiver.sources.base import POLL_S, Source, SourceLost
from sternlight.text import duration

LINE_MAX = 1 << 16  # bytes; whoever sends longer ones sends no AIS
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
HEARD_WAIT_S = 15.0  # the longest for one that gave lines: what flaps is heard most of the time
AHEAD_BYTES = 1 << 20  # so far a file is read ahead of what is worked on
# A source that gives little at a time is asked again only after so long: every line that
# comes alone costs as much as ten that come together.
GATHER_S, LITTLE_BYTES = 0.2, 4096
KINDS_MAX = 20  # of errors that are counted apart
CALM_S = 60.0  # a source that was heard for so long is tried again at once when it is lost


class Piece(NamedTuple):
    """Whole lines that came at one moment, each with its newline."""

    source: int
    moment: float  # monotonic seconds
    lines: bytes
    lines_count: int
    mark: str  # from where to go on behind them, where a source can tell


class Notice(NamedTuple):
    """What a source has to say besides lines."""

    source: int
    moment: float  # monotonic seconds
    what: Literal["lost", "ended"]
    why: str


@dataclass(slots=True)
class Account:
    """What went wrong with one feed."""

    reconnects_count: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def count(self, why: str) -> None:
        """Count an error by its kind."""
        known = why in self.errors or len(self.errors) < KINDS_MAX
        self.errors[why if known else "others"] += 1


class Backlog:
    """The queue between all feeds and the station; full, it drops the oldest and counts it."""

    def __init__(self, capacity_bytes: int, now: Callable[[], float]) -> None:
        self.capacity_bytes = capacity_bytes
        self.size_bytes = 0
        self.lines_count = 0
        self.dropped: Counter[int] = Counter()  # lines by source, since the beginning
        self.ready = threading.Event()
        self._now = now
        self._pieces: deque[Piece] = deque()
        self._notices: list[Notice] = []
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)

    def put(self, source: int, lines: bytes, mark: str = "") -> float:
        """Take whole lines that came just now; return this moment, in monotonic seconds."""
        count = lines.count(b"\n")
        with self._lock:
            moment = self._now()  # under the lock, so that pieces stand in order of time
            self._pieces.append(Piece(source, moment, lines, count, mark))
            self.size_bytes += len(lines)
            self.lines_count += count
            while self.size_bytes > self.capacity_bytes and len(self._pieces) > 1:
                oldest = self._pieces.popleft()
                self.size_bytes -= len(oldest.lines)
                self.lines_count -= oldest.lines_count
                self.dropped[oldest.source] += oldest.lines_count
        self.ready.set()
        return moment

    def wait_for_room(self, at_most_s: float) -> bool:
        """Wait until hardly anything is in the queue; return whether that is so."""
        with self._room:
            ahead = min(AHEAD_BYTES, self.capacity_bytes / 2)
            return self._room.wait_for(lambda: self.size_bytes <= ahead, at_most_s)

    def tell(self, notice: Notice) -> None:
        """Take a notice."""
        with self._lock:
            self._notices.append(notice)
        self.ready.set()

    def take(self, most_bytes: int) -> tuple[list[Piece], list[Notice]]:
        """Return what waits, oldest first and no more than about `most_bytes`.

        Notices come with the lines that came before them.
        """
        pieces: list[Piece] = []
        size = 0
        with self._lock:
            while self._pieces and (not pieces or size + len(self._pieces[0].lines) <= most_bytes):
                piece = self._pieces.popleft()
                size += len(piece.lines)
                self.lines_count -= piece.lines_count
                pieces.append(piece)
            self.size_bytes -= size
            until = self._pieces[0].moment if self._pieces else math.inf
            notices = [n for n in self._notices if n.moment <= until]
            self._notices = [n for n in self._notices if n.moment > until]
            self.ready.clear()
            if self._pieces:
                self.ready.set()
            self._room.notify_all()
        return pieces, notices


class Receiver(threading.Thread):
    """Keeps one feed open and puts its lines into the backlog, until it is stopped.

    `mark` is the last of its lines' in the log, from where it goes on if it can.
    """

    def __init__(
        self,
        number: int,
        feed: Feed,
        backlog: Backlog,
        now: Callable[[], float],
        mark: str = "",
    ) -> None:
        super().__init__(name=f"feed {feed.name}", daemon=True)
        self.number = number
        self.feed = feed
        self.account = Account()
        self.format = feed.source.format  # of the lines; which program is found decides it
        self._backlog = backlog
        self._now = now
        self._stop_asked = threading.Event()
        self._rest = b""
        self._skipping = False  # the rest of a line that is too long
        self._mark = mark
        self._patient = getattr(feed.source, "patient", False)
        self._last = -math.inf  # when it was heard last

    def stop(self) -> None:
        """Ask it to end; it does within about POLL_S."""
        self._stop_asked.set()

    def run(self) -> None:
        """Open the source again and again."""
        wait_s = FIRST_WAIT_S
        while not self._stop_asked.is_set():
            opened = self._now()
            try:
                self._listen(opened)
                if not self._stop_asked.is_set():
                    self._tell("ended", "its input has ended")
                return
            except SourceLost as error:
                self._lose(str(error))
            except Exception as error:  # a defect in one source must not silence the others
                self._lose(f"the source failed: {type(error).__name__}: {error}")
            if self._last - opened > CALM_S:
                wait_s = FIRST_WAIT_S
            elif self._last > opened:
                wait_s = min(wait_s, HEARD_WAIT_S)
            self._stop_asked.wait(wait_s * random.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            self.account.reconnects_count += 1

    def _listen(self, opened: float) -> None:
        self._rest, self._skipping = b"", False
        source = resumed(self.feed.source, self._mark)
        self.format = source.format
        with closing(cast("Generator[bytes, None, None]", source.blocks())) as blocks:
            for block in blocks:
                if self._stop_asked.is_set():
                    break
                self._hear(block)
                if 0 < len(block) < LITTLE_BYTES and not self._patient:
                    self._stop_asked.wait(GATHER_S)
                if self._now() - max(opened, self._last) > self.feed.silence_s:
                    raise SourceLost(
                        f"nothing was heard for {duration(self.feed.silence_s)}; it is opened anew"
                    )
        if self._rest:
            self._put(self._rest + b"\n")

    def _hear(self, block: bytes) -> None:
        """Put the whole lines of a block into the backlog; keep the rest."""
        mark = getattr(block, "mark", "")
        if self._skipping:
            _, newline, block = block.partition(b"\n")
            self._skipping = not newline
        whole, newline, self._rest = (self._rest + block).rpartition(b"\n")
        if len(self._rest) > LINE_MAX:
            self.account.count("line too long")
            self._rest, self._skipping = b"", True
        lines = whole + newline
        if len(lines) > LINE_MAX:
            lines = self._short(lines)
        if lines:
            self._put(lines, mark)

    def _short(self, lines: bytes) -> bytes:
        """Leave out lines that are too long."""
        found = lines[:-1].split(b"\n")
        kept = [line + b"\n" for line in found if len(line) < LINE_MAX]
        for _ in range(len(found) - len(kept)):
            self.account.count("line too long")
        return b"".join(kept)

    def _put(self, lines: bytes, mark: str = "") -> None:
        while self._patient and not self._stop_asked.is_set():
            if self._backlog.wait_for_room(POLL_S):
                break
        self._mark = mark or self._mark
        self._last = self._backlog.put(self.number, lines, mark)

    def _lose(self, why: str) -> None:
        self.account.count(why)
        self._tell("lost", why)

    def _tell(self, what: Literal["lost", "ended"], why: str) -> None:
        self._backlog.tell(Notice(self.number, self._now(), what, why))


def resumed(source: Source, mark: str) -> Source:
    """Return a source that goes on behind `mark`, if it is of a kind that can."""
    if not mark or all(f.name != "resume" for f in fields(cast(Any, source))):
        return source
    return cast(Source, replace(cast(Any, source), resume=mark))
