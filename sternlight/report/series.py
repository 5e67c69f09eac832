"""What the figures of an event show, as numbers: distances, speeds, and who else was heard."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sternlight.report.around import Around, near, of_track
from sternlight.telling.story import Line, Story
from tracks.batch import BIN_S, F64, I64
from tracks.geodesy import NMI_M, distance_m
from tracks.way import TOLERANCE_M

# The record keeps each way within so much, and a distance rests on two of them.
DISTANCE_OFF_M = 2 * TOLERANCE_M
AROUND_S = 6 * 3600.0  # shown before a silence and behind it
LONGEST_S = 72 * 3600.0  # of a silence that is shown
_HALF_HOUR = 3  # marks


class Curve(NamedTuple):
    """Values at Unix times, rising; nan breaks the curve.  Shape (N,) each."""

    t: F64
    value: F64


class Silence(NamedTuple):
    """Who was heard while a ship was silent, at each ten-minute mark from before to after."""

    itself: Curve  # 1 where it was heard, else 0
    near: Curve  # how many other ships near the place of its last fix
    all: Curve  # how many other ships anywhere


def distance(story: Story) -> Curve | None:
    """Return how far apart the two ships of an event were, in metres; None if it has not two."""
    if len(story.lines) != 2:
        return None
    a, b = (_known(line) for line in story.lines)
    t, of_a, of_b = np.intersect1d(a.t, b.t, return_indices=True)
    if len(t) < 2:
        return None
    apart_m = distance_m(a.lat[of_a], a.lon[of_a], b.lat[of_b], b.lon[of_b])
    return _broken(Curve(t, apart_m))


def speed(line: Line) -> Curve | None:
    """Return a ship's speed in knots: the way of the hour around each mark, where all was heard."""
    way = _known(line)
    before, after = slice(None, -2 * _HALF_HOUR), slice(2 * _HALF_HOUR, None)
    together = way.t[after] - way.t[before] == 2 * _HALF_HOUR * BIN_S
    if not together.any():
        return None
    gone_m: F64 = distance_m(way.lat[:-1], way.lon[:-1], way.lat[1:], way.lon[1:])
    hour_m: F64 = np.asarray(np.convolve(gone_m, np.ones(2 * _HALF_HOUR), "valid"), np.float64)
    t = way.t[_HALF_HOUR:-_HALF_HOUR][together]
    return _broken(Curve(t, (hour_m / NMI_M)[together]))


def silence(story: Story, around: Around, radius_nmi: float) -> Silence | None:
    """Return who was heard around a gap; of one that lasts, or very long, the first days."""
    if len(story.ships) != 1:
        return None
    track = story.ships[0].track
    start, until = shown_of(story)
    first, last = int(start // BIN_S), int(until // BIN_S)
    itself, others, every = np.zeros((3, last - first + 1))
    heard_until = first
    for day in around.days(start, until):
        own = of_track(day, track)
        by = near(day, story.lat, story.lon, radius_nmi)
        _count(itself, own - first)
        _count(others, by.bin[by.track != track] - first)
        into = day.first_bin - first + np.arange(len(day.counts))
        shown = (into >= 0) & (into < len(every))
        every[into[shown]] = day.counts[shown]
        if len(day.marks):
            heard_until = max(heard_until, int(day.marks.bin.max()))
    kept = slice(min(last, heard_until) - first + 1)
    t: F64 = np.arange(first, last + 1, dtype=np.float64)[kept] * BIN_S
    if len(t) < 2:
        return None
    return Silence(Curve(t, itself[kept]), Curve(t, others[kept]), Curve(t, (every - itself)[kept]))


def over(story: Story) -> float:
    """Return until when an event lasted, in Unix seconds, as far as it was seen to last.

    A silence without an end goes on.  A stay or a meeting without one is measured up to where it
    was last heard, though its ships may have been heard elsewhere since.
    """
    if story.end is not None:
        return story.end
    duration_h = story.measured.get("duration_h")
    return math.inf if story.kind == "gap" or duration_h is None else (
        story.start + duration_h * 3600
    )  # fmt: skip


def shown_of(story: Story) -> tuple[float, float]:
    """Return from when to when the figure of a silence goes, in Unix seconds."""
    end = math.inf if story.end is None else story.end
    return story.start - AROUND_S, min(end, story.start + LONGEST_S) + AROUND_S


def _count(counts: F64, at: I64) -> None:
    """Add one at each of some marks, as far as they are shown."""
    np.add.at(counts, at[(at >= 0) & (at < len(counts))], 1.0)


def _known(line: Line) -> Line:
    known = np.isfinite(line.lat)
    return Line(line.track, line.t[known], line.lat[known], line.lon[known])


def _broken(curve: Curve) -> Curve:
    """Break a curve where marks are missing."""
    gaps = np.flatnonzero(np.diff(curve.t) > 1.5 * BIN_S) + 1
    middle = (curve.t[gaps - 1] + curve.t[gaps]) / 2
    return Curve(
        np.insert(curve.t, gaps, middle), np.insert(curve.value, gaps, np.full(len(gaps), np.nan))
    )
