"""A month in an hour: a sea as fast as the station takes it, with everything that goes wrong."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from _soak_feed import LONG_LINE, Sender, Server, lines_in, sea, stamped
from _soak_report import Report
from _soak_station import (
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
FLAP_SHARE = 0.05  # of half hours
FLAPS_COUNT = 3  # between two starts: after each the station waits twice as long
SHARES = {  # of half hours in which it happens
    "garbage": 0.1,
    "half lines": 0.1,
    "the same minute, ten times": 0.05,
    "nothing but line ends": 0.05,
    "a clock a day ahead or behind": 0.05,
    "a line of 10 MB": 0.01,
}


@dataclass
class Run:
    """The run so far."""

    sender: Sender
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
        self.sent_count += lines_in(lines)
        self.sender.send(lines)

    def flap(self) -> None:
        """Break the connection off in the middle of a line, when all before it has been taken.

        In fast motion a batch is a quarter of an hour of the feed's time, by which the
        station would otherwise take itself for deaf.
        """
        self.sender.drain()
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
                return chance.randbytes(20_000) + b"\n"
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
    simulation = sea(seed, vessels, days * 24, per_s, START)
    calm = begin(work / "calm", window_mb, seed)
    print("a station that is left alone")
    play(calm, simulation, days, calm=True)
    tried = begin(work / "tried", window_mb, seed)
    print("\na station that is not")
    began = time.monotonic()
    rss = play(tried, simulation, days, calm=False)
    tell_end(report, tried, rss, time.monotonic() - began)
    compare(report, tried.station, calm.station, work)


def begin(folder: Path, window_mb: float, seed: int) -> Run:
    """Start a station in `folder`."""
    server = Server()
    station = Station(folder, f"tcp://127.0.0.1:{server.port}?clock=feed&name=sea")
    run = Run(Sender(station, server, window_mb * MB), random.Random(seed))
    run.sender.begin()
    return run


def play(run: Run, simulation: Simulation, days: float, calm: bool) -> list[int]:
    """Send everything; return the resident memory at the end of each day, in bytes."""
    print(HEAD, flush=True)
    halves = max(1, round(days * 48))
    restarts = {halves // 3: "SIGTERM", 2 * halves // 3: "kill -9"}
    restarts |= {at: run.chance.choice(["SIGTERM", "kill -9"]) for at in range(300, halves, 300)}
    rss: list[int] = []
    for half, lines in enumerate(simulation.lines()):
        for piece in [lines] if calm else run.disturb(lines):
            run.hear(piece)
        if half in restarts and not calm:
            run.restart(restarts[half])
        elif run.chance.random() < FLAP_SHARE and run.flaps_count < FLAPS_COUNT and not calm:
            run.flap()
        if half and (half % 48 == 0 or half == halves):
            run.tell(half / 48)
            rss.append(run.station.used().rss_bytes)
    run.station.stop()
    run.sender.server.close()
    return rss


def tell_end(report: Report, run: Run, rss: list[int], wall_s: float) -> None:
    """Print what has become of all lines."""
    station = run.station
    print()
    for what, count in sorted(run.happened.items()):
        report.show(what, f"{count:,}", "times")
    paths = segments(station.raw)
    digest, count = hashlib.sha256(), 0
    for lines in heard(paths):
        count += len(lines)
        digest.update(b"".join(line + b"\n" for line in lines))
    report.show("wall-clock time", f"{wall_s:,.0f} s", f"{run.sent_count / wall_s:,.0f} lines/s")
    report.show("lines sent again after a restart", f"{run.again_count:,}")
    report.show("resident memory, first and last day", f"{rss[0] / MB:.0f}, {rss[-1] / MB:.0f} MB")
    report.show(
        "resident memory at most", f"{max(rss) / MB:.0f} MB", "of those at the ends of days"
    )
    report.check(
        "no line was dropped by the queue", not run.dropped_count, f"{run.dropped_count:,}"
    )
    report.check(
        "every line is in the raw log once, in order",
        digest.digest() == run.stream.digest() and count == run.sent_count,
        f"{count:,} of {run.sent_count:,}",
    )
    breaks = chain_breaks(paths)
    report.check("its chain of hashes is whole", not breaks, f"{len(paths):,} segments")
    report.check("nothing failed in the station", not station.failures_count())


def compare(report: Report, station: Station, calm: Station, work: Path) -> None:
    """Compare what was found with a replay of the log, with a rebuild, and with a calm run."""
    live, wanted = station.events(), calm.events()
    report.show("events", f"{live.count(10):,}")
    replayed, complaints = station.replayed(work / "replay")
    report.check("a replay of the raw log finds the same bytes", replayed == live)
    report.check("and has nothing to complain of", not complaints, complaints)
    station.rebuild()
    report.check("so does the archive when it is rebuilt", station.events() == live)
    different = set(without_places(live)) ^ set(without_places(wanted))
    report.check(
        "events are those of the station that was left alone",
        not different and live.count(10) == wanted.count(10),
        f"{len(different)} differ, the places of their lines aside",
    )
