"""Has the post of a running station done: by rounds of `post.py`, each a process of its own.

All that alerts cost the station is a thread that mostly sleeps.  Nothing here can hold the
station up or end it: what goes wrong is said once, told in the status, and tried again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sternlight.alerts.book import BOOK, Glance, glance
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.rounds import DAY_S, Rounds
from sternlight.aside import started
from sternlight.errors import ArchiveError
from sternlight.jsontext import dumps, finite
from sternlight.status import MailStatus, Status, found
from sternlight.system_clock import elapsed_s

MODULE = "sternlight.alerts.post"
BUSY = os.EX_TEMPFAIL  # with which a round ends that found another at work
FIRST_LOOK_S = 3.0
LOOK_S = 20.0
LONGEST_S = 1800.0  # for a round
ENDS_S = 10.0  # so long a round that is asked to end may take to finish a letter
UNREAD = Glance(0.0, {}, 0, None)  # of a book that is locked or damaged
SAID_COUNT = 50  # kinds of trouble that are remembered, not to say them twice a day

# Who gets mail is in no journal: what looks like an address is left out, whoever wrote it.
_ADDRESS = re.compile(r"\S*@\S*")
_PLACE = re.compile(r'File "(?:.*/)?([^"/]+)", line (\d+)')


class RoundFailedError(Exception):
    """A round did not end well; the message says why, without an address."""


class Postman:
    """Begins rounds when it is time; `say` writes a line for whoever keeps the journal.

    `module` is what a round runs; it is asked as `ask` says and answers as post.Report.
    """

    def __init__(
        self,
        folder: Path,
        config: Path | None,
        mail: Mail,
        say: Callable[[str], None],
        module: str = MODULE,
    ) -> None:
        self._folder, self._config, self._say, self._module = folder, config, say, module
        self._rounds = Rounds(mail)
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._status: Callable[[], Status]
        self._book: Glance | None = None
        self._book_is: tuple[int, int] | None = None  # when it was written and its size, then
        self._sent_count = self._failed_count = 0
        self._since: float | None = None
        self._why_not = ""
        self._broken = False  # the last round failed as a whole
        self._said: dict[str, float] = {}

    def start(self, status: Callable[[], Status]) -> None:
        """Begin to look; `status` may be asked in any thread."""
        self._status = status
        self._thread.start()

    def news(self, alert: bool) -> None:
        """Take note, at once, that the journal has grown, perhaps by an alert."""
        self._rounds.news = True
        if alert:
            self._rounds.alert = True
            self._wake.set()

    def account(self) -> MailStatus:
        """Return how it goes, at once."""
        book, why_not, since = self._book, self._why_not, self._since
        if self._thread.ident and not self._thread.is_alive() and not self._stop.is_set():
            why_not = why_not or "the postman has ended; the journal says why"
        return {
            "on": book is not None or self._rounds.has_operator,
            "subscribers": {**book.subscribers_count} if book else {},
            "waiting": book.waiting_count if book else 0,
            "sent": self._sent_count,
            "failed": self._failed_count,
            "last_sent": book.last_sent if book else None,
            "since": since,
            "why_not": why_not,
        }

    def end(self) -> None:
        """Ask a round that goes on to end with the letter it is at; begin none any more."""
        self._stop.set()
        self._wake.set()
        if process := self._process:
            process.terminate()

    def close(self) -> None:
        """End, and wait until it has; a round that takes too long is killed."""
        self.end()
        if self._thread.ident is None:
            return
        self._thread.join(ENDS_S)
        if process := self._process:
            process.kill()
            self._thread.join(ENDS_S)

    # -- In the thread

    def _run(self) -> None:
        self._wake.wait(FIRST_LOOK_S)
        while not self._stop.is_set():
            self._wake.clear()
            self._look()
            self._wake.wait(LOOK_S)

    def _look(self) -> None:
        """Look whether it is time, and see a round through."""
        status = self._status()
        self._read_book()
        ailing = frozenset(trouble.name for trouble in found(status) if trouble.name != "mail")
        rounds = self._rounds
        if self._stop.is_set() or not rounds.due(elapsed_s(), time.time(), self._book, ailing):
            return
        rounds.begin(elapsed_s(), ailing)
        try:
            report = self._round(status)
        except RoundFailedError as error:
            rounds.ended(well=False)
            self._trouble([str(error)])
            self._broken = True
        else:
            rounds.ended(well=report is not None, busy=report is None)
            if report is not None:
                self._take(report)
        self._read_book()

    def _read_book(self) -> None:
        """Look into the book if it was written since; a round tells what is wrong with it."""
        try:
            stat = (self._folder / BOOK).stat()
        except OSError:
            self._book = self._book_is = None
            return
        if (now_is := (stat.st_mtime_ns, stat.st_size)) != self._book_is:
            try:
                self._book, self._book_is = glance(self._folder), now_is
            except ArchiveError:
                self._book = UNREAD

    def _round(self, status: Status) -> dict[str, Any] | None:
        """Do a round; return its report, None if another one is at work."""
        question = {
            "data": str(self._folder),
            "config": str(self._config) if self._config else None,
            "status": finite(status),
        }
        try:
            process = self._process = started(self._module)
        except OSError as error:
            raise RoundFailedError(f"the post cannot be started: {error.strerror}") from error
        if self._stop.is_set():
            process.terminate()
        answer, said = _through(process, dumps(question).encode())
        self._process = None
        if self._stop.is_set() or process.returncode == BUSY:
            return None
        if process.returncode:
            raise RoundFailedError(_why(process.returncode, said))
        return _report(answer)

    def _take(self, report: dict[str, Any]) -> None:
        """Keep what a round tells; trouble is over when something went out, or nothing waits."""
        self._sent_count += report["sent"]
        self._failed_count += report["failed"]
        if report["says"]:
            self._trouble(report["says"])
        elif self._why_not and (self._broken or report["sent"] or not report["waiting"]):
            self._why_not, self._since = "", None
            self._say("alerts: all is well again")
        self._broken = False

    def _trouble(self, says: list[str]) -> None:
        """Keep what is wrong; say each kind of it once a day."""
        says = [_without_addresses(sentence) for sentence in says]
        if not self._why_not:
            self._since = self._status()["now"]
        self._why_not = "; ".join(says)
        now = elapsed_s()
        self._said = {kind: t for kind, t in self._said.items() if now - t < DAY_S}
        for sentence in says:
            kind = re.sub(r"\d+", "0", sentence)  # counts and times differ
            if kind not in self._said and len(self._said) < SAID_COUNT:
                self._said[kind] = now
                self._say(f"alerts: {sentence}")


def _through(process: subprocess.Popen[bytes], question: bytes) -> tuple[bytes, bytes]:
    """Ask a process and wait for its end, which is enforced after a time."""
    try:
        return process.communicate(question, LONGEST_S)
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        return process.communicate(timeout=ENDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.communicate()


def _report(answer: bytes) -> dict[str, Any]:
    """Return what a round has told.  Raises RoundFailedError where that cannot be read."""
    try:
        told = json.loads(answer.strip().rpartition(b"\n")[2])
        return {
            **{name: int(told[name]) for name in ("sent", "waiting", "failed")},
            "says": [str(sentence) for sentence in told["says"]],
        }
    except (ValueError, KeyError, TypeError) as error:
        raise RoundFailedError("the post ended without telling what it did") from error


def _why(code: int, said: bytes) -> str:
    """Say how a round ended, given its code and what it wrote on standard error.

    Of a traceback only the place and the kind of the error: its words may be anybody's.
    """
    text = said.decode("utf-8", "replace").strip()
    last = text.rpartition("\n")[2]
    if code < 0:
        return f"the post was ended by signal {-code}; was there no memory left, or no time?"
    if "Traceback (most recent call last)" not in text:
        return _without_addresses(last) or f"the post ended with code {code}"
    place = _PLACE.findall(text)
    at = f" in {place[-1][0]}, line {place[-1][1]}" if place else ""
    kind = re.match(r"[\w.]+", last)
    return f"the post has failed{at}: {kind[0] if kind else 'unknown'}; please report it"


def _without_addresses(sentence: str) -> str:
    return _ADDRESS.sub("(address)", sentence).strip()
