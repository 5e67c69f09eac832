"""The network of meetings, and what the kinds of two ships say of who gave to whom."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.handover import Meeting, handover, unknown_why
from anomalies.network import around, edges, partners_of
from anomalies.ship_kinds import WORDS
from tests.anomalies.links import (
    CARRIER,
    DAY,
    FISHER,
    HOUR,
    KINDS,
    OTHER_CARRIER,
    SECOND,
    TANKER,
    THIRD,
    UNKNOWN,
    met,
)

SHIPS = sorted(KINDS)
MEETINGS = st.lists(
    st.tuples(st.permutations(SHIPS), st.integers(0, 200), st.floats(0, 1)).map(
        lambda drawn: met(*drawn[0][:2], drawn[1] / 4, score=drawn[2])
    ),
    max_size=25,
    unique_by=lambda meeting: meeting.id,
)


def test_catch_goes_from_fishing_vessel_to_cargo_ship_whichever_is_named_first() -> None:
    gift = handover(met(CARRIER, FISHER, 1))
    assert gift
    assert (gift.giver, gift.taker, gift.goods) == (FISHER, CARRIER, "catch")
    assert "hand catch over" in gift.why


@pytest.mark.parametrize("supplied", [FISHER, CARRIER])
def test_a_tanker_gives_fuel(supplied: int) -> None:
    gift = handover(met(TANKER, supplied, 1))
    assert gift
    assert (gift.giver, gift.taker, gift.goods) == (TANKER, supplied, "fuel")


@pytest.mark.parametrize(
    ("one", "other"),
    [(FISHER, SECOND), (CARRIER, OTHER_CARRIER), (FISHER, UNKNOWN), (UNKNOWN, TANKER)],
)
def test_between_all_others_it_stays_unknown_and_the_reason_is_said(one: int, other: int) -> None:
    meeting = met(one, other, 1)
    assert handover(meeting) is None
    assert ("has not said" in unknown_why(meeting)) == (UNKNOWN in (one, other))


def test_no_two_kinds_give_to_each_other_both_ways() -> None:
    for a in WORDS:
        for b in WORDS:
            there = handover(met(1, 2, 1)._replace(kinds=(a, b)))
            back = handover(met(1, 2, 1)._replace(kinds=(b, a)))
            assert (there is None) == (back is None)
            assert there is None or back is None or there.giver != back.giver or a == b


def test_three_meetings_of_two_ships_are_one_edge() -> None:
    rows = [met(FISHER, CARRIER, 9, 2.0, 0.4), met(CARRIER, FISHER, 1, 5.0, 0.8),
            met(FISHER, CARRIER, 4)._replace(place="elsewhere")]  # fmt: skip
    (edge,) = edges(rows)
    assert edge.ships == (FISHER, CARRIER)
    assert (edge.first, edge.last) == (DAY, 9 * DAY + 2 * HOUR)
    assert (edge.hours, edge.best_score) == (10.0, 0.9)
    assert edge.places == [("at sea", 2), ("elsewhere", 1)]
    assert edge.handover
    assert edge.handover.giver == FISHER


def test_a_ship_that_changes_its_kind_leaves_the_direction_unknown() -> None:
    later = met(FISHER, CARRIER, 4)._replace(kinds=("cargo", "fishing"))
    (edge,) = edges([met(FISHER, CARRIER, 1), later])
    assert edge.handover is None
    assert "other kinds at one meeting than at another" in edge.why


@given(MEETINGS, st.randoms())
def test_the_order_of_meetings_changes_nothing(rows: list[Meeting], order: random.Random) -> None:
    mixed = list(rows)
    order.shuffle(mixed)
    assert edges(mixed) == edges(rows)
    assert sum(len(edge.meetings) for edge in edges(rows)) == len(rows)


@given(MEETINGS, st.sampled_from(SHIPS), st.integers(1, 4))
def test_around_a_ship_is_all_that_a_slow_search_finds(
    rows: list[Meeting], ship: int, hops: int
) -> None:
    network = edges(rows)
    away = {ship: 0}
    for hop in range(1, hops + 1):
        for edge in network:
            for one, other in (edge.ships, edge.ships[::-1]):
                if away.get(one) == hop - 1:
                    away.setdefault(other, hop)
    expected = [e for e in network if min(away.get(s, hops) for s in e.ships) < hops]
    assert around(network, ship, hops) == expected


def test_one_hop_shows_the_meetings_of_the_ship_alone_and_two_those_of_its_partners() -> None:
    network = edges([met(FISHER, CARRIER, 1), met(SECOND, CARRIER, 2), met(SECOND, THIRD, 3)])
    assert [e.ships for e in around(network, FISHER, 1)] == [(FISHER, CARRIER)]
    assert [e.ships for e in around(network, FISHER, 2)] == [(FISHER, CARRIER), (SECOND, CARRIER)]
    assert len(around(network, FISHER, 3)) == 3
    assert partners_of(network)[CARRIER] == {FISHER, SECOND}
