"""Kill a station that follows a growing file at random instants, again and again."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from _soak_report import Report
from _soak_station import Station, chain_breaks, heard, heard_count, until, without_places

from receiver.sources.simulator import Simulation
from sternlight.rawlog import segments

HOURS_A_KILL, LEAST_HOURS = 0.3, 30.0
LOOKED_AT = 20  # the journal, after so many kills
LONGEST_S = 1.8  # a life
LIFE_STARTS = 2.2  # the longest life, in times that a first start took
TORN_SHARE = 0.5  # of kills that leave a piece of the next frame behind
SETTINGS = {"sync_s": 0.2, "batch_s": 0.05}  # else it would be killed before it has done anything


class Grower(threading.Thread):
    """Writes a file as another program would, cut anywhere, up to where it is told."""

    def __init__(self, path: Path, data: bytes, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.path, self.data, self.chance = path, data, chance
        self.until = self.at = 0
        path.touch()

    def run(self) -> None:
        """Write until all is written."""
        with self.path.open("ab", buffering=0) as file:
            while self.at < len(self.data):
                end = min(self.until, self.at + self.chance.randint(1, 20_000))
                file.write(self.data[self.at : end])
                self.at = end
                time.sleep(0.02)


def run_kills(report: Report, work: Path, kills: int, vessels: int, seed: int) -> None:
    """Kill it `kills` times; hold everything against a station that was left alone."""
    chance = random.Random(seed)
    simulation = Simulation(
        seed, max(LEAST_HOURS, kills * HOURS_A_KILL), vessels, thin_s=120.0, outages=((9.0, 4.0),)
    )
    data = b"".join(simulation.lines())
    grower = Grower(work / "sea.nmea", data, chance)
    address = f"file://{grower.path.resolve()}?clock=feed&name=sea"
    station = Station(work / "killed", address, SETTINGS)
    grower.start()
    startup_s = first_start(station, grower, len(data) // (kills + 1))
    report.show("first start, until lines are in the raw log", f"{startup_s:.2f} s")
    began = time.monotonic()
    kill_often(report, station, grower, kills, min(LONGEST_S, LIFE_STARTS * startup_s))
    wall_s = time.monotonic() - began
    report.show("kills", f"{kills:,}", f"in {wall_s:,.0f} s, {wall_s / kills:.2f} s each")
    began = time.monotonic()
    grower.until = len(data)
    finish(station, data.count(b"\n"))
    report.show("the last start, to the end of the file", f"{time.monotonic() - began:.1f} s")
    compare(report, station, data, work)
    alone = Station(work / "alone", address, SETTINGS)
    finish(alone, data.count(b"\n"))
    hold_against(report, station, alone, work)


def first_start(station: Station, grower: Grower, share: int) -> float:
    """Start it on what is there; return how long it takes until lines are safe."""
    grower.until = share
    began = time.monotonic()
    station.start()
    until(lambda: heard_count(segments(station.raw)), "lines are in the raw log", station)
    return time.monotonic() - began


def kill_often(
    report: Report, station: Station, grower: Grower, kills: int, longest_s: float
) -> None:
    """Kill the station that runs and start it again, so often."""
    chance, when = grower.chance, Counter[str]()
    journal: list[tuple[object, ...]] = []
    whole = True
    for n in range(1, kills + 1):
        station.kill()
        if chance.random() < TORN_SHARE:
            tear(station, chance)
        if n % LOOKED_AT == 0 or n == kills:
            before, journal = journal, changes(station)
            whole &= journal[: len(before)] == before
        if n == kills:
            break
        known = len(segments(station.raw))
        grower.until = len(grower.data) * (n + 1) // (kills + 1)
        station.start()
        time.sleep(chance.uniform(0, longest_s))
        reached = len(segments(station.raw)) - known
        when["while it listened" if reached else "before it listened"] += 1
    for moment, count in sorted(when.items()):
        report.show(f"  {moment}", f"{count:,}")
    report.check("what was told is never untold", whole, f"looked at after every {LOOKED_AT}")


def tear(station: Station, chance: random.Random) -> None:
    """Leave what a power cut may leave behind the last segment: a piece of a frame."""
    paths = segments(station.raw)
    if paths:
        with paths[-1].open("ab") as file:
            file.write(b"\x28\xb5\x2f\xfd" + chance.randbytes(chance.randint(0, 300)))


def changes(station: Station) -> list[tuple[object, ...]]:
    """Return the journal of what was told of which event."""
    path = station.folder / "archive.sqlite3"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=10)) as db:
        return db.execute("select seq, what, id from changes order by seq").fetchall()


def finish(station: Station, count: int) -> None:
    """Start it, wait until it has all `count` lines of the file, and stop it."""
    known = heard_count(segments(station.raw)) if station.raw.exists() else 0
    station.start()
    station.status()
    if count > known:
        station.await_lines(count - known)
    station.stop()


def compare(report: Report, station: Station, data: bytes, work: Path) -> None:
    """Look whether everything in the file is in the log and the archive, once."""
    paths = segments(station.raw)
    lines = [line for piece in heard(paths) for line in piece]
    report.check(
        "every line is in the raw log once, in order",
        lines == data.splitlines(), f"{len(lines):,} lines, {len(paths):,} segments",
    )  # fmt: skip
    report.check("its chain of hashes is whole", not chain_breaks(paths))
    told = Counter((what, name) for _, what, name in changes(station) if what != "updated")
    twice = sum(count > 1 for count in told.values())
    report.check("no event was opened or closed twice", not twice, f"{len(told):,} changes")
    report.check("nothing failed in the station", not station.failures_count())
    live = station.events()
    replayed, complaints = station.replayed(work / "replay")
    report.check("a replay of the raw log finds the same bytes", replayed == live)
    report.aim("and has nothing to complain of", not complaints, complaints)
    station.rebuild()
    report.check("so does the archive when it is rebuilt", station.events() == live)


def hold_against(report: Report, station: Station, alone: Station, work: Path) -> None:
    """Compare the events with those of a station that was left alone."""
    killed, calm = (without_places(one.events()) for one in (station, alone))
    different = set(killed) ^ set(calm)
    report.show("events", f"{len(calm):,}", "of a station that was left alone")
    report.check(
        "events are those of a station that was left alone",
        sorted(killed) == sorted(calm) and len(calm) > 0,
        f"{len(different)} differ, the places of their lines aside",
    )
    # What opens and closes within one step is told once, so how often a thing is told to have
    # opened depends on how the file grew.
    ours, theirs = (
        Counter((what, name) for _, what, name in changes(one) if what in ("closed", "withdrawn"))
        for one in (station, alone)
    )
    report.check("and the same was told to be over", ours == theirs, f"{len(theirs):,} changes")
