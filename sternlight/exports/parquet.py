"""GeoParquet 1.1: one file for each layer (https://geoparquet.org/releases/v1.1.0)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sternlight.exports.about import Said
from sternlight.exports.arrow import GEOMETRY, batches, schema
from sternlight.exports.layer import Layer
from sternlight.files import whole
from sternlight.jsontext import dumps

VERSION = "1.1.0"


def write(path: Path, layer: Layer, told: Sequence[Said]) -> int:
    """Write a layer; return how many rows it has."""
    from pyarrow import parquet

    metadata = {"sternlight": json.dumps([one._asdict() for one in told])}
    if layer.geometry:
        # Without a "crs" it is longitude and latitude, WGS 84.
        column = {"encoding": "WKB", "geometry_types": [layer.geometry]}
        metadata["geo"] = dumps(
            {"version": VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
        )
    count = 0
    form = schema(layer, metadata)
    with whole(path) as partial, parquet.ParquetWriter(partial, form, compression="zstd") as out:
        for batch in batches(layer):
            out.write_batch(batch)
            count += batch.num_rows
    return count
