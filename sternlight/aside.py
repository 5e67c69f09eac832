"""Work that a station has done by another process: it gives way to all else on the computer.

If memory runs short it is what the kernel ends first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

NICE = 19
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


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
    os.nice(NICE)
    with suppress(OSError):  # not Linux, or /proc is not there
        Path("/proc/self/oom_score_adj").write_text("1000")


def ended(process: subprocess.Popen[bytes], said: bytes) -> str:
    """Say how a process that has ended did, given what it wrote on standard error."""
    if process.returncode < 0:
        return f"signal {-process.returncode}; was there no memory left, or no time?"
    return said.decode("utf-8", "replace").strip().rpartition("\n")[2]
