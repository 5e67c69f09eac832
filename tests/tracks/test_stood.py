from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracks.pages import DAY, T0, marks, pages, straight
from tracks.geodesy import NMI_M, distance_m
from tracks.stood import Marks
from tracks.way import MARKS, way

ANNA, BELLA = 257_000_001_001, 257_000_002_001
FIRST = DAY * MARKS


@st.composite
def fleets(draw: st.DrawFn) -> list:
    made = []
    for track in draw(st.lists(st.sampled_from([ANNA, BELLA, 1_001]), unique=True, min_size=1)):
        bins = draw(st.lists(st.integers(FIRST, FIRST + 300), min_size=1, max_size=40, unique=True))
        seed = draw(st.integers(0, 99))
        rng = np.random.default_rng(seed)
        lat = 10 + np.cumsum(rng.normal(0, 0.02, len(bins)))
        lon = 179.9 + np.cumsum(rng.normal(0, 0.02, len(bins)))
        made += pages(track, sorted(bins), lat, (lon + 180) % 360 - 180)
    return made


@settings(max_examples=40, deadline=None)
@given(fleets(), st.lists(st.integers(-50_000, 300_000), min_size=1, max_size=5, unique=True))
def test_a_hull_stands_where_its_pages_say(every: list, seconds: list[int]) -> None:
    """The slow twin walks through the pages of each hull."""
    moments = T0 + np.array(seconds, np.float64)
    tracks = sorted({page.track for page in every})
    found = marks(every).of(np.repeat(tracks, len(moments)), np.tile(moments, len(tracks)))
    i = 0
    for track in tracks:
        at = {}
        for page in every:
            if page.track == track:
                w = way(page.day, page.heard, page.way)
                at |= dict(zip(w.bin.tolist(), zip(w.lat, w.lon, strict=True), strict=True))
        for moment in moments.tolist():
            before = max((b for b in at if b * 600 <= moment), default=None)
            behind = min((b for b in at if b * 600 > moment), default=None)
            for b, t, lat, lon in (
                (before, found.t0[i], found.lat0[i], found.lon0[i]),
                (behind, found.t1[i], found.lat1[i], found.lon1[i]),
            ):
                if b is None:
                    assert np.isnan(t)
                else:
                    assert (t, lat, lon) == (b * 600, *at[b])
            i += 1


def test_all_that_were_heard_lately_are_told_and_nobody_else() -> None:
    every = marks(
        [*straight(ANNA, (10, 20), (11, 20), 0, 30), *straight(BELLA, (10, 21), (11, 21), 100, 130)]
    )
    t = T0 + 60 * 600.0
    assert every.of_all(np.array([t]), 86_400.0).track.tolist() == [ANNA]
    assert every.of_all(np.array([t]), 3_600.0).track.tolist() == []
    assert every.of_all(np.array([T0 + 99.5 * 600]), 0.0).track.tolist() == [BELLA]


def test_a_hull_goes_as_fast_as_it_was_heard_to_go() -> None:
    one = marks(straight(ANNA, (10, 20), (12, 20), 0, 60, (20, 40))).of(
        np.array([ANNA]), np.array([T0 + 30 * 600.0])
    )
    speed = float(distance_m(10, 20, 12, 20)) / NMI_M / 10
    assert one.speed0_kn[0] == pytest.approx(speed, rel=1e-2)
    assert one.speed1_kn[0] == pytest.approx(speed, rel=1e-2)
    assert one.fastest_kn[0] == pytest.approx(speed, rel=1e-2)
    assert one.chord_kn()[0] == pytest.approx(speed, rel=1e-2)
    assert not one.heard[0]


def test_between_two_marks_a_hull_is_on_the_way_between_them() -> None:
    one = marks(straight(ANNA, (10, 179.9), (10, 180.1), 0, 1)).of(
        np.array([ANNA]), np.array([T0 + 300.0])
    )
    lat, lon = one.place()
    assert one.heard[0]
    assert (float(lat[0]), abs(float(lon[0]))) == pytest.approx((10, 180), abs=1e-4)


def test_without_pages_nobody_stands_anywhere() -> None:
    nobody = marks([])
    assert isinstance(nobody, Marks)
    assert not len(nobody.of_all(np.array([T0]), 1e9))
    assert np.isnan(nobody.of(np.array([ANNA]), np.array([T0])).t0[0])
