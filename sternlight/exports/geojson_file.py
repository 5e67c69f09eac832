"""GeoJSON (RFC 7946): all layers in one collection, each feature says of which it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sternlight.exports.about import Said
from sternlight.exports.layer import Columns, Layer, Row
from sternlight.geojson import feature
from sternlight.jsontext import dumps, replacing
from sternlight.text import iso, plain


def write(path: Path, layers: Sequence[Layer], told: Sequence[Said]) -> dict[str, int]:
    """Write the layers; return how many rows each has."""
    counts = dict.fromkeys((layer.name for layer in layers), 0)
    with replacing(path) as out:
        about = dumps([one._asdict() for one in told])
        out.write(f'{{"type":"FeatureCollection","about":{about},"features":[')
        between = "\n"
        for layer in layers:
            for row in layer.rows():
                out.write(between + dumps(_feature(layer, row)))
                between = ",\n"
                counts[layer.name] += 1
        out.write("\n]}\n")
    return counts


def _feature(layer: Layer, row: Row) -> dict[str, Any]:
    shape = {"type": layer.geometry, "coordinates": row.coordinates} if layer.geometry else None
    return feature(shape, {"what": layer.name} | cells(layer.columns, row.values))


def cells(columns: Columns, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for text files: moments as ISO 8601, texts as one line each."""
    made: dict[str, Any] = {}
    for name, kind in columns.items():
        value = values.get(name)
        if value is not None and kind in ("moment", "text"):
            value = iso(value) if kind == "moment" else plain(value)
        made[name] = value
    return made
