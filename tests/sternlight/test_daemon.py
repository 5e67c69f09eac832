"""`sternlight watch` as a process: what it says, what it loads, and what can be asked meanwhile."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.sources.simulator import Simulation
from tests.receiver.live_input import free_port, tcp_end, wait_until
from tests.sternlight.daemons import (
    ENDED,
    QUICK,
    Daemon,
    asked,
    command,
    daemon,
    environment,
    refused,
)

HEAVY = {
    "pandas",
    "geopandas",
    "pyarrow",
    "sklearn",
    "scipy",
    "pyais",
    "rich",
    "shapely",
    "pyogrio",
    "pydantic",
    # What they stand for is small, and what they load is not.
    "statistics",
    "fractions",
    "decimal",
    "zoneinfo",
    "numpy.polynomial",
    # of the nightly work, which another process does
    "anomalies.standing",
    "sternlight.record.reckoned",
    # of alerts, which another process sends
    "cryptography",
    "email.policy",
    "imaplib",
    "jinja2",
    "matplotlib",
    "pysequoia",
    "smtplib",
}
SMALL_SEA_MB = 75.0  # measured: 55 on Python 3.11 and x86
LINES = b"".join(Simulation(seed=3, hours=1.0, vessels=15).lines())


def feed(connection: socket.socket) -> None:
    """Send an hour of a small sea at once, then keep the line open."""
    connection.sendall(LINES)
    connection.recv(1)


@contextmanager
def manager(path: Path) -> Iterator[list[str]]:
    """Take what a service tells its manager, as systemd does; yields the words as they come."""
    words: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(f"{path}")

        def take() -> None:
            while (said := end.recv(4096)) != b"over":
                words.extend(said.decode().split("\n"))

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield words
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"over", f"{path}")
        thread.join(5)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, Path, float]]:
    """Run a station on a real TCP feed, with whoever waits for READY; yields when it has heard."""
    base = tmp_path_factory.mktemp("daemon")
    folder = base / "station"
    with tcp_end(feed) as port, manager(base / "notify") as told:
        began = time.monotonic()
        source = [f"tcp://127.0.0.1:{port}?clock=feed&name=roof"]
        env = {"NOTIFY_SOCKET": f"{base}/notify", "WATCHDOG_USEC": "400000"}
        with daemon(folder, source, env=env) as station:
            station.heard("roof: hearing")
            took_s = time.monotonic() - began
            assert wait_until(lambda: lines_heard(folder) == LINES.count(b"\n"), 15)
            assert told[0] == "READY=1"
            assert wait_until(lambda: told.count("WATCHDOG=1") > 3)
            assert any(word.startswith("STATUS=") for word in told)
            yield station, folder, took_s
            assert "STOPPING=1" not in told
            assert station.end(signal.SIGTERM) == 0
            assert "STOPPING=1" in told
            assert ENDED in station.said[-1]


def lines_heard(folder: Path) -> int:
    done = subprocess.run(
        command("status", "--data", folder, "--json"), capture_output=True, env=environment(),
        check=False,
    )  # fmt: skip
    return int(json.loads(done.stdout)["sources"][0]["lines"]) if done.stdout else 0


def test_it_starts_and_hears_its_first_sentence_soon(running: tuple[Daemon, Path, float]) -> None:
    assert running[2] < 15  # the figure itself is measured elsewhere, on a machine that is calm


def test_its_state_can_be_asked_while_it_runs(running: tuple[Daemon, Path, float]) -> None:
    _, folder, _ = running
    told = json.loads(
        subprocess.run(
            command("status", "--data", folder, "--json"), capture_output=True, env=environment(),
            check=False,
        ).stdout
    )  # fmt: skip
    assert told["sources"][0]["name"] == "roof"
    assert told["sources"][0]["state"] == "hearing"
    assert told["sources"][0]["lines"] == LINES.count(b"\n")
    assert told["raw_log"]["writing"] is True


def test_its_events_and_vessels_can_be_asked_while_it_runs(
    running: tuple[Daemon, Path, float],
) -> None:
    _, folder, _ = running
    vessels = asked("vessels", "--data", folder, "--json", "--places", "none").splitlines()
    assert len(vessels) >= 10
    assert {"mmsi", "score", "contributions"} <= json.loads(vessels[0]).keys()
    for row in asked("events", "--data", folder, "--json", "--places", "none").splitlines():
        assert {"id", "kind", "score"} <= json.loads(row).keys()


def test_its_status_page_answers_on_loopback(running: tuple[Daemon, Path, float]) -> None:
    station, _, _ = running
    url = station.heard("The status is at").partition("http")[2].split(" ")[0]
    with urllib.request.urlopen(f"http{url}", timeout=5) as answer:
        assert json.loads(answer.read())["sources"][0]["name"] == "roof"
    with urllib.request.urlopen(f"http{url}".replace("status.json", "metrics")) as answer:
        assert b'source="roof"' in answer.read()


def test_a_second_one_on_its_folder_is_refused(running: tuple[Daemon, Path, float]) -> None:
    station, folder, _ = running
    says = refused("watch", "--source", "stdin:", "--data", folder)
    assert f"another station (process {station.process.pid}) is running on {folder}" in says


def test_a_running_station_has_loaded_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys, threading, time\n"
        "from sternlight.alerts import postman\n"
        "from sternlight.cli import main\n"
        "postman.FIRST_LOOK_S = 0.5\n"
        "def end():\n"
        f"    while not os.path.exists({str(tmp_path / 'station/run/station.json')!r}):\n"
        "        time.sleep(0.02)\n"
        "    time.sleep(1.5)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=end).start()\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "print(*sorted(sys.modules))\n"
    )
    config = tmp_path / "quick.toml"
    config.write_text(QUICK + "[mail]\nserver = 'smtp://127.0.0.1:9'\noperator = 'a@b.example'\n")
    done = subprocess.run(
        [
            sys.executable, "-c", script, "watch",
            "--source", "simulator:?speed=3600&vessels=20&name=sea&clock=feed",
            "--data", str(tmp_path / "station"), "--config", str(config),
        ],
        capture_output=True, text=True, env=environment(), timeout=30, check=False,
    )  # fmt: skip
    assert ENDED in done.stderr, done.stderr
    assert "sea: hearing" in done.stderr
    assert not HEAVY & set(done.stdout.split())
    assert {"numpy", "sternlight.alerts.postman"} <= set(done.stdout.split())


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_a_running_station_of_a_small_sea_takes_little_memory(
    running: tuple[Daemon, Path, float],
) -> None:
    pages = int(Path(f"/proc/{running[0].process.pid}/statm").read_text("ascii").split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") / 1e6 < SMALL_SEA_MB


def test_it_tells_what_is_wrong_with_all_its_sources_at_once(tmp_path: Path) -> None:
    says = refused(
        "watch", "--source", "tpc://127.0.0.1:1", "--source", "tcp://127.0.0.1:99999",
        "--source", "udp://127.0.0.1:5?clokc=feed", "--source", "tcp://127.0.0.1:7?format=table",
        "--data", tmp_path,
    )  # fmt: skip
    for words in (
        "did you mean tcp:", "port is 99999", "did you mean clock?", "format is 'table'"
    ):  # fmt: skip
        assert words in says
    assert "Traceback" not in says
    assert not list(tmp_path.iterdir())


def test_two_sources_of_one_name_and_none_at_all_are_refused(tmp_path: Path) -> None:
    one = "tcp://127.0.0.1:1?name=roof"
    says = refused("watch", "--source", one, "--source", one, "--data", tmp_path)
    assert "two sources are called 'roof'" in says
    if not Path("/etc/sternlight/sternlight.toml").exists():
        says = refused("watch", "--data", tmp_path)
        assert "nothing to listen to: name a source, as in --source tcp://" in says


def test_a_folder_that_cannot_be_written_is_told_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.touch()
    says = asked("watch", "--source", "stdin:", "--data", file / "station", code=2)
    assert "Traceback" not in says
    assert f"{file}" in says
    assert "cannot be written: not a directory" in says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read: no such file"),
        ("[watch\n", "is not TOML"),
        ("[watch]\nbatch_s = 0\nsink_s = 1\n[sources]\nroof = 'tpc://x'\n", "sync_s"),
        ("[wacht]\n", "watch"),
    ],
)
def test_settings_that_cannot_be_used_are_told_with_what_would_be_right(
    tmp_path: Path, text: str | None, says: str
) -> None:
    config = tmp_path / "sternlight.toml"
    if text is not None:
        config.write_text(text)
    told = refused("watch", "--source", "stdin:", "--data", tmp_path, "--config", config)
    assert says in told
    assert "Traceback" not in told


def test_a_port_that_is_taken_ends_nothing_and_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = QUICK.replace("status_port = 0", f"status_port = {port}")
        with daemon(tmp_path / "station", [f"tcp-listen://127.0.0.1:{port}?name=x"], settings) as d:
            d.heard("x: lost")
            assert f"{port}" in d.said[0]
            assert d.end(signal.SIGTERM) == 0
    assert not any("Traceback" in line for line in d.said)


def test_damage_to_the_archive_is_told_by_the_commands_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "archive.sqlite3").write_bytes(os.urandom(9000))
    commands: list[list[str | Path]] = [
        ["watch", "--source", f"tcp://127.0.0.1:{free_port()}", "--data", tmp_path],
        ["events", "--data", tmp_path],
    ]
    for words in commands:
        assert f"`sternlight rebuild --data {tmp_path}`" in refused(*words)
