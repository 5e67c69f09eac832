"""Whether the station can hear through a serial port."""

from __future__ import annotations

import re
from pathlib import Path

from receiver.sources.serial_port import SerialPort
from sternlight.doctor_holders import Holders, holders, running
from sternlight.doctor_usb import free, usb
from sternlight.doctor_world import Finding, User, World


def serial(world: World, source: SerialPort, user: User, station: int | None) -> list[Finding]:
    """Look at the port of a source."""
    path = source.path or _port_of(world, source.usb)
    what = f"serial port {source.path or source.usb}"
    if not path or world.stat(path) is None:
        return [_missing(world, what)]
    port = world.real(path)
    found = [_usable(world, what, port, user, holders(world, port, station))]
    if _is_console(world, port):
        found.append(
            Finding(
                what,
                False,
                "Linux writes its messages to this port",
                "in `sudo raspi-config`, Interface Options, Serial Port, answer no"
                " to the login shell and yes to the hardware, then restart",
            )
        )
    if running(world, "ModemManager"):
        found.append(
            Finding(
                what,
                None,
                "ModemManager runs, which tries every new port for a modem",
                "`sudo systemctl disable --now ModemManager`",
            )
        )
    return found


def _missing(world: World, what: str) -> Finding:
    ports = world.find("/dev/serial/by-id", "*") or [
        port for kind in ("ttyUSB*", "ttyACM*") for port in world.find("/dev", kind)
    ]
    if ports:
        return Finding(
            what,
            False,
            "it is not there",
            "plug the receiver in, or name in the"
            f" settings what is there: {', '.join(f'serial:{p}' for p in ports)}",
        )
    return Finding(
        what,
        False,
        "it is not there, nor any other on USB",
        "plug the receiver in;"
        " `sudo dmesg --follow` shows whether Linux notices (else: cable, power)",
    )


def _usable(world: World, what: str, port: str, user: User, held: Holders) -> Finding:
    stat = world.stat(port)
    if stat and not user.may_use(stat):
        group = world.group(stat.st_gid)
        return Finding(
            what,
            False,
            f"{user.name} may not open {port}, but the group {group} may",
            f"`sudo usermod -aG {group} {user.name}`, then `sudo systemctl restart"
            " sternlight` (a person logs out and in again)",
        )
    return free(what, port, held)


def _port_of(world: World, usb_id: str) -> str:
    """Return the port of the device with an id like 10c4:ea60 or 10c4:ea60:SERIAL."""
    vendor, product, *number = usb_id.lower().split(":", 2)
    for ids, device in usb(world):
        if ids == (vendor, product) and number in ([], [device.serial.lower()]):
            at = device.folder
            ports = world.find(at, "*/ttyUSB*") + world.find(at, "*/tty/ttyACM*")
            return f"/dev/{Path(ports[0]).name}" if ports else ""
    return ""


def _is_console(world: World, port: str) -> bool:
    names = re.findall(r"\bconsole=(\w+)", world.text("/proc/cmdline"))
    return any(world.real(f"/dev/{name}") == port for name in names)
