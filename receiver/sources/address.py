"""Addresses of live sources: `tcp://127.0.0.1:5631?clock=feed&name=roof`.

The scheme names the kind of source, a host, port and path become its fields of
those names, and what stands behind the question mark are further fields or one
of the settings that all sources share.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, fields
from difflib import get_close_matches
from importlib import import_module
from typing import Any, get_type_hints
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from receiver.sources import LIVE
from receiver.sources.base import Source

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

    def __post_init__(self) -> None:
        if self.clock not in CLOCKS:
            raise ValueError(f"clock is {self.clock!r}; choose from {' and '.join(CLOCKS)}")
        if not self.silence_s > 0:
            raise ValueError(f"silence_s is {self.silence_s:g} s; it must be more than 0")


_SHARED = {f.name: f for f in fields(Feed) if f.name != "source"}


def parse(address: str, name: str = "") -> Feed:
    """Return the feed that an address describes.

    `name` is what it is called, unless the address says; else the address
    without its settings.  Raises BadAddress.
    """
    url = urlsplit(address, allow_fragments=False)  # MQTT topics have a # in them
    if url.scheme not in LIVE:
        near = get_close_matches(url.scheme, LIVE, 1, cutoff=0.0)
        raise BadAddress(
            f"{address}: no source begins with {url.scheme + ':' if url.scheme else 'that'!r};"
            f" did you mean {near[0]}: ? There are {', '.join(LIVE)}"
        )
    module, kind = LIVE[url.scheme]
    made = getattr(import_module(f"receiver.sources.{module}"), kind)
    known = {f.name: f for f in fields(made) if f.init}
    wrong: list[str] = []
    given = {**_from_place(url, known, wrong), **_from_query(url, known, wrong)}
    hints = get_type_hints(made) | get_type_hints(Feed)
    values = {}
    for field, text in given.items():
        try:
            values[field] = _value(text, hints[field])
        except ValueError as error:
            wrong.append(f"{field} = {text!r} {error}")
    wrong += [f"{f.name} is missing" for f in known.values() if f.name not in given and _needed(f)]
    if not wrong:
        shared = {"name": name or _plain(url)} | {k: v for k, v in values.items() if k in _SHARED}
        try:
            source = made(**{k: v for k, v in values.items() if k in known})
            return Feed(source, **shared)
        except ValueError as error:
            wrong.append(str(error))
    raise BadAddress(f"{_plain(url)}: {'; '.join(wrong)}")


def _plain(url: SplitResult) -> str:
    """Return an address without settings and without a user's name or password."""
    host = url.netloc.rpartition("@")[2]
    return f"{url.scheme}:" + (f"//{host}{url.path}" if host or url.path else "")


def _from_place(url: SplitResult, known: dict[str, Field[Any]], wrong: list[str]) -> dict[str, str]:
    """Return the fields that stand before the question mark."""
    try:
        port = url.port
    except ValueError:
        wrong.append(f"the port in {url.netloc!r} must be a number from 1 to 65535")
        port = None
    if url.password:
        wrong.append("a password does not belong in an address; put it in a file of its own")
    parts = {
        "scheme": url.scheme if "scheme" in known else "",
        "host": url.hostname or "",
        "port": "" if port is None else str(port),
        "path": unquote(url.path),
        "user": unquote(url.username or ""),
    }
    given = {name: text for name, text in parts.items() if text}
    for name in given.keys() - known.keys():
        wrong.append(f"{name} {given.pop(name)!r} means nothing to a source of this kind")
    return given


def _from_query(url: SplitResult, known: dict[str, Field[Any]], wrong: list[str]) -> dict[str, str]:
    """Return the fields that stand behind the question mark."""
    given = dict(parse_qsl(url.query, keep_blank_values=True))
    names = {*known, *_SHARED}
    for name in given.keys() - names:
        near = get_close_matches(name, sorted(names), 1, cutoff=0.0)
        wrong.append(f"{name} is not known; did you mean {near[0]}?")
        del given[name]
    return given


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
