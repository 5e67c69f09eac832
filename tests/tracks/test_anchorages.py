"""Anchorages: what is learned of stays, as a slow and obvious way learns it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fleets import HOUR, T0
from tracks.anchorages import MARGIN_NMI, Anchorages, Anchoring
from tracks.batch import HULLS_PER_MMSI
from tracks.geodesy import NMI_M, destination, distance_m
from tracks.places import Places
from tracks.stays import Stays

LAT, LON = 14.6, -17.6
FIVE = Anchoring(vessels_count=5)


class Stay(NamedTuple):
    ship: int
    east_nmi: float
    north_nmi: float = 0.0
    start_h: int = 0
    hours: int = 20
    counts: bool = True


def stays(some: Sequence[Stay], at: tuple[float, float] = (LAT, LON)) -> Stays:
    east = np.array([s.east_nmi for s in some])
    north = np.array([s.north_nmi for s in some])
    bearing = np.degrees(np.arctan2(east, north))
    lat, lon = destination(at[0], at[1], bearing, np.hypot(east, north) * NMI_M)
    made = Stays.make(
        len(some),
        track=[(300_000_000 + s.ship) * HULLS_PER_MMSI + 1 + s.start_h % 2 for s in some],
        start=[T0 + s.start_h * HOUR for s in some],
        end=[T0 + (s.start_h + s.hours) * HOUR for s in some],
        heard_h=[s.hours for s in some],
        lat=lat,
        lon=lon,
        counts=[s.counts for s in some],
    )
    return made.take(np.lexsort((made.track, made.start, made.end)))


def slow(found: Stays, how: Anchoring) -> set[tuple[object, ...]]:
    """Ask of each stay who lay near, and let near discs join hands."""
    rows = [found.take(np.array([i])) for i in range(len(found))]

    def apart_m(a: Stays, b: Stays) -> float:
        return float(distance_m(a.lat, a.lon, b.lat, b.lon)[0])

    def alone(a: Stays) -> bool:
        return not any(
            apart_m(a, b) <= 500 and min(a.end, b.end) - max(a.start, b.start) >= 2 * HOUR
            for b in rows
            if not b.counts
        )

    long = [a for a in rows if a.counts and a.heard_h >= how.min_stay_h and alone(a)]
    within_m = how.within_nmi * NMI_M

    def near(a: Stays) -> list[Stays]:
        return [b for b in long if apart_m(a, b) <= within_m]

    def ships(some: Sequence[Stays]) -> int:
        return len({int(b.mmsi[0]) for b in some})

    cores = [a for a in long if ships(near(a)) >= how.vessels_count]
    centres: list[Stays] = []
    for a in sorted(cores, key=lambda a: (-ships(near(a)), int(a.track[0]), float(a.start[0]))):
        if all(apart_m(a, c) > within_m for c in centres):
            centres.append(a)
    groups = [{i} for i in range(len(centres))]
    for i, a in enumerate(centres):
        for j, b in enumerate(centres[:i]):
            if apart_m(a, b) <= 2 * within_m:
                one, other = (next(g for g in groups if k in g) for k in (i, j))
                if one is not other:
                    groups.remove(other)
                    one |= other
    told = set()
    for group in groups:
        own = [b for i in group for b in near(centres[i])]
        told |= {
            (
                round(float(centres[i].lat[0]), 9),
                round(float(centres[i].lon[0]), 9),
                ships(own),
                min(float(b.start[0]) for b in own),
                max(float(b.end[0]) for b in own),
                len(group),
            )
            for i in group
        }
    return told


def facts(found: Anchorages) -> set[tuple[object, ...]]:
    return {
        (
            round(float(found.lat[i]), 9),
            round(float(found.lon[i]), 9),
            int(found.vessels_count[i]),
            float(found.first[i]),
            float(found.last[i]),
            int(np.count_nonzero(found.number == found.number[i])),
        )
        for i in range(len(found))
    }


fleets = st.lists(
    st.builds(
        Stay,
        st.integers(1, 9),
        st.sampled_from([0.0, 0.11, 0.23, 0.41, 0.61, 0.93, 1.21, 1.63, 2.9, 40.0]),
        st.sampled_from([0.0, 0.07, 0.33]),
        st.integers(0, 60),
        st.sampled_from([3, 13, 20, 31]),
        st.sampled_from([True] * 9 + [False]),
    ),
    min_size=1,
    max_size=40,
)


@given(fleets, st.integers(2, 5))
@settings(max_examples=80, deadline=None)
def test_it_learns_what_a_slow_and_obvious_way_learns(some: list[Stay], least: int) -> None:
    how = Anchoring(vessels_count=least)
    found = how.learn(stays(some))
    assert facts(found) == slow(stays(some), how)
    assert not len(found) or how.possible(stays(some))


@given(fleets)
@settings(max_examples=30, deadline=None)
def test_longitude_180_and_the_order_of_stays_change_nothing(some: list[Stay]) -> None:
    here, there = (FIVE.learn(stays(some, at)) for at in ((LAT, LON), (LAT, 179.99)))
    shifted = (there.lon - 179.99 + LON + 540) % 360 - 180
    np.testing.assert_allclose(shifted, here.lon, atol=1e-9)
    for name in ("number", "vessels_count", "first", "last"):
        assert getattr(here, name).tolist() == getattr(there, name).tolist()
    backwards = FIVE.learn(stays(some).take(slice(None, None, -1)))
    assert backwards.to_records().tolist() == here.to_records().tolist()


def roads(ships: int, **how: object) -> list[Stay]:
    """Return ships that lie some hundred metres apart, one after the other."""
    return [
        Stay(ship, 0.2 * (ship % 3), 0.2 * (ship // 3 % 3), 30 * ship)._replace(**how)
        for ship in range(ships)
    ]


def test_eight_ships_make_an_anchorage_and_seven_do_not() -> None:
    found = Anchoring().learn(stays(roads(8)))
    assert found.count == 1
    assert set(found.vessels_count.tolist()) == {8}
    assert found.first.min() == T0
    assert found.last.max() == T0 + (7 * 30 + 20) * HOUR
    assert not len(Anchoring().learn(stays(roads(7))))
    assert not Anchoring().possible(stays(roads(7)))


def test_two_ships_that_lie_there_for_months_do_not_make_one() -> None:
    forever = [Stay(ship % 2, 0.05 * ship, 0, 40 * ship) for ship in range(50)]
    assert not len(Anchoring(vessels_count=3).learn(stays(forever)))


def test_ships_that_lie_far_from_each_other_do_not_make_one() -> None:
    scattered = [Stay(ship, 0.8 * ship) for ship in range(30)]
    assert not len(Anchoring().learn(stays(scattered)))
    assert not Anchoring().possible(stays(scattered))


def test_fishing_vessels_and_those_that_do_not_say_what_they_are_do_not_make_one() -> None:
    assert not len(Anchoring().learn(stays(roads(20, counts=False))))


def test_carriers_that_meet_fishing_vessels_do_not_make_one_however_often() -> None:
    met = roads(20)
    beside = [
        s._replace(ship=100 + s.ship, east_nmi=s.east_nmi + 0.02, start_h=s.start_h + 9, hours=3)
        for s in met
    ]
    visitors = [s._replace(counts=False) for s in beside]
    assert not len(Anchoring().learn(stays([*met, *visitors])))
    assert len(Anchoring().learn(stays([*met, *beside])))


def test_a_fishing_vessel_that_only_passes_or_lies_apart_takes_nothing_from_it() -> None:
    short = [Stay(99, 0.2, 0.2, 30 * i, 1, False) for i in range(8)]
    far = [Stay(98, 1.5, 1.5, 0, 400, False)]
    alone = Anchoring().learn(stays(roads(8)))
    assert facts(Anchoring().learn(stays([*roads(8), *short, *far]))) == facts(alone)


def test_every_place_at_which_enough_ships_lay_is_in_a_disc() -> None:
    rng = np.random.default_rng(5)
    lying = [
        Stay(ship, float(rng.uniform(0, 6)), float(rng.uniform(0, 2)), int(rng.integers(0, 2000)))
        for ship in range(300)
    ]
    some = stays(lying)
    found = FIVE.learn(some)
    places = Places.of(found.places())
    assert found.count == 1
    assert len(found) < 40
    assert places.near_port(some.lat, some.lon, 0.0).mean() > 0.95
    assert set(found.radius_nmi.tolist()) == {FIVE.within_nmi + MARGIN_NMI}


def test_the_busiest_comes_first_and_0_ships_learn_nothing() -> None:
    other = [s._replace(east_nmi=s.east_nmi + 9, ship=s.ship + 50) for s in roads(20)]
    found = Anchoring().learn(stays([*roads(9), *other]))
    assert found.count == 2
    assert found.vessels_count.tolist() == sorted(found.vessels_count.tolist(), reverse=True)
    off = replace(Anchoring(), vessels_count=0)
    assert not off.possible(stays(roads(20)))
    assert not len(off.learn(stays(roads(20))))


def test_a_distance_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="within_nmi is 0"):
        Anchoring(within_nmi=0.0)
