"""Which events a subscriber wants: circles, areas with holes and across longitude 180, lists."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from sternlight.alerts.area import read_area
from sternlight.alerts.matching import Events, Seen, Wish
from sternlight.alerts.subscription import Near, Wants
from sternlight.errors import SettingsError

LATS = st.floats(-90, 90)
LONS = st.floats(-180, 180, exclude_max=True)
SPHERE = Geod(a=6_371_008.8, f=0)


def fits(wants: Wants, *seen: Seen) -> list[bool]:
    found: list[bool] = Wish(wants).fits(Events.of(seen)).tolist()
    return found


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def area(tmp_path: Path, geometry: Any) -> Wants:
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(geometry))
    return Wants(area=read_area(path))


def at(lat: float, lon: float) -> Seen:
    return Seen("gap", lat, lon)


def test_what_asks_for_nothing_gets_everything() -> None:
    assert fits(Wants(), at(0, 0), Seen("interference", math.nan, math.nan)) == [True, True]


def test_kinds_and_places_and_lists_must_all_fit() -> None:
    wants = Wants(near=Near(14, -18, 10), kinds=("gap", "listed"), watchlists=("mine.csv",))
    lists = ("other.csv", "mine.csv")
    assert fits(
        wants, Seen("gap", 14, -18, lists), Seen("encounter", 14, -18, lists),
        Seen("gap", 15, -18, lists), Seen("gap", 14, -18, ("other.csv",)), Seen("gap", 14, -18),
    ) == [True, False, False, False, False]  # fmt: skip


@given(LATS, LONS, LATS, LONS, st.floats(1, 10_000))
def test_a_circle_is_one_on_a_globe(
    lat: float, lon: float, lat2: float, lon2: float, radius_nmi: float
) -> None:
    away_nmi = SPHERE.inv(lon, lat, lon2, lat2)[2] / 1852
    (found,) = fits(Wants(near=Near(lat, lon, radius_nmi)), at(lat2, lon2))
    if abs(away_nmi - radius_nmi) > 1e-3:
        assert found == (away_nmi < radius_nmi)


def test_a_circle_reaches_across_longitude_180_and_the_pole() -> None:
    assert fits(Wants(near=Near(0, 179.9, 30)), at(0, -179.9), at(0, 179.3)) == [True, False]
    assert fits(Wants(near=Near(89.9, 0, 30)), at(89.9, 180), at(89, 0)) == [True, False]


def test_an_event_without_a_place_is_nowhere(tmp_path: Path) -> None:
    nowhere = at(math.nan, math.nan)
    world = area(tmp_path, {"type": "Polygon", "coordinates": [square(-180, -90, 180, 90)]})
    assert fits(Wants(near=Near(0, 0, 10_800)), nowhere) == [False]
    assert fits(world, nowhere, at(0, 0), at(90, 17), at(-5, -180)) == [False, True, True, True]


def test_an_area_has_holes_and_parts(tmp_path: Path) -> None:
    rings = [square(0, 0, 10, 10), square(4, 4, 6, 6)]
    wants = area(tmp_path, {"type": "MultiPolygon", "coordinates": [rings, [square(20, 0, 21, 1)]]})
    assert fits(wants, at(2, 2), at(5, 5), at(0.5, 20.5), at(0, 5), at(2, 15)) == [
        True, False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("rings", [
    [[square(179, -1, 181, 1)]],
    [[square(-181, -1, -179, 1)]],
    [[square(179, -1, 180, 1)], [square(-180, -1, -179, 1)]],
])  # fmt: skip
def test_an_area_reaches_across_longitude_180(tmp_path: Path, rings: Any) -> None:
    wants = area(tmp_path, {"type": "MultiPolygon", "coordinates": rings})
    places = [at(0, 179.5), at(0, -179.5), at(0, -180.0), at(0, 180.0), at(0, 178.5), at(0, -178.5)]
    assert fits(wants, *places) == [True, True, True, True, False, False]


def test_an_area_that_only_touches_longitude_180_holds_its_edge(tmp_path: Path) -> None:
    wants = area(tmp_path, {"type": "Polygon", "coordinates": [square(170, -1, 180, 1)]})
    assert fits(wants, at(0, -180), at(0, -179.9)) == [True, False]


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=7),
    st.integers(-51, 51), st.integers(-51, 51),
)  # fmt: skip
def test_an_outline_holds_what_rays_say(corners: list[tuple[int, int]], lat: int, lon: int) -> None:
    """The slow twin: how often the outline turns around the place."""
    import shapely

    outline = shapely.Polygon(corners)
    if not outline.is_valid or not outline.area:
        return
    y, x = lat + 0.137, lon + 0.291
    turned = 0.0
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        angle = math.atan2(y2 - y, x2 - x) - math.atan2(y1 - y, x1 - x)
        turned += math.remainder(angle, math.tau)
    wants = Wants(area=shapely.geometry.mapping(outline))
    assert fits(wants, at(y, x)) == [abs(turned) > math.pi]


@pytest.mark.parametrize("wrapped", [
    lambda g: g,
    lambda g: {"type": "Feature", "properties": {"kind": "EEZ", "name": "<script>"}, "geometry": g},
    lambda g: {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": None, "geometry": g},
        {"type": "Feature", "properties": {}, "geometry": g},
    ]},
])  # fmt: skip
def test_geometries_features_and_collections_are_read(tmp_path: Path, wrapped: Any) -> None:
    polygon = {"type": "Polygon", "coordinates": [square(0, 0, 1, 1)]}
    wants = area(tmp_path, wrapped(polygon))
    assert fits(wants, at(0.5, 0.5), at(2, 2)) == [True, False]
    assert json.loads(json.dumps(wants.area)) == wants.area


@pytest.mark.parametrize(("content", "says"), [
    ('{"type": "Point", "coordinates": [1, 2]}', "feature 1: is a Point, but an area is a Polygon"),
    ('{"type": "LineString", "coordinates": [[1, 2], [2, 3]]}', "LineString"),
    ('{"type": "FeatureCollection", "features": []}', "holds no outline"),
    ('{"type": "Polygon", "coordinates": [[[0, 0], [500000, 0], [0, 500000], [0, 0]]]}', "metres"),
    ('{"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]}', "without area"),
    ('{"type": "Polygon", "coordinates": [[[0, 91], [1, 91], [1, 92], [0, 91]]]}', "latitude"),
    ('{"type": "Polygon", "coordinates": [[[170, 0], [-170, 0], [-170, 1], [170, 0]]]}', "180"),
    ('{"type": "Polygon", "coordinates": [[[NaN, 0], [1, 0], [1, 1], [NaN, 0]]]}', "NaN"),
    ('{"type": "Polygon", "coordinates": [["a"]]}', "ring"),
    ('{"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:3857"}}}', "3857"),
    ("lat,lon\n1,2\n", "JSON"), ("", "empty"), ("\0", "neither"), ("[[[", "JSON"),
])  # fmt: skip
def test_a_file_that_is_no_area_is_refused_with_its_name(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "area.geojson"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_area(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.geojson cannot be read: no such file"):
        read_area(tmp_path / "none.geojson")
    huge = tmp_path / "huge.geojson"
    with huge.open("wb") as file:
        file.truncate((16 << 20) + 1)
    with pytest.raises(SettingsError, match="is over 16 MB"):
        read_area(huge)


def test_a_large_outline_is_simplified_and_a_rough_one_refused(tmp_path: Path) -> None:
    turns = np.linspace(0, 2 * np.pi, 20_001)
    smooth = np.column_stack([np.cos(turns), np.sin(turns)])
    smooth[-1] = smooth[0]
    wants = area(tmp_path, {"type": "Polygon", "coordinates": [smooth.tolist()]})
    assert wants.area is not None
    assert len(json.dumps(wants.area)) < 20_000
    assert fits(wants, at(0, 0.998), at(0, 1.002)) == [True, False]
    rough = smooth * np.where(np.arange(20_001) % 2, 1.0, 0.9)[:, None]
    rough[-1] = rough[0]
    with pytest.raises(SettingsError, match=r"positions, even simplified to 0.001 degrees"):
        area(tmp_path, {"type": "Polygon", "coordinates": [rough.tolist()]})
