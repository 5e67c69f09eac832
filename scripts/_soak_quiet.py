"""What a station costs on an ordinary day, in real time, and how soon it tells what it finds."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _soak_feed import Sender, Server, sea, stamp, stamped
from _soak_report import Report
from _soak_station import MB, Station, Use, heard_count, until

from receiver.encode import counts, encode, sentences
from receiver.sources.simulated import seconds
from receiver.sources.simulator import Simulation
from sternlight.rawlog import segments
from sternlight.watch import SNAPSHOT_SHARE
from tracks.batch import I64

HOUR, DAY_S = 3600.0, 86_400.0
BEGINS = 1_772_409_600.0  # 2026-03-02, a full hour
LATENESS_S = 0.05  # so that it adds nothing to speak of to what is measured
SILENT_H = 7.0  # probes fall silent so long before: their gaps are open, and close when heard
REGULAR_S = 600.0  # before that they report so often, for two hours
FIRST_PROBE = 255_800_000
WANTED_CPU_SHARE, WANTED_RSS_MB, WANTED_LATENCY_S, WANTED_START_S = 0.01, 120.0, 2.0, 3.0
PATIENCE_S = 10.0
RAW_SHARE, DAY_MB = 1.3, 40.0  # of what may be written


class Play(NamedTuple):
    """When what happens, in the feed's time."""

    simulation: Simulation
    quiet: float  # real time begins
    probes: float  # the probes begin to speak again, one a second
    probes_count: int

    def lines(self) -> Iterator[tuple[float, bytes]]:
        """Yield the lines of each second, also where there are none; the probes' among them."""
        next_t = np.inf
        for t, lines in seconds(self.simulation.lines()):
            while next_t < t:
                yield next_t, self.probe_lines(next_t)
                next_t += 1
            yield t, lines + self.probe_lines(t)
            next_t = t + 1 if np.isfinite(t) else np.inf

    def probe_lines(self, t: float) -> bytes:
        """Return what the probes say in a second before the quiet part."""
        before_s = self.quiet - SILENT_H * HOUR - t
        if not 0 < before_s <= 2 * HOUR:
            return b""
        due = (np.arange(self.probes_count) * 7 + t) % REGULAR_S == 0
        return self.speak(np.flatnonzero(due), t)

    def speak(self, which: I64, t: float) -> bytes:
        """Return a position of each of some probes, at anchor in the open sea."""
        if not len(which):
            return b""
        lat, lon = 14.2 + which % 20 * 0.01, -18.2 + which // 20 * 0.01
        said = {
            "mmsi": FIRST_PROBE + which,
            "second": np.full(1, int(t) % 60),
            "nav_status": np.ones(1, np.int64),
        }
        payloads = encode(1, said | counts(1, lat, lon, 0.0, np.nan, 0.0))
        return stamped(
            sentences(payloads, b"A", np.full(len(which), t), stamp="tag").to_bytes(),
            [t] * len(which),
        )


def run_quiet(
    report: Report, work: Path, per_s: float, vessels: int, minutes: float, hours: float,
    seed: int, window_mb: float,
) -> None:  # fmt: skip
    """Measure a station that hears `per_s` lines a second of so many vessels."""
    probes_count = max(2, min(120, round(minutes * 30)))
    # A full hour is in the middle, since the station has more to write then.
    quiet = BEGINS + 12 * HOUR - minutes * 30
    simulation = sea(seed, vessels, hours + minutes / 60 + 0.2, per_s, quiet - hours * HOUR)
    play = Play(simulation, quiet, quiet + minutes * 60, probes_count)
    server = Server()
    address = f"tcp://127.0.0.1:{server.port}?clock=feed&name=sea"
    station = Station(work / "station", address, {"lateness_s": LATENESS_S})
    sender = Sender(station, server, window_mb * MB)
    sender.begin()
    lines = play.lines()
    measure_calm(report, station, sender, play, lines, hours)
    measure_latency(report, station, server, play, lines)
    station.stop()
    report.check("nothing failed in the station", not station.failures_count())
    measure_start(report, station, server)
    server.close()


def measure_calm(
    report: Report, station: Station, sender: Sender, play: Play,
    lines: Iterator[tuple[float, bytes]], hours: float,
) -> None:  # fmt: skip
    """Play what comes before in fast motion, then measure minute by minute."""
    began, due = time.monotonic(), []
    for t, of_second in lines:
        due.append(of_second)
        if t >= play.quiet:
            break
        if len(due) >= 600:
            sender.send(b"".join(due))
            due.clear()
    sender.send(b"".join(due))
    sender.drain()
    fast = station.used()
    report.show(
        "before, in fast motion",
        f"{hours:g} h",
        f"{sender.lines_count:,} lines in {time.monotonic() - began:.0f} s",
    )
    report.show("resident memory then", f"{fast.rss_bytes / MB:.0f} MB")
    looks, sent, began = (
        [(time.monotonic(), station.used(), station.raw_bytes())],
        0,
        time.monotonic(),
    )
    for t, of_second in lines:
        if t >= play.probes:
            break
        each = of_second.splitlines(keepends=True)
        sent += len(send_in_real_time(sender.server, began + t - play.quiet, t, each))
        if t % 60 == 59:
            looks.append((time.monotonic(), station.used(), station.raw_bytes()))
    looks.append((time.monotonic(), station.used(), station.raw_bytes()))
    sent_per_s = sent / (looks[-1][0] - looks[0][0])
    ((snapshot_bytes,),) = asked(station, "select coalesce(max(bytes), 1) from snapshot")
    tell_calm(report, looks, sent_per_s, snapshot_bytes)


def send_in_real_time(server: Server, moment: float, t: float, each: list[bytes]) -> list[float]:
    """Send the lines of a second one by one, spread over it; return when, in Unix seconds.

    `t` is the second in the feed's time, and `moment` when it begins by the monotonic clock.
    """
    sent = []
    for n, line in enumerate(each):
        share = (n + 0.5) / len(each)
        time.sleep(max(0.0, moment + share - time.monotonic()))
        sent.append(time.time())
        server.send(stamped(line, [t + share]))
    return sent


def tell_calm(
    report: Report, looks: list[tuple[float, Use, int]], sent_per_s: float, snapshot_bytes: int
) -> None:
    """Print what a quiet time costs."""
    minutes = [(b[1].since(a[1]), b[2] - a[2]) for a, b in itertools.pairwise(looks)]
    print("\nminute      CPU s   disk kB  write kB    raw kB    RSS MB")
    for n, (use, raw) in enumerate(minutes, 1):
        kb = (f"{size / 1e3:9.0f}" for size in (use.disk_bytes, use.written_bytes, raw))
        print(f"{n:6} {use.cpu_s:10.2f} {' '.join(kb)} {use.rss_bytes / MB:9.1f}")
    print()
    # What comes with the end of the fast motion is written in the first minute.
    looks = looks[1:] if len(looks) > 4 else looks
    wall_s, used = looks[-1][0] - looks[0][0], looks[-1][1].since(looks[0][1])
    report.show("lines", f"{sent_per_s:.1f}", f"a second in real time; judged for {wall_s:.0f} s")
    share = used.cpu_s / wall_s
    report.aim(
        "at most 1 % of one core", share <= WANTED_CPU_SHARE, f"{share:.2%}; {used.cpu_s:.2f} s"
    )
    rss_mb = max(use.rss_bytes for _, use, _ in looks) / MB
    report.aim("less than 120 MB of memory", rss_mb < WANTED_RSS_MB, f"{rss_mb:.0f} MB")
    tell_writes(report, looks, snapshot_bytes)


def tell_writes(report: Report, looks: list[tuple[float, Use, int]], snapshot_bytes: int) -> None:
    """Print what would be written in a day, from minutes of which one has the end of an hour."""
    pieces = [
        (b[0] - a[0], b[1].disk_bytes - a[1].disk_bytes, b[2] - a[2])
        for a, b in itertools.pairwise(looks)
    ]
    hour = max(pieces, key=lambda piece: piece[1])
    rest = [piece for piece in pieces if piece is not hour] or pieces
    rest_s, disk_bytes, raw_bytes = (sum(column) for column in zip(*rest, strict=True))
    raw_mb = raw_bytes / rest_s * DAY_S / MB
    steady_mb = disk_bytes / rest_s * DAY_S / MB
    hour_mb = max(0.0, hour[1] / MB - disk_bytes / MB / rest_s * hour[0])
    # A snapshot is made when so much raw log was written since, and at most once an hour.
    snapshots = min(24.0, SNAPSHOT_SHARE * raw_mb * MB / snapshot_bytes)
    day_mb, allowed_mb = steady_mb + snapshots * hour_mb, RAW_SHARE * raw_mb + DAY_MB
    report.show("compressed raw log", f"{raw_mb:.0f} MB", "a day")
    report.show("written to disk all the time", f"{steady_mb:.0f} MB", "a day")
    report.show(
        "written to disk at the end of an hour", f"{hour_mb:.1f} MB",
        f"{snapshots:.1f} times a day, a snapshot of {snapshot_bytes / MB:.1f} MB among it",
    )  # fmt: skip
    report.aim(
        "at most 1.3 times the raw log + 40 MB written a day",
        day_mb <= allowed_mb,
        f"{day_mb:.0f} MB of {allowed_mb:.0f} MB",
    )


def measure_latency(
    report: Report,
    station: Station,
    server: Server,
    play: Play,
    lines: Iterator[tuple[float, bytes]],
) -> None:
    """Let a silent vessel speak each second, and see when the end of its gap is kept."""
    sent_at: dict[int, float] = {}
    began = time.monotonic()
    for t, of_second in lines:
        probe = round(t - play.probes) - 1
        if probe > play.probes_count:
            break
        each = of_second.splitlines(keepends=True)
        speaks, middle = 0 <= probe < play.probes_count, len(each) // 2
        if speaks:
            each.insert(middle, play.speak(np.array([probe]), t))
        sent = send_in_real_time(server, began + t - play.probes, t, each)
        if speaks:
            sent_at[FIRST_PROBE + probe] = sent[middle]
    end = time.monotonic() + PATIENCE_S
    while not sent_at.keys() <= (kept_at := closed(station)).keys() and time.monotonic() < end:
        time.sleep(0.1)
    late = sorted(kept_at[mmsi] - t for mmsi, t in sent_at.items() if mmsi in kept_at)
    report.check(
        "every probe's gap was closed",
        len(late) == len(sent_at) > 0,
        f"{len(late)} of {len(sent_at)}",
    )
    if late:
        worst = late[min(len(late) - 1, int(0.99 * len(late)))]
        report.aim(
            "99 of 100 are kept in less than 2 s", worst < WANTED_LATENCY_S,
            f"{worst:.2f} s; median {late[len(late) // 2]:.2f} s; lateness_s {LATENESS_S:g}",
        )  # fmt: skip


def closed(station: Station) -> dict[int, float]:
    """Return when the last gap of each MMSI was kept as closed, Unix seconds."""
    query = (
        "select track / 1000, max(t) from changes join event_tracks using (id)"
        " where what = 'closed' group by track / 1000"
    )
    return dict(asked(station, query))


def asked(station: Station, query: str) -> list[Any]:
    """Return the rows of a query to the archive."""
    with closing(sqlite3.connect(station.folder / "archive.sqlite3", timeout=10)) as db:
        return db.execute(query).fetchall()


def measure_start(report: Report, station: Station, server: Server) -> None:
    """Measure how long it takes from a start to the first line in the raw log."""
    fresh = Station(station.folder.with_name("fresh"), station.address)
    for name, one in (("with all that it remembers", station), ("in an empty folder", fresh)):
        one.set({"lateness_s": LATENESS_S, "sync_s": 0.05, "batch_s": 0.05})
        server.forget()
        known = len(segments(one.raw))
        began = time.monotonic()
        one.start()
        server.accept(one)
        server.send(stamp(BEGINS + DAY_S) + b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n")
        until(lambda: heard_count(segments(one.raw)[known:]), "a line is in the log", one)  # noqa: B023
        took_s = time.monotonic() - began
        report.aim(
            f"started within 3 s, {name}",
            took_s < WANTED_START_S,
            f"{took_s:.2f} s to the first line",
        )
        one.stop()
