"""Small fleets for tests: vessels that sail, stop and fall silent, as fixes and as points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from anomalies.detector import Context, Detector, Heard
from anomalies.event import Change, Event
from tracks.batch import CLASS_A, HULLS_PER_MMSI, Fixes, Points, StaticBatch
from tracks.geodesy import NMI_M, destination
from tracks.listening import Turns
from tracks.places import Places
from tracks.points import Resample
from tracks.ports import Visits
from tracks.state import dump, load
from tracks.visits import Visiting
from tracks.watchlist import Watchlist

HOUR = 3600.0
T0 = 1_500_012_000.0  # 2017-07-14 06:00 UTC, a full hour
ANNA, BELLA, CARLA, DORA, EMMA = (
    mmsi * HULLS_PER_MMSI + 1 for mmsi in range(257_000_001, 257_000_006)
)

Row = tuple[int, float, float, float]  # track, hours after T0, lat, lon


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some hours of a vessel's life."""

    hours: float
    speed_kn: float = 0.0
    course_deg: float = 0.0
    heard: bool = True


def fixes(rows: Iterable[Row], **columns: object) -> Fixes:
    """Return fixes ordered by (track, t); lines count in the order of hearing."""
    by_time = sorted(rows, key=lambda row: (row[1], row[0]))
    track, hours, lat, lon = (np.array(c) for c in zip(*by_time, strict=True))
    made = Fixes.make(
        len(by_time),
        track=track,
        mmsi=track // HULLS_PER_MMSI,
        t=T0 + hours * HOUR,
        lat=lat,
        lon=lon,
        line=np.arange(len(by_time)),
        ship_class=CLASS_A,
        **columns,
    )
    return made.take(np.lexsort((made.t, made.track)))


def voyage(
    track: int,
    lat: float,
    lon: float,
    *stretches: Stretch,
    start_h: float = 0.0,
    every_s: float = 600.0,
) -> list[Row]:
    """Return the rows of a vessel that goes through `stretches`, one fix every `every_s`."""
    rows: list[Row] = []
    begin = start_h
    for stretch in stretches:
        first = math.ceil((begin - start_h) * HOUR / every_s - 1e-9)
        last = math.ceil((begin + stretch.hours - start_h) * HOUR / every_s - 1e-9)
        if stretch.heard:
            at = start_h + np.arange(first, last) * every_s / HOUR
            away_m = stretch.speed_kn * NMI_M * (at - begin)
            here = destination(lat, lon, stretch.course_deg, away_m)
            rows += zip(itertools.repeat(track), at.tolist(), *(c.tolist() for c in here))
        lat, lon = map(
            float,
            destination(lat, lon, stretch.course_deg, stretch.speed_kn * NMI_M * stretch.hours),
        )
        begin += stretch.hours
    return rows


def turns(rows: Iterable[tuple[float, int, bool]]) -> Turns:
    """Return turns of (hours after T0, source, deaf)."""
    hours, source, deaf = (np.array(c) for c in zip(*rows, strict=True))
    return Turns(T0 + hours * HOUR, source.astype(np.uint16), deaf.astype(np.bool_))


def points(heard: Fixes) -> Points:
    """Return the points of fixes that were all heard."""
    fold = Resample()
    return fold.step(fold.start(), heard, math.inf)[1]


def changes(
    detector: Detector,
    heard: Fixes,
    cuts: Sequence[float] = (),
    until: float | None = None,
    places: Places | None = None,
    saved: bool = False,
    ended: bool = True,
    turns: Turns | None = None,
    statics: StaticBatch | None = None,
    late_s: np.ndarray | float = 0.0,
    visitors: Fixes | None = None,
    watch: Watchlist | None = None,
) -> list[Change]:
    """Return all that a detector says of fixes given in steps that end at `cuts`, Unix times.

    `until` is how far the recording reaches: if not given, to its last fix.
    `saved` writes and reads every state between two steps.  Each of the `turns` is
    told so long after it happened as `late_s` says.  Port visits are those of `visitors`,
    if they are given in one step.
    """
    turns = Turns.empty() if turns is None else turns
    statics = StaticBatch.empty() if statics is None else statics
    told = turns.t + late_s
    resample, visiting = Resample(), Visiting()
    places, watch = places or Places.none(), watch or Watchlist()
    sampled, visited, state = resample.start(), visiting.start(), detector.start()
    until = float(heard.t.max()) if until is None else until
    found, before = [], -math.inf
    for as_of in [*sorted(c for c in cuts if c < until), until]:
        over = ended and as_of == until
        some, of_sources, claims = (
            batch.take((t >= before) & ((t < as_of) | (t <= as_of) & (as_of == until)))
            for batch, t in ((heard, heard.t), (turns, told), (statics, statics.t))
        )
        sampled, marks = resample.step(sampled, some, as_of)
        come = marks if visitors is None else points(visitors)
        visited, ports = visiting.step(visited, come, places, as_of)
        what = Heard(some, marks, of_sources, statics=claims, ports=ports)
        state, said = detector.step(state, what, Context(places, over, watch=watch), as_of)
        if saved:
            state = load(dump(state))
        found += said
        before = as_of
    return found


def visits(heard: Fixes, until: float, places: Places) -> Visits:
    """Return the port visits that became sure up to Unix time `until`, with those that last."""
    fold = Visiting()
    state, ports = fold.step(fold.start(), points(heard), places, until)
    over = ports.over.take(ports.over.certainty > 1)
    open_ = fold.open(state, places)
    return Visits.concat([over, open_.take(open_.certainty > 1)])


def standing(said: Iterable[Change]) -> dict[str, Event]:
    """Return the events that stand after all changes, by id."""
    events: dict[str, Event] = {}
    for change in said:
        if change.what == "withdrawn":
            del events[change.event.id]
        else:
            events[change.event.id] = change.event
    return events


def events(detector: Detector, heard: Fixes, **how: object) -> dict[str, Event]:
    """Return the events that finally stand."""
    return standing(changes(detector, heard, **how))


def whole(found: dict[str, Event]) -> dict[str, tuple[object, ...]]:
    """Return all that the events say, to be compared; an Event alone neglects its evidence."""
    return {
        name: (e, dict(e.evidence.measured), e.evidence.lines, e.evidence.caveats)
        for name, e in found.items()
    }
