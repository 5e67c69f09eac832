"""Whether alerts can leave the station: its servers, its keys, and the book of who gets them.

Nobody is written to and no password is shown to a server: `sternlight alerts test` does that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sternlight.alerts.book import BOOK, Book
from sternlight.alerts.credentials import HANDED, IMAP, SEAL, SMTP, Seal
from sternlight.alerts.mail_settings import Mail
from sternlight.doctor_world import Finding, World
from sternlight.errors import ArchiveError, SettingsError
from sternlight.text import counted

CREDENTIALS = "/run/credentials/sternlight.service"
UNIT = "/etc/systemd/system/sternlight.service"
INSTALLED_KEYS = "/etc/sternlight/keys"
A_ZONE = "Africa/Dakar"


def sends(told: Mail) -> str:
    """Look whether the server takes a connection as for a letter; return why not, or ""."""
    from sternlight.alerts.smtp import Smtp

    try:
        with closing(Smtp(told)) as channel:
            return channel.unreachable()
    except SettingsError as error:
        return str(error)


def answers(told: Mail) -> str:
    """Look whether the server of the inbox does; return why not, or ""."""
    from sternlight.alerts.inbox import unreachable

    return unreachable(told)


def mail(world: World, data: Path | None, told: Mail) -> list[Finding]:
    """Look at all of it; nothing where no mail is set up."""
    has_book = bool(data and world.stat(data / BOOK))
    if not (told.server or told.inbox or told.operator or has_book):
        return []
    found = list(_settings(told))
    if told.server and told.sender:
        found.append(_server("mail server", sends(told)))
    if told.inbox:
        found.append(_server("inbox", answers(told)))
    found += keys(world, told, has_book)
    if data and has_book:
        found.append(book(world, data, told))
    return [*found, zones()]


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


def _server(what: str, why_not: str) -> Finding:
    if not why_not:
        return Finding(what, True, "it answers, encrypted, with a certificate that can be trusted")
    mend = "compare address and port with what the provider of the mailbox tells"
    if "certificate" in why_not:
        mend = "set the clock; for a server of your own, name its certificate as ca_file"
    return Finding(what, False, why_not, mend)


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


def book(world: World, data: Path, told: Mail) -> Finding:
    """Look whether the book can be read, and whether the key fits."""
    what, folder = "book of alerts", world.at(data)
    try:
        seal = Seal.of(world.at(told.keys))
        with Book.look(folder) as opened:
            count = len(opened.subscriptions(seal))
    except ArchiveError as error:
        return Finding(what, False, str(error), "`sternlight alerts list` must work again")
    except SettingsError as error:
        if os.geteuid() != 0:
            says = "only root sees whether its key fits"
            return Finding(what, None, says, "`sudo sternlight doctor`")
        return Finding(what, False, str(error), "put the right key back")
    return Finding(what, True, f"{counted(count, 'subscriber')}, and the key fits")


def zones() -> Finding:
    """Look whether local times can be told."""
    try:
        ZoneInfo(A_ZONE)
    except ZoneInfoNotFoundError:
        return Finding("time zones", False, "nobody here knows any", "`sudo apt install tzdata`")
    return Finding("time zones", True, "local times can be told")
