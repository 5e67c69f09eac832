"""Categories of MMSIs, against the digit patterns of ITU-R M.585-9 written as text."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks import mmsi as kinds
from tracks.mmsi import category

PATTERNS = [
    (r"(\d)\1{8}", kinds.NOBODY),
    (r"987654321", kinds.NOBODY),
    (r"00[2-7]\d{6}", kinds.COAST),
    (r"0[2-7]\d{7}", kinds.GROUP),
    (r"[2-7]\d{8}", kinds.SHIP),
    (r"111\d{6}", kinds.SAR_AIRCRAFT),
    (r"8\d{8}", kinds.HANDHELD),
    (r"97[024]\d{6}", kinds.DISTRESS),
    (r"98\d{7}", kinds.CRAFT),
    (r"99\d{7}", kinds.AID),
]


def by_pattern(mmsi: int) -> int:
    for pattern, code in PATTERNS:
        if re.fullmatch(pattern, f"{mmsi:09d}"):
            return code
    return kinds.NOBODY


def categories(*mmsis: int) -> list[int]:
    return list(category(np.array(mmsis, np.uint32)))


def test_numbers_of_nobody_are_nobody() -> None:
    nobody = (0, 1, 1193046, 111111111, 123456789, 987654321, 999999999, 1_000_000_000, 2**32 - 1)
    assert categories(*nobody) == [kinds.NOBODY] * len(nobody)


def test_a_ship_of_a_country_that_does_not_exist_is_a_ship() -> None:
    assert categories(701000001, 700000151, 200000000, 799999999) == [kinds.SHIP] * 4


def test_stations_that_are_not_ships_are_told_apart() -> None:
    assert categories(2579999, 992576000, 111257001, 970012345, 972000001, 974000001) == [
        kinds.COAST,
        kinds.AID,
        kinds.SAR_AIRCRAFT,
        kinds.DISTRESS,
        kinds.DISTRESS,
        kinds.DISTRESS,
    ]


def test_every_category_has_a_name_for_people() -> None:
    assert sorted(kinds.NAMES) == sorted({code for _, code in PATTERNS})


edges = st.sampled_from([10**k + d for k in range(10) for d in (-1, 0, 1)])


@given(st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 999_999_999) | edges))
@settings(deadline=None)
def test_digits_are_read_as_the_patterns_say(mmsis: list[int]) -> None:
    assert categories(*mmsis) == [by_pattern(m) for m in mmsis]
