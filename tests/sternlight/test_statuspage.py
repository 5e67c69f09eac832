"""The status page over a real connection, asked rightly and wrongly."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from sternlight.statuspage import ANSWERS_COUNT, RUN_FILE, StatusPage
from tests.sternlight.statuses import NOW, source, status


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusPage]:
    made = StatusPage(
        tmp_path_factory.mktemp("station"),
        0,
        lambda: status(source("ro\u202eof"), load=float("nan")),
    )
    yield made
    made.close()


def ask(
    page: StatusPage, path: str, method: str = "GET", host: str = "127.0.0.1"
) -> tuple[HTTPResponse, str]:
    line = HTTPConnection("127.0.0.1", page.port, timeout=5)
    line.request(method, path, headers={"Host": host})
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer, text


def raw(page: StatusPage, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", page.port), timeout=5) as line:
        line.sendall(request)
        return b"".join(iter(lambda: line.recv(4096), b""))


def test_programs_get_the_status_as_json(page: StatusPage) -> None:
    answer, text = ask(page, "/status.json")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    told = json.loads(text)
    assert told["now"] == NOW
    assert told["sources"][0]["name"] == "ro\u202eof"
    assert told["load"] is None, "JSON has no nan"
    assert told["troubles"] == []


def test_prometheus_gets_its_page(page: StatusPage) -> None:
    answer, text = ask(page, "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "sternlight_vessels" in text


def test_there_is_nothing_else(page: StatusPage) -> None:
    assert ask(page, "/")[0].status == 200
    assert ask(page, "/../../etc/passwd")[0].status == 404


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1"])
def test_this_computer_is_answered_also_through_a_tunnel(page: StatusPage, host: str) -> None:
    assert ask(page, "/metrics", host=host)[0].status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "a@127.0.0.1", "", "[::1]"],
)
def test_a_name_made_to_point_here_is_refused(page: StatusPage, host: str) -> None:
    answer, text = ask(page, "/status.json", host=host)
    assert answer.status == 403
    assert "sources" not in text


def test_a_request_without_a_host_is_refused(page: StatusPage) -> None:
    assert b" 403 " in raw(page, b"GET /status.json HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_it_can_only_be_read(page: StatusPage, method: str) -> None:
    answer, _ = ask(page, "/status.json", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize("request_", [b"\r\n\r\n", b"\x00\xff\r\n\r\n", b"GET " + b"x" * 70_000])
def test_garbage_is_survived(page: StatusPage, request_: bytes) -> None:
    with suppress(ConnectionError):  # it may hang up on what is too long
        raw(page, request_)
    assert ask(page, "/metrics")[0].status == 200


def test_it_listens_on_loopback_only(page: StatusPage) -> None:
    assert page._server.server_address[0] == "127.0.0.1"


def test_those_who_connect_and_say_nothing_do_not_stop_the_end(tmp_path: Path) -> None:
    page = StatusPage(tmp_path, 0, status)
    idle = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(2 * ANSWERS_COUNT)]
    idle[-1].settimeout(3.0)
    assert idle[-1].recv(1) == b"", "who is one too many is hung up on"
    ended = threading.Thread(target=page.close)
    ended.start()
    ended.join(3.0)
    assert not ended.is_alive()
    for line in idle:
        line.close()


def test_a_taken_port_is_replaced_and_told(tmp_path: Path, page: StatusPage) -> None:
    other = StatusPage(tmp_path / "other", page.port, status)
    assert other.port != page.port
    assert other.says.startswith(f"Port {page.port} is taken. The status is at http://127.0.0.1:")
    assert ask(other, "/metrics")[0].status == 200
    other.close()


def test_the_run_file_tells_where_and_goes_at_the_end(tmp_path: Path) -> None:
    page = StatusPage(tmp_path, 0, status)
    file = tmp_path / RUN_FILE
    assert json.loads(file.read_text()) == {
        "pid": os.getpid(),
        "port": page.port,
        "started": NOW - 86_400,
    }
    page.close()
    assert not file.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", page.port), timeout=2)


def test_the_run_file_of_another_process_stays(tmp_path: Path) -> None:
    page = StatusPage(tmp_path, 0, status)
    (tmp_path / RUN_FILE).write_text('{"pid": 1, "port": 2, "started": 3}')
    page.close()
    assert (tmp_path / RUN_FILE).exists()
