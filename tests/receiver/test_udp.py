"""Lines in datagrams, over loopback."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from receiver.sources import datagrams, udp
from receiver.sources.base import SourceLost
from receiver.sources.datagrams import Datagrams
from receiver.sources.udp import Udp, why_not_bound

LINE = b"!AIVDM,1,1,,A,13n>Ja0000PGOP6SaW;f4?vh08Hq,0*7D\r\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "POLL_S", 0.05)


@pytest.fixture
def free() -> int:
    """Return a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def sender(free: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", free))
        yield sender


def test_datagrams_that_wait_are_one_block_of_whole_lines(free: int, sender: socket.socket) -> None:
    with closing(Udp(free, "127.0.0.1").blocks()) as blocks:
        assert next(blocks) == b""
        for datagram in (LINE, b"no end", b"", LINE * 2):
            sender.send(datagram)
        assert next(blocks) == LINE + b"no end\n" + LINE * 2
        assert next(blocks) == b""


def test_a_datagram_as_large_as_they_come_is_whole(free: int, sender: socket.socket) -> None:
    with closing(Udp(free, "127.0.0.1").blocks()) as blocks:
        next(blocks)
        sender.send(b"x" * 65507)
        sender.send(LINE)
        assert next(blocks) == b"x" * 65507 + b"\n" + LINE


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_a_flood_is_taken_in_order_and_in_bounded_pieces(
    free: int, sender: socket.socket, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(datagrams.sys, "platform", system)
    monkeypatch.setattr(datagrams, "AT_ONCE_COUNT", 10)
    with Udp(free, "127.0.0.1")._bound() as receiver:
        waiting = Datagrams(receiver)
        assert waiting.take() == []
        sent = [b"%d" % n * (n % 50) for n in range(19)]
        for datagram in sent:
            sender.send(datagram)
        assert waiting.take() == sent[:10]
        assert waiting.take() == sent[10:]
        assert waiting.take() == []


def test_a_closed_socket_is_an_error_and_not_silence(free: int) -> None:
    receiver = Udp(free, "127.0.0.1")._bound()
    waiting = Datagrams(receiver)
    receiver.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        waiting.take()


def test_a_port_that_is_closed_can_be_heard_again(free: int, sender: socket.socket) -> None:
    for _ in range(2):
        with closing(Udp(free).blocks()) as blocks:
            next(blocks)
            sender.send(LINE)
            assert next(blocks) == LINE


@pytest.fixture
def loopback() -> int:
    """Return the number of the network card `lo`."""
    cards = {name: number for number, name in socket.if_nameindex()}
    if "lo" not in cards:
        pytest.skip("this system calls its loopback otherwise")
    return cards["lo"]


@pytest.mark.usefixtures("loopback")
def test_a_multicast_group_is_heard(free: int) -> None:
    with (
        closing(Udp(free, "239.192.0.4", "lo").blocks()) as blocks,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        next(blocks)
        card = socket.inet_aton("127.0.0.1")
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, card)
        sender.sendto(LINE, ("239.192.0.4", free))
        assert next(blocks) == LINE


@pytest.mark.parametrize("group", ["ff11::7", "ff15::7"])
def test_an_ipv6_group_is_joined_on_its_card_and_left(free: int, loopback: int, group: str) -> None:
    joined = Path("/proc/net/igmp6")
    entry = [str(loopback), "lo", socket.inet_pton(socket.AF_INET6, group).hex()]
    with closing(Udp(free, group, "lo").blocks()) as blocks:
        next(blocks)
        assert entry in [line.split()[:3] for line in joined.read_text().splitlines()]
    assert entry not in [line.split()[:3] for line in joined.read_text().splitlines()]


def test_a_port_that_is_taken_is_said_to_be_with_the_command_that_names_who(free: int) -> None:
    with Udp(free)._bound(), pytest.raises(SourceLost, match=f"{free} is taken .*`sudo ss -lunp"):
        next(Udp(free).blocks())


def test_a_network_card_that_is_not_there_is_told_with_how_to_list_them(free: int) -> None:
    with pytest.raises(SourceLost, match=r"no network card leads there.*`ip link` lists them"):
        next(Udp(free, "239.192.0.4", "sternlight9").blocks())


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EACCES, "choose one above 1023"),
        (errno.EADDRNOTAVAIL, "no address of this computer"),
        (errno.ENOBUFS, "cannot be listened to"),
    ],
)
def test_why_a_port_cannot_be_heard_is_said(number: int, says: str) -> None:
    assert says in why_not_bound(OSError(number, "it says"), "UDP", "192.0.2.1", 80)


def test_everything_that_is_wrong_with_the_settings_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"port is -1.*format is 'x'.*interface is 'eth0'"):
        Udp(-1, "127.0.0.1", "eth0", "x")
