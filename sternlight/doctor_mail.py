"""Whether alerts can leave the station: its servers, its keys, and the book of who gets them.

Nobody is written to and no password is shown to a server: `sternlight alerts test` does that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from receiver.sources.base import SourceLost
from receiver.sources.remote import tls, unreachable
from sternlight.alerts.book import BOOK, Book, glance
from sternlight.alerts.credentials import HANDED, IMAP, SEAL, SMTP, Seal
from sternlight.alerts.mail_settings import Mail
from sternlight.doctor_world import PATIENCE_S, Finding, World
from sternlight.errors import ArchiveError, SettingsError
from sternlight.text import counted

PORTS = {"smtps": 465, "smtp": 587, "imaps": 993}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
CREDENTIALS = "/run/credentials/sternlight.service"
UNIT = "/etc/systemd/system/sternlight.service"
INSTALLED_KEYS = "/etc/sternlight/keys"
A_ZONE = "Africa/Dakar"

Greet = Callable[[SplitResult, str], None]


def greet(address: SplitResult, ca_file: str) -> None:
    """Open a connection to a mail server as the post does, say hello, and leave.

    Raises OSError, of which ssl.SSLError is one, and SourceLost.
    """
    import smtplib
    from imaplib import IMAP4, IMAP4_SSL

    host, port = address.hostname or "", address.port or PORTS[address.scheme]
    context = tls(ca_file)
    try:
        if address.scheme == "imaps":
            IMAP4_SSL(host, port, ssl_context=context, timeout=PATIENCE_S).logout()
        elif address.scheme == "smtps":
            smtplib.SMTP_SSL(host, port, timeout=PATIENCE_S, context=context).quit()
        else:
            with smtplib.SMTP(host, port, timeout=PATIENCE_S) as line:
                if host not in LOOPBACK or line.has_extn("starttls"):
                    line.starttls(context=context)
    except (smtplib.SMTPException, IMAP4.error) as error:  # the first is an OSError without errno
        raise OSError(f"it answers, but not as a mail server: {type(error).__name__}") from error


def mail(world: World, data: Path | None, told: Mail, greets: Greet = greet) -> list[Finding]:
    """Look at all of it; nothing where no mail is set up."""
    has_book = bool(data and world.stat(data / BOOK))
    if not (told.server or told.inbox or told.operator or has_book):
        return []
    return [
        *_settings(told),
        *(_server(name, address, told.ca_file, greets) for name, address in (
            ("mail server", told.server), ("inbox", told.inbox),
        ) if address),
        *keys(world, told, has_book),
        *(book(world, data, told) if data and has_book else []),
        zones(),
    ]  # fmt: skip


def _settings(told: Mail) -> Iterator[Finding]:
    for name, needs, what in (
        ("operator", "server", "nothing is sent without one"),
        ("server", "sender", "mails must come from an address"),
        ("server", "operator", "then nobody is told when the station is deaf"),
    ):
        if getattr(told, name) and not getattr(told, needs):
            ok = None if needs == "operator" else False
            yield Finding(
                "mail", ok, f"[mail] {needs} is empty; {what}", f"set {needs} in the settings"
            )


def _server(name: str, address: str, ca_file: str, greets: Greet) -> Finding:
    """Look whether a server answers, encrypted and with a certificate that can be trusted."""
    url = urlsplit(address)
    try:
        host, port = url.hostname, url.port or PORTS.get(url.scheme)
    except ValueError:  # of the port
        host = port = None
    if not host or not port:
        return Finding(
            name, False, "its address cannot be understood",
            "write it as in smtps://user@mail.example.org:465 or imaps://user@mail.example.org:993",
        )  # fmt: skip
    try:
        greets(url, ca_file)
    except SourceLost as error:  # of the file of certificates
        return Finding(name, False, str(error), "correct ca_file under [mail]")
    except OSError as error:
        return Finding(
            name, False, unreachable(error, host, port),
            "compare address and port with what the provider of the mailbox tells",
        )  # fmt: skip
    return Finding(name, True, f"{host} port {port} answers, encrypted, and is who it says it is")


def keys(world: World, told: Mail, has_book: bool) -> list[Finding]:
    """Look whether the files with the secrets are there, and closed to others."""
    folder = Path(told.keys)
    needed = [SEAL] if has_book or told.operator else []
    needed += [SMTP] if urlsplit(told.server).username else []
    needed += [IMAP] if urlsplit(told.inbox).username else []
    found = []
    if str(folder) == INSTALLED_KEYS and world.stat(UNIT) and not world.stat(folder):
        found.append(
            Finding("keys", None, f"there is no {folder}", f"`sudo install -d -m 700 {folder}`")
        )
    elif needed and world.stat(folder) and not os.access(world.at(folder), os.X_OK):
        return [
            Finding("keys", None, f"what is in {folder} is out of sight",
                    "`sudo sternlight doctor` sees it")
        ]  # fmt: skip
    return found + [_key(world, folder / name) for name in needed]


def _key(world: World, path: Path) -> Finding:
    what, stat = f"key {path.name}", world.stat(path)
    if stat is None:
        make = "`sudo sternlight alerts key` makes it"
        if path.name != SEAL:
            make = f"`sudo install -m 600 /dev/null {path}`, then write it there"
        return Finding(what, False, f"there is no {path}", make)
    if stat.st_mode & 0o077:
        return Finding(what, False, f"others than its owner may read {path}",
                       f"`sudo chmod 600 {path}`")  # fmt: skip
    if world.stat(CREDENTIALS) and not world.stat(f"{CREDENTIALS}/{HANDED}{path.name}"):
        return Finding(what, False, "it came after the station was started, which has not got it",
                       "`sudo systemctl restart sternlight`")  # fmt: skip
    return Finding(what, True, f"{path} is there, and closed to others")


def book(world: World, data: Path, told: Mail) -> list[Finding]:
    """Look whether the book can be read, and whether the key fits."""
    what, folder = "book of alerts", world.at(data)
    try:
        seen = glance(folder)
        seal = Seal.of(world.at(told.keys))
        with Book.look(folder) as opened:
            opened.subscriptions(seal)
    except ArchiveError as error:
        return [Finding(what, False, str(error), "`sternlight alerts list` must work again")]
    except SettingsError as error:
        if os.geteuid() != 0:
            return [Finding(what, None, "only root sees whether its key fits",
                            "`sudo sternlight doctor`")]  # fmt: skip
        return [Finding(what, False, str(error), "put the right key back")]
    count = sum(seen.subscribers_count.values()) if seen else 0
    return [Finding(what, True, f"{counted(count, 'subscriber')}, and the key fits")]


def zones() -> Finding:
    """Look whether local times can be told."""
    try:
        ZoneInfo(A_ZONE)
    except ZoneInfoNotFoundError:
        return Finding("time zones", False, "nobody here knows any", "`sudo apt install tzdata`")
    return Finding("time zones", True, "local times can be told")
