"""GeoPackage files of places, made by the library that knows the format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import shapely

from sternlight.geopackage import drawn
from tracks.placefile import read_places
from tracks.places import PlacesError


def test_a_geopackage_in_another_coordinate_system(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    path = tmp_path / "own.gpkg"
    frame = geopandas.GeoDataFrame(
        {"Name": ["Roads", None], "kind": ["anchorage", None]},
        geometry=[shapely.box(10, 50, 10.5, 50.5), shapely.box(0, 0, 20, 20)],
        crs=4326,
    )
    frame.to_crs(3857).to_file(path, layer="areas", engine="pyogrio")
    points = geopandas.GeoDataFrame({"name": ["P"]}, geometry=[shapely.Point(1, 2)], crs=4326)
    points.to_file(path, layer="points", engine="pyogrio")
    roads, zone, point = read_places(path, drawn)
    assert (roads.name, roads.kind) == ("Roads", "anchorage")
    assert roads.outline.bounds == pytest.approx((10, 50, 10.5, 50.5))
    assert (zone.name, zone.kind) == ("zone of own.gpkg, areas, feature 2", "zone")
    assert (point.name, point.lat, point.lon) == ("P", 2, 1)


def test_a_damaged_geopackage_gets_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("pyogrio")
    path = tmp_path / "own.gpkg"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 2000)
    with pytest.raises(PlacesError, match="not a sound GeoPackage"):
        read_places(path, drawn)


def test_a_geopackage_without_geopandas_says_what_to_install(tmp_path: Path) -> None:
    path = tmp_path / "own.gpkg"
    path.write_bytes(b"SQLite format 3\0")
    code = (
        "import sys; sys.modules['geopandas'] = None\n"
        "from pathlib import Path; from tracks.placefile import read_places\n"
        "from sternlight.geopackage import drawn\n"
        f"read_places(Path({str(path)!r}), drawn)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert "pip install 'sternlight[places]'" in run.stderr.splitlines()[-1]
