"""NMEA lines from UDP datagrams: receivers, rtl_ais, AIS-catcher's `-u`, a ship's network."""

from __future__ import annotations

import errno
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.checks import bad_format, bad_host, bad_port, refuse
from receiver.sources.datagrams import Datagrams
from receiver.sources.remote import plain

BUFFER_BYTES = 8 << 20  # asked for; Linux grants net.core.rmem_max, 208 KiB unless changed


@dataclass(frozen=True, slots=True)
class Udp:
    """Hear `port` on the network card that has the address `host`, or all, or a multicast group.

    Each datagram is whole lines; one that does not end its last line is given a
    newline.  `interface` is the name of the network card on which a multicast
    group is joined, as in `eth0`; without it the system chooses.
    """

    port: int
    host: str = "0.0.0.0"
    interface: str = ""
    format: str = "nmea"

    def __post_init__(self) -> None:
        lost = self.interface and not _multicast(self.host)
        refuse(
            bad_port(self.port),
            bad_host(self.host),
            bad_format(self.format),
            f"interface is {self.interface!r}, which only counts where host is a multicast group,"
            " such as 239.192.0.4; leave it out"
            if lost
            else "",
        )

    def blocks(self) -> Iterator[bytes]:
        """Yield what waits, whole lines; b"" when nothing came for POLL_S.  Raises SourceLost."""
        with self._bound() as receiver:
            datagrams = Datagrams(receiver)
            while True:
                try:
                    ready = select.select([receiver], [], [], POLL_S)[0]
                    taken = datagrams.take() if ready else []
                except OSError as error:
                    raise SourceLost(
                        f"UDP port {self.port} cannot be heard any more ({plain(error)});"
                        " see whether the network is up"
                    ) from error
                yield b"".join(_lines(taken))

    def _bound(self) -> socket.socket:
        try:
            family, kind, _, _, place = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
            )[0]
            receiver = socket.socket(family, kind)
        except OSError as error:
            raise SourceLost(why_not_bound(error, "UDP", self.host, self.port)) from error
        try:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            if _multicast(self.host):
                # A group is for all who listen to it, also on this computer.
                receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                card = self._join(receiver)
                if family == socket.AF_INET6:  # groups of one link only exist on a card
                    place = (*place[:3], card)
            receiver.bind(place)
        except OSError as error:
            receiver.close()
            raise SourceLost(why_not_bound(error, "UDP", self.host, self.port)) from error
        return receiver

    def _join(self, receiver: socket.socket) -> int:
        """Join the group; return the number of the network card, 0 for the system's choice."""
        try:
            card = socket.if_nametoindex(self.interface) if self.interface else 0
        except OSError:  # it has no number
            raise OSError(errno.ENODEV, "No such device") from None
        group = ip_address(self.host).packed
        if receiver.family == socket.AF_INET6:
            request = group + struct.pack("@I", card)
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        else:
            request = group + bytes(4) + struct.pack("@i", card)  # struct ip_mreqn
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        return card


def _multicast(host: str) -> bool:
    try:
        return ip_address(host).is_multicast
    except ValueError:
        return False


def _lines(datagrams: list[bytes]) -> Iterator[bytes]:
    for datagram in datagrams:
        yield datagram if datagram[-1:] in (b"\n", b"") else datagram + b"\n"


def why_not_bound(error: OSError, protocol: str, host: str, port: int) -> str:
    """Say why a port cannot be listened to, and what to do."""
    ss = "ss -lunp" if protocol == "UDP" else "ss -ltnp"
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"{protocol} port {port} is taken by another program; `sudo {ss} 'sport = :{port}'`"
                " names it: stop it, or have the lines sent to another port"
            )
        case errno.EACCES | errno.EPERM:
            return f"{protocol} port {port} is reserved for the system; choose one above 1023"
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME | socket.EAI_NODATA:
            return (
                f"{host} is no address of this computer; `ip address` lists those it has,"
                " and 0.0.0.0 stands for all"
            )
        case errno.ENODEV | errno.ENXIO:
            return (
                f"the group {host} cannot be joined, as no network card leads there; name the"
                " card, as in ?interface=eth0 (`ip link` lists them)"
            )
    return f"{protocol} port {port} of {host} cannot be listened to: {plain(error)}"
