"""Prove a station over long times, with the real daemon as a child process; print figures.

    .venv/bin/python scripts/soak.py --days 30 [--vessels 300] [--rate 3]
    .venv/bin/python scripts/soak.py --kills 1000
    .venv/bin/python scripts/soak.py --load 20000 [--vessels 20000] [--seconds 60]
    .venv/bin/python scripts/soak.py --year 365
    .venv/bin/python scripts/soak.py --quiet 50 [--vessels 1000] [--minutes 10] [--hours 9]

--days plays a simulated sea as fast as the station takes it, with outages, broken connections,
garbage, half lines, wrong clocks and restarts, and in the end holds the events against a
replay of the raw log, a rebuild, and the sea without all that.  --kills kills a station
that follows a growing file at random instants.  --load sends so many lines a second.
--quiet sends so many in real time, after some hours of them in fast motion, and
measures what the station costs, and how long after a line an event is kept.  --year writes
the ships' record of so many days, and measures its size, the nightly work on it, and how
long `sternlight vessel` takes.

What is killed cannot tell a power cut from a kill: lines that were written and not
synced survive a kill.  So half of the kills leave a piece of an unfinished frame behind.
Linux only, for /proc.  The exit code is 1 if something that must hold does not.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from _soak_days import run_days
from _soak_kills import run_kills
from _soak_load import run_load
from _soak_quiet import run_quiet
from _soak_report import Report
from _soak_year import run_year


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--days", type=float, help="a sea for so many days, in fast motion")
    what.add_argument("--kills", type=int, help="kill it so often")
    what.add_argument("--load", type=int, help="so many lines a second, by our clock")
    what.add_argument("--year", type=int, help="the ships' record of so many days")
    what.add_argument("--quiet", type=float, help="so many lines a second, in real time")
    parser.add_argument("--vessels", type=int)
    parser.add_argument("--rate", type=float, default=3.0, help="with --days: lines a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="with --load")
    parser.add_argument("--minutes", type=float, default=10.0, help="with --quiet")
    parser.add_argument("--hours", type=float, default=9.0, help="with --quiet: before, fast")
    parser.add_argument("--window-mb", type=float, default=8.0, help="most that is on its way")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-targets", action="store_true", help="print figures, judge none")
    parser.add_argument("--work", type=Path, help="keep everything in this new folder")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    report = Report(targets=not asked.no_targets)
    with ExitStack() as stack:
        if asked.work:
            asked.work.mkdir(parents=True)
            work = asked.work
        else:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sternlight-soak-")))
        if asked.days:
            vessels = asked.vessels or 300
            run_days(report, work, asked.days, vessels, asked.rate, asked.seed, asked.window_mb)
        elif asked.kills:
            run_kills(report, work, asked.kills, asked.vessels or 40, asked.seed)
        elif asked.load:
            run_load(report, work, asked.load, asked.vessels or 20_000, asked.seconds, asked.seed)
        elif asked.year:
            run_year(report, work, asked.year)
        else:
            vessels = asked.vessels or 1000
            run_quiet(
                report, work, asked.quiet, vessels, asked.minutes, asked.hours, asked.seed,
                asked.window_mb,
            )  # fmt: skip
    for name in report.failed:
        print(f"FAILED: {name}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
