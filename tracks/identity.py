"""What a vessel has claimed to be, and since when.

Every word of it is typed in by somebody on board, or left as it was delivered.
A claim is dated by when it was first heard, and holds until another is heard:
asked for a time, the answer never depends on what was heard later, so the
station that listened and the replay of its recording agree.  Before the first
claim nothing is known; static reports come every six minutes, so a ship may be
nameless for its first minutes.

A message that leaves a field empty does not say that the name is gone; it says
nothing.  Neglected: draught, the expected time of arrival, and where on the
ship the antenna stands.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracks.batch import F64, I64, U8, U16, U32, Columns, Mask, StaticBatch, Text, column, starts
from tracks.keyed import merge, rows_of
from tracks.state import State


@dataclass(frozen=True, slots=True)
class Claims:
    """What an MMSI claims to be at one time; "" and 0 where it has not said."""

    name: str = ""
    call_sign: str = ""
    imo: int = 0
    ship_type: int = 0  # the raw number; `tracks.ship_types` has words for it
    length_m: int = 0
    beam_m: int = 0
    destination: str = ""


class ClaimChange(NamedTuple):
    """A field of `Claims` took another value; `since` is Unix seconds UTC."""

    since: float
    field: str
    value: str | int


def imo_valid(imo: int) -> bool:
    """Say whether an IMO number has seven digits of which the last checks the others.

    Source: IMO resolution A.1117(30).  A valid number may still be another ship's,
    or typed in without thought: 1234567 is valid.
    """
    if not 1_000_000 <= imo <= 9_999_999:
        return False
    digits = [int(d) for d in str(imo)]
    weighted = sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False))
    return weighted % 10 == digits[6]


def as_text(numbers: I64) -> Text:
    """Return numbers as text, 0 as an empty one; few of them differ, and writing them is slow."""
    some, of = np.unique(numbers, return_inverse=True)
    texts: Text = np.array([b"%d" % n if n else b"" for n in some.tolist()], "S20")
    return texts[of]


@dataclass(frozen=True, slots=True)
class _Present(Columns):
    """The last claim of each vessel, field by field; sorted by mmsi."""

    mmsi: U32 = column(np.uint32)
    name: Text = column("S20", b"")
    call_sign: Text = column("S7", b"")
    imo: U32 = column(np.uint32)
    ship_type: U8 = column(np.uint8)
    length_m: U16 = column(np.uint16)
    beam_m: U16 = column(np.uint16)
    destination: Text = column("S20", b"")


_FIELDS = tuple(_Present.described())[1:]
_IS_TEXT = [_Present.described()[name].metadata["dtype"].kind == "S" for name in _FIELDS]


@dataclass(frozen=True, slots=True)
class _Changes(Columns):
    """Every change of a claim; sorted by (mmsi, field, t)."""

    mmsi: U32 = column(np.uint32)
    field: U8 = column(np.uint8)  # index into _FIELDS
    t: F64 = column(np.float64)
    number: U32 = column(np.uint32)
    text: Text = column("S20", b"")

    def key(self) -> I64:
        """Return (mmsi, field) as one number, in the order of the rows."""
        return _key(self.mmsi, self.field)


def _key(mmsi: NDArray[Any] | int, field: NDArray[Any] | int) -> I64:
    return np.asarray(mmsi, np.int64) * len(_FIELDS) + np.asarray(field, np.int64)


@dataclass(frozen=True, slots=True)
class Identities:
    """A fold over claims; its state is the present claims and the changes that led to them."""

    max_changes_count: int = 64  # of one field; two ships under one MMSI change it all day

    def start(self) -> State:
        """Return the state before anything was heard."""
        return _state(_Present.empty(), _Changes.empty())

    def step(self, state: State, statics: StaticBatch, as_of: float) -> tuple[State, Counter[str]]:
        """Take claims, in any order, but none earlier than those of the steps before.

        Counts the changes that were not kept because the field of that MMSI
        had changed `max_changes_count` times already.
        """
        present, changes = _split(state)
        told = _told(statics)
        rows = _news(told, present)
        if not len(rows):
            return state, Counter()
        rows = rows[np.lexsort((statics.line[rows], statics.t[rows], told.mmsi[rows]))]
        told, t = told.take(rows), statics.t[rows]
        update, found = _changes(told, t, present)
        found = found.take(np.argsort(found.key(), kind="stable"))
        changes, left_out = self._append(changes, found)
        counts = Counter({"identity: changes beyond what is kept": left_out})
        return _state(merge(present, update), changes), +counts

    def at(self, state: State, mmsi: int, t: float) -> Claims:
        """Return what `mmsi` claimed at Unix time `t`, as far as it had been heard by then."""
        latest = {c.field: c.value for c in _spoken(self._of(state, mmsi)) if c.since <= t}
        return Claims(**latest)  # type: ignore[arg-type]

    def ever(self, state: State, mmsi: int) -> Claims:
        """Return the last claims of `mmsi` that were heard, whenever that was."""
        return self.at(state, mmsi, np.inf)

    def history(self, state: State, mmsi: int) -> list[ClaimChange]:
        """Return all changes of the claims of `mmsi` that were kept, in order of time."""
        return sorted(_spoken(self._of(state, mmsi)), key=lambda change: change.since)

    def _of(self, state: State, mmsi: int) -> _Changes:
        changes = _changes_in(state)
        low, high = np.searchsorted(changes.mmsi, np.array([mmsi, mmsi + 1], np.uint32))
        return changes.take(slice(low, high))

    def _append(self, changes: _Changes, found: _Changes) -> tuple[_Changes, int]:
        """Return `changes` with those of `found` there is room for, and how many there is not."""
        key, new_key = changes.key(), found.key()
        high = np.searchsorted(key, new_key, "right")
        first = starts(new_key)
        nth = np.arange(len(new_key)) - np.repeat(first, np.diff(np.append(first, len(new_key))))
        room = high - np.searchsorted(key, new_key) + nth < self.max_changes_count
        found, high = found.take(room), high[room]
        columns = []
        at = high + np.arange(len(found))
        old = np.ones(len(changes) + len(found), np.bool_)
        old[at] = False
        for name in changes.described():
            merged = np.empty(len(old), getattr(changes, name).dtype)
            merged[old], merged[at] = getattr(changes, name), getattr(found, name)
            columns.append(merged)
        return _Changes(*columns), int(np.count_nonzero(~room))


def _state(present: _Present, changes: _Changes) -> State:
    return present.to_state("present_") | changes.to_state("change_")


def _split(state: State) -> tuple[_Present, _Changes]:
    return _Present.from_state(state, "present_"), _changes_in(state)


def _changes_in(state: State) -> _Changes:
    return _Changes.from_state(state, "change_")


def _told(statics: StaticBatch) -> _Present:
    """Return what each report says, text without its padding."""
    return _Present(
        mmsi=statics.mmsi,
        name=np.strings.rstrip(statics.name, b" @"),
        call_sign=np.strings.rstrip(statics.call_sign, b" @"),
        imo=statics.imo,
        ship_type=statics.ship_type,
        length_m=statics.to_bow_m + statics.to_stern_m,
        beam_m=statics.to_port_m + statics.to_starboard_m,
        destination=np.strings.rstrip(statics.destination, b" @"),
    )


def _news(told: _Present, present: _Present) -> I64:
    """Return all rows of the vessels any of whose rows says what is not yet their claim."""
    rows, known = rows_of(present.mmsi, told.mmsi)
    new = ~known
    known_rows = np.flatnonzero(known)
    if len(known_rows):
        before = rows[known_rows]
        for name in _FIELDS:
            value = getattr(told, name)[known_rows]
            new[known_rows] |= _said(value) & (value != getattr(present, name)[before])
    vessels = np.unique(told.mmsi[new])
    return np.flatnonzero(rows_of(vessels, told.mmsi)[1])


def _said(value: NDArray[Any]) -> Mask:
    """Say where a field is filled in."""
    return np.asarray(value != np.zeros((), value.dtype))


def _changes(told: _Present, t: F64, present: _Present) -> tuple[_Present, _Changes]:
    """Return the claims that rows in order of (mmsi, t) leave, and the changes on the way."""
    mmsi = told.mmsi[starts(told.mmsi)]
    rows, known = rows_of(present.mmsi, mmsi)
    left = _Present.make(len(mmsi), mmsi=mmsi)
    found = []
    for index, name in enumerate(_FIELDS):
        now, value = getattr(left, name), getattr(told, name)
        now[known] = getattr(present, name)[rows[known]]
        said = np.flatnonzero(_said(value))
        vessel = np.searchsorted(mmsi, told.mmsi[said])
        value = value[said]
        first = starts(vessel)
        before = np.empty_like(value)
        before[1:] = value[:-1]
        before[first] = now[vessel[first]]
        changed = value != before
        now[vessel] = value  # of several rows of a vessel, the last one stays
        kind = "text" if value.dtype.kind == "S" else "number"
        at = said[changed]
        found.append(
            _Changes.make(
                len(at), mmsi=told.mmsi[at], field=index, t=t[at], **{kind: value[changed]}
            )
        )
    return left, _Changes.concat(found)


def _spoken(changes: _Changes) -> list[ClaimChange]:
    """Return changes with the values that `Claims` has; hostile characters are left in."""
    spoken = []
    for index, t, number, text in zip(
        changes.field.tolist(),
        changes.t.tolist(),
        changes.number.tolist(),
        changes.text.tolist(),
        strict=True,
    ):
        value = text.decode("utf-8", "replace") if _IS_TEXT[index] else number
        spoken.append(ClaimChange(t, _FIELDS[index], value))
    return spoken
