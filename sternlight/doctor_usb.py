"""What is plugged into USB, and whether another program has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sternlight.doctor_holders import Holders
from sternlight.doctor_world import Finding, World

_USB = "/sys/bus/usb/devices"
_SEE_ALL = "`sudo sternlight doctor` can see whether another program has it open"


@dataclass(frozen=True, slots=True)
class Usb:
    """A device on USB: its folder in /sys, its file in /dev."""

    folder: str
    node: str
    serial: str
    product: str


def usb(world: World) -> Iterator[tuple[tuple[str, str], Usb]]:
    """Yield what is plugged in, with vendor and product number."""
    for path in world.find(_USB, "*/idVendor"):
        at = path.rpartition("/")[0]
        bus, device = world.text(f"{at}/busnum"), world.text(f"{at}/devnum")
        ids = world.text(path).lower(), world.text(f"{at}/idProduct").lower()
        node = f"/dev/bus/usb/{bus:0>3}/{device:0>3}"
        yield ids, Usb(at, node, world.text(f"{at}/serial"), world.text(f"{at}/product"))


def free(what: str, path: str, held: Holders) -> Finding:
    """Judge who has a device open."""
    if held.foreign:
        program = held.foreign[0]
        return Finding(
            what, False, f"{program.name} (process {program.pid}) has {path} open", program.advice
        )
    if held.station:
        return Finding(what, True, f"the station has {path} open")
    if held.is_all:
        return Finding(what, True, f"{path} is there, free, and may be opened")
    return Finding(what, True, f"{path} is there and may be opened", _SEE_ALL)
