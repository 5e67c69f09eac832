"""A small chart of an event, as paths for an SVG: it needs no script and is printed as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sternlight.report.coast import Box, Coast
from sternlight.report.series import over
from sternlight.telling.frame import POLAR_LAT_DEG, Frame, Tick
from sternlight.telling.story import Line, Story
from tracks.batch import F64, Mask
from tracks.geodesy import NMI_M, destination

SIZE = 800  # of the paper; it is shown at less than half of that
AROUND_DEG, WIDE_DEG = 4.0, 12.0  # of the coast around all ways
EDGE = 70  # nearer to a side, a longitude would be cut
_PIXELS = 250  # the coast is no finer than so many steps across


class Way(NamedTuple):
    """A ship's way: all that is shown of it, and what it did while the event lasted."""

    all: str
    during: str
    kind: str  # a for the first ship, b for the second


class Chart(NamedTuple):
    """Paths on a paper of SIZE by SIZE, north up."""

    land: str
    ways: tuple[Way, ...]
    area: str  # what the event is about, if it is an area
    silence: str  # from where a ship fell silent to where it was heard again
    place: tuple[int, int]
    meridians: tuple[Tick, ...]
    parallels: tuple[Tick, ...]
    bar: tuple[int, float]  # length of the scale on paper, and in nmi


def chart(story: Story, coast: Coast) -> Chart:
    """Return the chart of an event with the ways in its lines."""
    area = _area(story)
    positions = [(np.array([story.lat]), np.array([story.lon])), area]
    positions += [(line.lat, line.lon) for line in story.lines]
    frame = Frame.around(*(np.concatenate(column) for column in zip(*positions, strict=True)))
    paper = _Paper(frame)
    x, y = paper.xy(np.array([story.lat]), np.array([story.lon]))
    meridians, parallels = frame.ticks()
    return Chart(
        "".join(paper.path(lat, lon, "Z") for lat, lon in coast.within(_box(frame), _step(frame))),
        tuple(
            Way(paper.way(line), paper.way(line, _during(line, story)), kind)
            for line, kind in zip(story.lines, "ab", strict=False)
        ),
        paper.path(*area, "Z") if len(area[0]) else "",
        _silence(story, paper),
        (int(x[0]), int(y[0])),
        tuple(t for t in paper.ticks(meridians) if EDGE < t.at_nmi < SIZE - EDGE),
        tuple(Tick(SIZE - t.at_nmi, t.says) for t in paper.ticks(parallels)),
        (round(frame.bar_nmi() / frame.half_nmi * SIZE / 2), frame.bar_nmi()),
    )


def around_all(stories: Sequence[Story]) -> Box:
    """Return a box that holds what the charts of events show, if they are no wider than usual.

    Longitudes go all around where that is simpler; a chart that reaches beyond lacks some land.
    """
    if not stories:
        return Box(0.0, 0.0, 0.0, 0.0)
    ways = [line for story in stories for line in story.lines]
    y = np.concatenate([[story.lat for story in stories], *(line.lat for line in ways)])
    x = np.concatenate([[story.lon for story in stories], *(line.lon for line in ways)])
    south, north = np.nanmin(y) - AROUND_DEG, np.nanmax(y) + AROUND_DEG
    west, east = np.nanmin(x) - WIDE_DEG, np.nanmax(x) + WIDE_DEG
    if west < -180 or east > 180 or max(abs(south), abs(north)) > POLAR_LAT_DEG:
        west, east = -180.0, 180.0
    return Box(float(south), float(north), float(west), float(east))


def _box(frame: Frame) -> Box:
    """Return what part of the Earth a view shows, and a little more."""
    reach_deg = frame.half_nmi / 60 * 1.1
    if frame.polar:
        south, north = frame.lat - 1.5 * reach_deg, frame.lat + 1.5 * reach_deg
        return Box(max(south, -90), min(north, 90), frame.lon - 180, frame.lon + 180)
    wide_deg = min(180.0, reach_deg / np.cos(np.radians(frame.lat)))
    return Box(
        frame.lat - reach_deg, frame.lat + reach_deg, frame.lon - wide_deg, frame.lon + wide_deg
    )


def _step(frame: Frame) -> float:
    return 2 * frame.half_nmi / 60 / _PIXELS


def _area(story: Story) -> tuple[F64, F64]:
    """Return the edge of the area that an event is about; none if it is about ships."""
    radius_nmi = story.measured.get("radius_nmi") if story.kind == "interference" else None
    courses = np.linspace(0, 360, 49)[: 48 if radius_nmi else 0]
    return destination(story.lat, story.lon, courses, (radius_nmi or 0.0) * NMI_M)


def _during(line: Line, story: Story) -> Mask:
    return np.asarray((line.t >= story.start) & (line.t <= over(story)))


def _silence(story: Story, paper: _Paper) -> str:
    if story.kind != "gap" or story.end is None or not story.lines:
        return ""
    (line,) = story.lines
    again = np.flatnonzero((line.t >= story.end) & np.isfinite(line.lat))[:1]
    if not len(again):
        return ""
    return paper.path(
        np.array([story.lat, *line.lat[again]]), np.array([story.lon, *line.lon[again]])
    )


class _Paper:
    """Turns positions into points of the paper."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def along(self, nmi: float) -> int:
        """Return where on an axis something is that lies so far from the middle."""
        return round((1 + nmi / self._frame.half_nmi) * SIZE / 2)

    def ticks(self, ticks: list[Tick]) -> list[Tick]:
        """Return the ticks of a view with where they lie on the paper instead of nmi."""
        return [Tick(self.along(tick.at_nmi), tick.says) for tick in ticks]

    def xy(self, lat: F64, lon: F64) -> tuple[F64, F64]:
        """Return points, from the upper left; nan stays nan."""
        x, y = self._frame.xy(lat, lon)
        half = self._frame.half_nmi
        return np.rint((1 + x / half) * SIZE / 2), np.rint((1 - y / half) * SIZE / 2)

    def path(self, lat: F64, lon: F64, end: str = "") -> str:
        """Return a path through positions, which breaks at nan."""
        x, y = self.xy(lat, lon)
        # Coasts reach a little over the edge, and far beyond where meridians meet.
        x, y = np.clip(x, -SIZE, 2 * SIZE), np.clip(y, -SIZE, 2 * SIZE)
        known = np.isfinite(x) & np.isfinite(y)
        begins = known & ~np.concatenate([[False], known[:-1]])
        same = np.concatenate([[False], (np.diff(x) == 0) & (np.diff(y) == 0)])
        rows = np.flatnonzero(known & (begins | ~same))
        columns = (x[rows].astype(int).tolist(), y[rows].astype(int).tolist())
        steps = zip(*columns, begins[rows].tolist(), strict=True)
        path = "".join(f"{'M' if new else 'L'}{a} {b}" for a, b, new in steps)
        return path + end if path else ""

    def way(self, line: Line, rows: Mask | None = None) -> str:
        """Return the path of a way, or of some of its marks."""
        lat = line.lat if rows is None else np.where(rows, line.lat, np.nan)
        x, _ = self._frame.xy(lat, line.lon)
        if not self._frame.polar:  # a way around the world leaves at one edge and comes in again
            jump = np.flatnonzero(np.abs(np.diff(x)) > self._frame.half_nmi * 2)
            lat = lat.copy()
            lat[jump] = np.nan
        return self.path(lat, line.lon)
