"""When the station decides on alerts, and on which events: so that a replay decides the same.

Open events are told when it suits a detector, which depends on how the stream was cut
into steps.  So alerts are decided at moments of the stream's own, up to which the station
steps exactly, on events as anybody would find them whose recording ends there.  A moment
before which nothing was heard is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from anomalies.budget import EVERY_S, KNOWN_WEEKS, Alerts, Candidate, Decision
from anomalies.detectors import MEASURED_ONCE
from anomalies.event import Change, Event
from sternlight.attention import Account
from tracks.batch import F64
from tracks.state import State

DAY_S = 86_400.0
# Where fewer reports were heard, by satellites or of a ship or two, a day is awaited: each moment
# costs a step, and a recording may have years of this.
FEW_COUNT = 100

Score = Callable[[Event, float], float]  # of an event, by what was claimed up to a Unix time
AreShips = Callable[[Collection[int]], set[int]]  # which tracks are ships


Decisions = dict[str, Decision]  # by the event's id


class Decided(NamedTuple):
    """What was decided at one moment; `alerted` are those open events that became alerts."""

    t: float
    decisions: list[Decision]
    alerted: list[Event]


@dataclass(slots=True)
class Waiting:
    """What changed since the last moment."""

    reports_count: int = 0  # and how many reports were heard, ...
    spans_count: int = 0  # in so many spans of `EVERY_S`, ...
    span: int = 0  # of which this was the latest
    over: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)  # tracks, score
    told: set[str] = field(default_factory=set)  # ids of open events

    @property
    def heard_s(self) -> float:
        """In how many seconds since the last moment anything was heard."""
        return self.spans_count * EVERY_S

    def copy(self) -> Waiting:
        """Return another that may change by itself."""
        return replace(self, over={**self.over}, told={*self.told})

    def moments(self, t: F64, after: float, as_of: float) -> list[tuple[float, float]]:
        """Return the moments up to `as_of`, and in how many seconds before each anything was heard.

        `t` is heard now; all before Unix time `after` has been given.
        """
        spans, counts = np.unique(t[np.isfinite(t) & (t >= after)] // EVERY_S, return_counts=True)
        found: list[tuple[float, float]] = []
        for span, count in zip(spans.astype(np.int64).tolist(), counts.tolist(), strict=True):
            self._end(span * EVERY_S, found)
            self.spans_count += not self.reports_count or span != self.span
            self.reports_count += count
            self.span = span
        self._end(as_of, found)
        return found

    def _end(self, until: float, found: list[tuple[float, float]]) -> None:
        """Add the moment that is due up to `until`, if there is one."""
        few = self.reports_count < FEW_COUNT
        every_s = DAY_S if few else EVERY_S
        moment = -(-(self.span + 1) * EVERY_S // every_s) * every_s
        if self.reports_count and moment <= until:
            found.append((moment, self.spans_count * EVERY_S))
            self.reports_count = self.spans_count = 0

    def take(self, changes: Iterable[Change], score: Score) -> None:
        """Note what changed; an event that is over is scored by what was claimed by its end."""
        for what, event in changes:
            self.over.pop(event.id, None)
            self.told.discard(event.id)
            if what == "closed" and event.end is not None:
                self.over[event.id] = event.tracks, score(event, event.end)
            elif what != "withdrawn":
                self.told.add(event.id)

    def save(self) -> dict[str, Any]:
        """Return everything as what JSON knows."""
        return {**asdict(self), "told": sorted(self.told)}

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> Waiting:
        """Undo `save`."""
        over = {name: (tuple(tracks), score) for name, (tracks, score) in saved["over"].items()}
        return cls(**{**saved, "over": over, "told": set(saved["told"])})


def decide(
    alerts: Alerts,
    state: State,
    waiting: Waiting,
    standing: Mapping[str, Event],
    t: float,
    heard_s: float,
    score: Score,
    are_ships: AreShips,
) -> tuple[State, Decided]:
    """Decide at Unix time `t` on what waits; `standing` are the open events as they stand.

    Events of hulls that are no ships are left out.
    """
    going_on = [standing[name] for name in waiting.told if name in standing]
    tracks = {track for event in going_on for track in event.tracks}
    ships = are_ships(tracks.union(*(of for of, _ in waiting.over.values())))
    found = [Candidate(e.id, score(e, t)) for e in going_on if ships >= set(e.tracks)]
    found += [Candidate(n, s) for n, (of, s) in waiting.over.items() if ships >= set(of)]
    state, decisions = alerts.step(state, found, standing.keys(), t, heard_s)
    alerted = [standing[d.id] for d in decisions if d.verdict == "alert" and d.id in standing]
    return state, Decided(t, decisions, alerted)


def alike(going_on: Mapping[str, Event]) -> dict[str, Event]:
    """Return those open events that say the same however the stream was cut."""
    return {name: event for name, event in going_on.items() if event.kind in MEASURED_ONCE}


def add(decisions: Decisions, decided: Iterable[Decision]) -> None:
    """Take over what was decided; an alert stays one."""
    for one in decided:
        if one.id not in decisions or decisions[one.id].verdict != "alert":
            decisions[one.id] = one


def row(decision: Decision | None) -> dict[str, Any]:
    """Return what events.jsonl says of a decision; None: there was none, its hull is no ship."""
    usual = np.nan if decision is None else decision.usual_per_week
    verdict = "listed" if decision is None else decision.verdict
    return {
        "usual_per_week": None if np.isnan(usual) else float(f"{usual:.2g}"),
        "alert": verdict == "alert",
        "held_back": verdict == "held back",
    }


def account(alerts: Alerts, state: State, verdicts: Mapping[str, int]) -> Account:
    """Return how the budget is kept; `verdicts` says how many events came to each."""
    threshold = alerts.threshold(state)
    return {
        "budget_per_week": alerts.budget_per_week,
        "threshold": None if np.isnan(threshold) else round(threshold, 3),
        "days_heard": round(float(state["weeks"]) * 7, 1),
        "calibrating": bool(state["weeks"] < KNOWN_WEEKS),
        "alerts": verdicts.get("alert", 0),
        "held_back": verdicts.get("held back", 0),
    }
