"""Which hulls of a recording, or of a station, are worth a human's look.

A hull's score is that of `anomalies.standing`; a high place in the list means: worth a check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from anomalies.event import Assessment, Event
from anomalies.features import DAY_S, YEAR_DAYS, Features
from anomalies.indicators import NEVER_SEEN
from anomalies.standing import Mark, Standing, standings
from tracks.batch import HULLS_PER_MMSI
from tracks.identity import Claims
from tracks.ship_types import ship_type_name

_WHAT = {
    "gap": "Silence",
    "loitering": "Loitering",
    "encounter": "Meeting at sea",
    "identity": "Odd identity",
    "long_voyage": "Long voyage",
    "listed": "On a list",
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hull, with all that its score is made of."""

    track: int
    standing: Standing
    missing: tuple[str, ...]  # signs that could not be looked for, and what it has not said
    events: tuple[str, ...]  # ids of all its events, in time

    @property
    def mmsi(self) -> int:
        """The MMSI under which the hull spoke."""
        return self.track // HULLS_PER_MMSI


Judged = tuple[Event, Assessment]


def rank(
    until: Mapping[int, float],
    features: Features,
    judged: Iterable[Judged],
    claims: Mapping[int, Claims],
) -> list[Ranked]:
    """Return all hulls, the most worth a check first.

    `until` says when each track was last heard, Unix seconds; `features` has a row for each, in
    that order, and its sums of scores are made of `judged`.  `claims` are by track.
    """
    by_track: dict[int, list[Judged]] = defaultdict(list)
    for event, assessment in judged:
        for own in event.tracks:  # interference is about an area and has none
            by_track[own].append((event, assessment))
    marks = [
        [_mark(*one) for one in by_track[track] if _ended(one[0]) >= t - YEAR_DAYS * DAY_S]
        for track, t in until.items()
    ]
    ranked = [
        Ranked(
            track=t,
            standing=standing,
            missing=(*_unsaid(claims.get(t)), *standing.missing, *NEVER_SEEN),
            events=tuple(e.id for e, _ in sorted(by_track[t], key=lambda j: (j[0].start, j[0].id))),
        )
        for t, standing in zip(until, standings(features, marks), strict=True)
    ]
    return sorted(ranked, key=lambda vessel: (-vessel.standing.score, vessel.track))


def says(kind: str, score: float, reason: str | None) -> str:
    """Say an event with its heaviest reason, if it has one."""
    begin = f"{_WHAT[kind]} with a score of {score:.2f}"
    return f"{begin}: {reason}" if reason else f"{begin}."


def _ended(event: Event) -> float:
    return np.inf if event.end is None else event.end


def _mark(event: Event, assessment: Assessment) -> Mark:
    reason = assessment.reasons[0].says if assessment.reasons else None
    words = says(event.kind, assessment.score, reason)
    return Mark(event.id, event.kind, assessment.score, words)


def _unsaid(claims: Claims | None) -> tuple[str, ...]:
    """Return what the vessel has not said of itself, or what was not heard."""
    known = claims or Claims()
    unsaid = []
    if not ship_type_name(known.ship_type):
        unsaid.append("what kind of ship it is: it has not said, or nobody heard it")
    if not known.name:
        unsaid.append("its name")
    if not known.imo:
        unsaid.append("its IMO number, by which a ship is known under any name")
    return tuple(unsaid)
