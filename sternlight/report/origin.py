"""What a report rests on: recordings or sources, with their credits, settings and versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from sternlight.answers import SUMMARY
from sternlight.credits import Credit, of_folder, texts
from sternlight.report.asked import Asked
from sternlight.settings import Settings
from sternlight.sqlite import Database
from tracks.way import DAY_S


class Input(NamedTuple):
    """A recording that was read, or a source that was listened to; `says` tells how much."""

    name: str
    says: str


class Origin(NamedTuple):
    """What was read, and how."""

    station: bool  # of a station's folder; else of the results of a replay
    simulated: bool
    version: str  # of the Sternlight that made it
    settings: Mapping[str, Any]  # that the results depend on, by part and name
    places: tuple[str, ...]  # the user's own
    inputs: tuple[Input, ...]
    not_read: tuple[tuple[str, str], ...]  # name, why
    credits: tuple[str, ...]
    not_shared: tuple[str, ...]  # sources of which nothing must be handed on
    first: float | None  # Unix seconds
    last: float | None
    vessels_count: int


def origin(asked: Asked, record: Database) -> Origin:
    """Return what is known of a folder; a replay tells it in its summary, a station by itself."""
    summary = _summary(asked.folder)
    given = [one._replace(name=_plain_name(one.name)) for one in _credits(asked, record)]
    ((first, last, count),) = record.read("select min(first), max(last), count(*) from hulls")
    about = dict(record.read("select key, value from about"))
    return Origin(
        station=not summary,
        simulated=bool(summary.get("simulated")),
        version=summary.get("sternlight") or about.get("release", ""),
        settings=_settings(summary, about),
        places=tuple(summary.get("places", ())),
        inputs=tuple(_inputs(summary, record)),
        not_read=tuple(
            (_plain_name(one["name"]), one["why"]) for one in summary.get("not_read", ())
        ),
        credits=tuple(texts(given)),
        not_shared=tuple(one.name for one in given if not one.shared),
        first=first,
        last=last,
        vessels_count=count,
    )


def _plain_name(name: str) -> str:
    """Return a recording's name without its folder, which tells of somebody's computer."""
    return PurePath(name).name or name


def _summary(folder: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):  # of a station, or of a replay whose summary is gone
        return {}
    return told


def _credits(asked: Asked, record: Database) -> list[Credit]:
    settings = asked.settings
    return of_folder(asked.folder, record, settings.credits, settings.sources)


def _settings(summary: Mapping[str, Any], about: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings in use; of parts that an older Sternlight did not have, the defaults."""
    told = summary.get("settings") or json.loads(about.get("settings", "{}"))
    default = Settings().of_results()
    return default | {part: default.get(part, {}) | values for part, values in told.items()}


def _inputs(summary: Mapping[str, Any], record: Database) -> list[Input]:
    if summary:
        return [
            Input(_plain_name(one["name"]), f"{one['format']}, {one['lines']:,} lines")
            for one in summary["inputs"]
        ]
    ((days,),) = record.read(f"select count(distinct cast(first / {DAY_S} as int)) from days")
    names = record.read("select name from sources order by number")
    return [Input(name, "") for (name,) in names] or [Input("the station's log", f"{days} days")]
