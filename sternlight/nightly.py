"""How every ship stands, and the base rates beside it: made at night by another process.

It only reads the archive, which the station writes meanwhile, and hands back what the
station is to write.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from anomalies.indicators import Signs
from sternlight.aside import ended, give_way, started
from sternlight.jsontext import dumps
from sternlight.record.night import Night

LONGEST_S = 600.0
MODULE = "sternlight.nightly"  # this one, run as a program


class NightFailedError(Exception):
    """Nothing was made; the message says why."""


class Nightly:
    """Asks the process, once."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._process: subprocess.Popen[bytes] | None = None

    def compute(self, folder: Path, signs: Signs, lists: bool = False) -> Night:
        """Return what is made of the record in a folder.  Raises NightFailedError."""
        question = {"folder": str(folder), "flags": list(signs.flags), "lists": lists}
        process = self._process = started(MODULE)
        try:
            answer, said = process.communicate(dumps(question).encode(), self._longest_s)
        except subprocess.TimeoutExpired:
            process.kill()
            answer, said = process.communicate()
        if process.returncode:
            raise NightFailedError(f"the nightly work has ended: {ended(process, said)}")
        return from_json(answer)

    def kill(self) -> None:
        """End the process, so that a question in another thread fails at once."""
        if process := self._process:
            process.kill()


def to_json(night: Night) -> bytes:
    """Write it for a pipe."""
    return dumps(night._asdict()).encode()


def from_json(text: bytes) -> Night:
    """Undo `to_json`."""
    told: dict[str, Any] = json.loads(text)
    return Night(
        [tuple(row) for row in told["standings"]],
        [tuple(row) for row in told["rates"]],
        told["reach_nmi"],
    )


def _answer(question: bytes) -> bytes:
    from sternlight.record.reckoned import compute  # here, in the process that does the work

    asked = json.loads(question)
    signs = Signs(tuple(asked["flags"]))
    return to_json(compute(Path(asked["folder"]), signs, asked["lists"]))


if __name__ == "__main__":
    give_way()
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))
