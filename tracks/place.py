"""One port, anchorage or zone, and what must hold of it whatever file it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, get_args

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

PlaceKind = Literal["port", "anchorage", "zone"]

MOST_RADIUS_NMI = 500.0
WIDEST_PORT_DEG = 5.0  # a "port" as large as Portugal would hide everything in it
LONGEST_NAME = 100

_NAMES = ("name", "label", "title", "geoname", "port_name", "port")


class PlacesError(ValueError):
    """A file of places that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """A port, an anchorage or a zone: a point, with a radius or without, or an outline."""

    name: str
    kind: PlaceKind
    lat: float
    lon: float
    radius_nmi: float = math.nan  # nan: the radius of whoever asks
    outline: Any = None  # a shapely Polygon or MultiPolygon in degrees, or None
    country: str = ""  # two letters, ISO 3166, or none
    named: bool = True  # False: nobody but this program calls it so


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a file something stands, for messages."""

    path: Path
    feature: str = ""

    def fail(self, what: str) -> NoReturn:
        """Raise PlacesError with the file's name, the feature and what is wrong with it."""
        raise PlacesError(f"{self.path}{', ' if self.feature else ''}{self.feature}: {what}")


def from_point(at: Spot, lat: object, lon: object, properties: Mapping[str, Any]) -> Place:
    """Make a place of a point; `properties` by lower-case name.  Raises PlacesError."""
    y, x = _number(at, "latitude", lat), _number(at, "longitude", lon)
    _check_degrees(at, abs(x), abs(y))
    given = properties.get("radius_nmi")
    radius_nmi = math.nan if _is_missing(given) else _number(at, "radius_nmi", given)
    if not (math.isnan(radius_nmi) or 0 < radius_nmi <= MOST_RADIUS_NMI):
        at.fail(
            f"has a radius of {radius_nmi:g} nmi; it must be over 0 and at most"
            f" {MOST_RADIUS_NMI:g} nmi"
        )
    kind = _kind(at, properties, "port")
    if kind == "zone" and math.isnan(radius_nmi):
        at.fail("is a zone, but a point without radius_nmi; give one, or draw an outline")
    country = str(properties.get("country") or "").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        country = ""
    return Place(_name(at, properties, kind), kind, y, x, radius_nmi, country=country)


def from_outline(at: Spot, outline: Any, properties: Mapping[str, Any]) -> Place:
    """Make a place of a shapely Polygon or MultiPolygon.  Raises PlacesError.

    An outline that crosses itself, as hand-drawn ones do, is mended.
    """
    import shapely  # here: a run without places of the user's own does not need it

    lon_lat = shapely.get_coordinates(outline)
    if not (len(lon_lat) and np.isfinite(lon_lat).all()):
        at.fail("has a coordinate that is not a number; draw it again")
    _check_degrees(at, *np.abs(lon_lat).max(axis=0))
    _check_sides(at, outline)
    outline = _within_180(outline)
    if not outline.area > 0:
        at.fail("has an outline without area; draw it again")
    kind = _kind(at, properties, "zone")
    west, south, east, north = shapely.bounds(shapely.get_parts(outline)).T
    if kind != "zone" and max((north - south).max(), (east - west).max()) > WIDEST_PORT_DEG:
        at.fail(
            f"is a {kind} over {WIDEST_PORT_DEG:g} degrees wide, which would hide all that happens"
            " in it; draw it smaller, or make it a zone"
        )
    inside = outline.representative_point()
    return Place(_name(at, properties, kind), kind, inside.y, inside.x, outline=outline)


def shown(value: object) -> str:
    """Show something from a file in a message, however long or hostile it is."""
    text = "".join(c for c in str(value) if c.isprintable())
    return text if len(text) <= 60 else text[:57] + "..."


def widened(outline: Any, nmi: float) -> Any:
    """Return an outline with a margin around it; 0 leaves it as it is.

    Neglected: that a mile has more degrees of longitude at the one end than at the other.
    """
    if not nmi:
        return outline
    import shapely

    west, south, east, north = outline.bounds
    squeeze = float(np.cos(np.radians(min(max(abs(south), abs(north)), 89.0))))
    flat = shapely.transform(outline, lambda lon_lat: lon_lat * [squeeze, 1.0])
    wide = shapely.transform(flat.buffer(nmi / 60), lambda x_y: x_y / [squeeze, 1.0])
    return _within_180(wide) if max(-west, east) > 179 else wide


def _within_180(outline: Any) -> Any:
    """Return an outline mended, with what lies beyond longitude 180 brought to the other side."""
    import shapely

    west, _, east, _ = outline.bounds
    turns = [turn for turn in (-360, 0, 360) if west + turn < 180 and east + turn > -180]
    pieces = [_turned(outline, turn) for turn in turns]
    return pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)


def _turned(outline: Any, turn: float) -> Any:
    """Return the part of an outline that, turned, lies between longitudes -180 and 180."""
    import shapely

    if turn:
        outline = shapely.transform(outline, lambda lon_lat: np.add(lon_lat, [turn, 0]))
    if not outline.is_valid:
        outline = shapely.make_valid(outline)
    west, _, east, _ = outline.bounds
    if west < -180 or east > 180:
        outline = shapely.intersection(outline, shapely.box(-180, -90, 180, 90))
    if outline.geom_type in ("Polygon", "MultiPolygon"):
        return outline
    parts = shapely.get_parts(shapely.get_parts(outline))  # twice: a collection may hold multis
    return shapely.union_all([part for part in parts if part.geom_type == "Polygon"])


def _check_degrees(at: Spot, x: float, y: float) -> None:
    """Refuse magnitudes that cannot be degrees, with the likeliest reason."""
    if x <= 360 and y <= 90:
        return
    if max(x, y) > 360:
        at.fail(
            f"has coordinates as large as {max(x, y):.8g}, which look like metres; export it in"
            " WGS 84 degrees (EPSG:4326)"
        )
    if x <= 90:
        at.fail(f"has a latitude of {y:g}; latitude and longitude look swapped")
    at.fail(f"has a latitude of {y:g}; it must lie between -90 and 90")


def _check_sides(at: Spot, outline: Any) -> None:
    """Refuse a side that may mean either way round the Earth."""
    import shapely

    for ring in shapely.get_rings(shapely.get_parts(outline)):
        length = np.abs(np.diff(shapely.get_coordinates(ring)[:, 0]))
        if ((length > 180) & (length < 360)).any():
            at.fail(
                "has a side over 180 degrees long, which may go either way round the Earth; cut"
                " the outline at longitude 180, or go on beyond it (181 is 179 W)"
            )


def _number(at: Spot, what: str, value: object) -> float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    at.fail(f"has the {what} {shown(value)!r}, which is not a number")


def _kind(at: Spot, properties: Mapping[str, Any], default: PlaceKind) -> PlaceKind:
    given = properties.get("kind")
    if _is_missing(given):
        return default
    kind = str(given).strip().lower()
    if kind not in get_args(PlaceKind):
        at.fail(f"is of the kind {shown(given)!r}; kinds are port, anchorage and zone")
    return cast(PlaceKind, kind)


def _name(at: Spot, properties: Mapping[str, Any], kind: PlaceKind) -> str:
    for key in _NAMES:
        given = properties.get(key)
        if not _is_missing(given):
            # names go to terminals and pages: no control characters, no bidirectional tricks
            name = "".join(c for c in str(given)[:LONGEST_NAME] if c.isprintable()).strip()
            if name:
                return name
    return f"{kind} of {shown(at.path.name)}, {at.feature}"


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
