"""A station as a child process: started, looked at, killed; and what it leaves on disk."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from receiver.formats.stationlog import WIDTH, values_of
from sternlight.frames import frames
from sternlight.rawlog import segments

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
SETTINGS = {"status_port": 0, "keep_free_mb": 0, "stop_raw_free_mb": 0}
PATIENCE_S = 120.0
ASKED_S = 0.2  # for the status, which costs the station a millisecond
MB = 1e6


class Use(NamedTuple):
    """What a process has used since it was started, and what it holds now."""

    cpu_s: float = 0.0
    disk_bytes: int = 0  # sent to the disk, whole pages
    written_bytes: int = 0  # given to write calls, those to pipes and sockets among them
    rss_bytes: int = 0

    def plus(self, other: Use) -> Use:
        """Add what another process has used; `rss_bytes` is the other's."""
        return Use(
            self.cpu_s + other.cpu_s,
            self.disk_bytes + other.disk_bytes,
            self.written_bytes + other.written_bytes,
            other.rss_bytes,
        )

    def since(self, before: Use) -> Use:
        """Return what was used since `before`."""
        return Use(
            self.cpu_s - before.cpu_s,
            self.disk_bytes - before.disk_bytes,
            self.written_bytes - before.written_bytes,
            self.rss_bytes,
        )


def use_of(pid: int) -> Use:
    """Ask Linux what a process uses; of one that has ended, before it is waited for."""
    folder = Path("/proc", str(pid))
    stat = (folder / "stat").read_text("ascii").rpartition(")")[2].split()
    ticks = int(stat[11]) + int(stat[12])
    pages = int((folder / "statm").read_text("ascii").split()[1])
    io = dict(line.split(": ") for line in (folder / "io").read_text("ascii").splitlines())
    return Use(
        ticks / os.sysconf("SC_CLK_TCK"),
        int(io["write_bytes"]),
        int(io["wchar"]),
        pages * os.sysconf("SC_PAGE_SIZE"),
    )


class Station:
    """`sternlight watch` on a folder, in a process of its own that may be started again.

    `settings` go into the part [watch]; `core` is the only one it may run on.
    """

    def __init__(
        self,
        folder: Path,
        address: str,
        settings: Mapping[str, float] | None = None,
        core: int | None = None,
    ) -> None:
        self.folder, self.address, self.core = folder, address, core
        self.config = folder.with_name(f"{folder.name}.toml")
        self.log = folder.with_name(f"{folder.name}.log")
        self.raw = folder / "raw"
        self.before = Use()  # of the processes that have ended
        self.starts_count = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.set(settings or {})

    def set(self, settings: Mapping[str, float]) -> None:
        """Write the settings for the next start."""
        lines = (f"{name} = {value}" for name, value in {**SETTINGS, **settings}.items())
        self.config.write_text("\n".join(["[watch]", *lines, ""]), "utf-8")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that runs."""
        assert self._process is not None, "the station has not been started"
        return self._process

    def start(self) -> None:
        """Start it; it is not ready yet."""
        command = [
            *(sys.executable, "-m", "sternlight", "watch", "--source", self.address),
            *("--data", str(self.folder), "--config", str(self.config)),
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log)
        if self.core is not None:
            os.sched_setaffinity(self._process.pid, {self.core})
        self.starts_count += 1

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in good order; raises SystemExit if it does not."""
        if self._end(signal.SIGTERM):
            raise SystemExit(f"the station did not stop in good order: {self.says()}")

    def _end(self, number: signal.Signals) -> int:
        process = self.process
        process.send_signal(number)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        self.before = self.used()
        self._process = None
        return process.wait()

    def used(self) -> Use:
        """Return what all its processes have used so far."""
        running = self._process and use_of(self._process.pid)
        return self.before.plus(running) if running else self.before

    def status(self) -> dict[str, Any]:
        """Return what it says of itself, at most some seconds old; waits until it is ready."""
        told: dict[str, Any] = until(self._status, "the station tells its status", self)
        return told

    def _status(self) -> dict[str, Any] | None:
        with suppress(OSError, ValueError):
            told = json.loads((self.folder / "run" / "station.json").read_bytes())
            if told["pid"] == self.process.pid:
                url = f"http://127.0.0.1:{told['port']}/status.json"
                with urllib.request.urlopen(url, timeout=10) as answer:
                    status: dict[str, Any] = json.loads(answer.read())
                    return status
        return None

    def lines(self) -> int:
        """Return how many lines this process has taken, as it told last."""
        return int(self.status()["sources"][0]["lines"])

    def await_lines(self, count: int) -> None:
        """Wait until this process has taken so many lines."""
        until(lambda: self.lines() >= count, f"{count:,} lines are taken", self, every_s=ASKED_S)

    def says(self) -> str:
        """Return its last words."""
        return self.log.read_text("utf-8", "replace")[-2000:]

    def failures_count(self) -> int:
        """Return how often it showed a defect of its own."""
        return self.log.read_text("utf-8", "replace").count("Traceback")

    def command(self, *words: object, may_warn: bool = False) -> bytes:
        """Run another command of Sternlight; raises SystemExit if it fails.

        With `may_warn`, one that comes to an end and has something to complain of is no failure.
        """
        done = subprocess.run(
            [sys.executable, "-m", "sternlight", *map(str, words)],
            env=ENVIRONMENT, capture_output=True,
        )  # fmt: skip
        if done.returncode not in ((0, 1) if may_warn else (0,)):
            raise SystemExit(f"sternlight {words[0]} failed: {done.stderr.decode()[-2000:]}")
        return done.stderr if may_warn else done.stdout

    def events(self) -> bytes:
        """Return the events as `sternlight events --json` tells them."""
        return self.command("events", "--data", self.folder, "--config", self.config, "--json")

    def replayed(self, out: Path) -> tuple[bytes, str]:
        """Return the events that a replay of the raw log finds, and what it complains of."""
        words = ("replay", self.raw, "--no-report", "--out", out, "--config", self.config)
        says = self.command(*words, may_warn=True).decode("utf-8", "replace")
        complaints = "; ".join(line for line in says.splitlines() if "damaged" in line)
        return (out / "events.jsonl").read_bytes(), complaints

    def rebuild(self) -> None:
        """Make the archive again from the raw log."""
        self.command("rebuild", "--data", self.folder, "--config", self.config)

    def archive_bytes(self) -> int:
        """Return the size of the archive, with what SQLite keeps beside it."""
        return sum(path.stat().st_size for path in self.folder.glob("archive.sqlite3*"))

    def raw_bytes(self) -> int:
        """Return the size of the raw log, compressed as it is."""
        return sum(path.stat().st_size for path in segments(self.raw))


def until(
    found: Callable[[], Any],
    what: str,
    station: Station,
    within_s: float = PATIENCE_S,
    every_s: float = 0.02,
) -> Any:
    """Ask again and again until something is found; raises SystemExit if that takes too long."""
    end = time.monotonic() + within_s
    while not (answer := found()):
        if station.process.poll() is not None:
            raise SystemExit(f"the station has ended before {what}: {station.says()}")
        if time.monotonic() > end:
            raise SystemExit(f"waited {within_s:g} s until {what}: {station.says()}")
        time.sleep(every_s)
    return answer


def heard(paths: Sequence[Path]) -> Iterator[list[bytes]]:
    """Yield the lines that were heard, as they came and without newlines, frame by frame."""
    for path in paths:
        for _, content in frames(path):
            yield [line[WIDTH:] for line in content.split(b"\n") if line[:3] == b"\\s:"]


def heard_count(paths: Sequence[Path]) -> int:
    """Return how many lines were heard."""
    return sum(map(len, heard(paths)))


def chain_breaks(paths: Sequence[Path]) -> int:
    """Return how many segments do not have the hash they say, or not the one before them."""
    breaks, previous = 0, "none"
    for path in paths:
        content = b"".join(content for _, content in frames(path))
        body, _, end = content[:-1].rpartition(b"\n")
        says = values_of(content.split(b"\n", 2)[1])
        digest = hashlib.sha256(body + b"\n").hexdigest()
        whole = values_of(end).get("sha256") == digest and says.get("previous") == previous
        breaks += not whole
        previous = digest
    return breaks


def without_places(rows: bytes) -> list[str]:
    """Return events without the places of their lines in the log, which a kill moves."""
    found = []
    for line in rows.decode("utf-8").splitlines():
        row = json.loads(line)
        del row["lines"]
        found.append(json.dumps(row, sort_keys=True))
    return found
