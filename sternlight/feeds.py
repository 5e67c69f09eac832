"""Live sources, each in a thread of its own, and the queue in which their lines wait.

A source that is lost is opened again, later and later, at moments that differ
from station to station; one that says nothing for too long is closed first.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, cast

from receiver.sources.address import Feed
from receiver.sources.base import SourceLost

LINE_MAX = 1 << 16  # bytes; whoever sends longer ones sends no AIS
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
KINDS_MAX = 20  # of errors that are counted apart
CALM_S = 60.0  # a source that was heard for so long is tried again at once when it is lost

State = Literal["opening", "hearing", "silent", "lost", "ended"]


class _Silent(SourceLost):
    """It is open, and says nothing."""


class Piece(NamedTuple):
    """Whole lines that came at one moment, each with its newline."""

    source: int
    moment: float  # monotonic seconds
    lines: bytes
    lines_count: int
    mark: str  # from where to go on behind them, where a source can tell


class Turn(NamedTuple):
    """A source fell silent or was lost, or is heard again."""

    source: int
    moment: float  # monotonic seconds: since when
    deaf: bool
    why: str


@dataclass(slots=True)
class Account:
    """What came of one feed, for whoever wants to know how it is."""

    state: State = "opening"
    why: str = ""
    since: float = 0.0  # monotonic seconds
    last_heard: float | None = None
    lines_count: int = 0
    reconnects_count: int = 0
    dropped_lines_count: int = 0
    errors: Counter[str] = field(default_factory=Counter)


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
        self._turns: list[Turn] = []
        self._lock = threading.Lock()

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

    def turn(self, turn: Turn) -> None:
        """Take note that a source turned deaf, or hears again."""
        with self._lock:
            self._turns.append(turn)
        self.ready.set()

    def take(self, most_bytes: int) -> tuple[list[Piece], list[Turn]]:
        """Return what waits, oldest first and no more than about `most_bytes`, and all turns."""
        pieces: list[Piece] = []
        size = 0
        with self._lock:
            turns, self._turns = self._turns, []
            while self._pieces and (not pieces or size + len(self._pieces[0].lines) <= most_bytes):
                piece = self._pieces.popleft()
                size += len(piece.lines)
                self.lines_count -= piece.lines_count
                pieces.append(piece)
            self.size_bytes -= size
            self.ready.clear()
            if self._pieces:
                self.ready.set()
        return pieces, turns


class Receiver(threading.Thread):
    """Keeps one feed open and puts its lines into the backlog, until it is stopped."""

    def __init__(
        self,
        number: int,
        feed: Feed,
        backlog: Backlog,
        now: Callable[[], float],
        deaf: bool = False,  # the log says that it hears nothing
    ) -> None:
        super().__init__(name=f"feed {feed.name}", daemon=True)
        self.number = number
        self.feed = feed
        self.account = Account(since=now())
        self._backlog = backlog
        self._now = now
        self._stop_asked = threading.Event()
        self._rest = b""
        self._deaf = deaf

    def stop(self) -> None:
        """Ask it to end; it does within about POLL_S."""
        self._stop_asked.set()

    def run(self) -> None:
        """Open the source again and again."""
        wait_s = FIRST_WAIT_S
        while not self._stop_asked.is_set():
            opened = self._now()
            try:
                self._listen()
                if self._stop_asked.is_set():
                    return
                self._become("ended", "there is nothing more to come")
                self._turn(True, "the source has ended")
                return
            except _Silent as error:
                self._lose("silent", str(error))
            except SourceLost as error:
                self._lose("lost", str(error))
            except Exception as error:  # a defect in one source must not silence the others
                self._lose("lost", f"the source failed: {type(error).__name__}: {error}")
            if (self.account.last_heard or opened) - opened > CALM_S:
                wait_s = FIRST_WAIT_S
            self._stop_asked.wait(wait_s * random.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
            self.account.reconnects_count += 1

    def _listen(self) -> None:
        self._rest = b""
        if self.account.state not in ("lost", "silent"):
            self._become("opening", "")
        last = self._now()
        with closing(cast("Generator[bytes, None, None]", self.feed.source.blocks())) as blocks:
            for block in blocks:
                if self._stop_asked.is_set():
                    break
                if block:
                    last = self._heard(block)
                elif self._now() - last > self.feed.silence_s:
                    raise _Silent(f"nothing was heard for {self.feed.silence_s:g} s")
        if self._rest:
            self._put(self._rest + b"\n")

    def _heard(self, block: bytes) -> float:
        """Put the whole lines of a block into the backlog; keep the rest."""
        whole, newline, self._rest = (self._rest + block).rpartition(b"\n")
        if len(self._rest) > LINE_MAX:
            self.account.errors["line too long"] += 1
            self._rest = b""
        return self._put(whole + newline, getattr(block, "mark", "")) if newline else self._now()

    def _put(self, lines: bytes, mark: str = "") -> float:
        moment = self._backlog.put(self.number, lines, mark)
        self.account.lines_count += lines.count(b"\n")
        self.account.last_heard = moment
        if self.account.state != "hearing":
            self._become("hearing", "")
        if self._deaf:
            self._turn(False, "")
        return moment

    def _lose(self, state: State, why: str) -> None:
        errors = self.account.errors
        errors[why if why in errors or len(errors) < KINDS_MAX else "others"] += 1
        self._become(state, why)
        self._turn(True, why)

    def _become(self, state: State, why: str) -> None:
        self.account.state, self.account.why, self.account.since = state, why, self._now()

    def _turn(self, deaf: bool, why: str) -> None:
        if deaf == self._deaf:
            return
        self._deaf = deaf
        since = (self.account.last_heard or self._now()) if deaf else self._now()
        self._backlog.turn(Turn(self.number, since, deaf, why))
