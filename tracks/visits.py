"""Port visits of hulls: from coming near a port or anchorage to leaving it.

After Global Fishing Watch's port visits (pipe-anchorages): a hull enters within 3 km of a
port or anchorage and leaves beyond 4 km; a stop begins under 0.2 kn and ends over 0.5 kn,
judged between consecutive ten-minute marks; falling silent there for 4 h counts like a stop.
Beyond that, since a ship that is never heard in port may be accused of never being there:

- a listed port may be the town, so it reaches `town_nmi` farther, and a ship may also call at
  a shore where no list has a place; there it must rest for `least_h` before that is sure to be
  a visit, and for `silent_h` farther than `shore_nmi` from shore, where boats fish;
- a ship that made for a place, fell silent near it, and was next heard there or coming from
  there, was there, if its own speed left it time for it;
- no silence ends a visit if the ship is found where it was, unless it was heading out.

Moving from berth to berth, or from roads to a quay, is one visit; coming to rest in another
listed port is another one, even where nothing but their limits lies between them.

What is told depends on the marks alone, so no cut of the stream changes it.  Neglected: what
a ship does between two marks, and calls of ships with their transponder off on both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracks.batch import BIN_S, F64, I64, U8, Mask, Points, Text, starts
from tracks.call_ends import NO_OUTCOME, Outcome, Told, outcome
from tracks.call_sums import NOBODY, Memory, remembered, tally
from tracks.calls import facts
from tracks.geodesy import NMI_M
from tracks.keyed import rows_of
from tracks.legs import COURSE_MARKS, DAY_MARKS, HOUR_MARKS, Marks, Way, marks_of
from tracks.limits import Reach
from tracks.places import Places
from tracks.ports import KINDS, NOTHING, SHORE, Ports, Visits
from tracks.silences import spent_there
from tracks.state import State
from tracks.stays import START_KN, STOP_KN

SETTLED_MARKS = HOUR_MARKS  # so much later than its mark a point may come


@dataclass(frozen=True, slots=True)
class Visiting:
    """A fold from points to port visits."""

    enter_nmi: float = 1.62  # 3 km (GFW)
    leave_nmi: float = 2.16  # 4 km (GFW)
    stop_kn: float = STOP_KN  # GFW
    start_kn: float = START_KN  # GFW
    silent_h: float = 4.0  # GFW
    town_nmi: float = 2.0  # ours: docs/places.md
    shore_nmi: float = 1.0  # ours
    coarse_shore_nmi: float = 2.5  # ours
    least_h: float = 1.0  # ours
    unheard_nmi: float = 5.4  # ours: 10 km, within which Miller et al. 2018 call a ship near port
    unheard_days: float = 30.0  # ours
    memory_days: float = 1100.0  # ours

    def __post_init__(self) -> None:
        for low, high in (
            ("enter_nmi", "leave_nmi"), ("stop_kn", "start_kn"), ("shore_nmi", "coarse_shore_nmi"),
        ):  # fmt: skip
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} is {getattr(self, low):g}; it may not be more than {high},"
                    f" {getattr(self, high):g}"
                )
        if self.silent_marks < HOUR_MARKS:
            raise ValueError(f"silent_h is {self.silent_h:g}; it must be at least 1")

    @property
    def inner(self) -> Reach:
        """Within which a hull enters."""
        return Reach(self.enter_nmi + self.town_nmi, self.enter_nmi)

    @property
    def outer(self) -> Reach:
        """Beyond which it has left."""
        return Reach(
            self.leave_nmi + self.town_nmi, self.leave_nmi, self.leave_nmi - self.enter_nmi
        )

    @property
    def quay(self) -> Reach:
        """Beyond which it has left if the listed position is the quay."""
        return self.outer._replace(port_nmi=self.leave_nmi)

    @property
    def port_m(self) -> float:
        """How far from each other two positions in one port may be."""
        return 2 * self.outer.port_nmi * NMI_M

    @property
    def silent_marks(self) -> int:
        """From how many marks on a silence is long."""
        return round(self.silent_h * HOUR_MARKS)

    @property
    def unheard_marks(self) -> int:
        """How long a silence that began outside may hold a visit; so long hulls are remembered."""
        return round(self.unheard_days * DAY_MARKS)

    @property
    def memory_marks(self) -> int:
        """How long hulls are remembered that fell silent at a place."""
        return round(self.memory_days * DAY_MARKS)

    def start(self) -> State:
        """Return the state before anything was heard."""
        return NOBODY.save()

    def step(
        self, state: State, points: Points, places: Places, as_of: float
    ) -> tuple[State, Ports]:
        """Take points ordered by (track, bin), none earlier than those of the steps before."""
        memory, now = Memory.load(state), as_of / BIN_S - SETTLED_MARKS
        due = memory.waits.track[memory.waits.bin + COURSE_MARKS < now]
        tracks = np.union1d(points.track[starts(points.track)], due)
        memory, forgotten = self._forget(memory, tracks, now)
        if not (len(tracks) or len(forgotten)):
            return memory.save(), NOTHING
        told = NO_OUTCOME
        if len(tracks):
            mine, told = self._judged(memory.of(tracks), marks_of(points), places, now)
            memory = memory.of(tracks, others=True).along_with(mine)
        arrived = self._visits(told.arrived, places)
        over = self._visits(Told.concat([told.over, forgotten]), places)
        return memory.save(), Ports(_lasting(arrived), over.take(self._tells(over)))

    def open(self, state: State, places: Places) -> Visits:
        """Return the visits that last, as far as they have come."""
        memory = Memory.load(state)
        visits = self._visits(Told.up_to(memory.calls, memory.last), places)
        return _lasting(visits.take(self._tells(visits)))

    def _forget(self, memory: Memory, tracks: I64, now: float) -> tuple[Memory, Told]:
        """Leave out who has been silent for too long, and tell of visits that so are over."""
        old = memory.last.take(memory.last.bin < now - self.unheard_marks)
        known = rows_of(tracks, old.track)[1] | rows_of(memory.waits.track, old.track)[1]
        there = rows_of(memory.calls.track, old.track)[1]
        old = old.take(~known & (~there | (old.bin < now - self.memory_marks)))
        over = Told.up_to(memory.of(old.track).calls, old)
        return memory.of(old.track, others=True) if len(old) else memory, over

    def _judged(
        self, memory: Memory, new: Marks, places: Places, now: float
    ) -> tuple[Memory, Outcome]:
        """Return what is remembered of the hulls heard, and what came of their visits."""
        way = Way.of(memory.before, memory.last, Marks.concat([memory.waits, new]))
        # Where a hull goes from where it is heard again may tell where it was.
        waits = way.newest & way.fresh & way.holes
        waits &= way.marks.bin + COURSE_MARKS >= now
        waiting, way = way.marks.take(waits), way.without_last(waits)
        f = facts(self, way, memory.rests.track, memory.lain, memory.calls.track, places)
        spent = spent_there(self, way, f, places)
        t = tally(self, way, f, memory, spent, places)
        told = outcome(self, way, f, t, spent)
        return remembered(way, f, t, waiting, told.lasting), told

    def _visits(self, told: Told, places: Places) -> Visits:
        """Return visits as they are told."""
        told = told.take(np.lexsort((told.start, told.track)))
        place, country, kind = self._named(told.lat, told.lon, places)
        return Visits.make(
            len(told),
            track=told.track,
            start=told.start * float(BIN_S),
            end=told.end * float(BIN_S),
            place=place,
            country=country,
            kind=kind,
            lat=told.lat,
            lon=told.lon,
            stopped_h=told.stopped / HOUR_MARKS,
            heard_h=told.heard / HOUR_MARKS,
            certainty=np.where(told.sure, 2 + told.came + told.went, 1),
            line_in=told.line_in,
            line_out=told.line_out,
        )

    def _named(self, lat: F64, lon: F64, places: Places) -> tuple[Text, Text, U8]:
        """Return what to call the places where ships lay, their countries and kinds."""
        which = places.limits(self.outer).holding(lat, lon).tolist()
        holds = [places.harbours[index] if index >= 0 else None for index in which]
        names = [places.label(index) for index in which]
        nameless = [row for row, place in enumerate(holds) if not (place and place.named)]
        words = places.from_named(lat[nameless], lon[nameless]) if nameless else []
        for row, where in zip(nameless, words, strict=True):
            names[row] = f"the {'anchorage' if holds[row] else 'shore'} {where}"
        countries = [place.country if place else "" for place in holds]
        kinds = [KINDS.index(place.kind) if place else SHORE for place in holds]
        text = [name.encode()[:64].decode("utf-8", "ignore").encode() for name in names]
        return np.array(text, "S64"), np.array(countries, "S2"), np.array(kinds, np.uint8)

    def _tells(self, visits: Visits) -> Mask:
        """Return which are worth telling: where nothing is sure, those that lasted."""
        lasted = visits.end - visits.start >= self.least_h * 3600
        return np.asarray((visits.certainty > 1) | (lasted & (visits.kind != SHORE)))


def _lasting(visits: Visits) -> Visits:
    return replace(visits, end=np.full(len(visits), np.nan))
