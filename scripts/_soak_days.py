"""A month in an hour: a sea as fast as the station takes it, with everything that goes wrong."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from _soak_feed import Sender, Server, sea, stamped
from _soak_report import Report
from _soak_station import (
    ENVIRONMENT,
    MB,
    Station,
    chain_breaks,
    heard,
    heard_count,
    without_places,
)

from receiver.sources.simulator import START, Simulation
from sternlight.rawlog import segments

DAY_S = 86_400.0
LONG_LINE = b"x" * 10_000_000 + b"\n"
FLAPS_COUNT = 3  # between two starts: after each the station waits twice as long
SHARES = {  # of half hours in which it happens
    "garbage": 0.1,
    "half lines": 0.1,
    "the same minute, ten times": 0.05,
    "nothing but line ends": 0.05,
    "a clock a day ahead or behind": 0.05,
    "a line of 10 MB": 0.005,
}


@dataclass
class Day:
    """The run so far."""

    sender: Sender
    report: Report
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)
    stream: hashlib._Hash = field(default_factory=hashlib.sha256)
    sent_count: int = 0
    again_count: int = 0
    flaps_count: int = 0
    known_segments: int = 0
    dropped_count: int = 0

    @property
    def station(self) -> Station:
        """The station that is tried."""
        return self.sender.station

    def hear(self, lines: bytes) -> None:
        """Let the station hear whole lines, once for all."""
        self.stream.update(lines.replace(LONG_LINE, b""))
        self.sent_count += lines.count(b"\n")
        self.sender.send(lines)

    def flap(self) -> None:
        """Break the connection off in the middle of a line, when all before it has been read."""
        self.happened["the connection breaks off"] += 1
        self.flaps_count += 1
        self.sender.server.send(b"!AIVDM,1,1,,A,13u?et")
        self.sender.server.hang_up()
        self.sender.server.accept(self.station)

    def restart(self, how: str) -> None:
        """End the station while lines are on their way, and go on behind what it kept."""
        self.happened[how] += 1
        self.flaps_count = 0
        if how == "kill -9":
            self.station.kill()
        else:
            self.station.stop()
        paths = segments(self.station.raw)
        kept_count = heard_count(paths[self.known_segments :])
        self.known_segments = len(paths)
        self.again_count += self.sender.again(kept_count)

    def disturb(self, lines: bytes) -> Iterator[bytes]:
        """Yield the lines of half an hour with what goes wrong in it."""
        chosen = [kind for kind, share in SHARES.items() if self.chance.random() < share]
        pieces = lines.splitlines(keepends=True)
        at = 0
        for kind in chosen:
            self.happened[kind] += 1
            until = self.chance.randint(at, len(pieces))
            yield b"".join(pieces[at:until])
            yield self.mischief(kind, pieces[max(0, until - 100) : until] or [b"\n"])
            at = until
        yield b"".join(pieces[at:])

    def mischief(self, kind: str, before: list[bytes]) -> bytes:
        """Return lines that nobody should have sent; `before` were the last ones."""
        chance = self.chance
        match kind:
            case "garbage":
                return chance.randbytes(20_000).replace(b"x", b"") + b"\n"
            case "half lines":
                whole = [line for line in before if b",1,1,," in line]
                return b"".join(line[: chance.randrange(len(line) - 5)] + b"\n" for line in whole)
            case "the same minute, ten times":
                return b"".join(before) * 10
            case "nothing but line ends":
                return b"\n" * 1000
            case "a line of 10 MB":
                return LONG_LINE
            case _:
                wrong_s = chance.choice([-DAY_S, DAY_S])
                whole = [line for line in before if b",1,1,," in line and line[:1] == b"\\"][-3:]
                times = [float(line.split(b"c:")[1][:10]) + wrong_s for line in whole]
                return stamped(b"".join(whole), times)

    def tell(self, day: float) -> None:
        """Print a line of figures."""
        self.sender.drain()
        status, use = self.station.status(), self.station.used()
        self.dropped_count += status["queue"]["dropped_lines"]
        print(
            f"{day:6.1f} {use.rss_bytes / MB:8.1f} {use.cpu_s:8.1f} {use.disk_bytes / MB:9.1f}"
            f" {use.written_bytes / MB:9.1f} {self.station.raw_bytes() / MB:8.1f}"
            f" {self.station.archive_bytes() / MB:8.1f} {self.sent_count:11,}"
            f" {status['archive']['events_closed']:7} {status['archive']['events_open']:6}"
            f" {self.station.starts_count:7}",
            flush=True,
        )


HEAD = (
    "   day   RSS MB    CPU s   disk MB  write MB   raw MB  arch. MB       lines  closed   open"
    "  starts"
)


def run_days(
    report: Report, work: Path, days: float, vessels: int, per_s: float, seed: int, window_mb: float
) -> None:
    """Play `days` of a sea, and hold the events against a replay, a rebuild and a calm run."""
    chance = random.Random(seed)
    simulation = sea(seed, vessels, days * 24, per_s, START)
    server = Server()
    address = f"tcp://127.0.0.1:{server.port}?clock=feed&name=sea"
    station = Station(work / "station", address)
    day = Day(Sender(station, server, window_mb * MB), report, chance)
    began = time.monotonic()
    day.sender.begin()
    print(f"{HEAD}", flush=True)
    rss = play(day, simulation, days)
    day.sender.drain()
    station.stop()
    server.close()
    tell_end(day, rss, time.monotonic() - began)
    compare(day, simulation, work)


def play(day: Day, simulation: Simulation, days: float) -> list[int]:
    """Send everything; return the resident memory at the end of each day, in bytes."""
    halves = max(1, round(days * 48))
    restarts = {halves // 3: "SIGTERM", 2 * halves // 3: "kill -9"}
    restarts |= {at: day.chance.choice(["SIGTERM", "kill -9"]) for at in range(300, halves, 300)}
    rss: list[int] = []
    for half, lines in enumerate(simulation.lines()):
        for piece in day.disturb(lines):
            day.hear(piece)
        if half in restarts:
            day.restart(restarts[half])
        elif day.chance.random() < 0.05 and day.flaps_count < FLAPS_COUNT:
            day.flap()
        if half and (half % 48 == 0 or half == halves):
            day.tell(half / 48)
            rss.append(day.station.used().rss_bytes)
    return rss


def tell_end(day: Day, rss: list[int], wall_s: float) -> None:
    """Print what has become of all lines."""
    report, station = day.report, day.station
    print()
    for what, count in sorted(day.happened.items()):
        report.show(what, f"{count:,}", "times")
    paths = segments(station.raw)
    digest, count = hashlib.sha256(), 0
    for lines in heard(paths):
        count += len(lines)
        known = [line + b"\n" for line in lines if not is_long(line)]
        digest.update(b"".join(known))
    report.show("wall-clock time", f"{wall_s:,.0f} s", f"{day.sent_count / wall_s:,.0f} lines/s")
    report.show("lines sent again after a restart", f"{day.again_count:,}")
    report.show("resident memory, first and last day", f"{rss[0] / MB:.0f}, {rss[-1] / MB:.0f} MB")
    report.show(
        "resident memory at most", f"{max(rss) / MB:.0f} MB", "of those at the ends of days"
    )
    report.check(
        "no line was dropped by the queue", not day.dropped_count, f"{day.dropped_count:,}"
    )
    report.check(
        "every line is in the raw log once, in order",
        digest.digest() == day.stream.digest() and count == day.sent_count,
        f"{count:,} of {day.sent_count:,}",
    )
    breaks = chain_breaks(paths)
    report.check("its chain of hashes is whole", not breaks, f"{len(paths):,} segments")
    report.check("nothing failed in the station", not station.failures_count())


def is_long(line: bytes) -> bool:
    """Return whether a line is what is left of LONG_LINE."""
    return line != b"" and not line.strip(b"x")


def compare(day: Day, simulation: Simulation, work: Path) -> None:
    """Compare what was found with a replay of the log, with a rebuild, and with a calm run."""
    report, station = day.report, day.station
    live = station.events()
    report.show("events", f"{live.count(10):,}")
    report.check(
        "a replay of the raw log finds the same bytes", station.replayed(work / "replay") == live
    )
    station.rebuild()
    report.check("so does the archive when it is rebuilt", station.events() == live)
    calm, found = (
        sorted(without_places(rows)) for rows in (calmly(simulation, work, station), live)
    )
    different = set(calm) ^ set(found)
    report.check(
        "events are those of the sea without all that",
        not different, f"{len(different)} differ, the places of their lines aside",
    )  # fmt: skip


def calmly(simulation: Simulation, work: Path, station: Station) -> bytes:
    """Return the events that a replay of the sea itself finds."""
    command = [sys.executable, "-m", "sternlight", "replay", "-", "--out", str(work / "calm"),
               "--config", str(station.config)]  # fmt: skip
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as replay:
        assert replay.stdin is not None, "it was asked for"
        for lines in simulation.lines():
            replay.stdin.write(lines)
        replay.stdin.close()
    return (work / "calm" / "events.jsonl").read_bytes()
