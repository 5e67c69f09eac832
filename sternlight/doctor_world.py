"""What the doctor looks at, and how it tells what it found.

Everything outside goes through `World`, so that a folder can stand in for a
whole computer.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sternlight.system_clock import kernel_synchronised

PATIENCE_S = 4.0  # for a program or a host to answer


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and how to mend it."""

    what: str
    ok: bool | None  # None: it could not be seen, or is worth knowing and not wrong
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may or may not open a file."""

    name: str
    uid: int
    gids: frozenset[int]

    def may_use(self, stat: os.stat_result, need: int = 6) -> bool:
        """Return whether this user may read (4), write (2), enter (1) something, or all of them."""
        if self.uid == 0:
            return True
        shift = 6 if stat.st_uid == self.uid else 3 if stat.st_gid in self.gids else 0
        return (stat.st_mode >> shift) & need == need


def run(command: Sequence[str]) -> str | None:
    """Return what a program prints, on either output; None if it cannot be run."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Of the shell and the dynamic linker: not executable, not found, a library is missing
    return None if done.returncode in (126, 127) else done.stdout.decode("utf-8", "replace")


def connect(host: str, port: int) -> None:
    """Open a connection and close it.  Raises OSError."""
    socket.create_connection((host, port), PATIENCE_S).close()


@dataclass(frozen=True, slots=True)
class World:
    """The computer; a test gives another root and other answers."""

    root: Path = Path("/")
    now: Callable[[], float] = time.time
    synchronised: Callable[[], bool | None] = kernel_synchronised
    run: Callable[[Sequence[str]], str | None] = run
    which: Callable[[str], str | None] = shutil.which
    connect: Callable[[str, int], None] = connect
    user: User | None = None  # who runs the station; None: whoever owns its data

    def at(self, path: str | Path) -> Path:
        """Return where a path lies."""
        return self.root / str(Path(path).absolute()).lstrip("/")

    def text(self, path: str | Path) -> str:
        """Return the text of a file without blanks around it; empty if it cannot be read."""
        try:
            return self.at(path).read_text("utf-8", "replace").strip()
        except OSError:
            return ""

    def find(self, folder: str, pattern: str) -> list[str]:
        """Return the paths in a folder that fit a pattern, in order."""
        try:
            found = sorted(self.at(folder).glob(pattern))
        except OSError:
            return []
        return [f"/{path.relative_to(self.root)}" for path in found]

    def stat(self, path: str | Path) -> os.stat_result | None:
        """Return what a path is; None if it is not there or out of sight."""
        try:
            return self.at(path).stat()
        except OSError:
            return None

    def real(self, path: str) -> str:
        """Return a path without symbolic links."""
        try:
            return f"/{self.at(path).resolve().relative_to(self.root.resolve())}"
        except (OSError, ValueError):
            return path

    def link(self, path: str) -> str:
        """Return where a symbolic link points; empty if it is none or may not be read."""
        try:
            return str(self.at(path).readlink())
        except OSError:
            return ""

    def group(self, gid: int) -> str:
        """Return the name of a group."""
        rows = (line.split(":") for line in self.text("/etc/group").splitlines())
        return next((r[0] for r in rows if len(r) > 2 and r[2] == str(gid)), str(gid))

    def station_user(self, data: Path | None) -> User:
        """Return who runs the station: the owner of its data folder, or whoever asks."""
        if self.user:
            return self.user
        stat = self.stat(data) if data else None
        uid = os.getuid() if stat is None else stat.st_uid
        rows = [line.split(":") for line in self.text("/etc/passwd").splitlines()]
        row = next((r for r in rows if len(r) > 3 and r[2] == str(uid)), [f"user {uid}"])
        if uid == os.getuid():  # a group that was given since takes a new login
            return User(row[0], uid, frozenset({os.getgid(), *os.getgroups()}))
        groups = [line.split(":") for line in self.text("/etc/group").splitlines()]
        gids = row[3:4] + [g[2] for g in groups if len(g) > 3 and row[0] in g[3].split(",")]
        return User(row[0], uid, frozenset(int(gid) for gid in gids if gid.isdecimal()))
