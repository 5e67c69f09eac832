"""NMEA lines from a serial port: an AIS receiver or a multiplexer on a cable or on USB."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.baud import RATES, sound, wrong
from receiver.sources.checks import bad_format, refuse
from receiver.sources.remote import plain

if TYPE_CHECKING:
    from serial import Serial

BAUDS = (1200, 2400, *sorted(RATES), 460800, 921600)
# What arrives is gathered for so long, to wake up less often; 4 KiB, which Linux keeps
# in any case, last for 0.18 s at 230,400 baud.
GATHER_S = 0.05
ROUNDS_COUNT = 3  # through all rates, before the line is called unreadable
_USB = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SerialPort:
    """Read the port `path`, or the one whose USB id is `usb`, wherever it is plugged in.

    `usb` is vendor:product in hexadecimal digits, as `lsusb` shows them, with
    :serial-number behind it where there are several of a kind.  `baud` 0 is found
    by listening (see `receiver.sources.baud`), anew each time the port is opened.
    """

    path: str = ""
    usb: str = ""
    baud: int = 0
    format: str = "nmea"

    def __post_init__(self) -> None:
        refuse(
            ""
            if bool(self.path) != bool(self.usb)
            else "give the device either as a path, serial:/dev/ttyUSB0, or by its USB id,"
            " serial:?usb=10c4:ea60",
            ""
            if not self.usb or _USB.fullmatch(self.usb)
            else f"usb is {self.usb!r}; it must be like 10c4:ea60 or 10c4:ea60:SERIALNUMBER,"
            " as `lsusb` shows it",
            ""
            if self.baud in (0, *BAUDS)
            else f"baud is {self.baud}; choose from {', '.join(map(str, BAUDS))}, or 0 to have"
            " it found",
            ""
            if self.baud or self.format == "nmea"
            else f"baud is missing; it is only found by itself for format nmea, not {self.format}",
            bad_format(self.format),
        )

    def blocks(self) -> Iterator[bytes]:
        """Yield bytes as they come; b"" when nothing came for POLL_S.  Raises SourceLost."""
        from termios import error as TermiosError  # noqa: N812 - it is an exception

        path = self._find()
        try:
            with _opened(path, self.baud or RATES[0]) as port:
                if not self.baud:
                    yield from _searched(port)
                while True:
                    yield _read(port)
        except (OSError, TermiosError) as error:  # serial.SerialException is an OSError
            raise SourceLost(_why(error, path)) from error

    def _find(self) -> str:
        """Return the path of the device; raises SourceLost."""
        ports = _ports()
        if self.path:
            if Path(self.path).exists():
                return self.path
            raise SourceLost(f"{self.path} is not there; is it plugged in? {_list(ports)}")
        found = [port for port in ports if _is(port, self.usb)]
        if len(found) == 1:
            return str(found[0].device)
        if found:
            raise SourceLost(
                f"{len(found)} devices are {self.usb}; add a serial number, as in"
                f" usb={self.usb}:NUMBER, or give a path of /dev/serial/by-path. {_list(found)}"
            )
        raise SourceLost(f"no device {self.usb} is plugged in. {_list(ports)}")


@contextmanager
def _opened(path: str, baud: int) -> Iterator[Serial]:
    from fcntl import ioctl
    from termios import TIOCEXCL

    from serial import Serial

    with Serial(path, baud, timeout=POLL_S, exclusive=True) as port:
        # That lock is for those who ask.  This one keeps out gpsd, which tries all that is
        # plugged in.
        ioctl(port.fileno(), TIOCEXCL)
        yield port


def _searched(port: Serial) -> Iterator[bytes]:
    """Yield nothing until the rate has been found, then all that was heard at it."""
    for rate in RATES * ROUNDS_COUNT:
        if port.baudrate != rate:
            port.baudrate = rate
            port.reset_input_buffer()
        heard = b""
        while True:
            new = _read(port)
            heard += new
            if sound(heard):
                yield heard
                return
            if wrong(heard, pause=not new):
                break
            yield b""
    raise SourceLost(
        f"something is sent, but no NMEA at any of {', '.join(map(str, RATES))} baud; is this the"
        " receiver's port, and is its output NMEA 0183? A rate that is known can be given: baud="
    )


def _read(port: Serial) -> bytes:
    first: bytes = port.read(1)
    if not first:
        return b""
    time.sleep(GATHER_S)
    more: bytes = port.read(port.in_waiting)
    return first + more


def _ports() -> list[Any]:
    from serial.tools.list_ports import comports

    try:
        return sorted(comports())
    except TypeError:  # what pyserial comes to when a device goes while it looks
        return []


def _is(port: Any, usb: str) -> bool:
    vendor, product, number = _USB.fullmatch(usb).groups()  # type: ignore[union-attr]
    return (port.vid, port.pid) == (int(vendor, 16), int(product, 16)) and number in (
        None,
        port.serial_number,
    )


def _list(ports: list[Any]) -> str:
    """Return in a sentence which ports there are."""
    named = [
        f"{port.device} ({port.vid:04x}:{port.pid:04x}:{port.serial_number or ''} {port.product})"
        if port.vid is not None
        else str(port.device)
        for port in ports
    ]
    return f"There is {plain(', '.join(named))}" if named else "No serial port is there at all"


def _why(error: Exception, path: str) -> str:
    """Say why a port cannot be opened or read any more, and what to do."""
    match getattr(error, "errno", None):
        case errno.EACCES | errno.EPERM:
            return (
                f"this user may not use {path}; run `sudo usermod -aG {_group(path)} {_user()}`,"
                " then log out and in again, or start the service again"
            )
        case errno.EBUSY | errno.EAGAIN:
            return (
                f"another program uses {path}, often gpsd or ModemManager;"
                f" `sudo fuser -v {path}` names it, and `sudo systemctl disable --now gpsd.socket"
                " gpsd ModemManager` stops these two for good"
            )
    if not Path(path).exists():
        return f"{path} was unplugged or switched off; plug it in again"
    if "Inappropriate ioctl" in str(error):
        return f"{path} is no serial port; `ls -l /dev/serial/by-id` lists those on USB"
    return (
        f"{path} gives nothing any more ({plain(error)}); see whether its plug sits well, and"
        " whether another program reads it too"
    )


def _group(path: str) -> str:
    import grp

    try:
        return grp.getgrgid(os.stat(path).st_gid).gr_name  # noqa: PTH116 - as find(1) does
    except (OSError, KeyError):
        return "dialout"


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
