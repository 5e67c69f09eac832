"""More lines a second than any antenna hears, by our clock, on one core."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from _soak_feed import Server
from _soak_report import Report
from _soak_station import MB, Station

from receiver.encode import counts, encode, sentences
from tracks.batch import F64, I64

SLICES = 10  # in a second
LOOK_S = 2.0
NAMES_SHARE = 0.05  # of reports: static data beside them
FIRST_MMSI = 244_000_000


class Fleet:
    """Vessels in a box of ten degrees, on straight courses; one in five lies still."""

    def __init__(self, vessels: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.mmsi = FIRST_MMSI + np.arange(vessels)
        self.lat, self.lon = rng.uniform(45, 55, vessels), rng.uniform(-30, -20, vessels)
        self.kn = np.where(rng.uniform(size=vessels) < 0.2, 0.0, rng.uniform(5, 20, vessels))
        self.course = rng.uniform(0, 360, vessels)

    def lines(self, t: F64, ship: I64) -> bytes:
        """Return reports of `ship`, one at each moment `t`, in seconds since the beginning."""
        way_deg = self.kn[ship] * t / 3600 / 60
        angle = np.radians(self.course[ship])
        lat = self.lat[ship] + way_deg * np.cos(angle)
        lon = self.lon[ship] + way_deg * np.sin(angle) / np.cos(np.radians(lat))
        measured = counts(1, lat, lon, self.kn[ship], self.course[ship], self.course[ship])
        seconds = (time.time() + t - t[0]).astype(np.int64) % 60
        said = {"mmsi": self.mmsi[ship], "second": seconds, "nav_status": np.zeros(1, np.int64)}
        heard = sentences(encode(1, said | measured), b"A").to_bytes()
        named = ship[: round(len(ship) * NAMES_SHARE / 2)]
        names = np.char.add("SOAK ", named.astype("U"))
        told = encode(5, {"mmsi": self.mmsi[named], "name": names, "ship_type": np.full(1, 70)})
        return heard + sentences(told, b"B").to_bytes()


def run_load(
    report: Report, work: Path, per_s: int, vessels: int, seconds: float, seed: int
) -> None:
    """Send `per_s` lines a second for so long, however the station copes with them."""
    core = max(os.sched_getaffinity(0))
    others = os.sched_getaffinity(0) - {core}
    if others:
        os.sched_setaffinity(0, others)
    server = Server()
    station = Station(work / "station", f"tcp://127.0.0.1:{server.port}?name=load", core=core)
    station.start()
    server.accept(station)
    first, began, before = station.status(), time.monotonic(), station.used()
    sent, queues = push(station, server, Fleet(vessels, seed), per_s, seconds)
    wall_s, used = time.monotonic() - began, station.used().since(before)
    behind = sent - station.lines()
    station.await_lines(sent)
    drained_s = time.monotonic() - began - wall_s
    status = station.status()
    station.stop()
    server.close()
    dropped = status["queue"]["dropped_lines"] - first["queue"]["dropped_lines"]
    share = used.cpu_s / wall_s
    report.show("lines sent", f"{sent:,}", f"{sent / wall_s:,.0f} a second for {wall_s:.0f} s")
    report.show("vessels", f"{status['vessels_hour']:,}", f"of {vessels:,} are known")
    report.show("CPU time", f"{share:.0%}", f"of one core; {used.cpu_s / sent * 1e6:.1f} µs a line")
    report.show("so one core would take", f"{sent / used.cpu_s:,.0f}", "lines a second")
    report.show(
        "longest queue", f"{max(queues):,}", f"lines; told every 5 s, asked every {LOOK_S:g} s"
    )
    report.show(
        "behind when the last line was sent",
        f"{behind:,}",
        f"as told; {drained_s:.1f} s later all was told to be taken",
    )
    report.show("resident memory", f"{used.rss_bytes / MB:.0f} MB")
    report.show("raw log", f"{station.raw_bytes() / MB:.1f} MB")
    report.check(
        "no line was dropped",
        not dropped and status["sources"][0]["lines"] == sent,
        f"{dropped:,} dropped",
    )
    report.aim("the rate was held", sent / wall_s > 0.97 * per_s)
    report.check(
        "most vessels are known", status["vessels_hour"] >= 0.99 * min(vessels, sent / 1.1)
    )
    report.check("nothing failed in the station", not station.failures_count())


def push(
    station: Station, server: Server, fleet: Fleet, per_s: int, seconds: float
) -> tuple[int, list[int]]:
    """Send slices at their moments; return how many lines those were, and the queues seen."""
    each = round(per_s / SLICES / (1 + NAMES_SHARE))
    began = time.monotonic()
    sent, reports, look_at, queues = 0, 0, began, [0]
    for n in range(round(seconds * SLICES)):
        t = n / SLICES + np.arange(each) / (each * SLICES)
        lines = fleet.lines(t, (reports + np.arange(each)) % len(fleet.mmsi))
        reports += each
        time.sleep(max(0.0, began + n / SLICES - time.monotonic()))
        server.send(lines)
        sent += lines.count(b"\n")
        if time.monotonic() >= look_at:
            look_at += LOOK_S
            queues.append(station.status()["queue"]["lines"])
    return sent, queues
