"""Long voyages: a hull that was known in port is not known in any for months.

A voyage lasts from when a hull was last known in port, in a visit that is sure
(`tracks.visits`), to when it is known in port again.  It is long if that is at least
three months, about twice the longest passage of a merchant ship, and the hull was heard
at sea at least once.  It is told when the hull is heard in port again, and, as open, when
it is heard at sea so long after port.

What was not heard is not what did not happen: in a silence that is long enough to steam
to the nearest port or shore, stay some hours and come back, the ship may have called
there, and nobody here knows.  Such silences are counted, and the longest time without
one is measured, for which alone it is sure that the ship was at sea.  A silence of a
year says nothing more of the voyage, which is then taken to have ended where it was
last heard.

It does not prove that anybody was kept on board: crews are relieved by boat and by
helicopter, at ports out of hearing and in harbours that no list has.  Neglected: ships
that are met at sea; who is first heard at sea, since nobody knows when it left port;
ports called at between two marks of a ship that is heard but not seen to stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.heap import both
from anomalies.marks import HOUR, Ripe, begin, in_order, ripen
from anomalies.place_facts import near_land
from anomalies.voyages import (
    DAY_S,
    IN,
    OUT,
    SEA,
    Away,
    Moments,
    Rules,
    heard_at,
    sail,
)
from tracks.batch import BIN_S, Mask, Points
from tracks.geodesy import NMI_M, distance_m
from tracks.keyed import rows_of
from tracks.places import Places
from tracks.ports import SURE, Ports, Visits
from tracks.state import State
from tracks.voyages import CALL_H, CALL_SPEED_KN

LATE = HOUR  # marks: a visit is known so late, by the course of a ship that comes from port
FOUND_DAYS = 1100.0  # `tracks.visits.Visiting.memory_days`: so late a ship is found where it lay

MAY_HAVE_CALLED = (
    "it was not heard at sea all the time: {count:.0f} times it could have called at a port"
    " unheard, in up to {longest:.1f} days"
)
HARDLY_HEARD = "it was heard at sea on {heard:.0f} of {days:.0f} days: it may have called anywhere"
LOST = (
    "not heard again within {days:g} days: what it did then is not known, and the voyage is told up"
    " to when it was last heard at sea"
)
CUT_OFF = "the recording ends {since_h:.1f} h after it was last heard at sea"
HARDLY_SHARE = 0.1

# What the lines named cannot show again, since it depends on the rest of the log.
OF_WHOLE_LOG = (
    "heard_days_count",
    "heard_h",
    "longest_silence_h",
    "sure_days",
    "unheard_calls_count",
    "high_seas_share",
    "fishing_share",
)


@dataclass(frozen=True, slots=True)
class LongVoyage:
    """A hull not known in port for `min_days`."""

    min_days: float = 90.0  # ours: twice the longest passages of merchant ships, six or seven weeks
    call_speed_kn: float = CALL_SPEED_KN  # ours
    call_h: float = CALL_H  # ours
    max_silence_days: float = 365.0  # ours: after a year unheard nothing is known; bounds memory
    port_radius_nmi: float = 6.5  # ours: a port visit begins nearer, `tracks.visits`
    min_shore_nmi: float = 5.0  # ours: as for loitering and encounters

    def __post_init__(self) -> None:
        if not self.min_days > 0:
            raise ValueError(
                f"min_days of a long voyage is {self.min_days:g}; it must be more than 0: so many"
                " days after it was last known in port a ship has been away for long"
            )
        if not self.call_speed_kn > 0:
            raise ValueError(
                f"call_speed_kn of a long voyage is {self.call_speed_kn:g}; it must be more than 0:"
                " at this speed a ship could have steamed to a port unheard"
            )

    @property
    def kind(self) -> Literal["long_voyage"]:
        """The kind of event it finds."""
        return "long_voyage"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            **begin(),
            **Points.empty().to_state("held_"),
            **Moments.empty().to_state("calls_"),
            **Away.empty().to_state("away_"),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        ripe = ripen(state, heard, context, as_of)
        calls = Moments.from_state(state, "calls_")
        if len(heard.ports.arrived) or len(heard.ports.over):
            calls = Moments.concat([calls, _calls(heard.ports)])
        if ripe.through == ripe.before and not ripe.over:
            return {**state, **ripe.state, **calls.to_state("calls_")}, []
        until = ripe.through if ripe.over else ripe.through - LATE
        points = in_order(both(Points.from_state(state, "held_"), ripe.points))
        held, due = points.bin > until, calls.t < (until + 1) * BIN_S
        away = Away.from_state(state, "away_")
        points, now = points.take(held), self._of_voyages(points.take(~held), away, calls.take(due))
        moments = Moments.concat([calls.take(due), self._at_sea(now, context.places)])
        sailed = sail(away, moments, self._rules, context.places)
        away = heard_at(sailed.away, now)
        forgets = ripe.over or _day(until) != _day(ripe.before - LATE)
        silent = self._silent(away, until) & forgets
        lost = Away.concat([sailed.lost, away.take(silent)])
        changes = [*self._arrived(sailed.arrived), *self._lost(lost)]
        away, more = self._going_on(away.take(~silent), ripe)
        return {
            **ripe.state,
            **points.to_state("held_"),
            **calls.take(~due).to_state("calls_"),
            **away.to_state("away_"),
        }, changes + more

    @property
    def _rules(self) -> Rules:
        return Rules(self.call_speed_kn, self.call_h, self.max_silence_days * DAY_S)

    @property
    def _rule(self) -> str:
        return (
            f"away_days >= {self.min_days:g} between port visits that are sure"
            f" (certainty {SURE} or more); heard_days_count >= 1"
        )

    def _of_voyages(self, points: Points, away: Away, calls: Moments) -> Points:
        """Return the points of hulls that are away, or have left port by now."""
        of = np.union1d(away.track, calls.track)
        return points.take(rows_of(of, points.track)[1])

    def _at_sea(self, points: Points, places: Places) -> Moments:
        """Return the points that are in no port, nor so near that a visit may begin there."""
        near = near_land(points, places, self.port_radius_nmi, self.min_shore_nmi)
        at_sea = points.take(~near)
        return Moments(
            at_sea.track,
            np.asarray(at_sea.bin * BIN_S, np.float64),
            np.full(len(at_sea), SEA, np.uint8),
            at_sea.lat,
            at_sea.lon,
            at_sea.line_before,
            at_sea.line_after,
            np.asarray(places.shore_nmi(at_sea.lat, at_sea.lon), np.float32),
            at_sea.nav_status,
        )

    def _silent(self, away: Away, until: int) -> Mask:
        """Return who was silent for so long that nothing more can be known of the voyage.

        Who was last heard near land may be found to have come into port then.
        """
        silent_s = until * BIN_S - away.t
        found_s = np.where(away.heard_t > away.t, FOUND_DAYS * DAY_S, 0.0)
        return np.asarray(silent_s > self._rules.max_silence_s + found_s)

    def _arrived(self, arrived: Away) -> Iterator[Change]:
        """Yield the long ones of voyages that ended in port."""
        for i in np.flatnonzero(self._is_long(arrived)).tolist():
            event = self._event(arrived, i, (), ports_apart_nmi=_ports_apart_nmi(arrived, i))
            yield Change("closed", replace(event, end=float(arrived.t[i])))

    def _lost(self, lost: Away) -> Iterator[Change]:
        """Yield the long ones of voyages whose ship was not heard any more."""
        for i in np.flatnonzero(self._is_long(lost)).tolist():
            event = self._event(lost, i, (LOST.format(days=self.max_silence_days),))
            yield Change("closed", replace(event, end=float(lost.t[i])))

    def _going_on(self, away: Away, ripe: Ripe) -> tuple[Away, list[Change]]:
        """Return the voyages, and what is to say of them: at once, then at each doubling."""
        lasted_s, told_s = away.t - away.port_t, away.told_s.copy()
        due = self._is_long(away) & ((lasted_s >= 2 * told_s) | ripe.over)
        changes = []
        for i in np.flatnonzero(due).tolist():
            since_h = ripe.through / HOUR - float(away.t[i]) / 3600 if ripe.over else 0.0
            event = self._event(away, i, (CUT_OFF.format(since_h=since_h),) if since_h > 0 else ())
            changes.append(Change("updated" if told_s[i] else "opened", event))
            told_s[i] = lasted_s[i]
        return replace(away, told_s=told_s), changes

    def _is_long(self, away: Away) -> Mask:
        long = away.t - away.port_t >= self.min_days * DAY_S
        return np.asarray(long & (away.marks_count > 0))

    def _event(self, away: Away, row: int, more: tuple[str, ...], **besides: float) -> Event:
        """Return the event of a voyage up to its newest moment, as one that goes on."""
        measured = {**_measured(away, row), **besides}
        return Event(
            kind=self.kind,
            tracks=(int(away.track[row]),),
            start=float(away.port_t[row]),
            end=None,
            lat=float(away.lat[row]),
            lon=float(away.lon[row]),
            evidence=Evidence(
                measured=measured,
                rule=self._rule,
                lines=_lines(away, row),
                caveats=(*_caveats(measured), *more),
            ),
        )


def _day(mark: int) -> int:
    return int(mark * BIN_S // DAY_S)


def _calls(ports: Ports) -> Moments:
    """Return when hulls came into port, and left it, in visits that are sure."""
    over = ports.over.take(ports.over.certainty >= SURE)
    visits = Visits.concat([ports.arrived, over])
    place = {"lat": visits.lat, "lon": visits.lon}
    lines = {"line_before": visits.line_in, "line_after": visits.line_in}
    came = Moments.make(len(visits), track=visits.track, t=visits.start, kind=IN, **place, **lines)
    lines = {"line_before": over.line_out, "line_after": over.line_out}
    place = {"lat": over.lat, "lon": over.lon}
    left = Moments.make(len(over), track=over.track, t=over.end, kind=OUT, **place, **lines)
    return Moments.concat([came, left])


def _measured(away: Away, row: int) -> dict[str, float]:
    port_t, t = float(away.port_t[row]), float(away.t[row])
    marks_count = int(away.marks_count[row])
    sure_s = max(float(away.sure_s[row]), t - float(away.since_t[row]))
    measured = {
        "away_days": (t - port_t) / DAY_S,
        "days_count": t // DAY_S - port_t // DAY_S + 1,
        "heard_days_count": float(away.days_count[row]),
        "heard_h": marks_count / HOUR,
        "longest_silence_h": float(away.silence_s[row]) / 3600,
        "unheard_calls_count": float(away.calls_count[row]),
        "sure_days": sure_s / DAY_S,
        "fishing_share": int(away.fishing_count[row]) / marks_count,
    }
    shore_nmi = float(away.shore_nmi[row])
    if np.isfinite(shore_nmi):
        measured["max_shore_nmi"] = shore_nmi
        measured["high_seas_share"] = int(away.high_seas_count[row]) / marks_count
    return measured


def _ports_apart_nmi(arrived: Away, row: int) -> float:
    there = arrived.port_lat[row], arrived.port_lon[row]
    return float(distance_m(*there, arrived.lat[row], arrived.lon[row])) / NMI_M


def _lines(away: Away, row: int) -> tuple[int, ...]:
    """Return the lines of its last report in port and its newest, and what lies between."""
    names = ["port_line", "line_before", "line_after"]
    if away.silence_s[row] > 0:
        names += ["off_before", "off_after", "on_before", "on_after"]
    if np.isfinite(away.shore_nmi[row]):
        names += ["far_before", "far_after"]
    return tuple(sorted({int(getattr(away, name)[row]) for name in names}))


def _caveats(measured: dict[str, float]) -> Iterator[str]:
    heard, days = measured["heard_days_count"], measured["days_count"]
    if measured["unheard_calls_count"]:
        longest = measured["longest_silence_h"] / 24
        yield MAY_HAVE_CALLED.format(count=measured["unheard_calls_count"], longest=longest)
    if heard < HARDLY_SHARE * days:
        yield HARDLY_HEARD.format(heard=heard, days=days)
