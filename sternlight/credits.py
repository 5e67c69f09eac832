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
from sternlight.provenance import Provenance
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


def texts(used: Iterable[Credit], named: bool = True) -> list[str]:
    """Return one line for each source that was used, and those of the data files.

    Sources are `named`, unless their names may tell what is withheld: a recording may be
    called by an MMSI or a day.
    """
    own = [(plain(one.name), _with_licence(one.text, one.licence)) for one in used if one.text]
    always = [_with_licence(one.text, one.licence) for one in known() if one.what == "always"]
    told = (f"{name}: {text}" if named else text for name, text in own)
    return list(dict.fromkeys([*told, *always]))


def _with_licence(text: str, licence: str) -> str:
    return f"{text} ({licence})" if licence and licence not in text else text


def _credit(name: str, kind: str, host: str, given: Mapping[str, str]) -> Credit:
    for pattern, text in given.items():
        # A recording may be named with its folder: what must not be handed on is kept back anyway.
        if fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern):
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
        inputs = [(str(one["name"]), str(one["format"])) for one in summary["inputs"]]
        simulated = bool(summary["simulated"])
    except (OSError, ValueError, KeyError, TypeError):
        inputs, simulated = [("the recording", "")], False  # its summary is gone, or is none
    # As events name them: a folder would tell of somebody's computer.
    names = Provenance([name for name, _ in inputs]).short_names()
    for name, (_, kind) in zip(names, inputs, strict=True):
        yield name, "simulated" if simulated else kind, ""
