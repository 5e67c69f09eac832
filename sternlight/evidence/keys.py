"""Keys that sign (Ed25519, RFC 8032): the station's own, and others of the same kind.

A signature shows that whoever holds the key has signed exactly these bytes.  Whose key it is,
shows its fingerprint, if it was handed on by another way than the signed file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sternlight.alerts.credentials import STATION, credential, new_secret, there
from sternlight.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )


def make_key(keys: Path, name: str = STATION) -> Path:
    """Make a key in the folder `keys`, unless it is there; return its path."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return new_secret(keys / name, pem.decode("ascii"))


def private_key(keys: Path, name: str = STATION) -> Ed25519PrivateKey:
    """Return a key that signs.  Raises SettingsError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if name == STATION and not there(keys, name):
        raise SettingsError(f"there is no {keys / name}; `sudo sternlight key` makes it")
    text = credential(keys, name)
    try:
        key = load_pem_private_key(text.encode("utf-8"), None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise SettingsError(f"{name} holds no key that can be used") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{name} holds a key of another kind than Ed25519")
    return key


def public_pem(keys: Path, name: str = STATION) -> bytes | None:
    """Return the public half of a key, which verifies; None if there is no key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if not there(keys, name):
        return None
    public = private_key(keys, name).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(public: bytes) -> str:
    """Return by what two people can compare keys over the telephone.

    SHA-256 of the public key as DER, so that anybody can make it from the PEM:
    `openssl pkey -pubin -in station.pub -outform DER | sha256sum`.  Raises ValueError for no key.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = _public(public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.sha256(der).hexdigest()
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def sign(keys: Path, content: bytes, name: str = STATION) -> bytes:
    """Return the signature of `content`, of 64 bytes.  Raises SettingsError."""
    return private_key(keys, name).sign(content)


def verify(public: bytes, content: bytes, signature: bytes) -> bool:
    """Return whether the owner of a public key (PEM) has signed exactly this."""
    from cryptography.exceptions import InvalidSignature

    try:
        _public(public).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _public(pem: bytes) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it is no public key of Ed25519")
    return key
