"""Reads files of detections: CSV and GeoJSON, whatever their columns are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from receiver.decoded import BadInput
from receiver.formats import times
from sternlight.csv_read import BadRowError, Limits, delimiter_of, rows, text_of
from sternlight.detections.sighting import BadCell, Columns, Given, Sighting, sighting
from sternlight.text import counted, plain

LIMITS = Limits(
    128 << 20, "; split it", "is neither CSV nor GeoJSON; save it as one of these, in UTF-8"
)
TOLD_COUNT = 5  # rows that cannot be used are told one by one up to here
_NEEDED = {"t": "time", "lat": "latitude", "lon": "longitude"}


class Read(NamedTuple):
    """What a file holds: detections, and in sentences what of it could not be used."""

    sightings: list[Sighting]
    trouble: list[str]


def read(path: Path, given: Given) -> Read:
    """Read a file of detections; its content decides what it is, not its name.

    Raises BadInput if there is not a single detection in it.
    """
    text = text_of(path, LIMITS)
    geojson = text.lstrip()[:1] in ("{", "[")
    lines = _features(path, text) if geojson else _table(path, text)
    found: list[Sighting] = []
    bad: list[str] = []
    seen: dict[tuple[str, ...], Columns] = {}
    unit = "feature" if geojson else "row"
    month_first = False
    for number, names, cells in lines:
        columns = seen.get(names)
        if columns is None:
            columns = seen[names] = Columns.of(names)
            if not geojson:
                _require(path, columns)
            month_first = _month_first(text)
        try:
            found.append(sighting(cells, columns, given, (plain(path.name), number), month_first))
        except BadCell as error:
            bad.append(f"{unit} {number}, {error}")
    if not found:
        why = f"; {bad[0]}" if bad else ""
        _fail(path, f"holds no detection that can be used{why}")
    trouble = [f"{path}: {says}" for says in bad[:TOLD_COUNT]]
    if len(bad) > TOLD_COUNT:
        more = counted(len(bad) - TOLD_COUNT, f"more {unit}", f"more {unit}s")
        trouble.append(f"{path}: {more} cannot be used either")
    return Read(found, trouble)


def _fail(path: Path, says: str) -> NoReturn:
    raise BadInput(f"{path} {says}")


def _require(path: Path, columns: Columns) -> None:
    missing = [what for quantity, what in _NEEDED.items() if quantity not in columns.at]
    if missing:
        shown = ", ".join(plain(name)[:40] or "(no name)" for name in columns.names[:30])
        _fail(
            path,
            f"has no column for the {' and the '.join(missing)}; its columns are: {shown}; rename"
            " those that are meant (time, lat, lon)",
        )


def _month_first(text: str) -> bool:
    """Return whether dates as 12/31/2024 begin with the month, by what the file shows."""
    pieces = text[: 1 << 20].replace('"', "").replace("\t", ",").replace(";", ",").split(",")
    return times.month_first([piece.strip().encode() for piece in pieces if "/" in piece])


Row = tuple[int, tuple[str, ...], list[str]]  # its number, the columns' names, the cells


def _table(path: Path, text: str) -> Iterator[Row]:
    names: tuple[str, ...] = ()
    try:
        for number, cells in rows(text, delimiter_of(text)):
            if not any(cells):
                continue
            if not names:
                names = tuple(cells)
            else:
                yield number, names, cells
    except BadRowError as error:
        _fail(path, f"row {error.row} cannot be read ({error}); save it as CSV again")


def _features(path: Path, text: str) -> Iterator[Row]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        _fail(path, f"is not valid JSON ({str(error)[:80]}); export it as GeoJSON again")
    listed = document.get("features") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        _fail(path, "is JSON but no GeoJSON FeatureCollection; export it as one")
    for number, feature in enumerate(listed, 1):
        names, cells = _feature(feature)
        yield number, names, cells


def _feature(feature: Any) -> tuple[tuple[str, ...], list[str]]:
    """Return a feature as a row; what is no point has no place, which is told as such."""
    told = feature if isinstance(feature, dict) else {}
    geometry, said = told.get("geometry"), told.get("properties")
    properties = said if isinstance(said, dict) else {}
    lon: Any = ""
    lat: Any = ""
    match geometry:
        case {"type": "Point", "coordinates": [lon, lat, *_]}:
            pass
    names, cells = ["lat", "lon"], [_cell(lat), _cell(lon)]
    for name, value in properties.items():
        if name.lower() not in ("lat", "lon", "latitude", "longitude"):
            names.append(name)
            cells.append(_cell(value))
    return tuple(names), cells


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
