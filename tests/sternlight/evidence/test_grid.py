"""Cells over the Earth, in which exact places vanish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from sternlight.evidence.grid import Grid

LAT = st.floats(-90, 90)
LON = st.floats(-180, 180)
SIZE = st.floats(1, 600)


@given(LAT, LON, SIZE)
def test_a_position_lies_in_its_cell_and_the_middle_has_the_same(
    lat: float, lon: float, size: float
) -> None:
    grid = Grid.of_nmi(size)
    cells = grid.cells([lat], [lon])
    south, north, west, east = (float(side[0]) for side in grid.bounds(cells))
    assert south - 1e-9 <= lat <= north + 1e-9
    turned = lon - 360 if lon == 180 else lon
    assert west - 1e-9 <= turned <= east + 1e-9 or west - 1e-9 <= lon <= east + 1e-9
    assert -180 <= west < east <= 180 + 1e-9
    middle = grid.cells([(south + north) / 2], [(west + east) / 2])
    assert middle.tolist() == cells.tolist()


@given(st.floats(-80, 80), LON, st.floats(1, 60))
def test_a_place_is_told_within_a_cell_and_no_two_of_a_cell_differ(
    lat: float, lon: float, size: float
) -> None:
    grid = Grid.of_nmi(size)
    sides = grid.bounds(grid.cells([lat], [lon]))
    inside = [float(sides.south[0]) * 0.3 + float(sides.north[0]) * 0.7,
              float(sides.west[0]) * 0.6 + float(sides.east[0]) * 0.4]  # fmt: skip
    told = [float(x[0]) for x in grid.centres(lat, lon)]
    assert told == [float(x[0]) for x in grid.centres(*inside)]
    _, _, away_m = Geod(ellps="WGS84").inv(lon, lat, told[1], told[0])
    assert away_m / 1852 <= size * 0.85  # half the diagonal, a little wider near 80 degrees


def test_the_same_place_has_the_same_cell_on_both_sides_of_longitude_180() -> None:
    grid = Grid(0.25)
    assert grid.cells([10], [180]).tolist() == grid.cells([10], [-180]).tolist()
    below = np.nextafter(180.0, 0.0)
    assert grid.bounds(grid.cells([10], [below])).east[0] <= 180


@pytest.mark.parametrize("lat", [-90.0, 90.0])
def test_poles_lie_in_a_cell(lat: float) -> None:
    ((y,), (x,)) = Grid.of_nmi(5).centres(lat, 0)
    assert abs(y - lat) < 0.1
    assert np.isfinite(x)


def test_what_is_no_position_stays_none() -> None:
    lat, lon = Grid.of_nmi(5).centres([np.nan, 10, 20], [5, np.nan, 20])
    assert np.isnan(lat).tolist() == np.isnan(lon).tolist() == [True, True, False]
