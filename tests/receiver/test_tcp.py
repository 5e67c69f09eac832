"""Lines over TCP, with real connections over loopback."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest

from receiver.sources import tcp
from receiver.sources.base import SourceLost
from receiver.sources.tcp import LINE_BYTES, TcpClient, TcpServer

LINE = b"!AIVDM,1,1,,A,13n>Ja0000PGOP6SaW;f4?vh08Hq,0*7D\r\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "POLL_S", 0.05)


@pytest.fixture
def port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def client(server: socket.socket) -> TcpClient:
    return TcpClient("127.0.0.1", server.getsockname()[1])


def until(blocks: Iterator[bytes], size: int, most_polls: int = 400) -> bytes:
    """Return what comes until it is `size` bytes."""
    got = b""
    for _ in range(most_polls):
        got += next(blocks)
        if len(got) >= size:
            break
    return got


def knock(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_client_yields_what_the_server_sends_and_says_when_nothing_comes(
    server: socket.socket,
) -> None:
    with closing(client(server).blocks()) as blocks:
        assert next(blocks) == b""
        peer = server.accept()[0]
        with peer:
            peer.sendall(LINE * 3)
            assert until(blocks, len(LINE) * 3) == LINE * 3
            assert next(blocks) == b""


def test_a_client_that_is_closed_hangs_up_at_once(server: socket.socket) -> None:
    blocks = client(server).blocks()
    next(blocks)
    with server.accept()[0] as peer:
        blocks.close()
        peer.settimeout(5)
        assert peer.recv(1) == b""


def test_a_client_asks_the_system_whether_the_peer_is_still_there(server: socket.socket) -> None:
    with client(server)._connected() as peer, server.accept()[0]:
        assert peer.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60


@pytest.mark.parametrize(
    ("linger", "says"), [(None, "closed the connection"), (struct.pack("ii", 1, 0), "broke")]
)
def test_a_client_whose_peer_goes_says_how_after_what_was_sent(
    server: socket.socket, linger: bytes | None, says: str
) -> None:
    blocks = client(server).blocks()
    next(blocks)
    peer = server.accept()[0]
    peer.sendall(LINE)
    assert until(blocks, len(LINE)) == LINE
    if linger:  # closing now resets the connection
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    peer.close()
    with pytest.raises(SourceLost, match=says):
        list(blocks)


def test_a_peer_that_no_longer_answers_is_said_to_have_vanished() -> None:
    timed_out = OSError(110, "Connection timed out")
    assert "has vanished" in TcpClient("a.example", 1)._why_broken(timed_out)


def test_a_client_without_a_server_asks_for_the_port(port: int) -> None:
    with pytest.raises(SourceLost, match=f"127.0.0.1 port {port} refuses connections; check"):
        next(TcpClient("127.0.0.1", port).blocks())


def test_a_client_reads_from_an_ipv6_server() -> None:
    if not socket.has_ipv6:
        pytest.skip("this computer has no IPv6")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        blocks = TcpClient("::1", server.getsockname()[1]).blocks()
        next(blocks)
        with server.accept()[0] as peer, closing(blocks):
            peer.sendall(LINE)
            assert until(blocks, len(LINE)) == LINE


def test_a_server_never_mixes_the_lines_of_its_clients(port: int) -> None:
    rng = random.Random(1)
    said = {who: b"".join(b"%d:%d\n" % (who, n) for n in range(300)) for who in range(8)}
    with closing(TcpServer(port, "127.0.0.1").blocks()) as blocks:
        next(blocks)
        peers = {who: knock(port) for who in said}
        left = dict(said)
        got = b""
        while any(left.values()):
            who = rng.choice([who for who, data in left.items() if data])
            cut = rng.randint(1, 200)
            peers[who].sendall(left[who][:cut])
            left[who] = left[who][cut:]
            if rng.random() < 0.5:
                block = next(blocks)
                assert not block or block.endswith(b"\n")
                got += block
        got += until(blocks, sum(map(len, said.values())) - len(got))
        for peer in peers.values():
            peer.close()
    for who, data in said.items():
        mine = [line for line in got.splitlines(True) if line.startswith(b"%d:" % who)]
        assert b"".join(mine) == data


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_of_ours_that_goes_in_the_middle_of_a_line_has_it_ended(
    port: int, reset: bool
) -> None:
    with closing(TcpServer(port, "127.0.0.1").blocks()) as blocks:
        next(blocks)
        with knock(port) as peer, knock(port) as other:
            peer.sendall(LINE + b"!AIV")
            assert until(blocks, len(LINE)) == LINE
            if reset:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
            assert until(blocks, 5) == b"!AIV\n"
            other.sendall(LINE)
            assert until(blocks, len(LINE)) == LINE


def test_a_line_that_is_never_ended_is_ended_at_64_kib(port: int) -> None:
    with closing(TcpServer(port, "127.0.0.1").blocks()) as blocks:
        next(blocks)
        with knock(port) as peer:
            peer.sendall(b"x" * (LINE_BYTES + 10))
            assert until(blocks, LINE_BYTES + 11) == b"x" * (LINE_BYTES + 10) + b"\n"
            peer.sendall(b"y\n")
            assert until(blocks, 2) == b"y\n"


def test_more_clients_than_agreed_are_turned_away_until_one_leaves(port: int) -> None:
    with closing(TcpServer(port, "127.0.0.1", clients_count=1).blocks()) as blocks:
        next(blocks)
        with knock(port) as first:
            first.sendall(b"1\n")
            assert until(blocks, 2) == b"1\n"
            with knock(port) as second:
                next(blocks)
                assert second.recv(1) == b""
        next(blocks)
        with knock(port) as third:
            third.sendall(b"3\n")
            assert until(blocks, 2) == b"3\n"


def test_a_server_that_is_closed_hangs_up_and_frees_its_port(port: int) -> None:
    blocks = TcpServer(port, "127.0.0.1").blocks()
    next(blocks)
    with knock(port) as peer:
        next(blocks)
        blocks.close()
        assert peer.recv(1) == b""
    with closing(TcpServer(port, "127.0.0.1").blocks()) as again:
        assert next(again) == b""


def test_a_port_that_is_taken_is_said_to_be_with_the_command_that_names_who(port: int) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SourceLost, match=f"TCP port {port} is taken .*`sudo ss -ltnp"),
    ):
        next(TcpServer(port, "127.0.0.1").blocks())


def test_an_address_of_another_computer_cannot_be_listened_on(port: int) -> None:
    with pytest.raises(SourceLost, match=r"192\.0\.2\.1 is no address of this computer"):
        next(TcpServer(port, "192.0.2.1").blocks())


def test_everything_that_is_wrong_with_the_settings_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"host.*port is 0.*format is 'nmae'.*did you mean nmea"):
        TcpClient("a..b", 0, "nmae")
    with pytest.raises(ValueError, match=r"port is 65536.*clients_count is 0"):
        TcpServer(65536, clients_count=0)
