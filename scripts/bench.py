"""Measure Sternlight against its peers and against itself; print ratios, not opinions.

    .venv/bin/python scripts/bench.py [FILE.nmea] [--times 3] [--quick]

Every figure is CPU time (user and system) of a process of its own on one core,
the best of several, start-up and imports included; the second ratio leaves out what a
hundred lines of the file cost.  pyais decodes the very same file.  Global Fishing
Watch's figures are constants: they were measured once, with their code, on 2 cores of
an x86 computer with Debian 12 and Python 3.11.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
GFW_ENCOUNTERS_PER_S = 8_400  # fixes/s, the core of GFW pipe-encounters without Beam
GFW_GAPS_PER_S = 690_000  # fixes/s, the core of GFW pipe-gaps

FILE, FEW_LINES = "FILE", 100
HOURS, VESSELS = 64.0, 500  # of the simulated sea: about a million lines

PYAIS = """
import sys
from pyais import IterMessages
from pyais.exceptions import AISBaseException
n = 0
with open(sys.argv[1], "rb") as file:
    for message in IterMessages(file):
        try:
            message.decode()
            n += 1
        except AISBaseException:
            pass
print(n)
"""
DECODE = """
import sys
from receiver.formats import by_name
from receiver.sources.logfile import open_inputs
n = 0
for recording in open_inputs([sys.argv[1]]):
    for batch in by_name("nmea").read(recording, 0, 0):
        n += len(batch.positions) + len(batch.statics)
print(n)
"""
CLI = "import runpy; runpy.run_module('sternlight', run_name='__main__')"


class Cost(NamedTuple):
    """What a process used."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    printed: str


def run(code: str, *arguments: str) -> Cost:
    """Run Python code in a process of its own; raises SystemExit if it fails."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - began
        if status:
            raise SystemExit(f"failed: {' '.join(arguments)}")
        out.seek(0)
        unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there, else KiB
        return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / unit, out.read())


def best(times: int, *commands: tuple[str, ...]) -> list[Cost]:
    """Run several commands in turn, several times; return of each the least CPU time.

    In turn, since a shared computer is fast at one time and slow at another.
    """
    rounds = [[run(*command) for command in commands] for _ in range(times)]
    return [min(costs, key=lambda cost: cost.cpu_s) for costs in zip(*rounds, strict=True)]


def show(name: str, value: str, note: str = "") -> None:
    print(f"{name:<44} {value:>16}   {note}", flush=True)


def compare(path: Path, times: int, work: Path) -> Cost:
    """Measure one file in every way; return the cost of its replay."""
    few = work / "few.nmea"
    with path.open("rb") as file:
        few.write_bytes(b"".join(itertools.islice(file, FEW_LINES)))
        lines = FEW_LINES + sum(1 for _ in file)
    print(f"\n{path.name}: {lines:,} lines, {path.stat().st_size / 1e6:.1f} MB; best of {times}\n")
    table, results = str(work / "reports.parquet"), str(work / "results")
    measured = (
        ("pyais, iterate and decode", PYAIS, [FILE]),
        ("decode to columns", DECODE, [FILE]),
        ("sternlight decode --out FILE.parquet", CLI, ["decode", FILE, "--out", table]),
        (
            "sternlight replay, file to ranking",
            CLI,
            ["replay", FILE, "--no-report", "--out", results],
        ),
    )
    whole, start = (
        best(
            times,
            *((code, *(str(p) if w == FILE else w for w in words)) for _, code, words in measured),
        )
        for p in (path, few)
    )
    peer_s, peer_start_s = whole[0].cpu_s, start[0].cpu_s
    for (name, _, _), cost, few_cost in zip(measured, whole, start, strict=True):
        work_only = (peer_s - peer_start_s) / (cost.cpu_s - few_cost.cpu_s)
        times_pyais = f"{peer_s / cost.cpu_s:.1f} times pyais"
        show(
            name,
            f"{lines / cost.cpu_s:,.0f} lines/s",
            "" if cost is whole[0] else f"{times_pyais}; {work_only:.1f} without both start-ups",
        )
    ours = whole[-1]
    show("its peak memory", f"{ours.peak_mb:.0f} MB")
    return ours


def growth(one: Cost, path: Path, work: Path, times: int) -> None:
    """Measure a recording ten times as long."""
    (ten,) = best(times, (CLI, "replay", str(path), "--no-report", "--out", str(work / "results")))
    show("ten times the recording", f"{ten.cpu_s / one.cpu_s:.1f} times", "the CPU time")
    show("", f"{ten.peak_mb / one.peak_mb:.2f} times", f"the memory ({ten.peak_mb:.0f} MB)")


def start_up(times: int) -> None:
    shown = min((run(CLI, "--help") for _ in range(max(times, 5))), key=lambda cost: cost.wall_s)
    show("sternlight --help", f"{shown.wall_s:.2f} s", "of wall-clock time")


class Timed:
    """A fold whose steps are timed."""

    def __init__(self, fold: object) -> None:
        self._fold = fold
        self.cpu_s = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._fold, name)

    def step(self, *arguments: object) -> object:
        """Pass a step on, and add up its CPU time."""
        began = time.process_time()
        result = self._fold.step(*arguments)  # type: ignore[attr-defined]
        self.cpu_s += time.process_time() - began
        return result


def detectors(path: Path) -> None:
    """Measure the detectors alone, on the fixes that the pipeline makes of a file."""
    import numpy as np

    from receiver.formats import by_name
    from receiver.sources.logfile import open_inputs
    from sternlight.data import data_folder
    from sternlight.settings import load
    from sternlight.station import Station
    from tracks.batch import PositionBatch, StaticBatch
    from tracks.places import Places

    inputs = open_inputs([str(path)])
    batches = [b.positions for i in inputs for b in by_name("nmea").read(i, 0, 0)]
    heard = PositionBatch.concat(batches)
    heard = heard.take(np.argsort(heard.t, kind="stable"))
    station = Station(load(), Places.load(data_folder() / "places"))
    station.points = Timed(station.points)  # type: ignore[assignment]
    station.detectors = [Timed(d) for d in station.detectors]  # type: ignore[misc]
    fix_count = 0
    cuts = [*range(0, len(heard), 250_000), len(heard)]
    for begin, end in itertools.pairwise(cuts):
        as_of = heard.t[end] if end < len(heard) else np.inf
        step = station.step(
            heard.take(slice(begin, end)), StaticBatch.empty(), as_of, end == len(heard)
        )
        fix_count += sum(len(heard.fixes) for heard in step.heard)
    print(f"\ndetectors alone: {fix_count:,} fixes of {len(station.fleet):,} tracks\n")
    peers = {"encounter": GFW_ENCOUNTERS_PER_S, "gap": GFW_GAPS_PER_S}
    for timed in station.detectors:
        resampling_s = 0.0 if timed.kind == "gap" else station.points.cpu_s  # type: ignore[attr-defined]
        per_s = fix_count / (timed.cpu_s + resampling_s)  # type: ignore[attr-defined]
        peer = peers.get(timed.kind)
        note = f"{per_s / peer:.0f} times GFW's {peer:,}/s" if peer else ""
        show(timed.kind, f"{per_s:,.0f} fixes/s", note)


def simulated(folder: Path, name: str, hours: float, vessels: int) -> Path:
    path = folder / f"{name}.nmea"
    print(f"simulating {vessels} vessels for {hours:g} h ...", flush=True)
    run(CLI, "simulate", "--out", str(path), "--hours", str(hours), "--vessels", str(vessels))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, help="NMEA; a simulated sea if none is given")
    parser.add_argument("--times", type=int, default=3, help="take the best of so many")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, once")
    asked = parser.parse_args()
    times = 1 if asked.quick else asked.times
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="sternlight-bench-") as name:
        work = Path(name)
        hours = HOURS / 10 if asked.quick else HOURS
        file = asked.file or simulated(work, "sea", hours, VESSELS)
        one = compare(file, times, work)
        if not asked.file:
            growth(one, simulated(work, "ten-times", 10 * hours, VESSELS), work, min(times, 2))
        start_up(times)
        detectors(file)


if __name__ == "__main__":
    main()
