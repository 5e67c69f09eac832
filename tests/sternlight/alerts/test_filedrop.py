"""Files that are dropped, and what others can verify of them with openssl."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sternlight.alerts import filedrop
from sternlight.alerts.channel import Outcome
from sternlight.alerts.credentials import FILEDROP
from sternlight.alerts.filedrop import (
    PUBLIC,
    FileDrop,
    checked,
)
from sternlight.alerts.mail_settings import Mail
from sternlight.errors import SettingsError
from sternlight.evidence.keys import fingerprint, make_key, public_pem
from tests.sternlight.alerts.letters_out import TOKEN, parcel

NAMES = {f"{TOKEN}.json", f"{TOKEN}.json.sig", PUBLIC}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_key(tmp_path / "keys", FILEDROP)
    return tmp_path / "keys"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "news desk"
    made.mkdir()
    return made


@pytest.fixture
def channel(keys: Path) -> FileDrop:
    return FileDrop(Mail(keys=str(keys)))


def openssl(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    found = shutil.which("openssl")
    if not found:
        pytest.skip("no openssl is installed; sudo apt install openssl")
    return subprocess.run([found, *words], cwd=folder, capture_output=True)


def verified(folder: Path) -> bool:
    """Run the command of docs/mail.md."""
    command = f"pkeyutl -verify -rawin -pubin -inkey {PUBLIC} -in {TOKEN}.json"
    done = openssl(folder, *command.split(), "-sigfile", f"{TOKEN}.json.sig")
    return done.returncode == 0 and b"Verified Successfully" in done.stdout


def test_an_alert_is_a_file_that_openssl_verifies(channel: FileDrop, folder: Path) -> None:
    assert channel.send(str(folder), parcel()) == Outcome("sent")
    assert {path.name for path in folder.iterdir()} == NAMES
    told = json.loads((folder / f"{TOKEN}.json").read_bytes())
    assert told["id"] == TOKEN
    assert told["data"]["score"] == 0.83
    assert verified(folder)


def test_a_changed_file_does_not_verify(channel: FileDrop, folder: Path) -> None:
    channel.send(str(folder), parcel())
    path = folder / f"{TOKEN}.json"
    path.write_bytes(path.read_bytes().replace(b"0.83", b"0.93"))
    assert not verified(folder)


def test_a_file_dropped_twice_is_the_same(channel: FileDrop, keys: Path, folder: Path) -> None:
    channel.send(str(folder), parcel())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert FileDrop(Mail(keys=str(keys))).send(f"file://{folder}", parcel()).how == "sent"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_files_go_through_no_link_that_somebody_laid(
    channel: FileDrop, folder: Path, tmp_path: Path
) -> None:
    target = tmp_path / "mine"
    target.write_text("untouched")
    for name in (*NAMES - {PUBLIC}, f".{TOKEN}.partial.json", f".{TOKEN}.json.partial.sig"):
        (folder / name).symlink_to(target)
    assert channel.send(str(folder), parcel()).how == "sent"
    assert target.read_text() == "untouched"
    assert not any(path.is_symlink() for path in folder.iterdir())
    assert verified(folder)


def test_a_folder_that_becomes_a_link_gets_nothing(
    channel: FileDrop, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(folder)
    outcome = channel.send(str(tmp_path / "link"), parcel())
    assert outcome.how == "later"
    assert not list(folder.iterdir())


def test_a_partial_file_of_a_killed_run_is_no_hindrance(channel: FileDrop, folder: Path) -> None:
    (folder / f".{TOKEN}.partial.json").write_bytes(b"{half")
    assert channel.send(str(folder), parcel()).how == "sent"
    assert {path.name for path in folder.iterdir()} == NAMES


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_a_disk_that_cannot_is_tried_later_and_leaves_nothing_half(
    channel: FileDrop, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(handle: int) -> None:
        raise OSError(code, os.strerror(code), str(folder))

    monkeypatch.setattr(os, "fsync", fail)
    outcome = channel.send(str(folder), parcel())
    assert outcome == Outcome("later", f"the folder: {os.strerror(code).lower()}")
    assert not list(folder.iterdir())


def test_a_folder_that_is_not_there_is_not_made(channel: FileDrop, tmp_path: Path) -> None:
    outcome = channel.send(str(tmp_path / "stick"), parcel())
    assert (outcome.how, "stick" in outcome.says) == ("later", False)
    assert not (tmp_path / "stick").exists()


def test_the_json_is_there_only_with_its_signature(
    channel: FileDrop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = filedrop._write
    monkeypatch.setattr(
        filedrop, "_write", lambda path, body: (written.append(path.name), real(path, body))
    )
    channel.send(str(folder), parcel())
    assert written == [PUBLIC, f"{TOKEN}.json.sig", f"{TOKEN}.json"]


@pytest.mark.parametrize("token", ["../../etc/x", "a/b", "", ".", "a\x00b"])
def test_a_token_is_no_path(channel: FileDrop, folder: Path, token: str) -> None:
    with pytest.raises(ValueError, match="letters and digits"):
        channel.send(str(folder), parcel(token=token))


def test_an_address_is_kept_as_the_folder_it_is(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    link, quoted = str(tmp_path / "link"), f"{tmp_path}/news%20desk"
    for typed in (
        str(folder),
        f"{folder}/\n",
        f"file://{quoted}",
        f"file://localhost{quoted}",
        link,
    ):
        assert checked(typed) == str(folder.resolve())


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("news", "beginning with /"),
        ("/nowhere/of/ours", "no such folder"),
        ("/etc/hostname", "no such folder"),
        ("file://elsewhere/x", "this computer"),
        ("/tm\np", "beginning with /"),
    ],
)
def test_what_is_no_folder_is_told_without_repeating_it(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        checked(typed)
    assert typed not in str(caught.value)


def test_the_key_is_made_once_and_only_its_owner_reads_it(keys: Path) -> None:
    before = (keys / "filedrop.key").read_bytes()
    assert make_key(keys, FILEDROP) == keys / "filedrop.key"
    assert (keys / "filedrop.key").read_bytes() == before
    assert (keys / "filedrop.key").stat().st_mode & 0o777 == 0o600


def test_the_fingerprint_is_what_openssl_says(keys: Path, folder: Path) -> None:
    public = public_pem(keys, FILEDROP) or b""
    (folder / PUBLIC).write_bytes(public)
    der = openssl(folder, *f"pkey -pubin -in {PUBLIC} -outform DER".split()).stdout
    assert fingerprint(public).replace(" ", "") == hashlib.sha256(der).hexdigest()


def test_a_key_that_is_none_is_told(keys: Path) -> None:
    (keys / "filedrop.key").write_text("nothing")
    with pytest.raises(SettingsError, match="no key that can be used"):
        FileDrop(Mail(keys=str(keys)))
    made = openssl(keys, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    (keys / "filedrop.key").write_bytes(made.stdout)
    with pytest.raises(SettingsError, match="Ed25519"):
        FileDrop(Mail(keys=str(keys)))
    (keys / "filedrop.key").unlink()
    with pytest.raises(SettingsError, match=r"there is no .*filedrop\.key"):
        FileDrop(Mail(keys=str(keys)))
