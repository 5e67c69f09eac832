"""Whether the hosts answer that tell of ships, and whether the station's own ports are free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from receiver.sources import mqtt, rtlsdr, websocket
from receiver.sources.address import Feed
from receiver.sources.remote import unreachable
from receiver.sources.tcp import TcpClient, TcpServer
from receiver.sources.udp import Udp
from sternlight.doctor_holders import Holders, holders
from sternlight.doctor_world import PATIENCE_S, Finding, World

LISTENS = "0A"  # a state of TCP: include/net/tcp_states.h
NAMES_S = 6.0  # for the name service, which may ask several servers


def network(world: World, feeds: Sequence[Feed], station: int | None) -> list[Finding]:
    """Look at all sources that need a network, at the hosts all at once."""
    hosts = [(f.name, *place) for f in feeds if (place := _host(f.source))]
    answers: dict[int, Finding] = {}

    def ask(i: int) -> None:
        answers[i] = reached(world, *hosts[i])

    _together([lambda i=i: ask(i) for i in range(len(hosts))])  # type: ignore[misc]
    found = [
        answers.get(i) or Finding(f"host {host}", False, "the name service does not answer", _LINE)
        for i, (_, host, _) in enumerate(hosts)
    ]
    own = [f.source for f in feeds if isinstance(f.source, TcpServer | Udp)]
    return found + [port(world, source, station) for source in own]


_LINE = (
    "`ping -c 3 9.9.9.9` tells whether the network is there at all; else look at cable and Wi-Fi"
)


def _host(source: object) -> tuple[str, int] | None:
    """Return the host and the port that a source calls."""
    match source:
        case TcpClient():
            return source.host, source.port
        case rtlsdr.RtlSdr() if source.host:
            return source.host, source.port or rtlsdr.TCP_PORT
        case mqtt.Mqtt():
            return source.host, source.port or mqtt.PORTS[source.scheme, source.transport]
        case websocket.WebSocket():
            return source.host, source.port or websocket.PORTS[source.scheme]
    return None


def _together(tasks: Sequence[Callable[[], None]]) -> None:
    """Run them at the same time; what has not ended in time is left alone.

    Asking the name service cannot be given a time limit.
    """
    threads = [threading.Thread(target=task, daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S + NAMES_S)


def reached(world: World, name: str, host: str, number: int) -> Finding:
    """Look whether a host takes a connection."""
    what = f"host {host}"
    try:
        world.connect(host, number)
    except OSError as error:
        return Finding(what, False, f"{name}: {unreachable(error, host, number)}", _LINE)
    return Finding(what, True, f"port {number} answers ({name})")


def port(world: World, source: TcpServer | Udp, station: int | None) -> Finding:
    """Look whether the port on which the station listens is its own."""
    kind = "tcp" if isinstance(source, TcpServer) else "udp"
    what = f"{kind} port {source.port}"
    held = _listeners(world, kind, source.port, station)
    if held is None:
        if station is None:
            return Finding(what, True, "it is free")
        return Finding(
            what,
            False,
            "the station runs but does not listen on it",
            "`sternlight status` says why; `sudo systemctl restart sternlight`",
        )
    if held.foreign:
        program = held.foreign[0]
        return Finding(
            what,
            False,
            f"{program.name} (process {program.pid}) listens on it",
            f"{program.advice}; or give the source another port",
        )
    if held.station or station is not None:
        return Finding(what, True, "the station listens on it")
    return Finding(
        what,
        False,
        "another program listens on it",
        f"`sudo ss -lpn 'sport = :{source.port}'` names it; or give the source another port",
    )


def _listeners(world: World, kind: str, number: int, station: int | None) -> Holders | None:
    """Return who listens on a port; None if nobody does.  The tables are in proc(5)."""
    rows = [
        row.split()
        for table in (kind, f"{kind}6")
        for row in world.text(f"/proc/net/{table}").splitlines()[1:]
    ]
    inodes = [
        row[9]
        for row in rows
        if len(row) > 9
        and row[1].endswith(f":{number:04X}")
        and (kind == "udp" or row[3] == LISTENS)
    ]
    found = [holders(world, f"socket:[{inode}]", station) for inode in inodes]
    if not found:
        return None
    programs = [program for one in found for program in one.programs]
    return Holders(programs, all(one.is_all for one in found))
