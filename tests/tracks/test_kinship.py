"""Whether two hulls are one ship: what joins them, and what keeps them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.kinship import GROUNDS, JOINED, Conflict, Link, Succession, differ, judge, same_size
from tracks.portraits import Part, Portrait
from tracks.way import DAY_S, NOWHERE, Way

HOUR = 3600.0
DAY = float(DAY_S)
IMO, OTHER_IMO = "9074729", "9176187"
CHINA, PANAMA = 412_000_001, 352_000_001  # MMSIs
Places = dict[Part, Way]


def hull(mmsi: int, first_day: float, last_day: float, number: int = 1, **said: Any) -> Portrait:
    known = {name: frozenset(v) for name, v in said.items() if name not in ("size", "of")}
    part = Part(mmsi * 1000 + number, said.get("of", ""))
    size = said.get("size", (60, 10))
    return Portrait(part, first_day * DAY, last_day * DAY, size=size, **known)


def lying(one: Portrait, lat: float = 5.0) -> Way:
    """Return a hull that was heard at one place all the time."""
    bins = np.arange(int(one.first // 600) + 1, int(one.last // 600) + 1)
    return Way(bins, np.full(len(bins), lat), np.zeros(len(bins)))


def verdict(a: Portrait, b: Portrait, lat: float = 5.0, **how: Any) -> Link | Conflict | None:
    """Judge `a` at latitude 5, and `b` at `lat`; the other way round it must be the same."""
    places = {a.part: lying(a), b.part: lying(b, lat)}

    def ways(part: Part, first: float, last: float) -> Way:
        way = places[part]
        on = (way.bin >= first // 600) & (way.bin <= last // 600)
        return Way(way.bin[on], way.lat[on], way.lon[on])

    found = judge(a, b, ways, how.get("seen"))
    assert judge(b, a, ways, how.get("seen")) == found
    if isinstance(found, Conflict) and found.why != "turns":
        assert differ(a, b, ways)
        assert differ(b, a, ways)
    return found


def joined(found: Link | Conflict | None) -> bool:
    return isinstance(found, Link) and found.certainty >= JOINED


def test_a_new_flag_and_name_with_the_same_imo_number_and_size_is_one_ship() -> None:
    a = hull(CHINA, 0, 20, imo={IMO}, names={"ANNA"}, call_signs={"BABC"})
    b = hull(PANAMA, 30, 60, imo={IMO}, names={"VICTORY"}, call_signs={"H3AB"}, size=(62, 10))
    link = verdict(a, b)
    assert joined(link)
    assert isinstance(link, Link)
    assert (link.a, link.b, link.why) == (a.part, b.part, "IMO number, re-flagged")
    assert IMO in link.says
    assert "from 412 to 352" in link.says


def test_an_imo_number_alone_joins_nobody() -> None:
    a = hull(CHINA, 0, 20, imo={IMO}, names={"ANNA"}, call_signs={"BABC"})
    unsized = hull(PANAMA, 30, 60, imo={IMO}, names={"VICTORY"}, size=None)
    same_flag = hull(CHINA + 1, 30, 60, imo={IMO}, names={"VICTORY"}, call_signs={"BXYZ"})
    for b in (unsized, same_flag):
        found = verdict(a, b)
        assert isinstance(found, Link)
        assert not joined(found)


def test_ships_that_are_heard_by_turns_under_one_imo_number_are_not_joined() -> None:
    a = hull(CHINA, 0, 60, imo={IMO}, names={"ANNA"})
    b = hull(PANAMA, 30, 50, imo={IMO}, names={"VICTORY"})
    found = verdict(a, b)
    assert isinstance(found, Link)
    assert found.why == "IMO number, by turns"
    assert not joined(found)


def test_a_ship_that_alternates_is_joined_only_if_name_and_size_are_the_same() -> None:
    """The first is heard before and after the other, and never at its time."""
    hulls = [
        hull(mmsi, *days, imo={IMO}, names={name}, size=size)
        for mmsi, days, name, size in (
            (CHINA, (0, 60), "ANNA", (60, 10)),
            (PANAMA, (30, 31), "ANNA", (60, 10)),
            (PANAMA, (30, 31), "ANNA", None),
            (PANAMA, (30, 31), "VICTORY", (60, 10)),
        )
    ]
    whole = lying(hulls[0])
    away = (whole.bin < 29 * 144) | (whole.bin > 32 * 144)
    first = Way(whole.bin[away], whole.lat[away], whole.lon[away])
    whys = [
        judge(hulls[0], b, lambda part, *_, b=b: first if part == hulls[0].part else lying(b))
        for b in hulls[1:]
    ]
    assert [joined(link) for link in whys] == [True, False, False]


def test_two_radios_side_by_side_are_not_joined_even_if_they_say_the_same() -> None:
    said = {"imo": {IMO}, "names": {"ANNA"}, "call_signs": {"BABC"}}
    assert not joined(verdict(hull(CHINA, 0, 60, **said), hull(PANAMA, 0, 60, **said)))


def test_two_places_at_once_are_told_with_dates_and_never_joined() -> None:
    said = {"imo": {IMO}, "names": {"ANNA"}, "call_signs": {"BABC"}}
    found = verdict(hull(CHINA, 0, 60, **said), hull(PANAMA, 30, 32, **said), lat=8.0)
    assert isinstance(found, Conflict)
    assert found.why == "two places"
    assert "on 3 days from 1970-01-31 to 1970-02-02" in found.says
    assert "180 nmi apart" in found.says


def test_a_way_that_no_ship_makes_is_told_with_its_length() -> None:
    said = {"imo": {IMO}, "names": {"ANNA"}}
    a, b = hull(CHINA, 0, 20, **said), hull(PANAMA, 20.1, 60, **said)
    found = verdict(a, b, lat=8.0)
    assert isinstance(found, Conflict)
    assert found.why == "too far"
    assert "180 nmi" in found.says
    assert joined(verdict(a, hull(PANAMA, 20.5, 60, **said), lat=8.0))


@pytest.mark.parametrize("size", [(190, 32), (60, 20), (45, 10)])
def test_another_size_contradicts_the_same_imo_number(size: tuple[int, int]) -> None:
    a = hull(CHINA, 0, 20, imo={IMO}, names={"ANNA"})
    found = verdict(a, hull(PANAMA, 30, 60, imo={IMO}, names={"ANNA"}, size=size))
    assert isinstance(found, Conflict)
    assert found.why == "size"


def test_other_imo_numbers_contradict_the_same_call_sign_and_name() -> None:
    said = {"names": {"ANNA"}, "call_signs": {"BABC"}}
    found = verdict(
        hull(CHINA, 0, 20, imo={IMO}, **said), hull(CHINA + 1, 30, 60, imo={OTHER_IMO}, **said)
    )
    assert isinstance(found, Conflict)
    assert found.why == "IMO number"


def test_sister_ships_with_names_that_differ_in_a_digit_have_nothing_in_common() -> None:
    a, b = hull(CHINA, 0, 20, names={"SEASTAR1"}), hull(CHINA + 1, 20.1, 60, names={"SEASTAR2"})
    assert verdict(a, b) is None


def test_a_call_sign_alone_says_nothing() -> None:
    a, b = (hull(mmsi, 0, 20, call_signs={"BABC"}) for mmsi in (CHINA, PANAMA))
    assert verdict(a, b) is None
    assert verdict(a, b, lat=9.0) is None


def test_a_radio_replaced_is_known_by_call_sign_and_name_or_by_its_berth() -> None:
    said = {"names": {"ANNA"}, "call_signs": {"BABC"}}
    assert joined(verdict(hull(CHINA, 0, 20, **said), hull(CHINA + 1, 30, 60, **said)))
    name = {"names": {"ANNA"}}
    assert joined(verdict(hull(CHINA, 0, 20, **name), hull(CHINA + 1, 21, 60, **name)))
    assert verdict(hull(CHINA, 0, 20, **name), hull(CHINA + 1, 21, 60, **name), lat=5.1) is None
    assert verdict(hull(CHINA, 0, 20, **name), hull(CHINA + 1, 25, 60, **name)) is None
    assert (
        verdict(hull(CHINA, 0, 20, **name), hull(CHINA + 1, 21, 60, size=(61, 10), **name)) is None
    )


@pytest.mark.parametrize(
    ("same", "rivals", "is_joined"), [(1, 0, True), (0, 0, True), (0, 1, False), (2, 3, True)]
)
def test_a_number_seen_to_go_on_as_another_is_one_ship_if_no_other_fits(
    same: int, rivals: int, is_joined: bool
) -> None:
    a, b = hull(CHINA, 0, 20), hull(PANAMA, 20.01, 60)
    assert joined(verdict(a, b, seen=Succession(same, rivals))) == is_joined
    assert verdict(a, b) is None


def test_what_was_seen_to_go_on_and_was_then_heard_elsewhere_is_not_joined() -> None:
    a, b = hull(CHINA, 0, 40), hull(PANAMA, 20, 60)
    assert isinstance(verdict(a, b, lat=8.0, seen=Succession(0, 0)), Conflict)
    assert not joined(verdict(a, b, seen=Succession(0, 0)))


def test_hulls_under_one_mmsi_are_never_joined_whatever_they_say() -> None:
    said = {"imo": {IMO}, "names": {"ANNA"}, "call_signs": {"BABC"}}
    a, b = hull(CHINA, 0, 20, **said), hull(CHINA, 30, 60, number=2, **said)
    found = verdict(a, b)
    assert isinstance(found, Link)
    assert found.why == "one MMSI"
    assert not joined(found)
    assert differ(a, b, lambda *_: NOWHERE)


def test_parts_of_an_mmsis_tracks_that_say_the_same_are_joined() -> None:
    a, b = hull(CHINA, 0, 20, of="ANNA"), hull(CHINA, 30, 60, number=2, of="ANNA")
    assert joined(verdict(a, b))
    other = hull(CHINA, 30, 60, number=2, of="BELLA")
    assert verdict(a, other) is None
    assert differ(a, other, lambda *_: NOWHERE)


@given(st.integers(1, 400), st.integers(1, 70), st.integers(-8, 8), st.integers(-4, 4))
def test_sizes_compare_alike_both_ways_and_a_metre_off_is_no_other_ship(
    length: int, beam: int, longer: int, wider: int
) -> None:
    a, b = (length, beam), (max(length + longer, 1), max(beam + wider, 1))
    assert same_size(a, b) == same_size(b, a)
    assert same_size(a, None) is None
    if abs(longer) <= 6 and abs(wider) <= 3:
        assert same_size(a, b)


@pytest.mark.parametrize("name", GROUNDS)
def test_every_ground_stands_in_the_documentation_with_its_certainty(name: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "tracks.md").read_text("utf-8")
    assert GROUNDS[name].why
    assert f"| `{name}` | {GROUNDS[name].certainty:g} |" in page
