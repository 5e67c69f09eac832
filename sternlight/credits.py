"""Whose data it is: the line to carry with what is handed on, and what must not be handed on.

Publishers' own words stand in config/credits.csv, by the format of a recording or the host of a
feed.  `[credits]` of the settings has more, by the name of a source or a recording, and marks
what may not leave the station.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from sternlight.answers import SUMMARY
from sternlight.data import data_folder
from sternlight.sqlite import Database
from sternlight.text import plain

NO_REDISTRIBUTION = "no redistribution"  # how such a text in [credits] begins
SIMULATED = "Made up by Sternlight: no ship in it exists."
UNKNOWN = "No credit line is known: say under [credits] in the settings whose data it is."


class Credit(NamedTuple):
    """Whom to credit for what came from a source or a recording."""

    name: str  # of the source, or of the recording
    text: str
    licence: str
    shared: bool = True  # whether what came from it may be handed on


class Known(NamedTuple):
    """A row of config/credits.csv; `what` is format, host or always."""

    what: str
    value: str
    text: str
    licence: str


def known() -> list[Known]:
    """Read the publishers' own words."""
    with (data_folder() / "credits.csv").open(encoding="utf-8", newline="") as file:
        return [Known(*row) for row in csv.reader(file)][1:]


def of_folder(
    folder: Path, record: Database, given: Mapping[str, str], sources: Mapping[str, str]
) -> list[Credit]:
    """Return the credits for a station's folder, or for that of a replay's results.

    `given` are the settings' [credits], `sources` their [sources].
    """
    heard = record.read("select name from sources order by number")
    if heard:
        origins = [(name, *_origin(sources.get(name, ""))) for (name,) in heard]
    else:
        origins = list(_recordings(folder))
    return [_credit(*origin, given) for origin in origins]


def texts(used: Iterable[Credit]) -> list[str]:
    """Return one line for each source that was used, and those of the data files."""
    own = [f"{plain(one.name)}: {_with_licence(one.text, one.licence)}" for one in used]
    always = [_with_licence(one.text, one.licence) for one in known() if one.what == "always"]
    return [*own, *always]


def _with_licence(text: str, licence: str) -> str:
    return f"{text} ({licence})" if licence and licence not in text else text


def _credit(name: str, kind: str, host: str, given: Mapping[str, str]) -> Credit:
    for pattern, text in given.items():
        if fnmatchcase(name, pattern):
            _, marked, rest = text.partition(NO_REDISTRIBUTION)
            shared = not (marked and text.startswith(NO_REDISTRIBUTION))
            return Credit(name, plain(text if shared else rest.strip(" :;,.")), "", shared)
    if kind == "simulated":
        return Credit(name, SIMULATED, "")
    for one in known():
        if one.value == {"format": kind, "host": host}.get(one.what):
            return Credit(name, one.text, one.licence)
    return Credit(name, UNKNOWN, "")


def _origin(address: str) -> tuple[str, str]:
    """Return format and host of a source's address."""
    url = urlsplit(address)
    if url.scheme == "simulator":
        return "simulated", ""
    return parse_qs(url.query).get("format", [""])[0], url.hostname or ""


def _recordings(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name and format of each recording of a replay."""
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
        for one in summary["inputs"]:
            yield one["name"], "simulated" if summary["simulated"] else one["format"], ""
    except (OSError, ValueError, KeyError, TypeError):
        yield "the recording", "", ""  # its summary is gone, or is none
