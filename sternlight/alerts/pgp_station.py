"""The station's own OpenPGP key: signs what it sends, and reads answers encrypted to it."""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING

from sternlight.alerts.credentials import PGP, credential, new_secret, there
from sternlight.alerts.mime import leaves, parsed
from sternlight.errors import SettingsError

if TYPE_CHECKING:
    from pysequoia import PyDecryptor, PySigner

_STRUCTURE = re.compile("content-|mime-version$", re.IGNORECASE)
BEGIN, END = b"-----BEGIN PGP MESSAGE-----", b"-----END PGP MESSAGE-----"
# An answer is a line or two and what it quotes.  Without a limit 300 kB of somebody's zeros
# become a gigabyte in memory.
LARGEST_BYTES = 5_000_000


class CannotRead(ValueError):
    """A mail that is encrypted to somebody else, damaged, or far too large inside."""


@dataclass(frozen=True, slots=True)
class StationKey:
    """What the file `pgp.key` holds."""

    signer: PySigner
    decryptor: PyDecryptor
    certificate: str  # armored, for everybody
    fingerprint: str

    def hand_on(self, message: EmailMessage) -> None:
        """Attach the public key, with which answers can be encrypted."""
        message.add_attachment(
            self.certificate.encode("ascii"), maintype="application", subtype="pgp-keys",
            filename=f"OpenPGP_0x{self.fingerprint}.asc",
        )  # fmt: skip


def station_key(keys: Path) -> StationKey | None:
    """Return the station's key; None if it has none.  Raises SettingsError if it is unusable."""
    if not there(keys, PGP):
        return None
    from pysequoia import Tsk

    try:
        key = Tsk.from_bytes(credential(keys, PGP).encode("utf-8"))
        public = key.extract_certificate()
        return StationKey(key.signer(), key.decryptor(), str(public), public.fingerprint.upper())
    except RuntimeError as error:
        why = "is protected by a passphrase" if "is encrypted" in str(error) else "is no secret key"
        raise SettingsError(
            f"{keys / PGP} {why}; it must hold an armored secret key without one, as"
            " `sternlight alerts key --pgp` makes it"
        ) from None


def make_station_key(keys: Path, address: str) -> Path:
    """Make the station's key for the address that mails come from, unless it is there."""
    from pysequoia import Tsk

    return new_secret(keys / PGP, str(Tsk.generate(user_id=parseaddr(address)[1])))


def decrypt(raw: bytes, key: StationKey) -> bytes:
    """Return the mail that is inside an encrypted one, under the headers that stood outside.

    Who wrote it is not looked at: that is proved by the token in what it answers.  Raises
    CannotRead, whatever the mail is like.
    """
    message = parsed(raw)
    if message is None:
        raise CannotRead("the mail cannot be read at all")
    told = _opened(_secret(message), key)
    head = [f"{name}: {value}" for name, value in message.raw_items() if not _STRUCTURE.match(name)]
    if message.get_content_type() != "multipart/encrypted":  # then it is the text alone
        head += ["Content-Type: text/plain; charset=utf-8", ""]
    return "\n".join([*head, ""]).encode("utf-8", "surrogateescape") + told


def _secret(message: Message) -> bytes:
    """Return the first OpenPGP message in a mail, armored."""
    for part in leaves(message):
        content = part.get_payload(decode=True)
        text = content if isinstance(content, bytes) else b""
        begin, end = text.find(BEGIN), text.find(END)
        if 0 <= begin < end:
            return text[begin : end + len(END)] + b"\n"
    raise CannotRead("nothing in the mail is encrypted, or not all of it is there")


def _opened(secret: bytes, key: StationKey) -> bytes:
    """Decrypt within bounds, in memory only."""
    import pysequoia

    if sys.platform != "linux":  # elsewhere memory has no name to write to
        raise CannotRead("encrypted mail is read on Linux only")
    given, told = os.memfd_create("given"), os.memfd_create("told")
    try:
        os.write(given, secret)
        with _no_file_beyond(LARGEST_BYTES):
            pysequoia.decrypt_file(_path(given), _path(told), key.decryptor)
        return os.pread(told, LARGEST_BYTES, 0)
    except OSError:
        raise CannotRead(f"the mail holds more than {LARGEST_BYTES:,} bytes") from None
    except RuntimeError:
        raise CannotRead("the mail is encrypted to another key, or damaged") from None
    finally:
        os.close(given)
        os.close(told)


def _path(handle: int) -> str:
    return f"/proc/self/fd/{handle}"


@contextmanager
def _no_file_beyond(size: int) -> Iterator[None]:
    """Let writes fail that would make a file larger; Python ignores the signal that comes too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
