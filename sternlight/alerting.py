"""When the station decides on alerts, and on which events: so that a replay decides the same.

Open events are told when it suits a detector, which depends on how the stream was cut
into steps.  So alerts are decided at moments of the stream's own, up to which the station
steps exactly, on events as anybody would find them whose recording ends there.  A moment
before which nothing was heard is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from anomalies.budget import EVERY_S, KNOWN_WEEKS, Alerts, Candidate, Decision
from anomalies.detectors import MEASURED_ONCE
from anomalies.event import Change, Event
from sternlight.attention import Account
from tracks.batch import F64
from tracks.state import State

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

    due: float = np.inf  # the next moment, Unix seconds; inf: nothing was heard since the last
    over: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)  # tracks, score
    told: set[str] = field(default_factory=set)  # ids of open events

    def copy(self) -> Waiting:
        """Return another that may change by itself."""
        return Waiting(self.due, {**self.over}, {*self.told})

    def moments(self, t: F64, after: float, as_of: float) -> list[float]:
        """Return the moments up to `as_of` with something heard before each; `t` is heard now.

        All before Unix time `after` has been given.
        """
        behind = (np.unique(t[np.isfinite(t)] // EVERY_S) + 1) * EVERY_S
        marks = np.unique(np.append(behind[behind > after], self.due))
        self.due = float(marks[marks > as_of].min(initial=np.inf))
        found: list[float] = marks[(marks <= as_of) & np.isfinite(marks)].tolist()
        return found

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
        due = self.due if np.isfinite(self.due) else None
        return {"due": due, "over": self.over, "told": sorted(self.told)}

    @classmethod
    def load(cls, saved: Mapping[str, Any]) -> Waiting:
        """Undo `save`."""
        over = {name: (tuple(tracks), score) for name, (tracks, score) in saved["over"].items()}
        return cls(saved["due"] or np.inf, over, set(saved["told"]))


def decide(
    alerts: Alerts,
    state: State,
    waiting: Waiting,
    standing: Mapping[str, Event],
    t: float,
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
    state, decisions = alerts.step(state, found, standing.keys(), t)
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
