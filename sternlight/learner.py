"""The process that learns anchorages: scikit-learn takes 200 MB that a station has not.

It is started when it is needed, and asked for nothing more, it ends.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import IO, Self

import numpy as np

from sternlight.aside import ended, give_way, started
from tracks.anchorages import Anchorages, Anchoring
from tracks.state import dump, load
from tracks.stays import Stays

LONGEST_S = 600.0  # measured: 10,000 stays take some seconds
NUMBERS = ("vessels_count", "within_nmi", "min_stay_h", "memory_days", "max_shore_nmi")
LENGTH_BYTES = 8
MODULE = "sternlight.learner"  # this one, run as a program


class LearningFailedError(Exception):
    """Nothing was learned; the message says why."""


class Learner:
    """Asks the process; starts it with the first question."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def learn(self, stays: Stays, anchoring: Anchoring) -> Anchorages:
        """Return what `anchoring` learns of `stays`.  Raises LearningFailedError."""
        numbers = np.array([float(getattr(anchoring, name)) for name in NUMBERS])
        question = dump({**stays.to_state(), "numbers": numbers})
        process = self._process = self._process or started(MODULE)
        too_long = threading.Timer(self._longest_s, process.kill)
        too_long.start()
        try:
            answer = _exchange(process, question)
        except (OSError, EOFError) as error:
            self._process = None
            raise LearningFailedError(_why(process)) from error
        finally:
            too_long.cancel()
        return Anchorages.from_state(load(answer))

    def kill(self) -> None:
        """End the process, so that a question in another thread fails at once."""
        if process := self._process:
            process.kill()

    def end(self) -> None:
        """End the process, of which nobody asks anything."""
        if process := self._process:
            process.communicate()
            self._process = None


def _why(process: subprocess.Popen[bytes]) -> str:
    """Say how the process ended."""
    process.kill()
    _, said = process.communicate()
    return f"the process that learns anchorages has ended: {ended(process, said)}"


def _exchange(process: subprocess.Popen[bytes], question: bytes) -> bytes:
    """Return the answer.  Raises OSError or EOFError if the process ends."""
    if process.stdin is None or process.stdout is None:
        raise EOFError
    _write(process.stdin, question)
    answer = _read(process.stdout)
    if answer is None:
        raise EOFError
    return answer


def _write(to: IO[bytes], data: bytes) -> None:
    to.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)
    to.flush()


def _read(source: IO[bytes]) -> bytes | None:
    """Return what `_write` wrote; None if it was cut off, or nothing more comes."""
    length = source.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    data = source.read(size)
    return data if len(data) == size else None


def answer(question: bytes) -> bytes:
    """Learn what `Learner.learn` asked."""
    state = load(question)
    numbers = dict(zip(NUMBERS, state["numbers"].tolist(), strict=True))
    return dump(Anchoring(**numbers).learn(Stays.from_state(state)).to_state())


def serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until nobody asks any more."""
    while (question := _read(questions)) is not None:
        _write(answers, answer(question))


if __name__ == "__main__":
    give_way()
    serve(sys.stdin.buffer, sys.stdout.buffer)
