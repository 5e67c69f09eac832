"""What the map of a report shows, as plain data: land, where was heard, ways, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sternlight.evidence.blur import Covered
from sternlight.report.coast import Box, Coast
from sternlight.report.marks import Marks
from sternlight.report.waylines import UNITS_PER_DEG, Meridian, Wayline, waylines
from sternlight.telling.story import Story
from tracks.batch import BIN_S, F64, I64

COAST_PARTS = 2500  # the coast is no finer than so many steps across
COAST_UNITS_PER_DEG = 1000
MARGIN = 0.25  # of the box, on each side
LEAST_DEG = 0.3
MOST_LAT = 85.0  # of Mercator's projection


class Shown(NamedTuple):
    """What a map is made of."""

    marks: Marks  # of the ways that are drawn
    covered: Covered
    stories: Sequence[Story]  # events, in the order of their accounts
    names: dict[int, str]  # of ships by track, as they are to be shown
    kinds: dict[str, str]  # words for kinds of events


def mapped(shown: Shown, coast: Coast) -> dict[str, Any]:
    """Return the data of a map; degrees and marks are whole numbers of small units."""
    meridian = Meridian.amid(_every_lon(shown))
    first, last = _span(shown)
    box = _box(shown, meridian)
    ways = waylines(shown.marks, first, meridian)
    return {
        "first": first * BIN_S,
        "step": BIN_S,
        "count": last - first + 1,
        "units": UNITS_PER_DEG,
        "view": [round(side, 3) for side in _view(shown, meridian, box)],
        "land": _land(coast, box),
        "heard": _heard(shown.covered, meridian),
        "ways": [_way(way, shown) for way in ways],
        "events": [
            _event(story, n, first, meridian, shown) for n, story in enumerate(shown.stories, 1)
        ],
    }


def _way(way: Wayline, shown: Shown) -> list[Any]:
    told = any(way.track == ship.track for story in shown.stories for ship in story.ships)
    return [shown.names.get(way.track, ""), int(told), way.pieces]


def _event(
    story: Story, number: int, first: int, meridian: Meridian, shown: Shown
) -> dict[str, Any]:
    return {
        "n": number,
        "kind": story.kind,
        "says": shown.kinds[story.kind],
        "at": [round(story.lat, 4), round(float(meridian.on(np.array([story.lon]))[0]), 4)],
        "from": int(story.start // BIN_S) - first,
        "to": None if story.end is None else int(story.end // BIN_S) - first,
        "radius_nmi": story.measured.get("radius_nmi") if story.kind == "interference" else None,
        "score": round(story.score, 2),
    }


def _heard(covered: Covered, meridian: Meridian) -> list[list[float | str]]:
    south, north, west, east = covered.bounds
    middle = meridian.on((west + east) / 2)
    half = (east - west) / 2
    return [
        [round(s, 3), round(n, 3), round(m - h, 3), round(m + h, 3), word]
        for s, n, m, h, word in zip(
            south.tolist(), north.tolist(), middle.tolist(), half.tolist(), covered.heard,
            strict=True,
        )
    ]  # fmt: skip


def _land(coast: Coast, box: Box) -> list[list[int]]:
    """Return rings as differences of latitude, longitude."""
    made = []
    for lat, lon in coast.within(box, box.wide_deg / COAST_PARTS):
        units: I64 = np.rint(np.column_stack([lat, lon]) * COAST_UNITS_PER_DEG).astype(np.int64)
        made.append(np.diff(units, axis=0, prepend=0).ravel().tolist())
    return made


def _span(shown: Shown) -> tuple[int, int]:
    """Return the first mark and the last of what is shown."""
    bins = shown.marks.bin
    if len(bins):
        return int(bins.min()), int(bins.max())
    starts = [int(story.start // BIN_S) for story in shown.stories]
    return (min(starts), max(starts)) if starts else (0, 0)


def _every_lon(shown: Shown) -> F64:
    return np.concatenate([shown.marks.lon, [story.lon for story in shown.stories]])


def _sides(lat: F64, lon: F64) -> Box:
    return Box(float(lat.min()), float(lat.max()), float(lon.min()), float(lon.max()))


def _box(shown: Shown, meridian: Meridian) -> Box:
    """Return what part of the Earth may be looked at."""
    lat = np.concatenate([shown.marks.lat, [story.lat for story in shown.stories]])
    if not len(lat):
        return Box(-60, 75, -180, 180)
    return _wider(_sides(lat, meridian.on(_every_lon(shown))), meridian)


def _view(shown: Shown, meridian: Meridian, box: Box) -> Box:
    """Return what to look at first: the ways but for the wildest, and all events."""
    if not len(shown.marks):
        return box
    on = meridian.on(shown.marks.lon)
    places = [np.percentile(column, [1, 99]) for column in (shown.marks.lat, on)]
    lat = np.concatenate([places[0], [story.lat for story in shown.stories]])
    lon = meridian.on(np.array([story.lon for story in shown.stories]))
    return _sides(lat, np.concatenate([places[1], lon]))


def _wider(box: Box, meridian: Meridian) -> Box:
    high = max(LEAST_DEG, (box.north - box.south) * MARGIN)
    wide = max(LEAST_DEG, (box.east - box.west) * MARGIN, high)
    return Box(
        max(-MOST_LAT, box.south - high), min(MOST_LAT, box.north + high),
        max(meridian.lon - 180, box.west - wide), min(meridian.lon + 180, box.east + wide),
    )  # fmt: skip
