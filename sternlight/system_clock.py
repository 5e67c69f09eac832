"""What the operating system knows of time: how long it has run, and whether its clock is right."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

# Linux stops CLOCK_MONOTONIC while a computer sleeps; macOS does not.
_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit Linux; the rest is room to spare
# systemd-timesyncd makes this file when it has set the clock: systemd-timesyncd.service(8)
_TIMESYNC = Path("/run/systemd/timesync/synchronized")
_RTC = Path("/sys/class/rtc")
BOOT_S = 600.0  # a time server that can be reached has answered by then


def elapsed_s() -> float:
    """Return seconds since some moment; they go on while the computer sleeps."""
    return time.clock_gettime(_ELAPSED)


def kernel_synchronised() -> bool | None:
    """Return whether the system clock is disciplined by a time server; None where nobody knows.

    A sandbox may forbid the question (systemd's ProtectClock= does); then the
    sign that systemd-timesyncd leaves still counts, its absence does not.
    """
    says = _adjtimex()() if sys.platform == "linux" else -1
    if says >= 0 and says != _TIME_ERROR:
        return True
    return True if _TIMESYNC.exists() else (False if says == _TIME_ERROR else None)


@cache
def _adjtimex() -> Callable[[], int]:
    """Return adjtimex(2) reading only; it gives -1 where it may not be asked."""
    import ctypes

    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    if ask is None:
        return lambda: -1
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    return lambda: int(ask(timex))


def started_blind(rtc: Path = _RTC, uptime_s: Callable[[], float] = elapsed_s) -> bool:
    """Return whether this computer has just been switched on without a clock that runs when off.

    Then its time is about that of switching off (Raspberry Pi OS saves it), so
    it looks right and is not.  Only Linux says; elsewhere there are batteries.
    """
    if sys.platform != "linux" or uptime_s() > BOOT_S:
        return False
    # 1: this clock set the system's time at boot; Documentation/ABI/testing/sysfs-class-rtc
    return not any(f.read_text().strip() == "1" for f in rtc.glob("rtc*/hctosys"))
