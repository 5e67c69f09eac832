"""The settings of mail: by which server alerts go out, and where answers come in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


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

    def beside(self, folder: Path) -> Mail:
        """Return the same with paths that begin at `folder`, unless they begin at the root."""
        ca_file = str(folder / self.ca_file) if self.ca_file else ""
        return replace(self, keys=str(folder / self.keys), ca_file=ca_file)
