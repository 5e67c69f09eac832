from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.tracks.pages import T0, marks, straight
from tracks import reach

ANNA = 257_000_001_001
sizes = st.floats(0.1, 50)


@given(sizes, sizes, st.floats(0, 120))
def test_a_lens_has_the_area_that_shapely_finds(a: float, b: float, apart: float) -> None:
    """Shapely's circles of 2048 corners are the other authority."""
    circles = [shapely.Point(x, 0).buffer(r, quad_segs=512) for x, r in ((0, a), (apart, b))]
    expected = circles[0].intersection(circles[1]).area
    found = float(reach.lens(np.array(a), np.array(b), np.array(apart)))
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3 * min(a, b) ** 2)


def stood(hours_into: float) -> reach.Stood:
    """A ship at 12 kn due north, silent from mark 12 to mark 30."""
    pages = straight(ANNA, (10, 20), (11.0, 20), 0, 30, (12, 29))
    return marks(pages).of(np.array([ANNA]), np.array([T0 + 11 * 600 + hours_into * 3600]))


def test_a_silent_ship_reaches_what_lies_on_its_way_and_not_what_is_too_far() -> None:
    one = stood(1.5)
    able = reach.able_kn(one)
    assert able[0] == pytest.approx(1.2 * 12, rel=0.02)
    on_way = float(one.lat0[0] + (one.lat1[0] - one.lat0[0]) * 1.5 / (19 / 6))
    slack = np.array(0.1)
    assert reach.reaches(one, on_way, 20.0, able, slack)[0]
    assert not reach.reaches(one, on_way, 20.5, able, slack)[0]
    assert reach.area_nmi2(one, able, slack)[0] < reach.area_nmi2(stood(1.5), able * 2, slack)[0]


def test_the_speeds_that_a_place_implies_are_those_to_there_and_on() -> None:
    one = stood(1.0)
    before, behind = reach.implied_kn(one, one.lat0 + 5 / 60, np.array([20.0]))
    assert before[0] == pytest.approx(5, rel=0.01)
    rest_nmi = (float(one.lat1[0] - one.lat0[0]) - 5 / 60) * 60
    assert behind[0] == pytest.approx(rest_nmi / (19 / 6 - 1), rel=0.01)
