"""Other ends for live sources: programs, a broker, certificates; all on loopback, all real."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from receiver.decoded import Decoded
from receiver.formats import by_name
from receiver.sources.base import Source, SourceLost
from receiver.sources.logfile import Input
from receiver.sources.simulator import Simulation

SIMULATION = Simulation(hours=0.5, vessels=20, bad_checksum_share=0.0, duplicate_share=0.0)


def sentences() -> list[bytes]:
    """Return simulated sentences without the TAG blocks."""
    lines = b"".join(SIMULATION.lines()).splitlines()[1:]
    return [line.rpartition(b"\\")[2] for line in lines]


def json_lines() -> list[bytes]:
    """Return AIS-catcher's lines (`-o 3 -M DT`) for the simulated messages of one sentence."""
    return [
        json.dumps(
            {
                "class": "AIS",
                "device": "AIS-catcher",
                "channel": "A",
                "rxuxtime": 1772323200 + i,
                "rxtime": "20260301000000",
                "signalpower": -20.5,
                "ppm": 1.5,
                "mmsi": 1,
                "type": 1,
                "nmea": [sentence.decode()],
            },
            separators=(",", ":"),
        ).encode()
        for i, sentence in enumerate(s for s in sentences() if s.startswith(b"!AIVDM,1,"))
    ]


def read_back(format_name: str, heard: bytes) -> tuple[list[Decoded], Counter[str]]:
    """Return what a format's reader makes of what a source yielded."""
    found = list(by_name(format_name).read(Input("live", iter([heard])), 0, 1))
    return found, sum((decoded.counts for decoded in found), Counter())


def listen(source: Source, enough: Callable[[bytes], bool], most_s: float = 8.0) -> bytes:
    """Return what a source yields until it is enough; fails after `most_s`."""
    heard, until = b"", time.monotonic() + most_s
    blocks = source.blocks()
    for block in blocks:
        heard += block
        if enough(heard):
            blocks.close()  # type: ignore[attr-defined]
            return heard
        assert time.monotonic() < until, f"only {len(heard)} bytes were heard"
    raise AssertionError(f"the source ended after {len(heard)} bytes")


def until_lost(source: Source) -> tuple[bytes, str]:
    """Return what a source yields before it is lost, and the sentence that says why."""
    heard: list[bytes] = []
    with pytest.raises(SourceLost) as told:
        heard.extend(source.blocks())
    return b"".join(heard), str(told.value)


def lost(source: Source) -> str:
    """Return the sentence with which a source is lost before it has yielded anything."""
    heard, says = until_lost(source)
    assert heard == b""
    return says


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def program(folder: Path, name: str, body: str) -> Path:
    """Write a Python program of that name, which may be found on a PATH of its folder alone."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable} -IS\nimport sys, time, os, signal\n{body}\n")
    path.chmod(0o755)
    found = shutil.which("setpriv", path=os.defpath)
    if found and not (folder / "setpriv").exists():
        (folder / "setpriv").symlink_to(found)
    return path


@contextmanager
def mosquitto(folder: Path, *settings: str, port: int = 0) -> Iterator[int]:
    """Run a real broker with these lines of configuration; yields its port."""
    found = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if not found:
        pytest.skip("no MQTT broker is installed; sudo apt install mosquitto")
    port = port or free_port()
    config = folder / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "user root", "persistence false", *settings]
    if not any("allow_anonymous" in line for line in settings):
        lines.append("allow_anonymous true")
    config.write_text("\n".join(lines) + "\n")
    with (
        (folder / "mosquitto.log").open("wb") as log,
        subprocess.Popen([found, "-c", str(config)], stdout=log, stderr=log) as broker,
    ):
        try:
            wait_for(port)
            yield port
        finally:
            broker.kill()


def wait_for(port: int) -> None:
    until = time.monotonic() + 5
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < until, "the other end does not begin to listen"
            time.sleep(0.02)


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """Return a self-made certificate for a host, and its key."""
    found = shutil.which("openssl")
    if not found:
        pytest.skip("no openssl is installed; sudo apt install openssl")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        f"{found} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name}".split()
        + f"-addext subjectAltName=DNS:{name} -keyout key.pem -out cert.pem".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return cert, key


@contextmanager
def tcp_end(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection after another on loopback with `answer`; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(2)


@contextmanager
def websocket_end(answer: Callable[[ServerConnection], None], **settings: Any) -> Iterator[int]:
    """Serve WebSockets on loopback with `answer`; yields the port."""

    def until_gone(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed, OSError):
            answer(connection)

    with serve(until_gone, "127.0.0.1", 0, **settings) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
    thread.join(2)


def wait_until(true: Callable[[], bool], most_s: float = 4.0) -> bool:
    until = time.monotonic() + most_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
