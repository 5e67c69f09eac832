"""What the map of a report shows, as plain data: land, where was heard, ways, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sternlight.evidence.blur import Covered
from sternlight.report.coast import Box, Coast
from sternlight.report.heard import Heard
from sternlight.report.series import over
from sternlight.report.waylines import UNITS_PER_DEG, Meridian, waylines
from sternlight.telling.story import Story
from tracks.batch import BIN_S, F64, I64

COAST_PARTS = 1000  # the coast is no finer than so many steps across the view
COAST_UNITS_PER_DEG = 1000
MARGIN = 0.75  # of the view, on each side, and twice that to east and west
LEAST_DEG = 0.5
EVERYWHERE = Box(-60.0, 75.0, -180.0, 180.0)
MOST_LAT = 85.0  # of Mercator's projection


class Shown(NamedTuple):
    """What a map is made of."""

    marks: Heard  # of the ways that are drawn
    covered: Covered
    stories: Sequence[Story]  # events, in the order of their accounts
    names: dict[int, str]  # of ships by track, as they are to be shown
    kinds: dict[str, str]  # words for kinds of events


def mapped(shown: Shown, coast: Coast) -> dict[str, Any]:
    """Return the data of a map; degrees and marks are whole numbers of small units."""
    meridian = Meridian.amid(_every_lon(shown))
    first, last = _span(shown)
    view = _view(shown, meridian)
    ways = waylines(shown.marks, first, meridian)
    told = {ship.track for story in shown.stories for ship in story.ships}
    return {
        "first": first * BIN_S,
        "step": BIN_S,
        "count": last - first + 1,
        "units": UNITS_PER_DEG,
        "view": [round(side, 3) for side in view],
        "land": _land(coast, _around(view, meridian), view.wide_deg / COAST_PARTS),
        "heard": _heard(shown.covered, meridian),
        "ways": [[shown.names.get(w.track, ""), int(w.track in told), w.pieces] for w in ways],
        "events": [
            _event(story, n, first, meridian, shown) for n, story in enumerate(shown.stories, 1)
        ],
    }


def _event(
    story: Story, number: int, first: int, meridian: Meridian, shown: Shown
) -> dict[str, Any]:
    until = over(story)
    return {
        "n": number,
        "kind": story.kind,
        "says": shown.kinds[story.kind],
        "at": [round(story.lat, 4), round(float(meridian.on(np.array([story.lon]))[0]), 4)],
        "from": int(story.start // BIN_S) - first,
        "to": int(until // BIN_S) - first if np.isfinite(until) else None,
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


def _land(coast: Coast, box: Box, step_deg: float) -> list[list[int]]:
    """Return rings as differences of latitude, longitude."""
    made = []
    for lat, lon in coast.within(box, step_deg):
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


def _view(shown: Shown, meridian: Meridian) -> Box:
    """Return what to look at first: the ways but for the wildest, and all events."""
    lat = np.array([story.lat for story in shown.stories])
    lon = meridian.on(np.array([story.lon for story in shown.stories]))
    if len(shown.marks):
        ways = (shown.marks.lat, meridian.on(shown.marks.lon))
        low, high = (np.percentile(ways, share, axis=1) for share in (1, 99))
        lat, lon = np.append(lat, [low[0], high[0]]), np.append(lon, [low[1], high[1]])
    return _sides(lat, lon) if len(lat) else EVERYWHERE


def _around(view: Box, meridian: Meridian) -> Box:
    """Return of what part of the Earth the land is drawn: what may be seen beside the view."""
    more = max(LEAST_DEG, view.wide_deg * MARGIN)
    return Box(
        max(-MOST_LAT, view.south - more),
        min(MOST_LAT, view.north + more),
        max(meridian.lon - 180, view.west - 2 * more),
        min(meridian.lon + 180, view.east + 2 * more),
    )
