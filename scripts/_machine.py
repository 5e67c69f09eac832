"""The computer that install_station.py changes; as old in its syntax as _environment.py."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from _environment import CannotSetUp


class Machine:
    """The computer: everything that is changed goes through here, or is only told.

    Under a prefix, files are made there and commands are told; a dry run tells both.
    """

    def __init__(self, prefix: Path | None, dry: bool) -> None:
        self.root = (prefix or Path("/")).resolve()
        self.dry = dry
        self.real = prefix is None and not dry
        # Not so while an image of a system is made: then it begins with the next start.
        self.booted = not self.real or Path("/run/systemd/system").is_dir()

    def at(self, path: str) -> Path:
        """Return where a path of the installed system is now."""
        return self.root / path.lstrip("/")

    def run(self, *command: str) -> str:
        """Run a command of the system, and return what it says.

        Raises CannotSetUp with its last words if it fails.
        """
        if not self.real:
            print(f"would run: {shlex.join(command)}")
            return ""
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
            )
        except (FileNotFoundError, PermissionError):
            raise CannotSetUp(
                f"There is no program {command[0]}; a station needs Debian, Raspberry Pi OS or "
                "another Linux with systemd."
            ) from None
        if done.returncode:
            words = " ".join((done.stderr or done.stdout).split()) or "without a word"
            raise CannotSetUp(f"`{shlex.join(command)}` failed: {words}")
        return done.stdout

    def folder(self, path: str, mode: int) -> None:
        """Make a folder that is not there."""
        if not self.at(path).is_dir() and not self._told(f"make the folder {path}"):
            self.at(path).mkdir(parents=True)
            self.at(path).chmod(mode)

    def write(self, path: str, text: str) -> None:
        """Write a file, whole or not at all."""
        place = self.at(path)
        if text_of(place) == text or self._told(f"write {path}"):
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{place.name}.partial")
        partial.write_text(text, "utf-8")
        partial.chmod(0o644)
        partial.replace(place)

    def link(self, path: str, target: str) -> None:
        """Point a symbolic link somewhere, in one instant."""
        place = self.at(path)
        if self._told(f"link {path} to {target}"):
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{place.name}.partial")
        partial.unlink(missing_ok=True)
        partial.symlink_to(target)
        partial.replace(place)

    def remove(self, path: str) -> None:
        """Remove a file, a link or a folder with all that is in it, if it is there."""
        place = self.at(path)
        if not os.path.lexists(place) or self._told(f"remove {path}"):
            return
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()

    def _told(self, what: str) -> bool:
        if self.dry:
            print(f"would {what}")
        return self.dry


def text_of(path: Path) -> str | None:
    """Return what a file says, None if there is none."""
    return path.read_text("utf-8") if path.is_file() else None
