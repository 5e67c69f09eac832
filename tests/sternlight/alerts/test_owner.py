"""Who writes into a station's folder when root asks for something."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.sternlight.daemons import environment

NOBODY = 65_534
NAMES = (
    "alerts.key", "filedrop.key", "imap.password", "pgp.key", "smtp.password", "station.key",
)  # fmt: skip
STRANGER = 54_321  # a number that no user has

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
SCRIPT = """
import os, sys
from pathlib import Path
from sternlight.alerts.book import Book
from sternlight.alerts.credentials import credential
from sternlight.alerts.owner import as_owner
folder = Path(sys.argv[1])
keys = Path(sys.argv[2])
as_owner(folder, keys)
print(*{credential(keys, name) for name in sys.argv[3:]})
Book.open(folder).close()
print(os.getresuid(), os.getresgid(), os.getgroups(), os.environ["HOME"])
try:
    os.setuid(0)
    print("root again")
except PermissionError:
    print("for good")
"""


def written_by(folder: Path) -> tuple[str, os.stat_result]:
    """Let a process write into a folder; return what it says of itself, and of what it wrote."""
    keys = folder / "keys"  # where they never are; closed to the owner, as root's folder is
    keys.mkdir(mode=0o700)
    for name in NAMES:
        (keys / name).write_text("a secret\n")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, f"{folder}", f"{keys}", *NAMES],
        env=environment(HOME="/root"), capture_output=True, text=True, check=False,
        extra_groups=[0, 4] if os.geteuid() == 0 else None,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return done.stdout, (folder / "alerts.sqlite3").stat()


@ROOT
@pytest.mark.parametrize("owner", [NOBODY, STRANGER])
def test_root_becomes_the_owner_of_the_folder_for_good(owner: int) -> None:
    # Not tmp_path, which lies in a folder that root alone may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o750)
        os.chown(folder, owner, owner)
        says, stat = written_by(folder)
    assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o777) == (owner, owner, 0o640)
    assert f"({owner}, {owner}, {owner}) ({owner}, {owner}, {owner})" in says
    assert not {"[0,", "4]"} & set(says.split()), "none of root's groups is left"
    assert "for good" in says
    assert says.startswith("a secret\n"), "what root could read is still known"


def test_a_folder_of_ones_own_changes_nothing(tmp_path: Path) -> None:
    says, stat = written_by(tmp_path)
    assert stat.st_uid == os.getuid()
    assert says.startswith(f"a secret\n({os.getuid()},")


def test_a_folder_that_is_not_there_belongs_to_nobody(tmp_path: Path) -> None:
    from sternlight.alerts.owner import as_owner

    as_owner(tmp_path / "nothing", tmp_path)
    assert os.geteuid() == os.getuid()
