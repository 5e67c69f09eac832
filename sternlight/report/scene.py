"""Which ways the map shows, and where ships were heard: all of some days, or around events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from sternlight.evidence.blur import Coverage
from sternlight.evidence.redaction import Redaction
from sternlight.evidence.shared_copy import SharedCopy
from sternlight.record.ships import Ship
from sternlight.report.around import Around
from sternlight.report.asked import Asked
from sternlight.report.heard import Heard, Sea, ends
from sternlight.report.mapped import Shown
from sternlight.report.series import shown_of
from sternlight.report.waylines import thinned
from sternlight.report.wording import OWN
from sternlight.sqlite import Database
from sternlight.telling.rendering import kinds
from sternlight.telling.story import Story
from tracks.batch import BIN_S, HULLS_PER_MMSI, I64, Mask
from tracks.geodesy import NMI_M, distance_m
from tracks.way import DAY_S

MOST_DAYS = 14  # whose every way is drawn
MOST_POINTS = 150_000  # of all ways
MOST_SHIP_DAYS = 1500  # of the one ship that a report is about
NEAR_NMI = 25.0  # others around one event
OTHERS_S = 24 * 3600.0


def scene(
    record: Database, asked: Asked, ship: Ship | None, stories: Sequence[Story], copy: SharedCopy
) -> tuple[Around, Shown, str]:
    """Return the marks around events, what the map shows, and what it leaves out.

    Heard around events are for figures, and exact.
    """
    days = _days(record, asked, stories)
    chosen = days if len(days) <= MOST_DAYS else _evenly(days)
    sea = Sea.of(record, sorted({*chosen, *_days_of_gaps(stories)}))
    marks, partly = Heard.empty(), ""
    if ship is not None:
        own = Sea.of_ship(record, ship.tracks)
        recent = sorted(set(own.day.tolist()))[-MOST_SHIP_DAYS:]
        marks = own.marks(recent[0], recent[-1]) if recent else marks
    elif asked.event is not None:
        marks = _around(sea, stories)
    elif len(days) <= MOST_DAYS:
        marks = sea.marks(days[0], days[-1]) if days else marks
    else:
        marks = _of_lines(stories)
        partly = (
            f"{len(days)} days are too many to draw every way: shown are the ways of ships around"
            f" their events, and where ships were heard on {len(chosen)} of the days."
        )
    marks = _in_time(marks, asked)
    marks = thinned(marks, MOST_POINTS, _told(stories))
    coverage = Coverage(least_deg=asked.redaction.positions_nmi / 60)
    for day in chosen:
        of_day = sea.marks(day, day)
        coverage.add(of_day.lat, of_day.lon)
    names = _names(record, np.unique(marks.track), copy)
    shown = Shown(
        _coarse(marks, asked.redaction), coverage.covered(), stories, names, kinds(OWN, "en")
    )
    return Around(sea), shown, partly


def _days(record: Database, asked: Asked, stories: Sequence[Story]) -> list[int]:
    """Return the Unix days that are asked for and of which anything is known."""
    spans = [(story.start, story.end or story.start) for story in stories]
    if asked.event is not None and spans:
        first, last = spans[0][0] - OTHERS_S, spans[0][1] + OTHERS_S
    else:
        first = -np.inf if asked.since is None else asked.since
        last = np.inf if asked.until is None else asked.until
    days = [day for (day,) in record.read("select distinct day from days order by day")]
    return [day for day in days if first < (day + 1) * DAY_S and day * DAY_S <= last]


def _evenly(days: Sequence[int]) -> list[int]:
    at = np.linspace(0, len(days) - 1, MOST_DAYS).astype(int)
    return [days[i] for i in at.tolist()]


def _days_of_gaps(stories: Iterable[Story]) -> set[int]:
    """Return the days that the figures of silences show."""
    found: set[int] = set()
    for story in stories:
        if story.kind == "gap":
            start, until = shown_of(story)
            found.update(range(int(start // DAY_S), int(until // DAY_S) + 1))
    return found


def _around(sea: Sea, stories: Sequence[Story]) -> Heard:
    """Return the ways of one event's ships, and of others that came near its place meanwhile."""
    (story,) = stories
    end = story.start if story.end is None else story.end
    marks = sea.marks(int((story.start - OTHERS_S) // DAY_S), int((end + OTHERS_S) // DAY_S))
    t = marks.bin * BIN_S
    marks = _cut(marks, (t >= story.start - OTHERS_S) & (t <= end + OTHERS_S))
    away_m = distance_m(story.lat, story.lon, marks.lat, marks.lon)
    near = marks.track[away_m <= NEAR_NMI * NMI_M]
    return marks.take(np.isin(marks.track, [*near, *_told(stories)]))


def _of_lines(stories: Sequence[Story]) -> Heard:
    """Return the ways of ships around their events."""
    lines = [line for story in stories for line in story.lines if len(line.t)]
    if not lines:
        return Heard.empty()
    track = np.concatenate([np.full(len(line.t), line.track) for line in lines])
    t, lat, lon = (np.concatenate(c) for c in zip(*(line[1:] for line in lines), strict=True))
    known = np.isfinite(lat)
    bins = (t // BIN_S).astype(np.int64)
    # Events of a ship may overlap, and then so do its lines.
    _, rows = np.unique(track[known] * (1 << 23) + bins[known], return_index=True)
    track, bins = track[known][rows], bins[known][rows]
    every = np.ones(len(bins), np.bool_)
    return Heard(track, bins, lat[known][rows], lon[known][rows], *ends(track, bins), every)


def _in_time(marks: Heard, asked: Asked) -> Heard:
    t = marks.bin * BIN_S
    early = -np.inf if asked.since is None else asked.since
    late = np.inf if asked.until is None else asked.until
    return _cut(marks, (t >= early) & (t <= late))


def _cut(marks: Heard, rows: Mask) -> Heard:
    """Return some marks; where others are missing now, pieces begin and end."""
    some = marks.take(rows)
    first, last = ends(some.track, some.bin)
    return replace(some, first=first, last=last)


def _told(stories: Iterable[Story]) -> I64:
    return np.array([ship.track for story in stories for ship in story.ships], np.int64)


def _coarse(marks: Heard, redaction: Redaction) -> Heard:
    """Return marks as a shared copy tells them: a point wherever a ship came into another cell."""
    if redaction.positions_nmi and len(marks):
        lat, lon = redaction.places(marks.lat, marks.lon)
        moved = np.concatenate([[True], (np.diff(lat) != 0) | (np.diff(lon) != 0)])
        marks = replace(marks, lat=lat, lon=lon, kept=moved)
    if redaction.times_h and len(marks):
        told = [redaction.time(t) for t in (marks.bin * BIN_S).tolist()]
        marks = replace(marks, bin=(np.array(told) // BIN_S).astype(np.int64))
    return marks


def _names(record: Database, tracks: Collection[int], copy: SharedCopy) -> dict[int, str]:
    """Return what to call ships by track: their name and MMSI."""
    said = record.read("select mmsi, hull, value from claims where field = 'name' order by last")
    last = {(mmsi, hull): name for mmsi, hull, name in said}
    names = {}
    for track in np.asarray(tracks).tolist():
        mmsi, hull = divmod(track, HULLS_PER_MMSI)
        name = last.get((mmsi, hull)) or last.get((mmsi, 0), "")
        if copy.redaction.names:
            names[track] = copy.name(mmsi, name)
        else:
            names[track] = f"{name} {mmsi}".strip()
    return names
