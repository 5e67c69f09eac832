"""The view of a chart: against pyproj's projections, and where things meet its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Proj

from sternlight.data import load_places
from sternlight.telling.frame import COAST_NMI, LEAST_NMI, Frame, nearest_coast
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, destination, distance_m

LON = st.floats(-180, 179.99)


@pytest.mark.parametrize("lon", [0.0, -17.5, 179.9, -180.0])
@pytest.mark.parametrize(
    ("lat", "name"), [(14.7, "eqc"), (-55.0, "eqc"), (85.0, "aeqd"), (-90.0, "aeqd")]
)
def test_positions_lie_where_a_projection_puts_them(lat: float, name: str, lon: float) -> None:
    known = Proj(proj=name, lat_0=lat, lon_0=lon, lat_ts=lat, R=EARTH_RADIUS_M)
    at_lat = np.clip(lat + np.array([0.0, 0.3, -1.2, 2.0]), -90, 90)
    at_lon = lon + np.array([0.0, -0.4, 2.2, 1.0])
    x, y = known(at_lon, at_lat)
    found = Frame(lat, lon, 60.0).xy(at_lat, at_lon)
    # A nautical mile is a minute of a sphere that is a little smaller than ours.
    for nmi, m in zip(found, (x, y), strict=True):
        assert nmi == pytest.approx(m / NMI_M, rel=2e-3, abs=0.02)


@settings(max_examples=50, deadline=None)
@given(st.floats(-79, 79), LON, st.floats(0.1, 500), st.floats(0, 360))
def test_a_view_holds_what_it_was_made_for(
    lat: float, lon: float, away_nmi: float, course: float
) -> None:
    other = destination(lat, lon, course, away_nmi * NMI_M)
    frame = Frame.around([lat, np.nan, float(other[0])], [lon, 0.0, float(other[1])])
    x, y = frame.xy([lat, float(other[0])], [lon, float(other[1])])
    assert frame.half_nmi >= LEAST_NMI
    assert np.abs([x, y]).max() <= frame.half_nmi
    assert 0 < frame.bar_nmi() <= frame.half_nmi


@settings(max_examples=50)
@given(st.floats(-80, 80), LON, st.floats(6, 3000))
def test_meridians_and_parallels_stand_where_they_are(
    lat: float, lon: float, half_nmi: float
) -> None:
    frame = Frame(lat, lon, half_nmi)
    meridians, parallels = frame.ticks()
    assert len(meridians) <= 5
    assert len(parallels) <= 5
    for tick in meridians:
        x, _ = frame.xy(lat, degrees(tick.says))
        around = 360 * 60 * np.cos(np.radians(lat))  # a view may hold more than the world
        assert (tick.at_nmi - float(x) + around / 2) % around - around / 2 == pytest.approx(
            0, abs=1e-6
        )
    for tick in parallels:
        assert tick.at_nmi == pytest.approx(float(frame.xy(degrees(tick.says), lon)[1]), abs=1e-6)


def degrees(says: str) -> float:
    whole, _, rest = says.partition("°")
    minutes = rest.rstrip("NSEW′") or "0"
    return (int(whole) + int(minutes) / 60) * (-1 if rest[-1:] in ("S", "W") else 1)


def test_land_is_above_0_on_both_sides_of_longitude_180() -> None:
    shore = load_places([]).shore
    assert shore is not None
    land = Frame(-17.0, 179.9, 60.0).land(
        shore
    )  # Fiji: Vanua Levu in the west, Taveuni in the east
    assert land.height[land.x_nmi < 0].max() > 0
    assert land.height[land.x_nmi > 2].max() > 0
    assert np.all(np.diff(land.x_nmi, axis=1) > 0)


@pytest.mark.parametrize(("lat", "lon"), [(14.4, -18.0), (-17.0, -179.9), (78.0, 9.0)])
def test_the_nearest_coast_is_as_far_as_the_map_of_distances_says(lat: float, lon: float) -> None:
    shore = load_places([]).shore
    assert shore is not None
    found = nearest_coast(shore, lat, lon)
    assert found is not None
    away_nmi = float(distance_m(lat, lon, *found)) / NMI_M
    assert away_nmi == pytest.approx(float(shore.nmi(lat, lon)), abs=7)  # nodes are 6 nmi apart
    _, _, m = Geod(ellps="WGS84").inv(lon, lat, found[1], found[0])
    assert m / NMI_M == pytest.approx(away_nmi, rel=0.006)


def test_far_from_any_coast_there_is_none_near() -> None:
    shore = load_places([]).shore
    assert shore is not None
    assert nearest_coast(shore, -25.0, -20.0) is None
    assert float(shore.nmi(-25.0, -20.0)) > COAST_NMI
