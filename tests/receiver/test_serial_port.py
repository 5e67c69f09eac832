"""Serial ports, on pseudo-terminals: pyserial reads one end, the test writes into the other."""

from __future__ import annotations

import errno
import os
import tty
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial.tools.list_ports
from serial import Serial

from receiver.sources import serial_port
from receiver.sources.base import SourceLost
from receiver.sources.baud import RATES
from receiver.sources.serial_port import ROUNDS_COUNT, SerialPort, _why

LINE = b"!AIVDM,1,1,,A,13n>Ja0000PGOP6SaW;f4?vh08Hq,0*7D\r\n"


@dataclass
class Cable:
    """A pseudo-terminal; its far end is the receiver."""

    far: int
    path: str

    @classmethod
    def laid(cls) -> Cable:
        far, near = os.openpty()
        tty.setraw(near)
        path = os.ttyname(near)
        os.close(near)
        return cls(far, path)

    def says(self, data: bytes) -> None:
        os.write(self.far, data)

    def pulled(self) -> None:
        if self.far >= 0:
            os.close(self.far)
        self.far = -1


class Port(SimpleNamespace):
    """What pyserial tells of a port."""

    def __lt__(self, other: Port) -> bool:
        return bool(self.device < other.device)


@pytest.fixture
def cable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cable]:
    monkeypatch.setattr(serial_port, "POLL_S", 0.1)
    monkeypatch.setattr(serial_port, "GATHER_S", 0.02)
    cable = Cable.laid()
    yield cable
    cable.pulled()


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> list[Port]:
    """Return the list of what pyserial finds plugged in."""
    ports: list[Port] = []
    monkeypatch.setattr(serial.tools.list_ports, "comports", lambda: list(ports))
    return ports


def usb(path: str, number: str | None = "A1", vendor: int = 0x10C4) -> Port:
    return Port(
        device=path, vid=vendor, pid=0xEA60, serial_number=number, product="CP2102 USB to UART"
    )


def test_a_port_of_known_rate_yields_what_comes_cut_anywhere(cable: Cable) -> None:
    with closing(SerialPort(cable.path, baud=38400).blocks()) as blocks:
        assert next(blocks) == b""
        cable.says(LINE[:20])
        assert next(blocks) == LINE[:20]
        cable.says(LINE[20:] + b"\x00\xff")
        assert next(blocks) == LINE[20:] + b"\x00\xff"
        assert next(blocks) == b""


def test_what_is_heard_while_the_rate_is_sought_is_kept(cable: Cable) -> None:
    with closing(SerialPort(cable.path).blocks()) as blocks:
        assert next(blocks) == b""
        cable.says(LINE[30:])
        assert next(blocks) == b""
        cable.says(LINE[:20])
        assert next(blocks) == b""
        cable.says(LINE[20:])
        assert next(blocks) == LINE[30:] + LINE


def test_silence_never_changes_the_rate_and_noise_does(
    cable: Cable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[int] = []
    real = Serial.baudrate
    watched = real.setter(lambda port, rate: (rates.append(rate), real.fset(port, rate))[1])
    monkeypatch.setattr(Serial, "baudrate", watched)
    with closing(SerialPort(cable.path).blocks()) as blocks:
        for _ in range(4):
            assert next(blocks) == b""
        assert set(rates) == {RATES[0]}
        cable.says(b"\x80\xf8\x00" * 9)
        for _ in range(3):
            assert next(blocks) == b""
        assert set(rates) == set(RATES[:2])
        cable.says(LINE)
        assert next(blocks) == LINE


def test_a_line_that_is_noise_at_every_rate_is_given_up_with_advice(cable: Cable) -> None:
    blocks = SerialPort(cable.path).blocks()
    said = 0

    def go_on() -> None:
        nonlocal said
        while True:
            cable.says(b"\x80\xf8" * 300)
            said += 1
            next(blocks)

    with pytest.raises(SourceLost, match=r"no NMEA at any of 38400, 4800.*baud="):
        go_on()
    assert said >= ROUNDS_COUNT * len(RATES)


def test_a_device_that_is_unplugged_is_lost_with_advice(cable: Cable) -> None:
    blocks = SerialPort(cable.path, baud=38400).blocks()
    next(blocks)
    cable.pulled()
    with pytest.raises(SourceLost, match=f"{cable.path} was unplugged .*plug it in again"):
        list(blocks)


def test_a_usb_device_is_found_again_under_another_path(cable: Cable, plugged: list[Port]) -> None:
    source = SerialPort(usb="10C4:ea60")
    with pytest.raises(SourceLost, match=r"no device 10C4:ea60 is plugged in.*No serial port"):
        next(source.blocks())
    other = Cable.laid()
    for at in (cable, other):
        plugged[:] = [usb("/dev/null", vendor=0x1234), usb(at.path)]
        at.says(LINE)
        blocks = source.blocks()
        assert next(blocks) in (LINE, b"")
        at.pulled()
        with pytest.raises(SourceLost):
            list(blocks)


def test_two_devices_of_a_kind_are_told_apart_by_serial_number(
    cable: Cable, plugged: list[Port]
) -> None:
    plugged[:] = [usb("/dev/null", "A1"), usb(cable.path, "B2")]
    with pytest.raises(SourceLost, match=r"2 devices are 10c4:ea60; add a serial number.*:B2"):
        next(SerialPort(usb="10c4:ea60").blocks())
    with closing(SerialPort(usb="10c4:ea60:B2").blocks()) as blocks:
        assert next(blocks) == b""


def test_a_device_that_goes_while_they_are_listed_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def listing() -> None:
        int(None, 16)  # type: ignore[call-overload]

    monkeypatch.setattr(serial.tools.list_ports, "comports", listing)
    with pytest.raises(SourceLost, match="no device 10c4:ea60 is plugged in"):
        next(SerialPort(usb="10c4:ea60").blocks())


def test_a_missing_device_names_those_that_are_there(plugged: list[Port]) -> None:
    plugged[:] = [usb("/dev/ttyUSB1")]
    with pytest.raises(
        SourceLost, match=r"/dev/ttyUSB9 is not there.*There is /dev/ttyUSB1 \(10c4:ea60:A1 CP"
    ):
        next(SerialPort("/dev/ttyUSB9").blocks())


def test_a_port_that_another_program_reads_is_left_to_it(cable: Cable) -> None:
    with (
        Serial(cable.path, exclusive=True),
        pytest.raises(SourceLost, match=r"another program uses .*gpsd.*`sudo fuser -v /dev"),
    ):
        next(SerialPort(cable.path).blocks())


def test_a_port_is_ours_until_we_close_it(cable: Cable) -> None:
    blocks = SerialPort(cable.path).blocks()
    next(blocks)
    with pytest.raises(SourceLost, match="another program uses"):
        next(SerialPort(cable.path).blocks())
    blocks.close()
    with closing(SerialPort(cable.path).blocks()) as again:
        assert next(again) == b""


def test_a_plain_file_is_no_serial_port(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LINE)
    with pytest.raises(SourceLost, match="is no serial port; `ls -l /dev/serial/by-id`"):
        next(SerialPort(str(path)).blocks())


def test_who_lacks_rights_is_told_the_command(tmp_path: Path) -> None:
    says = _why(OSError(errno.EACCES, "Permission denied"), str(tmp_path))
    assert "run `sudo usermod -aG" in says
    assert "then log out and in again" in says
    assert "usermod -aG dialout " in _why(OSError(errno.EACCES, "no"), "/dev/not-there")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "either as a path, serial:/dev/ttyUSB0, or by its USB id"),
        ({"path": "/dev/a", "usb": "10c4:ea60"}, "either as a path"),
        ({"usb": "10c4"}, "usb is '10c4'; it must be like 10c4:ea60"),
        ({"path": "/dev/a", "baud": 12345}, "baud is 12345; choose from 1200, 2400, 4800"),
        ({"path": "/dev/a", "format": "aiscatcher"}, "baud is missing"),
        ({"baud": -1, "format": "x"}, "either .*baud is -1.*format is 'x'"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SerialPort(**settings)  # type: ignore[arg-type]
