"""OpenSanctions: targets.simple.csv, maritime.csv, and entities.ftm.json (FollowTheMoney).

Of these only ships are read.  OpenSanctions collects many lists, and notes of port
inspections besides; the note says of which list and on what ground.  Its data is under CC
BY-NC 4.0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sternlight.errors import SettingsError
from sternlight.watchlists.cells import Problems, Row, imo, mmsi, told
from sternlight.watchlists.cells import call_sign as call_sign_of
from sternlight.watchlists.format import About, Format, LeftOut
from tracks.watchlist import Entry

NO_SHIP, NO_GROUND = "not a ship", "a ship that is only known, and on no list"
CREDIT = "OpenSanctions.org (CC BY-NC 4.0)"
MOST_LINE_BYTES = 16 << 20


def _simple(row: Row, about: About) -> Entry | LeftOut:
    """Return what a row of targets.simple.csv says; all its rows are on a list."""
    if row.text("schema") != "Vessel":
        return NO_SHIP
    numbers = _parts(row.text("identifiers"))
    return Entry(
        list_name="OpenSanctions",
        id=row.text("id"),
        name=row.text("name"),
        former=tuple(_parts(row.text("aliases"))),
        imos=tuple(number for text in numbers if (number := imo(text))),
        mmsis=tuple(number for text in numbers if (number := mmsi(text))),
        flag=row.flag("countries"),
        note=": ".join(filter(None, [row.text("dataset"), row.text("sanctions")])),
        dated=row.text("lastchange")[:10] or about.dated,
        source=CREDIT,
    )


def _maritime(row: Row, about: About) -> Entry | LeftOut:
    """Return what a row of maritime.csv says."""
    if row.text("type").upper() != "VESSEL":
        return NO_SHIP
    if not row.text("risk"):
        return NO_GROUND
    return Entry(
        list_name="OpenSanctions",
        id=row.text("id"),
        name=row.text("caption"),
        former=row.texts(";", "aliases"),
        imos=row.imos("imo"),
        mmsis=row.mmsis("mmsi"),
        flag=row.flag("flag"),
        note=f"{row.text('risk')}: {row.text('datasets')}",
        dated=about.dated,
        source=CREDIT,
    )


def _parts(cell: str) -> list[str]:
    """Return the values of a cell, which are put together as a line of CSV."""
    return [part for part in next(csv.reader([cell], delimiter=";"), []) if told(part)]


FORMATS = (
    Format(
        "OpenSanctions targets.simple.csv", frozenset({"id", "schema", "name", "aliases"}), _simple
    ),
    Format("OpenSanctions maritime.csv", frozenset({"type", "caption", "imo", "risk"}), _maritime),
)
FTM = "FollowTheMoney entities (JSON lines)"


def entities(path: Path, about: About, problems: Problems) -> Iterator[Entry | LeftOut]:
    """Yield the ships of a file of FollowTheMoney entities, one JSON object a line."""
    with path.open("rb") as file:
        line, number = file.readline(MOST_LINE_BYTES), 1
        while line:
            # One line in thousands is of a ship, and the rest need not be taken apart.
            if number == 1 or b'"Vessel"' in line:
                yield _entity(line, number, path, about, problems)
            line, number = file.readline(MOST_LINE_BYTES), number + 1


def _entity(
    line: bytes, number: int, path: Path, about: About, problems: Problems
) -> Entry | LeftOut:
    try:
        entity = json.loads(line)
        values = {
            key: [told(str(value)) for value in values]
            for key, values in entity["properties"].items()
            if isinstance(values, list)
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SettingsError(
            f"watch list {path}, line {number}: no FollowTheMoney entity; download it again"
        ) from error
    if entity.get("schema") != "Vessel":
        return NO_SHIP
    if not values.get("topics") and not entity.get("target"):
        return NO_GROUND
    name, *others = values.get("name") or [told(str(entity.get("caption", "")))]
    for text in values.get("imoNumber", []):
        if text and not imo(text):
            problems.add(number, "imoNumber", text, "no valid IMO number")
    caption = told(str(entity.get("caption", ""))) or name
    former = [*others, *(n for k in ("alias", "previousName") for n in values.get(k, ())), name]
    return Entry(
        list_name="OpenSanctions",
        id=told(str(entity.get("id", ""))),
        name=caption,
        former=tuple(dict.fromkeys(n for n in former if n and n != caption)),
        imos=_all(values, "imoNumber", imo),
        call_signs=_all(values, "callSign", call_sign_of),
        mmsis=_all(values, "mmsi", mmsi),
        flag=", ".join(values.get("flag", ())),
        note=": ".join(filter(None, [_joined(values, "topics"), _datasets(entity)])),
        dated=told(str(entity.get("last_change") or ""))[:10] or about.dated,
        source=CREDIT,
    )


def _all(values: dict[str, list[str]], name: str, number: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(known for text in values.get(name, ()) if (known := number(text))))


def _joined(values: dict[str, list[str]], name: str) -> str:
    return ", ".join(values.get(name, ()))


def _datasets(entity: dict[str, Any]) -> str:
    found = entity.get("datasets")
    return told(", ".join(map(str, found))) if isinstance(found, list) else ""
