"""What every detector is: a fold over fixes, with its thresholds as fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from anomalies.event import Change, Kind
from anomalies.jams import Jams
from tracks.batch import F64, Fixes, Points, PositionBatch, StaticBatch
from tracks.listening import Turns
from tracks.places import Places
from tracks.ports import Ports, Visits
from tracks.state import State
from tracks.watchlist import Watchlist


def _never(off: F64, until: float) -> F64:
    return np.full(len(off), np.inf)


class Gaps(NamedTuple):
    """What the gap detector told in a step.

    `told_at` returns when silences that began at Unix times `off` and last until `until`,
    or longer, had been told at the latest, unless they were excused.
    """

    changes: Sequence[Change] = ()
    told_at: Callable[[F64, float], F64] = _never


def _no_ports() -> Ports:
    return Ports(Visits.empty(), Visits.empty())


@dataclass(frozen=True, slots=True)
class Heard:
    """What became known in one step.

    That is: fixes, the ten-minute points they complete, which of its own sources the
    station said were deaf, what detectors that run before found, reports of ships that no
    hull can have made, claims, and port visits.
    """

    fixes: Fixes
    points: Points
    turns: Turns = field(default_factory=Turns.empty)
    gaps: Gaps = field(default_factory=Gaps)
    aside: PositionBatch = field(default_factory=PositionBatch.empty)
    statics: StaticBatch = field(default_factory=StaticBatch.empty)
    ports: Ports = field(default_factory=_no_ports)
    encounters: Sequence[Change] = ()  # what that detector told in the step


@dataclass(frozen=True, slots=True)
class Context:
    """What a detector may consult besides the fixes."""

    places: Places
    ended: bool = False  # the recording is over: no fix will ever follow
    jams: Jams = field(default_factory=Jams.none)  # interference as far as `as_of` shows it
    watch: Watchlist = field(default_factory=Watchlist)  # ships that the user looks for


class Detector(Protocol):
    """`step` is pure: it reads no clock and remembers nothing but the state it returns.

    `as_of` is a promise: every fix heard before this Unix time has been given,
    and none heard before it will be given later; only turns of sources may be
    told later, by up to `tracks.listening.TOLD_WITHIN_S`.  How the stream is cut
    into steps changes nothing in the events that finally stand (ARCHITECTURE
    laws, docs/design.md).
    """

    @property
    def kind(self) -> Kind:
        """The kind of event it finds."""
        ...

    def start(self) -> State:
        """Return the state before anything was heard."""
        ...

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        ...
