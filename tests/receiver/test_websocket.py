"""WebSockets, against real servers on loopback that behave as aisstream.io does."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.http11 import Response
from websockets.sync.server import ServerConnection

from receiver.formats import aisstream
from receiver.sources import websocket
from receiver.sources.address import BadAddress, parse
from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.websocket import TYPES, WORLD, WebSocket, corners
from tests.receiver.live_input import (
    certificate,
    free_port,
    listen,
    lost,
    read_back,
    sentences,
    tcp_end,
    until_lost,
    websocket_end,
)

KEY = "0123456789abcdef"
MESSAGE = {
    "MessageType": "PositionReport",
    "MetaData": {"MMSI": 230939100, "time_utc": "2026-03-01 00:00:07.123456 +0000 UTC"},
    "Message": {
        "PositionReport": {
            "MessageID": 1,
            "UserID": 230939100,
            "Valid": True,
            "Latitude": 60.038,
            "Longitude": 20.345,
            "Sog": 10.7,
            "Cog": 326.6,
            "TrueHeading": 325,
            "NavigationalStatus": 0,
        }
    },
}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    file.chmod(0o600)
    return file


def stream(key: Path, port: int) -> WebSocket:
    return WebSocket("127.0.0.1", port, "/v0/stream", "ws", key_file=str(key))


def no_answer(connection: ServerConnection) -> None:
    for _ in connection:
        pass


# -- what comes through -----------------------------------------------------------------------


def test_aisstream_is_asked_for_areas_and_kinds_and_its_messages_become_lines(key: Path) -> None:
    asked: list[Any] = []

    def answer(connection: ServerConnection) -> None:
        asked.append((connection.request.path, json.loads(connection.recv())))  # type: ignore[union-attr]
        text = json.dumps(MESSAGE, indent=1)
        for message in (text, text.encode(), b"", "\0\n"):
            connection.send(message)
        no_answer(connection)

    with websocket_end(answer) as port:
        source = parse(
            f"ws://127.0.0.1:{port}/v0/stream?key_file={key}&areas=59,22,60.5,27;-10,-20,10,20"
        ).source
        heard = listen(source, lambda heard: heard.count(b"\n") >= 2)
    assert heard.count(b"\n") == 2
    assert asked == [
        (
            "/v0/stream",
            {
                "APIKey": KEY,
                "BoundingBoxes": [[[59, 22], [60.5, 27]], [[-10, -20], [10, 20]]],
                "FilterMessageTypes": list(TYPES),
            },
        )
    ]
    found, counts = read_back(source.format, heard)
    assert [decoded.positions.mmsi.tolist() for decoded in found] == [[230939100] * 2]
    assert not [name for name in counts if name.startswith("dropped")]


def test_the_kinds_asked_for_are_those_that_are_read() -> None:
    assert set(TYPES) == {*aisstream._POSITIONS, *aisstream._STATICS}


def test_no_area_is_the_world() -> None:
    assert corners("") == []
    assert WORLD == [[[-90, -180], [90, 180]]]


def test_a_server_of_your_own_is_asked_for_nothing() -> None:
    said = b"\r\n".join(sentences()[:3])

    def answer(connection: ServerConnection) -> None:
        with pytest.raises(TimeoutError):
            connection.recv(0.2)
        connection.send(sentences()[0].decode() + "\n")
        connection.send(said)
        no_answer(connection)

    with websocket_end(answer) as port:
        source = parse(f"ws://127.0.0.1:{port}?format=nmea").source
        heard = listen(source, lambda heard: heard.count(b"\n") >= 2)
    assert read_back("nmea", heard)[1]["lines"] >= 2


def test_tls_is_spoken_and_the_certificate_is_verified(key: Path, tmp_path: Path) -> None:
    cert, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    with websocket_end(no_answer, ssl=context) as port:
        blocks = parse(f"wss://localhost:{port}/?key_file={key}&ca_file={cert}").source.blocks()
        assert next(blocks) == b""
        blocks.close()  # type: ignore[attr-defined]
        says = lost(WebSocket("localhost", port, key_file=str(key)))
    assert "is not to be trusted" in says


def test_it_polls_while_nothing_comes_and_closes_at_once(key: Path) -> None:
    with websocket_end(no_answer) as port:
        blocks = stream(key, port).blocks()
        begun = time.monotonic()
        assert [next(blocks), next(blocks)] == [b"", b""]
        assert 1.9 * POLL_S < time.monotonic() - begun < 4 * POLL_S
        begun = time.monotonic()
        blocks.close()  # type: ignore[attr-defined]
        assert time.monotonic() - begun < 0.3


def test_a_server_that_answers_no_more_cannot_hold_up_the_end(key: Path) -> None:
    def answer(connection: ServerConnection) -> None:
        connection.recv()
        time.sleep(1.2)

    with websocket_end(answer) as port:
        blocks = stream(key, port).blocks()
        next(blocks)
        begun = time.monotonic()
        blocks.close()  # type: ignore[attr-defined]
        assert time.monotonic() - begun < websocket.CLOSE_S + 0.5


# -- the key stays where it is ----------------------------------------------------------------


def test_the_key_is_in_no_log_no_message_and_no_repr(
    key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(json.dumps({"error": f"{KEY} may not open area \x1b[1m"}))
        no_answer(connection)

    with websocket_end(answer, logger=logging.Logger("not ours")) as port:
        source = stream(key, port)
        says = lost(source)
    assert says == "aisstream.io answered with an error: ... may not open area [1m; check areas"
    assert KEY not in caplog.text + repr(source) + str(source)


def test_a_key_that_is_not_accepted_is_told(key: Path) -> None:
    def answer(connection: ServerConnection) -> None:
        connection.recv()
        connection.send('{"error": "Api Key Is Not Valid"}')

    with websocket_end(answer) as port:
        says = lost(stream(key, port))
    assert says.startswith(f"aisstream.io does not accept the key in {key}")
    assert KEY not in says


def test_a_key_that_everybody_can_read_is_not_used(key: Path) -> None:
    key.chmod(0o644)
    assert f"sudo chmod o-rwx {key}" in lost(stream(key, free_port()))


def test_an_error_in_a_ships_name_is_none(key: Path) -> None:
    ship = {"MessageType": "ShipStaticData", "error": "x", "Message": {}}

    def answer(connection: ServerConnection) -> None:
        connection.recv()
        for text in (json.dumps(ship), '["error"', '{"MetaData":{"ShipName":"\\"error\\""}}'):
            connection.send(text)
        no_answer(connection)

    with websocket_end(answer) as port:
        assert listen(stream(key, port), lambda heard: heard.count(b"\n") == 3)


# -- what goes wrong --------------------------------------------------------------------------


def test_what_came_before_the_end_is_kept(key: Path) -> None:
    def answer(connection: ServerConnection) -> None:
        connection.recv()
        time.sleep(POLL_S + 0.1)
        for i in range(10):
            connection.send(f"{i}")
        connection.close(1011, "bye \u2603")

    heard: list[bytes] = []
    with websocket_end(answer) as port:
        blocks = stream(key, port).blocks()
        assert next(blocks) == b""
        time.sleep(0.4)  # messages and end wait together
        with pytest.raises(SourceLost, match=r"closed the connection \(1011, bye\)"):
            heard.extend(blocks)
    assert b"".join(heard).split() == [b"%d" % i for i in range(10)]


def test_a_connection_that_breaks_is_told(key: Path) -> None:
    def answer(connection: ServerConnection) -> None:
        connection.recv()
        connection.socket.shutdown(socket.SHUT_RDWR)

    with websocket_end(answer) as port:
        assert "broke without a word" in until_lost(stream(key, port))[1]


def test_a_silent_death_is_found_by_pings(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PING_S", 0.3)
    gone: list[socket.socket] = []

    def relay(peer: socket.socket) -> None:
        """Do the handshake, and never read again."""
        import base64
        import hashlib

        request = peer.recv(4096).decode()
        key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
        magic = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
        peer.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        gone.append(peer.dup())

    with tcp_end(lambda peer: (relay(peer), time.sleep(1.2))[0]) as port:
        begun = time.monotonic()
        says = until_lost(stream(key, port))[1]
        assert "answered no ping" in says
        assert time.monotonic() - begun < 2
    for peer in gone:
        peer.close()


def test_a_message_without_end_is_not_taken(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "MESSAGE_BYTES", 1000)

    def answer(connection: ServerConnection) -> None:
        connection.recv()
        connection.send(b"x" * 100_000)
        no_answer(connection)

    with websocket_end(answer) as port:
        assert "a message of more than 1,000 bytes" in lost(stream(key, port))


@pytest.mark.parametrize(
    ("status", "says"),
    [(403, "gives no WebSocket at /v0/stream (HTTP 403)"), (429, "wait"), (503, "overloaded")],
)
def test_a_refusal_is_told(key: Path, status: int, says: str) -> None:
    def refuse(connection: ServerConnection, request: Any) -> Response:
        return connection.respond(status, "no\n")

    with websocket_end(no_answer, process_request=refuse) as port:
        assert says in lost(stream(key, port))


def test_an_end_that_is_no_websocket_is_told(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(b"!AIVDM,1,1,,A,13,0*00\r\n")

    with tcp_end(answer) as port:
        assert "does not answer as a WebSocket" in lost(stream(key, port))
    assert "refuses connections" in lost(stream(key, free_port()))
    monkeypatch.setattr(websocket, "OPEN_S", 0.2)
    with tcp_end(lambda peer: time.sleep(0.6)) as port:
        assert "did not answer within" in lost(stream(key, port))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("wss://stream.aisstream.io/v0/stream", "key_file is missing"),
        ("ws://stream.aisstream.io/v0/stream?key_file=k", "use wss:"),
        ("wss://h/?key_file=k&areas=1,2,3", "areas: '1,2,3' is none"),
        ("wss://h/?key_file=k&areas=91,2,3,4", "is none"),
        ("wss://h/?key_file=k&areas=a,b,c,nan", "is none"),
        ("wss://h/?key_file=k&format=morse", "format is 'morse'"),
    ],
)
def test_impossible_settings_are_refused(address: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says):
        parse(address)
