"""The ways out of the station: one row each.

A channel is a file with a class that takes Mail and is a `channel.Channel`, and `checked`,
which returns an address as it is kept or raises ValueError that does not repeat it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import NamedTuple, cast

from sternlight.alerts.channel import Channel
from sternlight.alerts.mail_settings import Mail


class _Way(NamedTuple):
    begins: tuple[str, ...]  # how its addresses begin; () is "as no other's"
    module: str
    kind: str
    checks: str  # the module with `checked`


CHANNELS = {
    "webhook": _Way(("https://", "http://"), "webhook", "Webhook", "webhook"),
    "filedrop": _Way(("/", "file:"), "filedrop", "FileDrop", "filedrop"),
    "mail": _Way((), "smtp", "Smtp", "mail_address"),
}


def channel_of(to: str) -> str:
    """Return the name of the channel that an address belongs to."""
    lower = to.strip().lower()
    return next(name for name, way in CHANNELS.items() if not way.begins or
                lower.startswith(way.begins))  # fmt: skip


def check(to: str) -> str:
    """Return an address as it is kept, given as somebody typed it.

    Raises ValueError that says what is wrong and does not repeat it, so that it may be logged.
    """
    name = channel_of(to)
    if name == "mail" and "@" not in to:
        raise ValueError(
            "an address is one of mail, name@example.org; a webhook, https://host/path; or a"
            " folder of this computer by its whole path, /path/of/folder"
        )
    return cast(str, _module(CHANNELS[name].checks).checked(to))


def open_channel(name: str, mail: Mail) -> Channel:
    """Open a channel for some parcels.  Raises SettingsError; connects when it has one."""
    way = CHANNELS[name]
    return cast(Channel, getattr(_module(way.module), way.kind)(mail))


def _module(name: str) -> ModuleType:
    return import_module(f"sternlight.alerts.{name}")
