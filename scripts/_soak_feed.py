"""What a station in the soak test hears: a simulated sea over TCP, well behaved or not."""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import reduce
from operator import xor
from typing import NamedTuple

from _soak_station import ASKED_S, Station, until

from receiver.sources.simulator import SHORE, Simulation

BLOCK_BYTES = 1 << 17
LONG_LINE = b"x" * 10_000_000 + b"\n"
KEPT_S = 120.0  # what was sent longer ago is safe on disk, or had better be
_STAMP = re.compile(rb"^\\[^\\\n]*\\", re.M)


def sea(seed: int, vessels: int, hours: float, per_s: float, start: float) -> Simulation:
    """Return a sea of which about `per_s` lines a second are heard, or as many as it gives."""

    def made(thin_s: float, of_hours: float, shore: bool) -> Simulation:
        return Simulation(
            seed, of_hours, vessels, start, SHORE if shore else None, thin_s,
            outages=outages(of_hours),
        )  # fmt: skip

    def rate(thin_s: float, shore: bool) -> float:
        lines = sum(piece.count(b"\n") for piece in made(thin_s, 0.5, shore).lines())
        return lines / 1800

    shore = rate(0.0, True) >= per_s
    low, high = 0.0, 300.0
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (middle, high) if rate(middle, shore) > per_s else (low, middle)
    return made(low, hours, shore)


def outages(hours: float) -> tuple[tuple[float, float], ...]:
    """Return when the receiver hears nobody: four hours, every fifth day."""
    return tuple((at, 4.0) for at in range(34, int(hours) - 12, 120))


def stamped(lines: bytes, times: list[float]) -> bytes:
    """Return lines with other times in their TAG blocks."""
    stamps = iter(times)
    return _STAMP.sub(lambda _: stamp(next(stamps)), lines)


def stamp(t: float) -> bytes:
    """Return the TAG block of a line heard at `t`."""
    content = b"s:SOAK,c:%.3f" % t
    return b"\\%s*%02X\\" % (content, reduce(xor, content))


class Server:
    """A TCP server that the station comes to."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=4)
        self._server.setblocking(False)
        self.port = int(self._server.getsockname()[1])
        self._peer: socket.socket | None = None

    def forget(self) -> None:
        """Hang up on a station that is gone, and on whoever it left waiting."""
        while self._peer is not None:
            self._peer.close()
            self._peer = self._next()

    def accept(self, station: Station) -> None:
        """Wait for the station to come."""
        until(self._accepted, "it connects", station, 600.0)

    def send(self, data: bytes) -> None:
        """Send all of it, as fast as it is taken."""
        assert self._peer is not None, "nobody is connected"
        self._peer.sendall(data)

    def hang_up(self) -> None:
        """End the connection, when the other side has read everything."""
        assert self._peer is not None, "nobody is connected"
        self._peer.shutdown(socket.SHUT_WR)
        select.select([self._peer], [], [], 30.0)
        self._peer.close()
        self._peer = None

    def close(self) -> None:
        """Serve nobody any more."""
        self.forget()
        self._server.close()

    def _accepted(self) -> bool:
        self._peer = self._next()
        return self._peer is not None

    def _next(self) -> socket.socket | None:
        with suppress(BlockingIOError):
            peer = self._server.accept()[0]
            peer.setblocking(True)
            return peer
        return None


class Block(NamedTuple):
    """Whole lines that were sent."""

    last_line: int  # the number of its last line, of all since the station was started
    moment: float
    data: bytes


class Sender:
    """Sends no faster than the station takes it, and again what was not safe when it was killed.

    A station that cannot keep up drops lines, since a radio does not wait.  So no more
    than `window_bytes` are on their way at a time.
    """

    def __init__(self, station: Station, server: Server, window_bytes: float) -> None:
        self.station, self.server, self.window_bytes = station, server, window_bytes
        self.lines_count = 0  # sent to the process that runs
        self._sent: deque[Block] = deque()
        self._taken = 0

    def begin(self) -> None:
        """Start the station, and wait until it has come."""
        self.server.forget()
        self.station.start()
        self.server.accept(self.station)
        self.lines_count = self._taken = 0
        self._sent.clear()

    def again(self, kept_count: int) -> int:
        """Begin anew and send what is behind the lines that were kept; return how many lines."""
        rest = list(behind(self._sent, kept_count))
        lost = self.lines_count - kept_count
        self.begin()
        for data in rest:
            self.send(data)
        return lost

    def send(self, data: bytes) -> None:
        """Send whole lines."""
        for block in cut(data):
            self._wait()
            self.server.send(block)
            self.lines_count += lines_in(block)
            self._sent.append(Block(self.lines_count, time.monotonic(), block))

    def drain(self) -> None:
        """Wait until everything sent has been taken."""
        self.station.await_lines(self.lines_count)

    def _wait(self) -> None:
        if self._on_its_way() > self.window_bytes:
            until(self._has_room, "it takes what was sent", self.station, every_s=ASKED_S)
        safe = time.monotonic() - KEPT_S
        while self._sent and self._sent[0].last_line <= self._taken and self._sent[0].moment < safe:
            self._sent.popleft()

    def _has_room(self) -> bool:
        self._taken = self.station.lines()
        return self._on_its_way() <= self.window_bytes

    def _on_its_way(self) -> int:
        return sum(len(block.data) for block in self._sent if block.last_line > self._taken)


def behind(blocks: deque[Block], kept_count: int) -> Iterator[bytes]:
    """Yield the lines behind the first `kept_count`."""
    for block in blocks:
        first = block.last_line - lines_in(block.data)
        if block.last_line > kept_count:
            yield (
                block.data.split(b"\n", kept_count - first)[-1]
                if first < kept_count
                else block.data
            )


def lines_in(data: bytes) -> int:
    """Return how many lines a station takes of it: of those that are no AIS by far, none."""
    return data.count(b"\n") - data.count(LONG_LINE)


def cut(data: bytes) -> Iterator[bytes]:
    """Yield whole lines in blocks of about BLOCK_BYTES."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + BLOCK_BYTES) + 1 or len(data)
        yield data[at:end]
        at = end
