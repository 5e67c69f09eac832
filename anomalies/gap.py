"""Gaps: a vessel that was being heard falls silent for hours.

A gap is the time between two consecutive fixes of one hull, if it is longer
than 6 h (Global Fishing Watch's rule: longer than, not as long as).  It is open
until the vessel is heard again.  It is not proof that anybody switched a
transponder off: a shore station loses every ship at its horizon.  So each gap
says what else was heard: how regularly this vessel before, which others near
the place of its last fix meanwhile, and the station itself.

When the whole station falls silent (nobody heard for an hour, though several
vessels were just before), that is an outage, and the vessels whose silence
begins with it are excused: they get no gap.  Two files with days between them
are the same, and a station that falls half deaf, so that of many vessels few are
left.  So is a source that said it was deaf, for the vessels that it heard last.
Who is excused stays so until heard again: if a vessel does not return with the
station, nobody knows when and how it went.

Neglected: how likely it is to hear this ship there; a second source that heard
the last fix too; silences that begin while the station already is half deaf.
Fixes of a hull count, not messages; those set aside as implausible are not among
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event
from anomalies.gap_evidence import Teller
from anomalies.heap import Heap, added, everything, heap
from anomalies.hearing import KNOWN_AFTER_H, Hearing
from anomalies.last_heard import EXCUSED, HEARD, TOLD, Last, Succession
from anomalies.marks import SETTLED_S, reach
from anomalies.witnesses import Seen, Watch, Witnesses, hourly, since
from tracks.batch import I64, Mask, Points
from tracks.keyed import merge
from tracks.listening import TOLD_WITHIN_S, Listening
from tracks.state import State

# A vessel is excused if its source was deaf for half of the hour after its last fix: even a
# ship at anchor and a class B transponder have by then been missed ten times over, and a
# feed that is lost and back within minutes excuses nobody.
AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence longer than `min_duration_h` by a vessel that was being heard."""

    min_duration_h: float = 6.0  # GFW's production setting
    witness_radius_nmi: float = 10.0  # ours
    outage_vessels_count: int = 3  # ours: so many others must fall silent too
    half_deaf_vessels_count: int = 10  # ours: of so many others ...
    half_deaf_share: float = 0.2  # ours: ... at most this share is still heard

    def __post_init__(self) -> None:
        if not 0 <= self.half_deaf_share < 1:
            raise ValueError(
                f"half_deaf_share of a gap is {self.half_deaf_share:g}; it must be at least 0 and"
                " less than 1: the share of the others that a half deaf station still hears"
            )
        if not self.min_duration_h >= KNOWN_AFTER_H:
            raise ValueError(
                f"min_duration_h of a gap is {self.min_duration_h:g} h; it must be at least"
                f" {KNOWN_AFTER_H:.2f} h, since an outage of the station is known only then"
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
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        known_s = reach(state, heard, context, as_of)
        fixes = Succession.of(Last.from_state(state, "last_"), heard.fixes)
        hearing = Hearing.from_state(state, "hearing_").heard(fixes.bins_entered())
        listening = Listening.from_state(state, "listening_")
        listening = listening.told(heard.turns, float(state["reach"]) - self._min_s)
        waiting = added(state, hourly(heard.points))

        # Silences that a fix ended, and those that have just become long enough.
        offs, ended_by = fixes.silences(self._min_s)
        last = merge(fixes.known, fixes.ends()) if len(heard.fixes) else fixes.known
        fresh = np.flatnonzero(offs.silence == HEARD)
        late = np.flatnonzero((last.silence == HEARD) & (known_s - last.t > self._min_s))
        offs, last = _deaf(offs, fresh, listening), _deaf(last, late, listening)
        new = Last.concat([offs.take(fresh), last.take(late)])
        excused = self._excused(new, hearing, listening)
        answers = self._witnesses(new.take(~excused), waiting)
        of_fresh, of_late = np.split(excused, [len(fresh)])

        told, fresh = np.flatnonzero(offs.silence == TOLD), fresh[~of_fresh]
        seen = Seen.from_state(state, "seen_")
        met = seen.of(offs.track[told]) + answers[: len(fresh)]
        closed = np.concatenate([told, fresh])
        tell = Teller(self.kind, self._rule, self._min_s, context.places, hearing, listening)
        back = heard.fixes.take(ended_by[closed])
        changes = [Change("closed", e) for e in tell.closed(offs.take(closed), met, back)]

        last = _told(last, late, of_late)
        seen = seen.take(~np.isin(seen.track, offs.track[told]))
        opened = last.track[late[~of_late]]
        seen = merge(seen, Seen.make_of(opened, answers[len(fresh) :]))
        if context.ended or as_of == np.inf:
            still = last.take(last.silence == TOLD)
            events = tell.open(still, seen.of(still.track), known_s)
        else:
            still = last.take(late[~of_late])
            events = tell.open(still, seen.of(still.track), None)
        changes += _opened(events, set(opened.tolist()))
        return {
            "reach": np.array(known_s),
            **self._needed(waiting, float(state["reach"]), known_s),
            **last.to_state("last_"),
            **hearing.to_state("hearing_"),
            **seen.to_state("seen_"),
            **listening.since(known_s - self._min_s).to_state("listening_"),
        }, changes

    @property
    def _min_s(self) -> float:
        return self.min_duration_h * 3600

    @property
    def _rule(self) -> str:
        return f"duration_h > {self.min_duration_h:g}"

    def _excused(self, offs: Last, hearing: Hearing, listening: Listening) -> Mask:
        """Return for each silence whether it began when its source or the station turned deaf."""
        if not len(offs):  # as in most steps of a second
            return np.zeros(0, np.bool_)
        for_s = min(AFTER_S, self._min_s - TOLD_WITHIN_S)  # what is told of when a gap opens
        deaf_s = listening.deaf_s(offs.source, offs.t + for_s) - offs.deaf_s
        outage = hearing.fell_silent(offs.t, self.outage_vessels_count)
        half = hearing.fell_silent(offs.t, self.half_deaf_vessels_count, self.half_deaf_share)
        return (deaf_s >= for_s / 2) | outage | half

    def _witnesses(self, offs: Last, waiting: Heap) -> list[Witnesses]:
        """Return who was heard near each place in the hours known of when a gap opens.

        Those are all but the last of `min_duration_h`, since a position at a
        full hour is known at most an hour later.
        """
        if not len(offs):
            return []
        watch, for_s = Watch(everything(waiting)), self._min_s - SETTLED_S
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
        return heap(since(everything(waiting), known_s - self._min_s))


def _deaf(last: Last, rows: I64, listening: Listening) -> Last:
    """Return the table with how long the sources of `rows` had been deaf by then."""
    if not len(rows):
        return last
    deaf_s = last.deaf_s.copy()
    deaf_s[rows] = listening.deaf_s(last.source[rows], last.t[rows])
    return replace(last, deaf_s=deaf_s)


def _told(last: Last, late: I64, excused: Mask) -> Last:
    """Return the table with what became of the silences of the rows `late`."""
    silence = last.silence.copy()
    silence[late] = np.where(excused, EXCUSED, TOLD)
    return replace(last, silence=silence)


def _opened(events: Iterator[Event], new: set[int]) -> Iterator[Change]:
    for event in events:
        yield Change("opened" if event.tracks[0] in new else "updated", event)
