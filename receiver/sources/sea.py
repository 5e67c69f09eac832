"""The simulated sea: scenes and their ships, where everybody truly is, what truly happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from receiver.sources import sea_chart as chart
from receiver.sources import sea_port, sea_traffic, sea_wanted
from receiver.sources.sea_chart import C128
from receiver.sources.sea_scene import Scene, Stage, Truth
from receiver.sources.sea_ships import Register, register
from receiver.sources.sea_voyage import Voyage
from tracks.batch import F64, Mask

GRID_S = 30.0  # true tracks are straight between these marks

WANTED: tuple[type[Scene], ...] = (
    sea_wanted.Meeting,
    sea_wanted.Loiterer,
    sea_wanted.SwitchedOff,
    sea_wanted.Leaver,
)
ORDINARY: tuple[type[Scene], ...] = (
    sea_traffic.Passer,
    sea_traffic.DayBoat,
    sea_port.Anchored,
    sea_port.Moored,
    sea_traffic.Trawler,
    sea_port.PortCall,
    sea_traffic.PairTrawlers,
    sea_port.Rafted,
    sea_traffic.Convoy,
    sea_traffic.IslandFerry,
    sea_traffic.Yacht,
    sea_traffic.NightFerry,
)
_RINGS = {"inner": chart.INNER_NMI, "outer": chart.OUTER_NMI}
_CASTING, _PLANNING = 1, 2  # streams of random numbers under one seed


def generator(*key: int) -> Generator:
    """Return the stream of random numbers of that name; streams know nothing of each other."""
    return Generator(PCG64(SeedSequence(key)))


class Tracks(NamedTuple):
    """Where each ship truly is at marks in time; arrays of shape (ships, marks)."""

    t: F64  # (marks,), Unix seconds, GRID_S apart
    p: C128  # metres on the chart
    v: C128  # metres a second
    status: NDArray[np.uint8]
    on: Mask  # transponder switched on from this mark to the next


@dataclass(slots=True)
class Sea:
    """A sea with `vessels` ships, played from Unix time `start` to `end`.

    It is the same for the same settings, whatever part of it is asked for and
    in whatever order.  `wanted` False leaves ordinary life alone.
    """

    seed: int
    vessels: int
    start: float
    end: float
    wanted: bool = True
    scenes: list[Scene] = field(init=False)
    first: list[int] = field(init=False)  # of each scene's ships
    register: Register = field(init=False)
    _planned: dict[int, tuple[int, int, tuple[Voyage, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        roles = casting(self.vessels, WANTED if self.wanted else (), ORDINARY)
        crews = [role.crew for role in roles]
        self.first = np.cumsum([0, *map(len, crews)])[:-1].tolist()
        rng = generator(self.seed, _CASTING)
        self.register = register([build for crew in crews for build in crew], rng)
        self.scenes = self._cast(roles, rng)
        self._planned = {}

    def _cast(
        self,
        roles: list[type[Scene]],
        rng: Generator,
        rings: Mapping[str, tuple[float, float]] = _RINGS,
        *,
        shuffled: bool = False,
    ) -> list[Scene]:
        """Give every role its spot in its ring, in the order of the roles or in any."""
        turn = float(rng.uniform())
        seats = {}
        for ring, span in rings.items():
            count = sum(role.ring == ring for role in roles)
            spots = chart.spots(count, *span, turn)
            spots = rng.permutation(spots) if shuffled else spots
            seats[ring] = iter(spots), chart.room_m(count, *span)
        scenes: list[Scene] = []
        for i, role in enumerate(roles):
            spot, room_m = 0j, 0.0
            if role.ring != "none":
                seat, room_m = seats[role.ring]
                spot = complex(next(seat))
            stage = Stage(self.start, self.end, roles[:i].count(role), spot, room_m)
            scenes.append(role.cast(stage, rng))
        return scenes

    def tracks(self, t: F64) -> Tracks:
        """Return where everybody is at the marks `t`, which must be GRID_S apart.

        Corners are rounded over two marks, so a ship does not turn on the spot.
        """
        marks = np.r_[t[0] - 2 * GRID_S, t[0] - GRID_S, t, t[-1] + GRID_S, t[-1] + 2 * GRID_S]
        shape = (len(self.register), len(marks))
        p = np.empty(shape, np.complex128)
        status, on = np.empty(shape, np.uint8), np.empty(shape, np.bool_)
        for ship, voyage in self._voyages(float(marks[0]), float(marks[-1])):
            p[ship] = np.interp(marks, voyage.t, voyage.p)
            knot = np.searchsorted(voyage.t, marks, "right") - 1
            status[ship], on[ship] = voyage.status[knot], voyage.on[knot]
        p = (p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]) / 4
        v = (p[:, 2:] - p[:, :-2]) / (2 * GRID_S)
        return Tracks(t, p[:, 1:-1], v, status[:, 2:-2], on[:, 2:-2])

    def _voyages(self, a: float, b: float) -> Iterator[tuple[int, Voyage]]:
        """Yield each ship and a voyage that covers the time from `a` to `b`."""
        for i, (scene, first) in enumerate(zip(self.scenes, self.first, strict=True)):
            from_, to = (int((x - scene.start) // scene.period_s) for x in (a, b))
            if self._planned.get(i, (0, -1))[:2] != (from_, to):
                self._planned[i] = from_, to, self._join(i, from_, to)
            yield from enumerate(self._planned[i][2], first)

    def _join(self, i: int, first: int, last: int) -> tuple[Voyage, ...]:
        rounds = [self._plan(i, cycle)[0] for cycle in range(first, last + 1)]
        return tuple(
            Voyage(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            for parts in zip(*rounds, strict=True)
        )

    def _plan(self, i: int, cycle: int) -> tuple[tuple[Voyage, ...], tuple[Truth, ...]]:
        scene = self.scenes[i]
        rng = generator(self.seed, _PLANNING, i, cycle + (1 << 31))  # keys are not negative
        return scene.plan(rng, cycle, scene.start + cycle * scene.period_s)

    def truths(self) -> Iterator[tuple[Truth, tuple[int, ...]]]:
        """Yield what happens between `start` and `end`, and the ships that do it."""
        for i, (scene, first) in enumerate(zip(self.scenes, self.first, strict=True)):
            span = [int((x - scene.start) // scene.period_s) for x in (self.start, self.end)]
            for cycle in range(span[0], span[1] + 1):
                for truth in self._plan(i, cycle)[1]:
                    if truth.start < self.end and truth.end > self.start:
                        yield truth, tuple(first + k for k in truth.cast)


def casting(
    vessels: int, wanted: tuple[type[Scene], ...], ordinary: tuple[type[Scene], ...]
) -> list[type[Scene]]:
    """Choose scenes with `vessels` ships in all, in proportion to their weights.

    Those wanted come first, so that a small sea has them too.  (Shares by the
    method of Sainte-Lague; a crew that no longer fits is passed over.)
    """
    chosen: list[type[Scene]] = []
    left, roles = vessels, (*wanted, *ordinary)
    placed = dict.fromkeys(roles, 0)
    for role in wanted:
        if len(role.crew) <= left:
            chosen.append(role)
            placed[role] += 1
            left -= len(role.crew)
    while left:
        fitting = [role for role in roles if len(role.crew) <= left]
        role = max(fitting, key=lambda r: r.weight / (2 * placed[r] + 1))
        chosen.append(role)
        placed[role] += 1
        left -= len(role.crew)
    return chosen
