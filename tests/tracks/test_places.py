"""What lies near a position, against slow searches, PROJ's geodesics and known geography."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from tracks.batch import F64, Mask
from tracks.geodesy import EARTH_RADIUS_M, NMI_M, destination, distance_m
from tracks.place import Place
from tracks.places import ZONE_NAMES, Places, PlacesError

DATA = Path(__file__).resolve().parents[2] / "config" / "places"
SPHERE = Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)

lats = st.one_of(st.floats(-90, 90), st.sampled_from([90.0, -90.0, 0.0, 51.25]))
lons = st.one_of(st.floats(-180, 180), st.sampled_from([180.0, -180.0, 179.99, -179.99]))


def loaded(cache: list[Places] = []) -> Places:  # noqa: B006 - hypothesis knows no module fixtures
    if not cache:
        cache.append(Places.load(DATA))
    return cache[0]


@pytest.fixture(scope="module")
def world() -> Places:
    return loaded()


def port(name: str, lat: float, lon: float, **more: object) -> Place:
    return Place(name, "port", lat, lon, **more)  # type: ignore[arg-type]


def one(places: Places, lat: float, lon: float) -> tuple[float, int]:
    away_nmi, which = places.nearest([lat], [lon])
    return float(away_nmi[0]), int(which[0])


# --- the shore ---


@pytest.mark.parametrize(
    ("where", "lat", "lon", "expected_nmi"),
    [  # distances by PROJ to the named headland
        ("Cape Finisterre", 42.8806, -9.6, SPHERE.inv(-9.6, 42.8806, -9.2720, 42.8806)[2] / NMI_M),
        ("Cape Agulhas", -35.2, 20.0, SPHERE.inv(20.0, -35.2, 20.0, -34.8335)[2] / NMI_M),
        ("North Cape", 71.5, 25.68, SPHERE.inv(25.68, 71.5, 25.68, 71.185)[2] / NMI_M),
        ("Cape St. Vincent", 37.0231, -9.4, SPHERE.inv(-9.4, 37.0231, -8.9967, 37.0231)[2] / NMI_M),
    ],
)
def test_the_distance_off_a_cape_is_right_within_a_mile_and_a_half(
    world: Places, where: str, lat: float, lon: float, expected_nmi: float
) -> None:
    assert float(world.shore_nmi(lat, lon)) == pytest.approx(expected_nmi, abs=1.5), where


def test_land_is_0_and_the_middle_of_an_ocean_300(world: Places) -> None:
    lat, lon = [48.2, -75.0, 39.0, -48.88, 90.0], [16.4, 60.0, -100.0, -123.39, 0.0]
    assert world.shore_nmi(lat, lon).tolist() == [0, 0, 0, 300, 300]


def test_the_caspian_is_a_sea(world: Places) -> None:
    assert world.shore_nmi(41.8, 50.6) > 30


@given(lats, st.floats(-180, 180))
@settings(deadline=None)  # the first example loads the data
def test_the_shore_does_not_depend_on_how_a_longitude_is_written(lat: float, lon: float) -> None:
    places = loaded()
    there, again = float(places.shore_nmi(lat, lon)), float(places.shore_nmi(lat, lon + 360))
    assert there == pytest.approx(again, abs=1e-3)


def test_the_shore_is_continuous_across_longitude_180(world: Places) -> None:
    lat = np.linspace(-90, 90, 5000)
    west, east = world.shore_nmi(lat, 179.9999), world.shore_nmi(lat, -179.9999)
    assert np.abs(west - east).max() < 0.05


def test_at_a_pole_all_longitudes_are_the_same_place(world: Places) -> None:
    for pole in (90, -90):
        assert np.ptp(world.shore_nmi(pole, np.linspace(-180, 180, 100))) == 0


@given(lats, lons, st.floats(0, 360), st.floats(0, 50))
@settings(deadline=None, max_examples=200)
def test_sailing_a_mile_changes_the_distance_by_a_mile_at_most(
    lat: float, lon: float, course: float, sailed_nmi: float
) -> None:
    places = loaded()
    here = float(places.shore_nmi(lat, lon))
    there = float(places.shore_nmi(*destination(lat, lon, course, sailed_nmi * NMI_M)))
    # 6.5: what the map may be off at both ends, and 0.1 of steps
    assert abs(here - there) <= sailed_nmi + 6.5


def test_nan_has_no_distance_and_gives_no_warning(world: Places) -> None:
    lat, lon = [np.nan, 1.0, np.nan], [1.0, np.nan, np.nan]
    assert np.isnan(world.shore_nmi(lat, lon)).all()
    assert world.zone(lat, lon).tolist() == [0, 0, 0]
    assert not world.near_port(lat, lon, 5.4).any()
    away_nmi, which = world.nearest(lat, lon)
    assert np.isnan(away_nmi).all()
    assert which.tolist() == [-1, -1, -1]


def test_shapes_are_kept_and_nothing_gives_nothing(world: Places) -> None:
    assert world.shore_nmi(np.zeros((2, 3)), 5.0).shape == (2, 3)
    nothing = np.empty(0)
    assert world.shore_nmi(nothing, nothing).shape == (0,)
    assert world.near_port(nothing, nothing, 5.4).shape == (0,)
    assert world.nearest(nothing, nothing)[1].shape == (0,)


def test_zones_follow_from_the_distance(world: Places) -> None:
    lat, lon = np.full(6, -34.0), np.array([18.8, 18.1, 17.95, 15.0, 10.0, np.nan])
    names = [ZONE_NAMES[code] for code in world.zone(lat, lon)]
    assert names == [
        "on land or in inland waters",
        "within 12 nmi of shore",
        "12 to 24 nmi from shore",
        "24 to 200 nmi from shore",
        "high seas, over 200 nmi from shore",
        "unknown",
    ]


# --- ports ---


def slowly(places: Places, lat: F64, lon: F64) -> F64:
    """Return the distance of each position to each port, shape (N, P), in nmi."""
    port_lat = np.array([p.lat for p in places.harbours])
    port_lon = np.array([p.lon for p in places.harbours])
    return distance_m(lat[:, None], lon[:, None], port_lat, port_lon) / NMI_M


def scattered(seed: int, n: int) -> tuple[F64, F64]:
    """Return positions all over the globe, near ports, and about the poles and longitude 180."""
    rng = np.random.default_rng(seed)
    harbours = loaded().harbours
    some = [harbours[i] for i in rng.integers(0, len(harbours), n)]
    lat = np.concatenate([
        np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
        [p.lat for p in some] + rng.normal(0, 0.15, n),
        rng.choice([-1, 1], n) * (90 - rng.exponential(1, n)),
        np.degrees(np.arcsin(rng.uniform(-1, 1, n))),
    ])  # fmt: skip
    lon = np.concatenate([
        rng.uniform(-180, 180, n),
        [p.lon for p in some] + rng.normal(0, 0.15, n),
        rng.uniform(-180, 180, n),
        180 + rng.normal(0, 0.2, n),
    ])  # fmt: skip
    return np.clip(lat, -90, 90), lon


@pytest.mark.parametrize("radius_nmi", [0.5, 5.4, 60.0])
def test_near_port_is_what_trying_every_port_gives(world: Places, radius_nmi: float) -> None:
    lat, lon = scattered(1, 500)
    expected = (slowly(world, lat, lon) <= radius_nmi).any(axis=1)
    assert world.near_port(lat, lon, radius_nmi).tolist() == expected.tolist()
    assert 0 < expected.mean() < 1


def test_the_nearest_port_is_what_trying_every_port_gives(world: Places) -> None:
    lat, lon = scattered(2, 500)
    away_nmi, which = world.nearest(lat, lon)
    every = slowly(world, lat, lon)
    assert away_nmi == pytest.approx(every.min(axis=1), rel=1e-6, abs=1e-6)
    assert every[np.arange(len(lat)), which] == pytest.approx(every.min(axis=1))


@given(
    st.lists(st.tuples(lats, lons), min_size=1, max_size=5),
    st.lists(st.tuples(lats, lons), min_size=1, max_size=5),
    st.sampled_from([0.1, 5.4, 100.0, 500.0]),
)
@settings(deadline=None)
def test_ports_anywhere_are_found_from_anywhere(
    ports: list[tuple[float, float]], ships: list[tuple[float, float]], radius_nmi: float
) -> None:
    places = Places.of([port("P", lat, lon) for lat, lon in ports])
    lat, lon = np.array(ships).T
    every = slowly(places, lat, lon)
    assert places.near_port(lat, lon, radius_nmi).tolist() == (
        (every <= radius_nmi).any(axis=1).tolist()
    )
    assert places.nearest(lat, lon)[0] == pytest.approx(every.min(axis=1), rel=1e-6, abs=1e-4)


def test_a_ship_across_longitude_180_is_near_the_port() -> None:
    places = Places.of([port("Fiji", -16.8, 179.98)])
    assert places.near_port([-16.8, -16.8], [-179.99, -179.0], 5.4).tolist() == [True, False]
    assert one(places, -16.8, -179.99)[0] == pytest.approx(1.72, abs=0.01)


def test_a_port_with_its_own_radius_is_asked_by_that_one() -> None:
    places = Places.of([port("Small", 0, 0, radius_nmi=1.0), port("Usual", 0, 2)])
    two_miles = 2 / 60
    assert places.near_port([0, 0], [two_miles, 2 + two_miles], 5.4).tolist() == [False, True]


def test_well_known_ports_stand_where_they_are(world: Places) -> None:
    # positions of their harbours, from nautical almanacs, rounded to a minute
    known = {
        "Rotterdam (NL)": (51.90, 4.48), "Singapore (SG)": (1.27, 103.83),
        "Dakar (SN)": (14.68, -17.42), "Valparaiso (CL)": (-33.03, -71.63),
        "Yarmouth (GB)": (50.71, -1.50), "Exmouth (GB)": (50.62, -3.42),
        "Mevagissey (GB)": (50.27, -4.78), "Toulon (FR)": (43.11, 5.92),
    }  # fmt: skip
    at = {world.label(i): (p.lat, p.lon) for i, p in enumerate(world.harbours)}
    for label, (lat, lon) in known.items():
        assert distance_m(lat, lon, *at[label]) < 4 * NMI_M, label


def test_no_port_lies_far_out_at_sea_by_mistake(world: Places) -> None:
    lat = np.array([p.lat for p in world.harbours])
    lon = np.array([p.lon for p in world.harbours])
    far = world.shore_nmi(lat, lon) > 10
    terminals = {n for n, f in zip(world.names, far, strict=True) if f}
    assert len(terminals) < 20
    assert {"Jabiru Marine Terminal", "Cayo Arcas"} <= terminals


# --- outlines and zones ---

SQUARE = shapely.box(10.0, 50.0, 10.4, 50.2)
ROADS = Place("Roads", "anchorage", 50.1, 10.2, outline=SQUARE)


def test_inside_an_outline_is_in_port_and_outside_is_not() -> None:
    places = Places.of([ROADS])
    lat, lon = [50.1, 50.1, 50.25, np.nan], [10.1, 10.45, 10.1, 10.1]
    assert places.near_port(lat, lon, 100.0).tolist() == [True, False, False, False]


def test_distances_count_from_the_edge_of_an_outline() -> None:
    places = Places.of([port("Far", 0, 0), ROADS])
    assert one(places, 50.1, 10.2) == (0, 1)
    away_nmi, which = one(places, 50.3, 10.2)
    assert which == 1
    assert away_nmi == pytest.approx(6.0, abs=0.1)


@given(st.lists(st.tuples(st.floats(49.5, 50.5), st.floats(9.5, 10.9)), min_size=1, max_size=20))
@settings(deadline=None)  # the first example imports shapely's parts
def test_outlines_hold_what_shapely_says_they_hold(ships: list[tuple[float, float]]) -> None:
    hole = shapely.Polygon(SQUARE.exterior, [shapely.box(10.1, 50.05, 10.2, 50.1).exterior])
    outlines = [hole, shapely.box(10.35, 49.9, 10.6, 50.1)]
    places = Places.of([Place("P", "port", 50, 10, outline=o) for o in outlines])
    lat, lon = np.array(ships).T
    expected: Mask = np.any([shapely.intersects_xy(o, lon, lat) for o in outlines], axis=0)
    assert places.near_port(lat, lon, 5.4).tolist() == expected.tolist()


def test_an_outline_cut_at_longitude_180_is_one_place() -> None:
    halves = shapely.MultiPolygon(
        [shapely.box(179.5, -17, 180, -16), shapely.box(-180, -17, -179.5, -16)]
    )
    places = Places.of([Place("Strait", "port", -16.5, 180.0, outline=halves)])
    lon = [179.6, 180.0, -180.0, -179.6, 179.4, -179.4, 180.4]
    assert places.near_port(np.full(7, -16.5), lon, 1.0).tolist() == [True] * 4 + [False] * 2 + [
        True
    ]


def test_zones_are_named_and_may_overlap() -> None:
    wide = Place("Wide", "zone", 50, 10, outline=shapely.box(0, 40, 20, 60))
    places = Places.of([wide, Place("Disc", "zone", 50, 10, radius_nmi=60.0)])
    assert places.zones_at([50, 59, 70, np.nan], [10, 10, 10, 10]) == [
        ("Wide", "Disc"), ("Wide",), (), (),
    ]  # fmt: skip
    assert not places.near_port([50], [10], 5.4).any()


# --- words ---


def test_a_position_is_described_in_words(world: Places) -> None:
    assert world.describe(14.5, -17.9) == "29 nmi west-southwest of Dakar (SN), 26 nmi from shore"
    assert world.describe(14.6824, -17.4408).startswith("at Dakar (SN)")
    assert world.describe(-48.88, -123.39).endswith("over 300 nmi from shore")
    assert world.describe(np.nan, 0) == "at an unknown position"


def test_a_place_on_land_is_no_error(world: Places) -> None:
    assert world.describe(51.44, 6.74).endswith("on land or in inland waters on a coarse map")


WINDS = [
    (0, "north"), (100, "east"), (213, "south-southwest"), (300, "west-northwest"), (349, "north"),
]  # fmt: skip


@pytest.mark.parametrize(("bearing", "word"), WINDS)
def test_the_sixteen_winds(bearing: float, word: str) -> None:
    lat, lon = destination(10, 179.9, bearing, 50 * NMI_M)
    assert Places.of([port("Home", 10, 179.9)]).describe(float(lat), float(lon)) == (
        f"50 nmi {word} of Home"
    )


def test_a_zone_is_part_of_the_description() -> None:
    zone = Place("Reserve", "zone", 0, 0, radius_nmi=10.0)
    assert Places.of([zone]).describe(0.0, 0.0) == "0.00° N, 0.00° E, in Reserve"


# --- none ---


def test_none_switches_every_mask_off() -> None:
    none = Places.none()
    lat, lon = np.array([51.9, 0.0]), np.array([4.48, 0.0])
    assert np.isnan(none.shore_nmi(lat, lon)).all()
    assert none.zone(lat, lon).tolist() == [0, 0]
    assert not none.near_port(lat, lon, 100.0).any()
    away_nmi, which = none.nearest(lat, lon)
    assert np.isinf(away_nmi).all()
    assert which.tolist() == [-1, -1]
    assert none.label(-1) == ""
    assert none.describe(-12.3, 45.6) == "12.30° S, 45.60° E"


# --- loading ---


def test_own_places_stand_beside_the_shipped_ones(tmp_path: Path, world: Places) -> None:
    own = tmp_path / "own.csv"
    own.write_text("name,lat,lon\nMy anchorage,30.0,-40.0\n")
    places = Places.load(DATA, [own])
    assert len(places.names) == len(world.names) + 1
    away_nmi, which = one(places, 30.0, -40.0)
    assert (away_nmi, places.label(which)) == (0, "My anchorage")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 cut", b"\x00" * 1000])
def test_a_damaged_map_says_so_in_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "ports.csv").write_bytes((DATA / "ports.csv").read_bytes())
    if content is not None:
        (tmp_path / "shore.npz").write_bytes(content)
    with pytest.raises(PlacesError, match=r"shore\.npz.*install Sternlight again"):
        Places.load(tmp_path)


def test_a_station_without_own_outlines_never_imports_shapely() -> None:
    code = (
        "import sys; from pathlib import Path; from tracks.places import Places\n"
        f"places = Places.load(Path({str(DATA)!r}))\n"
        "places.near_port([1.0], [2.0], 5.4), places.describe(1.0, 2.0)\n"
        "print(sorted({'shapely', 'scipy', 'pandas', 'geopandas'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=DATA.parents[1],
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
