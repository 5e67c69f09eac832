"""Mail that only its receiver can read: OpenPGP as PGP/MIME (RFC 3156, RFC 9580).

The whole message goes inside, subject and all (RFC 9788).  What stays outside is what brings
it there, so that whoever carries the mail sees who writes to whom and when, how much, to which
key, and which mails are about the same thing; no name, no place, no kind, no map.

A key that cannot be used raises BadKey each time, and nothing is returned that could be sent.
"""

from __future__ import annotations

import copy
from binascii import b2a_qp
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pysequoia import Cert, PySigner
    from pysequoia.packet import Packet

LARGEST_BYTES = 200_000  # of a key; one with thousands of other people's signatures is larger
HIDDEN = "[...]"  # RFC 9788, section 3.2.1: the subject that everybody may read
# What the way of a mail needs, and the threads of mail programs.  The rest stays inside:
# List-Unsubscribe names the station's page, Reply-To and Sender would only repeat.
OUTSIDE = (
    "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
)  # fmt: skip
PLAIN_ADDRESS = frozenset({"From", "To"})  # of which the names stay inside
# Protected headers have had two signs; mail programs know the older one or both.
PROTECTED = {"protected-headers": "v1", "hp": "cipher"}
SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")
EXPORT = "gpg --armor --export"
_SO_EXPORT = f"export the public one: {EXPORT} FINGERPRINT"
_SAID = {  # what pysequoia says, and what it means
    "not considered secure": "the key rests on what can be forged by now, such as SHA-1 or short"
    " numbers; ask for a new key, as `gpg --quick-gen-key` makes it",
    "No binding signature": "the key says of itself neither whose it is nor how long it lasts, as"
    f" some key servers strip it; ask its owner: {EXPORT} FINGERPRINT",
    "No suitable encryption": "no part of the key can be encrypted to: there is none for that, or"
    " it has expired, is revoked, or is too weak; its owner can add one with"
    f" `gpg --quick-add-key FINGERPRINT`, and then: {EXPORT} FINGERPRINT",
}


class BadKey(ValueError):
    """A key that nothing can be encrypted to; tells why and what to do, and never whose it is."""


class ClockBehind(BadKey):
    """The key is of the future: so the computer's clock is wrong, and not the key."""


@dataclass(frozen=True, slots=True)
class Key:
    """Somebody's public key, of which part can be encrypted to."""

    armored: str
    fingerprint: str  # hexadecimal, upper case
    user_ids: tuple[str, ...]  # with addresses in them
    expires: float | None  # Unix seconds; None: never

    def names(self, address: str) -> bool:
        """Return whether the key says that it belongs to an address."""
        return address.lower() in {parseaddr(one)[1].lower() for one in self.user_ids}


def read_key(given: str | bytes, t: float) -> Key:
    """Read a public key, armored or binary, as it can be used at Unix time `t`.  Raises BadKey."""
    import pysequoia

    found = _usable(given.encode("utf-8") if isinstance(given, str) else given, t)
    with _told("nothing can be encrypted to the key"):
        pysequoia.encrypt(b"", [found])
        expires, names = found.expiration, found.user_ids
    return Key(
        str(found),
        found.fingerprint.upper(),
        tuple(map(str, names)),
        expires.timestamp() if expires else None,
    )


def encrypt(
    message: EmailMessage, armored: str, t: float, signer: PySigner | None = None
) -> EmailMessage:
    """Return the message as only the holder of a key can read it, signed if there is a `signer`.

    Raises BadKey if the key cannot be used at Unix time `t`; then nothing may be sent.
    """
    import pysequoia

    outside = _envelope(message)
    with _told("nothing can be encrypted to the key"):
        secret = pysequoia.encrypt(
            payload(message, outside), [_usable(armored.encode("utf-8"), t)], signer
        )
    outside["MIME-Version"] = "1.0"
    outside["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"'
    outside.attach(_part("application/pgp-encrypted", "Version: 1\n"))
    outside.attach(_part("application/octet-stream", secret.decode("ascii"), "encrypted.asc"))
    return outside


def payload(message: EmailMessage, outside: EmailMessage) -> bytes:
    """Return what is encrypted: the whole message, with a note of what stands outside."""
    inside = copy.deepcopy(message)
    for name, value in PROTECTED.items():
        inside.set_param(name, value, replace=True)
    for part in inside.walk():
        content = part.get_payload(decode=True)
        # Python itself would make it seven bits too, and change the ends of lines.
        if part["Content-Transfer-Encoding"] == "8bit" and isinstance(content, bytes):
            part.replace_header("Content-Transfer-Encoding", "quoted-printable")
            part.set_payload(b2a_qp(content).decode("ascii"))
    for name, shown in outside.items():
        inside["HP-Outer"] = f"{name}: {shown}"
    return inside.as_bytes(policy=SEVEN_BIT)


def _envelope(message: EmailMessage) -> EmailMessage:
    """Return what everybody on the way may read."""
    outside = EmailMessage(policy=message.policy)
    for name in OUTSIDE:
        if name in message:
            said = str(message[name])
            outside[name] = parseaddr(said)[1] if name in PLAIN_ADDRESS else said
    outside["Subject"] = HIDDEN
    return outside


def _part(kind: str, text: str, name: str = "") -> EmailMessage:
    part = EmailMessage(policy=policy.SMTP)
    part["Content-Type"] = kind
    part["Content-Transfer-Encoding"] = "7bit"
    if name:
        part.set_param("name", name)
        part["Content-Disposition"] = f'inline; filename="{name}"'
    part.set_payload(text)
    return part


def _usable(data: bytes, t: float) -> Cert:
    """Return the one key in a file, without the parts that are over at `t`.

    pysequoia leaves revoked parts out, but encrypts to what has expired, and to revoked keys.
    """
    from pysequoia import Cert
    from pysequoia.packet import PacketPile, Tag

    only = _only(data)
    with _told("the key cannot be used"):
        revoked, expires = only.is_revoked, only.expiration
    if revoked:
        raise BadKey("the key is revoked; ask for the new one, in a way that proves whose it is")
    if expires and expires.timestamp() <= t:
        raise BadKey(
            f"the key expired on {expires:%Y-%m-%d}; have it made longer or ask for the new one"
        )
    parts: list[list[Packet]] = []
    for packet in PacketPile.from_bytes(bytes(only)):
        if packet.tag in (Tag.PublicKey, Tag.PublicSubkey):
            parts.append([])
        parts[-1].append(packet)
    if _unix(parts[0][0].key_created) > t:
        raise ClockBehind("the key is of the future; set this computer's clock right")
    kept = [part for part in parts[1:] if _alive(part, t)]
    with _told("the key cannot be read"):
        return Cert.from_packets([packet for part in (parts[0], *kept) for packet in part])


def _alive(part: list[Packet], t: float) -> bool:
    """Return whether a subkey, given with its signatures, lasts beyond `t`."""
    from pysequoia.packet import SignatureType

    bound = [one for one in part if one.signature_type == SignatureType.SubkeyBinding]
    if not bound:
        return False
    lasts = max(bound, key=lambda one: _unix(one.signature_created)).key_validity_period
    return not lasts or _unix(part[0].key_created) + lasts.total_seconds() > t


def _unix(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def _only(data: bytes) -> Cert:
    """Return the one public key of a file."""
    from pysequoia import Cert
    from pysequoia.packet import PacketPile, Tag

    if len(data) > LARGEST_BYTES:
        raise BadKey(
            f"{len(data):,} bytes are no key of one person; export it without what others signed:"
            f" {EXPORT} --export-options export-minimal FINGERPRINT"
        )
    with _told("that is no OpenPGP key"):
        secret = (Tag.SecretKey, Tag.SecretSubkey)
        if b"PRIVATE KEY BLOCK" in data or any(
            one.tag in secret for one in PacketPile.from_bytes(data)
        ):
            raise BadKey(
                "that is the secret key, which nobody else may ever see; export the public one:"
                f" {EXPORT} FINGERPRINT"
            )
        found = Cert.split_bytes(data)
    if not found:
        raise BadKey(f"that is no OpenPGP key; {_SO_EXPORT}")
    if len(found) > 1:
        names = ", ".join(one.fingerprint.upper() for one in found)
        raise BadKey(f"the file holds {len(found)} keys ({names}); export one: {EXPORT} ...")
    return found[0]


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what pysequoia says, which names keys and people, into one sentence of ours."""
    try:
        yield
    except RuntimeError as error:
        raise BadKey(_sentence(what, str(error))) from None


def _sentence(what: str, says: str) -> str:
    return next((why for sign, why in _SAID.items() if sign in says), f"{what}; {_SO_EXPORT}")
