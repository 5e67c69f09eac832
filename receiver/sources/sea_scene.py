"""What every act of the simulated sea is: a few ships that repeat a pattern for ever."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, Protocol, Self

from numpy.random import Generator

from receiver.sources.sea_voyage import Voyage

Ring = Literal["inner", "outer", "none"]


class Truth(NamedTuple):
    """Something that truly happened."""

    kind: str
    cast: tuple[int, ...]  # which of the scene's ships
    start: float  # Unix seconds
    end: float
    at: complex  # metres on the chart
    note: str


class Plan(NamedTuple):
    """One round of a scene: a voyage for each ship, and what it amounts to."""

    voyages: tuple[Voyage, ...]
    truths: tuple[Truth, ...] = ()


class Stage(NamedTuple):
    """What a scene is told when it is cast."""

    start: float  # of the recording, Unix seconds
    end: float
    number: int  # how many scenes of this sort stand before it
    spot: complex  # its place on its ring
    room_m: float  # how far off its neighbours there are


class Scene(Protocol):
    """`plan` writes round `cycle`, from `t0` to `t0 + period_s`.

    A round begins and ends at the same places, so that one can be planned
    without the one before, and memory does not grow with the recording.
    """

    crew: ClassVar[tuple[str, ...]]  # builds of its ships
    weight: ClassVar[float]  # how many in a sea of sixty ships
    ring: ClassVar[Ring]

    @property
    def period_s(self) -> float:
        """How long a round takes."""
        ...

    @property
    def start(self) -> float:
        """When round 0 begins, Unix seconds."""
        ...

    @classmethod
    def cast(cls, stage: Stage, rng: Generator) -> Self:
        """Draw what stays the same from round to round."""
        ...

    def plan(self, rng: Generator, cycle: int, t0: float) -> Plan:
        """Write the voyages of a round."""
        ...
