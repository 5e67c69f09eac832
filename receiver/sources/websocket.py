"""A WebSocket whose messages are lines: aisstream.io, or a server of your own.

aisstream.io wants to be told, within three seconds, a key and the areas; it
forwards what its stations decode, without the sentences.  It is known to fall
silent: pings find a dead connection within 40 s, and whoever supervises the
source opens it again, more slowly each time, since many attempts get an
address blocked.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    from websockets.sync.client import ClientConnection

PORTS = {"ws": 80, "wss": 443}
PING_S = 20.0
CLOSE_S = 0.5  # for a farewell to a server that may no longer be there
BLOCK_BYTES = 1 << 16
# The messages of aisstream.io that `receiver.formats.aisstream` reads.
TYPES = (
    "PositionReport",
    "StandardClassBPositionReport",
    "ExtendedClassBPositionReport",
    "LongRangeAisBroadcastMessage",
    "StandardSearchAndRescueAircraftReport",
    "ShipStaticData",
    "StaticDataReport",
)
WORLD = [[[-90.0, -180.0], [90.0, 180.0]]]
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class WebSocket:
    """Example: `wss://stream.aisstream.io/v0/stream?key_file=/etc/sternlight/aisstream.key`.

    `areas` are `lat,lon,lat,lon` of two corners each, with a semicolon between;
    none is the whole world.  With another format than aisstream nothing is
    asked for: what the server sends is taken.
    """

    host: str
    port: int = 0  # 0: the usual one
    path: str = "/"
    scheme: str = "wss"
    format: str = "aisstream"
    key_file: str = ""
    areas: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        key = self.format == "aisstream"
        refuse(
            "" if self.scheme in PORTS else f"scheme is {self.scheme!r}; choose ws or wss",
            bad_host(self.host),
            bad_port(self.port or PORTS["wss"]),
            bad_format(self.format),
            _bad_areas(self.areas),
            "key_file is missing; it names a file whose first line is the key that aisstream.io"
            " gave you" * (key and not self.key_file),
            "ws: would send the key for everybody to read; use wss:"
            * (key and self.scheme == "ws" and self.host not in _HERE),
        )

    def blocks(self) -> Iterator[bytes]:
        """Yield each message as a line."""
        from websockets.exceptions import ConnectionClosed, WebSocketException
        from websockets.sync.client import connect

        context = tls(self.ca_file) if self.scheme == "wss" else None
        hello = self._subscription() if self.format == "aisstream" else ""
        try:
            with connect(
                self._uri(),
                ssl=context,
                open_timeout=OPEN_S,
                ping_interval=PING_S,
                ping_timeout=PING_S,
                close_timeout=CLOSE_S,
                max_size=MESSAGE_BYTES,
                logger=_silent(),  # the usual one would write the key down
            ) as connection:
                if hello:
                    connection.send(hello)
                yield from self._receive(connection)
        except ConnectionClosed as error:
            raise SourceLost(_closed(error)) from None
        except OSError as error:
            raise SourceLost(unreachable(error, self.host, self._port)) from None
        except WebSocketException as error:
            raise SourceLost(self._refused(error)) from None

    @property
    def _port(self) -> int:
        return self.port or PORTS[self.scheme]

    def _uri(self) -> str:
        from urllib.parse import quote

        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self._port}{quote(self.path)}"

    def _subscription(self) -> str:
        return json.dumps(
            {
                "APIKey": secret(self.key_file, "the key of aisstream.io"),
                "BoundingBoxes": corners(self.areas) or WORLD,
                "FilterMessageTypes": TYPES,
            }
        )

    def _receive(self, connection: ClientConnection) -> Iterator[bytes]:
        while True:
            block, ended = self._gather(connection)
            yield block
            if ended:
                raise ended

    def _gather(self, connection: ClientConnection) -> tuple[bytes, Exception | None]:
        """Return what has come by now, or within POLL_S, and the error that ended it."""
        from websockets.exceptions import ConnectionClosed

        block, wait_s = b"", POLL_S
        while len(block) < BLOCK_BYTES:
            try:
                message = connection.recv(wait_s)
                line = one_line(message.encode() if isinstance(message, str) else message)
                if b'"error"' in line[:200]:
                    self._complain(line)
            except TimeoutError:
                break
            except (ConnectionClosed, SourceLost) as error:
                return block, error
            wait_s = 0.0
            block += line
        return block, None

    def _complain(self, line: bytes) -> None:
        """Raise SourceLost for a message of aisstream.io that is an error."""
        try:
            said = json.loads(line)
        except ValueError:
            return
        if self.format != "aisstream" or not isinstance(said, dict) or "MessageType" in said:
            return
        if "key" in str(said.get("error")).lower():
            raise SourceLost(
                f"aisstream.io does not accept the key in {self.key_file}; get one at"
                " aisstream.io, and write nothing else into the file"
            )
        text = plain(said.get("error")).replace(secret(self.key_file, "the key"), "...")
        raise SourceLost(f"aisstream.io answered with an error: {text}; check areas")

    def _refused(self, error: Exception) -> str:
        status = getattr(getattr(error, "response", None), "status_code", 0)
        at = f"{self.host} port {self._port}"
        if status in (429, 503):
            return f"{at} is overloaded or finds us too eager (HTTP {status}); wait"
        if status:
            return f"{at} gives no WebSocket at {self.path} (HTTP {status}); check the address"
        return f"{at} does not answer as a WebSocket ({plain(error)}); check the address"


def _bad_areas(areas: str) -> str:
    try:
        corners(areas)
    except ValueError as error:
        return str(error)
    return ""


def corners(areas: str) -> list[list[list[float]]]:
    """Return areas as aisstream.io wants them: [[lat, lon], [lat, lon]] each.

    Raises ValueError.
    """
    found = []
    for area in filter(None, (text.strip() for text in areas.split(";"))):
        try:
            a, b, c, d = (float(part) for part in area.split(","))
        except ValueError:
            a = b = c = d = float("nan")
        if not (max(abs(a), abs(c)) <= 90 and max(abs(b), abs(d)) <= 180):
            raise ValueError(
                f"areas: {area!r} is none; write the latitude and longitude of two corners in"
                " degrees, as in areas=59.0,22.0,60.5,27.0;54.0,10.0,55.0,12.0"
            )
        found.append([[a, b], [c, d]])
    return found


def _closed(error: Exception) -> str:
    """Return in a sentence how a connection ended."""
    code = getattr(getattr(error, "rcvd", None), "code", None)
    reason = plain(getattr(getattr(error, "rcvd", None), "reason", "") or "no reason given")
    sent = getattr(getattr(error, "sent", None), "code", None)
    if code is not None:
        return f"the server closed the connection ({code}, {reason}); it is opened again"
    if sent == 1009:
        return f"the server sent a message of more than {MESSAGE_BYTES:,} bytes; check the address"
    if sent == 1011:
        return f"the server answered no ping for {PING_S:g} s; the connection is opened again"
    return "the connection broke without a word; it is opened again"


def _silent() -> logging.Logger:
    logger = logging.Logger("receiver.sources.websocket")
    logger.addHandler(logging.NullHandler())
    logger.disabled = True
    return logger
