"""Whether the station runs and hears, and whether its settings can be used."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sternlight
from sternlight import asking
from sternlight.doctor_world import Finding, World
from sternlight.errors import SettingsError
from sternlight.settings import load
from sternlight.text import duration, plain

_UNITS = "/etc/systemd/system"

Ask = Callable[[Path], dict[str, Any]]


def settings(world: World, config: Path) -> list[Finding]:
    """Look whether the settings can be used, and whether a new version knows more."""
    try:
        load(world.at(config))
    except SettingsError as error:
        return [Finding("settings", False, str(error), f"correct it: `sudo nano {config}`")]
    found = [Finding("settings", True, f"{config} can be used")]
    if world.stat(f"{config}.new"):
        found.append(
            Finding(
                "settings",
                None,
                f"an upgrade has put its own beside it, {config}.new",
                f"`diff {config} {config}.new` shows what is new; take over what you"
                f" want and delete it: `sudo rm {config}.new`",
            )
        )
    return found


def station(world: World, data: Path, ask: Ask = asking.ask) -> list[Finding]:
    """Look whether it runs on a data folder, and what it says of itself."""
    try:
        status = ask(world.at(data))
    except asking.NoAnswer as none:
        return [_none(world, data, none)]
    version = _version(status)
    # What another version says of itself may have other names.
    return [version, *heard(status), *_troubles(status)] if version.ok else [version]


def service(world: World) -> list[Finding]:
    """Look whether an installed service starts with the machine."""
    if not world.stat(f"{_UNITS}/sternlight.service"):
        return []
    if world.link(f"{_UNITS}/multi-user.target.wants/sternlight.service"):
        return [Finding("service", True, "it starts with the machine")]
    return [
        Finding(
            "service",
            False,
            "it does not start with the machine",
            "`sudo systemctl enable --now sternlight`",
        )
    ]


def _none(world: World, data: Path, none: asking.NoAnswer) -> Finding:
    stat = world.stat(data)
    if stat and not os.access(world.at(data), os.R_OK | os.X_OK):
        return Finding(
            "station",
            None,
            f"what is in {data} is out of sight",
            f"`sudo sternlight doctor` sees it; so do members of the group"
            f" {world.group(stat.st_gid)}",
        )
    if none.code != asking.NOT_RUNNING:
        return Finding("station", False, str(none), "`sudo systemctl restart sternlight`")
    return Finding(
        "station",
        False,
        str(none),
        "`sudo systemctl start sternlight`; why it ended is in `journalctl -u sternlight -n 50`",
    )


def _version(status: dict[str, Any]) -> Finding:
    version = plain(str(status.get("version")))
    runs = f"it runs (process {status.get('pid')}), version {version}"
    if version == sternlight.__version__:
        return Finding("station", True, runs)
    return Finding(
        "station",
        False,
        f"{runs}, but {sternlight.__version__} is installed",
        "`sudo systemctl restart sternlight`",
    )


def heard(status: dict[str, Any]) -> list[Finding]:
    """Look how long ago each source has heard something."""
    found = []
    for source in status.get("sources", []):
        what, last = f"source {plain(source['name'])}", source["last_heard"]
        if last is None:
            found.append(Finding(what, False, "it has not heard anything yet", _DEAF))
            continue
        ago_s = max(0.0, status["now"] - last)
        ok = source["state"] == "ended" or ago_s < source["silence_s"]
        found.append(Finding(what, ok, f"heard {duration(ago_s)} ago", "" if ok else _DEAF))
    return found


_DEAF = (
    "are there ships within 20 nautical miles? If so: is the antenna plugged in, upright and"
    " outside, the cable whole, and what do the other lines here say?"
)


def _troubles(status: dict[str, Any]) -> list[Finding]:
    """Return what else the station says is wrong; what its sources hear is said already."""
    told = [f"Source {source['name']}" for source in status.get("sources", [])]
    return [
        Finding("station says", False, plain(str(says)), "`sternlight status` says more")
        for says in status.get("troubles", [])
        if not str(says).startswith(tuple(told)) or " lost " in says
    ]
