"""Gaps: a vessel that was being heard falls silent for hours.

A gap is the time between two consecutive fixes of one hull, if it is longer
than 6 h (Global Fishing Watch's rule: longer than, not as long as), or longer than
2 h and surprising by what is known of reception there (`anomalies.surprise`).  It is
open until the vessel is heard again.  It is not proof that anybody switched a
transponder off: a shore station loses every ship at its horizon.  So each gap
says what else was heard: how regularly this vessel before, which others near
the place of its last fix meanwhile, and the station itself.

When the whole station falls silent (nobody heard for an hour, though several
vessels were just before), that is an outage, and the vessels whose silence
begins with it are excused: they get no gap.  Two files with days between them
are the same, and a station that falls half deaf, so that of many vessels few are
left.  Where such pauses are the rule, as of satellites, nobody is excused by them.
So is a source that said it was deaf, for the vessels that it heard last, and a jammed
sea (`anomalies.jams`), for the ships in it.
Who is excused stays so until heard again: if a vessel does not return with the
station, nobody knows when and how it went.

Neglected: a second source that heard the last fix too; silences that begin while the
station already is half deaf.
Fixes of a hull count, not messages; those set aside as implausible are not among
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event
from anomalies.gap_evidence import Teller
from anomalies.heap import Heap, added, everything, heap
from anomalies.hearing import KNOWN_AFTER_H, Hearing, Outages
from anomalies.last_heard import EXCUSED, HEARD, QUIET, TOLD, Last, Succession
from anomalies.marks import SETTLED_S, reach
from anomalies.place_facts import near_land
from anomalies.silence import Silences, lasting, over
from anomalies.surprise import Found, Surprise
from anomalies.witnesses import Seen, Watch, Witnesses, hourly, since
from tracks.batch import F64, I64, Fixes, Mask, Points
from tracks.coverage import PERIOD_S
from tracks.keyed import merge
from tracks.listening import TOLD_WITHIN_S, Listening
from tracks.state import State

# A vessel is excused if its source was deaf for half of the hour after its last fix: even a
# ship at anchor and a class B transponder have by then been missed ten times over, and a
# feed that is lost and back within minutes excuses nobody.
AFTER_S = 3600.0


class Judged(NamedTuple):
    """The last fix of each track, and the silences that ended or have become long enough."""

    last: Last
    seen: Seen
    late: I64  # rows of `last`: longer than `surprising_min_h` by now
    long: I64  # longer than `min_duration_h`
    long_until: F64  # when they are measured
    offs: Last  # before silences that ended
    back: Fixes  # that ended them
    met: list[Witnesses]


@dataclass(frozen=True, slots=True)
class Gap:
    """A long silence, or a surprising one, of a vessel that was being heard."""

    min_duration_h: float = 6.0  # GFW's production setting
    surprising_min_h: float = 2.0  # ours: a surprising silence is a gap if longer than this ...
    surprising_one_in_count: float = 100.0  # ours: ... and as rare as one in so many
    port_radius_nmi: float = 5.4  # 10 km, Miller et al. 2018: near a port ...
    near_shore_nmi: float = 3.0  # ours: ... or the shore silences are compared with their like
    witness_radius_nmi: float = 10.0  # ours
    outage_vessels_count: int = 3  # ours: so many others must fall silent too
    pauses_count: int = 10  # ours: so many in three days, and a pause is no outage
    half_deaf_vessels_count: int = 10  # ours: of so many others ...
    half_deaf_share: float = 0.2  # ours: ... at most this share is still heard

    def __post_init__(self) -> None:
        if not 0 <= self.half_deaf_share < 1:
            raise ValueError(
                f"half_deaf_share of a gap is {self.half_deaf_share:g}; it must be at least 0 and"
                " less than 1: the share of the others that a half deaf station still hears"
            )
        if not self.pauses_count >= 1:
            raise ValueError(
                f"pauses_count of a gap is {self.pauses_count:g}; it must be at least 1: so many"
                " pauses of an hour or longer in three days are the rule, not outages"
            )
        for name in ("min_duration_h", "surprising_min_h"):
            if not getattr(self, name) >= KNOWN_AFTER_H:
                raise ValueError(
                    f"{name} of a gap is {getattr(self, name):g} h; it must be at least"
                    f" {KNOWN_AFTER_H:.2f} h, since an outage of the station is known only then"
                )
        if not self.surprising_one_in_count >= 1:
            raise ValueError(
                f"surprising_one_in_count of a gap is {self.surprising_one_in_count:g}; it must be"
                " at least 1: of so many silences of ships that go on transmitting, one is as rare"
            )

    @property
    def kind(self) -> Literal["gap"]:
        """The kind of event it finds."""
        return "gap"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            "reach": np.array(-np.inf),
            **heap(Points.empty()),
            **Last.empty().to_state("last_"),
            **Hearing.empty().to_state("hearing_"),
            **Seen.empty().to_state("seen_"),
            **Listening.empty().to_state("listening_"),
            **Surprise.start().to_state("surprise_"),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        known_s = reach(state, heard, context, as_of)
        fixes = Succession.of(Last.from_state(state, "last_"), heard.fixes)
        entering = fixes.entering()
        hearing = Hearing.from_state(state, "hearing_").heard(fixes.bins(entering))
        listening = Listening.from_state(state, "listening_")
        listening = listening.told(heard.turns, float(state["reach"]) - self._early_s)
        waiting = added(state, hourly(heard.points))

        seen = Seen.from_state(state, "seen_")
        judged = self._judged(fixes, seen, waiting, hearing, listening, known_s, context)
        surprise = Surprise.from_state(state, "surprise_").heard(fixes.legs(entering))
        teller = Teller(
            self.kind, self._rule, context.places, hearing, listening, self._outages, known_s
        )
        end = known_s if context.ended or as_of == np.inf else None
        surprise, last, changes = self._told(judged, surprise, teller, end)
        if np.isfinite(known_s):
            surprise = surprise.learned(int(known_s // PERIOD_S), hearing, self._outages)
        return {
            "reach": np.array(known_s),
            **self._needed(waiting, float(state["reach"]), known_s),
            **last.to_state("last_"),
            **hearing.to_state("hearing_"),
            **judged.seen.to_state("seen_"),
            **listening.since(known_s - self._early_s).to_state("listening_"),
            **surprise.to_state("surprise_"),
        }, changes

    def _judged(
        self, fixes: Succession, seen: Seen, waiting: Heap, hearing: Hearing,
        listening: Listening, known_s: float, context: Context,
    ) -> Judged:  # fmt: skip
        """Return which silences are nobody's fault but perhaps the ship's, and who was near."""
        offs, ended_by = fixes.silences(self._early_s)
        last = merge(fixes.known, fixes.ends()) if len(fixes.fixes) else fixes.known
        fresh = np.flatnonzero(offs.silence == HEARD)
        late = np.flatnonzero((last.silence == HEARD) & (known_s - last.t > self._early_s))
        offs, last = _deaf(offs, fresh, listening), _deaf(last, late, listening)
        new = Last.concat([offs.take(fresh), last.take(late)])
        excused = self._excused(new, hearing, listening)
        excused |= context.jams.began_in(new.track, new.t, new.lat, new.lon)
        answers = self._witnesses(new.take(~excused), waiting)
        of_fresh, of_late = np.split(excused, [len(fresh)])
        last = _now(last, late, np.where(of_late, EXCUSED, QUIET))
        before = np.flatnonzero((offs.silence == TOLD) | (offs.silence == QUIET))
        fresh, late = fresh[~of_fresh], late[~of_late]
        met = seen.of(offs.track[before]) + answers[: len(fresh)]
        seen = seen.take(~np.isin(seen.track, offs.track[before]))
        seen = merge(seen, Seen.make_of(last.track[late], answers[len(fresh) :]))
        ended = np.concatenate([before, fresh])
        long, until = self._long(last, hearing, known_s, context.ended or known_s == np.inf)
        back = fixes.fixes.take(ended_by[ended])
        return Judged(last, seen, late, long, until, offs.take(ended), back, met)

    def told_at(self, state: State, off: F64, until: float) -> F64:
        """Return when silences that last until `until` were told; see `Gaps`."""
        hearing = Hearing.from_state(state, "hearing_")
        return self._long_at(off, hearing, until) + KNOWN_AFTER_H * 3600

    def _long(self, last: Last, hearing: Hearing, known_s: float, ended: bool) -> tuple[I64, F64]:
        """Return the rows of silences that have become long, and when they are measured.

        That is once it is known whether the station was out in the hour before, or at the end.
        """
        rows = np.flatnonzero((last.silence == QUIET) & (known_s - last.t > self._min_s))
        long_at = self._long_at(last.t[rows], hearing, known_s)
        until = long_at + KNOWN_AFTER_H * 3600  # as in `told_at`
        told = known_s > (long_at if ended else until)
        return rows[told], np.minimum(until, known_s)[told]

    def _told(
        self, judged: Judged, surprise: Surprise, teller: Teller, end: float | None
    ) -> tuple[Surprise, Last, list[Change]]:
        """Measure silences and tell the gaps among them; at the `end`, all that are open."""
        last, seen, hearing = judged.last, judged.seen, teller.hearing
        late_count = len(judged.late)
        rows = np.concatenate([judged.late, judged.long])
        until = np.concatenate([last.t[judged.late] + self._early_s, judged.long_until])
        # All are asked at once, since what is known at a moment may not be asked for later.
        offs, going_on = judged.offs, last.take(rows)
        ashore = partial(
            near_land, places=teller.places, port_radius_nmi=self.port_radius_nmi,
            min_shore_nmi=self.near_shore_nmi,
        )  # fmt: skip
        asked = [over(offs, ashore(offs), judged.back),
                 lasting(going_on, ashore(going_on), until)]  # fmt: skip
        surprise, found = surprise.of(Silences.concat(asked), hearing, self._outages)
        ended_count = len(judged.offs)
        changes = list(self._closed(judged, found.take(slice(ended_count)), teller))
        found = found.take(slice(ended_count, None))
        told = np.flatnonzero(self._surprising(found) | (np.arange(len(rows)) >= late_count))
        rows, first = np.unique(rows[told], return_index=True)  # of two, the earlier moment
        until, found = until[told[first]], found.take(told[first])
        last = _now(last, rows, TOLD)
        opened = set(last.track[rows].tolist())
        if end is not None:
            rows = np.flatnonzero(last.silence == TOLD)
            until = np.full(len(rows), end)
            still = last.take(rows)
            silences = lasting(still, ashore(still), until)
            surprise, found = surprise.of(silences, hearing, self._outages)
        still = last.take(rows)
        events = teller.open(still, seen.of(still.track), until, found)
        return surprise, last, changes + list(_opened(events, opened))

    def _closed(self, judged: Judged, found: Found, teller: Teller) -> Iterator[Change]:
        """Yield the gaps that ended, and which of those told before are none after all."""
        offs, back = judged.offs, judged.back
        long_at = self._long_at(offs.t, teller.hearing, teller.known_s)
        is_gap = self._surprising(found) | (back.t > long_at)
        rows = np.flatnonzero(is_gap | (offs.silence == TOLD))
        met = [judged.met[row] for row in rows.tolist()]
        events = teller.closed(offs.take(rows), met, back.take(rows), found.take(rows))
        for gap, event in zip(is_gap[rows].tolist(), events, strict=True):
            yield Change("closed" if gap else "withdrawn", event)

    def _long_at(self, t: F64, hearing: Hearing, known_s: float) -> F64:
        """Return when silences are long enough: hours in which the station was out do not count."""
        long_at = t + self._min_s
        while True:
            out_s = hearing.outage_s(t, long_at, self._outages, known_s)
            later = t + self._min_s + out_s
            if (later <= long_at).all():
                return long_at
            long_at = later

    @property
    def _outages(self) -> Outages:
        return Outages(self.outage_vessels_count, self.pauses_count)

    def _surprising(self, found: Found) -> Mask:
        """Return which silences are surprising enough to be gaps early; unknown is not."""
        told: Mask = found.one_in >= np.log10(self.surprising_one_in_count)
        return told

    @property
    def _min_s(self) -> float:
        return self.min_duration_h * 3600

    def _rule(self, duration_h: float, outage_h: float) -> str:
        if duration_h - outage_h > self.min_duration_h:
            of = "duration_h - outage_h" if outage_h else "duration_h"
            return f"{of} > {self.min_duration_h:g}"
        at_least = np.log10(self.surprising_one_in_count)
        return f"duration_h > {self.surprising_min_h:g} and silence_surprise >= {at_least:g}"

    @property
    def _early_s(self) -> float:
        return min(self.surprising_min_h, self.min_duration_h) * 3600

    def _excused(self, offs: Last, hearing: Hearing, listening: Listening) -> Mask:
        """Return for each silence whether it began when its source or the station turned deaf."""
        if not len(offs):  # as in most steps of a second
            return np.zeros(0, np.bool_)
        for_s = min(AFTER_S, self._early_s - TOLD_WITHIN_S)  # what is told of when a gap opens
        deaf_s = listening.deaf_s(offs.source, offs.t + for_s) - offs.deaf_s
        pauses, share = self.pauses_count, self.half_deaf_share
        outage = hearing.fell_silent(offs.t, self.outage_vessels_count, pauses)
        half = hearing.fell_silent(offs.t, self.half_deaf_vessels_count, pauses, share)
        return (deaf_s >= for_s / 2) | outage | half

    def _witnesses(self, offs: Last, waiting: Heap) -> list[Witnesses]:
        """Return who was heard near each place in the hours known of when a gap opens.

        Those are all but the last of `surprising_min_h`, since a position at a
        full hour is known at most an hour later.
        """
        if not len(offs):
            return []
        watch, for_s = Watch(everything(waiting)), self._early_s - SETTLED_S
        return [
            watch.near(track, lat, lon, t, t + for_s, self.witness_radius_nmi)
            for track, t, lat, lon in zip(
                offs.track.tolist(), offs.t.tolist(), offs.lat, offs.lon, strict=True
            )
        ]

    def _needed(self, waiting: Heap, known_before_s: float, known_s: float) -> Heap:
        """Return the positions that a gap may still ask about; looked through every hour."""
        if known_before_s // 3600 == known_s // 3600:
            return waiting
        return heap(since(everything(waiting), known_s - self._early_s))


def _deaf(last: Last, rows: I64, listening: Listening) -> Last:
    """Return the table with how long the sources of `rows` had been deaf by then."""
    if not len(rows):
        return last
    deaf_s = last.deaf_s.copy()
    deaf_s[rows] = listening.deaf_s(last.source[rows], last.t[rows])
    return replace(last, deaf_s=deaf_s)


def _now(last: Last, rows: I64, silence: I64 | int) -> Last:
    """Return the table with what became of the silences of `rows`."""
    if not len(rows):
        return last
    now = last.silence.copy()
    now[rows] = silence
    return replace(last, silence=now)


def _opened(events: Iterator[Event], new: set[int]) -> Iterator[Change]:
    for event in events:
        yield Change("opened" if event.tracks[0] in new else "updated", event)
