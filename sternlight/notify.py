"""Tells systemd how the station is: ready, alive, what it does, stopping.

Without systemd it says nothing to nobody.  The protocol is that of sd_notify(3).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from sternlight.text import plain


class Notifier:
    """Speaks to the socket that NOTIFY_SOCKET names, a path or, behind @, an abstract name."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            address = ""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._due_s = float("-inf")
        self.watchdog_s: float | None = None  # systemd restarts us when silent for so long
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        if meant and environ.get("WATCHDOG_USEC", "").isdecimal():
            self.watchdog_s = int(environ["WATCHDOG_USEC"]) / 1e6 or None

    def ready(self, status: str = "") -> None:
        """Say that the start is over."""
        self._send("READY=1", *([f"STATUS={plain(status)}"] if status else []))

    def status(self, text: str) -> None:
        """Say in a line what `systemctl status` shows."""
        self._send(f"STATUS={plain(text)}")

    def alive(self, mono_s: float) -> None:
        """Say, in every round of the main loop, that it turns; passed on as often as is needed."""
        if self.watchdog_s is not None and mono_s >= self._due_s:
            self._due_s = mono_s + self.watchdog_s / 3
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # A service manager that does not listen is no reason to stop listening to ships.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(lines).encode("utf-8", "replace"), self._address)
