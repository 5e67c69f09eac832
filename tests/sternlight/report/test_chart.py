"""The small charts: positions lie where the mails' charts have them, and all on the paper."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from sternlight.report.chart import SIZE, around_all, chart
from sternlight.report.coast import Coast
from sternlight.telling.story import Story
from tests.sternlight.alerts.stories import KINDS, START, story, way

COAST = Coast.load()


def points(path: str) -> np.ndarray:
    return np.array([[int(a), int(b)] for a, b in re.findall(r"[ML](-?\d+) (-?\d+)", path)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("lat", "lon"), [(15.0, -17.8), (-17.0, 179.98), (84.0, 30.0)])
def test_the_place_and_the_ways_lie_on_the_paper(kind: str, lat: float, lon: float) -> None:
    one = story(kind, lat, lon)
    drawn = chart(one, COAST)
    x, y = drawn.place
    assert 0 < x < SIZE
    assert 0 < y < SIZE
    assert len(drawn.ways) == len(one.lines)
    for path in (w.all for w in drawn.ways):
        at = points(path)
        assert path.count("M") == 2  # a silence divides it
        assert (at >= 0).all()
        assert (at <= SIZE).all()
    assert bool(drawn.area) == (kind == "interference")
    assert 0 < drawn.bar[0] < SIZE / 2
    assert all(0 < tick.at_nmi < SIZE for tick in (*drawn.meridians, *drawn.parallels))


def test_north_is_up_and_east_is_right() -> None:
    drawn = chart(story("loitering"), COAST)
    at = points(drawn.ways[0].all)
    assert at[0, 0] < at[-1, 0]  # it goes to the east
    assert at[0, 1] > at[-1, 1]  # and to the north


def test_what_a_ship_did_meanwhile_is_a_part_of_its_way() -> None:
    drawn = chart(story("loitering", end=START + 1800.0), COAST)
    whole, part = (set(map(tuple, points(p).tolist())) for p in drawn.ways[0][:2])
    assert part < whole
    assert len(part) == 4


def test_a_silence_is_a_line_to_where_the_ship_was_heard_again() -> None:
    gap = story("gap", end=START + 1800.0)
    drawn = chart(gap, COAST)
    assert len(points(drawn.silence)) == 2
    assert tuple(points(drawn.silence)[0]) == drawn.place
    assert chart(replace(gap, end=None), COAST).silence == ""


def test_the_coast_of_all_charts_together_is_enough_for_each() -> None:
    stories: list[Story] = [
        story("loitering"),
        story("loitering", -17.0, 178.4),
        story("loitering", 38.0, 12.0, lines=(way(1, 38.0, 12.0, 0.3, 0.3),)),
    ]
    near = COAST.cut(around_all(stories))
    for one in stories:
        assert chart(one, near).land == chart(one, COAST).land
        assert chart(one, COAST).land
    assert around_all([]) == (0, 0, 0, 0)
