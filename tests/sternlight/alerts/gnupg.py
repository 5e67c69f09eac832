"""A real GnuPG with an empty key ring, for tests of what others can read."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Gnupg:
    """Somebody's key ring."""

    home: Path

    def __call__(self, *arguments: str, given: bytes = b"", ok: bool = True) -> bytes:
        """Run gpg; return what it wrote on standard output."""
        ran = subprocess.run(
            ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--no-tty", "--passphrase",
             "", "--pinentry-mode", "loopback", "--trust-model", "always", *arguments],
            input=given, capture_output=True,
        )  # fmt: skip
        assert (ran.returncode == 0) == ok, ran.stderr.decode()
        return ran.stdout

    def make(self, address: str, kind: str, use: str = "", ends: str = "0", *more: str) -> bytes:
        """Make a key; return its public half, armored."""
        self(*more, "--quick-generate-key", address, kind, use or "default", ends)
        return self("--armor", "--export", address)

    def public(self, address: str) -> bytes:
        return self("--armor", "--export", address)

    def secret(self, address: str) -> bytes:
        return self("--armor", "--export-secret-keys", address)


@contextmanager
def gnupg() -> Iterator[Gnupg]:
    """Yield a key ring of its own; its folder is short, since the agent's socket stands in it."""
    if not shutil.which("gpg"):
        pytest.skip("GnuPG is not installed; sudo apt install gnupg")
    home = Path(tempfile.mkdtemp(prefix="gpg", dir="/tmp"))
    try:
        yield Gnupg(home)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)
