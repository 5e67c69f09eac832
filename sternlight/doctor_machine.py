"""Whether the computer itself is fit: its clock, its memory, its temperature, its power."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from sternlight.doctor_world import Finding, World
from sternlight.text import iso

OLDEST = (3, 11)
MEMORY_MB = 100  # free: the station's own need, and AIS-catcher's
HOT_C, TOO_HOT_C = 70.0, 80.0  # at 80 the firmware of a Raspberry Pi slows it down
STEP_BACK_S = 120.0

_THROTTLED = "/sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits of the Raspberry Pi's get_throttled: now, and since the start
_NOW = {0: "too little voltage", 1: "slowed down", 2: "throttled", 3: "slowed down by heat"}


def machine(world: World, data: Path | None) -> list[Finding]:
    """Look at all of it."""
    found = [python(sys.version_info[:2], sys.maxsize), clock_set(world), clock_sane(world, data)]
    return found + [f for f in (memory(world), temperature(world), power(world)) if f]


def python(version: tuple[int, int], maxsize: int) -> Finding:
    """Look at what the program runs on."""
    says = f"Python {version[0]}.{version[1]}, {64 if maxsize > 2**32 else 32} bits"
    if maxsize < 2**32:
        return Finding("system", False, says, "install the 64-bit Raspberry Pi OS")
    if version < OLDEST:
        return Finding("system", False, says, "Python 3.11 or newer comes with Debian 12")
    return Finding("system", True, says)


def clock_set(world: World) -> Finding:
    """Look whether somebody sets the clock."""
    synchronised = world.synchronised()
    if synchronised:
        return Finding("clock", True, f"set by a time server; it is {iso(world.now())}")
    if synchronised is None:
        return Finding("clock", None, "whether a time server sets the clock cannot be seen here")
    return Finding(
        "clock",
        False,
        f"no time server sets the clock; it says {iso(world.now())}",
        "connect the network and run `sudo timedatectl set-ntp true`; a station without a"
        " network needs a clock with a battery",
    )


def clock_sane(world: World, data: Path | None) -> Finding:
    """Look whether the clock is behind what has already happened."""
    known = [("this program was installed", Path(__file__).stat().st_mtime)]
    if data and (t := _last_hour(world, data)):
        known.append(("the station last wrote down what it heard", t))
    what, t = max(known, key=lambda row: row[1])
    if world.now() < t - STEP_BACK_S:
        return Finding(
            "date",
            False,
            f"the clock says {iso(world.now())}, but {what} at {iso(t)}",
            "`sudo timedatectl set-time '2026-01-31 12:00:00'` with the true time in UTC",
        )
    return Finding("date", True, f"later than when {what} ({iso(t)})")


def _last_hour(world: World, data: Path) -> float:
    """Return the hour of the newest segment of the raw log, 0 if there is none."""
    names = world.find(f"{data}/raw", "*.log.zst")
    hour = re.search(r"_(\d{8}T\d\d)", names[-1]) if names else None
    try:
        return (
            datetime.strptime(hour[1], "%Y%m%dT%H").replace(tzinfo=UTC).timestamp() if hour else 0
        )
    except ValueError:
        return 0.0


def memory(world: World) -> Finding | None:
    """Look how much memory is free."""
    free = re.search(r"^MemAvailable:\s+(\d+) kB", world.text("/proc/meminfo"), re.MULTILINE)
    if not free:
        return None
    mb = int(free[1]) // 1024
    if mb >= MEMORY_MB:
        return Finding("memory", True, f"{mb:,} MB free")
    return Finding(
        "memory",
        False,
        f"{mb} MB free, of which a station needs {MEMORY_MB}",
        "stop other programs (`ps aux --sort=-rss | head` lists the largest), or take a Raspberry"
        " Pi with more memory",
    )


def temperature(world: World) -> Finding | None:
    """Look how hot the hottest part of the processor is."""
    zones = world.find("/sys/class/thermal", "thermal_zone*/temp")
    readings = [int(text) / 1000 for text in map(world.text, zones) if text.lstrip("-").isdecimal()]
    if not readings:
        return None
    hottest = max(readings)
    says = f"{hottest:.0f} °C"
    if hottest < HOT_C:
        return Finding("temperature", True, says)
    mend = "give it shade, air and a heat sink; above 80 °C a Raspberry Pi slows itself down"
    return Finding("temperature", False if hottest >= TOO_HOT_C else None, says, mend)


def power(world: World) -> Finding | None:
    """Look whether a Raspberry Pi's power supply is strong enough."""
    says = world.text(_THROTTLED)
    if not says and world.which("vcgencmd"):
        says = (world.run(["vcgencmd", "get_throttled"]) or "").strip().rpartition("=")[2]
    try:
        bits = int(says, 16)
    except ValueError:
        return None  # no Raspberry Pi, or no right to ask it
    now = [words for bit, words in _NOW.items() if bits >> bit & 1]
    since = [words for bit, words in _NOW.items() if bits >> (bit + 16) & 1]
    mend = "use the Raspberry Pi's own power supply and a short, thick cable; dongles draw current"
    if any("heat" in words for words in now + since) and not (bits & 1 or bits >> 16 & 1):
        mend = "give it shade, air and a heat sink"
    if now:
        return Finding("power", False, f"now: {', '.join(now)}", mend)
    if since:
        return Finding("power", False, f"since the start at times: {', '.join(since)}", mend)
    return Finding("power", True, "enough voltage since the start")
