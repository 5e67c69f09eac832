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
YEAR = timedelta(days=365)


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
        self.openssl("ts -reply -config ts.cnf -queryfile asked.tsq -out answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()

    def openssl(self, command: str) -> None:
        found = shutil.which("openssl")
        if not found:
            pytest.skip("no openssl is installed; sudo apt install openssl")
        subprocess.run([found, *command.split()], cwd=self.folder, check=True, capture_output=True)


def authority(folder: Path, name: str = "A trusted clock", years: int = 100) -> Authority:
    """Make an authority whose certificate is good for so many years from 2020 on."""
    folder.mkdir()
    issuer = f"{name} root"
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    stamping, serving = ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH
    (folder / "root.pem").write_bytes(_certificate(issuer, issuer, root_key, root_key, 100, None))
    for file, purpose in (("tsa.pem", stamping), ("other.pem", serving)):
        made = _certificate(name, issuer, key, root_key, years, purpose)
        (folder / file).write_bytes(made)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(pem)
    (folder / "serial").write_text("01\n")
    (folder / "ts.cnf").write_text(CONFIG)
    return Authority(folder)


def signed_by_no_authority(made: Authority, answer: bytes) -> bytes:
    """Return an answer of the same content, signed by a certificate that may not stamp.

    `openssl ts` refuses to sign with such a one; `openssl cms` signs anything.
    """
    token = made.folder / "token.der"
    token.write_bytes(answer)
    run = made.openssl
    run("ts -reply -in token.der -token_out -out token.p7")
    run("cms -verify -noverify -inform DER -in token.p7 -out content.der")
    run(
        "cms -sign -binary -nodetach -cades -econtent_type 1.2.840.113549.1.9.16.1.4 -outform DER"
        " -in content.der -signer other.pem -inkey tsa.key -out other.p7"
    )
    body = b"\x30\x03\x02\x01\x00" + (made.folder / "other.p7").read_bytes()
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def _certificate(
    subject: str, issuer: str, key: Any, signer: Any, years: int, purpose: Any
) -> bytes:
    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    made = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(FROM + years * YEAR)
        .add_extension(x509.BasicConstraints(purpose is None, None), critical=True)
    )
    if purpose is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return made.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
