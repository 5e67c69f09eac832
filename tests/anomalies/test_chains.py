"""Chains from a fishing vessel over carriers to a port: played by hand, and against a twin."""

from __future__ import annotations

import random
from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.chains import Chain, Limits, chains, landed, unclear
from anomalies.handover import Meeting
from anomalies.onward import Call, Heard
from tests.anomalies.links import (
    CARRIER,
    DAY,
    FISHER,
    KINDS,
    LAST_CARRIER,
    OTHER_CARRIER,
    SECOND,
    TANKER,
    UNKNOWN,
    always,
    book,
    called,
    met,
    never,
)

Rows = list[Meeting | Call]
PORT = "Dakar"


def to_port(*rows: Meeting | Call, limits: Limits = Limits(), heard: Heard = always) -> list[Chain]:  # noqa: B008
    landings = [r for r in rows if isinstance(r, Call) and r.place == PORT and r.sure]
    return list(chains(book(*rows, heard=heard), landings, limits))


def test_a_fishing_vessel_met_a_carrier_that_called_next_at_the_port() -> None:
    (chain,) = to_port(met(FISHER, CARRIER, 1, score=0.7), called(CARRIER, 3))
    assert chain.ships == (FISHER, CARRIER)
    assert chain.landing.start == 3 * DAY
    assert chain.score == 0.7
    assert chain.heard_throughout
    assert chain.legs[0].hours == 45.0


def test_over_two_carriers_the_meetings_follow_each_other() -> None:
    rows = met(FISHER, CARRIER, 1), met(CARRIER, OTHER_CARRIER, 2), called(OTHER_CARRIER, 3)
    (chain,) = to_port(*rows)
    assert chain.ships == (FISHER, CARRIER, OTHER_CARRIER)
    assert [leg.hours for leg in chain.legs] == [21.0, 21.0]
    assert to_port(*rows, limits=Limits(most_carriers=1)) == []


def test_a_carrier_that_was_emptied_before_it_met_the_fishing_vessel_is_no_link() -> None:
    rows = met(FISHER, CARRIER, 2), met(CARRIER, OTHER_CARRIER, 1), called(OTHER_CARRIER, 3)
    assert to_port(*rows) == []


@pytest.mark.parametrize("kind", ["port", "shore"])
@pytest.mark.parametrize("carrier", [CARRIER, OTHER_CARRIER])
def test_a_call_elsewhere_in_between_ends_the_chain_there(kind: str, carrier: int) -> None:
    rows = met(FISHER, CARRIER, 1), met(CARRIER, OTHER_CARRIER, 5), called(OTHER_CARRIER, 9)
    day = 3 if carrier == CARRIER else 7
    assert len(to_port(*rows)) == 1
    assert to_port(*rows, called(carrier, day, "Banjul", kind=kind)) == []


def test_what_is_not_sure_ends_no_chain_and_is_told() -> None:
    rows = met(FISHER, CARRIER, 1), called(CARRIER, 9)
    near = called(CARRIER, 3, "Banjul", certainty=1)
    (chain,) = to_port(*rows, near, called(CARRIER, 8, "the roads", kind="anchorage"))
    assert list(chain.legs[0].doubts()) == ["passed near Banjul", "lay at the roads"]
    (silent,) = to_port(*rows, heard=never)
    assert not silent.heard_throughout
    assert silent.silent_h == silent.legs[0].hours


def test_a_meeting_before_the_carrier_had_left_its_last_port_is_no_link() -> None:
    rows = met(FISHER, CARRIER, 2), called(CARRIER, 9)
    assert to_port(*rows, called(CARRIER, 1, "Banjul", hours=36)) == []
    assert len(to_port(*rows, called(CARRIER, 1, "Banjul", hours=23))) == 1
    assert len(to_port(*rows, called(CARRIER, 1, "Banjul", hours=None))) == 1


def test_a_second_call_at_the_same_port_lands_nothing_more() -> None:
    rows = met(FISHER, CARRIER, 1), called(CARRIER, 3), called(CARRIER, 6)
    assert [chain.landing.start for chain in to_port(*rows)] == [3 * DAY]


def test_at_an_anchorage_that_was_asked_for_the_first_stop_counts() -> None:
    stops = [called(CARRIER, day, PORT, kind="anchorage") for day in (3, 6)]
    assert [c.landing.start for c in to_port(met(FISHER, CARRIER, 1), *stops)] == [3 * DAY]


def test_a_carrier_whose_number_two_ships_use_is_doubted() -> None:
    rows = met(FISHER, CARRIER, 1), called(CARRIER, 3)
    (chain,) = chains(book(*rows)._replace(shared={CARRIER}), [rows[1]], Limits())
    assert not chain.heard_throughout
    assert "two ships take turns" in next(chain.legs[0].doubts())


@pytest.mark.parametrize("other", [TANKER, UNKNOWN, SECOND])
def test_only_kinds_that_fit_make_a_link(other: int) -> None:
    assert to_port(met(FISHER, other, 1), called(other, 3)) == []
    rows = met(FISHER, CARRIER, 1), met(CARRIER, other, 2), called(other, 3)
    assert to_port(*rows) == []


def test_weak_meetings_are_left_out_below_the_limit_that_is_stated() -> None:
    rows = met(FISHER, CARRIER, 1, score=0.2), called(CARRIER, 3)
    assert to_port(*rows) == []
    assert len(to_port(*rows, limits=Limits(min_score=0.2))) == 1


def test_meetings_with_a_ship_that_said_nothing_are_counted_as_unclear() -> None:
    rows = [met(CARRIER, UNKNOWN, 2), met(UNKNOWN, TANKER, 2), called(CARRIER, 3)]
    landings = [row for row in rows if isinstance(row, Call)]
    assert unclear(book(*rows), landings, Limits()) == 1
    assert unclear(book(*rows), landings, Limits(min_score=0.95)) == 0


def test_a_meeting_that_outlasts_the_arrival_does_not_lead_there() -> None:
    assert to_port(met(FISHER, CARRIER, 1, hours=30), called(CARRIER, 2)) == []


def test_a_fishing_vessels_own_calls_are_told_with_the_one_before() -> None:
    rows = called(FISHER, 9), called(FISHER, 2, "Banjul"), called(CARRIER, 4)
    (one,) = landed(book(*rows), [rows[0], rows[2]], [FISHER])
    assert one.call == rows[0]
    assert one.since == rows[1]


FLEET = [FISHER, SECOND, CARRIER, OTHER_CARRIER, LAST_CARRIER]
MEETINGS = st.tuples(st.permutations(FLEET), st.integers(0, 40), st.sampled_from((3.0, 30.0))).map(
    lambda drawn: met(*drawn[0][:2], drawn[1] / 2, drawn[2])
)
CALLS = st.builds(
    called,
    st.sampled_from([CARRIER, OTHER_CARRIER, LAST_CARRIER]),
    st.integers(0, 40).map(lambda half: half / 2 + 0.25),
    st.sampled_from([PORT, PORT, "Banjul"]),
    st.sampled_from([5.0, 10.0, None]),
    st.sampled_from([1, 2, 4]),
    st.sampled_from(["port", "anchorage", "shore"]),
)
ROWS = st.lists(
    st.one_of(MEETINGS, CALLS),
    max_size=14,
    unique_by=lambda row: row.id if isinstance(row, Meeting) else (row.ship, row.start),
)


@given(ROWS, st.randoms())
def test_chains_are_those_of_an_obvious_twin_in_any_order(rows: Rows, order: random.Random) -> None:
    mixed = list(rows)
    order.shuffle(mixed)
    found = to_port(*rows)
    assert to_port(*mixed) == found
    told = {(c.ships, tuple(m.id for m in c.meetings), c.landing.start) for c in found}
    assert len(told) == len(found)
    assert told == set(_twin(rows))


@given(ROWS)
def test_no_chain_travels_back_in_time_or_through_a_ship_twice(rows: Rows) -> None:
    for chain in to_port(*rows):
        starts = [*(meeting.start for meeting in chain.meetings), chain.landing.start]
        assert starts == sorted(starts)
        assert chain.meetings[-1].end <= chain.landing.start
        assert all(leg.hours >= 0 for leg in chain.legs)
        assert len(set(chain.ships)) == len(chain.ships)
        assert [KINDS[ship] for ship in chain.ships] == ["fishing"] + ["cargo"] * len(chain.legs)


def _twin(rows: Rows) -> list[tuple[tuple[int, ...], tuple[str, ...], float]]:
    """Try every row of ships, and every choice of meetings between them."""
    meetings = [row for row in rows if isinstance(row, Meeting)]
    calls = [row for row in rows if isinstance(row, Call)]
    found = []
    for landing in calls:
        if landing.place != PORT or not landing.sure:
            continue
        for length in (2, 3, 4):
            for ships in permutations(FLEET, length):
                if ships[-1] != landing.ship or KINDS[ships[0]] != "fishing":
                    continue
                if any(KINDS[ship] != "cargo" for ship in ships[1:]):
                    continue
                links = [[m for m in meetings if set(m.ships) == set(pair)]
                         for pair in pairwise(ships)]  # fmt: skip
                found += [
                    (ships, tuple(m.id for m in way), landing.start)
                    for way in product(*links)
                    if _holds(ships, way, landing, calls)
                ]
    return found


def _holds(
    ships: tuple[int, ...], way: tuple[Meeting, ...], landing: Call, calls: list[Call]
) -> bool:
    moments = [(m.start, m.id) for m in way]
    if moments != sorted(moments) or way[-1].end > landing.start:
        return False
    ends = [*(m.start for m in way[1:]), landing.start]
    for carrier, meeting, end in zip(ships[1:], way, ends, strict=True):
        for call in calls:
            stops = call.certainty >= 2 and (
                call.kind != "anchorage" or (carrier == landing.ship and call.place == PORT)
            )
            left = call.start if call.end is None else call.end
            if call.ship == carrier and stops and call.start < end and left > meeting.start:
                return False
    return True
