"""Whether the station can write down what it hears: its folder, and the disk under it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sternlight.doctor_world import Finding, World

LOW_BYTES, LOW_SHARE = 500e6, 0.05
_READ_ONLY_MEND = (
    "copy what you need and put in a new SD card: a card that makes errors is about to die"
)


def disk(world: World, data: Path) -> list[Finding]:
    """Look at all of it."""
    return [f for f in (folder(world, data), space(world, data), health(world, data)) if f]


def folder(world: World, data: Path) -> Finding:
    """Look whether whoever runs the station may write there."""
    what, stat = "data folder", world.stat(data)
    if stat is None:
        return Finding(
            what,
            None,
            f"{data} is not there yet, or out of sight",
            "the station makes it when it starts",
        )
    user = world.station_user(data)
    if not user.may_use(stat, 7):
        return Finding(
            what,
            False,
            f"{user.name} may not write into {data}",
            f"`sudo chown -R {user.name}: {data}`",
        )
    inside = ((path, world.stat(path)) for path in world.find(str(data), "*"))
    foreign = [path for path, s in inside if s and not user.may_use(s)]
    if foreign:
        return Finding(
            what,
            False,
            f"{user.name} may not write {foreign[0]}, which somebody else"
            " has made, perhaps with sudo",
            f"`sudo chown -R {user.name}: {data}`",
        )
    return Finding(what, True, f"{data} belongs to {user.name}")


def space(world: World, data: Path) -> Finding | None:
    """Look how much room is left for what is heard."""
    try:
        of_disk = os.statvfs(
            next(p for p in (world.at(data), *world.at(data).parents) if p.exists())
        )
    except OSError:
        return None
    return room(of_disk.f_bavail * of_disk.f_frsize, of_disk.f_blocks * of_disk.f_frsize)


def room(free_bytes: int, all_bytes: int) -> Finding:
    """Judge how much is free."""
    says = f"{free_bytes / 1e9:,.1f} of {all_bytes / 1e9:,.1f} GB free"
    if free_bytes >= LOW_BYTES and free_bytes >= LOW_SHARE * all_bytes:
        return Finding("disk", True, says)
    return Finding(
        "disk",
        False,
        says,
        "`sudo apt clean`, move old recordings away, or keep less: keep_days in the settings",
    )


def health(world: World, data: Path) -> Finding | None:
    """Look whether the system has stopped trusting the disk."""
    mounts = [line.split(" ") for line in world.text("/proc/mounts").splitlines()]
    place = world.real(str(data))
    under = [m for m in mounts if len(m) > 3 and f"{place}/".startswith(_folder(m[1]))]
    if not under:
        return None
    # Of two on one place, the later is on top.
    device, _, kind, options, *_ = max(reversed(under), key=lambda m: len(_folder(m[1])))
    if "ro" in options.split(","):
        return Finding(
            "file system",
            False,
            f"{device} can only be read; Linux does that to a disk that makes errors",
            _READ_ONLY_MEND,
        )
    errors = world.text(f"/sys/fs/{kind}/{Path(world.real(device)).name}/errors_count")
    if errors.isdecimal() and int(errors):
        return Finding("file system", False, f"{device} has made {errors} errors", _READ_ONLY_MEND)
    return Finding("file system", True, f"{device} ({kind}) can be written")


def _folder(mount: str) -> str:
    r"""Return where something is mounted, with the blanks that proc(5) writes as \\040."""
    path = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), mount)
    return path if path.endswith("/") else f"{path}/"
