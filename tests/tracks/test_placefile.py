"""Users' files of places: what is read from each format, and what is said of bad ones."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks import placefile
from tracks.place import Place, PlacesError
from tracks.placefile import read_places

SQUARE = [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]]


def saved(folder: Path, content: str | bytes, name: str = "places") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def feature(kind: str, coordinates: object, /, **properties: object) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: object, **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more})


def refused(folder: Path, content: str | bytes) -> str:
    """Return what is said about a file; always one line that names it."""
    path = saved(folder, content)
    with pytest.raises(PlacesError) as caught:
        read_places(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert said.isprintable()
    assert len(said) < len(str(path)) + 300
    return said[len(str(path)) :]


# --- what is read ---


def test_a_table_of_ports(tmp_path: Path) -> None:
    text = "\ufeffName, Latitude ,LON,country,radius_nmi,kind\n"
    text += "Be'er,31.5,34.5,il,,\nB,-1,181,,2.5,Anchorage\n"
    first, second = read_places(saved(tmp_path, text))
    assert (first.name, first.kind, first.lat, first.lon) == ("Be'er", "port", 31.5, 34.5)
    assert first.country == "IL"
    assert np.isnan(first.radius_nmi)
    assert (second.kind, second.lon, second.radius_nmi) == ("anchorage", 181, 2.5)


@pytest.mark.parametrize(
    "text",
    [
        "name;lat;lon\nA;14,5;-17,25\n",
        "name\tlat\tlon\r\nA\t14.5\t-17.25\r\n",
        '\n\nlat,lon,"name"\n14.5,-17.25,"A"\n',
    ],
)
def test_tables_as_spreadsheets_write_them(tmp_path: Path, text: str) -> None:
    (place,) = read_places(saved(tmp_path, text))
    assert (place.name, place.lat, place.lon) == ("A", 14.5, -17.25)


def test_points_and_outlines_of_geojson(tmp_path: Path) -> None:
    text = collection(
        feature("Point", [5.3, 60.4, 12.0], name="Bergen", radius_nmi=3),
        feature("Polygon", SQUARE, GEONAME="Norwegian waters"),
        feature("MultiPolygon", [SQUARE], Name="Roads", kind="anchorage"),
    )
    bergen, waters, roads = read_places(saved(tmp_path, text))
    assert (bergen.kind, bergen.lat, bergen.lon, bergen.radius_nmi) == ("port", 60.4, 5.3, 3)
    assert (waters.name, waters.kind, waters.outline.area) == ("Norwegian waters", "zone", 1)
    assert (roads.name, roads.kind) == ("Roads", "anchorage")


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: f["geometry"]])
def test_a_single_feature_or_geometry_will_do(tmp_path: Path, wrap: Any) -> None:
    (place,) = read_places(saved(tmp_path, json.dumps(wrap(feature("Point", [1, 2])))))
    assert (place.lat, place.lon, place.name) == (2, 1, "port of places, feature 1")


def area(place: Place) -> float:
    return float(place.outline.area)


@pytest.mark.parametrize(
    "ring",
    [
        [[179, 0], [181, 0], [181, 1], [179, 1], [179, 0]],
        [[-181, 0], [-179, 0], [-179, 1], [-181, 1], [-181, 0]],
    ],
)
def test_an_outline_beyond_longitude_180_comes_round_on_the_other_side(
    tmp_path: Path, ring: list[list[float]]
) -> None:
    (place,) = read_places(saved(tmp_path, json.dumps(feature("Polygon", [ring]))))
    assert area(place) == pytest.approx(2)
    assert place.outline.bounds == (-180, 0, 180, 1)
    assert shapely.intersects_xy(place.outline, [179.5, -179.5, 0], 0.5).tolist() == [1, 1, 0]


def test_longitudes_from_0_to_360_are_taken(tmp_path: Path) -> None:
    ring = [[200, 0], [201, 0], [201, 1], [200, 1], [200, 0]]
    (place,) = read_places(saved(tmp_path, json.dumps(feature("Polygon", [ring]))))
    assert place.outline.bounds == (-160, 0, -159, 1)


def test_a_belt_around_the_earth_is_a_zone(tmp_path: Path) -> None:
    ring = [[-180, -90], [180, -90], [180, -60], [-180, -60], [-180, -90]]
    (place,) = read_places(saved(tmp_path, json.dumps(feature("Polygon", [ring]))))
    assert area(place) == 360 * 30


def test_an_outline_that_crosses_itself_is_mended(tmp_path: Path) -> None:
    bow_tie = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
    (place,) = read_places(saved(tmp_path, json.dumps(feature("Polygon", bow_tie))))
    assert place.outline.is_valid
    assert area(place) == pytest.approx(0.5)


def test_a_name_cannot_steer_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[2JEvil\u202e\r\nPort" + "x" * 10_000
    (place,) = read_places(saved(tmp_path, collection(feature("Point", [0, 0], name=name))))
    assert place.name.startswith("[2JEvilPort")
    assert len(place.name) <= 100


# --- what is refused ---

POINT = feature("Point", [0, 0])
METRES = [[[597e3, 6643e3], [598e3, 6643e3], [598e3, 6644e3], [597e3, 6643e3]]]
WIDE = [[[0, 0], [9, 0], [9, 9], [0, 0]]]
AROUND = [[[175, 0], [-175, 0], [-175, 5], [175, 0]]]

BAD = {
    "": "is empty",
    "  \n": "is empty",
    "{": "not valid JSON",
    "[" * 100_000: "not valid JSON",
    "[]": "not GeoJSON",
    '{"a": 1}': "not GeoJSON",
    collection(): "holds no place",
    "lat,lon\n": "holds no place",
    '{"type": "FeatureCollection"}': "without a list of features",
    collection(1): "feature 1: is not an object",
    collection(POINT, {"type": "Feature"}): "feature 2: has no geometry",
    collection(feature("Point", [])): "is a Point without coordinates",
    collection(feature("Point", "ab")): "is a Point without coordinates",
    collection(feature("Polygon", None)): "is a Polygon without coordinates",
    collection(feature("Polygon", [])): "without rings",
    collection(feature("Polygon", [[[1, 2], [3]]])): "not a list of [longitude, latitude]",
    collection(feature("Polygon", [[["a", "b"]] * 4])): "not a list of [longitude, latitude]",
    collection(feature("Polygon", [[[True, False]] * 4])): "not a list of [longitude, latitude]",
    collection(feature("Polygon", [[[10**400, 1]] * 4])): "not a list of [longitude, latitude]",
    collection(feature("Polygon", [{"a": 1}])): "not a list of [longitude, latitude]",
    collection(feature("Polygon", [[[0, 0], [1, 1], [0, 0]]])): "fewer than four positions",
    collection(feature("Polygon", [[[0, 0], [1, 1], [2, 2], [0, 0]]])): "without area",
    collection(feature("MultiPolygon", [])): "not a number",
    collection(feature("MultiPolygon", [[]])): "without rings",
    collection(feature("MultiPolygon", 5)): "is a MultiPolygon without coordinates",
    collection(feature("LineString", [[0, 0], [1, 1]])): "has the geometry 'LineString'",
    collection(feature("x" * 5000, [0, 0])): "has the geometry 'xxx",
    collection(feature("Point", [[1], [2]])): "latitude '[2]', which is not a number",
    collection(feature("Point", [1, True])): "latitude 'True', which is not a number",
    collection(feature("Point", [1, 10**400])): "which is not a number",
    '{"type": "Point", "coordinates": [NaN, 1]}': "NaN is not a number in JSON",
    '{"type": "Point", "coordinates": [1e999, 1]}': "longitude 'inf', which is not a number",
    collection(feature("Point", [597_000, 6_643_000])): "look like metres",
    collection(feature("Polygon", METRES)): "metres",
    collection(feature("Point", [-14.5, 117.2])): "look swapped",
    collection(feature("Point", [150, 95])): "must lie between -90 and 90",
    collection(feature("Point", [0, 0], kind="harbour")): "kinds are port, anchorage and zone",
    collection(feature("Point", [0, 0], kind=["port"])): "kinds are port, anchorage and zone",
    collection(feature("Point", [0, 0], radius_nmi=0)): "radius of 0 nmi",
    collection(feature("Point", [0, 0], radius_nmi=1e9)): "radius of 1e+09 nmi",
    collection(feature("Point", [0, 0], radius_nmi="far")): "radius_nmi 'far', which",
    collection(feature("Point", [0, 0], kind="zone")): "a point without radius_nmi",
    collection(feature("Polygon", WIDE, kind="port")): "over 5 degrees",
    collection(feature("Polygon", AROUND)): "either way round",
    collection(POINT, crs={"type": "name", "properties": {"name": "EPSG:32632"}}): "EPSG:4326",
    "name,wide,high\nA,1,2\n": "a table of places has lat and lon",
    "some prose without any table": "a table of places has lat and lon",
    "lat,lon\n1,2,3\n": "line 2: has more cells than the header",
    "lat,lon\n1\n": "line 2: has the longitude 'None'",
    "lat,lon\nnorth,2\n": "line 2: has the latitude 'north'",
    "lat,lon\n1,2\nnan,2\n": "line 3: has the latitude 'nan'",
    'lat,lon\n"' + "1" * 200_000 + "\n": "is not a table of places",
}  # fmt: skip


@pytest.mark.parametrize("content", BAD, ids=lambda c: c[:40] or "nothing")
def test_a_bad_file_gets_one_sentence(tmp_path: Path, content: str) -> None:
    assert BAD[content] in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"lat,lon,name\n1,2,M\xfcnchen\n", "not UTF-8 text at byte 18; save it as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "neither GeoJSON, GeoPackage nor CSV"),
        (b"SQLite format 3\0" + b"\xff" * 2000, "is a GeoPackage, which is not read here"),
    ],
)
def test_what_is_not_text_gets_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refused(tmp_path, content)


def test_a_missing_file_and_a_folder_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PlacesError, match=r"nowhere\.csv: cannot be read \(No such file"):
        read_places(tmp_path / "nowhere.csv")
    with pytest.raises(PlacesError, match=r"cannot be read \(Is a directory\)"):
        read_places(tmp_path)


def test_a_huge_file_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placefile, "MOST_TEXT_BYTES", 1 << 20)
    assert "is over 1 MB" in refused(tmp_path, b"lat,lon\n" + b"1,2\n" * (1 << 18))


def test_too_many_places_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placefile, "MOST_PLACES", 10)
    assert "holds over 10 places" in refused(tmp_path, "lat,lon\n" + "1,2\n" * 11)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5)
    | st.sampled_from(["Point", "Polygon", "MultiPolygon", "Feature", "port", "zone"]),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(
        st.sampled_from(["type", "coordinates", "geometry", "properties", "name", "kind", "crs",
                         "features", "radius_nmi"]), inner, max_size=4),
    max_leaves=30,
)  # fmt: skip


@given(JSON, st.sampled_from(["Feature", "Point", "Polygon", "MultiPolygon", "FeatureCollection"]))
@settings(deadline=None)  # it writes files
def test_no_geojson_ends_in_anything_but_places_or_a_sentence(content: Any, kind: str) -> None:
    member = "features" if kind == "FeatureCollection" else "coordinates"
    document: dict[str, Any] = {"type": kind, member: content}
    if kind == "Feature":
        document = {"type": kind, "geometry": content, "properties": {}}
    for made in (document, content):
        harmless(json.dumps(made).encode())


@given(st.text(alphabet='lat,lon;\t\n"1.5-e\0 x', max_size=60))
@settings(deadline=None)  # it writes files
def test_no_table_ends_in_anything_but_places_or_a_sentence(text: str) -> None:
    harmless(("lat,lon,kind\n" + text).encode())


@given(st.binary(max_size=100))
@settings(deadline=None)  # it writes files
def test_no_bytes_end_in_anything_but_places_or_a_sentence(data: bytes) -> None:
    harmless(data)


def harmless(data: bytes, folder: list[Path] = []) -> None:  # noqa: B006 - one file for all
    if not folder:
        import tempfile

        folder.append(Path(tempfile.mkdtemp()) / "fuzz")
    folder[0].write_bytes(data)
    with contextlib.suppress(PlacesError):
        places = read_places(folder[0])
        assert all(abs(p.lat) <= 90 and abs(p.lon) <= 360 for p in places)
