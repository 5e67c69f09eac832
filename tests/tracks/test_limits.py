"""Limits of places, against trying every place."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.geodesy import NMI_M, distance_m
from tracks.limits import Reach
from tracks.place import Place
from tracks.places import Places

REACH = Reach(4.0, 2.0, 0.5)
around = st.floats(-0.3, 0.3)
kinds = st.sampled_from(["port", "anchorage"])
radii = st.sampled_from([math.nan, math.nan, 1.0, 6.0])


@given(
    st.lists(st.tuples(around, around, kinds, radii), max_size=5),
    st.lists(st.tuples(around, around), min_size=1, max_size=8),
    st.sampled_from([(0.0, 0.0), (58.0, 180.0), (-89.6, 30.0)]),
)
@settings(deadline=None)
def test_it_is_the_nearest_place_whose_limit_holds_the_position(
    some: list[tuple[float, float, str, float]],
    ships: list[tuple[float, float]],
    at: tuple[float, float],
) -> None:
    places = Places.of(
        [Place("P", kind, at[0] + y, at[1] + x, radius) for y, x, kind, radius in some]  # type: ignore[arg-type]
    )
    lat, lon = np.array(ships).T + np.array(at)[:, None]
    expected = []
    for y, x in zip(lat, lon, strict=True):
        holds = []
        for i, place in enumerate(places.harbours):
            limit = 4.0 if place.kind == "port" else 2.0
            if not math.isnan(place.radius_nmi):
                limit = place.radius_nmi + 0.5
            away_nmi = float(distance_m(y, x, place.lat, place.lon)) / NMI_M
            if away_nmi <= limit:
                holds.append((away_nmi, i))
        expected.append(min(holds)[1] if holds else -1)
    limits = places.limits(REACH)
    assert limits.holding(lat, lon).tolist() == expected
    assert limits.contain(lat, lon).tolist() == [i >= 0 for i in expected]


@pytest.mark.parametrize("lat", [0.0, 60.0, -75.0])
@pytest.mark.parametrize("lon", [10.0, 179.9])
def test_a_margin_around_an_outline_is_as_wide_on_every_side(lat: float, lon: float) -> None:
    wide = 0.1 / math.cos(math.radians(lat))
    box = shapely.box(lon - wide, lat - 0.05, min(lon + wide, 180.0), lat + 0.05)
    limits = Places.of([Place("Box", "port", lat, lon, outline=box)]).limits(REACH)
    for nmi, inside in ((0.45, True), (0.56, False)):
        off = nmi / 60
        east = min(lon + wide, 180.0) + off / math.cos(math.radians(lat))
        ys = np.array([lat + 0.05 + off, lat - 0.05 - off, lat, lat])
        xs = np.array([lon, lon, lon - wide - off / math.cos(math.radians(lat)), east])
        assert limits.contain(ys, xs).tolist() == [inside] * 4
        assert (limits.holding(ys, xs) == 0).tolist() == [inside] * 4


def test_a_place_that_only_the_station_knows_is_nobodys_bearing() -> None:
    learned = Place("anchorage learned here (9 ships)", "anchorage", 0.0, 0.0, 0.5, named=False)
    town = Place("Town", "port", 0.5, 0.0, country="GA")
    assert Places.of([learned, town]).from_named(0.01, 0.0) == ["29 nmi south of Town (GA)"]
    assert Places.of([learned]).from_named(0.01, 0.0) == ["0.01° N, 0.00° E"]
    assert Places.of([learned, town]).from_named(0.5, 0.0) == ["at Town (GA)"]
