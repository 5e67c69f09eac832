"""Loitering: a vessel stays about where it is, at sea, for hours.

A vessel loiters while it moves at less than 2 kn on average over an hour: every
moment of it lies in some hour, six consecutive ten-minute legs all of which
were heard, whose way is under 2 nmi.  All of it lies at least 5 nmi from shore
and more than 10 km from any port or anchorage, and at least four hours of it
were heard.  Silence breaks it, unless less than four hours were missed and the
way across was under 2 kn too; then it is one loitering, and the hours not heard
are shown.  (Global Fishing Watch: consecutive hours under 2 kn, at least 4 h,
at least 20 nmi offshore.  Its pipe-loitering counts hours as consecutive
whatever silence lies between them.)

It does not prove that anybody was met.  Ships drift to wait for a berth, for
orders or for weather, to mend an engine, to fish with lines, to survey; they
anchor.  Neglected: ships that fish or wait at more than 2 kn; the current,
which moves a drifting ship over ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from anomalies.company import companions, keeping_company, still_asked_for
from anomalies.detector import Context, Gaps, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.heap import both
from anomalies.manner import Paths, legs_m, lines_of, manner
from anomalies.marks import HOUR, Ripe, begin, in_order, keys_of, marks_in, ripen
from anomalies.place_facts import near_land, nearest_facts
from anomalies.runs import Runs
from anomalies.silent import COULD, Silent
from anomalies.spells import Spells, count_between, hours, touching, united
from tracks.batch import BIN_S, I64, U64, Mask, Points, starts
from tracks.geodesy import NMI_M
from tracks.keyed import rows_of
from tracks.places import Places
from tracks.state import State

DARK = "{dark_h:.1f} h of it nobody heard this ship; that it stayed is taken from where it was next"
CUT_OFF = (
    "the recording ends {since_h:.1f} h after the last slow hour; whether it went on is not known"
)


class _Sea(NamedTuple):
    """The points that a step has to do with."""

    paths: Paths
    ripe: Ripe
    context: Context
    silent: Silent
    gaps: Gaps
    pairs: Runs = Runs.empty()  # who kept whom company, hour by hour

    @property
    def points(self) -> Points:
        return self.paths.points

    def of(self, track: int, first: int, last: int) -> Points:
        """Return the points of a track from one mark to another."""
        return self.points.take(self.paths.rows_of(track, first, last))


class _Hours(NamedTuple):
    """Hours heard in full that end at marks judged now."""

    slow: Points  # at which a slow hour at sea ends
    swift: U64  # keys of the ends of all others


@dataclass(frozen=True, slots=True)
class Loitering:
    """A vessel under `max_speed_kn` for `min_duration_h`, off shore and away from port."""

    max_speed_kn: float = 2.0  # GFW pipe-loitering
    min_duration_h: float = 4.0  # GFW's reports on carriers
    min_shore_nmi: float = 5.0  # ours: GFW's 20 nmi would leave a shore station nothing to see
    port_radius_nmi: float = 5.4  # 10 km, as for encounters: Miller et al. 2018
    merge_h: float = 4.0  # ours: longer silence is not bridged
    company_radius_nmi: float = 1.0  # ours: fleets at rest lie within hail of each other
    silent_speed_kn: float = 12.0  # ours: few fishing vessels steam faster
    max_duration_h: float = 168.0  # ours: longer ones are told week by week; bounds memory

    @property
    def kind(self) -> Literal["loitering"]:
        """The kind of event it finds."""
        return "loitering"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            **begin(),
            **Points.empty().to_state("kept_"),
            **Spells.empty().to_state("spells_"),
            **Runs.empty().to_state("pairs_"),
            **Silent.empty().to_state("silent_"),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        ripe = ripen(state, heard, context, as_of)
        silent = Silent.from_state(state, "silent_").told(heard.gaps.changes, heard.fixes)
        if ripe.through == ripe.before and not ripe.over:
            return {**state, **ripe.state, **silent.to_state("silent_")}, []
        known = Points.from_state(state, "kept_")
        points = in_order(both(known, ripe.points))
        sea = _Sea(Paths.of(points), ripe, context, silent, heard.gaps)
        found = self._hours(sea)
        spells = self._spells(Spells.from_state(state, "spells_"), found, sea)
        spells, cut_off = self._split(spells, sea)
        new = keeping_company(found.slow, self.company_radius_nmi)
        sea = sea._replace(pairs=Runs.concat([Runs.from_state(state, "pairs_"), new]))
        over = self._is_over(spells, sea)
        changes = [Change("closed", e) for e in self._events(cut_off, sea, False, 0) if e]
        changes += [
            Change("closed", e) for e in self._events(spells.take(over), sea, False, HOUR) if e
        ]
        live, more = self._going_on(spells.take(~over), sea)
        pairs = still_asked_for(sea.pairs, live)
        return {
            **ripe.state,
            **_needed(points, live, pairs, ripe.through).to_state("kept_"),
            **live.to_state("spells_"),
            **pairs.to_state("pairs_"),
            **silent.since(_earliest(live, ripe.through)).to_state("silent_"),
        }, changes + more

    def _hours(self, sea: _Sea) -> _Hours:
        """Return the hours that end at marks judged now."""
        points = sea.points.take(np.flatnonzero(sea.points.bin > sea.ripe.before - HOUR))
        rows, way_m = hours(points)
        new = points.bin[rows] > sea.ripe.before
        rows, way_m = rows[new], way_m[new]
        slow = way_m < self.max_speed_kn * NMI_M
        slow[slow] = self._at_sea(points, rows[slow], sea.context.places)
        swift = keys_of(points.track[rows[~slow]], points.bin[rows[~slow]])
        return _Hours(points.take(rows[slow]), swift)

    def _spells(self, known: Spells, found: _Hours, sea: _Sea) -> Spells:
        """Return the spells as they stand with what was heard now."""
        swift = found.swift
        spells = touching(known, found.slow.track, found.slow.bin)
        # What broke a spell before now counts only if nothing continued it.
        spells = _marked(spells, spells.broken & (spells.last <= sea.ripe.before))
        spells = united(spells, ~self._bridged(spells, swift, sea))
        ever_after = np.full(len(spells), sea.ripe.through + 1)
        return _marked(
            spells,
            spells.broken | (count_between(swift, spells.track, spells.last, ever_after) > 0),
        )

    def _at_sea(self, points: Points, ends: I64, places: Places) -> Mask:
        """Return for each slow hour whether all its points are far from shore and port."""
        touched = np.zeros(len(points), np.bool_)
        for leg in range(HOUR + 1):
            touched[ends - leg] = True
        rows = np.flatnonzero(touched)
        touched[rows] = self._is_masked(points.take(rows), places)
        masked = np.zeros(len(ends), np.bool_)
        for leg in range(HOUR + 1):
            masked |= touched[ends - leg]
        return ~masked

    def _is_masked(self, points: Points, places: Places) -> Mask:
        """Return whether a point is too near to shore or port."""
        return near_land(points, places, self.port_radius_nmi, self.min_shore_nmi)

    def _bridged(self, spells: Spells, swift: U64, sea: _Sea) -> Mask:
        """Return for each spell but the first whether it continues the one before, over silence."""
        track, last, first = spells.track[:-1], spells.last[:-1], spells.first[1:]
        maybe = (track == spells.track[1:]) & (first - last < self._max_break)
        maybe &= count_between(swift, track, last, first + HOUR) == 0
        maybe &= ~spells.broken[:-1]
        for i in np.flatnonzero(maybe):
            between = sea.of(track[i], last[i], first[i])
            way_m = float(np.sum(legs_m(between)))
            hours_dark = (first[i] - last[i]) / HOUR
            maybe[i] = way_m < self.max_speed_kn * NMI_M * hours_dark and not np.any(
                self._is_masked(between, sea.context.places)
            )
        return np.asarray(maybe)

    def _split(self, spells: Spells, sea: _Sea) -> tuple[Spells, Spells]:
        """Cut spells at each `max_duration_h` from their beginning; the rests come first."""
        most = round(self.max_duration_h * HOUR)
        first, told, cut_off = spells.first.copy(), spells.told.copy(), []
        for i in np.flatnonzero(spells.last - first > most):
            track, last = spells.track[i : i + 1], spells.last[i]
            while last - first[i] > most:
                bins = sea.of(track[0], first[i], last).bin
                at = first[i] + most
                cut_off.append((track[0], first[i], bins[bins <= at].max()))
                first[i], told[i] = bins[bins >= at].min(), 0
        parts = np.array(cut_off, np.int64).reshape(-1, 3).T
        rests = Spells(spells.track, first, spells.last, spells.broken, told)
        return rests, Spells.make(len(cut_off), track=parts[0], first=parts[1], last=parts[2])

    def _is_over(self, spells: Spells, sea: _Sea) -> Mask:
        """Return which spells nothing can continue any more.

        A vessel's points come in order, so up to its newest one all is settled;
        the next hour to end begins five marks before the next one or later.
        """
        behind = np.searchsorted(
            sea.paths.keys, keys_of(spells.track + 1, np.zeros_like(spells.first))
        )
        settled = np.maximum(sea.points.bin[behind - 1], sea.ripe.settled)
        next_first = settled + 1 - HOUR
        over = spells.broken & (next_first > spells.last)
        return over | spells.followed() | (next_first - spells.last >= self._max_break)

    def _going_on(self, live: Spells, sea: _Sea) -> tuple[Spells, list[Change]]:
        """Return the spells, and what is to say of them: at once, then at each doubling."""
        length, told, changes = live.last - live.first, live.told.copy(), []
        due = np.flatnonzero((told == 0) | (length >= 2 * told) | sea.ripe.over)
        for i, event in zip(due, self._events(live.take(due), sea, True, HOUR), strict=True):
            if event:
                changes.append(Change("updated" if told[i] else "opened", event))
                told[i] = length[i]
        return Spells(live.track, live.first, live.last, live.broken, told), changes

    def _events(
        self, spells: Spells, sea: _Sea, going_on: bool, after: int
    ) -> Iterator[Event | None]:
        """Yield the event of each spell; None for one that is too short.

        `after` is how many marks behind each belong to its evidence.
        """
        long = spells.last - spells.first >= self.min_duration_h * HOUR
        if not long.any():
            yield from [None] * len(spells)
            return
        paths = sea.paths
        own = paths.rows(spells.track, spells.first, spells.last)
        around = paths.rows(spells.track, spells.first - HOUR, spells.last + after)
        for i in np.flatnonzero(long).tolist():
            long[i] = len(paths.legs_kn(own[i])) >= self.min_duration_h * HOUR
        stays = [sea.points.take(own[i]) for i in np.flatnonzero(long).tolist()]
        places = iter(nearest_facts(sea.context.places, stays))
        for i, is_stay in enumerate(long.tolist()):
            if is_stay:
                yield self._event(own[i], around[i], next(places), sea, going_on)
            else:
                yield None

    def _event(
        self, rows: slice, around: slice, places: dict[str, float], sea: _Sea, going_on: bool
    ) -> Event:
        """Return the event of a spell with its own `rows`, and those `around` it too."""
        paths, own = sea.paths, sea.points.take(rows)
        track, first, last = int(own.track[0]), int(own.bin[0]), int(own.bin[-1])
        legs_kn = paths.legs_kn(rows)
        heard_h, duration_h = len(legs_kn) / HOUR, (last - first) / HOUR
        lat, lon = paths.middle(rows)
        others = companions(sea.pairs, own, self.max_speed_kn * NMI_M)
        shown = [
            sea.points.take(around),
            *(sea.of(o.track, o.first - HOUR, o.last) for o in others),
        ]
        caveats = [DARK.format(dark_h=duration_h - heard_h)] if heard_h < duration_h else []
        if going_on and sea.ripe.over and sea.ripe.through > last:
            caveats.append(CUT_OFF.format(since_h=(sea.ripe.through - last) / HOUR))
        event = Event(
            kind=self.kind,
            tracks=(track,),
            start=float(first * BIN_S),
            end=None if going_on else float(last * BIN_S),
            lat=lat,
            lon=lon,
            evidence=Evidence(
                measured={
                    "duration_h": duration_h,
                    "heard_h": heard_h,
                    "dark_h": duration_h - heard_h,
                    "mean_speed_kn": float(np.mean(legs_kn)),
                    "max_hour_speed_kn": paths.max_hour_m(rows) / NMI_M,
                    "drift_nmi": paths.displaced_m(rows) / NMI_M,
                    "spread_nmi": paths.spread_nmi(rows),
                    **manner(paths, rows, around),
                    "companions_count": float(len(others)),
                    **places,
                },
                rule=self._rule,
                lines=lines_of(shown),
                caveats=tuple(caveats),
                others=tuple(sorted(o.track for o in others)),
            ),
        )
        return self._with_silent(event, float(last * BIN_S), sea)

    def _with_silent(self, event: Event, until: float, sea: _Sea) -> Event:
        """Return the event with the silent ships that could have been there."""
        reached = sea.silent.reaching(event, until, self.silent_speed_kn, sea.gaps.told_at)
        known, measured = event.evidence, {"silent_ships_count": float(reached.ships_count)}
        caveats = known.caveats
        if reached.ships_count:
            measured["silent_nearest_nmi"] = reached.nearest_nmi
            count = (
                "A ship was" if reached.ships_count == 1 else f"{reached.ships_count} ships were"
            )
            nearest = {"mmsi": reached.nearest_mmsi, "nmi": reached.nearest_nmi}
            caveats = (*caveats, COULD.format(count=count, **nearest))
        evidence = replace(known, measured={**known.measured, **measured}, caveats=caveats)
        return replace(event, evidence=evidence)

    @property
    def _max_break(self) -> int:
        """The shortest silence in marks that separates two spells."""
        return marks_in(self.merge_h)

    @property
    def _rule(self) -> str:
        return (
            f"heard_h >= {self.min_duration_h:g} made of hours under {self.max_speed_kn:g} kn;"
            f" shore_nmi >= {self.min_shore_nmi:g}; port_nmi > {self.port_radius_nmi:g}"
        )


def _marked(spells: Spells, broken: Mask) -> Spells:
    return Spells(spells.track, spells.first, spells.last, broken, spells.told)


def _earliest(live: Spells, through: int) -> float:
    """Return before which Unix time no event to come begins."""
    return float(min([through - HOUR, *live.first.tolist()]) * BIN_S)


def _needed(points: Points, live: Spells, pairs: Runs, through: int) -> Points:
    """Return the points of the last two hours, and those that an event going on may tell of.

    Those are of slow vessels since an hour before, and of who kept them company.
    """
    needed = points.bin > through - 2 * HOUR
    track = np.concatenate([live.track, pairs.a, pairs.b])
    since = np.concatenate([live.first, pairs.first, pairs.first]) - HOUR
    order = np.lexsort((since, track))
    heads = order[starts(track[order])]
    rows, known = rows_of(track[heads], points.track)
    asked = np.flatnonzero(known)
    needed[asked] |= points.bin[asked] >= since[heads][rows[asked]]
    return points.take(needed)
