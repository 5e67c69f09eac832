"""The settings of mail: by which server alerts go out, and where answers come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sternlight.alerts import mail_address
from sternlight.alerts.server import SENDS, parse


@dataclass(frozen=True, slots=True)
class Mail:
    """How a station sends mail and reads the answers; "" is "none" everywhere."""

    server: str = ""  # smtps://user@host:465, or smtp://user@host:587, which means STARTTLS
    sender: str = ""  # the address that mails come from
    inbox: str = ""  # imaps://user@host:993, where answers to `sender` come
    operator: str = ""  # the address that is told how the station is
    station: str = "Sternlight"  # what mails call the station
    unsubscribe_url: str = ""
    keys: str = "keys"  # folder with the credential files
    ca_file: str = ""
    deaf_h: float = 6.0
    alive_days: float = 7.0

    def __post_init__(self) -> None:
        if self.server:
            _told("server", parse, self.server, SENDS)
        for name in ("sender", "operator"):
            if getattr(self, name):
                _told(name, mail_address.checked, getattr(self, name))

    def beside(self, folder: Path) -> Mail:
        """Return the same with paths that begin at `folder`, unless they begin at the root."""
        ca_file = str(folder / self.ca_file) if self.ca_file else ""
        return replace(self, keys=str(folder / self.keys), ca_file=ca_file)


def _told(name: str, check: Callable[..., object], *of: Any) -> None:
    """Say of which setting a check complains."""
    try:
        check(*of)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
