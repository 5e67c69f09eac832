"""(g) Is the budget of alerts kept, and what does it buy?  On long simulated weeks of a station.

The seas are those of part (a), but weeks long and counted from the first minute, since a
new station must keep its promise, too.  A sea is judged once; each budget then decides
on the same events.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import _evaluate_gaps as gaps
import numpy as np
from _evaluate_reception import Climate, stream
from _evaluate_run import steps
from _evaluate_sea import Play, Recording, hide, record

from anomalies.budget import EVERY_S, LEAST_SCORE, WEEK_S, Alerts, Candidate, Decision
from receiver.sources.sea_chart import DAY
from sternlight.settings import Settings
from sternlight.station import Station
from tracks.places import Places
from tracks.state import State

BUDGETS = (1.0, 3.0, 10.0)
SAME_S = 600.0  # so much may lie between the beginning of a gap and that of its silence


@dataclass(frozen=True)
class Recorder(Alerts):
    """Decides as ever, and keeps what there was to decide on."""

    moments: list[tuple[list[Candidate], frozenset[str], float, float]] = field(
        default_factory=list
    )

    def step(
        self,
        state: State,
        found: Sequence[Candidate],
        standing: Collection[str],
        t: float,
        heard_s: float = EVERY_S,
    ) -> tuple[State, list[Decision]]:
        self.moments.append((list(found), frozenset(standing), t, heard_s))
        return super().step(state, found, standing, t, heard_s)


class Kept(NamedTuple):
    """What one budget came to on one sea; None is all with a score of one half or more."""

    budget: float | None
    weeks: float
    alerts: int
    most: int  # in any seven days
    held_back: int
    right: int  # of alerts: a ship that was switched off for more than half of its silence
    partly: int  # neither right nor wrong


def sea(seed: int, days: float, settings: Settings, places: Places) -> Sequence[Kept]:
    """Play one sea, judge it, and let each budget decide."""
    played = Play(seed, gaps.CAST.vessels, gaps.START, gaps.START + days * DAY, cast=gaps.CAST)
    hidden = hide(played, stream(seed, 6), gaps.A_WEEK, gaps.LASTS_H)
    recording = record(played, Climate(), hidden)
    recorder = Recorder()
    began = _began(recording, replace(settings, alerts=recorder), places)
    causes = _causes(began, recording, places)
    weeks = days * DAY / WEEK_S
    kept = [_kept(budget, recorder, causes, weeks) for budget in BUDGETS]
    return [*kept, _everything(recorder, causes, weeks)]


def _began(
    recording: Recording, settings: Settings, places: Places
) -> dict[str, tuple[int, float]]:
    """Judge a recording; return MMSI and beginning of each gap that was ever told, by id."""
    began: dict[str, tuple[int, float]] = {}
    for step in steps(Station(settings, places), recording.positions, recording.statics):
        began |= {e.id: (e.mmsis[0], e.start) for _, e in step.changes if e.kind == "gap"}
    return began


def _causes(
    began: dict[str, tuple[int, float]], recording: Recording, places: Places
) -> dict[str, int]:
    """Return why the ship of each gap was silent; what is no silence of two hours is left out."""
    silences, mmsi = gaps.silences_of(recording, places), recording.sea.register.mmsi
    of_ship: dict[int, list[tuple[float, int]]] = {}
    for ship, start, cause in zip(
        silences.ship.tolist(), silences.start.tolist(), silences.cause.tolist(), strict=True
    ):
        of_ship.setdefault(int(mmsi[ship]), []).append((start, cause))
    found: dict[str, int] = {}
    for name, (number, start) in began.items():
        near = [cause for t, cause in of_ship.get(number, []) if abs(t - start) < SAME_S]
        found |= {name: near[0]} if near else {}
    return found


def _kept(budget: float, recorder: Recorder, causes: dict[str, int], weeks: float) -> Kept:
    alerts, told, held = Alerts(budget), list[tuple[float, str]](), set[str]()
    state = alerts.start()
    for found, standing, t, heard_s in recorder.moments:
        state, decisions = alerts.step(state, found, standing, t, heard_s)
        told += [(t, one.id) for one in decisions if one.verdict == "alert"]
        held |= {one.id for one in decisions if one.verdict == "held back"}
    return _counted(budget, told, len(held - {name for _, name in told}), causes, weeks)


def _everything(recorder: Recorder, causes: dict[str, int], weeks: float) -> Kept:
    first: dict[str, float] = {}
    for found, _, t, _ in recorder.moments:
        for one in found:
            if one.score >= LEAST_SCORE:
                first.setdefault(one.id, t)
    return _counted(None, sorted((t, name) for name, t in first.items()), 0, causes, weeks)


def _counted(
    budget: float | None,
    told: list[tuple[float, str]],
    held_back: int,
    causes: dict[str, int],
    weeks: float,
) -> Kept:
    t = np.array([moment for moment, _ in told])
    most = max((int(((t >= a) & (t < a + WEEK_S)).sum()) for a in t.tolist()), default=0)
    why = [causes.get(name, -1) for _, name in told]
    right, partly = why.count(gaps.OFF), why.count(gaps.PARTLY)
    return Kept(budget, weeks, len(told), most, held_back, right, partly)
