from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.joining import compare, joined, numbered
from tracks.way import Way

HULL = 416_000_000_001


def ship(bins: range, lat: float, lon: float, knots: float = 10.0) -> Way:
    n = np.array([*bins])
    return Way(n, lat + n * knots / 6 / 60, np.full(len(n), float(lon)))


def test_ways_that_agree_where_both_were_heard_are_one_hulls() -> None:
    one = compare(ship(range(0, 50), 0, 10), ship(range(40, 90), 0.005, 10))
    assert (one.one, one.shared_count, one.near_count) == (True, 10, 10)


def test_hulls_in_two_places_at_one_time_are_two() -> None:
    assert not compare(ship(range(50), 0, 10), ship(range(50), 0, 10.05)).one
    assert not compare(ship(range(50), 0, 10), ship(range(50), 30, 10)).one


def test_a_line_over_an_hours_hole_does_not_part_a_ship() -> None:
    bent = ship(range(50), 0, 10)
    bent.lon[20:25] += 0.05
    assert compare(ship(range(50), 0, 10), bent).one


def test_hulls_heard_in_turns_are_one_if_it_could_go_from_each_to_the_next() -> None:
    assert compare(ship(range(0, 20), 0, 10), ship(range(30, 50), 0, 10)).one
    assert not compare(ship(range(0, 20), 0, 10), ship(range(22, 50), 5, 10)).one


def test_two_ships_that_share_an_mmsi_are_matched_each_to_its_own() -> None:
    ways = {
        (0, HULL): ship(range(50), 0, 10),
        (0, HULL + 1): ship(range(50), 20, 30),
        (1, HULL): ship(range(30, 80), 20, 30),
        (1, HULL + 1): ship(range(30, 80), 0, 10),
    }
    groups = joined(ways)
    assert groups == [((0, HULL), (1, HULL + 1)), ((0, HULL + 1), (1, HULL))]
    tracks = numbered(groups, 1000)
    assert tracks[0, HULL] == tracks[1, HULL + 1] == HULL
    assert tracks[0, HULL + 1] == tracks[1, HULL] == HULL + 1


def test_what_one_station_took_for_two_hulls_stays_two() -> None:
    ways = {
        (0, HULL): ship(range(0, 20), 0, 10),
        (1, HULL): ship(range(10, 30), 0, 10),
        (1, HULL + 1): ship(range(40, 60), 0, 10),
    }
    assert joined(ways) == [((0, HULL), (1, HULL)), ((1, HULL + 1),)]


def test_a_hull_that_only_the_second_station_heard_gets_a_number_of_its_own() -> None:
    ways = {(0, HULL): ship(range(50), 0, 10), (1, HULL): ship(range(50), 40, 10)}
    assert numbered(joined(ways), 1000) == {(0, HULL): HULL, (1, HULL): HULL + 1}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_hulls_are_joined_as_they_truly_are(seed: int) -> None:
    """Ships under one MMSI, 60 nmi and more apart, each heard by two stations in part."""
    rng = np.random.default_rng(seed)
    truth, ways = {}, {}
    for station in range(2):
        for name, whose in enumerate(rng.permutation(3).tolist()):
            begin = int(rng.integers(0, 40))
            ways[station, HULL + name] = ship(range(begin, begin + 60), 3.0 * whose, 10)
            truth[station, HULL + name] = whose
    for group in joined(ways):
        assert len(group) == 2
        assert len({truth[node] for node in group}) == 1
