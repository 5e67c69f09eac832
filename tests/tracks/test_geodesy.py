"""Geodesy on the sphere, against PROJ's geodesics on the same sphere and on the ellipsoid."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from tracks.geodesy import (
    EARTH_RADIUS_M,
    bearing_deg,
    destination,
    distance_m,
    from_xyz,
    interpolate,
    lon_difference,
    unit_xyz,
    wrap_lon,
)

SPHERE = Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)
ELLIPSOID = Geod(ellps="WGS84")

lats = st.floats(-90, 90)
lons = st.floats(-180, 180, exclude_max=True)


def places(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)


@given(lats, lons, lats, lons)
@settings(deadline=None)
def test_distances_are_those_of_proj_on_the_same_sphere(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    expected = SPHERE.inv(lon1, lat1, lon2, lat2)[2]
    assert distance_m(lat1, lon1, lat2, lon2) == pytest.approx(expected, rel=1e-9, abs=0.2)


@given(lats, lons, st.floats(0, 360), st.floats(0.001, 1000))
@settings(deadline=None)
def test_metres_are_exact_to_a_micrometre(
    lat: float, lon: float, course: float, length_m: float
) -> None:
    lon2, lat2, _ = SPHERE.fwd(lon, lat, course, length_m)
    expected = SPHERE.inv(lon, lat, lon2, lat2)[2]
    assert distance_m(lat, lon, lat2, lon2) == pytest.approx(expected, abs=1e-6)


def test_the_sphere_is_within_0_56_percent_of_the_ellipsoid() -> None:
    lat, lon = places(20_000)
    rng = np.random.default_rng(2)
    courses, lengths = rng.uniform(0, 360, 20_000), 10 ** rng.uniform(2, 6, 20_000)
    lon2, lat2, _ = ELLIPSOID.fwd(lon, lat, courses, lengths)
    error = distance_m(lat, lon, lat2, lon2) / lengths - 1
    assert 0.005 < np.abs(error).max() < 0.00562


def test_bearings_are_within_a_fifth_of_a_degree_of_the_ellipsoid() -> None:
    lat, lon = places(20_000)
    rng = np.random.default_rng(3)
    courses, lengths = rng.uniform(0, 360, 20_000), 10 ** rng.uniform(2, 5.5, 20_000)
    lon2, lat2, _ = ELLIPSOID.fwd(lon, lat, courses, lengths)
    assert np.abs(lon_difference(bearing_deg(lat, lon, lat2, lon2), courses)).max() < 0.2


@given(lats, lons, lats, lons)
@settings(deadline=None)
def test_bearings_are_those_of_proj_on_the_same_sphere(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    course, _, length = SPHERE.inv(lon1, lat1, lon2, lat2)
    assume(1 < length < 20_000_000 and abs(lat1) < 89.999)  # elsewhere it is not determined
    ours = float(bearing_deg(lat1, lon1, lat2, lon2))
    assert 0 <= ours < 360
    assert abs(float(lon_difference(ours, course))) < 1e-4


@given(lats, lons, st.floats(0, 360), st.floats(0, 2e7))
@settings(deadline=None)
def test_destinations_are_those_of_proj_on_the_same_sphere(
    lat: float, lon: float, course: float, length_m: float
) -> None:
    expected_lon, expected_lat, _ = SPHERE.fwd(lon, lat, course, length_m)
    lat2, lon2 = destination(lat, lon, course, length_m)
    assert -180 <= lon2 < 180
    assert SPHERE.inv(expected_lon, expected_lat, float(lon2), float(lat2))[2] < 1e-2


@given(lats, lons)
@settings(deadline=None)
def test_unit_vectors_lead_back_to_their_position(lat: float, lon: float) -> None:
    xyz = unit_xyz([lat], [lon])
    assert xyz.shape == (1, 3)
    assert np.linalg.norm(xyz) == pytest.approx(1, abs=1e-15)
    assert distance_m(*from_xyz(xyz), lat, lon) < 1e-6


@given(st.floats(-1e6, 1e6))
@settings(deadline=None)
def test_a_wrapped_longitude_is_in_range_and_the_same_meridian(lon: float) -> None:
    wrapped = float(wrap_lon(lon))
    assert -180 <= wrapped < 180
    turns = (lon - wrapped) / 360
    assert turns == pytest.approx(round(turns), abs=1e-9)
    assert wrapped == lon or not -180 <= lon < 180


def test_longitude_just_below_minus_180_stays_in_range() -> None:
    assert wrap_lon(np.nextafter(-180, -181)) == -180
    assert wrap_lon(180.0) == -180
    assert np.isnan(wrap_lon(np.nan))


def test_the_short_way_leads_across_longitude_180() -> None:
    assert lon_difference(179.5, -179.5) == 1
    assert lon_difference(-179.5, 179.5) == -1
    lat, lon = interpolate(10, 179.5, 11, -179.0, [0, 1 / 3, 1])
    assert lat == pytest.approx([10, 10 + 1 / 3, 11])
    assert lon == pytest.approx([179.5, -180, -179])


def test_between_fixes_an_hour_apart_the_way_is_linear() -> None:
    lat, lon = interpolate(60, 5, 60.4, 5.6, 0.25)
    assert (lat, lon) == (pytest.approx(60.1), pytest.approx(5.15))


def test_linear_leaves_the_great_circle_by_under_0_4_nmi_at_latitude_80() -> None:
    courses = np.arange(0, 360, 5.0)
    lat2, lon2 = destination(80, 20, courses, 25 * 1852.0)
    lat, lon = interpolate(80, 20, lat2, lon2, 0.5)
    middle = destination(80, 20, courses, 12.5 * 1852.0)
    assert np.max(distance_m(lat, lon, *middle)) < 0.4 * 1852


def test_a_ship_that_passes_the_pole_is_interpolated_past_it_not_around_it() -> None:
    lat, lon = interpolate(89.9, 0, 89.9, 180, [0, 0.5, 1])
    assert lat == pytest.approx([89.9, 90, 89.9])
    assert distance_m(lat[2], lon[2], 89.9, 180) < 1e-3


@given(lats, lons, st.floats(0, 360), st.floats(0, 46_000), st.floats(0, 1))
@settings(deadline=None)
def test_an_interpolated_position_lies_between_its_ends(
    lat: float, lon: float, course: float, length_m: float, share: float
) -> None:
    lat2, lon2 = destination(lat, lon, course, length_m)
    middle = interpolate(lat, lon, lat2, lon2, share)
    gone, left = distance_m(lat, lon, *middle), distance_m(*middle, lat2, lon2)
    assert gone + left <= 1.02 * length_m + 1e-3


def test_standing_still_near_the_pole_stays_there() -> None:
    lat, lon = interpolate(89, 30, 89, 30, [0, 0.3, 1])
    assert distance_m(lat, lon, 89, 30).max() < 1e-3


def test_a_number_gives_a_number_and_nan_gives_nan() -> None:
    assert interpolate(86, 0, 86, 1, 0.5)[0].shape == ()
    assert np.isnan(distance_m(np.nan, 0, 0, 0))
    assert np.isnan(interpolate([np.nan, 86], 0, [1, np.nan], 1, 0.5)).all(axis=1)[0]
