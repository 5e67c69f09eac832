"""Which entry of a list a ship may be, and how certain that is; all ships here are made up."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.batch import StaticBatch
from tracks.identity import Claims, imo_valid
from tracks.watchlist import (
    CERTAINTY,
    LEAST,
    LOWERED,
    Entry,
    Match,
    Watchlist,
    name_key,
    names_agree,
)

MMSI, IMO, OTHER_IMO = 257_900_001, 3_000_001, 3_000_013
SHIP = Entry("L", name="SIM ANNA", former=("SIM OLD",), imos=(IMO,), call_signs=("QAB12",),
             mmsis=(MMSI,))  # fmt: skip
NAMED = Entry("L", name="SIM ANNA")


def one(entry: Entry, mmsi: int, **claims: object) -> Match | None:
    found = Watchlist.of([entry]).match(mmsi, Claims(**claims))
    return found[0] if found else None


def certainty(entry: Entry, mmsi: int, **claims: object) -> float:
    match = one(entry, mmsi, **claims)
    return match.certainty if match else 0.0


@pytest.mark.parametrize(
    ("mmsi", "claims", "expected", "says"),
    [
        (1, {"imo": IMO}, 0.87, "IMO number alone; another MMSI"),
        (MMSI, {"imo": IMO, "name": "SIM ANNA"}, 0.98, "IMO number, MMSI and name"),
        (MMSI, {"name": "SIM ANNA"}, 0.75, "MMSI and name"),
        (MMSI, {"name": "SIM OLD"}, 0.65, "MMSI and former name"),
        (MMSI, {}, 0.5, "MMSI alone"),
        (MMSI, {"name": "SIM BELLA"}, 0.4, "MMSI alone; another name"),
        (MMSI, {"call_sign": "QAB 12"}, 0.8, "call sign and MMSI"),
        (1, {"call_sign": "QAB12"}, 0.44, "call sign alone; another MMSI"),
        (1, {"name": "SIM ANNA"}, 0.16, "name alone; another MMSI"),
        (1, {"name": "SIM ANNA", "call_sign": "QXX9"}, 0.1,
         "name alone; another call sign; another MMSI"),
    ],
)  # fmt: skip
def test_each_match_has_its_certainty_in_numbers_and_in_words(
    mmsi: int, claims: dict[str, object], expected: float, says: str
) -> None:
    match = one(SHIP, mmsi, **claims)
    assert match is not None
    assert (match.certainty, match.says) == (expected, says)


def test_another_valid_imo_number_is_another_ship_whatever_else_agrees() -> None:
    told = {"name": "SIM ANNA", "call_sign": "QAB12"}
    assert one(SHIP, MMSI, imo=OTHER_IMO, **told) is None
    assert one(SHIP, MMSI, imo=1_234_568, **told) is not None  # its check digit is wrong


def test_a_name_alone_is_weak_and_a_common_or_short_one_weaker() -> None:
    alone = certainty(NAMED, 1, name="sim-anna")
    assert alone == CERTAINTY["name",].value == 0.2
    several = Watchlist.of([NAMED, Entry("L", name="SIM ANNA", imos=(IMO,))])
    assert several.match(1, Claims("SIM ANNA"))[0].certainty == alone / 2
    assert Watchlist.of([NAMED]).match(1, Claims("SIM ANNA"), bearers_count=3)[0].certainty == 0.1
    assert certainty(Entry("L", name="ANNA"), 1, name="ANNA") == 0.1


def test_one_ship_in_two_lists_is_not_two_ships_of_one_name() -> None:
    twice = Watchlist.of([Entry("L", name="SIM ANNA"), Entry("M", name="SIM ANNA")])
    assert [m.certainty for m in twice.match(1, Claims("SIM ANNA"))] == [0.2, 0.2]


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("SIM LONG WAY NO. 12", "SIM LONG WAY 12", True),
        ("SIM LONG WAY NO.12", "sim long-way No 12", True),
        ("M/V SIM ANNA", "SIM ANNA", True),
        ("SIM ÅNNA", "SIM ANNA", True),
        ("SIM LONG WAY 12", "SIM LONG WAY 13", False),  # sister ships
        ("SIM ANNA", "SIM BRIGITTE", False),
        ("СУДНО", "ДРУГОЕ", False),  # nothing of either can be compared
    ],
)
def test_names_are_compared_as_people_write_them(one: str, other: str, agree: bool) -> None:
    assert names_agree(one, other) == names_agree(other, one) == agree


def test_a_long_name_is_found_by_what_a_message_has_room_for() -> None:
    entry = Entry("L", name="SIM EXTRAORDINARY VOYAGER")
    assert certainty(entry, 1, name="SIM EXTRAORDINARY VO") == 0.2


def test_a_name_that_is_only_like_another_is_no_match_by_itself() -> None:
    assert certainty(NAMED, 1, name="SIM ANNE") == 0
    like = one(Entry("L", name="SIM ANNA", mmsis=(MMSI,)), MMSI, name="SIM ANNE")
    assert like is not None
    assert like.says == "MMSI and name"


def test_the_most_certain_entry_comes_first() -> None:
    found = Watchlist.of([NAMED, SHIP]).match(MMSI, Claims("SIM ANNA", imo=IMO))
    assert [m.entry for m in found] == [SHIP, NAMED]


def test_only_what_is_listed_makes_events() -> None:
    entries = [SHIP, Entry("R", name="SIM BELLA", standing="authorised"),
               Entry("R", name="SIM CARLA", standing="delisted")]  # fmt: skip
    assert list(Watchlist.of(entries).events_of().entries) == [SHIP]


marks = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["", "SIM ANNA", "SIM OLD", "SIM BRIGITTE", "<SCRIPT>", "\x1b[2J"]),
        "call_sign": st.sampled_from(["", "QAB12", "QXX9", "=1+1"]),
        "imo": st.sampled_from([0, IMO, OTHER_IMO, 1_234_568]),
    }
)


@given(marks, st.sampled_from([MMSI, 1]))
def test_a_certainty_is_between_nothing_and_one_and_more_agreement_never_lowers_it(
    said: dict[str, object], mmsi: int
) -> None:
    match = one(SHIP, mmsi, **said)
    assert match is None or LEAST <= match.certainty < 1
    if match is not None and said["imo"] == 0:
        better = one(SHIP, mmsi, **said | {"imo": IMO})
        assert better is not None
        assert better.certainty >= match.certainty
    if match is not None and mmsi != MMSI:
        assert certainty(SHIP, MMSI, **said) >= match.certainty


def test_every_number_has_its_reason() -> None:
    assert all(0 < rule.value < 1 and rule.why for rule in (*CERTAINTY.values(), *LOWERED.values()))


def test_claims_that_concern_a_list_are_those_that_can_match() -> None:
    watch = Watchlist.of([SHIP])
    names, signs = (b"", b"SIM ANNA@@", b"SIM OLD", b"NOBODY"), (b"", b"QAB12", b"Q1")
    told = list(product((MMSI, 1), names, signs, (0, IMO, 9)))
    mmsi, name, call_sign, imo = zip(*told, strict=True)
    batch = StaticBatch.make(len(told), mmsi=mmsi, name=name, call_sign=call_sign, imo=imo)
    can = [
        bool(watch.match(m, Claims(n.rstrip(b"@").decode(), c.decode(), i))) for m, n, c, i in told
    ]
    concerned = watch.concerned(batch)
    assert (concerned >= can).all()  # who may match is concerned ...
    nobodys = (1, b"NOBODY", b"Q1", 9)
    assert not concerned[told.index(nobodys)]  # ... and who has nothing of it is not
    assert not Watchlist().concerned(batch).any()
    assert np.array_equal(watch.mmsis, [MMSI])


def test_the_ships_of_these_tests_have_numbers_that_are_given_to_nobody() -> None:
    assert imo_valid(IMO)
    assert imo_valid(OTHER_IMO)
    assert name_key("M/V SIM No. 7") == "SIM7"
