"""Matches the detections of a folder to its record, anew whenever it is asked.

So what is heard or imported later counts.  Who gives an identity is looked for by it; the
others, and those of whom the identity settles nothing, by place and time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sternlight.detections import store
from sternlight.detections.sighting import Sighting
from sternlight.detections.whose import Whose, named
from sternlight.record.read import Found, found, open_record
from sternlight.sqlite import Database
from tracks import reach
from tracks.batch import F64, I64
from tracks.detections import WITHIN_S, Detections, Match, Rules
from tracks.geodesy import NMI_M
from tracks.matching import check, match
from tracks.stood import Marks, Stood
from tracks.way import DAY_S

# How near 19 of 20 lie to where a sensor puts them, where the file does not say (ours): a GPS
# fix and rounding; a moving ship in a radar picture is displaced; the night lights have
# pixels of 750 m.
UNCERTAIN_M = {"ais": 200.0, "viirs": 1000.0, "night": 1000.0}
ELSE_M = 500.0
AT_ONCE = 32  # moments; bounds memory
_SAW = ("seen as well", "fills a gap")
_MOST_NMI2 = 2000.0  # with two ships in sight of nobody, a few times what can be clear
_NEAR_NMI = 60.0  # more than the circles in which ships are counted, and any uncertainty
WINDOW_DAYS = 14  # of the record are read at once, and WITHIN_S before them


class Told(NamedTuple):
    """A detection, what it is matched to, and the gap that it lies in."""

    seen: Sighting
    uncertainty_m: float
    match: Match
    gap: Found | None


class Answer(NamedTuple):
    """All detections that were asked for, by time, and names of the hulls they speak of."""

    told: list[Told]
    names: Mapping[int, str]


def matched(folder: Path, tracks: Collection[int] | None = None) -> Answer:
    """Match the detections of a folder; with `tracks`, only those that may be these hulls.

    Raises ArchiveError.
    """
    sightings = store.kept(folder)
    if not sightings:
        return Answer([], {})
    with open_record(folder) as archive:
        whose = Whose.read(archive)
        asked = _Asked.of(sightings, whose)
        if tracks is not None:
            asked = _near(archive, asked, sorted(tracks))
        matches = _matches(archive, asked, whose)
        gaps = _gaps(archive, matches)
    told = [
        Told(seen, float(size), one, _gap_at(seen.t, one, gaps))
        for seen, size, one in zip(asked.sightings, asked.seen.uncertainty_m, matches, strict=True)
    ]
    if tracks is not None:
        told = [one for one in told if {one.match.track, *one.match.between} & {*tracks}]
    return Answer(told, whose.names)


class _Asked(NamedTuple):
    """Detections as columns, and which hulls each of them may mean."""

    sightings: list[Sighting]
    seen: Detections
    claimed: list[list[int]]

    @classmethod
    def of(cls, sightings: list[Sighting], whose: Whose) -> _Asked:
        scenes: dict[tuple[object, ...], int] = {}
        number = [scenes.setdefault(_scene(s), len(scenes)) for s in sightings]
        seen = Detections.make(
            len(sightings),
            t=[s.t for s in sightings],
            lat=[s.lat for s in sightings],
            lon=[s.lon for s in sightings],
            uncertainty_m=[_uncertainty_m(s) for s in sightings],
            length_m=[np.nan if s.length_m is None else s.length_m for s in sightings],
            scene=number,
        )
        return cls(sightings, seen, [whose.of(s) for s in sightings])

    def take(self, rows: I64) -> _Asked:
        """Return some of them."""
        picked = rows.tolist()
        return _Asked(
            [self.sightings[i] for i in picked],
            self.seen.take(rows),
            [self.claimed[i] for i in picked],
        )


def _scene(seen: Sighting) -> tuple[object, ...]:
    """Return what is equal for what one sensor saw at one time."""
    return (seen.source, seen.sensor, seen.scene or seen.t)


def _uncertainty_m(seen: Sighting) -> float:
    if seen.uncertainty_m is not None:
        return seen.uncertainty_m
    sensor = seen.sensor.lower()
    return next((value for word, value in UNCERTAIN_M.items() if word in sensor), ELSE_M)


def _matches(archive: Database, asked: _Asked, whose: Whose) -> list[Match]:
    by_name = _by_name(archive, asked)
    settled = [one is not None and one.kind not in ("contradicts",) for one in by_name]
    rows = [i for i, done in enumerate(settled) if not done]
    scenes = set(asked.seen.scene[rows].tolist()) if rows else set()
    # Whoever is known in a scene cannot be somebody else in it.
    rows = [i for i, scene in enumerate(asked.seen.scene.tolist()) if scene in scenes]
    made: list[Match] = [one or Match("not heard") for one in by_name]
    for some in _windows(asked.seen.t[rows]):
        part = np.array(rows, np.int64)[some]
        for i, one in _by_place(archive, asked, part, by_name, whose):
            before = by_name[i]
            if before is None:
                made[i] = one
            elif before.kind == "contradicts":
                there = (one.track,) if one.kind == "seen as well" else ()
                made[i] = before._replace(between=there, witnesses_count=one.witnesses_count)
    return made


def _by_name(archive: Database, asked: _Asked) -> list[Match | None]:
    """Return what comes of the identities that detections give; None: nothing."""
    row = [i for i, tracks in enumerate(asked.claimed) for _ in tracks]
    tracks = np.array([t for tracks in asked.claimed for t in tracks], np.int64)
    made: list[list[Match]] = [[] for _ in asked.claimed]
    if len(tracks):
        marks = _marks(archive, np.unique(tracks))
        rows = np.array(row, np.int64)
        stood = marks.of(tracks, asked.seen.t[rows])
        for i, one in zip(row, check(asked.seen.take(rows), stood), strict=True):
            if one is not None:
                made[i].append(one)
    return [_best(found) for found in made]


_ORDER = ("seen as well", "fills a gap", "ambiguous", "contradicts")


def _best(found: Sequence[Match]) -> Match | None:
    """Return what fits best of the hulls that speak under one number."""
    if not found:
        return None
    ranked = sorted(found, key=lambda m: (_ORDER.index(m.kind), np.nan_to_num(m.away_nmi), m.track))
    first = ranked[0]
    alike = [m.track for m in ranked if m.kind == first.kind]
    if len(alike) > 1 and first.kind in ("seen as well", "fills a gap"):
        return Match("ambiguous", between=tuple(alike))
    return first


def _windows(t: F64) -> Iterator[I64]:
    """Yield rows by time, so that each part lies within WINDOW_DAYS."""
    window = np.floor(t / (WINDOW_DAYS * DAY_S))
    for value in np.unique(window).tolist():
        yield np.flatnonzero(window == value)


def _by_place(
    archive: Database, asked: _Asked, rows: I64, by_name: Sequence[Match | None], whose: Whose
) -> Iterator[tuple[int, Match]]:
    """Yield what is known by place of detections of one window, each with its row."""
    t = asked.seen.t[rows]
    marks = _marks_of_days(
        archive, int((t.min() - WITHIN_S) // DAY_S), int((t.max() + WITHIN_S) // DAY_S)
    )
    rules = Rules(lengths_m=whose.lengths_m)
    order = rows[np.lexsort((t, asked.seen.scene[rows]))]
    for some in _whole_scenes(asked.seen, order):
        seen = asked.seen.take(some)
        who = [by_name[i] for i in some.tolist()]
        taken = [m.track if m and m.kind != "contradicts" else 0 for m in who]
        lost = np.array(
            [m is None and named(asked.sightings[i])
             for i, m in zip(some.tolist(), who, strict=True)], np.bool_
        )  # fmt: skip
        stood = _relevant(marks.of_all(np.unique(seen.t), WITHIN_S), seen)
        yield from zip(some.tolist(), match(seen, taken, lost, stood, rules), strict=True)


def _whole_scenes(seen: Detections, order: I64) -> Iterator[I64]:
    """Yield rows in parts of about AT_ONCE moments, none of which cuts a scene."""
    part: list[int] = []
    moments: set[float] = set()
    for _, group in groupby(order.tolist(), key=lambda i: int(seen.scene[i])):
        scene = list(group)
        part += scene
        moments |= {float(seen.t[i]) for i in scene}
        if len(moments) >= AT_ONCE:
            yield np.array(part, np.int64)
            part, moments = [], set()
    if part:
        yield np.array(part, np.int64)


def _relevant(stood: Stood, seen: Detections) -> Stood:
    """Leave out hulls that nobody's picture can show, to save time."""
    beside = np.fmax(seen.lat.min() - stood.lat0, stood.lat0 - seen.lat.max())
    reach_nmi = _NEAR_NMI + reach.MAX_KN * (stood.t - stood.t0) / 3600
    near = ~(beside * 60 > reach_nmi)  # nan: not heard before, but soon
    return stood.take(near)


def _marks(archive: Database, tracks: I64) -> Marks:
    rows: list[tuple[int, int, bytes, bytes]] = []
    for begin in range(0, len(tracks), 500):
        some = tracks[begin : begin + 500].tolist()
        marks = ",".join("?" * len(some))
        rows += archive.read(
            f"select track, day, heard, way from days where track in ({marks}) order by track, day",
            *some,
        )
    return _unpacked(rows)


def _marks_of_days(archive: Database, first: int, last: int) -> Marks:
    # The hulls lead, since the pages are sorted by hull: a jump for each instead of all pages.
    return _unpacked(
        archive.read(
            "select days.track, day, heard, way from hulls cross join days"
            " on days.track = hulls.track and day between ? and ?"
            " where hulls.last >= ? and hulls.first < ? order by hulls.track, day",
            first, last, first * DAY_S, (last + 1) * DAY_S,
        )
    )  # fmt: skip


def _unpacked(rows: Sequence[tuple[int, int, bytes, bytes]]) -> Marks:
    track, day, heard, packed = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Marks.read(np.array(track, np.int64), np.array(day, np.int64), heard, packed)


def _near(archive: Database, asked: _Asked, tracks: list[int]) -> _Asked:
    """Return the scenes with a detection that may be one of some hulls."""
    wanted = set(tracks)
    hits = {int(s) for s, c in zip(asked.seen.scene, asked.claimed, strict=True) if wanted & {*c}}
    marks = _marks(archive, np.array(tracks, np.int64))
    seen = asked.seen
    slack_nmi = (2 * seen.uncertainty_m + 2 * NMI_M) / NMI_M
    for track in tracks:
        stood = marks.of(np.full(len(seen), track), seen.t)
        able = reach.able_kn(stood)
        recent = stood.heard | (stood.t - stood.t0 <= WITHIN_S)
        can = recent & reach.reaches(stood, seen.lat, seen.lon, able, slack_nmi)
        # Of a hull that could have been anywhere in so much sea nothing is said.
        can[can] &= stood.heard[can] | (
            reach.area_nmi2(stood.take(can), able[can], slack_nmi[can]) <= _MOST_NMI2
        )
        hits |= set(seen.scene[can].tolist())
    return asked.take(np.flatnonzero(np.isin(asked.seen.scene, sorted(hits))))


def _gaps(archive: Database, matches: Sequence[Match]) -> dict[int, list[Found]]:
    """Return the gaps of hulls that were seen, by hull."""
    tracks = sorted({m.track for m in matches if m.kind in _SAW})
    gaps: dict[int, list[Found]] = {}
    for begin in range(0, len(tracks), 500):
        for one in found(archive, "gap", tracks[begin : begin + 500]):
            for track in one.tracks:
                gaps.setdefault(track, []).append(one)
    return gaps


def _gap_at(t: float, one: Match, gaps: Mapping[int, Sequence[Found]]) -> Found | None:
    """Return the gap into which a detection of a hull falls; the record is coarser than its ends.

    So a hull that was heard within ten minutes may be seen in a gap, too.
    """
    if one.kind not in _SAW:
        return None
    own = gaps.get(one.track, ())
    return next((g for g in own if g.start < t and (g.end is None or t < g.end)), None)
