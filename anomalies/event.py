"""What a detector finds, and what a reader needs in order to check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from tracks.batch import HULLS_PER_MMSI

Kind = Literal["interference", "gap", "loitering", "encounter", "identity", "long_voyage", "listed"]
Anomaly = Literal[
    "interference",
    "dark_gap",
    "loitering",
    "transshipment",
    "identity",
    "long_voyage",
    "listed",
]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements behind an event and the raw lines they came from."""

    measured: Mapping[str, float]  # every name ends in its unit: {"duration_h": 14.2}
    rule: str  # the test that was passed, with its numbers
    lines: tuple[int, ...]  # places in the raw log, sorted; decoding them again gives `measured`
    caveats: tuple[str, ...] = ()
    others: tuple[int, ...] = ()  # tracks of other hulls that it tells of, sorted


@dataclass(frozen=True, slots=True)
class Event:
    """Something one or two hulls did, or that befell a sea, over a span of time, at a place."""

    kind: Kind
    tracks: tuple[int, ...]  # sorted; none where it is about an area
    start: float  # Unix seconds UTC
    end: float | None  # None while it is still going on
    lat: float
    lon: float
    evidence: Evidence = field(compare=False)

    @property
    def mmsis(self) -> tuple[int, ...]:
        """The MMSIs under which the hulls spoke, sorted."""
        return tuple(sorted({track // HULLS_PER_MMSI for track in self.tracks}))

    @property
    def id(self) -> str:
        """The same event has the same id, however often it is detected."""
        return _id(self.kind, self.tracks, self.start)


@lru_cache(4096)  # it is asked for at every turn, and dates are slow to write
def _id(kind: str, tracks: tuple[int, ...], start: float) -> str:
    began = datetime.fromtimestamp(start, UTC)
    return "-".join([kind, *map(track_name, tracks), f"{began:%Y%m%dT%H%M%SZ}"])


def track_name(track: int) -> str:
    """Name a hull as people read it: the second one under MMSI 416000000 is 416000000.2."""
    return f"{track // HULLS_PER_MMSI}.{track % HULLS_PER_MMSI}"


class Change(NamedTuple):
    """What a step did to an event; `event` is the event as it now stands."""

    what: Literal["opened", "updated", "closed", "withdrawn"]
    event: Event


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason why a score is higher (weight above 0) or lower."""

    name: str  # machine-readable: "witnesses"
    weight: float  # log-odds added to the score
    says: str  # one plain sentence with the numbers


@dataclass(frozen=True, slots=True)
class Assessment:
    """A score and everything it is made of.  It says how unusual, never how guilty."""

    anomaly: Anomaly
    score: float  # between 0 and 1
    reasons: tuple[Factor, ...]  # what speaks for, heaviest first
    objections: tuple[Factor, ...]  # what speaks against, heaviest first
    caveats: tuple[str, ...]
    ships: tuple[str, ...] = ()  # what kind of ship each of the event's tracks claimed to be
