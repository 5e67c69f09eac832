"""Does rounds of the post, each as a process, by a clock that it is given: to be killed any time.

What a round imports takes it a second, and says nothing of what a kill does.  So the rounds are
forked off a process that has imported it; it opens nothing.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from select import select
from subprocess import PIPE, Popen
from typing import Any, Self

from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.post import Round
from sternlight.settings import Settings

IMPORTED = (
    "chart", "delivery", "facts", "health", "inbox", "intake", "listed_ships", "parcels", "pgp",
    "pgp_station", "schedule", "smtp",
)  # fmt: skip
ALSO = ("jinja2", "matplotlib.backends.backend_agg", "matplotlib.figure", "pysequoia", "shapely")


class Stuck(Exception):
    """A round that does not end, or fails."""


@dataclass
class Rounds:
    """The process that rounds are forked off."""

    parent: Popen[str]

    @classmethod
    def start(cls) -> Self:
        """Start it."""
        return cls(Popen([sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True))

    def begin(self, asked: dict[str, Any]) -> Child:
        """Begin a round: `folder`, `mail`, `t` and `errors`, a file."""
        return Child(self, os.pidfd_open(self.ask(json.dumps(asked))))

    def ask(self, line: str) -> int:
        """Return the answer to a line."""
        assert self.parent.stdin is not None
        assert self.parent.stdout is not None
        self.parent.stdin.write(line + "\n")
        self.parent.stdin.flush()
        return int(self.parent.stdout.readline())

    def end(self) -> None:
        """End it."""
        self.parent.communicate()


@dataclass
class Child:
    """A round that goes on; it stays known to the system until it was asked how it ended."""

    rounds: Rounds
    handle: int

    def ended(self, within_s: float) -> bool:
        """Wait for its end; return whether it came."""
        return bool(select([self.handle], [], [], within_s)[0])

    def kill(self) -> None:
        """End it, whatever it does."""
        signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def code(self) -> int:
        """Return how it ended: 0 well, below 0 by that signal."""
        os.close(self.handle)
        return self.rounds.ask("")


def main() -> None:
    for name in (*(f"sternlight.alerts.{one}" for one in IMPORTED), *ALSO):
        importlib.import_module(name)
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            os._exit(_round(json.loads(line)))
        print(child, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _round(asked: dict[str, Any]) -> int:
    settings = Settings(mail=Mail(**asked["mail"]))
    try:
        Round(Path(asked["folder"]), settings, now=_clock(asked["t"])).run()
    except BaseException:
        Path(asked["errors"]).write_text(traceback.format_exc(), "utf-8")
        return 1
    return 0


def _clock(t: float) -> Callable[[], float]:
    begun = time.monotonic()
    return lambda: t + time.monotonic() - begun


if __name__ == "__main__":
    main()
