"""A program of others, run as our child: it never outlives us and never waits for us.

Its standard error is always drained, since a program blocks on a full pipe;
the last lines are kept for the sentence that says why it ended.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence

from receiver.sources.base import SourceLost
from receiver.sources.remote import plain

GRACE_S = 2.0  # from the polite signal to the other one
READ_BYTES = 1 << 16
_KEPT_LINES = 12
_LINE_BYTES = 500
_ON_THE_AIR = re.compile(rb"[!$][A-Z0-9]{2}VD[MO]|^\s*[{\[]")


class Child:
    """A running program; `with` ends it and all that it has started itself.

    Raises SourceLost if it cannot be started.
    """

    def __init__(self, command: Sequence[str], on_said: Callable[[str], None]) -> None:
        """`on_said` is called with each line of standard error, as short plain text."""
        try:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,  # a group of its own, so that all of it can be ended
            )
        except OSError as error:
            raise SourceLost(f"{command[0]} cannot be started: {plain(error)}") from None
        self.said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._on_said = on_said
        self._begun = b""  # a line of standard error without its end
        self._ready = selectors.DefaultSelector()
        assert self._process.stdout
        assert self._process.stderr
        self._out, self._err = self._process.stdout.fileno(), self._process.stderr.fileno()
        for file in (self._out, self._err):
            self._ready.register(file, selectors.EVENT_READ)
        self.ended = False

    def also(self, sock: socket.socket) -> None:
        """Read datagrams from `sock` too: what the program sends there is its output."""
        self._ready.register(sock, selectors.EVENT_READ)

    def read(self, wait_s: float) -> bytes:
        """Return output that came within `wait_s`; sets `ended` when there will be no more."""
        until = time.monotonic() + wait_s
        output: list[bytes] = []
        while not output and not self.ended:
            ready = self._ready.select(max(until - time.monotonic(), 0.0))
            for key, _ in ready:
                if isinstance(key.fileobj, socket.socket):
                    output.append(_datagram(key.fileobj))
                else:
                    output.append(self._take(key.fd))
            output = [part for part in output if part]
            if time.monotonic() >= until:
                break
        return b"".join(output)

    def _take(self, file: int) -> bytes:
        data = os.read(file, READ_BYTES)
        if not data:
            self._ready.unregister(file)
            self.ended |= file == self._out
        if file == self._out:
            return data
        self._hear(data)
        return b""

    def _hear(self, data: bytes) -> None:
        *lines, self._begun = (self._begun + data).split(b"\n")
        self._begun = self._begun[:_LINE_BYTES]
        for line in lines:
            # What was heard on the air belongs into the log of sentences and nowhere else.
            if line.strip() and not _ON_THE_AIR.search(line):
                self.said.append(plain(line[:_LINE_BYTES].decode("latin-1")))
                self._on_said(self.said[-1])

    def how_it_ended(self) -> str:
        """Return in words how the program ended, or that it has only closed its output."""
        self.drain()
        ended = self._wait(0.2)
        if ended is None:
            return "closed its output and went on running"
        if ended.si_code == os.CLD_EXITED:
            return f"ended with status {ended.si_status}"
        return f"was ended by signal {ended.si_status} ({signal.Signals(ended.si_status).name})"

    def drain(self) -> None:
        """Hear what has been said until now."""
        for _ in range(64):
            keys = [key for key, _ in self._ready.select(0) if key.fd == self._err]
            if not keys:
                break
            self._take(self._err)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._ready.close()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        self._signal(signal.SIGTERM)
        self._wait(GRACE_S)
        # The group may hold others than the one we started.  It cannot be a stranger's yet,
        # since its first process, even if it has ended, keeps the number until it is awaited.
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):  # the latter: macOS, of a zombie
            return

    def _wait(self, most_s: float) -> os.waitid_result | None:
        """Wait for the program to end, without forgetting it; None if it has not."""
        until = time.monotonic() + most_s
        while True:
            ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if ended or time.monotonic() >= until:
                return ended
            time.sleep(0.01)


def _dies_with_us() -> list[str]:
    """Return what makes the kernel end the program if we are killed, where there is such a thing.

    Not done with preexec_fn, since Python code must not run between fork and
    exec in a program with threads.
    """
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    return [found, "--pdeathsig", "KILL", "--"] if found else []


def _datagram(sock: socket.socket) -> bytes:
    data = sock.recv(READ_BYTES)
    return data if data.endswith(b"\n") or not data else data + b"\n"
