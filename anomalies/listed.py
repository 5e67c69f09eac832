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
from typing import Literal, NamedTuple

import numpy as np

from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.listed_book import (
    DAY_S,
    MOST_LOOKS,
    Book,
    High,
    Look,
    Said,
    Time,
)
from anomalies.listed_words import caveats
from anomalies.marks import reach
from anomalies.presence import CROWD
from tracks.batch import HULLS_PER_MMSI, Fixes, StaticBatch, starts
from tracks.identity import Claims, imo_valid
from tracks.keyed import rows_of
from tracks.state import State
from tracks.watchlist import Watchlist

MET_DAYS = 30.0  # so long a time that is over may still be that of a meeting told later


class _Piece(NamedTuple):
    """From when on an MMSI claimed what, Unix seconds."""

    t: float
    said: Said


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
        return {"reach": np.array(-np.inf), "due": np.array(np.inf), **Book().state()}

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed."""
        known_s = reach(state, heard, context, as_of)
        ended = context.ended or as_of == np.inf
        statics, fixes = _concerned(state, heard, context.watch)
        due = known_s >= float(state["due"]) or (ended and len(state["times_track"]))
        now = {**state, "reach": np.array(known_s)}
        if not (due or len(statics) or len(fixes) or len(heard.encounters)):
            return now, []
        book = Book.of(state)
        for mmsi, pieces, its in _by_mmsi(book, statics, fixes):
            self._hear(book, mmsi, pieces, its, context.watch)
        changes = list(self._told(book, known_s, ended, context.watch))
        changes += self._met(book, heard.encounters, known_s, context.watch)
        self._forget(book, known_s)
        going_on = [time.looks[-1].t for time in book.every() if not time.over]
        due_t = min(going_on, default=np.inf) + self._quiet_s
        return {**now, "due": np.array(due_t), **book.state()}, changes

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

    def _hear(
        self, book: Book, mmsi: int, pieces: Sequence[_Piece], fixes: Fixes, watch: Watchlist
    ) -> None:
        """Enter the fixes of an MMSI, piece by piece of what it claimed."""
        hulls = list(pairwise([*starts(fixes.track).tolist(), len(fixes)]))
        for piece, until in zip(pieces, [*(p.t for p in pieces[1:]), np.inf], strict=True):
            matches = watch.match(mmsi, piece.said.claims) if hulls and piece.t < until else []
            if not matches or matches[0].certainty < self.min_certainty_share:
                continue
            for begin, end in hulls:
                low, high = begin + np.searchsorted(fixes.t[begin:end], [piece.t, until])
                if low < high:
                    its = fixes.take(slice(low, high))
                    self._enter(book, its, piece.said, matches[0].certainty)

    def _enter(self, book: Book, fixes: Fixes, said: Said, certainty: float) -> None:
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
            if not time.highs or certainty > time.highs[-1].certainty:
                time.highs.append(High(t, line, certainty, said))
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


def _concerned(state: State, heard: Heard, watch: Watchlist) -> tuple[StaticBatch, Fixes]:
    """Return the claims and fixes of MMSIs that are, or once were, like a ship of a list."""
    if not len(watch):
        return StaticBatch.empty(), Fixes.empty()
    known = state["said_mmsi"]
    statics = heard.statics
    if len(statics):
        hit = watch.concerned(statics)
        known = np.union1d(known, statics.mmsi[hit])
        statics = statics.take(np.isin(statics.mmsi, known))
    fixes = heard.fixes
    if len(fixes):
        mmsi = fixes.mmsi.astype(np.int64)
        its = rows_of(known, mmsi)[1] | rows_of(watch.mmsis, mmsi)[1]
        fixes = fixes.take(its & (fixes.track % HULLS_PER_MMSI != CROWD))
    return statics, fixes


def _by_mmsi(
    book: Book, statics: StaticBatch, fixes: Fixes
) -> Iterator[tuple[int, list[_Piece], Fixes]]:
    """Yield each MMSI with its claims from time to time, and its fixes; `book` keeps the last."""
    statics = statics.take(np.lexsort((statics.line, statics.t, statics.mmsi)))
    mmsis = np.union1d(statics.mmsi, fixes.mmsi).astype(np.int64)
    of_fixes = np.searchsorted(fixes.mmsi, np.append(mmsis, mmsis[-1:] + 1))
    of_claims = np.searchsorted(statics.mmsi, np.append(mmsis, mmsis[-1:] + 1))
    for i, mmsi in enumerate(mmsis.tolist()):
        pieces = [_Piece(-np.inf, book.claims(mmsi))]
        for row in range(of_claims[i], of_claims[i + 1]):
            said = _after(pieces[-1].said, statics, row)
            if said is not pieces[-1].said:
                pieces.append(_Piece(float(statics.t[row]), said))
        if len(pieces) > 1:
            book.said[mmsi] = pieces[-1].said
        yield mmsi, pieces, fixes.take(slice(of_fixes[i], of_fixes[i + 1]))


def _after(said: Said, statics: StaticBatch, row: int) -> Said:
    """Return what is claimed after a report, which says nothing where it is empty."""
    claims, line = said.claims, int(statics.line[row])
    name = bytes(statics.name[row]).rstrip(b" @").decode("latin-1") or claims.name
    call_sign = bytes(statics.call_sign[row]).rstrip(b" @").decode("latin-1") or claims.call_sign
    imo = int(statics.imo[row])
    imo = imo if imo != claims.imo and imo_valid(imo) else claims.imo
    if (name, call_sign, imo) == (claims.name, claims.call_sign, claims.imo):
        return said
    lines = (
        line if name != claims.name else said.lines[0],
        line if call_sign != claims.call_sign else said.lines[1],
        line if imo != claims.imo else said.lines[2],
    )
    return Said(Claims(name, call_sign, imo), lines)
