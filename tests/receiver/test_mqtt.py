"""MQTT, against a real mosquitto on loopback, and against ends that are no brokers."""

from __future__ import annotations

import gc
import json
import random
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from websockets import Subprotocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from receiver.sources import mqtt, remote
from receiver.sources.address import BadAddress, parse
from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.mqtt import Mqtt, whole_lines, with_topic
from tests.receiver.live_input import (
    certificate,
    free_port,
    json_lines,
    listen,
    lost,
    mosquitto,
    read_back,
    sentences,
    tcp_end,
    until_lost,
    websocket_end,
)


@contextmanager
def publisher(port: int, user: str = "", password: str = "") -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2)
    if user:
        client.username_pw_set(user, password)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def repeat(client: Client, topic: str, *payloads: bytes) -> threading.Event:
    """Publish again and again, since nobody tells when the other end has subscribed."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            for payload in payloads:
                client.publish(topic, payload)

    threading.Thread(target=work, daemon=True).start()
    return stop


def publish_and_listen(source: Mqtt, port: int, topic: str, *payloads: bytes) -> bytes:
    with publisher(port) as client:
        stop = repeat(client, topic, *payloads)
        try:
            return listen(source, lambda heard: heard.count(b"\n") >= 2 * len(payloads))
        finally:
            stop.set()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a broker that lets everybody in."""
    with mosquitto(tmp_path_factory.mktemp("broker")) as port:
        yield port


# -- what comes through -----------------------------------------------------------------------


def test_sentences_come_as_lines_whatever_ends_them(broker: int) -> None:
    first, second, third = sentences()[:3]
    payloads = (first + b"\r\n" + second, third, b"", b"\0\n")
    source = parse(f"mqtt://127.0.0.1:{broker}/ais/roof/#").source
    assert isinstance(source, Mqtt)
    heard = publish_and_listen(source, broker, "ais/roof/nmea", *payloads)
    lines = heard.splitlines()
    assert set(lines) == {first, second, third}
    assert lines[lines.index(first) + 1] == second


def test_digitraffics_messages_become_what_its_reader_reads(broker: int) -> None:
    location = {"time": 1772323200, "sog": 10.7, "cog": 326.6, "navStat": 0, "rot": 0}
    location |= {"posAcc": True, "raim": False, "heading": 325, "lon": 20.345818, "lat": 60.03802}
    source = parse(
        f"mqtt://127.0.0.1:{broker}/vessels-v2/+/location,vessels-v2/+/metadata?format=digitraffic"
    ).source
    assert isinstance(source, Mqtt)
    payload = json.dumps(location, indent=1).encode()
    heard = publish_and_listen(source, broker, "vessels-v2/230939100/location", payload)
    assert heard.count(b"\n") == heard.count(b'{"topic":')
    found, counts = read_back("digitraffic", heard)
    (positions,) = (decoded.positions for decoded in found)
    assert set(positions.mmsi.tolist()) == {230939100}
    assert positions.lat[0] == pytest.approx(60.03802)
    assert not [name for name in counts if name.startswith("dropped")]


def test_ais_catchers_objects_come_as_they_are(broker: int) -> None:
    payloads = json_lines()[:20]
    source = Mqtt("127.0.0.1", "/a", broker, format="aiscatcher")
    heard = publish_and_listen(source, broker, "a", *payloads)
    assert set(heard.splitlines()) == set(payloads)


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        (b'{"a":\n 1,\r\n "b": {"c": 2}\n}', b'{"a":  1,   "b": {"c": 2} }\n'),
        (b'{"a":1}\n{"a":2}\r\n', b'{"a":1}\n{"a":2}\n'),
        (b"!AIVDM,1\x00,x\xff\xfe\n", b"!AIVDM,1 ,x\xff\xfe\n"),
        (b"\n\n", b""),
        (b"", b""),
        (b"[1,\n2]", b"[1, 2]\n"),
    ],
)
def test_payloads_become_whole_lines(payload: bytes, lines: bytes) -> None:
    assert whole_lines(payload) == lines


def test_a_topic_cannot_break_its_line() -> None:
    line = with_topic('a"\n', b'{"x":\n1}')
    assert json.loads(line) == {"topic": 'a"\n', "payload": {"x": 1}}
    assert line.count(b"\n") == 1
    assert json.loads(with_topic("a", b"")) == {"topic": "a", "payload": None}


def test_retained_messages_are_old_and_left_out(broker: int) -> None:
    with publisher(broker) as client:
        client.publish("old/a", b"old", retain=True).wait_for_publish(2)
        stop = repeat(client, "old/b", b"new")
        source = Mqtt("127.0.0.1", "/old/#", broker)
        assert set(listen(source, lambda heard: len(heard) > 12).split()) == {b"new"}
        stop.set()


def test_huge_payloads_and_bytes_that_are_no_text_are_harmless(broker: int) -> None:
    huge = b"x" * (10 << 20)
    heard = publish_and_listen(
        Mqtt("127.0.0.1", "/h", broker), broker, "h", huge, b"\xff\xfe\x80", b"fine"
    )
    assert set(heard.splitlines()) == {b"\xff\xfe\x80", b"fine"}


def test_a_message_too_large_for_a_small_computer_ends_the_connection(
    broker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "PACKET_BYTES", 1 << 20)
    with publisher(broker) as client:
        stop = repeat(client, "big", b"x" * (8 << 20))
        assert "choose other topics" in lost(Mqtt("127.0.0.1", "/big", broker))
        stop.set()


def test_it_polls_while_nothing_comes_and_closes_at_once(broker: int) -> None:
    blocks = Mqtt("127.0.0.1", "/silence", broker).blocks()
    begun = time.monotonic()
    assert [next(blocks) for _ in range(4)] == [b""] * 4
    assert POLL_S < time.monotonic() - begun < 6 * POLL_S
    begun = time.monotonic()
    blocks.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 0.2


def test_a_password_from_a_file_lets_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    secret.chmod(0o600)
    with locked(tmp_path) as port, publisher(port, "roof", "open sesame") as client:
        stop = repeat(client, "ais", b"heard")
        source = parse(f"mqtt://roof@127.0.0.1:{port}/ais?password_file={secret}").source
        assert listen(source, bool).startswith(b"heard\n")
        stop.set()


def test_tls_is_spoken_and_the_certificate_is_verified(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with mosquitto(tmp_path, f"certfile {cert}", f"keyfile {key}") as port:
        good = parse(f"mqtts://localhost:{port}/x?ca_file={cert}").source
        blocks = good.blocks()
        assert next(blocks) == b""
        blocks.close()  # type: ignore[attr-defined]
        assert "not to be trusted" in lost(Mqtt("localhost", "/x", port, "mqtts"))
        other = Mqtt("127.0.0.1", "/x", port, "mqtts", ca_file=str(cert))
        assert "not to be trusted" in lost(other)
    assert "no certificate" in lost(Mqtt("localhost", "/x", port, "mqtts", ca_file=str(key)))


def test_digitraffics_transport_is_spoken(broker: int, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def relay(frames: ServerConnection) -> None:
        with socket.create_connection(("127.0.0.1", broker)) as peer:
            answers = threading.Thread(target=back, args=(frames, peer), daemon=True)
            answers.start()
            for frame in frames:
                peer.sendall(frame if isinstance(frame, bytes) else frame.encode())
            peer.shutdown(socket.SHUT_RDWR)  # which ends the other thread while there is a socket
            answers.join()

    def back(frames: ServerConnection, peer: socket.socket) -> None:
        with suppress(ConnectionClosed):
            while data := peer.recv(4096):
                frames.send(data)

    with websocket_end(relay, ssl=context, subprotocols=[Subprotocol("mqtt")]) as port:
        source = parse(
            f"mqtts://localhost:{port}/t?transport=websockets&ca_file={cert}&format=digitraffic"
        ).source
        assert isinstance(source, Mqtt)
        heard = publish_and_listen(source, broker, "t", b'{"time":1}')
    assert heard.startswith(b'{"topic":"t","payload":{"time":1}}\n')


def test_ports_are_the_usual_ones_unless_given() -> None:
    assert Mqtt("h", "/x")._port == 1883
    assert Mqtt("h", "/x", scheme="mqtts", transport="websockets")._port == 443
    assert Mqtt("h", "/x", 9001)._port == 9001


# -- what goes wrong --------------------------------------------------------------------------


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    users = folder / "users"
    users.touch()
    tool = ["mosquitto_passwd", "-b", str(users), "roof", "open sesame"]
    try:
        subprocess.run(tool, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no MQTT broker is installed; sudo apt install mosquitto")
    with mosquitto(folder, "allow_anonymous false", f"password_file {users}") as port:
        yield port


def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cr3t\n")
    secret.chmod(0o600)
    with locked(tmp_path) as port:
        source = Mqtt("127.0.0.1", "/x", port, user="roof", password_file=str(secret))
        says = lost(source)
        assert "does not let us in" in says
        assert "check user and password_file" in says
        assert "s3cr3t" not in says + repr(source)
        assert "does not let us in" in lost(Mqtt("127.0.0.1", "/x", port))


def test_a_credential_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    source = Mqtt("127.0.0.1", "/x", 1, user="roof", password_file=str(secret))
    assert "cannot be read (No such file" in lost(source)
    secret.write_text("s3cr3t")
    secret.chmod(0o644)
    assert f"sudo chmod o-rwx {secret}" in lost(source)
    for content in (b"", b"\n", b"\xff\xfe\n"):
        secret.write_bytes(content)
        secret.chmod(0o640)
        assert "as plain text" in lost(source)
    assert secret.stat().st_mode & 0o777 == 0o640  # the group may read it


def test_a_topic_that_the_broker_denies_is_told() -> None:
    def answer(peer: socket.socket) -> None:
        peer.recv(1000)
        peer.sendall(b"\x20\x02\0\0")  # let in
        asked = peer.recv(1000)
        peer.sendall(b"\x90\x03" + asked[2:4] + b"\x80")  # and denied
        peer.recv(1000)

    with tcp_end(answer) as port:
        says = lost(Mqtt("127.0.0.1", "/closed/#", port))
    assert "does not let us read the topic closed/#" in says
    assert "anonymous users" in says


def test_a_broker_that_goes_away_is_told_and_what_came_before_is_kept(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as port, publisher(port) as client:
        stop = repeat(client, "x", b"before")
        blocks = Mqtt("127.0.0.1", "/x", port).blocks()
        while not next(blocks):
            pass
        stop.set()
    rest: list[bytes] = []
    with pytest.raises(SourceLost, match="ended the connection"):
        rest.extend(blocks)
    assert set(b"".join(rest).split()) <= {b"before"}
    assert "refuses connections" in lost(Mqtt("127.0.0.1", "/x", port))


def test_what_came_together_with_the_end_is_kept() -> None:
    def answer(peer: socket.socket) -> None:
        peer.recv(1000)
        peer.sendall(b"\x20\x02\0\0")
        asked = peer.recv(1000)
        peer.sendall(b"\x90\x03" + asked[2:4] + b"\0")
        time.sleep(2 * POLL_S)
        peer.sendall(b"".join(b"\x30\x04\0\1x%d" % i for i in range(10)))

    heard: list[bytes] = []
    with tcp_end(answer) as port:
        blocks = Mqtt("127.0.0.1", "/x", port).blocks()
        assert [next(blocks), next(blocks)] == [b"", b""]
        time.sleep(POLL_S)
        with pytest.raises(SourceLost, match="ended the connection"):
            heard.extend(blocks)
    assert b"".join(heard).split() == [b"%d" % i for i in range(10)]


def test_a_name_that_does_not_exist_is_told() -> None:
    assert "the name nobody.invalid is not known" in lost(Mqtt("nobody.invalid", "/x"))


def test_an_end_that_says_nothing_is_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "OPEN_S", 0.3)
    with tcp_end(lambda peer: time.sleep(1.5)) as port:
        assert "does not answer as an MQTT broker" in lost(Mqtt("127.0.0.1", "/x", port))
        slow = Mqtt("127.0.0.1", "/x", port, "mqtts")
        assert "did not answer" in lost(slow)


def test_an_end_that_speaks_something_else_is_told() -> None:
    rng = random.Random(7)
    pages = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00", b"!AIVDM,1,1,,A,13,0*00\r\n"]
    pages += [rng.randbytes(rng.randrange(1, 200)) for _ in range(40)]
    pages += [bytes([kind << 4, 1, 0]) for kind in range(16)]

    def answer(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(pages.pop())

    with tcp_end(answer) as port:
        while len(pages) > 1:
            heard, says = until_lost(Mqtt("127.0.0.1", "/x", port))
            assert heard == b""
            assert says.isprintable()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_web_server_is_no_websocket_of_a_broker() -> None:
    def answer(peer: socket.socket) -> None:
        peer.recv(1000)
        peer.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")

    with tcp_end(answer) as port:
        says = lost(Mqtt("127.0.0.1", "/x", port, transport="websockets"))
    assert "gives no WebSocket at /mqtt" in says
    gc.collect()  # paho leaves the socket that was refused to the collector, which complains


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mqtt://h", "path is missing"),
        ("mqtt://h/", "the topic is missing"),
        ("mqtt://h/a/#/b", "is no topic filter"),
        ("mqtt://h/a+", "is no topic filter"),
        ("mqtt://h/x?transport=pigeon", "choose tcp or websockets"),
        ("mqtt://h/x?format=morse", "format is 'morse'"),
        ("mqtt://h/x?password_file=f", "user is missing"),
        ("mqtt://me:geheim@h/x", "a password does not belong in an address"),
    ],
)
def test_impossible_settings_are_refused(address: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says) as told:
        parse(address)
    assert "geheim" not in str(told.value)


def test_a_hash_in_an_address_is_part_of_the_topic() -> None:
    source = parse("mqtt://h/ais/#,b/+/c?format=aiscatcher").source
    assert isinstance(source, Mqtt)
    assert source.topics == ["ais/#", "b/+/c"]
    assert source.format == "aiscatcher"


def test_foreign_words_are_made_plain_and_short() -> None:
    assert remote.plain("a\xe4\x1b\n b" * 100, 5) == "a ba"
    assert remote.plain("") == "str"


def test_a_port_is_free_and_nobody_answers_there() -> None:
    assert "refuses connections" in lost(Mqtt("127.0.0.1", "/x", free_port()))
