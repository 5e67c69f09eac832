"""A year of a station's record in minutes: how large it gets, and how soon it answers.

Only the record is played, not the radio: ten-minute points of as many ships as 50 sentences
a second come from, through the folds that write the record, into an archive.  Who fishes
turns as fishing vessels do, since a straight way takes few bytes.  Events have the size of
those that a replay of the simulated sea wrote; how many a day there are is `EVENTS_A_DAY`.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _soak_report import Report

from anomalies.indicators import Signs
from receiver.sources.simulator import EMBEDDED
from sternlight.archive import Archive
from sternlight.data import load_places
from sternlight.fleet import Fleet
from sternlight.job import Job, run
from sternlight.nightly import Nightly
from sternlight.record.store import Finished
from sternlight.settings import Settings
from tracks.batch import HULLS_PER_MMSI, Fixes, Points, StaticBatch
from tracks.daybook import DAY_BINS, DAY_S, Around, Daybook, Heard

START_DAY = 20_148  # 2025-03-01
RESIDENTS, CALLERS, PASSERS = 150, 1000, 1850  # 3,000 hulls; 250 to 300 are heard at a time
CALL_DAYS, CALLS_EVERY_DAYS, PASSES_EVERY_DAYS = 3, 12, 40
EVENTS_A_DAY = 20
PORT = (14.68, -17.42)  # Dakar, of which the places know
MOST_MB = 300.0
ANSWER_S = 0.3
NIGHT_S, NIGHT_MB = 120.0, 400.0
ASKED = 8  # ships whose record is asked for


class Day(NamedTuple):
    """Who was where on a day: rows are hulls, columns ten-minute marks."""

    track: np.ndarray
    at: np.ndarray  # complex, nmi east and north of the port
    heard: np.ndarray
    fishing: np.ndarray


def days(count: int, rng: np.random.Generator) -> Iterator[tuple[int, Day]]:
    """Yield what is heard day by day."""
    hulls = RESIDENTS + CALLERS + PASSERS
    track = (200_000_000 + 150_000 * np.arange(hulls)) * HULLS_PER_MMSI + 1
    phase = rng.uniform(0, 1, hulls)
    bearing = np.exp(1j * rng.uniform(np.pi * 0.6, np.pi * 1.6, hulls))  # the sea is in the west
    mark = np.arange(DAY_BINS) / DAY_BINS
    for day in range(count):
        t = day + mark
        out = np.abs(np.sin(np.pi * (t[None] / 2.5 + phase[:RESIDENTS, None])))
        fishes = np.arange(RESIDENTS) % 3 > 0
        turn = rng.normal(0, 0.35, (RESIDENTS, DAY_BINS)).cumsum(axis=1)
        wander = (0.7 * np.exp(1j * turn)).cumsum(axis=1) * fishes[:, None] * (out > 0.4)
        at = [bearing[:RESIDENTS, None] * out * 30 + wander]
        fishing = [(fishes[:, None] & (out > 0.4))]
        who = [np.arange(RESIDENTS)]
        first = (day - np.floor(phase * CALLS_EVERY_DAYS)) % CALLS_EVERY_DAYS
        calls = np.flatnonzero((first < CALL_DAYS)[RESIDENTS : RESIDENTS + CALLERS]) + RESIDENTS
        hours = (first[calls, None] + mark) * 24
        away = np.maximum(0, 50 - 12 * hours) + np.maximum(0, 12 * (hours - CALL_DAYS * 24 + 4))
        at.append(bearing[calls, None] * away + 0.01 * rng.normal(size=away.shape))
        when = (day - np.floor(phase * PASSES_EVERY_DAYS)) % PASSES_EVERY_DAYS
        passes = np.flatnonzero(when == 0)
        passes = passes[passes >= RESIDENTS + CALLERS]
        along = (mark * 24 - 12 + 6 * (phase[passes, None] - 0.5)) * 13
        at.append(-25 + 1j * along + np.cumsum(0.03 * rng.normal(size=along.shape), axis=1))
        who += [calls, passes]
        rows = np.concatenate(who)
        place = np.concatenate(at)
        heard = (np.abs(place) < 45) & (rng.uniform(size=place.shape) < 0.97)
        status = np.zeros(place.shape, np.bool_)
        status[:RESIDENTS] = fishing[0]
        yield START_DAY + day, Day(track[rows], place, heard, status)


def points(day: int, heard: Day) -> Points:
    """Return the points of a day."""
    row, mark = np.nonzero(heard.heard)
    at = heard.at[row, mark]
    lat = PORT[0] + at.imag / 60
    return Points.make(
        len(row),
        track=heard.track[row],
        bin=day * DAY_BINS + mark,
        lat=lat,
        lon=PORT[1] + at.real / 60 / np.cos(np.radians(PORT[0])),
        nav_status=np.where(heard.fishing[row, mark], 7, 0),
    )


def statics(day: int, heard: Day) -> StaticBatch:
    """Return what those heard on a day claim; one in two hundred calls itself another name."""
    mmsi = heard.track // HULLS_PER_MMSI
    n = len(mmsi)
    renamed = (mmsi // 150_000 % 200 == 0) & (day > START_DAY + 180)
    first = np.argmax(heard.heard, axis=1) * 600.0
    return StaticBatch.make(
        n,
        mmsi=mmsi,
        t=day * DAY_S + first,
        name=np.array(
            [
                b"SIM %d%s" % (m % 1_000_000, b" B" * int(r))
                for m, r in zip(mmsi, renamed, strict=True)
            ]
        ),
        call_sign=np.array([b"Q%06d" % (m // 150 % 1_000_000) for m in mmsi]),
        ship_type=np.where(np.arange(n) < RESIDENTS, 30, 70),
        imo=3_000_000 + mmsi // 150_000,
        to_bow_m=20 + mmsi // 150 % 150,
        to_stern_m=10,
        to_port_m=4,
        to_starboard_m=5,
    )


def write(folder: Path, count: int, events: list[dict[str, object]]) -> Archive:
    """Write the record of so many days."""
    book, places = Daybook(), load_places(())
    visiting = Settings().visits
    around = Around(places, lambda tracks: np.ones(len(tracks), np.bool_))
    state, calls = book.start(), visiting.start()
    archive, fleet = Archive.open(folder), Fleet.empty()
    for day, heard in days(count, np.random.default_rng(7)):
        some = points(day, heard)
        until = (day + 1) * DAY_S
        state, pages = book.step(
            state, Heard(Fixes.empty(), some, statics(day, heard)), around, until
        )
        calls, ports = visiting.step(calls, some, places, until)
        fleet = fleet.hear(
            Fixes.make(len(some), track=some.track, t=some.bin * 600.0, ship_class=1)
        )
        with archive.transaction():
            archive.remember([Finished(pages, ports.over)])
            for i in range(EVENTS_A_DAY):
                pick = heard.track[(i * 37) % len(heard.track)]
                note(archive, events[(day + i) % len(events)], day, i, int(pick))
    with archive.transaction():
        archive.remember_hulls(fleet)
    return archive


def note(archive: Archive, row: dict[str, object], day: int, nth: int, track: int) -> None:
    """Keep an event like one that a replay wrote, of that ship, on that day."""
    start = day * DAY_S + nth * 3600.0
    mine = {**row, "id": f"{row['id']}-{day}-{nth}", "tracks": [f"{track // 1000}.1"]}
    text = json.dumps(mine)
    columns = (row["kind"], "closed", start, start + 7200, row["score"], True, text, text)
    archive.note_event(str(mine["id"]), columns, [track])


def run_year(report: Report, work: Path, days_count: int) -> None:
    """Play so many days and measure."""
    results = work / "sea"
    sea = work / "sea.nmea"
    sea.write_bytes(b"".join(EMBEDDED.lines()))
    run(Job((str(sea),), results))
    events = [json.loads(line) for line in (results / "events.jsonl").open()]
    folder = work / "station"
    folder.mkdir()
    began = time.monotonic()
    archive = write(folder, days_count, events)
    counts = {name: archive.read(f"select count(*) from {name}")[0][0]
              for name in ("hulls", "days", "claims", "visits", "events")}  # fmt: skip
    # Residents, who have most, come first.
    mmsis = [mmsi for (mmsi,) in archive.read("select mmsi from hulls order by mmsi")]
    archive.close()
    size_mb = (folder / "archive.sqlite3").stat().st_size / 1e6
    a_year_mb = size_mb * 365 / days_count
    for name, count in counts.items():
        report.show(name, count)
    report.show("seconds to write them", round(time.monotonic() - began))
    report.show("archive, MB a year", round(a_year_mb))
    report.aim(f"at most {MOST_MB:.0f} MB", a_year_mb <= MOST_MB)
    began = time.monotonic()
    night = Nightly().compute(folder, Signs())
    took_s = time.monotonic() - began
    used_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    with Archive.open(folder) as archive, archive.transaction():
        archive.remember_night(night)
    report.show("nightly work, s", round(took_s, 1), f"{len(night.standings):,} ships")
    report.show("its memory, MB", round(used_mb))
    report.aim(f"at most {NIGHT_S:.0f} s and {NIGHT_MB:.0f} MB",
               took_s <= NIGHT_S and used_mb <= NIGHT_MB)  # fmt: skip
    took = sorted(answered_s(folder, mmsi) for mmsi in mmsis[:: max(len(mmsis) // ASKED, 1)])
    report.show("`sternlight vessel`, s, start-up included", round(statistics.median(took), 2),
                f"median of {len(took)}; at most {took[-1]:.2f}")  # fmt: skip
    report.aim(f"at most {ANSWER_S} s", statistics.median(took) <= ANSWER_S)


def answered_s(folder: Path, mmsi: int) -> float:
    """Return how long it takes to ask for a ship."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "sternlight", "vessel", str(mmsi), "--data", str(folder)],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began
