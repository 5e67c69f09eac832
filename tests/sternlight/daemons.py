"""Stations in tests as processes of their own, as they run for real."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

QUICK = "[watch]\nbatch_s = 0.05\nsync_s = 0.1\nstatus_port = 0\n"
ENDED = "The station has stopped in good order."


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "sternlight", *map(str, words)]


def environment(**more: str) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "JOURNAL_STREAM")}
    return own | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])} | more


@dataclass
class Daemon:
    """A station that runs, and the file into which it says what it does."""

    process: subprocess.Popen[bytes] | BaseProcess
    journal: Path

    @property
    def said(self) -> list[str]:
        return self.journal.read_text("utf-8").splitlines()

    @property
    def code(self) -> int | None:
        """With which code it has ended, None while it runs."""
        if isinstance(self.process, subprocess.Popen):
            return self.process.poll()
        return self.process.exitcode

    def heard(self, words: str, most_s: float = 15.0) -> str:
        """Wait until it says something with these words in it; return what it says."""
        until = time.monotonic() + most_s
        while True:
            over = self.code is not None
            if found := [line for line in self.said if words in line]:
                return found[0]
            assert not over, f"it ended, and said {self.said}"
            assert time.monotonic() < until, f"it never said {words!r}, but {self.said}"
            time.sleep(0.005)

    def end(self, number: int, most_s: float = 10.0) -> int:
        """Send it a signal; return with which code it ended."""
        pid = self.process.pid
        assert pid is not None
        os.kill(pid, number)
        until = time.monotonic() + most_s
        while (code := self.code) is None:
            assert time.monotonic() < until, "it does not end"
            time.sleep(0.002)
        return code


def words_for(folder: Path, sources: Sequence[str], settings: str) -> list[str]:
    """Write the settings beside the folder; return the words of `sternlight watch`."""
    folder.parent.mkdir(exist_ok=True)
    config = folder.with_suffix(".toml")
    config.write_text(settings)
    given = [word for address in sources for word in ("--source", address)]
    return ["watch", *given, "--data", f"{folder}", "--places", "none", "--config", f"{config}"]


@contextmanager
def daemon(
    folder: Path,
    sources: Sequence[str],
    settings: str = QUICK,
    env: Mapping[str, str] | None = None,
) -> Iterator[Daemon]:
    """Run `sternlight watch` on a folder; kill it if it still runs at the end."""
    words, journal = words_for(folder, sources, settings), folder.with_suffix(".journal")
    with (
        journal.open("wb") as says,
        subprocess.Popen(command(*words), stderr=says, env=environment(**(env or {}))) as process,
    ):
        try:
            yield Daemon(process, journal)
        finally:
            if process.poll() is None:
                process.kill()


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["sternlight.cli_station", "sternlight.daemon", __name__])


@contextmanager
def forked(folder: Path, sources: Sequence[str], settings: str = QUICK) -> Iterator[Daemon]:
    """Run `sternlight watch` as a process that need not load its modules first.

    For tests that start many, one after the other.
    """
    words, journal = words_for(folder, sources, settings), folder.with_suffix(".journal")
    journal.write_bytes(b"")
    process = _FORKS.Process(target=_run, args=(words, f"{journal}"))
    process.start()
    try:
        yield Daemon(process, journal)
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def refused(*words: str | Path) -> str:
    """Return what a command says that does nothing and ends with code 2.

    It runs in a process of its own that need not load its modules first.
    """
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder, "journal")
        journal.write_bytes(b"")
        process = _FORKS.Process(target=_run, args=([*map(str, words)], f"{journal}"))
        process.start()
        process.join(60)
        if process.is_alive():
            process.kill()
            process.join()
        says = journal.read_text("utf-8")
        assert process.exitcode == 2, says
        process.close()
        return says


def _run(words: list[str], journal: str) -> None:
    from sternlight.cli import main

    says = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(says, 2)
    main(words)


def asked(*words: str | Path, code: int = 0) -> str:
    """Return what a command prints; it must end with this code."""
    done = subprocess.run(
        command(*words), capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")
