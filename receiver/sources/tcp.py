"""NMEA lines over TCP: fetched from a server, or pushed here by other programs."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.checks import bad_format, bad_host, bad_port, refuse
from receiver.sources.remote import OPEN_S, plain, unreachable
from receiver.sources.udp import why_not_bound

PIECE_BYTES = 1 << 16
LINE_BYTES = 1 << 16  # a client that says more without ending its line has it ended for it
# A peer that vanished without a word (power cut, router) is noticed after two minutes of
# silence; by itself Linux would take eleven minutes more than two hours.
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}


@dataclass(frozen=True, slots=True)
class TcpClient:
    """Connect to `port` of `host` and read: a public feed, AIS-catcher's `-S`, gpsd's raw port."""

    host: str
    port: int
    format: str = "nmea"

    def __post_init__(self) -> None:
        refuse(bad_host(self.host), bad_port(self.port), bad_format(self.format))

    def blocks(self) -> Iterator[bytes]:
        """Yield bytes as they come; b"" when nothing came for POLL_S.  Raises SourceLost."""
        with self._connected() as peer:
            while True:
                try:
                    ready = select.select([peer], [], [], POLL_S)[0]
                    data = peer.recv(PIECE_BYTES) if ready else b""
                except OSError as error:
                    raise SourceLost(self._why_broken(error)) from error
                if ready and not data:
                    raise SourceLost(
                        f"{self.host} closed the connection; if it does so again and again, ask"
                        " its operator whether this address may connect, and how often"
                    )
                yield data

    def _connected(self) -> socket.socket:
        try:
            peer = socket.create_connection((self.host, self.port), timeout=OPEN_S)
        except OSError as error:
            raise SourceLost(unreachable(error, self.host, self.port)) from error
        _keep_alive(peer)
        return peer

    def _why_broken(self, error: OSError) -> str:
        if error.errno == errno.ETIMEDOUT:
            return (
                f"{self.host} has vanished, it does not even answer the network any more;"
                " see whether it is switched on and connected"
            )
        return f"the connection to {self.host} broke ({plain(error)}); see whether it is still up"


@dataclass(frozen=True, slots=True)
class TcpServer:
    """Listen on `port` for programs that push lines, several at once.

    `host` is the address of the network card to listen on; 0.0.0.0 stands for
    all, 127.0.0.1 for this computer only.  Lines of different clients are never
    mixed: what is yielded is whole lines.  Further clients than `clients_count`
    are turned away.
    """

    port: int
    host: str = "0.0.0.0"
    format: str = "nmea"
    clients_count: int = 16

    def __post_init__(self) -> None:
        refuse(
            bad_host(self.host),
            bad_port(self.port),
            bad_format(self.format),
            ""
            if 1 <= self.clients_count <= 500  # select(2) knows 1024 files
            else f"clients_count is {self.clients_count}; it must be from 1 to 500",
        )

    def blocks(self) -> Iterator[bytes]:
        """Yield whole lines; b"" when nothing came for POLL_S.  Raises SourceLost."""
        unended: dict[socket.socket, bytes] = {}  # what each client has said of its next line
        with self._listening() as server:
            try:
                while True:
                    ready = select.select([server, *unended], [], [], POLL_S)[0]
                    lines = [_lines(peer, unended) for peer in ready if peer is not server]
                    if server in ready:
                        self._welcome(server, unended)
                    yield b"".join(lines)
            finally:
                for peer in unended:
                    peer.close()

    def _listening(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        both = self.host == "::" and socket.has_dualstack_ipv6()
        try:
            server = socket.create_server(
                (self.host, self.port), family=family, dualstack_ipv6=both
            )
        except OSError as error:
            raise SourceLost(why_not_bound(error, "TCP", self.host, self.port)) from error
        server.setblocking(False)
        return server

    def _welcome(self, server: socket.socket, unended: dict[socket.socket, bytes]) -> None:
        # Whoever knocked may be gone again.
        with suppress(BlockingIOError, ConnectionError):
            peer = server.accept()[0]
            if len(unended) >= self.clients_count:
                peer.close()
                return
            peer.setblocking(False)
            _keep_alive(peer)
            unended[peer] = b""


def _lines(peer: socket.socket, unended: dict[socket.socket, bytes]) -> bytes:
    """Return the lines that a client has ended; forget it if it has gone."""
    try:
        data = peer.recv(PIECE_BYTES)
    except BlockingIOError:
        return b""
    except OSError:  # it broke off, which ends its last line as hanging up does
        data = b""
    said = unended[peer] + data
    if not data:
        peer.close()
        del unended[peer]
        return said + b"\n" if said else b""
    lines, newline, rest = said.rpartition(b"\n")
    if len(rest) > LINE_BYTES:
        lines, newline, rest = said, b"\n", b""
    unended[peer] = rest
    return lines + newline


def _keep_alive(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        if hasattr(socket, name):  # TCP_KEEPALIVE is what macOS calls TCP_KEEPIDLE
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
