"""What systemd is told, on a socket of our own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sternlight.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        name = f"sternlight-test-{os.getpid()}"
        path = str(tmp_path / "notify")
        if request.param == "abstract":
            try:
                end.bind("\0" + name)
            except OSError:
                pytest.skip("only Linux has abstract sockets")
        else:
            end.bind(path)
        end.settimeout(2.0)
        yield end, path if request.param == "path" else "@" + name


def test_it_says_ready_alive_status_and_stopping(systemd: tuple[socket.socket, str]) -> None:
    end, address = systemd
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
    assert notifier.watchdog_s == 30.0
    notifier.ready("hearing 2 sources")
    notifier.alive(100.0)
    notifier.status("deaf\nREADY=1")
    notifier.stopping()
    got = [end.recv(4096).decode() for _ in range(4)]
    assert got == ["READY=1\nSTATUS=hearing 2 sources", "WATCHDOG=1", "STATUS=deaf\ufffdREADY=1",
                   "STOPPING=1"]  # fmt: skip


def test_the_watchdog_hears_three_times_in_its_time(systemd: tuple[socket.socket, str]) -> None:
    end, address = systemd
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
    for second in range(60):
        notifier.alive(float(second))
    notifier.stopping()
    got = []
    while (message := end.recv(4096)) != b"STOPPING=1":
        got.append(message)
    assert got == [b"WATCHDOG=1"] * 6


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "/nowhere/at/all"},
        {"NOTIFY_SOCKET": "/" + "x" * 300},
    ],
)
def test_without_systemd_nothing_happens(environ: dict[str, str]) -> None:
    notifier = Notifier(environ)
    notifier.ready()
    notifier.alive(0.0)
    notifier.stopping()
    assert notifier.watchdog_s is None


@pytest.mark.parametrize(
    ("environ", "expected_s"),
    [
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_kept_only_by_the_process_it_is_meant_for(
    environ: dict[str, str], expected_s: float | None
) -> None:
    assert Notifier(environ).watchdog_s == expected_s
