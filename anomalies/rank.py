"""Which ships are worth a human's look: what their events add up to.

A vessel's score is the sum of the contributions listed, between 0 and 1.  Of
each anomaly its heaviest event counts in full and each further one half as
much as the one before, so that a ship of many small events does not outrank
one of a clear one.  It shows how much there is to check, and is never a
probability of anything, least of all of forced labour: the published models of
that rest on features that a shore station mostly cannot see, and these are
listed as missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from anomalies.event import Anomaly, Assessment, Event
from tracks.batch import HULLS_PER_MMSI
from tracks.identity import Claims
from tracks.ship_types import ship_type_name

# How much of a vessel's score one event with a score of 1 makes.
SHARES: dict[Anomaly, float] = {
    "transshipment": 0.6,  # two ships were seen doing something together
    "identity": 0.5,  # a hull is hidden behind another number; slips look the same
    "dark_gap": 0.5,  # seen only as an absence
    "listed": 0.4,  # a list's claim, and a match; what was seen of the ship comes besides
    "loitering": 0.4,  # "may indicate" a meeting with a ship that nobody heard (GFW)
}
LEAST = 0.005  # smaller contributions would not show in a score of two digits

# Features of McDonald et al. 2021 (doi 10.1073/pnas.2016238117) that no recording of one station
# shows.
NEVER_SEEN = (
    "port visits and how long the voyages were: the recording does not tell of the time before",
    "visits to ports of other countries",
    "hours of fishing a day, and fishing on the high seas",
    "engine power",
    "the greatest distance from port over a voyage",
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one event adds to a vessel's score."""

    event_id: str
    anomaly: Anomaly
    weight: float  # added to the score, 0 to 1
    says: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """A vessel, with all that its score is made of."""

    track: int
    score: float  # between 0 and 1: how much there is to check
    contributions: tuple[Contribution, ...]  # heaviest first; their weights add up to the score
    missing: tuple[str, ...]  # signs that could not be looked for
    events: tuple[str, ...]  # ids of all its events, in time

    @property
    def mmsi(self) -> int:
        """The MMSI under which the hull spoke."""
        return self.track // HULLS_PER_MMSI


Judged = tuple[Event, Assessment]


def rank(judged: Iterable[Judged], claims: Mapping[int, Claims]) -> list[Ranked]:
    """Return the vessels with events, the most worth a check first; `claims` are by track."""
    by_track: dict[int, list[Judged]] = defaultdict(list)
    for event, assessment in judged:
        for track in event.tracks:  # interference is about an area and has none
            by_track[track].append((event, assessment))
    ranked = [_vessel(track, own, claims.get(track)) for track, own in by_track.items()]
    return sorted(ranked, key=lambda vessel: (-vessel.score, vessel.track))


def _vessel(track: int, own: list[Judged], claims: Claims | None) -> Ranked:
    contributions, left = [], 1.0
    for contribution in sorted(_contributions(own), key=lambda c: (-c.weight, c.event_id)):
        weight = min(contribution.weight, left)
        if weight >= LEAST:
            left -= weight
            contributions.append(_weighing(contribution, weight))
    return Ranked(
        track=track,
        score=1.0 - left,
        contributions=tuple(contributions),
        missing=(*_unsaid(claims), *NEVER_SEEN),
        events=tuple(e.id for e, _ in sorted(own, key=lambda j: (j[0].start, j[0].id))),
    )


def _contributions(own: list[Judged]) -> list[Contribution]:
    found = []
    for anomaly, share in SHARES.items():
        same = [j for j in own if j[1].anomaly == anomaly]
        same.sort(key=lambda j: (-j[1].score, j[0].id))
        for i, (event, assessment) in enumerate(same):
            weight = share * assessment.score / 2**i
            found.append(Contribution(event.id, anomaly, weight, _says(event, assessment)))
    return found


def _weighing(c: Contribution, weight: float) -> Contribution:
    return Contribution(c.event_id, c.anomaly, weight, c.says)


def _says(event: Event, assessment: Assessment) -> str:
    """Return the event's heaviest reason, in its own words."""
    what = {
        "dark_gap": "Silence",
        "loitering": "Loitering",
        "transshipment": "Meeting at sea",
        "identity": "Odd identity",
        "listed": "Watch list",
    }
    begin = f"{what[assessment.anomaly]} with a score of {assessment.score:.2f}"
    return f"{begin}: {assessment.reasons[0].says}" if assessment.reasons else f"{begin}."


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
