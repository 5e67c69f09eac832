"""What counts as found of simulated months, held against cases worked out by hand."""

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

import _months_compare as compare
from _months_names import Claim, Identity
from _months_truth import HOWS, Chain, Visit

from tracks.batch import HULLS_PER_MMSI
from tracks.ports import Visits

HOUR, DAY = 3600.0, 86400.0
VISIT = Visit(
    7, 0, "Dakar (SN)", "port", 0.0, 10 * HOUR, 14.68, -17.42, math.inf, True, 5, 1.0, 1.0
)


def true(start_h: float, end_h: float, **changed: Any) -> Visit:
    return replace(VISIT, start=start_h * HOUR, end=end_h * HOUR, **changed)


def found(*rows: tuple[float, float], **columns: Any) -> Visits:
    start, end = zip(*rows, strict=True) if rows else ((), ())
    given = {"track": 7 * HULLS_PER_MMSI + 1, "lat": 14.68, "lon": -17.42, "certainty": 4}
    return Visits.make(
        len(rows), start=[t * HOUR for t in start], end=[t * HOUR for t in end], **given | columns
    )


def rows(of: compare.Matched) -> list[int]:
    return [one.found for one in of.wanted]


def test_a_visit_is_found_once_and_each_found_one_is_one() -> None:
    one = compare.match_visits([true(0, 10), true(50, 60)], found((1, 9), (9.5, 10), (51, 59)))
    assert rows(one) == [0, 2]
    assert one.right == [True, False, True]


def test_a_visit_still_going_on_lasts_for_ever_and_a_few_minutes_before_it_are_of_it() -> None:
    assert rows(compare.match_visits([true(0, 10)], found((5, math.nan)))) == [0]
    assert rows(compare.match_visits([true(3, 10)], found((1.5, 2.5)))) == [0]
    assert rows(compare.match_visits([true(3.5, 10)], found((0, 1)))) == [-1]


def test_another_place_or_number_is_another_visit() -> None:
    assert rows(compare.match_visits([true(0, 10)], found((0, 10), lat=14.74))) == [-1]
    assert rows(compare.match_visits([true(0, 10)], found((0, 10), track=8001))) == [-1]


def test_stops_in_roads_visits_cut_off_and_those_not_heard_are_not_asked_for() -> None:
    unheard = true(0, 10, heard_count=0, in_nmi=math.inf, out_nmi=math.inf)
    roads = true(0, 10, kind="roads", place="")
    assert rows(compare.match_visits([unheard], found())) == []
    cut = true(0, 10, whole=False)
    for visit in (roads, cut):
        of = compare.match_visits([visit], found((0, 10)))
        assert (rows(of), of.right) == ([], [True])


def test_who_waits_in_roads_before_the_berth_makes_one_visit_or_two() -> None:
    both = [true(0, 30, kind="roads", place=""), true(32, 40)]
    of = compare.match_visits(both, found((0, 40)))
    assert (rows(of), of.right) == ([0], [True])
    of = compare.match_visits(both, found((0, 30), (32, 40)))
    assert (rows(of), of.right) == ([1], [True, True])


def test_what_was_heard_of_a_visit_decides_whether_it_is_asked_for() -> None:
    silent = {"heard_count": 0, "in_nmi": math.inf, "out_nmi": math.inf}
    cases: list[tuple[dict[str, float], str]] = [
        ({"heard_count": 3}, HOWS[0]),
        ({"heard_count": 1}, HOWS[1]),
        ({"in_nmi": 1.5}, HOWS[1]),
        ({"out_nmi": 1.5}, HOWS[1]),
        ({"in_nmi": 5.0, "out_nmi": 4.0}, HOWS[2]),
        ({"in_nmi": 5.0}, HOWS[3]),
        ({"in_nmi": 7.0, "out_nmi": 7.0}, HOWS[4]),
    ]
    for heard, how in cases:
        visit = true(0, 10, **silent | heard)
        assert visit.how == how
        assert visit.heard == (how in HOWS[:3])


def test_of_two_stops_between_which_a_ship_was_not_heard_out_one_is_enough() -> None:
    both = [true(0, 10), true(20, 30, away_nmi=2.0)]
    (first, second) = compare.match_visits(both, found((0, 30))).wanted
    assert (first.found, first.excused) == (0, False)
    assert (second.found, second.excused) == (-1, True)
    (first, second) = compare.match_visits([*both[:1], both[1]], found((9, 30))).wanted
    assert (first.found, first.excused) == (-1, True)  # the longer one is found
    out = [true(0, 10), true(20, 30, away_nmi=20.0)]
    assert not compare.match_visits(out, found((0, 30))).wanted[1].excused


def lengths(of: Sequence[compare.Voyage]) -> list[float]:
    return [one.found_days for one in of]


def test_a_voyage_lasts_from_one_visit_to_the_next_if_nothing_was_told_in_between() -> None:
    stops = [true(0, 10), true(82, 90), true(90 + 48, 200)]

    def told(*parts: tuple[float, float], **columns: Any) -> list[float]:
        visits = found(*parts, **columns)
        return lengths(compare.voyages(stops, visits, compare.match_visits(stops, visits)))

    assert told((0, 10), (82, 90), (138, 200)) == [3.0, 2.0]
    assert told((0, 9), (83, 90), (138, 200)) == [pytest.approx(74 / 24), 2.0]
    assert told((0, 10), (40, 41), (82, 90)) == [pytest.approx(math.nan, nan_ok=True)] * 2
    unsure = told((0, 10), (40, 41), (82, 90), certainty=[4, 1, 4])
    assert unsure[0] == 3.0  # who only came near called nowhere
    assert math.isnan(unsure[1])


CHAIN = Chain(5, 6, "Suva (FJ)", 1000.0, 200_000.0, 290_000.0, 390_000.0, (1, 2), 4.0, True)


def test_a_chain_is_the_same_if_ships_port_and_dates_are() -> None:
    told = compare.FoundChain(
        frozenset((5,)), frozenset((6, 9)), "Suva (FJ)", 4000.0, 210_000.0, True
    )
    assert compare.same_chain(CHAIN, told)
    assert compare.same_chain(CHAIN, told._replace(landing_start=300_000.0))
    for other in (
        told._replace(fishing=frozenset((6,))),
        told._replace(carrier=frozenset((9,))),
        told._replace(port="Levuka (FJ)"),
        told._replace(meeting_start=30_000.0),
        told._replace(landing_start=100_000.0),
        told._replace(landing_start=400_000.0),
    ):
        assert not compare.same_chain(CHAIN, other)
    assert compare.hearable(CHAIN, 2.2)
    assert not compare.hearable(CHAIN, 5.0)
    assert not compare.hearable(replace(CHAIN, landing_heard=False), 2.2)


def ship(number: int, kind: str, *mmsis: int, others: tuple[int, ...] = ()) -> Identity:
    claims = [Claim(0, 1, mmsi, "A", "Q1", 0) for mmsi in mmsis]
    return Identity(number, kind, claims, others)


def recorded(*ships: dict[int, int], doubted: bool = False) -> list[compare.Recorded]:
    return [compare.Recorded(of, doubted) for of in ships]


def test_a_ship_with_two_numbers_is_linked_if_one_ship_of_the_record_holds_most_of_it() -> None:
    one = [ship(0, "re-flagged", 5, 6)]
    heard = {(0, 5): 1000, (0, 6): 800}

    def outcome(*ships: dict[int, int]) -> str:
        (made,) = compare.identified(one, recorded(*ships), heard)
        return made.outcome

    assert outcome({0: 1700}, {0: 100}) == compare.RIGHT
    assert outcome({0: 1000}, {0: 800}) == compare.WRONG
    assert outcome({0: 1800, 3: 900}) == compare.WRONG
    assert outcome() == compare.WRONG
    assert compare.identified(one, recorded({0: 1000}), {(0, 5): 1000, (0, 6): 3}) == []


def test_two_ships_are_parted_if_each_has_a_ship_of_the_record_of_its_own() -> None:
    pair = [ship(1, "shares a number", 7, others=(2,)), ship(2, "shares a number", 7, others=(1,))]
    heard = {(1, 7): 1000, (2, 7): 600}

    def outcome(*ships: dict[int, int], doubted: bool = False) -> str:
        (made,) = compare.identified(pair, recorded(*ships, doubted=doubted), heard)
        return made.outcome

    assert outcome({1: 900, 2: 30}, {2: 500}) == compare.RIGHT
    assert outcome({1: 900}, {2: 200}) == compare.WRONG  # most of the other is nowhere
    assert outcome({1: 1000, 2: 600}) == compare.WRONG
    assert outcome({1: 1000, 2: 600}, doubted=True) == compare.TOLD
    assert compare.identified(pair, recorded(), {(1, 7): 1000}) == []
    (both, one) = recorded({1: 1000, 2: 600}, {1: 1000, 2: 40})
    assert (both.mixed, one.mixed) == (True, False)
