"""One recording through the station's own pipeline: what it lists, with its scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from _evaluate_metrics import Span

from anomalies.event import Event
from sternlight.judging import judge
from sternlight.settings import Settings
from sternlight.station import NO_TURNS, Station, Step
from tracks.batch import PositionBatch, StaticBatch
from tracks.listening import Turns
from tracks.places import Places

STEP_S = 6 * 3600.0
# The measured value that says how surprising a silence is: log10 of N in "1 in N".  Where a
# detector does not measure it, nothing is said of it.
SURPRISE = "silence_surprise"

Factors = tuple[tuple[str, float], ...]  # names and weights of all that a score is made of


class Found(NamedTuple):
    """An event as it is listed."""

    kind: str
    span: Span
    score: float
    chance: float  # nan where the detector gives none
    open: bool
    event: Event | None = None
    alert: bool = False
    factors: Factors = ()


def steps(
    station: Station, positions: PositionBatch, statics: StaticBatch, turns: Turns = NO_TURNS
) -> Iterator[Step]:
    """Let a station hear a recording from its beginning to its end."""
    begin, last = float(positions.t[0]), float(positions.t[-1])
    cuts = np.append(np.arange(begin + STEP_S, last, STEP_S), np.nextafter(last, np.inf))
    done = [0, 0, 0]
    for as_of in cuts.tolist():
        heard, told, turned = (
            int(np.searchsorted(b.t, as_of)) for b in (positions, statics, turns)
        )
        yield station.step(
            positions.take(slice(done[0], heard)),
            statics.take(slice(done[1], told)),
            as_of,
            as_of == cuts[-1],
            turns.take(slice(done[2], turned)),
        )
        done = [heard, told, turned]


def found_in(
    positions: PositionBatch,
    statics: StaticBatch,
    settings: Settings,
    places: Places,
    turns: Turns = NO_TURNS,
    alerts: bool = False,
) -> list[Found]:
    """Return the events of a recording; `positions`, `statics` and `turns` are in order of time.

    Which of them are alerts is told only if `alerts` are asked for: it takes long.
    """
    station = Station(settings, places, decides=alerts)
    events: dict[str, Event] = {}
    alerted: set[str] = set()
    last = float(positions.t[-1])
    for step in steps(station, positions, statics, turns):
        alerted |= {d.id for now in step.decided for d in now.decisions if d.verdict == "alert"}
        for what, event in step.changes:
            events.pop(event.id, None)
            if what != "withdrawn":
                events[event.id] = event
    return [
        Found(
            one.event.kind,
            Span(
                one.event.mmsis, one.event.start, last if one.event.end is None else one.event.end
            ),
            one.assessment.score,
            float(10.0 ** -one.event.evidence.measured.get(SURPRISE, np.nan)),
            one.event.end is None,
            one.event,
            one.event.id in alerted,
            tuple(
                (factor.name, factor.weight)
                for factor in (*one.assessment.reasons, *one.assessment.objections)
            ),
        )
        for one in judge(list(events.values()), station)
    ]
