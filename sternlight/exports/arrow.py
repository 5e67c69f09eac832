"""Layers as Arrow tables, some rows at a time: shapes as WKB, moments to the second in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np

from sternlight.exports.layer import Kind, Layer, Row
from sternlight.text import plain

AT_ONCE = 2000
GEOMETRY = "geometry"


def schema(layer: Layer, metadata: dict[str, str] | None = None) -> Any:
    """Return the columns of a layer, the shape last."""
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(),
             "moment": pa.timestamp("ms", "UTC"), "yes": pa.bool_()}  # fmt: skip
    fields = [pa.field(name, types[kind]) for name, kind in layer.columns.items()]
    if layer.geometry:
        fields.append(pa.field(GEOMETRY, pa.binary()))
    return pa.schema(fields, metadata)


def batches(layer: Layer) -> Iterator[Any]:
    """Yield the rows of a layer, `AT_ONCE` in a record batch."""
    import pyarrow as pa

    form, rows = schema(layer), layer.rows()
    while some := list(islice(rows, AT_ONCE)):
        columns = {
            name: [value(row.values.get(name), kind) for row in some]
            for name, kind in layer.columns.items()
        }
        if layer.geometry:
            columns[GEOMETRY] = _wkb(layer.geometry, some)
        yield pa.RecordBatch.from_pydict(columns, form)


def value(given: Any, kind: Kind) -> Any:
    """Return a cell: text as one line of visible characters, a moment in UTC."""
    if given is None:
        return None
    if kind == "text":
        return plain(given)
    return datetime.fromtimestamp(given // 1, UTC) if kind == "moment" else given


def _wkb(geometry: str, rows: Sequence[Row]) -> list[bytes]:
    """Return shapes in the order of the rows, made all at once."""
    import shapely

    if geometry == "Point":
        return list(shapely.to_wkb(shapely.points([row.coordinates for row in rows])))
    parts = [(n, part) for n, row in enumerate(rows) for part in row.coordinates]
    corners = np.array([corner for _, part in parts for corner in part])
    of_part = np.repeat(np.arange(len(parts)), [len(part) for _, part in parts])
    of_row = np.array([n for n, _ in parts])
    if geometry == "Polygon":  # of one ring each
        return list(shapely.to_wkb(shapely.polygons(shapely.linearrings(corners, indices=of_part))))
    lines = shapely.linestrings(corners, indices=of_part)
    return list(shapely.to_wkb(shapely.multilinestrings(lines, indices=of_row)))
