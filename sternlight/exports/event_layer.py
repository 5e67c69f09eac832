"""The layer of events: a point for each, with every figure and all that speaks for and against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sternlight.evidence.shared_copy import SharedCopy
from sternlight.exports.finding import Told
from sternlight.exports.layer import Columns, Kind, Row

FIRST: Columns = {
    "id": "text", "kind": "text", "anomaly": "text", "state": "text", "score": "number",
    "usual_per_week": "number", "alert": "yes", "start": "moment", "end": "moment",
    "lat": "number", "lon": "number", "place": "text", "zone": "text", "mmsis": "text",
    "names": "text", "flags": "text", "ships": "text", "tracks": "text",
}  # fmt: skip
LAST: Columns = {
    "rule": "text", "for": "text", "against": "text", "caveats": "text",
    "evidence_count": "count", "evidence": "text",
}  # fmt: skip
_NUMBER: Kind = "number"
BETWEEN = " | "  # several texts in a cell; a semicolon would split cells in some spreadsheets


def columns(measured: Iterable[str]) -> Columns:
    """Return the columns of events of which some figures were measured."""
    return {**FIRST, **dict.fromkeys(measured, _NUMBER), **LAST}


def row(told: Told, copy: SharedCopy, names: Mapping[int, str], flags: Mapping[int, str]) -> Row:
    """Return an event's row; `names` and `flags` are of its ships, by MMSI."""
    event = copy.event(told.row)
    lines = event["lines"]
    mmsis = told.row["mmsis"]
    values = {
        **{name: event.get(name) for name in (*FIRST, *LAST)},
        **event["measured"],
        "start": moment(event["start"]),
        "end": moment(event["end"]),
        "mmsis": BETWEEN.join(map(str, event["mmsis"])),
        "names": BETWEEN.join(copy.name(mmsi, names.get(mmsi, "")) for mmsi in mmsis),
        "flags": BETWEEN.join(flags.get(mmsi, "") for mmsi in mmsis),
        "ships": BETWEEN.join(event.get("ships", ())),
        "tracks": BETWEEN.join(event["tracks"]),
        "for": BETWEEN.join(one["says"] for one in event["for"]),
        "against": BETWEEN.join(one["says"] for one in event["against"]),
        "caveats": BETWEEN.join(event["caveats"]),
        "evidence_count": event.get("lines_count", len(lines)),
        "evidence": BETWEEN.join(_by_file(lines)),
    }
    return Row(values, [event["lon"], event["lat"]])


def moment(text: str | None) -> float | None:
    """Return Unix seconds."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _by_file(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each file with its lines: a.nmea: 7, 12, 19."""
    files: dict[str, list[str]] = {}
    for one in lines:
        files.setdefault(one["file"], []).append(str(one["line"]))
    for name, numbers in files.items():
        yield f"{name}: {', '.join(numbers)}"
