"""Listed: a ship that one of the user's watch lists names was heard, or was met.

A hull counts as heard under a list when a fix of it comes while the last claims of its
MMSI (name, call sign, IMO number) agree with an entry with at least
`min_certainty_share` (`tracks.watchlist`).  It is one event until the hull has not been
heard so for `quiet_days`.  A meeting at sea (`anomalies.encounter`) of which one ship is in
such a time is an event of its own, of both ships.

It does not prove that it is the ship which the list means: names and numbers are typed in,
copied and borrowed, on board and in lists.  Nor does it say that what the list says is true.
Neglected: ships before their first claim; which of several hulls under one MMSI said what;
ships that go by numbers and names no list has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.listed_book import DAY_S, MOST_LOOKS, Book, High, Look, Time, Times
from anomalies.listed_claims import Piece, Told, judged_again, said_in
from anomalies.listed_claims import heard as claims_heard
from anomalies.listed_words import caveats
from anomalies.marks import reach
from anomalies.presence import CROWD
from tracks.batch import HULLS_PER_MMSI, Fixes, starts
from tracks.keyed import rows_of
from tracks.state import State
from tracks.watchlist import Watchlist

MET_DAYS = 30.0  # so long a time that is over may still be that of a meeting told later


@dataclass(frozen=True, slots=True)
class Listed:
    """A hull whose claims agree with a watch list, and meetings with one."""

    min_certainty_share: float = 0.4  # ours: an MMSI or call sign alone; never a name alone
    quiet_days: float = 7.0  # ours: about as long as coasters and fishing trips stay away

    def __post_init__(self) -> None:
        if not self.quiet_days >= 0.1:
            raise ValueError("quiet_days must be at least 0.1")

    @property
    def kind(self) -> Literal["listed"]:
        """The kind of event it finds."""
        return "listed"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            "reach": np.array(-np.inf),
            "due": np.array(np.inf),
            "lists": np.array(0, np.int64),  # by which lists the claims were judged
            **Told.empty().to_state("told_"),
            **Book().state(),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        known_s = reach(state, heard, context, as_of)
        ended = context.ended or as_of == np.inf
        now: dict[str, Any] = {**state, "reach": np.array(known_s)}
        pieces: dict[int, list[Piece]] = {}
        fixes, watch = Fixes.empty(), context.watch
        if len(watch):
            told, pieces = self._claims(now, heard, watch)
            fixes = self._of_lists(told, heard.fixes, pieces)
            fixes = self._going_on(now, told, fixes, pieces)
        asked = ended and len(state["times_track"])
        if not (len(fixes) or asked or len(heard.encounters) or known_s >= float(state["due"])):
            return now, []
        book = Book.of(now)
        self._hear(book, fixes, now, pieces)
        changes = list(self._told(book, known_s, ended, watch))
        changes += self._met(book, heard.encounters, known_s, watch)
        self._forget(book, known_s)
        going_on = [time.looks[-1].t for time in book.every() if not time.over]
        due_t = min(going_on, default=np.inf) + self._quiet_s
        return {**now, "due": np.array(due_t), **book.state()}, changes

    def _claims(
        self, now: dict[str, Any], heard: Heard, watch: Watchlist
    ) -> tuple[Told, dict[int, list[Piece]]]:
        """Enter what was claimed into `now`; return all claims, and those that changed."""
        told = Told.from_state(now, "told_")
        if now["lists"] != watch.digest:
            told = judged_again(told, watch)
        mmsis = heard.fixes.mmsi[starts(heard.fixes.track)].astype(np.int64)
        mmsis = mmsis[rows_of(watch.mmsis, mmsis)[1] & ~rows_of(told.mmsi, mmsis)[1]]
        told, pieces = claims_heard(told, heard.statics, np.unique(mmsis), watch)
        now |= {**told.to_state("told_"), "lists": np.array(watch.digest, np.int64)}
        return told, pieces

    def _of_lists(self, told: Told, fixes: Fixes, pieces: dict[int, list[Piece]]) -> Fixes:
        """Return the fixes of MMSIs that agree with a list, or did in this step."""
        its = told.mmsi[told.certainty >= self.min_certainty_share].astype(np.int64)
        its = np.union1d(its, np.array(sorted(pieces), np.int64))
        if not (len(fixes) and len(its)):
            return Fixes.empty()
        found = rows_of(its, fixes.mmsi.astype(np.int64))[1]
        return fixes.take(found & (fixes.track % HULLS_PER_MMSI != CROWD))

    def _going_on(
        self, now: dict[str, Any], told: Told, fixes: Fixes, pieces: dict[int, list[Piece]]
    ) -> Fixes:
        """Enter into `now` the fixes that only show that a time goes on; return the others."""
        first = starts(fixes.track)
        last = np.append(first[1:], len(fixes))[: len(first)] - 1
        track, mmsi = fixes.track[first], fixes.mmsi[first].astype(np.int64)
        times = Times.from_state(now, "times_")
        rows = np.flatnonzero(~times.over)
        at, known = rows_of(times.track[rows], track)
        known &= ~np.isin(mmsi, np.array(list(pieces), np.int64))
        its = np.flatnonzero(known)
        row = rows[at[its]]
        certainty = told.certainty[rows_of(told.mmsi, mmsi[its])[0]]
        same = (fixes.t[last[its]] < times.look[row] + self._look_s) & (
            certainty <= times.best[row]
        )
        its, row = its[same], row[same]
        end, end_line = times.end.copy(), times.end_line.copy()
        end[row], end_line[row] = fixes.t[last[its]], fixes.line[last[its]]
        now |= {"times_end": end, "times_end_line": end_line}
        return fixes.take(~np.isin(fixes.track, track[its]))

    @property
    def _quiet_s(self) -> float:
        return self.quiet_days * DAY_S

    @property
    def _look_s(self) -> float:
        """How far apart fixes are that are kept: while it is heard, no look comes too late."""
        return min(DAY_S, self._quiet_s / 2)

    @property
    def _rule(self) -> str:
        return (
            f"certainty_share >= {self.min_certainty_share:g};"
            f" heard again within {self.quiet_days:g} days"
        )

    def _hear(self, book: Book, fixes: Fixes, now: State, pieces: dict[int, list[Piece]]) -> None:
        """Enter the fixes of each hull, piece by piece of what its MMSI claimed."""
        told = Told.from_state(now, "told_")
        for begin, end in pairwise([*starts(fixes.track).tolist(), len(fixes)]):
            mmsi = int(fixes.mmsi[begin])
            row = int(np.searchsorted(told.mmsi, mmsi))
            its = pieces.get(mmsi)
            if its is None:
                its = [_whole(told.take(slice(row, row + 1)))]
            for piece, until in zip(its, [*(p.t for p in its[1:]), np.inf], strict=True):
                low, high = begin + np.searchsorted(fixes.t[begin:end], [piece.t, until])
                if low < high and piece.certainty >= self.min_certainty_share:
                    self._enter(book, fixes.take(slice(low, high)), piece)

    def _enter(self, book: Book, fixes: Fixes, piece: Piece) -> None:
        """Enter fixes of one hull, under claims that agree with a list."""
        track = int(fixes.track[0])
        times = book.times.setdefault(track, [])
        time = times[-1] if times and not times[-1].over else None
        at = 0
        while at < len(fixes):
            t, line = float(fixes.t[at]), int(fixes.line[at])
            if time is not None and self._breaks(time, t):
                time.over = True
                time = None
            if time is None:
                lat, lon = float(fixes.lat[at]), float(fixes.lon[at])
                time = Time(track, t, lat, lon, t, line, looks=[Look(t, line)])
                times.append(time)
            elif t - time.looks[-1].t >= self._look_s:
                time.looks.append(Look(t, line))
            if not time.highs or piece.certainty > time.highs[-1].certainty:
                time.highs.append(High(t, line, piece.certainty, piece.said))
            at = int(np.searchsorted(fixes.t, time.looks[-1].t + self._look_s))
            time.end, time.end_line = float(fixes.t[at - 1]), int(fixes.line[at - 1])

    def _breaks(self, time: Time, t: float) -> bool:
        """Return whether a fix at Unix time `t` is too late for a time, or would be too much."""
        away_s = t - time.looks[-1].t
        return away_s >= self._quiet_s or (away_s >= self._look_s and len(time.looks) >= MOST_LOOKS)

    def _told(self, book: Book, known_s: float, ended: bool, watch: Watchlist) -> Iterator[Change]:
        """Yield what is to say of hulls that were heard: at first, at each doubling, at the end."""
        for time in book.every():
            if time.told < 0:
                continue
            time.over |= known_s >= time.looks[-1].t + self._quiet_s
            if time.over:
                yield Change("closed", self._of_hull(book, time, watch))
                time.told = -1
            elif ended or not time.told or len(time.looks) >= 2 * time.told:
                what: Literal["opened", "updated"] = "updated" if time.told else "opened"
                yield Change(what, self._of_hull(book, time, watch))
                time.told = len(time.looks)

    def _of_hull(self, book: Book, time: Time, watch: Watchlist) -> Event:
        best = time.best(np.inf)
        mmsi = time.track // HULLS_PER_MMSI
        matches = watch.match(mmsi, best.said.claims)
        others = tuple(sorted({o.track for o in book.every() if _beside(o, time)}))
        return Event(
            kind=self.kind,
            tracks=(time.track,),
            start=time.start,
            end=time.end if time.over else None,
            lat=time.lat,
            lon=time.lon,
            evidence=Evidence(
                measured={
                    "certainty_share": best.certainty,
                    "days_heard_count": float(len(time.looks)),
                    "span_h": (time.end - time.start) / 3600,
                },
                rule=self._rule,
                lines=tuple(sorted(time.lines(np.inf) | {time.end_line})),
                caveats=caveats(mmsi, matches, len(others)),
                others=others,
            ),
        )

    def _met(
        self, book: Book, encounters: Sequence[Change], known_s: float, watch: Watchlist
    ) -> Iterator[Change]:
        """Yield what is to say of meetings of which one hull was in a time under a list."""
        for what, meeting in encounters:
            a, b = meeting.tracks
            key = (a, b, meeting.start)
            until = known_s if meeting.end is None else meeting.end
            times = [
                time
                for track in (a, b)
                for time in book.times.get(track, ())
                if time.start <= until and time.alive(meeting.start, self._quiet_s)
            ]
            if times and (what != "withdrawn" or key in book.met):
                how = "updated" if what == "opened" and key in book.met else what
                how = "opened" if what == "updated" and key not in book.met else how
                yield Change(how, self._of_meeting(meeting, times, until, watch))
            (book.met.add if times and meeting.end is None else book.met.discard)(key)

    def _of_meeting(
        self, meeting: Event, times: Sequence[Time], until: float, watch: Watchlist
    ) -> Event:
        best = {time.track: time.best(until) for time in times}  # a hull's last time counts
        lines = {line for time in times for line in time.lines(until)}
        measured = meeting.evidence.measured
        words = [
            says
            for track, high in best.items()
            for says in caveats(
                track // HULLS_PER_MMSI, watch.match(track // HULLS_PER_MMSI, high.said.claims), 0
            )
        ]
        return Event(
            kind=self.kind,
            tracks=meeting.tracks,
            start=meeting.start,
            end=meeting.end,
            lat=meeting.lat,
            lon=meeting.lon,
            evidence=Evidence(
                measured={
                    "certainty_share": max(high.certainty for high in best.values()),
                    "listed_ships_count": float(len(best)),
                    **{name: measured[name] for name in _OF_MEETING},
                },
                rule=f"{self._rule}; and met: {meeting.evidence.rule}",
                lines=tuple(sorted(lines | set(meeting.evidence.lines))),
                caveats=(*words, *meeting.evidence.caveats),
            ),
        )

    def _forget(self, book: Book, known_s: float) -> None:
        """Leave out times that were over long ago."""
        oldest = known_s - self._quiet_s - MET_DAYS * DAY_S
        for track in list(book.times):
            kept = [t for t in book.times[track] if not t.over or t.looks[-1].t > oldest]
            book.times[track] = kept
            if not kept:
                del book.times[track]


_OF_MEETING = ("duration_h", "heard_h", "median_distance_m", "min_distance_m", "median_speed_kn")


def _beside(other: Time, time: Time) -> bool:
    """Return whether another hull of the same MMSI began a time while this one lasted."""
    same = other.track // HULLS_PER_MMSI == time.track // HULLS_PER_MMSI
    return same and other.track != time.track and time.start <= other.start <= time.end


def _whole(row: Told) -> Piece:
    """Return the claims of a row as those of a whole step."""
    return Piece(-np.inf, next(said_in(row)), float(row.certainty[0]))
