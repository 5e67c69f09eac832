"""An area that somebody drew, read from a GeoJSON file and made small enough to be kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sternlight.errors import SettingsError
from tracks.place import PlacesError
from tracks.placefile import read_outlines

MOST_BYTES = 16 << 20  # a country's waters with every rock; more is a file for something else
MOST_POSITIONS = 5_000  # it is kept encrypted, and read again whenever alerts go out
# Outlines of more positions are simplified by so much, 110 m: less than a position at sea is
# worth, since an event is where it began and may have lasted for hours.
TOLERANCE_DEG = 0.001
SIMPLE_POSITIONS = 1_000


def read_area(path: Path) -> Mapping[str, Any]:
    """Return the Polygon or MultiPolygon in a GeoJSON file, as GeoJSON in WGS 84 degrees.

    Feature collections, features and bare geometries are read; several outlines become one
    area.  Outlines across longitude 180 are cut there, or go on beyond it; outlines that
    cross themselves are mended, large ones simplified.  Raises SettingsError, which says
    what is wrong with the file and what to do.
    """
    import shapely
    import shapely.geometry

    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(
                f"{path} is over {MOST_BYTES >> 20} MB; simplify its outline"
                " (in QGIS: Vector, Geometry Tools, Simplify)"
            )
        area = shapely.union_all(read_outlines(path))
    except OSError as error:
        why = (error.strerror or "").lower()
        raise SettingsError(f"{path} cannot be read: {why}") from error
    except PlacesError as error:
        raise SettingsError(str(error)) from error
    if shapely.get_num_coordinates(area) > SIMPLE_POSITIONS:
        area = shapely.simplify(area, TOLERANCE_DEG)
    count = int(shapely.get_num_coordinates(area))
    if count > MOST_POSITIONS:
        raise SettingsError(
            f"{path} has an outline of {count:,} positions, even simplified to"
            f" {TOLERANCE_DEG:g} degrees; at most {MOST_POSITIONS:,} are kept: simplify it more, or"
            " draw a plain one around it"
        )
    told: Mapping[str, Any] = json.loads(json.dumps(shapely.geometry.mapping(area)))
    return told
