"""Where secrets are read from: what systemd hands over, and else the folder of the settings."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sternlight.alerts.credentials import SEAL, SMTP, Seal, credential, make_seal, there
from sternlight.errors import SettingsError
from tests.sternlight.daemons import environment

ASKED = """
import os, sys
from pathlib import Path
from sternlight.alerts.credentials import credential, there
from sternlight.errors import SettingsError
os.setuid(65534)
keys = Path(sys.argv[1])
print(there(keys, "alerts.key"), there(keys, "smtp.password"), credential(keys, "alerts.key"))
try:
    credential(keys, "smtp.password")
except SettingsError as error:
    print(error)
"""


def test_what_systemd_hands_over_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed, keys = tmp_path / "handed", tmp_path / "keys"
    for folder, name in ((handed, f"keys_{SMTP}"), (keys, SMTP)):
        folder.mkdir()
        (folder / name).write_text(f"{folder.name}\n")
    assert credential(keys, SMTP) == "keys"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", f"{handed}")
    assert credential(keys, SMTP) == "handed"
    assert there(keys, SMTP)
    assert not there(keys, SEAL)
    with pytest.raises(SettingsError, match=f"there is no .*{SEAL}"):
        credential(keys, SEAL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_service_that_may_not_enter_the_folder_is_told_to_start_again() -> None:
    with tempfile.TemporaryDirectory() as name:  # which others may enter, unlike tmp_path
        Path(name).chmod(0o755)
        handed, keys = Path(name, "handed"), Path(name, "keys")
        handed.mkdir()
        (handed / "keys_alerts.key").write_text("abc\n")
        keys.mkdir(mode=0o700)
        (keys / SMTP).write_text("secret\n")
        done = subprocess.run(
            [sys.executable, "-c", ASKED, f"{keys}"],
            env=environment(CREDENTIALS_DIRECTORY=f"{handed}"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == "True False abc", done.stderr
    assert second.endswith("permission denied; the station is handed keys when it starts:"
                           " restart it")  # fmt: skip
    assert "secret" not in second


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = make_seal(tmp_path / "keys")
    before = path.read_text()
    assert make_seal(tmp_path / "keys").read_text() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    seal = Seal.of(tmp_path / "keys")
    assert seal.open(seal.close({"to": "a@b.example"})) == {"to": "a@b.example"}
