"""One round of the post, as a process of its own: `python -m sternlight.alerts.post`.

It takes in what the archive's journal tells, reads what subscribers answered, decides what is
due, and sends it.  It is short-lived, so that whatever it needs (drawing, encryption, mail)
costs the station no memory; only one runs at a time.

A letter counts as sent once the receiving side has taken it over and that is written down.
Whoever ends the process between the two makes one letter come twice, with the same
Message-ID; no other moment loses or repeats anything.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.mail_settings import Mail
from sternlight.aside import give_way
from sternlight.errors import ArchiveError, SettingsError
from sternlight.sqlite import ARCHIVE
from sternlight.text import counted, plain

LOCK = "alerts.lock"  # in the folder of a station


class Report(TypedDict):
    """What a round did, for whoever started it."""

    sent: int
    waiting: int  # letters that are due now or later
    failed: int
    next_due: float | None  # Unix seconds
    says: list[str]  # what somebody should know; no sentence has an address in it


class Busy(Exception):
    """Another round goes on."""


@dataclass(slots=True)
class Round:
    """What one round needs.  `now` gives Unix seconds; `stop` whether it is to end soon."""

    folder: Path
    mail: Mail
    around_h: float = 6.0  # `[answers] around_h`: of the ships' ways on the maps
    now: Callable[[], float] = time.time
    stop: Callable[[], bool] = lambda: False
    says: list[str] = field(default_factory=list)

    def run(self, status: dict[str, Any] | None = None) -> Report:
        """Do all that is to be done; `status` is the station's, if it runs.

        Raises Busy, ArchiveError and SettingsError.
        """
        from sternlight.alerts.schedule import plan

        seal = Seal.of(Path(self.mail.keys))
        with alone(self.folder), Book.open(self.folder) as book:
            self._take_in(book, seal)
            self._read_answers(book, seal)
            self._look_after(book, seal, status)
            plan(book, seal, self.now())
            sent, failed = self._deliver(book, seal)
            waiting = book.read("select count(*) from letters where state in ('due', 'waiting')")
            return {
                "sent": sent,
                "waiting": waiting[0][0],
                "failed": failed,
                "next_due": book.next_due(),
                "says": self.says,
            }

    def _take_in(self, book: Book, seal: Seal) -> None:
        from sternlight.alerts.intake import take_in
        from sternlight.archive import Archive

        if (self.folder / ARCHIVE).exists():
            with Archive.look(self.folder) as archive:
                take_in(archive, book, seal, self.now())

    def _read_answers(self, book: Book, seal: Seal) -> None:
        from sternlight.alerts.inbox import fetch

        if self.mail.inbox and book.read("select 1 from subscriptions limit 1"):
            self.says += fetch(book, seal, self.mail, self.now())

    def _look_after(self, book: Book, seal: Seal, status: dict[str, Any] | None) -> None:
        from sternlight.alerts.health import look_after

        if status is not None and self.mail.operator:
            look_after(book, seal, self.mail, status, self.now())

    def _deliver(self, book: Book, seal: Seal) -> tuple[int, int]:
        from sternlight.alerts.delivery import Delivery
        from sternlight.alerts.parcels import Parcels

        with Parcels.open(self.folder, book, seal, self.mail, self.around_h) as parcels:
            delivery = Delivery(book, seal, self.mail, parcels.make, self.now, self.stop)
            delivery.run()
        self.says += delivery.says
        return delivery.sent_count, delivery.failed_count


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the post of a station; raises Busy if somebody else does."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("the post of this station is busy; it will not be long") from None
        yield


def main() -> int:
    """Do a round for a running station, which says on standard input what it is."""
    from sternlight.settings import load

    give_way()
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):  # that of a terminal comes here, too
        signal.signal(number, lambda *_: ending.append(1))
    asked = json.loads(sys.stdin.read())
    try:
        settings = load(Path(asked["config"]) if asked["config"] else None)
        round_ = Round(
            Path(asked["data"]), settings.mail, settings.answers.around_h,
            stop=lambda: bool(ending),
        )  # fmt: skip
        report = round_.run(asked["status"])
    except Busy:
        return os.EX_TEMPFAIL
    except (ArchiveError, SettingsError) as error:
        print(plain(str(error)), file=sys.stderr)
        return 1
    print(json.dumps(report))
    return 0


def told(report: Report) -> str:
    """Say what a round did."""
    text = f"{counted(report['sent'], 'letter')} sent"
    if report["failed"]:
        text += f", {report['failed']:,} refused for good"
    if report["waiting"]:
        text += f", {report['waiting']:,} waiting"
    return text + "."


if __name__ == "__main__":
    # The station that started it may be gone; what it would print is then nobody's.
    code = main()
    sys.stdout.flush()
    os._exit(code)
