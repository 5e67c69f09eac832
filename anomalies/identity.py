"""Identity: a number that two hulls share, or a hull that takes another name or number.

Four things are told.  Two hulls speak under one MMSI at the same time, or two MMSIs give
one IMO number: for at least an hour, in six bins of ten minutes.  A name or an IMO number
changes under one MMSI to another that is no other spelling of it, and the old one is not
heard again.  A new MMSI begins where and when another fell silent, on the course and at
the speed of that one, and what both say of themselves agrees; the other stays silent.

It does not prove deceit.  Numbers are left as delivered, typed in wrongly, and shared by
the boats of one owner; ships are sold, renamed and given new flags, and get new numbers;
transponders are tried out and replaced.  Where satellite navigation is disturbed nothing
is told (`anomalies.jams`).  Neglected: hulls within a mile of each other; ships that take
turns under a number; a number that changes unheard or in port, which is where most do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from anomalies.claimed import (
    CALL_SIGN,
    FIELDS,
    IMO,
    NAME,
    SHAPE,
    Changed,
    Claimed,
    Said,
    judged,
    news,
    said,
)
from anomalies.detector import Context, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.jams import Jams
from anomalies.marks import HOUR, NEVER, marks_in, reach
from anomalies.presence import CROWD, Bins
from anomalies.renumbered import Limits, Succession, successions
from anomalies.sharing import Book, Lines, Sharing, SharingLines, Sharings
from anomalies.whereabouts import Whereabouts, newcomers
from tracks.batch import BIN_S, HULLS_PER_MMSI, I64
from tracks.identity import imo_valid
from tracks.names import same_name
from tracks.state import State

KEPT_BINS = 2 * HOUR + 1  # an hour before a new number, and one behind it

OF_FLAG = "the digits that stand for the flag changed from {before} to {now}"
SPOKEN = "{what} changed from {before!r} to {now!r}; both were typed in by somebody"
WHAT = {NAME: "the name", CALL_SIGN: "the call sign", IMO: "the IMO number"}


class _Sea(NamedTuple):
    """What a step has to do with."""

    where: Whereabouts
    jams: Jams


@dataclass(frozen=True, slots=True)
class Identity:
    """Numbers shared for `min_together_h`, claims changed for `confirm_h`, and new numbers."""

    learning_h: float = 2.0  # ours: at first every number is new to a station
    min_together_h: float = 1.0  # ours: a receiver that errs does so for minutes
    merge_h: float = 24.0  # ours: a shared number is a state of affairs, heard on and off
    confirm_h: float = 0.5  # ours: static reports come every six minutes, so five of them
    max_silence_h: float = 0.5  # ours: between the last fix of a number and the first of another
    max_off_nmi: float = 0.5  # ours: how far the new one may begin from where the old one was due
    max_off_kn: float = 2.0  # ours: and how much farther for each hour between them

    @property
    def kind(self) -> Literal["identity"]:
        """The kind of event it finds."""
        return "identity"

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            "reach": np.array(-np.inf),
            "through": np.array(NEVER),
            "began": np.array(NEVER),
            "known": np.empty(0, np.int64),
            **Whereabouts.empty().to_state("where_"),
            **Whereabouts.empty().to_state("new_"),
            **Claimed.empty().to_state("claimed_"),
            **Said.empty().to_state("said_"),
            **Sharings.empty().to_state("sharings_"),
            **SharingLines.empty().to_state("lines_"),
        }

    def step(
        self, state: State, heard: Heard, context: Context, as_of: float
    ) -> tuple[State, list[Change]]:
        """Take what was heard up to `as_of`; return the new state and what changed.

        All is judged an hour late, when it is known where positions could be trusted.
        """
        known_s = reach(state, heard, context, as_of)
        where = Whereabouts.from_state(state, "where_").heard(heard.fixes)
        fresh, known = newcomers(heard.fixes, state["known"])
        new = Whereabouts.concat([Whereabouts.from_state(state, "new_"), fresh])
        claimed, waiting = Claimed.from_state(state, "claimed_"), Said.from_state(state, "said_")
        if len(heard.statics):
            told = news(said(heard.statics), claimed, waiting)
            waiting = Said.concat([waiting, told])
        began = int(state["began"])
        if began == NEVER and len(heard.fixes):
            began = int(heard.fixes.t.min() // BIN_S)
        bins = Bins.up_to(int(state["through"]), known_s - 3600)
        ended = context.ended or as_of == np.inf
        now: State = {
            **state,
            "reach": np.array(known_s),
            "began": np.array(began),
            "known": known,
            **where.to_state("where_"),
            **new.to_state("new_"),
            **waiting.to_state("said_"),
        }
        if bins.through == bins.before and not ended:
            return now, []
        # What was new in the first hours is only new to us.
        new = new.take(new.bin >= began + marks_in(self.learning_h))
        sea = _Sea(where, context.jams)
        book = Book(
            Sharings.from_state(state, "sharings_"),
            SharingLines.from_state(state, "lines_"),
            marks_in(self.min_together_h),
            marks_in(self.merge_h),
        )
        changes: list[Change] = []
        waiting = waiting.take(np.lexsort((waiting.key, waiting.line, waiting.t)))
        of_bin = np.floor(waiting.t / BIN_S).astype(np.int64)
        due = of_bin <= bins.through
        numbers = _imo_numbers(claimed)
        doubled = _doubled(numbers)
        for at in _busy(bins, where, new, of_bin[due]):
            before = claimed
            claimed, found = judged(claimed, waiting.take(due & (of_bin == at)), self._confirm_s)
            changes += [Change("closed", e) for e in self._renamed(found, sea, at, book)]
            if claimed is not before:
                numbers, known_numbers = _imo_numbers(claimed), numbers
                same = np.array_equal(numbers.key, known_numbers.key) and np.array_equal(
                    numbers.text, known_numbers.text
                )
                doubled = doubled if same else _doubled(numbers)
            self._share(book, doubled, sea, at)
            changes += [
                Change("closed", self._renumbered(s, claimed))
                for s in successions(new.take(new.bin == at - HOUR), sea.where, at, self._limits)
                if not _jammed(sea, s.a_row) and self._agrees(s, claimed)
            ]
        book.forget(bins.through)
        changes += [Change("closed", self._shared(one, lines, False)) for one, lines in book.over]
        changes += self._going_on(book, ended)
        sharings, lines = book.tables()
        return {
            **now,
            "through": np.array(bins.through),
            **where.take(where.bin > bins.through - KEPT_BINS).to_state("where_"),
            **new.take(new.bin > bins.through - HOUR).to_state("new_"),
            **claimed.to_state("claimed_"),
            **waiting.take(~due).to_state("said_"),
            **sharings.to_state("sharings_"),
            **lines.to_state("lines_"),
        }, changes

    def _renamed(self, found: list[Changed], sea: _Sea, at: int, book: Book) -> Iterator[Event]:
        """Yield the events of claims that changed in bin `at`, one for each MMSI.

        Of a number that two hulls share nobody knows which of them said what.
        """
        by_mmsi: dict[int, list[Changed]] = {}
        for change in found:
            by_mmsi.setdefault(change.mmsi, []).append(change)
        for mmsi, changes in by_mmsi.items():
            told = {c.field: c for c in changes if c.field in WHAT}
            name, imo = told.get(NAME), told.get(IMO)
            other_name = name is not None and not same_name(name.before, name.now)
            other_imo = imo is not None and all(
                word.isdigit() and imo_valid(int(word)) for word in (imo.before, imo.now)
            )
            rows = sea.where.between(at - 2 * HOUR, at)
            rows = rows.take((rows.mmsi == mmsi) & (rows.track % HULLS_PER_MMSI != CROWD))
            shared = book.shares(mmsi, at)
            if shared or not told or not (other_name or other_imo) or not len(rows):
                continue
            since = np.flatnonzero(rows.bin >= min(c.first_t for c in told.values()) // BIN_S)
            first = since[np.argmin(rows.t[since])] if len(since) else np.argmax(rows.t)
            row = rows.take(np.array([int(first)]))
            if not _jammed(sea, row):
                of_hour = rows.take((rows.track == row.track[0]) & (rows.bin <= row.bin[0]))
                of_hour = of_hour.take(of_hour.bin > row.bin[0] - HOUR)
                yield self._change_of_claims(of_hour, list(told.values()), other_name, other_imo)

    def _change_of_claims(
        self, of_hour: Whereabouts, changes: list[Changed], other_name: bool, other_imo: bool
    ) -> Event:
        """Return the event; `of_hour` is where the ship was in the hour up to the change."""
        row = of_hour.take(slice(-1, None))
        start, end = min(c.first_t for c in changes), max(c.t for c in changes)
        lines = {line for c in changes for line in c.lines} | set(of_hour.line.tolist())
        # Unheard before, it may have changed long before, in port.
        known = len(of_hour) >= HEARD_BINS and not np.isnan(of_hour.sog_kn).any()
        speed = {"speed_kn": round(float(of_hour.sog_kn.min()), 1)} if known else {}
        return Event(
            kind=self.kind,
            tracks=(int(row.track[0]),),
            start=start,
            end=end,
            lat=float(row.lat[0]),
            lon=float(row.lon[0]),
            evidence=Evidence(
                measured={
                    "new_names_count": float(other_name),
                    "new_imo_count": float(other_imo),
                    "new_call_signs_count": float(any(c.field == CALL_SIGN for c in changes)),
                    "confirmed_h": (end - start) / 3600,
                    **speed,
                },
                rule=f"another name or IMO number, heard again {self.confirm_h:g} h later or more",
                lines=tuple(sorted(lines)),
                caveats=tuple(
                    SPOKEN.format(what=WHAT[c.field], before=c.before, now=c.now) for c in changes
                ),
            ),
        )

    def _share(self, book: Book, doubled: _Doubled, sea: _Sea, at: int) -> None:
        """Enter who shares a number in bin `at`."""
        here = sea.where.between(at - 1, at)
        odd = np.unique(here.mmsi[here.track % HULLS_PER_MMSI > 1])
        concerned = np.isin(here.mmsi, np.r_[odd, doubled.mmsi])
        if not concerned.any():
            return
        here = here.take(concerned)
        trusted = ~sea.jams.at(here.track, here.bin, here.lat, here.lon)
        trusted &= ~sea.jams.at(here.track, here.bin + 1, here.lat, here.lon)
        here = here.take(trusted & (here.track % HULLS_PER_MMSI != CROWD))
        here = here.take(_newest(here))
        for mmsi in odd.tolist():
            book.together(mmsi, here.take(here.mmsi == mmsi), at)
        for imo in np.unique(doubled.imo).tolist():
            of_imo = here.take(np.isin(here.mmsi, doubled.mmsi[doubled.imo == imo]))
            first = np.unique(of_imo.mmsi, return_index=True)[1]  # one hull of each
            ships = of_imo.take(first)
            ships = replace(ships, track=ships.mmsi * HULLS_PER_MMSI + 1)
            said_in = dict(zip(doubled.mmsi.tolist(), doubled.line.tolist(), strict=True))
            lines = {t: said_in[t // HULLS_PER_MMSI] for t in ships.track.tolist()}
            book.together(-imo, ships, at, lines)

    def _going_on(self, book: Book, ended: bool) -> Iterator[Change]:
        """Yield what is to say of sharings that go on: at once, then at each doubling."""
        for pair, one in sorted(book.pairs.items()):
            if one.chosen and (ended or not one.told or one.bins_count >= 2 * one.told):
                what: Literal["opened", "updated"] = "updated" if one.told else "opened"
                yield Change(what, self._shared(one, book.lines[pair], True))
                book.pairs[pair] = one._replace(told=one.bins_count)

    def _shared(self, one: Sharing, lines: Lines, going_on: bool) -> Event:
        by_imo = one.number < 0
        return Event(
            kind=self.kind,
            tracks=(one.a, one.b),
            start=float(one.first * BIN_S),
            end=None if going_on else float((one.last + 1) * BIN_S),
            lat=one.lat,
            lon=one.lon,
            evidence=Evidence(
                measured={
                    "same_imo_count" if by_imo else "same_mmsi_count": 2.0 + one.others,
                    "overlap_h": (one.last + 1 - one.first) / HOUR,
                    "together_h": one.bins_count / HOUR,
                    "distance_nmi": one.first_nmi,
                    "last_distance_nmi": one.last_nmi,
                },
                rule=f"two hulls under one number in ten minutes, {book_bins(self)} times",
                lines=tuple(sorted({line for both in lines.values() for line in both})),
                caveats=(f"both gave the IMO number {-one.number}",) if by_imo else (),
            ),
        )

    def _agrees(self, s: Succession, claimed: Claimed) -> bool:
        """Return whether what both say does not tell them apart, and more than their way is one."""
        same, other, _ = _compared(s, claimed)
        under_way = min(float(s.a_row.sog_kn[0]), float(s.b_row.sog_kn[0])) >= UNDER_WAY_KN
        if SHAPE in other and not same:
            return False
        turned_deg = abs((float(s.a_row.cog_deg[0] - s.b_row.cog_deg[0]) + 180) % 360 - 180)
        goes_on = under_way and turned_deg <= SAME_COURSE_DEG and not s.rivals_count
        return bool(same) or (goes_on and s.silent_s <= SEAMLESS_S)

    def _renumbered(self, s: Succession, claimed: Claimed) -> Event:
        same, other, said_lines = _compared(s, claimed)
        a, b = int(s.a_row.track[0]), int(s.b_row.track[0])
        mids = a // HULLS_PER_MMSI // 1_000_000, b // HULLS_PER_MMSI // 1_000_000
        caveats = [OF_FLAG.format(before=mids[0], now=mids[1])] if mids[0] != mids[1] else []
        start, end = float(s.a_row.t[0]), float(s.b_row.t[0])
        speeds_kn = float(s.a_row.sog_kn[0]), float(s.b_row.sog_kn[0])
        speed = {} if np.isnan(speeds_kn).any() else {"speed_kn": round(min(speeds_kn), 1)}
        return Event(
            kind=self.kind,
            tracks=tuple(sorted((a, b))),
            start=min(start, end),
            end=max(start, end),
            lat=float(s.b_row.lat[0]),
            lon=float(s.b_row.lon[0]),
            evidence=Evidence(
                measured={
                    "silent_s": s.silent_s,
                    "off_nmi": s.off_nmi,
                    "same_claims_count": float(len(same)),
                    "other_claims_count": float(len(other)),
                    "rivals_count": float(s.rivals_count),
                    **speed,
                },
                rule=(
                    f"silent_s <= {self.max_silence_h * 3600:g};"
                    f" off_nmi <= {self.max_off_nmi:g} and {self.max_off_kn:g} for each hour"
                ),
                lines=tuple(sorted({*s.lines, *said_lines})),
                caveats=tuple(caveats),
            ),
        )

    @property
    def _confirm_s(self) -> float:
        return self.confirm_h * 3600

    @property
    def _limits(self) -> Limits:
        return Limits(self.max_silence_h * 3600, self.max_off_nmi, self.max_off_kn)


UNDER_WAY_KN = 3.0
# Without any word that agrees, a change must leave no time and no course for another ship.
SEAMLESS_S, SAME_COURSE_DEG = 1200.0, 30.0
HEARD_BINS = 4  # of the hour before a name changed, or it is not known what the ship did


def book_bins(settings: Identity) -> int:
    """Return in how many bins a pair must be together."""
    return marks_in(settings.min_together_h)


class _Doubled(NamedTuple):
    """IMO numbers that several MMSIs give, and in which line."""

    mmsi: I64
    imo: I64
    line: I64


def _imo_numbers(claimed: Claimed) -> Claimed:
    return claimed.take(claimed.key % FIELDS == IMO)


def _doubled(of_imo: Claimed) -> _Doubled:
    """Return the MMSIs that give an IMO number which others give too."""
    text, of, count = np.unique(of_imo.text, return_inverse=True, return_counts=True)
    several = np.flatnonzero(count > 1)
    numbers = np.zeros(len(text), np.int64)
    numbers[several] = [_number(word) for word in text[several].tolist()]
    rows = np.flatnonzero(numbers[of] > 0)
    return _Doubled(of_imo.key[rows] // FIELDS, numbers[of[rows]], of_imo.line[rows])


def _number(word: bytes) -> int:
    return int(word) if word.isdigit() and imo_valid(int(word)) else 0


def _newest(where: Whereabouts) -> I64:
    """Return the last row of each track, in order of track; the rows are ordered by bin."""
    order = np.argsort(where.track, kind="stable")
    track = where.track[order]
    return np.asarray(
        order[np.append(track[1:] != track[:-1], np.ones(min(len(track), 1), np.bool_))]
    )


class _Compared(NamedTuple):
    """What two MMSIs claim: in which claims they agree, in which not, and where both are told."""

    same: set[int]
    other: set[int]
    lines: set[int]


def _compared(s: Succession, claimed: Claimed) -> _Compared:
    found = _Compared(set(), set(), set())
    for field in (NAME, CALL_SIGN, IMO, SHAPE):
        (one, line), (two, line_too) = (
            claimed.of(int(row.track[0]) // HULLS_PER_MMSI, field) for row in (s.a_row, s.b_row)
        )
        if one and two:
            (found.same if one == two else found.other).add(field)
            found.lines.update((line, line_too))
    return found


def _jammed(sea: _Sea, row: Whereabouts) -> bool:
    return any(
        bool(sea.jams.at(row.track, row.bin + ahead, row.lat, row.lon)[0]) for ahead in (0, 1)
    )


def _busy(bins: Bins, where: Whereabouts, new: Whereabouts, of_claims: I64) -> list[int]:
    """Return the bins of a step in which anything can be found, in order."""
    every = np.unique(np.concatenate([where.bin, new.bin + HOUR, of_claims]))
    found: list[int] = every[(every > bins.before) & (every <= bins.through)].tolist()
    return found
