"""The network of meetings: which ships met, how often, where, and who may have given to whom.

Built from meetings alone, so that their order changes nothing and A meeting B is B
meeting A.  A line of the network says that two ships were heard together, never that
their owners know each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from anomalies.handover import Handover, Meeting, handover, unknown_why


class Edge(NamedTuple):
    """Two ships, and all their meetings in order of time."""

    ships: tuple[int, int]  # sorted
    meetings: tuple[Meeting, ...]
    handover: Handover | None  # None: unknown, or one way at one meeting and back at another
    why: str  # the reason for it, or for not knowing

    @property
    def first(self) -> float:
        """When they first met, Unix seconds."""
        return self.meetings[0].start

    @property
    def last(self) -> float:
        """When they were last heard together, Unix seconds."""
        return max(meeting.end for meeting in self.meetings)

    @property
    def hours(self) -> float:
        """How long they were heard together, in all."""
        return sum(meeting.heard_h for meeting in self.meetings)

    @property
    def best_score(self) -> float:
        """The score of the strongest meeting."""
        return max(meeting.score for meeting in self.meetings)

    @property
    def places(self) -> list[tuple[str, int]]:
        """Where they met and how often, the most frequent first."""
        met = Counter(meeting.place for meeting in self.meetings)
        return sorted(met.items(), key=lambda one: (-one[1], one[0]))


def edges(meetings: Iterable[Meeting]) -> list[Edge]:
    """Return the pairs that met, the strongest first."""
    met: dict[tuple[int, int], list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        met[meeting.ships].append(meeting)
    made = [_edge(pair, sorted(own, key=_when)) for pair, own in met.items()]
    return sorted(made, key=lambda edge: (-edge.best_score, edge.ships))


def _edge(pair: tuple[int, int], own: Sequence[Meeting]) -> Edge:
    found = {handover(meeting): meeting for meeting in own}
    if len(found) == 1:
        (one,) = found
        return Edge(pair, tuple(own), one, one.why if one else unknown_why(own[0]))
    says = "they claimed to be of other kinds at one meeting than at another"
    return Edge(pair, tuple(own), None, says)


def _when(meeting: Meeting) -> tuple[float, str]:
    return meeting.start, meeting.id


def around(network: Sequence[Edge], ship: int, hops: int) -> list[Edge]:
    """Return the edges that lead up to `hops` meetings away from a ship, in the same order."""
    partners = partners_of(network)
    reached, rim = {ship}, {ship}
    inner: set[int] = set()
    for _ in range(hops):
        inner |= rim
        rim = {other for one in rim for other in partners.get(one, ())} - reached
        reached |= rim
    return [edge for edge in network if not inner.isdisjoint(edge.ships)]


def partners_of(network: Iterable[Edge]) -> dict[int, set[int]]:
    """Return whom each ship met."""
    partners: dict[int, set[int]] = defaultdict(set)
    for edge in network:
        one, other = edge.ships
        partners[one].add(other)
        partners[other].add(one)
    return dict(partners)
