"""Ports as people type them."""

from __future__ import annotations

import pytest

from sternlight.port_names import folded, matching, near_misses

PLACES = [
    "Dakar (SN)", "Las Palmas de Gran Canaria (ES)", "Ålesund (NO)", "Tromsø (NO)", "Łeba (PL)",
    "M'Bao Oil Terminal (SN)", "San Juan (AR)", "San Juan (PR)", "Port Louis (MU)",
    "Port Said (EG)", "St. John's (CA)", "Abidjan (CI)", "my own quay",
]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("dakar", "Dakar (SN)"),
        ("DAKAR, SN", "Dakar (SN)"),
        ("las palmas", "Las Palmas de Gran Canaria (ES)"),
        ("alesund", "Ålesund (NO)"),
        ("A\u030alesund", "Ålesund (NO)"),
        ("tromso", "Tromsø (NO)"),
        ("leba", "Łeba (PL)"),
        ("mbao oil terminal", "M'Bao Oil Terminal (SN)"),
        ("san juan pr", "San Juan (PR)"),
        ("st johns", "St. John's (CA)"),
        ("  port  louis ", "Port Louis (MU)"),
        ("My Own Quay", "my own quay"),
    ],
)
def test_a_place_is_found_as_people_type_it(typed: str, place: str) -> None:
    assert matching(typed, PLACES) == [place]


def test_every_name_of_the_list_finds_itself() -> None:
    for place in PLACES:
        assert matching(place, PLACES) == [place]


def test_names_that_several_places_share_give_all_of_them() -> None:
    assert matching("san juan", PLACES) == ["San Juan (AR)", "San Juan (PR)"]
    assert matching("port", PLACES) == ["Port Louis (MU)", "Port Said (EG)"]


@pytest.mark.parametrize("typed", ["", "!?", "dak", "palmas", "\x1b[2J", "(SN)"])
def test_parts_of_words_and_nothing_match_nothing(typed: str) -> None:
    assert matching(typed, PLACES) == []


@pytest.mark.parametrize(
    ("typed", "first"),
    [("Daker", "Dakar (SN)"), ("abijan", "Abidjan (CI)"), ("gran canaria", PLACES[1])],
)
def test_near_misses_are_suggested(typed: str, first: str) -> None:
    assert near_misses(typed, PLACES)[0] == first


def test_what_is_like_nothing_suggests_nothing() -> None:
    assert near_misses("zzzzzz", PLACES) == []
    assert near_misses("", PLACES) == []


def test_names_without_any_letter_have_no_name() -> None:
    assert folded("=+-") == ""
