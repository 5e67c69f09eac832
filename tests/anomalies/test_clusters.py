"""Ships that belong together by whom they meet."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.clusters import groups, sharing
from anomalies.ship_kinds import ShipKind

Links = list[tuple[int, int]]
LINKS = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] != pair[1]),
    max_size=40,
)


def partners(links: Links) -> dict[int, set[int]]:
    made: dict[int, set[int]] = {}
    for one, other in links:
        made.setdefault(one, set()).add(other)
        made.setdefault(other, set()).add(one)
    return made


def kinds(ships: object = range(200)) -> dict[int, ShipKind]:
    """Return fishing vessels below 100 and cargo ships from there on."""
    return {ship: "fishing" if ship < 100 else "cargo" for ship in range(200)}


def test_a_group_is_all_that_meetings_link_and_a_pair_is_none() -> None:
    assert groups(partners([(1, 2), (2, 3), (3, 4), (7, 8), (20, 21), (21, 22)])) == [
        (1, 2, 3, 4),
        (20, 21, 22),
    ]


def test_guests_of_two_busy_carriers_share_them_by_chance() -> None:
    everybody = partners([(guest, carrier) for guest in range(30) for carrier in (100, 101)])
    one = next(s for s in sharing(everybody, kinds()) if s.ships == (3, 4))
    assert one.partners == (100, 101)
    assert one.expected_count == pytest.approx(2 * 29 / 30)


def test_two_that_always_choose_the_same_of_many_stand_out() -> None:
    # Ten carriers with four guests each, drawn round, but that 0 and 1 both went to 100, 101, 102.
    links = [(0, 100), (0, 101), (0, 102), (1, 100), (1, 101), (1, 102)]
    links += [(10 + k, 100 + (k + shift) % 10) for k in range(20) for shift in (3, 6)]
    first = sharing(partners(links), kinds())[0]
    assert first.ships == (0, 1)
    assert first.partners == (100, 101, 102)
    assert first.expected_count < 1.2


def test_what_chance_brings_worked_by_hand() -> None:
    # Fishing vessels 0, 1, 2; carriers 100 (met by all three) and 101 (met by 0 and 1): 5 meetings.
    # Two vessels with 2 partners each: 2 * 2 * (3 * 2 + 2 * 1) / 5**2 = 1.28.
    found = sharing(partners([(0, 100), (1, 100), (2, 100), (0, 101), (1, 101)]), kinds())
    by_ships = {one.ships: one for one in found}
    assert by_ships[0, 1].expected_count == pytest.approx(1.28)
    # And the carriers, with 3 and 2 guests: 3 * 2 * (2 * 1 + 2 * 1 + 1 * 0) / 5**2 = 0.96.
    assert by_ships[100, 101].expected_count == pytest.approx(0.96)


def test_chance_never_brings_more_than_a_ship_has_partners() -> None:
    links = [(k, 100) for k in range(10)] + [(0, 101 + k) for k in range(20)]
    found = {s.ships: s for s in sharing(partners(links), kinds(), least=1)}
    assert found[100, 101].partners == (0,)
    assert found[100, 101].expected_count == 1.0


def test_other_waters_do_not_dilute_chance() -> None:
    here = [(guest, carrier) for guest in range(4) for carrier in (100, 101)]
    there = [(guest, carrier) for guest in range(20, 60) for carrier in range(120, 140)]
    alone, beside = (
        {s.ships: s.expected_count for s in sharing(partners(links), kinds())}
        for links in (here, here + there)
    )
    assert beside[0, 1] == alone[0, 1]


def test_chance_agrees_with_drawing_who_met_whom_by_lot() -> None:
    links = [(k, 100 + (k * j) % 12) for k in range(24) for j in range(1, 5)]
    given_links = sorted({(min(pair), max(pair)) for pair in links})
    found = {s.ships: s for s in sharing(partners(given_links), kinds(), least=1)}
    rng = np.random.default_rng(5)
    ends = np.array([one for one, _ in given_links]), np.array([two for _, two in given_links])
    ones, others = np.flatnonzero(ends[0] == 3), np.flatnonzero(ends[0] == 4)
    drawn = [rng.permutation(ends[1]) for _ in range(2000)]
    # Multiple meetings of one pair count as often as they are drawn, as in the model.
    shared = [(d[ones][:, None] == d[others]).sum() for d in drawn]
    expected = found[3, 4].expected_count
    # The model draws with replacement, which n / (n - 1) sets right.
    assert np.mean(shared) == pytest.approx(expected * len(drawn[0]) / (len(drawn[0]) - 1), abs=0.1)


@given(LINKS, st.randoms())
def test_order_changes_nothing_and_a_slow_twin_agrees(links: Links, order: random.Random) -> None:
    mixed = [pair[:: order.choice((1, -1))] for pair in links]
    order.shuffle(mixed)
    met = partners(links)
    found = sharing(met, kinds(), least=1)
    again = sharing(partners(mixed), kinds(), least=1)  # type: ignore[arg-type]
    assert {s.ships: s.partners for s in found} == {s.ships: s.partners for s in again}
    assert {s.ships: s.partners for s in found} == {
        pair: tuple(sorted(met[pair[0]] & met[pair[1]]))
        for pair in combinations(sorted(met), 2)
        if met[pair[0]] & met[pair[1]]
    }
    for one in found:
        assert 0 < one.expected_count <= min(len(met[ship]) for ship in one.ships) + 1e-9
    assert groups(met) == groups(partners(mixed))  # type: ignore[arg-type]
