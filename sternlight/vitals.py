"""How the computer under the station is doing, asked of the operating system."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sternlight.system_clock import elapsed_s

_STATM = Path("/proc/self/statm")
_THERMAL = Path("/sys/class/thermal")
_CHIPS = ("cpu", "soc", "pkg")  # cpu-thermal (Raspberry Pi), soc_thermal, x86_pkg_temp


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the status page tells; None where the system does not say."""

    memory_bytes: int  # resident, of this process; its highest value where no other is told
    temperature_c: float | None  # of the processor
    disk_free_bytes: int | None  # for this user, where the station writes
    load: float  # processes that want to run, over the last minute
    uptime_s: float  # of the computer


def vitals(folder: Path) -> Vitals:
    """Look, in well under a millisecond; `folder` says which disk."""
    return Vitals(
        memory_bytes=_memory_bytes(),
        temperature_c=_temperature_c(_thermometer(_THERMAL)),
        disk_free_bytes=_disk_free_bytes(folder),
        load=os.getloadavg()[0],
        uptime_s=elapsed_s(),
    )


def _memory_bytes() -> int:
    try:
        pages = int(_STATM.read_bytes().split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024  # getrusage(2)
    return pages * resource.getpagesize()


@cache
def _thermometer(folder: Path) -> Path | None:
    """Return the file that tells the processor's temperature."""
    for kind in sorted(folder.glob("thermal_zone*/type")):
        try:
            if any(chip in kind.read_text().lower() for chip in _CHIPS):
                return kind.with_name("temp")
        except OSError:  # a sensor that was just taken away
            continue
    return None


def _temperature_c(thermometer: Path | None) -> float | None:
    if thermometer is None:
        return None
    try:
        return int(thermometer.read_bytes()) / 1000
    except (OSError, ValueError):  # some sensors answer only now and then
        return None


def _disk_free_bytes(folder: Path) -> int | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize
