"""A folder: each alert as a file of JSON, with a signature beside it that others can verify.

    openssl pkeyutl -verify -rawin -pubin -inkey sternlight-station.pub
        -in TOKEN.json -sigfile TOKEN.json.sig

The signature is Ed25519 (RFC 8032), its 64 bytes as they are.
"""

from __future__ import annotations

import base64
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sternlight.alerts.channel import Outcome, Parcel
from sternlight.alerts.credentials import FILEDROP, credential, new_secret
from sternlight.alerts.mail_settings import Mail
from sternlight.errors import SettingsError
from sternlight.files import whole

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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


def make_signing_key(keys: Path) -> Path:
    """Make the key that signs files, unless it is there; return its path."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return new_secret(keys / FILEDROP, pem.decode("ascii"))


def public_key(keys: Path) -> str:
    """Return in PEM what verifies the files.  Raises SettingsError."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made = _signing_key(keys).public_key()
    return made.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def fingerprint(public: str) -> str:
    """Return by what two people can compare keys over the telephone: SHA-256 of the DER."""
    body = "".join(public.strip().splitlines()[1:-1])
    digest = hashlib.sha256(base64.b64decode(body)).hexdigest()
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def _signing_key(keys: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(credential(keys, FILEDROP).encode("utf-8"), None)
    except (TypeError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{FILEDROP} holds no key that can be used") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{FILEDROP} holds a key of another kind than Ed25519")
    return key


class FileDrop:
    """Folders as a channel.  Raises SettingsError without the key that signs."""

    def __init__(self, mail: Mail) -> None:
        self._key = _signing_key(Path(mail.keys))
        self._public = public_key(Path(mail.keys)).encode("ascii")

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
