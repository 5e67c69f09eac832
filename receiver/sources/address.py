"""Addresses of live sources: `tcp://127.0.0.1:5631?clock=feed&name=roof`.

The scheme names the kind of source, a host, port and path become its fields of
those names, and what stands behind the question mark are further fields or one
of the settings that all sources share.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import MISSING, Field, dataclass, fields
from difflib import get_close_matches
from importlib import import_module
from typing import Any, cast, get_type_hints
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from receiver.sources import LIVE
from receiver.sources.base import Source
from tracks.listening import TOLD_WITHIN_S

CLOCKS = ("ours", "feed")


class BadAddress(ValueError):
    """An address that names no source; the message says everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A source and what is common to all: how it is called, whose clock counts, its patience."""

    source: Source
    name: str
    clock: str = "ours"  # "feed": the times that the lines carry are the time
    silence_s: float = 600.0  # heard nothing for so long: it counts as deaf, and is opened again
    address: str = ""  # to be shown: without user, password and settings

    def __post_init__(self) -> None:
        if self.clock not in CLOCKS:
            raise ValueError(f"clock is {self.clock!r}; choose from {' and '.join(CLOCKS)}")
        # Later than an hour a silence could not be told from the ships' own any more.
        if not 0 < self.silence_s < TOLD_WITHIN_S:
            raise ValueError(
                f"silence_s is {self.silence_s:g} s; it must be more than 0 and less than"
                f" {TOLD_WITHIN_S:g}"
            )


_SHARED = {f.name: f for f in fields(Feed) if f.name not in ("source", "address")}


def parse(address: str, name: str = "") -> Feed:
    """Return the feed that an address describes.

    `name` is what it is called, unless the address says; else the address
    without its settings.  Raises BadAddress.
    """
    url = _split(address)
    module, kind = LIVE[url.scheme]
    made = getattr(import_module(f"receiver.sources.{module}"), kind)
    known = {f.name: f for f in fields(made) if f.init}
    wrong: list[str] = []
    given = _given(url, known, wrong)
    hints = get_type_hints(made) | get_type_hints(Feed)
    values: dict[str, Any] = {}
    for field, text in given.items():
        try:
            values[field] = _value(text, hints[field])
        except ValueError as error:
            wrong.append(f"{field} = {text!r} {error}")
    wrong += [f"{f.name} is missing" for f in known.values() if _needed(f) and f.name not in given]
    # Also where something is wrong already, so that all of it is told at once.
    shared = {"name": name or _plain(url, known)} | {
        k: v for k, v in values.items() if k in _SHARED
    }
    source = None
    try:
        if not any(_needed(f) and f.name not in values for f in known.values()):
            source = made(**{k: v for k, v in values.items() if k in known})
    except ValueError as error:
        wrong.append(str(error))
    try:
        feed = Feed(cast(Source, source), **shared, address=_plain(url, known))
    except ValueError as error:
        wrong.append(str(error))
    if wrong:
        raise BadAddress(f"{_plain(url, {})}: {'; '.join(wrong)}")
    return feed


def _split(address: str) -> SplitResult:
    """Return the parts of an address that names a kind of source; raises BadAddress."""
    shown = _shown(address)
    odd = sorted({c for c in address + unquote(address) if not c.isprintable() or c == "\ufffd"})
    if odd:
        raise BadAddress(
            f"{shown}: has the character {odd[0]!r} in it, also as %xx; leave it out"
            " (text in it must be UTF-8)"
        )
    try:
        url = urlsplit(address, allow_fragments=False)  # MQTT topics have a # in them
    except ValueError:
        raise BadAddress(
            f"{shown}: the host cannot be read; an IPv6 address stands in brackets, as in"
            " tcp://[2001:db8::7]:10110"
        ) from None
    if url.scheme not in LIVE:
        raise BadAddress(
            f"{shown}: no source begins like this; did you mean {_meant(shown, url.scheme)}?"
            f" There are {', '.join(f'{scheme}:' for scheme in LIVE)}"
        )
    return url


def _meant(shown: str, scheme: str) -> str:
    """Return the nearest thing to an address that begins with no kind of source."""
    if shown == "-":
        return "stdin:"
    if shown.startswith("/dev/"):
        return f"serial:{shown}"
    if shown.startswith(("/", "./", "../")):
        return f"file:{shown}"
    if re.fullmatch(r"[\w.-]+:\d+|\[[\da-f:]+\]:\d+", shown, re.IGNORECASE):
        return f"tcp://{shown}"
    return get_close_matches(scheme, LIVE, 1, cutoff=0.0)[0] + ":"


def _shown(address: str) -> str:
    """Return any text as an address without settings, user or password, for messages."""
    return re.sub(r"[^ -~]", "?", re.sub(r"//.*@", "//", address.partition("?")[0]))[:200]


def _plain(url: SplitResult, known: Container[str]) -> str:
    """Return an address without user and password, and without settings.

    One that has neither host nor path keeps those that are `known`, since only
    these tell two of them apart.
    """
    host = url.netloc.rpartition("@")[2]
    if host or url.path:
        return f"{url.scheme}:" + (f"//{host}" if host else "") + url.path
    own = [(name, text) for name, text in parse_qsl(url.query) if name in known]
    return f"{url.scheme}:" + ("?" + "&".join(map("=".join, own)) if own else "")


def _given(url: SplitResult, known: dict[str, Field[Any]], wrong: list[str]) -> dict[str, str]:
    """Return the texts of all fields; complains of what is not known or given twice."""
    given = _from_place(url, known, wrong)
    names = sorted({*known, *_SHARED})
    for name, text in parse_qsl(url.query, keep_blank_values=True):
        if name not in names:
            near = get_close_matches(name, names, 1, cutoff=0.0)
            wrong.append(f"{name} is not known; did you mean {near[0]}?")
        elif name in given:
            wrong.append(f"{name} is given twice; leave one out")
        else:
            given[name] = text
    return given


def _from_place(url: SplitResult, known: dict[str, Field[Any]], wrong: list[str]) -> dict[str, str]:
    """Return the fields that stand before the question mark."""
    host, port = _host_and_port(url)
    if url.password:
        wrong.append("a password does not belong in an address; put it in a file of its own")
    parts = {
        "scheme": url.scheme if "scheme" in known else "",
        "host": host,
        "port": port,
        "path": unquote(url.path),
        "user": unquote(url.username or ""),
    }
    given = {name: text for name, text in parts.items() if text}
    for name in [name for name in given if name not in known]:
        text = given.pop(name)
        advice = f", write {url.scheme}:/{host}{url.path}" if name == "host" and url.path else ""
        wrong.append(f"{name} {text!r} means nothing to a source of this kind{advice}")
    return given


def _host_and_port(url: SplitResult) -> tuple[str, str]:
    """Return host and port as texts, the port also where it is none."""
    place = url.netloc.rpartition("@")[2]
    port = re.sub(r"^(\[.*\]|[^:]*):?", "", place)
    return url.hostname or "", port


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(text: str, kind: Any) -> Any:
    """Read a setting of type str, int, float or bool."""
    if kind is bool:
        if text.lower() not in ("1", "0", "true", "false", "yes", "no"):
            raise ValueError("must be yes or no")
        return text.lower() in ("1", "true", "yes")
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            says = "a whole number" if kind is int else "a number"
            raise ValueError(f"must be {says}") from None
    return text
