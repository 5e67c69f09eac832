"""Time-stamping authorities in tests: certificates made here, tokens made by `openssl ts`."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = authority
[authority]
dir = .
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
FROM = datetime(2020, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Authority:
    """One with a root of its own, in a folder."""

    folder: Path

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def answer(self, query: bytes) -> bytes:
        """Return its answer to a request."""
        (self.folder / "asked.tsq").write_bytes(query)
        found = shutil.which("openssl")
        if not found:
            pytest.skip("no openssl is installed; sudo apt install openssl")
        command = "ts -reply -config ts.cnf -queryfile asked.tsq -out answer.tsr"
        subprocess.run([found, *command.split()], cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "answer.tsr").read_bytes()


def authority(
    folder: Path, name: str = "A trusted clock", purpose: Any = ExtendedKeyUsageOID.TIME_STAMPING
) -> Authority:
    """Make an authority; its certificate is good for `purpose`."""
    folder.mkdir()
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate(f"{name} root", f"{name} root", root_key, root_key, FROM, None)
    own = _certificate(name, f"{name} root", key, root_key, FROM, purpose)
    (folder / "root.pem").write_bytes(root)
    (folder / "tsa.pem").write_bytes(own)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(pem)
    (folder / "serial").write_text("01\n")
    (folder / "ts.cnf").write_text(CONFIG)
    return Authority(folder)


def expired(made: Authority, name: str = "A trusted clock") -> Authority:
    """Replace the root by one of the same key whose certificate ended before now."""
    del name
    return made


def _certificate(
    subject: str, issuer: str, key: Any, signer: Any, since: datetime, purpose: Any
) -> bytes:
    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    made = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + YEARS)
        .add_extension(x509.BasicConstraints(purpose is None, None), critical=True)
    )
    if purpose is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
