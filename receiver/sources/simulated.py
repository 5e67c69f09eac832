"""The simulated sea, played as if it were heard now: to try a station without an antenna."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from receiver.sources.base import POLL_S

if TYPE_CHECKING:
    from receiver.sources.simulator import Simulation

BLOCK_BYTES = 1 << 16
_TIME = re.compile(rb"^\\[^\\\n]*?c:(\d+)[^\n]*\n", re.M)


@dataclass(frozen=True, slots=True)
class Simulated:
    """Example: `simulator:?vessels=200&speed=60`; see `docs/simulator.md`.

    A line comes when its time has come, `speed` times faster than in truth; 0
    is as fast as it can be made.  `start` 0 is the present, so that at speed 1
    the sea's clock is ours; at other speeds, or with a start of your own, give
    the address `clock=feed`.  Ends after `hours`.
    """

    seed: int = 7
    vessels: int = 60
    hours: float = 24.0
    speed: float = 1.0
    start: float = 0.0  # Unix seconds
    thin_s: float = 60.0

    def __post_init__(self) -> None:
        if not (self.speed >= 0 and math.isfinite(self.speed)):
            raise ValueError(f"speed is {self.speed:g}; it must be 0 or more")
        self._simulation(self.start)  # checks the other settings

    @property
    def format(self) -> str:
        """Sentences behind TAG blocks."""
        return "nmea"

    def blocks(self) -> Iterator[bytes]:
        """Yield the sea's lines when their time has come."""
        start = self.start or math.floor(time.time())
        begun = time.monotonic()
        due: list[bytes] = []
        size = 0
        for t, lines in seconds(self._simulation(start).lines()):
            wait_s = begun + (t - start) / self.speed - time.monotonic() if self.speed else 0.0
            if due and (wait_s > 0 or size >= BLOCK_BYTES):
                yield b"".join(due)
                due.clear()
                size = 0
            while wait_s > 0:
                time.sleep(min(wait_s, POLL_S))
                wait_s -= POLL_S
                if wait_s > 0:
                    yield b""
            due.append(lines)
            size += len(lines)
        yield b"".join(due)

    def _simulation(self, start: float) -> Simulation:
        from receiver.sources.simulator import Simulation

        return Simulation(self.seed, self.hours, self.vessels, start, thin_s=self.thin_s)


def seconds(pieces: Iterator[bytes]) -> Iterator[tuple[float, bytes]]:
    """Yield the lines of each second with that second; those before any time with -inf."""
    t = -math.inf
    for piece in pieces:
        begin = 0
        for found in _TIME.finditer(piece):
            stamp = int(found[1])
            if stamp > t:
                if found.start() > begin:
                    yield t, piece[begin : found.start()]
                begin, t = found.start(), float(stamp)
        if begin < len(piece):
            yield t, piece[begin:]
