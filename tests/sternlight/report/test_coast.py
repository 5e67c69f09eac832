"""The outline of the land: against the map of distances to shore, and against another clipper."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sternlight.data import load_places
from sternlight.report.coast import Box, Coast, clipped, save
from tracks.batch import F64, Mask

EARTH = Box(-90.0, 90.0, -180.0, 180.0)


@cache
def coast() -> Coast:
    return Coast.load()


def inside(rings: list[tuple[F64, F64]], lat: F64, lon: F64) -> Mask:
    """Return which positions an odd number of rings holds."""
    count = np.zeros(len(lat), np.int64)
    points = shapely.points(lon, lat)
    for y, x in rings:
        ring = shapely.Polygon(np.column_stack([x, y]))
        shapely.prepare(ring)
        count += shapely.covers(ring, points)
    return np.asarray(count % 2 == 1)


def test_land_is_where_the_map_of_distances_has_it() -> None:
    chance = np.random.default_rng(3)
    lat, lon = np.degrees(np.arcsin(chance.uniform(-1, 1, 3000))), chance.uniform(-180, 180, 3000)
    shore = load_places([]).shore
    assert shore is not None
    nmi = shore.nmi(lat, lon)
    rings = list(coast().within(EARTH, 0.0))
    is_land = inside(rings, lat, lon)
    assert not is_land[nmi > 3].any()
    assert is_land[nmi == 0].mean() > 0.99  # narrow waters are land by the map of distances
    assert 800 < is_land.sum() < 1000  # 29 % of the Earth


def test_no_ring_reaches_over_longitude_180() -> None:
    assert np.abs(coast().lon).max() <= 180
    assert np.abs(coast().lat).max() <= 90


def test_longitudes_of_a_box_across_180_go_on() -> None:
    box = Box(-20.0, -15.0, 175.0, 185.0)  # Fiji
    rings = list(coast().within(box, 0.01))
    lon = np.concatenate([x for _, x in rings])
    assert box.west <= lon.min() < 180 < lon.max() <= box.east
    assert len(rings) > 5


def test_a_piece_of_the_coast_is_the_coast() -> None:
    view = Box(12.0, 16.0, -19.0, -15.0)
    wide = Box(5.0, 20.0, -30.0, -5.0)
    chance = np.random.default_rng(4)
    lat, lon = chance.uniform(12, 16, 400), chance.uniform(-19, -15, 400)
    whole = inside(list(coast().within(view, 0.0)), lat, lon)
    assert (inside(list(coast().cut(wide).within(view, 0.0)), lat, lon) == whole).all()
    assert 0 < whole.sum() < 400
    assert list(coast().cut(Box(-48.0, -47.0, -110.0, -109.0)).within(view, 0.0)) == []


def test_a_coarse_coast_has_fewer_points_and_no_islets() -> None:
    fine, coarse = (list(coast().within(EARTH, step)) for step in (0.0, 0.5))
    assert len(coarse) < len(fine) / 5
    assert sum(len(y) for y, _ in coarse) < sum(len(y) for y, _ in fine) / 5


@given(st.integers(3, 12), st.integers(0, 10_000))
def test_a_ring_is_clipped_as_shapely_does(count: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    angle, radius = np.sort(chance.uniform(0, 2 * np.pi, count)), chance.uniform(1, 10, count)
    middle = chance.uniform(-6, 6, 2)
    y, x = middle[0] + radius * np.sin(angle), middle[1] + radius * np.cos(angle)
    ring = shapely.Polygon(np.column_stack([x, y]))
    lat, lon = clipped(y, x, Box(-5, 5, -4, 7))
    area = abs(np.sum(lon * np.roll(lat, -1) - lat * np.roll(lon, -1))) / 2
    if ring.is_valid:
        assert abs(area - ring.intersection(shapely.box(-4, -5, 7, 5)).area) < 1e-9
    if len(lat):
        assert (lat.min(), lat.max(), lon.min(), lon.max()) >= (-5, -5, -4, -4)
        assert lat.max() <= 5
        assert lon.max() <= 7


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    rings = [
        (np.array([1.0, 2.5, 3.0]), np.array([-179.5, 10.0, 180.0])),
        (np.zeros(4), np.ones(4)),
    ]
    save(tmp_path / "coast.npz", rings)
    back = Coast.load(tmp_path / "coast.npz")
    assert np.allclose(back.lat, [1.0, 2.5, 3.0, 0, 0, 0, 0])
    assert np.allclose(back.lon, [-179.5, 10.0, 180.0, 1, 1, 1, 1])
    assert back.begins.tolist() == [0, 3]
