"""Encounters: two vessels stay close together at sea, hardly moving.

Two vessels at most 500 m apart for at least two hours without a break, at a
median speed under 2 kn, at least 10 km from any port or anchorage (Miller et
al. 2018, doi 10.3389/fmars.2018.00240) and 5 nmi from shore, where ships lie at
anchorages that no list names.  They are compared at ten-minute marks
(`tracks.points`); where one of them was not heard for an hour, they were not
together.  Times together less than four hours apart are one encounter.  There
is no day boundary, and A meeting B is B meeting A.

It does not prove that anything was handed over.  Pair trawlers, tugs with
their tow, ships at anchor beside each other and lifeboats on exercise look the
same.  Neglected: everything nearer to land; ships that keep their transponder
off; meetings at more than 2 kn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.heap import both
from anomalies.manner import Paths
from anomalies.marks import HOUR, Ripe, begin, in_order, marks_in, ripen
from anomalies.meeting import measure
from anomalies.pairing import near_pairs
from anomalies.place_facts import near_land, place_facts
from anomalies.rendezvous import AROUND, rendezvous
from anomalies.runs import Meetings, Runs, join, meetings, split
from tracks.batch import BIN_S, Mask, Points, starts
from tracks.keyed import rows_of
from tracks.state import State

_AT_ONCE = 1000  # meetings measured together: bounds memory where a whole port counts as sea

APART = "for {apart_h:.1f} h of it they were further apart or near a port"
DARK = "for {dark_h:.1f} h of it one of them, or both, was not heard"
CUT_OFF = (
    "the recording ends {since_h:.1f} h after they were last heard together;"
    " whether they met again is not known"
)

Key = tuple[int, int, int]  # both tracks and the mark at which they met
Told = dict[Key, int]  # how many marks a meeting had lasted when it was last told of


class _Log(NamedTuple):
    """What the meetings of a step are measured from."""

    paths: Paths  # of every track with a meeting, since it began
    ripe: Ripe
    context: Context


@dataclass(frozen=True, slots=True)
class Encounter:
    """Two vessels within `max_distance_m` for `min_duration_h`, away from port."""

    max_distance_m: float = 500.0  # Miller et al. 2018
    min_duration_h: float = 2.0  # Miller et al. 2018
    max_speed_kn: float = 2.0  # Miller et al. 2018: median speed below
    port_radius_nmi: float = 5.4  # Miller et al. 2018: 10 km from a coastal anchorage
    min_shore_nmi: float = 5.0  # ours: stands in for the many anchorages that no list names
    merge_h: float = 4.0  # GFW pipe-encounters: --min_hours_between_encounters
    max_duration_h: float = 168.0  # ours: longer ones are told week by week; bounds memory

    @property
    def kind(self) -> Literal["encounter"]:
        """The kind of event it finds."""
        return "encounter"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            **begin(),
            **Points.empty().to_state("kept_"),
            **Runs.empty().to_state("runs_"),
            "told": np.empty((0, 4), np.int64),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        ripe = ripen(state, heard, context, as_of)
        if ripe.through == ripe.before and not ripe.over:
            return {**state, **ripe.state}, []
        points, told = ripe.points, {(a, b, met): n for a, b, met, n in state["told"].tolist()}
        at_sea = ~near_land(points, context.places, self.port_radius_nmi, self.min_shore_nmi)
        new = near_pairs(points.take(at_sea), self.max_distance_m)
        runs, finished = split(
            join(Runs.from_state(state, "runs_"), new),
            self._max_break,
            round(self.max_duration_h * HOUR),
        )
        known = Points.from_state(state, "kept_")
        kept = in_order(both(known, points))
        found = meetings(runs, self._max_break)
        going_on = ripe.settled + 1 - found.last < self._max_break
        live = found.runs_of(runs, going_on)
        log = _Log(Paths.of(kept), ripe, context)
        changes = [c for part in finished for c in self._over(part, log, told, 0)]
        changes += self._over(found.runs_of(runs, ~going_on), log, told, self._after)
        changes += self._live(live, log, told)
        return {
            **ripe.state,
            **_needed(kept, found.take(going_on), ripe.through).to_state("kept_"),
            **live.to_state("runs_"),
            "told": np.array([(*k, n) for k, n in sorted(told.items())], np.int64).reshape(-1, 4),
        }, changes

    @property
    def _min_steps(self) -> int:
        """How many ten-minute steps the longest run needs."""
        return marks_in(self.min_duration_h)

    @property
    def _max_break(self) -> int:
        """The shortest distance in marks that separates two meetings."""
        return marks_in(self.merge_h)

    @property
    def _after(self) -> int:
        """How many marks behind a meeting belong to it: they are known when it is over."""
        return min(AROUND, self._max_break - 1)

    @property
    def _rule(self) -> str:
        return (
            f"median_distance_m <= {self.max_distance_m:g} at every mark of"
            f" longest_h >= {self.min_duration_h:g}; median_speed_kn < {self.max_speed_kn:g};"
            f" shore_nmi >= {self.min_shore_nmi:g}; port_nmi > {self.port_radius_nmi:g}"
        )

    def _over(self, runs: Runs, log: _Log, told: Told, after: int) -> Iterator[Change]:
        """Yield what is to say of meetings that can go on no more."""
        found = meetings(runs, self._max_break)
        long = found.longest >= self._min_steps
        for key, passed, event in self._events(runs, found, long, log, False, after):
            if passed:
                yield Change("closed", event)
            elif key in told:
                yield Change("withdrawn", event)
            told.pop(key, None)

    def _live(self, runs: Runs, log: _Log, told: Told) -> Iterator[Change]:
        """Yield what is to say of meetings that may go on: at once, then at each doubling."""
        found = meetings(runs, self._max_break)
        due = found.longest >= self._min_steps
        rows = np.flatnonzero(due)
        lengths = (found.last[rows] - found.first[rows]).tolist()
        for row, key, length in zip(rows, _keys(found.take(rows)), lengths, strict=True):
            due[row] = log.ripe.over or length >= 2 * told.get(key, 0)
        for key, passed, event in self._events(runs, found, due, log, True, self._after):
            if passed:
                yield Change("updated" if key in told else "opened", event)
                told[key] = round(event.evidence.measured["duration_h"] * HOUR)
            elif told.pop(key, 0):
                yield Change("withdrawn", event)

    def _events(
        self, runs: Runs, found: Meetings, which: Mask, log: _Log, going_on: bool, after: int
    ) -> Iterator[tuple[Key, bool, Event]]:
        """Yield the key, whether it passes the rule, and the event of each meeting picked."""
        rows = np.flatnonzero(which)
        for some in np.split(rows, range(_AT_ONCE, len(rows), _AT_ONCE)):
            picked = np.zeros(len(found), np.bool_)
            picked[some] = True
            if len(some):
                yield from self._measured(
                    found.runs_of(runs, picked), found.take(some), log, going_on, after
                )

    def _measured(
        self, runs: Runs, found: Meetings, log: _Log, going_on: bool, after: int
    ) -> Iterator[tuple[Key, bool, Event]]:
        """Yield the same for meetings that are all wanted."""
        values = measure(runs, found, log.paths.points, log.paths.keys)
        places = place_facts(log.context.places, values.lat, values.lon)
        for i, key in enumerate(_keys(found)):
            first, last = int(found.first[i]), int(found.last[i])
            how = rendezvous(log.paths, key[:2], first, last, after)
            measured = {
                "duration_h": (last - first) / HOUR,
                "heard_h": int(values.heard_steps[i]) / HOUR,
                "longest_h": int(found.longest[i]) / HOUR,
                "together_points_count": float(values.marks_count[i]),
                "median_distance_m": float(values.median_distance_m[i]),
                "min_distance_m": float(values.min_distance_m[i]),
                "median_speed_kn": float(values.median_speed_kn[i]),
                **how.measured,
                **places[i],
            }
            cut_off = log.ripe.through - last if going_on and log.ripe.over else 0
            event = Event(
                kind=self.kind,
                tracks=key[:2],
                start=float(first * BIN_S),
                end=None if going_on else float(last * BIN_S),
                lat=float(values.lat[i]),
                lon=float(values.lon[i]),
                evidence=Evidence(
                    measured=measured,
                    rule=self._rule,
                    lines=how.lines,
                    caveats=_caveats(measured, cut_off),
                ),
            )
            yield key, measured["median_speed_kn"] < self.max_speed_kn, event


def _caveats(measured: dict[str, float], marks_since: int) -> tuple[str, ...]:
    caveats = []
    dark_h = measured["dark_h"]
    apart_h = round(measured["duration_h"] - measured["heard_h"] - dark_h, 6)
    if apart_h > 0:
        caveats.append(APART.format(apart_h=apart_h))
    if dark_h > 0:
        caveats.append(DARK.format(dark_h=dark_h))
    if marks_since:
        caveats.append(CUT_OFF.format(since_h=marks_since / HOUR))
    return tuple(caveats)


def _keys(found: Meetings) -> list[Key]:
    return list(zip(found.a.tolist(), found.b.tolist(), found.first.tolist(), strict=True))


def _needed(kept: Points, live: Meetings, through: int) -> Points:
    """Return the newest points of all, and of who is in a meeting those from its approach on."""
    track = np.concatenate([live.a, live.b])
    first = np.concatenate([live.first, live.first])
    order = np.lexsort((first, track))
    heads = order[starts(track[order])]
    rows, known = rows_of(track[heads], kept.track)
    needed = kept.bin > through - AROUND
    meets = np.flatnonzero(known)
    needed[meets] |= kept.bin[meets] >= first[heads][rows[meets]] - AROUND
    return kept.take(needed)
