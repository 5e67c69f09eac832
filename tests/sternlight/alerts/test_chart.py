"""Charts of events: drawn offline, small, and whatever a ship calls itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from PIL import Image

from sternlight.alerts import chart
from sternlight.alerts.chart import draw
from sternlight.data import load_places
from sternlight.telling.story import Story
from tests.sternlight.alerts.stories import START, story, way
from tracks.places import Places

LARGEST_BYTES = 60_000


@cache
def places() -> Places:
    return load_places([])


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def share_of(png: bytes, colour: str, within: int = 12) -> float:
    """Return how many of the pixels have about a colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return float((np.abs(pixels(png) - wanted).max(axis=2) <= within).mean())


@pytest.mark.parametrize("kind", ["gap", "loitering", "encounter", "interference"])
def test_every_kind_of_event_is_drawn_for_the_width_of_a_phone(kind: str) -> None:
    png = draw(story(kind), places())
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.width == 680
    assert 500 < image.height < 900
    assert len(png) < LARGEST_BYTES
    assert share_of(png, chart.SEA) > 0.2
    assert (share_of(png, chart.WAYS[0]) > 0.001) == (kind != "interference")
    assert (share_of(png, chart.WAYS[1]) > 0.001) == (kind == "encounter")
    assert share_of(png, chart.PLACE) > 0.0005


def test_the_coast_is_drawn_where_it_is_near() -> None:
    assert share_of(draw(story(), places()), chart.LAND) > 0.01
    assert share_of(draw(story(lat=-25.0, lon=-20.0), places()), chart.LAND, 4) < 0.002
    assert share_of(draw(story(lat=50.0, lon=10.0, lines=()), places()), chart.LAND) > 0.5


def test_a_coast_needs_a_map_of_distances() -> None:
    assert share_of(draw(story(), Places.none()), chart.SEA) > 0.5


def test_names_from_strangers_are_drawn_as_they_are_and_break_nothing() -> None:
    names = [
        "$\\frac{1}{0}$",
        "$$",
        "a_{b}^{c",
        "\u202e\x00\n中文 \ud800",
        "x" * 500,
        "",
        "<b>",
        "%s{0}",
    ]
    for name in names:
        ships = tuple(ship._replace(name=name) for ship in story().ships)
        assert len(draw(story(ships=ships), places())) < LARGEST_BYTES


def test_longitude_180_is_like_any_other() -> None:
    here, there = story(lat=0.0, lon=-30.0), story(lat=0.0, lon=179.95)
    for line in there.lines:
        assert np.ptp(line.lon[np.isfinite(line.lon)]) > 300
    assert alike(draw(here, Places.none()), draw(there, Places.none()))


def alike(a: bytes, b: bytes) -> bool:
    """Return whether two charts show the same but for what is written at the edges."""
    one, other = (pixels(png)[20:590, 90:660] for png in (a, b))
    grid = np.abs(one - other).max(axis=2) > 60
    return bool(grid.mean() < 0.02)


@pytest.mark.parametrize("lat", [-90.0, 81.0, 89.99])
def test_charts_can_be_drawn_at_the_poles(lat: float) -> None:
    t = START + 600.0 * np.arange(20)
    across = (
        story("gap", lat=lat, lon=170.0)
        .lines[0]
        ._replace(t=t, lat=np.full(20, np.copysign(88.0, lat)), lon=np.linspace(-180, 179, 20))
    )
    assert len(draw(story("gap", lat=lat, lon=170.0, lines=(across,)), places())) < LARGEST_BYTES


def test_a_way_around_the_world_fits() -> None:
    t = START + 86_400.0 * np.arange(100)
    around = (
        story("long_voyage")
        .lines[0]
        ._replace(
            t=t, lat=np.linspace(-60, 60, 100), lon=(np.linspace(0, 720, 100) + 180) % 360 - 180
        )
    )
    assert len(draw(story("long_voyage", lines=(around,)), places())) < LARGEST_BYTES


def test_a_silence_is_dashed_between_where_a_ship_was_last_heard_and_heard_again() -> None:
    whole = way(1001, 15.0, -17.8, 0.2, 0.3)
    silent = (whole.t > START) & (whole.t < START + 1800)
    heard = whole._replace(lat=np.where(silent, np.nan, whole.lat))
    gap = story("gap", lines=(heard,), end=START + 1800)
    with_dashes, without = (
        share_of(draw(one, places()), chart.WAYS[0], 40)
        for one in (gap, replace(gap, kind="loitering"))
    )
    assert with_dashes > 1.02 * without


@pytest.mark.parametrize("lines", [(), (way(1, 15.0, -17.8, np.nan, np.nan),)])
def test_an_event_without_ways_is_a_place_on_a_map(lines: Sequence[object]) -> None:
    png = draw(story(lines=lines), places())
    assert share_of(png, chart.PLACE) > 0.0005


def test_the_same_event_gives_the_same_bytes() -> None:
    one: Story = story()
    assert draw(one, places()) == draw(one, places())
