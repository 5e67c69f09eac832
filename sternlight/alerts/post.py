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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypedDict

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.postman import BUSY
from sternlight.aside import give_way
from sternlight.errors import ArchiveError, SettingsError
from sternlight.settings import Settings, load
from sternlight.sqlite import ARCHIVE, Database
from sternlight.status import Status
from sternlight.text import counted, plain
from tracks.place import PlacesError

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
    settings: Settings
    now: Callable[[], float] = time.time
    stop: Callable[[], bool] = lambda: False
    says: list[str] = field(default_factory=list)

    def run(self, status: Status | None = None) -> Report:
        """Do all that is to be done; `status` is the station's, if it runs.

        Raises Busy, ArchiveError and SettingsError.
        """
        from sternlight.alerts.schedule import plan

        seal = Seal.of(Path(self.settings.mail.keys))
        with ExitStack() as stack:
            stack.enter_context(alone(self.folder))
            book = stack.enter_context(Book.open(self.folder))
            archive = self._archive(stack)
            if archive is not None:
                self._take_in(archive, book, seal)
            self._read_answers(book, seal)
            self._look_after(book, seal, status)
            plan(book, seal, self.now())
            sent, failed = self._deliver(archive, book, seal)
            waiting = book.read("select count(*) from letters where state in ('due', 'waiting')")
            return {
                "sent": sent,
                "waiting": waiting[0][0],
                "failed": failed,
                "next_due": book.next_due(),
                "says": self.says,
            }

    def _archive(self, stack: ExitStack) -> Database | None:
        there = (self.folder / ARCHIVE).exists()
        return stack.enter_context(Database.look(self.folder)) if there else None

    def _take_in(self, archive: Database, book: Book, seal: Seal) -> None:
        from sternlight.alerts.intake import take_in
        from sternlight.alerts.listed_ships import names_of

        take_in(archive, book, seal, self.now(), names_of(archive, self.settings))

    def _read_answers(self, book: Book, seal: Seal) -> None:
        from sternlight.alerts.inbox import collect

        mail = self.settings.mail
        if not mail.inbox or not book.read("select 1 from subscriptions limit 1"):
            return
        try:
            collected = collect(book, seal, mail, self.now())
        except SettingsError as error:  # what is due can go out all the same
            self.says.append(str(error))
            return
        if collected.says:
            self.says.append(collected.says)

    def _look_after(self, book: Book, seal: Seal, status: Status | None) -> None:
        from sternlight.alerts.health import look_after

        if status is not None and self.settings.mail.operator:
            look_after(book, seal, self.settings.mail, status, self.now())

    def _deliver(self, archive: Database | None, book: Book, seal: Seal) -> tuple[int, int]:
        from sternlight.alerts.delivery import Delivery
        from sternlight.alerts.parcels import Packer
        from sternlight.alerts.pgp_station import station_key
        from sternlight.data import data_folder, load_places
        from sternlight.telling.facts import Teller
        from tracks.flags import Flags

        if book.next_due() is None:
            return 0, 0
        mail = self.settings.mail
        around_h = self.settings.answers.around_h
        flags = Flags.load(data_folder() / "flags.csv")
        teller = Teller(archive, flags, book, around_h) if archive else None
        places = cache(lambda: load_places(self.settings.watch.places))
        key = station_key(Path(mail.keys))
        packer = Packer(book, seal, mail, teller, places, key, self.says)
        delivery = Delivery(book, seal, mail, packer.pack, self.now, self.stop, self.says)
        delivery.run()
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
    give_way()
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):  # that of a terminal comes here, too
        signal.signal(number, lambda *_: ending.append(1))
    asked = json.loads(sys.stdin.read())
    try:
        settings = load(Path(asked["config"]) if asked["config"] else None)
        round_ = Round(Path(asked["data"]), settings, stop=lambda: bool(ending))
        report = round_.run(asked["status"])
    except Busy:
        return BUSY
    except (ArchiveError, PlacesError, SettingsError) as error:
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
