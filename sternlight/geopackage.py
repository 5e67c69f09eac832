"""GeoPackage files of places, read by the library that knows the format."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from tracks.place import Spot, shown
from tracks.placefile import Drawn


def drawn(path: Path) -> Iterator[Drawn]:
    """Yield what is drawn in all layers of a GeoPackage, in degrees.

    Raises PlacesError if the file is not sound or the software for it is missing.
    """
    at = Spot(path)
    try:
        import geopandas
        import pyogrio
    except ImportError:
        at.fail(
            "is a GeoPackage, which takes more software: pip install 'sternlight[places]', or save"
            " it as GeoJSON"
        )
    frames = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of many slightly wrong files, whose places are sound
            for layer, geometry in pyogrio.list_layers(path):
                if geometry is not None:  # else a table without places
                    frame = geopandas.read_file(path, layer=layer, engine="pyogrio")
                    frames.append((layer, frame if frame.crs is None else frame.to_crs(4326)))
    except RuntimeError as error:  # the base of what GDAL and PROJ raise
        at.fail(f"is not a sound GeoPackage ({shown(error)}); export it again")
    for layer, frame in frames:
        rows = frame.drop(columns=frame.geometry.name).to_dict("records")
        for number, (shape, row) in enumerate(zip(frame.geometry, rows, strict=True), 1):
            yield f"{shown(layer)}, feature {number}", shape, row
