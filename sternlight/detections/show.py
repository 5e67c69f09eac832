"""Shows matched detections: on the terminal, for programs, and as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sternlight import csv_rows
from sternlight.detections.matched import Answer
from sternlight.detections.rows import CAVEAT, gaps, row
from sternlight.errors import SettingsError
from sternlight.geojson import feature
from sternlight.jsontext import dumps, replacing
from sternlight.text import counted, plain

UNMATCHED = ("without AIS", "outside hearing", "not heard", "ambiguous", "contradicts")
ENDINGS = (".csv", ".geojson")


def rows(answer: Answer, mmsi: int | None, unmatched: bool) -> list[dict[str, Any]]:
    """Return the rows of all detections, or of those that concern an MMSI or match nobody."""
    every = (row(told, answer.names) for told in answer.told)
    return [
        one
        for one in every
        if (not unmatched or one["result"] in UNMATCHED) and (mmsi is None or _of(one, mmsi))
    ]


def _of(one: dict[str, Any], mmsi: int) -> bool:
    between = {int(name.partition(".")[0]) for name in one["between"] if name}
    return mmsi in (one["mmsi"], one["gives"].get("mmsi")) or mmsi in between


def ending(path: Path) -> str:
    """Return the ending of a file to write.  Raises SettingsError if it names no format."""
    found = path.suffix.lower()
    if found not in ENDINGS:
        raise SettingsError(f"--out {path}: the name must end in {' or '.join(ENDINGS)}")
    return found


def write(path: Path, listed: Sequence[dict[str, Any]]) -> None:
    """Write rows as CSV or GeoJSON, as the name asks for.  Raises SettingsError."""
    if ending(path) == ".csv":
        _write_csv(path, listed)
    else:
        _write_geojson(path, listed)


def _write_csv(path: Path, listed: Iterable[dict[str, Any]]) -> None:
    flat = [_flat(one) for one in listed]
    csv_rows.write(path, list(flat[0]) if flat else ["time"], flat)


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    gives = {
        f"gives_{name}": one["gives"].get(name) for name in ("mmsi", "imo", "call_sign", "name")
    }
    between = "; ".join(name or "a ship not heard" for name in one["between"])
    cells = {**one, "between": between, **gives}
    del cells["gives"]
    return cells


def _write_geojson(path: Path, listed: Iterable[dict[str, Any]]) -> None:
    with replacing(path) as out:
        out.write('{"type":"FeatureCollection","features":[')
        between = "\n"
        for one in listed:
            said = {name: value for name, value in one.items() if name not in ("lat", "lon")}
            place = {"type": "Point", "coordinates": [one["lon"], one["lat"]]}
            out.write(between + dumps(feature(place, said)))
            between = ",\n"
        out.write("\n]}\n")


def show(answer: Answer, listed: Sequence[dict[str, Any]]) -> None:
    """Print rows as a table, and what detections leave of gaps."""
    from rich.table import Table
    from rich.text import Text

    from sternlight.screen import put

    if not listed:
        put(Text("No such detection.  `sternlight detections add FILE` imports some."))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("seen (UTC)", "at", "result", "what is known"):
        table.add_column(name)
    for one in listed:
        place = f"{one['lat']:.3f} {one['lon']:.3f}"
        when = one["time"][:16].replace("T", " ")
        table.add_row(*map(Text, (when, place, one["result"], plain(one["says"]))))
    put(table)
    for left in gaps(answer):
        put(Text(plain(left["says"])))
    counts = Counter(one["result"] for one in listed)
    put(Text(f"{counted(len(listed), 'detection')}: "
             + ", ".join(f"{n:,} {kind}" for kind, n in counts.most_common()) + "."))  # fmt: skip
    for credit in sorted({one["credit"] for one in listed if one["credit"]}):
        put(Text(f"Credit: {plain(credit)}"))
    put(Text(CAVEAT))
