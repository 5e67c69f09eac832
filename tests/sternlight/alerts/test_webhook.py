"""Webhooks, against a real HTTP server with TLS and against ends that are none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from sternlight.alerts import webhook
from sternlight.alerts.channel import Outcome
from sternlight.alerts.credentials import Seal
from sternlight.alerts.webhook import Webhook, checked, secret, signature
from sternlight.errors import SettingsError
from tests.sternlight.alerts.letters_out import TOKEN, T, parcel, settings
from tests.sternlight.alerts.servers import HOST, Certificate, certificate, scripted

NOW = 1_700_000_123.9


class Posted(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server that keeps what is posted and answers as it is told."""

    status: int = 204
    location: str = ""
    posted: list[Posted] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self, tls: Certificate | None) -> Iterator[Receiver]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                owner.posted.append(Posted(self.path, headers, body))
                self.send_response(owner.status)
                if owner.location:
                    self.send_header("location", owner.location)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        with HTTPServer((HOST, 0), Handler) as server:
            server.handle_error = lambda *_: None  # type: ignore[method-assign]
            if tls:
                server.socket = tls.for_servers().wrap_socket(server.socket, server_side=True)
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join(5)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("trusted"))


@pytest.fixture
def receiver(trusted: Certificate) -> Iterator[Receiver]:
    with Receiver().running(trusted) as running:
        yield running


@pytest.fixture
def channel(tmp_path: Path, trusted: Certificate) -> Webhook:
    return Webhook(replace(settings(tmp_path), ca_file=str(trusted.cert)), lambda: NOW)


def to(receiver: Receiver, path: str = "/hooks/s3cr3t?k=v%20w") -> str:
    return f"https://localhost:{receiver.port}{path}"


def test_an_alert_is_posted_as_json(channel: Webhook, receiver: Receiver) -> None:
    assert channel.send(to(receiver), parcel()) == Outcome("sent")
    (one,) = receiver.posted
    assert one.path == "/hooks/s3cr3t?k=v%20w"
    assert one.headers["content-type"] == "application/json"
    assert one.headers["host"] == f"localhost:{receiver.port}"
    assert json.loads(one.body) == {
        "type": "alert", "timestamp": "2023-11-14T22:13:20Z", "id": TOKEN,
        "data": {"event": "gap-1", "score": 0.83},
    }  # fmt: skip
    assert T == 1_700_000_000.0


def test_the_signature_holds_for_whoever_has_the_secret(
    tmp_path: Path, channel: Webhook, receiver: Receiver
) -> None:
    channel.send(to(receiver), parcel())
    (one,) = receiver.posted
    told = secret(Seal.of(tmp_path / "keys"), to(receiver))
    assert one.headers["webhook-id"] == TOKEN
    assert one.headers["webhook-timestamp"] == "1700000123"
    # As the specification says it.
    key = base64.b64decode(told.removeprefix("whsec_"))
    signed = f"{TOKEN}.1700000123.".encode() + one.body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert one.headers["webhook-signature"] == f"v1,{digest}"
    assert 24 <= len(key) <= 64
    assert told != secret(Seal.of(tmp_path / "keys"), to(receiver, "/other"))


def test_signatures_are_those_of_the_reference_libraries() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "how"),
    [(200, "sent"), (202, "sent"), (204, "sent"), (301, "later"), (307, "later"), (400, "later"),
     (401, "later"), (404, "later"), (410, "never"), (429, "later"), (500, "later")],
)  # fmt: skip
def test_what_follows_from_an_answer(
    channel: Webhook, receiver: Receiver, status: int, how: str
) -> None:
    receiver.status, receiver.location = status, to(receiver, "/elsewhere")
    outcome = channel.send(to(receiver), parcel())
    assert outcome.how == how
    assert outcome.says in ("", f"the webhook answered {status}")
    assert [one.path for one in receiver.posted] == ["/hooks/s3cr3t?k=v%20w"]  # no redirect


def test_a_repeated_post_is_the_same_but_for_its_time(
    tmp_path: Path, trusted: Certificate, receiver: Receiver
) -> None:
    for now in (NOW, NOW + 3600):
        mail = replace(settings(tmp_path), ca_file=str(trusted.cert))
        Webhook(mail, lambda now=now: now).send(to(receiver), parcel())  # type: ignore[misc]
    one, two = receiver.posted
    assert one.body == two.body
    assert one.headers["webhook-id"] == two.headers["webhook-id"]


def test_a_wrong_certificate_gets_nothing(tmp_path: Path, receiver: Receiver) -> None:
    outcome = Webhook(settings(tmp_path)).send(to(receiver), parcel())
    assert outcome.how == "later"
    assert "nobody who is trusted" in outcome.says
    assert not receiver.posted


def test_the_systems_certificates_count_beside_those_of_the_file(
    tmp_path: Path, receiver: Receiver, trusted: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.cert))
    other = certificate(tmp_path)  # of a mail server of one's own
    mail = replace(settings(tmp_path), ca_file=str(other.cert))
    assert Webhook(mail).send(to(receiver), parcel()).how == "sent"


def test_unencrypted_goes_to_this_computer_only(
    channel: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver().running(None) as receiver:
        url = f"http://localhost:{receiver.port}/x"
        assert channel.send(url, parcel()).how == "sent"
        monkeypatch.setattr(webhook, "is_here", lambda sock: False)  # a name that lies
        assert channel.send(url, parcel()).how == "later"
        assert len(receiver.posted) == 1


def drip(end: socket.socket) -> None:
    while True:
        end.sendall(b"H")
        threading.Event().wait(0.02)


def send(answer: bytes) -> Callable[[socket.socket], None]:
    def talk(end: socket.socket) -> None:
        end.recv(65536)
        end.sendall(answer)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        drip,
        send(b""),
        send(b"\x00\xff\r\n\r\n"),
        send(b"220 mail.test ready\r\n"),
        send(b"HTTP/1.1 " + b"2" * 100_000),
        send(b"HTTP/1.1 200 ok\r\n" + b"x: y\r\n" * 1000),
        send(b"HTTP/1.1 100 continue\r\n\r\n" * 1000),
        send(b"HTTP/1.1 999999 s3cr3t\r\n\r\n"),
    ],
    ids=range(8),
)
def test_a_hostile_end_is_tried_later_and_nothing_of_it_told(
    channel: Webhook, monkeypatch: pytest.MonkeyPatch, talk: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(webhook, "ANSWER_S", 0.2)
    with scripted(talk) as port:
        outcome = channel.send(f"http://localhost:{port}/s3cr3t", parcel())
    assert outcome.how == "later"
    assert "s3cr3t" not in outcome.says
    assert "localhost" not in outcome.says


def test_an_endless_body_is_not_read(channel: Webhook) -> None:
    with scripted(send(b"HTTP/1.1 200 ok\r\n\r\n" + b"x" * 10_000_000)) as port:
        assert channel.send(f"http://localhost:{port}/", parcel()).how == "sent"


def test_a_host_that_is_silent_is_not_waited_for_twice(channel: Webhook) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    found = [channel.send(f"http://localhost:{port}/{i}", parcel()) for i in range(3)]
    assert {one.how for one in found} == {"later"}
    assert list(channel._silent) == [("localhost", port)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://hooks.example.org/in?x=a%20b&c=ü ",
         "https://hooks.example.org/in?x=a%20b&c=%C3%BC"),
        ("HTTPS://Hooks.example.org", "HTTPS://Hooks.example.org"),
        ("http://127.0.0.1:8000/x y", "http://127.0.0.1:8000/x%20y"),
        ("http://[::1]/x", "http://[::1]/x"),
        ("https://192.0.2.7/x", "https://192.0.2.7/x"),
    ],
)  # fmt: skip
def test_an_address_is_kept_as_it_is_used(typed: str, kept: str) -> None:
    assert checked(typed) == kept
    assert checked(kept) == kept


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("http://hooks.example.org/s3cr3t", "https://"),
        ("http://127.0.0.1.evil.org/s3cr3t", "https://"),
        ("https:///s3cr3t", "https://host/path"),
        ("https://host.example.org:0/s3cr3t", "https://host/path"),
        ("https://host.example.org:x/s3cr3t", "cannot be read"),
        ("https://u:p@host.example.org/s3cr3t", "user"),
        ("https://host.example.org/s3cr3t#x", "#"),
        ("https://ho st.example.org/s3cr3t", "the domain is none"),
        ("https://hooks\r\nX: y.example.org/s3cr3t", "cannot be read"),
    ],
)
def test_what_is_no_webhook_is_told_without_repeating_it(typed: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        checked(typed)
    assert says in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_without_the_stations_key_no_webhook_is_signed(tmp_path: Path) -> None:
    mail = settings(tmp_path)
    (tmp_path / "keys/alerts.key").unlink()
    with pytest.raises(SettingsError, match=r"alerts\.key"):
        Webhook(mail)
