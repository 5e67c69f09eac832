"""Secrets: they stand in files of their own, never in the settings, the archive or a message.

A station that systemd runs is handed copies (LoadCredential=), which only it may read; by hand
they are read from the folder `[mail] keys`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sternlight.errors import SettingsError

SEAL = "alerts.key"  # encrypts who gets alerts, and makes the tokens in mails
SMTP = "smtp.password"
IMAP = "imap.password"
FILEDROP = "filedrop.key"  # signs the files of a file drop, PEM
STATION = "station.key"  # signs bundles of evidence (sternlight/evidence/keys.py), PEM
PGP = "pgp.key"  # the station's own OpenPGP key, secret, armored, without a passphrase
SECRETS = (SEAL, SMTP, IMAP, FILEDROP, STATION, PGP)
HANDED = "keys_"  # systemd.exec(5): what a LoadCredential= of a folder puts before its files
HANDED_IN = "CREDENTIALS_DIRECTORY"
TOKEN_CHARACTERS = 26  # of base32: 130 bits, which nobody guesses


def credential(keys: Path, name: str) -> str:
    """Return the secret in a file, without blanks around it.

    Raises SettingsError, which tells the path and never the content.
    """
    if keys / name in _HELD:
        return _HELD[keys / name]
    for path in _places(keys, name):
        try:
            text = path.read_text("utf-8").strip()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no text"
            if HANDED_IN in os.environ and isinstance(error, PermissionError):
                why += "; the station is handed keys when it starts: restart it"
            raise SettingsError(f"{path} cannot be read: {why}") from None
        if text:
            return text
        raise SettingsError(f"{path} is empty; it must hold the secret, on one line")
    raise SettingsError(f"there is no {keys / name}; docs/mail.md says which keys there are")


_HELD: dict[Path, str] = {}


def hold(keys: Path) -> None:
    """Read all secrets that can be read, for a process that soon may not read them any more."""
    for name in SECRETS:
        with suppress(SettingsError):
            _HELD[keys / name] = credential(keys, name)


def there(keys: Path, name: str) -> bool:
    """Return whether there is a file for a secret, readable or not."""
    if keys / name in _HELD:
        return True
    # Not Path.exists, which raises where the folder is closed to us.
    return any(map(os.path.exists, _places(keys, name)))


def _places(keys: Path, name: str) -> list[Path]:
    handed = os.environ.get(HANDED_IN)
    return ([Path(handed) / (HANDED + name)] if handed else []) + [keys / name]


def make_seal(keys: Path) -> Path:
    """Make the key that encrypts who gets alerts, unless it is there; return its path."""
    return new_secret(keys / SEAL, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


def new_secret(path: Path, text: str) -> Path:
    """Write a secret that only its owner may read, unless the file is there; return its path."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text.strip() + "\n")
    return path


class Seal:
    """Encrypts what is told of a subscriber, and makes tokens that only this station can make.

    Raises SettingsError for a key that is none.
    """

    def __init__(self, key: str) -> None:
        from cryptography.fernet import Fernet

        try:
            self._fernet = Fernet(key.encode("ascii"))
        except ValueError as error:
            raise SettingsError(
                f"{SEAL} holds no key; `sternlight alerts key` makes one where there is none"
            ) from error
        self._key = hashlib.sha256(b"sternlight tokens\0" + key.encode("ascii")).digest()

    @classmethod
    def of(cls, keys: Path) -> Seal:
        """Read the key from its file."""
        return cls(credential(keys, SEAL))

    def close(self, told: Mapping[str, Any]) -> bytes:
        """Encrypt what JSON knows (Fernet: AES-128-CBC with HMAC-SHA256)."""
        return self._fernet.encrypt(json.dumps(told).encode("utf-8"))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Undo `close`.  Raises SettingsError if another key closed it."""
        from cryptography.fernet import InvalidToken

        try:
            found: dict[str, Any] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SettingsError(
                f"the subscriptions were encrypted with another {SEAL}; put that one back, or"
                " delete alerts.sqlite3 in the station's folder and add the subscribers again"
            ) from None
        return found

    def token(self, *of: str | int) -> str:
        """Return a word that stands for these, the same every time, and tells nothing of them."""
        digest = hmac.new(self._key, json.dumps(of).encode("utf-8"), hashlib.sha256).digest()
        return base64.b32encode(digest).decode("ascii")[:TOKEN_CHARACTERS].lower()
