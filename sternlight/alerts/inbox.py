"""Reads the mailbox in which answers come, by IMAP (RFC 3501).

Mails that are not for us are left as they are, unseen.  What was done is marked as seen and
stays: whether it is deleted is up to whoever keeps the mailbox.  What could not be understood
stays unseen, too, since a person has written it, and a person should read it.
"""

from __future__ import annotations

import imaplib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sternlight.alerts.answers import MOST_BYTES
from sternlight.alerts.book import Book
from sternlight.alerts.commands import Outcome
from sternlight.alerts.connection import cut_after, encrypted, is_here, reach, trust, why
from sternlight.alerts.credentials import IMAP, Seal, credential
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.pgp_station import station_key
from sternlight.alerts.receiving import take
from sternlight.alerts.server import Server, parse
from sternlight.errors import SettingsError

ANSWER_S = 30.0
MOST_MAILS = 200  # a run; the others come with the next
MOST_S, SESSION_S = 120.0, 180.0  # no new mail is begun after the one; all is over after the other
BACK_S = 14 * 86_400.0  # mails from before the first run; an opt-in is good for so long
HOLDS = {"imaps": 993, "imap": 143}
PLACE = "inbox"  # in the book: which mailbox was read up to which mail


class Collected(NamedTuple):
    """What a run brought."""

    done: list[Outcome]
    others_count: int = 0  # mails that are not for us
    more: bool = False  # there are mails that have not been looked at
    says: str = ""  # why it ended early, without an address; the next run goes on from there


class _Trouble(Exception):
    """The server does not do what it is asked for; the message says what."""


def collect(book: Book, seal: Seal, mail: Mail, t: float) -> Collected:
    """Do what the mails ask for that have come since the last run; never raises for the server.

    `t` is Unix time.  Raises SettingsError for an `inbox` or a password file that cannot be used,
    and ArchiveError where the book cannot be written.
    """
    try:
        server = parse(mail.inbox, HOLDS)
    except ValueError as error:
        raise SettingsError(f"[mail] inbox: {error}") from None
    password = credential(Path(mail.keys), IMAP)
    key = station_key(Path(mail.keys))
    done: list[Outcome] = []
    others_count, more, until = 0, False, time.monotonic() + MOST_S
    try:
        with _opened(server, mail.ca_file, password) as box:
            for i, uid in enumerate(_new(book, box, t)):
                if i == MOST_MAILS or time.monotonic() > until:
                    more = True
                    break
                outcome = take(book, seal, _fetched(box, uid), t, key)
                if outcome is None:
                    others_count += 1
                else:
                    done.append(outcome)
                    if outcome.done != "unclear":
                        _asked(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
                book.say(PLACE, f"{_validity(box)} {uid}")
    except (OSError, imaplib.IMAP4.error, _Trouble) as error:
        says = f"the mailbox of answers cannot be read: {_why(error)}"
        return Collected(done, others_count, True, says)
    return Collected(done, others_count, more)


class _Box(imaplib.IMAP4):
    """A conversation over a connection that stands already."""

    def __init__(self, sock: socket.socket) -> None:
        self._stands = sock
        super().__init__()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._stands

    def read(self, size: int) -> bytes:
        """Read what the server says is so long, within reason."""
        if size > 2 * MOST_BYTES:
            raise self.abort("more than was asked for")
        return super().read(size)


def unreachable(mail: Mail) -> str:
    """Look whether the mailbox's server answers, without logging in; return why not, or ""."""
    try:
        with _reached(parse(mail.inbox, HOLDS), mail.ca_file):
            return ""
    except (OSError, imaplib.IMAP4.error, _Trouble) as error:
        return _why(error)
    except SettingsError as error:  # of `ca_file`
        return str(error)


@contextmanager
def _opened(server: Server, ca_file: str, password: str) -> Iterator[_Box]:
    """Log in and select the inbox; log out at the end."""
    with _reached(server, ca_file) as box:
        _log_in(box, server.user, password)
        if box.select("INBOX")[0] != "OK":
            raise _Trouble("it has no mailbox INBOX")
        yield box


@contextmanager
def _reached(server: Server, ca_file: str) -> Iterator[_Box]:
    """Connect and encrypt; log out at the end."""
    context = trust(ca_file)
    sock = reach(server.host, server.port, ANSWER_S)
    if server.tls_from_the_start:
        sock = encrypted(sock, context, server.host)
    with sock, cut_after(sock, SESSION_S):
        if not (server.tls_from_the_start or is_here(sock)):
            raise _Trouble("imap:// is not encrypted, so only for this computer; write imaps://")
        box = _Box(sock)
        try:
            yield box
        finally:
            with suppress(OSError, imaplib.IMAP4.error):
                box.logout()


def _log_in(box: _Box, user: str, password: str) -> None:
    """Say who we are; what a server answers may repeat it, and so is not passed on."""
    try:
        if "AUTH=PLAIN" in box.capabilities:
            box.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            box.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise _Trouble(f"it refuses the user of [mail] inbox, or what {IMAP} holds") from None


def _new(book: Book, box: _Box, t: float) -> list[str]:
    """Return the UIDs of mails that came since the last run, oldest first."""
    kept, _, last = book.about(PLACE).partition(" ")
    first = int(last) + 1 if last and kept == _validity(box) else 1
    since = f"{datetime.fromtimestamp(t - BACK_S, UTC):%d-%b-%Y}"
    found = _asked(box.uid("SEARCH", f"UID {first}:*", "SINCE", since))
    words = b" ".join(line for line in found if isinstance(line, bytes)).split()
    uids = sorted(int(word) for word in words if word.isdigit())
    return [str(uid) for uid in uids if uid >= first]  # "*" is the last mail, whichever it is


def _fetched(box: _Box, uid: str) -> bytes:
    """Return the beginning of a mail, without marking it as seen; empty if it is gone."""
    found = _asked(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
    return b"".join(part[1] for part in found if isinstance(part, tuple))


def _validity(box: _Box) -> str:
    """Return what changes when the mailbox numbers its mails anew."""
    told = box.untagged_responses.get("UIDVALIDITY", [b""])[-1]
    return told.decode("ascii", "replace") if isinstance(told, bytes) else ""


def _asked(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what the server answers.  Raises _Trouble if it refuses."""
    if answer[0] != "OK":
        raise _Trouble("it refuses to search, to read or to mark mails")
    return answer[1]


def _why(error: Exception) -> str:
    """Say what went wrong, without what the server says: that may name anybody."""
    match error:
        case _Trouble():
            return str(error)
        case OSError():
            return why(error)
    return "it ends the conversation, or speaks no IMAP"
