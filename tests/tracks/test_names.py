"""When two names are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.names import bare, same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [("M/V ANNA", "anna"), ("SEA-STAR 1", "SEASTAR 1"), ("F/V LUN", "LUN")],
)
def test_signs_and_the_kind_of_ship_before_it_are_no_part_of_a_name(one: str, other: str) -> None:
    assert bare(one) == bare(other)


def test_a_name_that_only_begins_like_a_kind_of_ship_keeps_its_letters() -> None:
    assert bare("MVULA") == "MVULA"


@given(st.text("ABCDEF /.", min_size=1, max_size=12), st.text("ABCDEF /.", min_size=1, max_size=12))
def test_whether_names_are_one_does_not_depend_on_which_came_first(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
    assert same_name(one, one)
