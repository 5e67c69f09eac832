"""From what somebody types to a subscription, with errors that say what would be right."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from anomalies.detectors import DETECTORS
from sternlight.alerts.book import Book
from sternlight.alerts.channels import channel_of, check
from sternlight.alerts.credentials import Seal
from sternlight.alerts.subscription import LANGUAGES, Near, Subscription
from sternlight.errors import SettingsError

SENT_AT_ONCE = "filedrop"  # whoever runs the station has asked for it: nobody else to agree


def new(book: Book, seal: Seal, address: str, given: Mapping[str, Any]) -> Subscription:
    """Keep a new subscriber, and what asks for the owner's agreement.

    Raises SettingsError; what it says never has the address in it.
    """
    t = time.time()
    try:
        to = check(address)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    if any(one.to.casefold() == to.casefold() for one in book.subscriptions(seal)):
        raise SettingsError("that address is subscribed already; `sternlight alerts list` has all")
    agreed = channel_of(to) == SENT_AT_ONCE
    one = changed(Subscription(0, "active" if agreed else "pending", t, to), given)
    with book.transaction():
        one = book.add(seal, one)
        if not agreed:
            book.put(seal, one.number, "confirm", "confirm", t)
    return one


def changed(one: Subscription, given: Mapping[str, Any]) -> Subscription:
    """Return a subscription with the options that were given; None leaves one as it is."""
    given = {name: value for name, value in given.items() if value not in (None, ())}
    options = {name: READ[name](value) if name in READ else value for name, value in given.items()}
    wants = {name: options.pop(name) for name in WANTS if name in options}
    if "budget" in options:
        options["budget_per_week"] = options.pop("budget")
    return replace(one, wants=replace(one.wants, **wants), **options)


def near(text: str) -> Near | None:
    """Read "14.7,-17.5,50".  Raises SettingsError."""
    if not text:
        return None
    try:
        lat, lon, radius_nmi = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = radius_nmi = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 < radius_nmi <= 10_800):
        raise SettingsError(
            f"--near {text} is no circle; write latitude, longitude (degrees, south and west with"
            " a minus) and nautical miles, as in --near 14.7,-17.5,50"
        )
    return Near(lat, lon, radius_nmi)


def kinds(text: str) -> tuple[str, ...]:
    """Read "encounter,gap".  Raises SettingsError."""
    found = tuple(filter(None, (part.strip() for part in text.split(","))))
    for kind in found:
        if kind not in DETECTORS:
            raise SettingsError(f"no event is a {kind!r}; there are {', '.join(DETECTORS)}")
    return found


def area(path: Path) -> Mapping[str, Any] | None:
    """Read the outline of a sea from a file of GeoJSON.  Raises SettingsError."""
    from sternlight.alerts.area import read_area

    return read_area(path) if str(path) not in ("", ".") else None


_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 7 / 12}


def budget(text: str) -> float:
    """Read "3/week" as events a week.  Raises SettingsError."""
    number, _, span = text.partition("/")
    try:
        per_week = float(number) / _WEEKS[span or "week"]
    except (KeyError, ValueError):
        per_week = math.nan
    if not 0 <= per_week <= 1000:
        raise SettingsError(f"--budget {text} is none; write it as 3/week, 1/day or 2/month")
    return per_week


def zone(name: str) -> str:
    """Check the name of a zone of time.  Raises SettingsError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"--zone {name} is not known; zones are named as in Africa/Dakar or Asia/Bangkok"
        ) from None


def quiet(text: str) -> tuple[float, float] | None:
    """Read "22-7" as hours of the day.  Raises SettingsError."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?", text)
    begins, ends = (
        (int(h) + int(m or 0) / 60 for h, m in (found.group(1, 2), found.group(3, 4)))
        if found
        else (math.nan, math.nan)
    )
    if not (0 <= begins < 24 and 0 <= ends <= 24 and begins != ends):
        raise SettingsError(f"--quiet {text} is no span of hours; write it as 22-7 or 22:30-6:45")
    return begins, ends % 24


def pgp(path: Path) -> str:
    """Read somebody's public key.  Raises SettingsError."""
    from sternlight.alerts.pgp import BadKey, read_key

    if str(path) in ("", "."):
        return ""
    try:
        return read_key(path.read_bytes(), time.time()).armored
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
    except BadKey as error:
        raise SettingsError(f"{path}: {error}") from None


def language(name: str) -> str:
    """Check the language of mails.  Raises SettingsError."""
    if name not in LANGUAGES:
        raise SettingsError(f"there are no mails in {name!r}; there are in {', '.join(LANGUAGES)}")
    return name


def watchlists(names: tuple[str, ...]) -> tuple[str, ...]:
    """Take names of lists; "" is none."""
    return tuple(filter(None, names))


READ: Mapping[str, Callable[[Any], Any]] = {
    "area": area, "budget": budget, "kinds": kinds, "language": language, "near": near,
    "pgp": pgp, "quiet": quiet, "watchlists": watchlists, "zone": zone,
}  # fmt: skip
WANTS = ("area", "kinds", "near", "watchlists")
