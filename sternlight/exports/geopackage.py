"""GeoPackage for QGIS: layers with their styles, what it is about as metadata and as a table.

The version is one that GDAL reads since 2017.  Nothing of the time of writing is in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sternlight.data import data_folder
from sternlight.exports.about import Said
from sternlight.exports.arrow import batches, schema
from sternlight.exports.layer import Columns, Layer, Row
from sternlight.files import whole

STYLED = ("events", "tracks", "coverage")
STYLE_TABLE = "layer_styles"  # where QGIS looks for them
WRITTEN = "2000-01-01T00:00:00Z"  # no time is told: the same record gives the same file
_STYLE_COLUMNS: Columns = {
    "f_table_catalog": "text", "f_table_schema": "text", "f_table_name": "text",
    "f_geometry_column": "text", "styleName": "text", "styleQML": "text", "styleSLD": "text",
    "useAsDefault": "yes", "description": "text", "owner": "text", "ui": "text",
    "update_time": "moment",
}  # fmt: skip


def write(path: Path, layers: Sequence[Layer], told: Sequence[Said]) -> dict[str, int]:
    """Write the layers; return how many rows each has."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        with whole(path) as partial:
            partial.unlink(missing_ok=True)
            counts = {one.name: _write(partial, one, told) for one in layers}
            _write(partial, _about(told), ())
            _write(partial, _styles([one for one in layers if one.name in STYLED]), ())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    return counts


def _write(path: Path, layer: Layer, told: Sequence[Said]) -> int:
    import pyarrow as pa
    import pyogrio

    count = 0

    def counted() -> Any:
        nonlocal count
        for batch in batches(layer):
            count += batch.num_rows
            yield batch

    is_new = not path.exists()
    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(schema(layer), counted()),
        path,
        layer=layer.name,
        driver="GPKG",
        geometry_type=layer.geometry or None,
        geometry_name="geometry" if layer.geometry else None,
        crs="EPSG:4326" if layer.geometry else None,
        dataset_options={"VERSION": "1.2"} if is_new else None,
        dataset_metadata=_metadata(told) if is_new else None,
        layer_options={"DESCRIPTION": layer.says, "IDENTIFIER": layer.name},
    )
    return count


def _metadata(told: Sequence[Said]) -> dict[str, str]:
    keys: dict[str, list[str]] = {}
    for one in told:
        keys.setdefault(re.sub(r"\W", "_", one.about).upper(), []).append(one.says)
    return {key: "\n".join(says) for key, says in keys.items()}


def _about(told: Sequence[Said]) -> Layer:
    rows = [Row(one._asdict()) for one in told]
    columns: Columns = {"about": "text", "says": "text"}
    return Layer("about", "Read this first", "", columns, lambda: iter(rows))


def _styles(layers: Sequence[Layer]) -> Layer:
    rows = [
        Row({
            "f_table_catalog": "", "f_table_schema": "", "f_table_name": one.name,
            "f_geometry_column": "geometry", "styleName": one.name,
            "styleQML": _style(one.name),
            "styleSLD": "", "useAsDefault": True, "description": one.says, "owner": "",
        })
        for one in layers
    ]  # fmt: skip
    return Layer(STYLE_TABLE, "Styles for QGIS", "", _STYLE_COLUMNS, lambda: iter(rows))


def _style(name: str) -> str:
    """Return a style as one line, as all text in a layer is."""
    lines = (data_folder() / "styles" / f"{name}.qml").read_text("utf-8").splitlines()
    return " ".join(line.strip() for line in lines)
