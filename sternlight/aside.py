"""Work that a station has done by another process: it gives way to all else on the computer.

If memory runs short it is what the kernel ends first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

NICE = 19
ENDS_S = 5.0  # so long the end of the station waits for that of a process
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


T = TypeVar("T")


class Errand(Generic[T]):
    """Work of another process that a thread waits for; `failure` is how it says that it failed.

    `kill` ends it, so that `work` fails at once.
    """

    def __init__(
        self, name: str, work: Callable[[], T], failure: type[Exception], kill: Callable[[], None]
    ) -> None:
        self.found: list[T] = []
        self.why_not = ""
        self._work, self._failure, self._kill = work, failure, kill
        self._thread = threading.Thread(target=self._do, name=name, daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def end(self) -> None:
        """End it, and wait a little until it has ended."""
        self._kill()
        self._thread.join(ENDS_S)

    def _do(self) -> None:
        try:
            self.found.append(self._work())
        except self._failure as error:
            self.why_not = str(error)


def started(module: str) -> subprocess.Popen[bytes]:
    """Start a module of ours as a program, with pipes to and from it."""
    here = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    one_thread = dict.fromkeys(THREADS, "1")  # more take memory, and cores from the station
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, **one_thread},
    )


def give_way() -> None:
    """Take what others leave; called by the process itself."""
    with suppress(OSError):  # a service may forbid to ask; the work is done nevertheless
        os.nice(NICE)
    with suppress(OSError):  # not Linux, or /proc is not there
        Path("/proc/self/oom_score_adj").write_text("1000")


def ended(process: subprocess.Popen[bytes], said: bytes) -> str:
    """Say how a process that has ended did, given what it wrote on standard error."""
    if process.returncode < 0:
        return f"signal {-process.returncode}; was there no memory left, or no time?"
    return said.decode("utf-8", "replace").strip().rpartition("\n")[2]
