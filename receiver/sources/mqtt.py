"""Topics of an MQTT broker: AIS-catcher's, plain NMEA, Digitraffic's.

Retained messages are left out: the broker keeps them from earlier, nobody
knows since when.  A client of ours is nobody in particular (random id, clean
session, quality of service 0), so that nothing waits for it at the broker.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.checks import bad_format, bad_host, bad_port, refuse
from receiver.sources.remote import (
    MESSAGE_BYTES,
    OPEN_S,
    one_line,
    plain,
    secret,
    tls,
    unreachable,
)

if TYPE_CHECKING:
    from paho.mqtt.client import Client

PORTS = {
    ("mqtt", "tcp"): 1883,
    ("mqtts", "tcp"): 8883,
    ("mqtt", "websockets"): 80,
    ("mqtts", "websockets"): 443,
}
KEEPALIVE_S = 30  # a broker that is gone without a word is noticed within twice that
PACKET_BYTES = 16 * MESSAGE_BYTES  # the protocol permits 256 MB, a small computer does not
BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Mqtt:
    """Example: `mqtt://localhost/ais/#?format=aiscatcher`; the path names the topics.

    Several topic filters are separated by commas.  `user` may stand in the
    address, the password stands in a file.  Neglected: messages of more than
    MESSAGE_BYTES, which are not about ships.
    """

    host: str
    path: str
    port: int = 0  # 0: the usual one
    scheme: str = "mqtt"  # mqtts: with TLS
    format: str = "nmea"
    transport: str = "tcp"
    ws_path: str = "/mqtt"
    user: str = ""
    password_file: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        usual = PORTS.get((self.scheme, self.transport))
        refuse(
            "" if usual else f"transport is {self.transport!r}; choose tcp or websockets",
            bad_host(self.host),
            bad_port(self.port or usual or 1),
            bad_format(self.format),
            ""
            if self.topics
            else "the topic is missing; write it behind the host, as in mqtt://host/ais/#",
            *map(_bad_filter, self.topics),
            ""
            if self.user or not self.password_file
            else "user is missing, to whom the password belongs",
        )

    @property
    def topics(self) -> list[str]:
        """The topic filters."""
        return [t for t in (text.strip() for text in self.path[1:].split(",")) if t]

    def blocks(self) -> Iterator[bytes]:
        """Yield each message as a line, or as the lines that it holds."""
        inbox = _Inbox(self.format == "digitraffic")
        client = self._client(inbox)
        try:
            client.connect(self.host, self._port, KEEPALIVE_S)
        except (OSError, UnicodeDecodeError, IndexError) as error:
            # The latter two: paho's, of a server that answers the WebSocket with nonsense.
            raise SourceLost(self._unreachable(error)) from None
        try:
            self._subscribe(client, inbox)
            while True:
                lost = self._turn(client, inbox)
                yield inbox.take()
                if lost:
                    raise SourceLost(lost)
        finally:
            client.disconnect()
            if sock := client.socket():  # the farewell could not be sent
                sock.close()

    @property
    def _port(self) -> int:
        return self.port or PORTS[self.scheme, self.transport]

    def _client(self, inbox: _Inbox) -> Client:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        transport: Literal["tcp", "websockets"] = (
            "websockets" if self.transport == "websockets" else "tcp"
        )
        client = Client(CallbackAPIVersion.VERSION2, transport=transport)
        client.connect_timeout = OPEN_S
        if self.transport == "websockets":
            client.ws_set_options(self.ws_path)
        if self.scheme == "mqtts":
            client.tls_set_context(tls(self.ca_file))
        if self.user:
            password = secret(self.password_file, "a password") if self.password_file else None
            client.username_pw_set(self.user, password)
        client.on_connect = inbox.on_connect
        client.on_subscribe = inbox.on_subscribe
        client.on_message = inbox.on_message
        return client

    def _unreachable(self, error: Exception) -> str:
        from paho.mqtt.client import WebsocketConnectionError

        if isinstance(error, OSError) and not isinstance(error, WebsocketConnectionError):
            return unreachable(error, self.host, self._port)
        return (
            f"{self.host} port {self._port} gives no WebSocket at {self.ws_path};"
            " check port, transport and ws_path"
        )

    def _subscribe(self, client: Client, inbox: _Inbox) -> None:
        """Wait until the broker has accepted us and our topics; raises SourceLost."""
        until = time.monotonic() + OPEN_S
        while inbox.refused is None and time.monotonic() < until:
            if lost := self._loop(client, POLL_S):
                raise SourceLost(lost if inbox.refused is None else self._refusal(inbox.refused))
        if inbox.refused is None:
            raise SourceLost(
                f"{self.host} port {self._port} takes connections and does not answer as an"
                " MQTT broker; check port, scheme and transport"
            )
        if inbox.refused:
            raise SourceLost(self._refusal(inbox.refused))
        client.subscribe([(topic, 0) for topic in self.topics])

    def _turn(self, client: Client, inbox: _Inbox) -> str:
        """Take what has come by now, or within POLL_S; return why there will be no more."""
        wait_s = POLL_S
        while inbox.size < BLOCK_BYTES:
            before = inbox.count
            if lost := self._loop(client, wait_s):
                return lost
            if inbox.denied:
                return (
                    "the broker does not let us read the topic"
                    f" {', '.join(self.topics)}; check its spelling, and the rights of"
                    f" {self.user or 'anonymous users'} at the broker"
                )
            if inbox.count == before:
                break
            wait_s = 0.0
        return ""

    def _loop(self, client: Client, wait_s: float) -> str:
        """Let paho work once; return in a sentence why the connection ended, if it did."""
        from paho.mqtt import MQTTException
        from paho.mqtt.client import error_string

        at = f"{self.host} port {self._port}"
        try:
            code = client.loop(wait_s)
        except (MQTTException, ValueError, IndexError, struct.error):
            return f"{at} sent what is not MQTT; check port, scheme and transport"
        if client._in_packet["remaining_length"] > PACKET_BYTES:
            return f"{at} sends a message of more than {PACKET_BYTES:,} bytes; choose other topics"
        if code:
            reason = plain(error_string(code))
            return f"the broker {at} ended the connection ({reason}); it is opened again"
        return ""

    def _refusal(self, reason: str) -> str:
        at = f"the broker {self.host} port {self._port}"
        if reason in ("Bad user name or password", "Not authorized"):
            return f"{at} does not let us in ({reason}); check user and password_file"
        return f"{at} does not let us in ({plain(reason)}); its own log says more"


class _Inbox:
    """What paho calls while it works: lines, and how the broker answered."""

    def __init__(self, digitraffic: bool) -> None:
        self.refused: str | None = None  # "": let in, None: not answered yet
        self.denied = False
        self.count = self.size = 0
        self._digitraffic = digitraffic
        self._lines: list[bytes] = []

    def on_connect(self, client: Any, data: Any, flags: Any, reason: Any, more: Any) -> None:
        self.refused = str(reason) if reason.is_failure else ""

    def on_subscribe(self, client: Any, data: Any, mid: Any, reasons: Any, more: Any) -> None:
        self.denied = all(reason.is_failure for reason in reasons)

    def on_message(self, client: Any, data: Any, message: Any) -> None:
        self.count += 1
        if message.retain or len(message.payload) > MESSAGE_BYTES:
            return
        payload = message.payload
        lines = with_topic(_topic(message), payload) if self._digitraffic else whole_lines(payload)
        self.size += len(lines)
        self._lines.append(lines)

    def take(self) -> bytes:
        block = b"".join(self._lines)
        self._lines.clear()
        self.size = 0
        return block


def whole_lines(payload: bytes) -> bytes:
    """Return the lines of a payload; an object printed over several lines as one."""
    lines = payload.strip().splitlines()
    if payload.lstrip()[:1] in (b"{", b"[") and not all(s.rstrip()[-1:] == b"}" for s in lines):
        return one_line(payload)
    return b"".join(one_line(line) for line in lines)


def with_topic(topic: str, payload: bytes) -> bytes:
    """Return a message of Digitraffic as the line that its reader expects."""
    content = one_line(payload).rstrip() or b"null"
    return b'{"topic":%s,"payload":%s}\n' % (json.dumps(topic).encode(), content)


def _topic(message: Any) -> str:
    try:
        return str(message.topic)
    except UnicodeDecodeError:
        return ""


def _bad_filter(topic: str) -> str:
    """Complain if a topic filter is none (MQTT 3.1.1, 4.7)."""
    levels = topic.split("/")
    wild = all(level in ("+", "#") or not {"+", "#"} & set(level) for level in levels)
    if wild and "#" not in levels[:-1] and "\0" not in topic and len(topic.encode()) < 1 << 16:
        return ""
    return f"{topic!r} is no topic filter; + stands for a whole level and # for all at the end"
