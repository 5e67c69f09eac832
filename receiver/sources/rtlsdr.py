"""A radio dongle (RTL2832U): AIS-catcher, or else rtl_ais, as a supervised process.

AIS-catcher is GPL-3 and is only run, never linked.  Its mode `-o 3` prints a
JSON object a message with the sentences as received, and with `-M DT` time,
signal level and frequency error.  rtl_ais sends sentences without any of these
to a UDP port.  Options: AIS-catcher's `-h`, rtl_ais's `-?`.
"""

from __future__ import annotations

import math
import re
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from receiver.sources.base import POLL_S, SourceLost
from receiver.sources.checks import bad_host, bad_port, refuse
from receiver.sources.child import Child

AIS_CATCHER, RTL_AIS = "AIS-catcher", "rtl_ais"
TCP_PORT = 1234  # rtl_tcp's own
GAIN_DB, PPM = 50.0, 150  # the most that AIS-catcher takes
TIMEOUTS, TIMEOUT_GAP_S = 5, 30.0  # so many, at most so far apart: the dongle is stuck
INSTALL = (
    "neither AIS-catcher nor rtl_ais is installed. On Debian 13 and the Raspberry Pi OS made"
    " from it: sudo apt install rtl-ais. Better, since it hears more and measures signal"
    " levels, and needed for rtl_tcp and on older systems, is AIS-catcher, which Debian does"
    " not have: packages and instructions are at https://github.com/jvde-github/AIS-catcher"
    " (its installer sets up a service that holds the dongle:"
    " sudo systemctl disable --now ais-catcher)"
)
_UDEV = (
    "the user that runs Sternlight may not use the dongle: sudo apt install rtl-sdr (for its"
    " udev rules), sudo usermod -aG plugdev USER, then plug the dongle in again"
)
_STUCK = (
    "the dongle sends nothing more: plug it in again, and if that recurs use a shorter USB"
    " cable or a powered hub; a weak power supply is the usual cause"
)
# What the programs and librtlsdr say, and what to do about it; the first that fits counts.
TROUBLES = (
    (
        r"Kernel driver is active|dvb_usb_rtl28xxu",
        "the kernel's television driver holds the dongle:"
        " echo blacklist dvb_usb_rtl28xxu | sudo tee /etc/modprobe.d/sternlight-rtlsdr.conf,"
        " then restart the computer; or another program uses it, as below",
    ),
    (
        r"usb_claim_interface error -6|LIBUSB_ERROR_BUSY|[Rr]esource busy",
        "another program uses the dongle: sudo fuser -v /dev/bus/usb/*/* names it; AIS-catcher's"
        " own service is stopped with sudo systemctl disable --now ais-catcher",
    ),
    (r"usb_open error -3|device permissions|LIBUSB_ERROR_ACCESS|Access denied", _UDEV),
    (
        r"[Nn]o matching devices|[Cc]annot find device|device does not exist",
        "no dongle has the serial number or place that device names; AIS-catcher -l or rtl_test"
        " lists them",
    ),
    (
        r"[Nn]o supported devices|[Nn]o devices? (available|found)|Found 0 device",
        "no dongle was found: plug it in; lsusb should list a Realtek RTL2838 or similar",
    ),
    (
        r"RTLTCP: (cannot open|no or invalid|error receiving)|not an rtl-tcp",
        "no rtl_tcp server answers at that address: start rtl_tcp -a 0.0.0.0 on the computer"
        " that has the dongle, and check host and port",
    ),
    (r"RTL(SDR|TCP): timeout|transfer status|_write_reg failed|usb_control", _STUCK),
    (r"error while loading shared libraries|Exec format error|SIGILL", "install it again"),
    (
        r"cannot open device|Failed to open rtlsdr",
        "the dongle cannot be opened: plug it in again, and look whether another program uses it",
    ),
)
# After these AIS-catcher goes on trying by itself and never says so on its output.
_HOPELESS = re.compile(r"RTLTCP: (cannot open|no or invalid|error receiving)")


@dataclass(frozen=True, slots=True)
class RtlSdr:
    """Example: `rtlsdr:?gain=38.6&ppm=2`, or `rtlsdr://host:1234` for an rtl_tcp server.

    `device` is a serial number, or one digit for a place in the list of
    dongles.  `gain` is auto or a number of dB.  `program` is the path of
    AIS-catcher or rtl_ais, where it is not found by itself.
    """

    device: str = ""
    gain: str = "auto"
    ppm: int = 0
    host: str = ""
    port: int = 0  # 0: rtl_tcp's own
    program: str = ""

    def __post_init__(self) -> None:
        hyphens = [n for n in ("device", "host", "program") if getattr(self, n).startswith("-")]
        refuse(
            ""
            if self.gain == "auto" or 0 <= _number(self.gain) <= GAIN_DB
            else f"gain is {self.gain!r}; give auto, or 0 to {GAIN_DB:g} dB",
            f"ppm is {self.ppm}; choose from -{PPM} to {PPM}" * (abs(self.ppm) > PPM),
            "device means nothing to an rtl_tcp server, which has chosen its own"
            * bool(self.host and self.device),
            bad_host(self.host) if self.host else "",
            bad_port(self.port or TCP_PORT),
            *(f"{name} must not begin with a hyphen" for name in hyphens),
        )

    @property
    def format(self) -> str:
        """What the program prints that is found now."""
        return "nmea" if _is_rtl_ais(self._found()) else "aiscatcher"

    def blocks(self) -> Iterator[bytes]:
        """Yield the program's output; the program ends with the iterator."""
        program = self._found()
        if not program:
            raise SourceLost(
                f"there is no program {self.program}; correct program, or leave it out"
                if self.program
                else INSTALL
            )
        if not _is_rtl_ais(program):
            yield from self._run(self._ais_catcher(program), None)
            return
        if self.host:
            raise SourceLost(
                "rtl_ais cannot use an rtl_tcp server; install AIS-catcher for that:"
                " https://github.com/jvde-github/AIS-catcher"
            )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            yield from self._run(self._rtl_ais(program, sock.getsockname()[1]), sock)

    def _found(self) -> str:
        """Return the path of the program to run, empty if there is none."""
        names = [self.program] if self.program else [AIS_CATCHER, RTL_AIS]
        return next(filter(None, map(shutil.which, names)), "")

    def _ais_catcher(self, program: str) -> list[str]:
        command = [program, "-o", "3", "-M", "DT"]
        if self.host:
            command += ["-t", self.host, str(self.port or TCP_PORT)]
        elif re.fullmatch(r"\d", self.device):
            command += [f"-d:{self.device}"]
        elif self.device:
            command += ["-d", self.device]
        command += ["-gt" if self.host else "-gr", "tuner", self.gain]
        return [*command, "-p", str(self.ppm)] if self.ppm else command

    def _rtl_ais(self, program: str, port: int) -> list[str]:
        command = [program, "-h", "127.0.0.1", "-P", str(port), "-p", str(self.ppm)]
        if self.device:
            command += ["-d", self.device]
        return command if self.gain == "auto" else [*command, "-g", self.gain]

    def _run(self, command: list[str], sock: socket.socket | None) -> Iterator[bytes]:
        watch = _Watch()
        with Child(command, watch.hear) as child:
            if sock:
                child.also(sock)
            while not child.ended:
                output = child.read(POLL_S)
                watch.timeouts = 0 if output else watch.timeouts
                yield output
                if watch.hopeless:
                    break
            how = "was ended" if watch.hopeless and not child.ended else child.how_it_ended()
            raise SourceLost(_sentence(Path(command[0]).name, how, list(child.said)))


class _Watch:
    """Looks in what the program says for signs that it will never hear anything again."""

    def __init__(self) -> None:
        self.timeouts, self.hopeless = 0, False
        self._last = -math.inf

    def hear(self, line: str) -> None:
        if re.search(r"RTL(SDR|TCP): timeout", line):
            now = time.monotonic()
            self.timeouts = self.timeouts + 1 if now - self._last < TIMEOUT_GAP_S else 1
            self._last = now
        self.hopeless |= self.timeouts >= TIMEOUTS or bool(_HOPELESS.search(line))


def _sentence(name: str, how: str, said: list[str]) -> str:
    heard = " ".join([how, *said])
    advice = next((do for sign, do in TROUBLES if re.search(sign, heard)), "")
    last = " / ".join(said[-3:])[-300:]
    return (
        f"{name} {how}" + (f": {advice}" if advice else "") + (f" (it said: {last})" * bool(last))
    )


def _is_rtl_ais(program: str) -> bool:
    return bool(re.match(r"rtl[_-]ais", Path(program).name))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
