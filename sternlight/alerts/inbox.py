"""Reads the mailbox in which answers come, by IMAP (RFC 3501).

Mails that are not for us are left as they are, unseen.  What was done is marked as seen and
stays: whether it is deleted is up to whoever keeps the mailbox.  What could not be understood
stays unseen, too, since a person has written it, and a person should read it.
"""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from sternlight.alerts.answers import MOST_BYTES
from sternlight.alerts.book import Book
from sternlight.alerts.commands import Outcome
from sternlight.alerts.credentials import IMAP, Seal, credential
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.receiving import take
from sternlight.errors import SettingsError

PATIENCE_S = 30.0  # for each answer of the server
MOST_MAILS = 200  # a run; the others come with the next
MOST_S = 120.0  # a run
BACK_S = 14 * 86_400.0  # mails from before the first run; an opt-in is good for so long
PORTS = {"imaps": 993, "imap": 143}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
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
    url = _address(mail.inbox)
    password = credential(Path(mail.keys), IMAP)
    done: list[Outcome] = []
    others_count, more, until = 0, False, time.monotonic() + MOST_S
    try:
        with _opened(url, mail.ca_file, password) as box:
            mails = _new(book, box, t)
            for i, uid in enumerate(mails):
                if i == MOST_MAILS or time.monotonic() > until:
                    more = True
                    break
                outcome = take(book, seal, _fetched(box, uid), t)
                if outcome is None:
                    others_count += 1
                else:
                    done.append(outcome)
                    if outcome.done != "unclear":
                        _asked(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
                _note(book, box, uid)
    except (OSError, imaplib.IMAP4.error, _Trouble) as error:
        return Collected(done, others_count, True, f"{url.hostname}:{url.port}: {_why(error)}")
    return Collected(done, others_count, more)


def _address(inbox: str) -> SplitResult:
    """Return the parts of an address of a mailbox; raises SettingsError without showing it."""
    wrong = "[mail] inbox must look like imaps://user@mail.example.org:993"
    try:
        url = urlsplit(inbox)
        port = url.port or PORTS.get(url.scheme)
    except ValueError:
        raise SettingsError(f"{wrong}; its port is no number up to 65535") from None
    if port is None or not url.hostname or not url.username:
        raise SettingsError(wrong)
    if url.password is not None:
        raise SettingsError(f"{wrong}; the password stands in a file of its own, {IMAP}")
    if url.scheme == "imap" and url.hostname not in LOOPBACK:
        raise SettingsError(f"{wrong}; imap:// is not encrypted, and only for this computer")
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return url._replace(netloc=f"{url.username}@{host}:{port}")


@contextmanager
def _opened(url: SplitResult, ca_file: str, password: str) -> Iterator[imaplib.IMAP4]:
    """Log in and select the inbox; log out at the end."""
    host, port = url.hostname or "", url.port or 0
    if url.scheme == "imaps":
        try:
            context = ssl.create_default_context(cafile=ca_file or None)
        except OSError:
            raise SettingsError(f"{ca_file} holds no certificates (PEM)") from None
        box: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=PATIENCE_S)
    else:
        box = imaplib.IMAP4(host, port, timeout=PATIENCE_S)
    try:
        _log_in(box, unquote(url.username or ""), password)
        if box.select("INBOX")[0] != "OK":
            raise _Trouble("it has no mailbox INBOX")
        yield box
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            box.logout()


def _log_in(box: imaplib.IMAP4, user: str, password: str) -> None:
    """Say who we are; the errors of servers repeat it, so they are not passed on."""
    try:
        if "AUTH=PLAIN" in box.capabilities:
            box.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            box.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise _Trouble(f"it refuses the user of [mail] inbox, or the password in {IMAP}") from None


def _new(book: Book, box: imaplib.IMAP4, t: float) -> list[str]:
    """Return the UIDs of mails that came since the last run, oldest first."""
    kept, _, last = book.about(PLACE).partition(" ")
    first = int(last) + 1 if kept == _validity(box) else 1
    since = f"{datetime.fromtimestamp(t - BACK_S, UTC):%d-%b-%Y}"
    found = _asked(box.uid("SEARCH", f"UID {first}:*", "SINCE", since))
    uids = sorted(int(uid) for line in found if isinstance(line, bytes) for uid in line.split())
    return [str(uid) for uid in uids if uid >= first]  # "*" is the last mail, whichever it is


def _fetched(box: imaplib.IMAP4, uid: str) -> bytes:
    """Return the beginning of a mail, without marking it as seen; empty if it is gone."""
    found = _asked(box.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"))
    return b"".join(part[1] for part in found if isinstance(part, tuple))


def _note(book: Book, box: imaplib.IMAP4, uid: str) -> None:
    """Keep up to where the mailbox has been read."""
    book.say(PLACE, f"{_validity(box)} {uid}")


def _validity(box: imaplib.IMAP4) -> str:
    """Return what changes when the mailbox numbers its mails anew."""
    told = box.untagged_responses.get("UIDVALIDITY", [b""])[-1]
    return told.decode("ascii", "replace")


def _asked(
    answer: tuple[str, list[bytes | tuple[bytes, bytes] | None]],
) -> list[bytes | tuple[bytes, bytes] | None]:
    """Return what the server answers; raises _Trouble if it refuses."""
    if answer[0] != "OK":
        raise _Trouble("it refuses to search, read or mark mails")
    return answer[1]


def _why(error: Exception) -> str:
    """Say what went wrong, without what the server says: that may name anybody."""
    match error:
        case _Trouble():
            return str(error)
        case ssl.SSLCertVerificationError():
            return f"its certificate is not to be trusted: {error.verify_message}"
        case ssl.SSLError():
            return "it speaks no TLS that this computer speaks"
        case TimeoutError():
            return f"no answer within {PATIENCE_S:g} s"
        case imaplib.IMAP4.error():
            return "it ends the connection, or speaks no IMAP"
    return f"the connection fails: {getattr(error, 'strerror', None) or type(error).__name__}"
