"""Layers as Arrow tables, some rows at a time: shapes as WKB, moments to the second in UTC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

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
    import shapely
    from shapely.geometry import shape

    shapes = [shape({"type": geometry, "coordinates": row.coordinates}) for row in rows]
    return list(shapely.to_wkb(shapes))
