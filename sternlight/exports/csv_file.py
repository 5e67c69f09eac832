"""CSV for spreadsheets: one file for each layer, in which nothing runs.

Shapes stand in a column `wkt` (OGC 06-103r4), a point's position in `lat` and `lon`, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sternlight import csv_rows
from sternlight.csv_rows import Cell
from sternlight.exports.about import Said
from sternlight.exports.geojson_file import cells
from sternlight.exports.layer import Layer
from sternlight.guidance import SAYS_NOT

NOTE = "what_it_does_not_say"  # a last column, since a table has no other place for it
_SCORED = ("events", "vessels")


def write(path: Path, layer: Layer) -> int:
    """Write a layer; return how many rows it has."""
    import shapely
    from shapely.geometry import shape

    def rows() -> Iterator[dict[str, Cell]]:
        for row in layer.rows():
            made: dict[str, Cell] = cells(layer.columns, row.values)
            if layer.geometry:
                drawn = shape({"type": layer.geometry, "coordinates": row.coordinates})
                made["wkt"] = shapely.to_wkt(drawn, rounding_precision=6, trim=True)
            if layer.name in _SCORED:
                made[NOTE] = SAYS_NOT[0]
            yield made

    columns = [*layer.columns]
    columns += ["wkt"] if layer.geometry else []
    columns += [NOTE] if layer.name in _SCORED else []
    return csv_rows.write(path, columns, rows(), for_spreadsheets=True)


def write_about(path: Path, told: Sequence[Said]) -> None:
    """Write what the tables are about as a table of its own."""
    csv_rows.write(path, Said._fields, (one._asdict() for one in told), for_spreadsheets=True)
