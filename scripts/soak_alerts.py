"""Prove that alerts arrive: thousands of events, hundreds of subscribers, faults and kills.

    .venv/bin/python scripts/soak_alerts.py [--events 10000] [--subscribers 200] [--kills 200]

Writes events into a station's archive as they would come within some weeks, and lets the post
do its rounds by a clock that is moved on two hours at a time, against a real mail server that
greylists, refuses, is slow, full and out of order, and breaks off within mails and after
them.  So many rounds are killed at random moments.  Subscribers join, pause and leave, addresses
die, keys expire.  In the end what arrived is held against what the events and the wishes
say must have, worked out without the station's code: nothing missing, nothing to the wrong
reader, nothing twice but after a kill or a broken connection, and then under the same
Message-ID; nothing unencrypted to who gave a key.  The exit code is 1 if that does not hold.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from _soak_alerts_check import compare
from _soak_alerts_run import Run
from _soak_report import Report


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--weeks", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-faults", action="store_true", help="of the mail server")
    parser.add_argument("--work", type=Path, help="keep everything in this new folder")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    report = Report()
    with ExitStack() as stack:
        if asked.work:
            asked.work.mkdir(parents=True)
            work = asked.work
        else:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sternlight-soak-")))
        run = Run.prepare(work, asked.events, asked.subscribers, asked.weeks, asked.seed)
        run.go(report, asked.kills, faulty=not asked.no_faults)
        compare(report, run)
    for name in report.failed:
        print(f"FAILED: {name}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
