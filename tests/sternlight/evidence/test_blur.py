"""Coverage that does not tell where the antenna stands."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sternlight.evidence.blur import BLUR_DEG, EXACT_DEG, Coverage, blurred_coverage

ANTENNA = 54.13, 7.88


def around(lat: float, lon: float, count: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Return positions that are heard the more the nearer they are, up to 40 nmi."""
    chance = np.random.default_rng(5)
    away, bearing = 40 * chance.random(count) ** 2, chance.random(count) * 2 * np.pi
    north, east = away * np.cos(bearing) / 60, away * np.sin(bearing) / 60
    return lat + north, lon + east / np.cos(np.radians(lat))


def test_the_loudest_cells_are_many_and_all_alike() -> None:
    cells = blurred_coverage(*around(*ANTENNA))
    assert np.isnan(cells.marks_count).all()
    often = [n for n, word in enumerate(cells.heard) if word == "often"]
    assert len(cells.heard) / 3 - 1 <= len(often) <= len(cells.heard) / 3 + 1
    high = cells.bounds.north[often].max() - cells.bounds.south[often].min()
    assert high * 60 > 3 * 5  # nowhere within 5 nmi stands out


def test_cells_are_coarse_unless_exact_ones_are_asked_for() -> None:
    blurred = blurred_coverage(*around(*ANTENNA))
    assert np.allclose(blurred.bounds.north - blurred.bounds.south, BLUR_DEG)
    exact = Coverage(exact=True)
    exact.add(*around(*ANTENNA))
    cells = exact.covered()
    assert np.allclose(cells.bounds.north - cells.bounds.south, EXACT_DEG)
    assert cells.marks_count.sum() == 20_000
    at = int(cells.marks_count.argmax())  # the exact map does tell it
    assert abs(cells.bounds.south[at] - ANTENNA[0]) < 0.1


def test_cells_are_no_finer_than_positions_are_told() -> None:
    coverage = Coverage(least_deg=1.0)
    coverage.add(*around(*ANTENNA))
    assert (coverage.covered().bounds.north - coverage.covered().bounds.south >= 0.99).all()


def test_of_few_cells_none_stands_out() -> None:
    cells = blurred_coverage(np.array([10.0, 10.0, 11.0]), np.array([5.0, 5.0, 5.0]))
    assert cells.heard == ["often", "often"]
    assert blurred_coverage(np.empty(0), np.empty(0)).heard == []


@given(
    st.lists(st.tuples(st.floats(-89, 89), st.floats(-180, 180)), max_size=60), st.integers(1, 9)
)
def test_it_makes_no_difference_in_which_pieces_positions_come(
    places: list[tuple[float, float]], size: int
) -> None:
    lat, lon = (np.array([p[i] for p in places], np.float64) for i in (0, 1))
    coverage = Coverage(exact=True)
    for at in range(0, len(places), size):
        coverage.add(lat[at : at + size], lon[at : at + size])
    whole = Coverage(exact=True)
    whole.add(lat, lon)
    a, b = coverage.covered(), whole.covered()
    assert (a.heard, a.marks_count.tolist()) == (b.heard, b.marks_count.tolist())
    assert sum(b.marks_count) == len(places)
    order = np.argsort(b.marks_count, kind="stable")
    ranks = [("seldom", "sometimes", "often").index(b.heard[n]) for n in order]
    assert ranks == sorted(ranks)
