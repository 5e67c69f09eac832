"""Raw logs in tests: small ones, as a station writes them."""

from __future__ import annotations

from pathlib import Path

from receiver.formats.stationlog import tag
from sternlight.rawlog import RawLog
from sternlight.recovery import RAW

T = 1_795_300_000.0


def wrote(folder: Path, hours: int = 3, lines: int = 12, last_ends: bool = True) -> RawLog:
    """Return the log of a station that has written some segments into `folder`."""
    (folder / RAW).mkdir(parents=True, exist_ok=True)
    log = RawLog(folder / RAW, "2f6c")
    for hour in range(hours):
        t = T + 3600.0 * hour
        log.begin(t, 0.0, b"# source=01 name=roof format=nmea clock=ours address=x\n")
        for i in range(lines):
            log.add(tag(1, t + i) + b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb%04d,0*24\n" % i)
            if i % 4 == 3:
                log.sync()
        if last_ends or hour < hours - 1:
            log.end()
    log.abandon()
    return log
