"""Whether the station can hear through a radio dongle and the program that decodes for it."""

from __future__ import annotations

import re
from pathlib import Path

from receiver.sources.rtlsdr import AIS_CATCHER, INSTALL, RTL_AIS, RtlSdr
from sternlight.doctor_holders import holders
from sternlight.doctor_usb import Usb, free, usb
from sternlight.doctor_world import Finding, User, World

_DONGLES = {("0bda", "2832"), ("0bda", "2838")}  # Realtek RTL2832U, in nearly all that are sold
_DRIVER = "dvb_usb_rtl28xxu"
_BLOCK = (
    f"`echo blacklist {_DRIVER} | sudo tee /etc/modprobe.d/sternlight-rtlsdr.conf`, then restart"
    " the computer"
)


def dongle(world: World, source: RtlSdr, user: User, station: int | None) -> list[Finding]:
    """Look at the program of a source, and at the dongle if it is on this computer."""
    found = [program(world, source)]
    if source.host:
        return found
    what = "RTL-SDR dongle"
    here = [device for ids, device in usb(world) if ids in _DONGLES]
    if not here:
        return [
            *found,
            Finding(
                what,
                False,
                "none is plugged in",
                "plug it in, without a hub or in"
                " one with its own power; `lsusb` should list a Realtek"
                " RTL2838",
            ),
        ]
    wanted = source.device if len(source.device) > 1 else ""
    if wanted and wanted not in [d.serial for d in here]:
        there = ", ".join(d.serial or "(none)" for d in here)
        return [
            *found,
            Finding(
                what,
                False,
                f"none has the serial number {wanted}",
                f"name one that is there in the settings: {there}",
            ),
        ]
    chosen = [d for d in here if d.serial == wanted] if wanted else here
    return found + [_dongle(world, what, device, user, station) for device in chosen]


def _dongle(world: World, what: str, device: Usb, user: User, station: int | None) -> Finding:
    drivers = world.find(device.folder, "*:*/driver")
    if any(Path(world.link(link)).name == _DRIVER for link in drivers):
        return Finding(what, False, f"Linux's television driver {_DRIVER} has taken it", _BLOCK)
    stat = world.stat(device.node)
    if stat is None:
        return Finding(what, None, f"{device.node} is out of sight")
    if not user.may_use(stat):
        return Finding(
            what,
            False,
            f"{user.name} may not open {device.node}",
            "run scripts/install_station.py again, which makes a rule for it; plug the"
            " dongle in again",
        )
    held = free(what, device.node, holders(world, device.node, station))
    if held.ok and _DRIVER in world.text("/proc/modules").split():
        return Finding(
            what,
            None,
            f"{held.says}; but Linux's television driver {_DRIVER} is loaded"
            " and may take it when it is plugged in again",
            _BLOCK,
        )
    return held


def program(world: World, source: RtlSdr) -> Finding:
    """Look for AIS-catcher or rtl_ais."""
    names = [source.program] if source.program else [AIS_CATCHER, RTL_AIS]
    path = next(filter(None, map(world.which, names)), None)
    if path is None:
        if source.program:
            return Finding(
                "radio program",
                False,
                f"there is no program {source.program}",
                "correct or delete program in the settings",
            )
        return Finding("radio program", False, "there is none", INSTALL)
    said = world.run([path, "-h"])
    if said is None:
        return Finding(
            "radio program",
            False,
            f"{path} cannot be run",
            f"run `{path} -h` and see what it says; install it again, built for this processor",
        )
    version = re.search(r"\bv?\d+\.\d+[\w.-]*", said)
    return Finding("radio program", True, f"{path}{f', {version[0]}' if version else ''}")
