"""Files of ports, anchorages and zones: GeoJSON, GeoPackage and CSV.

Files come from anywhere, so whatever is wrong in one becomes a PlacesError: one
sentence that names the file, the feature, what is wrong and what would be right.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tracks.batch import F64
from tracks.place import Place, Spot, from_outline, from_point, shown

if TYPE_CHECKING:
    from pathlib import Path

MOST_TEXT_BYTES = 256 << 20  # read as a whole; as objects JSON takes some ten times as much
MOST_PLACES = 50_000

_LATS = ("lat", "latitude", "y")
_LONS = ("lon", "lng", "long", "longitude", "x")


# Where in the file, a shapely geometry in degrees, and what is said of it.
Drawn = tuple[str, Any, Mapping[str, Any]]
OpenGeopackage = Callable[["Path"], Iterable[Drawn]]


def read_places(path: Path, open_geopackage: OpenGeopackage | None = None) -> list[Place]:
    """Read a file of places; its content decides what it is, not its name.

    A GeoPackage is a database, which this room does not open: `open_geopackage`
    does, and yields what is drawn in it.

    Longitudes may run from -180 to 180 or from 0 to 360.  Outlines across
    longitude 180 are cut there (RFC 7946, 3.1.9) or go on beyond it.  A point
    without a kind is a port, an outline without one is a zone.

    Raises PlacesError if the file cannot be read, is of no known format, or
    holds anything that is not a place.
    """
    at = Spot(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
            packed = head.startswith(b"SQLite format 3\0")
            data = head if packed else head + file.read(MOST_TEXT_BYTES)
    except OSError as error:
        at.fail(f"cannot be read ({error.strerror}); check the path and its permissions")
    if packed:
        if open_geopackage is None:
            at.fail("is a GeoPackage, which is not read here; save it as GeoJSON")
        drawn = open_geopackage(path)
        return _counted(at, (_shape(Spot(path, where), shape, row) for where, shape, row in drawn))
    text = _text(at, data)
    is_json = text.lstrip().startswith(("{", "["))
    return _counted(at, _geojson(at, text) if is_json else _table(at, text))


def read_outlines(path: Path) -> list[Any]:
    """Read the outlines in a GeoJSON file, whatever it says of them; the rest as `read_places`.

    Returns shapely Polygons and MultiPolygons in degrees, mended, and cut at longitude 180.
    """
    at = Spot(path)
    try:
        with path.open("rb") as file:
            text = _text(at, file.read(MOST_TEXT_BYTES))
    except OSError as error:
        at.fail(f"cannot be read ({error.strerror}); check the path and its permissions")
    places = list(_geojson(at, text, described=False))
    if not places:
        at.fail("holds no outline; draw one")
    for number, place in enumerate(places, 1):
        if place.outline is None:
            Spot(path, f"feature {number}").fail("is a Point, but an area is a Polygon")
    return [place.outline for place in places]


def _text(at: Spot, data: bytes) -> str:
    if len(data) > MOST_TEXT_BYTES:
        at.fail(f"is over {MOST_TEXT_BYTES >> 20} MB; simplify its outlines or split it")
    if b"\0" in data[:512]:
        at.fail("is neither GeoJSON, GeoPackage nor CSV; save it as one of these")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at.fail(f"is not UTF-8 text at byte {error.start}; save it as UTF-8")
    if not text.strip():
        at.fail("is empty; it should hold ports, anchorages or zones")
    return text


def _counted(at: Spot, places: Iterable[Place]) -> list[Place]:
    found: list[Place] = []
    for place in places:
        found.append(place)
        if len(found) > MOST_PLACES:
            at.fail(f"holds over {MOST_PLACES:,} places; keep those of your waters")
    if not found:
        at.fail("holds no place; it should hold ports, anchorages or zones")
    return found


def _table(at: Spot, text: str) -> Iterator[Place]:
    text = text.lstrip()
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        columns = [(name or "").strip().lower() for name in rows.fieldnames or ()]
        rows.fieldnames = columns
        lat, lon = (next((n for n in names if n in columns), None) for names in (_LATS, _LONS))
        if lat is None or lon is None:
            at.fail(
                f"has the columns {shown(', '.join(columns))!r}, but a table of places has lat and"
                " lon, and may have name, kind and radius_nmi"
            )
        for row in rows:
            line = Spot(at.path, f"line {rows.line_num}")
            if None in row:
                line.fail("has more cells than the header; quote cells that hold the delimiter")
            if delimiter == ";":  # where a decimal comma is usual
                for name in {lat, lon, "radius_nmi"} & row.keys():
                    row[name] = (row[name] or "").replace(",", ".")
            yield from_point(line, row[lat], row[lon], row)
    except csv.Error as error:
        at.fail(f"is not a table of places ({error}); save it as CSV with lat and lon")


def _geojson(at: Spot, text: str, described: bool = True) -> Iterator[Place]:
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        at.fail(f"is not valid JSON ({shown(error)}); export it as GeoJSON again")
    if not isinstance(document, dict) or "type" not in document:
        at.fail("is JSON but not GeoJSON; export it as a FeatureCollection")
    crs = json.dumps(document.get("crs"))  # gone from the standard since 2016, not from files
    if not any(name in crs for name in ("null", "CRS84", "4326")):
        at.fail(f"is in the coordinate system {shown(crs)}; export it in WGS 84 (EPSG:4326)")
    features = document.get("features") if document["type"] == "FeatureCollection" else [document]
    if not isinstance(features, list):
        at.fail("is a FeatureCollection without a list of features; export it again")
    for number, feature in enumerate(features, 1):
        yield _feature(Spot(at.path, f"feature {number}"), feature, described)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _feature(at: Spot, feature: object, described: bool) -> Place:
    if not isinstance(feature, dict):
        at.fail("is not an object; export it as GeoJSON again")
    properties: dict[str, Any] = {}
    geometry: Any = feature
    if feature.get("type") == "Feature":
        geometry = feature.get("geometry")
        if described and isinstance(feature.get("properties"), dict):
            properties = _lowered(feature["properties"])
    if not isinstance(geometry, dict):
        at.fail("has no geometry; draw it or delete it")
    coordinates = geometry.get("coordinates")
    match geometry.get("type"), coordinates:
        case "Point", [lon, lat, *_]:
            return from_point(at, lat, lon, properties)
        case "Polygon", list():
            return from_outline(at, _multipolygon(at, [coordinates]), properties)
        case "MultiPolygon", list():
            return from_outline(at, _multipolygon(at, coordinates), properties)
        case ("Point" | "Polygon" | "MultiPolygon") as kind, _:
            at.fail(f"is a {kind} without coordinates; draw it again")
        case kind, _:
            at.fail(_not_a_place(kind))


def _multipolygon(at: Spot, polygons: list[Any]) -> Any:
    import shapely

    made = []
    for rings in polygons:
        if not isinstance(rings, list) or not rings:
            at.fail("has a Polygon without rings; draw it again")
        outer, *holes = (_ring(at, ring) for ring in rings)
        made.append(shapely.Polygon(outer, holes))
    return shapely.MultiPolygon(made)


def _ring(at: Spot, positions: object) -> F64:
    try:
        ring = np.array(positions)
    except ValueError:  # lists of differing lengths
        ring = np.empty(0)
    if ring.ndim != 2 or ring.shape[1] < 2 or ring.dtype.kind not in "iuf":
        at.fail("has a ring that is not a list of [longitude, latitude]; draw it again")
    if len(ring) < 4:
        at.fail("has a ring of fewer than four positions, the last like the first; draw it again")
    return ring[:, :2].astype(np.float64)


def _shape(at: Spot, shape: Any, row: Mapping[str, Any]) -> Place:
    if shape is None or shape.is_empty:
        at.fail("has no geometry; draw it or delete it")
    if shape.geom_type == "Point":
        return from_point(at, shape.y, shape.x, _lowered(row))
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return from_outline(at, shape, _lowered(row))
    at.fail(_not_a_place(shape.geom_type))


def _not_a_place(kind: object) -> str:
    return f"has the geometry {shown(kind)!r}, but a place is a Point, Polygon or MultiPolygon"


def _lowered(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in properties.items()}
