"""The map of distances to shore: what goes in comes out, and lies between its nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tracks.batch import F64
from tracks.geodesy import NMI_M, distance_m
from tracks.shore import (
    COLUMNS,
    INLAND_NMI,
    MOST_TILES,
    NODES_PER_DEGREE,
    QUANTUM_NMI,
    ROWS,
    Shore,
    save,
)

ISLAND = (12.3, 179.97)
ISLAND_RADIUS_NMI = 60.0


def field() -> F64:
    """Return the distances to a round island on longitude 180, negative on it."""
    lat = np.arange(ROWS)[:, None] / NODES_PER_DEGREE - 90
    lon = np.arange(COLUMNS) / NODES_PER_DEGREE - 180
    return distance_m(lat, lon, *ISLAND) / NMI_M - ISLAND_RADIUS_NMI


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Shore:
    path = tmp_path_factory.mktemp("shore") / "shore.npz"
    save(path, field())
    return Shore.load(path)


def test_every_node_comes_back_within_half_a_step(island: Shore) -> None:
    given = np.clip(field(), 0, 300)
    lat = np.arange(ROWS) / NODES_PER_DEGREE - 90
    lon = np.arange(COLUMNS) / NODES_PER_DEGREE - 180
    found = island.nmi(np.repeat(lat, COLUMNS), np.tile(lon, ROWS)).reshape(ROWS, COLUMNS)
    assert np.abs(found - given).max() <= QUANTUM_NMI / 2 + 1e-3


def test_between_nodes_a_round_island_is_right_within_a_tenth_of_a_mile(island: Shore) -> None:
    rng = np.random.default_rng(3)
    lat = ISLAND[0] + rng.uniform(-4, 4, 20_000)
    lon = ISLAND[1] + rng.uniform(-4, 4, 20_000)
    exact = np.clip(distance_m(lat, lon, *ISLAND) / NMI_M - ISLAND_RADIUS_NMI, 0, 300)
    assert np.abs(island.nmi(lat, lon) - exact).max() < 0.15
    assert (exact == 0).any()


def test_interpolation_is_that_of_the_four_corners(island: Shore) -> None:
    corners = [float(island.nmi(y, x)) for y in (15.0, 15.1) for x in (178.0, 178.1)]
    low = corners[0] + 0.3 * (corners[1] - corners[0])
    high = corners[2] + 0.3 * (corners[3] - corners[2])
    assert island.nmi(15.02, 178.03) == pytest.approx(low + 0.2 * (high - low), abs=1e-3)


def test_equal_maps_give_equal_files(tmp_path: Path) -> None:
    save(tmp_path / "a.npz", field())
    save(tmp_path / "b.npz", field())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_cell_with_coast_in_it_never_touches_the_inland_limit() -> None:
    diagonal_nmi = distance_m(0, 0, 1 / NODES_PER_DEGREE, 1 / NODES_PER_DEGREE) / NMI_M
    assert diagonal_nmi < INLAND_NMI


def test_what_is_no_field_of_distances_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a field of distances"):
        save(tmp_path / "x.npz", np.zeros((10, 10)))
    rough = np.zeros((ROWS, COLUMNS))
    rough[900, 1800] = 100
    with pytest.raises(ValueError, match="not a field of distances"):
        save(tmp_path / "x.npz", rough)


@pytest.fixture
def packed(tmp_path: Path) -> Shore:
    save(tmp_path / "shore.npz", field())
    return Shore.load(tmp_path / "shore.npz")


def test_the_distances_come_back_from_a_map(packed: Shore) -> None:
    given = np.clip(field(), -INLAND_NMI, 300)
    found = packed.at_nodes(np.arange(ROWS), np.arange(COLUMNS))
    assert np.abs(found - given).max() <= QUANTUM_NMI / 2 + 1e-9
    rows, columns = np.array([0, 63, 64, 1023, 1800]), np.array([-1, 0, 64, 3599, 3600, 3664])
    assert np.array_equal(packed.at_nodes(rows, columns), found[np.ix_(rows, columns % COLUMNS)])
    again = Shore.of(found).at_nodes(np.arange(ROWS), np.arange(COLUMNS))
    assert np.array_equal(again, found)


def test_only_what_was_asked_is_unpacked(island: Shore, packed: Shore) -> None:
    assert packed.unpacked_count == 0
    for lat, lon in ((12.0, 179.9), (12.1, -180.1), (10.0, 178.5), (9.5, -180.9)):
        assert packed.nmi(lat, lon) == island.nmi(lat, lon)
    assert packed.unpacked_count == 1
    assert packed.nmi(12.0, 180.1) == island.nmi(12.0, 180.1)
    assert packed.unpacked_count == 2


def test_wild_positions_neither_fill_the_memory_nor_change_an_answer(
    island: Shore, packed: Shore
) -> None:
    rng = np.random.default_rng(8)
    lat, lon = rng.uniform(-95, 95, 600), rng.uniform(-400, 400, 600)
    lat[:2], lat[2] = (90, -90), np.nan
    sound = island.nmi(lat, lon)
    counts = set()
    for row in range(len(lat)):
        assert np.array_equal(packed.nmi(lat[row], lon[row]), sound[row], equal_nan=True)
        counts.add(packed.unpacked_count)
    assert max(counts) == MOST_TILES
    assert np.array_equal(packed.nmi(lat, lon), sound, equal_nan=True)  # more, where it must


def test_damage_is_found_before_anything_is_asked(island: Shore, tmp_path: Path) -> None:
    path, wide = tmp_path / "shore.npz", np.arange(-90.0, 90.0)
    save(path, field())
    whole, sound, found_count = path.read_bytes(), island.nmi(wide, 3.0), 0
    for at in np.random.default_rng(5).integers(0, len(whole), 40).tolist():
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert np.array_equal(Shore.load(path).nmi(wide, 3.0), sound)  # as after a wrong date
        except ValueError as error:
            found_count += "not a map of" in str(error)
    assert found_count > 30


def test_another_array_is_no_map(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, residuals=np.zeros((5, 5), np.uint8))
    with pytest.raises(ValueError, match="not a map"):
        Shore.load(path)
    np.savez(path, other=np.zeros(5))
    with pytest.raises(ValueError, match="not a map"):
        Shore.load(path)
