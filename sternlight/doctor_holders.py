"""Which program has something open: a serial port, a dongle, a network port.

Linux shows this of one's own programs to everybody, of all to root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sternlight.doctor_world import World

ADVICE = {  # name of a program, as in /proc/*/comm: how to make it let go
    "agetty": "a login console is on this port: in `sudo raspi-config`, Interface Options,"
    " Serial Port, answer no to the login shell and yes to the hardware, then restart",
    "gpsd": "`sudo systemctl disable --now gpsd gpsd.socket`, or let gpsd keep it and read from"
    " gpsd: give the source tcp://127.0.0.1:2947 only if it passes AIS on as NMEA",
    "ModemManager": "`sudo systemctl disable --now ModemManager`",
    "AIS-catcher": "`sudo systemctl disable --now ais-catcher`, or let it keep the dongle and send"
    " to a udp source of Sternlight",
    "rtl_ais": "stop it, or let it keep the dongle and read its UDP port 10110",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A process that has something open."""

    pid: int
    name: str
    is_station: bool

    @property
    def advice(self) -> str:
        """How to make it let go."""
        return ADVICE.get(self.name, f"stop it: `sudo kill {self.pid}`")


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has it open; `is_all` is False where some processes could not be looked at."""

    programs: list[Program]
    is_all: bool

    @property
    def foreign(self) -> list[Program]:
        """Those that are not the station or started by it."""
        return [p for p in self.programs if not p.is_station]

    @property
    def station(self) -> bool:
        """Whether the station itself has it open."""
        return any(p.is_station for p in self.programs)


def holders(world: World, target: str, station: int | None) -> Holders:
    """Find who has a path open, or `socket:[INODE]`; `station` is the station's process."""
    found, is_all = [], True
    for process in world.find("/proc", "[0-9]*"):
        try:
            files = list(world.at(f"{process}/fd").iterdir())
        except PermissionError:
            is_all = False
            continue
        except OSError:  # it has just ended
            continue
        if any(world.link(f"{process}/fd/{file.name}") == target for file in files):
            pid = int(Path(process).name)
            ours = station is not None and station in (pid, _parent(world, pid))
            found.append(Program(pid, world.text(f"{process}/comm"), ours))
    return Holders(found, is_all)


def running(world: World, name: str) -> bool:
    """Return whether a program of this name runs."""
    return any(world.text(comm) == name for comm in world.find("/proc", "[0-9]*/comm"))


def station_process(world: World, data: Path | None) -> int | None:
    """Return the process of the station that runs on a data folder, None if none does.

    It keeps the file `lock` there locked, and its number in it.
    """
    stat = world.stat(data / "lock") if data else None
    if stat is None:
        return None
    inode = rf":{stat.st_ino} "
    lock = next((r for r in world.text("/proc/locks").splitlines() if inode in f"{r} "), "")
    pid = re.search(r"(?:READ|WRITE) +(\d+) ", lock)
    return int(pid[1]) if pid else None


def _parent(world: World, pid: int) -> int:
    parent = re.search(r"^PPid:\s+(\d+)", world.text(f"/proc/{pid}/status"), re.MULTILINE)
    return int(parent[1]) if parent else 0
