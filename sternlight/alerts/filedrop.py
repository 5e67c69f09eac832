"""A folder: each alert as a file of JSON, with a signature beside it that others can verify.

    openssl pkeyutl -verify -rawin -pubin -inkey sternlight-station.pub
        -in TOKEN.json -sigfile TOKEN.json.sig

The signature is Ed25519 (RFC 8032), its 64 bytes as they are.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sternlight.alerts.channel import Outcome, Parcel
from sternlight.alerts.credentials import FILEDROP
from sternlight.alerts.mail_settings import Mail
from sternlight.evidence.keys import private_key, public_pem
from sternlight.files import whole

PUBLIC = "sternlight-station.pub"


def checked(to: str) -> str:
    """Return a folder as it is kept, its links followed.  Raises ValueError that names it not."""
    folder = _folder(to.strip())
    if not folder.is_dir():
        raise ValueError("there is no such folder; make it first, so that the station may write")
    return str(folder.resolve())


def _folder(to: str) -> Path:
    if to.startswith("file:"):
        url = urlsplit(to)
        if url.netloc not in ("", "localhost"):
            raise ValueError("a folder of this computer is written file:///path")
        to = unquote(url.path)
    if not to.startswith("/") or not to.isprintable():
        raise ValueError("a folder is given by its whole path, beginning with /")
    return Path(to)


class FileDrop:
    """Folders as a channel.  Raises SettingsError without the key that signs."""

    def __init__(self, mail: Mail) -> None:
        self._key = private_key(Path(mail.keys), FILEDROP)
        self._public = public_pem(Path(mail.keys), FILEDROP) or b""

    def send(self, to: str, parcel: Parcel) -> Outcome:
        """Write a parcel; the same one again replaces itself.  A disk that cannot: later."""
        if not parcel.token.isalnum():
            raise ValueError("a token is of letters and digits")
        body = parcel.document()
        try:
            folder = _folder(to)
            if folder.is_symlink():  # it was none when it was subscribed
                return Outcome("later", "the folder has become a link to another")
            # Whoever finds the file must find its signature and the key.
            if not (folder / PUBLIC).exists():
                _write(folder / PUBLIC, self._public)
            _write(folder / f"{parcel.token}.json.sig", self._key.sign(body))
            _write(folder / f"{parcel.token}.json", body)
            _keep_names(folder)
        except OSError as error:
            return Outcome("later", f"the folder: {(error.strerror or 'unknown error').lower()}")
        except ValueError as error:
            return Outcome("never", str(error))
        return Outcome("sent")

    def close(self) -> None:
        """Nothing stays open."""


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there only when it is whole, through no link that stood in its place."""
    with whole(path) as partial:
        with suppress(FileNotFoundError):
            partial.unlink()  # left by a run that was killed
        with partial.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())


def _keep_names(folder: Path) -> None:
    """Have the names of new files on the disk, not only what is in them."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
