"""The station's key: what it signs, others verify; and who may read it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from sternlight.errors import SettingsError
from sternlight.evidence.keys import fingerprint, make_key, public_pem, sign, verify


def openssl(folder: Path, command: str) -> bytes:
    found = shutil.which("openssl")
    if not found:
        pytest.skip("no openssl is installed; sudo apt install openssl")
    run = subprocess.run([found, *command.split()], cwd=folder, check=True, capture_output=True)
    return run.stdout


def test_what_it_signs_openssl_and_we_verify_and_nothing_else(tmp_path: Path) -> None:
    make_key(tmp_path)
    public, signature = public_pem(tmp_path) or b"", sign(tmp_path, b"a bundle")
    for name, content in (("pub", public), ("text", b"a bundle"), ("sig", signature)):
        (tmp_path / name).write_bytes(content)
    said = openssl(tmp_path, "pkeyutl -verify -rawin -pubin -inkey pub -in text -sigfile sig")
    assert b"Successfully" in said
    assert verify(public, b"a bundle", signature)
    assert not verify(public, b"a bundel", signature)
    assert not verify(public, b"a bundle", signature[:-1] + b"x")
    assert not verify(public, b"a bundle", b"")


def test_its_fingerprint_is_what_openssl_says_of_the_public_half(tmp_path: Path) -> None:
    make_key(tmp_path)
    (tmp_path / "station.pub").write_bytes(public_pem(tmp_path) or b"")
    der = openssl(tmp_path, "pkey -pubin -in station.pub -outform DER")
    words = fingerprint(public_pem(tmp_path) or b"")
    assert words.replace(" ", "") == hashlib.sha256(der).hexdigest()
    assert {len(word) for word in words.split()} == {4}


def test_it_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = make_key(tmp_path / "keys")
    before = path.read_bytes()
    assert make_key(tmp_path / "keys") == path
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_missing_or_none_is_told_and_its_content_never(tmp_path: Path) -> None:
    assert public_pem(tmp_path) is None
    with pytest.raises(SettingsError, match=r"sudo sternlight key"):
        sign(tmp_path, b"x")
    (tmp_path / "station.key").write_text("secret words")
    with pytest.raises(SettingsError, match="no key that can be used") as caught:
        sign(tmp_path, b"x")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["nothing", "EC", "private"])
def test_what_is_no_public_key_verifies_nothing_and_has_no_fingerprint(
    tmp_path: Path, kind: str
) -> None:
    path = make_key(tmp_path)
    public = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    if kind == "EC":
        openssl(tmp_path, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec")
        public = openssl(tmp_path, "pkey -in ec -pubout")
    elif kind == "private":
        public = path.read_bytes()
    assert not verify(public, b"x", sign(tmp_path, b"x"))
    with pytest.raises(ValueError, match=r"."):
        fingerprint(public)
