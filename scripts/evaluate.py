"""Measure how well Sternlight finds what it is for, and write it into docs/quality.md.

    .venv/bin/python scripts/evaluate.py [--quick] [--recordings FOLDER]

Simulated seas with truth, real recordings with parts hidden, and real recordings
with nothing to find; docs/quality.md says what that proves and what not.  The same
command gives the same tables.  --quick is a small run that only prints.  Without the
real recordings (STERNLIGHT_RECORDINGS or --recordings) their tables stay as they are.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import _evaluate_ablation as ablation
import _evaluate_budget as budget
import _evaluate_conformance as conformance
import _evaluate_crossing as crossing
import _evaluate_gaps as gaps
import _evaluate_hulls as hulls
import _evaluate_identity as identity
import _evaluate_known as known
import _evaluate_meetings as meetings
import _evaluate_months as months
import _evaluate_real as real
import _evaluate_segments as segments
import _evaluate_stations as stations
import _evaluate_tables as tables

from receiver.sources.sea_chart import DAY
from sternlight.data import load_places
from sternlight.settings import Settings, load
from tracks.places import Places

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "quality.md"
T = TypeVar("T")


class Size(NamedTuple):
    """How much is simulated."""

    gap_seas: int
    gap_days: float
    meeting_seas: int
    meeting_days: float
    maskings: int
    sharings: int
    identity_seas: int
    identity_days: float
    budget_seas: int
    budget_days: float
    young_seas: int
    young_days: float
    other_seas: int
    other_days: float
    crossing_seas: int
    crossing_days: float
    months_seas: int
    months_days: float
    months_vessels: int
    first_seed: int = 1

    def seeds(self, count: int) -> range:
        """Return as many seeds."""
        return range(self.first_seed, self.first_seed + count)


FULL = Size(12, 14, 4, 10, 24, 40, 12, 4, 3, 42, 4, 35, 3, 10, 4, 20, 6, 75, 60)
QUICK = Size(2, 6, 1, 4, 1, 4, 1, 3, 1, 14, 1, 7, 1, 3, 1, 5, 1, 20, 30)


@cache
def settings() -> Settings:
    return load()


@cache
def places() -> Places:
    return load_places([])


def gap_sea(seed: int, days: float) -> gaps.Station:
    return gaps.station(seed, days, settings(), places())


def budget_sea(seed: int, days: float) -> Sequence[budget.Kept]:
    return budget.sea(seed, days, settings(), places())


def crossing_sea(seed: int, days: float) -> gaps.Station:
    return crossing.crossing(seed, days, settings(), places())


def months_sea(seed: int, days: float, vessels: int) -> months.Outcome:
    return months.months(seed, days, vessels, settings(), places())


def young_station(seed: int, days: float) -> stations.Judged:
    return stations.young(seed, days, settings(), places())


def other_stations(seed: int, days: float) -> dict[str, stations.Judged]:
    return stations.others(seed, days, settings(), places())


def meeting_sea(number: int, seed: int, days: float) -> dict[str, dict[str, meetings.Outcome]]:
    rules = meetings.rules(settings())
    if number:  # the rules of others are told of the first setting only
        rules = dict(list(rules.items())[:1])
    return meetings.outcomes(meetings.SETTINGS[number], seed, days, rules, places())


def identity_sea(seed: int, days: float) -> identity.Sea:
    return identity.sea(seed, days, settings(), places())


def hidden(folder: Path, seed: int) -> real.Masked:
    return real.hidden_windows(folder, seed, settings(), places())


def relaid(folder: Path, seed: int) -> real.Masked:
    return real.relaid(folder, seed, settings(), ships=150, days=10)


def normal(path: Path) -> real.Normal | None:
    return real.normal(path, settings(), places())


def sharing(number: int, seeds: range) -> list[hulls.Told]:
    return [hulls.simulated(hulls.SHARINGS[number], seed, settings()) for seed in seeds]


def real_sharing(folder: Path, name: str) -> list[hulls.Told]:
    return hulls.real_pairs(folder, name, settings())


def cases(folder: Path) -> list[conformance.Row]:
    published = folder.parent / "conformance"
    return conformance.of_cases(published) + known.of_recordings(folder, places())


def agreements(folder: Path) -> list[segments.Agreement]:
    return segments.agreements(folder, settings())


class Work:
    """Tasks in processes of their own; what they bring does not depend on how many those are."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def each(self, task: Callable[..., T], *arguments: tuple[Any, ...]) -> list[Future[T]]:
        """Begin a task with each set of arguments."""
        return [self._pool.submit(task, *some) for some in arguments]


def results(found: list[Future[T]]) -> list[T]:
    return [one.result() for one in found]


def measure(work: Work, size: Size, folder: Path) -> tables.Tables:
    """Do everything; the real recordings only if they are there."""
    gap_seas = work.each(gap_sea, *((k, size.gap_days) for k in size.seeds(size.gap_seas)))
    meeting_seas = [
        work.each(meeting_sea, *((n, k, size.meeting_days) for k in size.seeds(size.meeting_seas)))
        for n in range(len(meetings.SETTINGS))
    ]
    ids = work.each(
        identity_sea, *((k, size.identity_days) for k in size.seeds(size.identity_seas))
    )
    long_seas = work.each(
        budget_sea, *((k, size.budget_days) for k in size.seeds(size.budget_seas))
    )
    crossed = work.each(
        crossing_sea, *((k, size.crossing_days) for k in size.seeds(size.crossing_seas))
    )
    lived = work.each(
        months_sea,
        *((k, size.months_days, size.months_vessels) for k in size.seeds(size.months_seas)),
    )
    young = work.each(young_station, *((k, size.young_days) for k in size.seeds(size.young_seas)))
    other = work.each(other_stations, *((k, size.other_days) for k in size.seeds(size.other_seas)))
    of_hulls = measure_hulls(work, size, folder)
    of_real = measure_real(work, size, folder) if folder.is_dir() else {}
    made = tables.of_gaps(results(gap_seas)) | tables.of_budget(results(long_seas))
    made |= tables.of_crossing(results(crossed))
    by_setting: tables.Meetings = {}
    for setting, futures in zip(meetings.SETTINGS, meeting_seas, strict=True):
        seas = results(futures)
        by_setting[setting.name] = {
            rule: {kind: [sea[rule][kind] for sea in seas] for kind in meetings.KINDS}
            for rule in seas[0]
        }
    made |= tables.of_identity(results(ids))
    made |= months.of_months(results(lived), size.months_days)
    made |= stations.of_stations(results(young), results(other), (size.young_days, size.other_days))
    learned = gaps.START + min(gaps.LEARN_DAYS, size.young_days / 3) * DAY
    scored = [one.within(learned, math.inf).made for one in results(young)]
    made |= measure_factors(work, ablation.of_ablation(scored, by_setting))
    return made | tables.of_meetings(by_setting) | of_hulls | of_real


def measure_factors(work: Work, made: dict[str, list[ablation.Made]]) -> tables.Tables:
    """Leave out each factor of a score in turn."""
    written = work.each(ablation.written, *((seas,) for seas in made.values()))
    return dict(zip(made, results(written), strict=True))


def measure_hulls(work: Work, size: Size, folder: Path) -> tables.Tables:
    """Give ships one MMSI: made-up ones, and real ones if they are there."""
    seeds = size.seeds(size.sharings)
    made_up = work.each(sharing, *((n, seeds) for n in range(len(hulls.SHARINGS))))
    names = list(hulls.PAIRED) if folder.is_dir() else []
    real_ones = work.each(real_sharing, *((folder, name) for name in names))
    told = {s.name: one for s, one in zip(hulls.SHARINGS, results(made_up), strict=True)}
    for name, pairs in zip(names, results(real_ones), strict=True):
        for band, some in hulls.bands(pairs).items():
            told[f"{name}, pairs whose nearest was {band}"] = some
    return hulls.of_sharing(told)


def measure_real(work: Work, size: Size, folder: Path) -> tables.Tables:
    """Do what is done with the real recordings."""
    maskings = [(folder, k) for k in size.seeds(size.maskings)]
    windows, laid = work.each(hidden, *maskings), work.each(relaid, *maskings)
    normals = work.each(normal, *((path,) for path in real.recordings(folder)))
    agreed, compared = work.each(agreements, (folder,)), work.each(cases, (folder,))
    return (
        tables.of_masked(results(windows), results(laid))
        | tables.of_normal([one for one in results(normals) if one])
        | segments.of_segments(results(agreed)[0])
        | conformance.of_conformance(results(compared)[0])
    )


def main() -> None:
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a small run; prints and writes nothing"
    )
    parser.add_argument("--recordings", type=Path, help="the folder of real recordings")
    parser.add_argument("--page", type=Path, help="the page to fill, if not docs/quality.md")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--first-seed", type=int, default=1, help="other seas: another number")
    parser.add_argument("--days", type=float, help="of each simulated sea")
    asked = parser.parse_args()
    elsewhere = os.environ.get("STERNLIGHT_RECORDINGS")
    folder = asked.recordings or Path(elsewhere or ROOT.parent / "shared" / "recordings")
    size = (QUICK if asked.quick else FULL)._replace(first_seed=asked.first_seed)
    if asked.days:
        lasts = (
            "gap_days", "meeting_days", "budget_days", "young_days", "other_days", "crossing_days",
            "months_days",
        )  # fmt: skip
        size = size._replace(**dict.fromkeys(lasts, asked.days))
        size = size._replace(identity_days=max(asked.days, 2.0))  # on the first nobody changes
    page = asked.page or (None if asked.quick else PAGE)
    with ProcessPoolExecutor(asked.jobs) as pool:
        made = measure(Work(pool), size, folder)
    for name, text in made.items():
        print(f"\n## {name}\n\n{text}")
    if not folder.is_dir():
        print(f"\nNo real recordings in {folder}; say --recordings FOLDER.", file=sys.stderr)
    if page:
        page.write_text(tables.fill(page.read_text("utf-8"), made), "utf-8")
        print(f"\n{page}: {len(made)} tables written", file=sys.stderr)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
