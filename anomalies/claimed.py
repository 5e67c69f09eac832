"""What ships say they are, as far as it was said twice: for identity.

A claim counts as changed when another one was heard, and again after half an hour or
more, and the old one not once in between.  So two ships that share a number and take
turns, and a word misheard, change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracks.batch import F64, I64, Columns, StaticBatch, Text, column
from tracks.identity import as_text
from tracks.keyed import rows_of

NAME, CALL_SIGN, IMO, SHAPE = range(4)  # SHAPE: the four distances from antenna to hull
FIELDS = 4


@dataclass(frozen=True, slots=True)
class Claimed(Columns):
    """The present claims, and other ones heard since; sorted by `key`."""

    key: I64 = column(np.int64)  # mmsi * FIELDS + field
    text: Text = column("S20", b"")
    line: I64 = column(np.int64)  # where it was heard first
    other: Text = column("S20", b"")  # b"" if none was heard
    other_t: F64 = column(np.float64, np.nan)
    other_line: I64 = column(np.int64)

    def of(self, mmsi: int, field: int) -> tuple[str, int]:
        """Return a claim as it stands and its line; "" where nothing was said."""
        row = int(np.searchsorted(self.key, mmsi * FIELDS + field))
        if row == len(self) or self.key[row] != mmsi * FIELDS + field:
            return "", -1
        return bytes(self.text[row]).decode("ascii", "replace"), int(self.line[row])


class Changed(NamedTuple):
    """A claim that changed."""

    mmsi: int
    field: int
    before: str
    now: str
    first_t: float  # when the new one was heard first
    t: float  # and when again, so that it counts
    lines: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Said(Columns):
    """Claims that wait to be judged, a row for each field; in order of (t, line)."""

    key: I64 = column(np.int64)
    text: Text = column("S20", b"")
    t: F64 = column(np.float64)
    line: I64 = column(np.int64)


def said(statics: StaticBatch) -> Said:
    """Return what static reports say, without what they leave empty."""
    mmsi = statics.mmsi.astype(np.int64) * FIELDS
    columns: list[tuple[int, NDArray[Any]]] = [
        (NAME, np.strings.rstrip(statics.name, b" @")),
        (CALL_SIGN, np.strings.rstrip(statics.call_sign, b" @")),
        (IMO, as_text(statics.imo.astype(np.int64))),
        (SHAPE, _shape(statics)),
    ]
    every = Said.concat(
        [
            Said.make(len(mmsi), key=mmsi + field, text=text, t=statics.t, line=statics.line)
            for field, text in columns
        ]
    )
    every = every.take(every.text != b"")
    return every.take(np.lexsort((every.key, every.line, every.t)))


def _shape(statics: StaticBatch) -> Text:
    """Return the four distances as one text, empty where length or beam is missing."""
    bow, stern, port, starboard = (
        getattr(statics, f"to_{side}_m").astype(np.int64)
        for side in ("bow", "stern", "port", "starboard")
    )
    told = (bow + stern > 0) & (port + starboard > 0)
    return as_text(np.where(told, ((bow * 1000 + stern) * 1000 + port) * 1000 + starboard, 0))


def news(told: Said, claimed: Claimed, waiting: Said) -> Said:
    """Return what of `told` can change anything, now or once what waits has been judged."""
    rows, known = rows_of(claimed.key, told.key)
    new = ~known
    at = rows[known]
    new[known] = (claimed.text[at] != told.text[known]) | (claimed.other[at] != b"")
    told = told.take(np.isin(told.key, np.r_[told.key[new], waiting.key]))
    key, first, of = np.unique(told.key, return_index=True, return_inverse=True)
    differs = np.bincount(of, told.text != told.text[first[of]], len(key)) > 0
    # Of one never heard before that says the same all the time, once is enough.
    needed = differs | rows_of(claimed.key, key)[1] | np.isin(key, waiting.key)
    needed = needed[of]
    needed[first] = True
    return told.take(needed)


def judged(claimed: Claimed, told: Said, confirm_s: float) -> tuple[Claimed, list[Changed]]:
    """Return the claims after `told`, and those that changed."""
    if not len(told):
        return claimed, []
    concerned = np.isin(claimed.key, told.key)
    table = {row[0]: row for row in _rows(claimed.take(concerned))}
    found = []
    for key, text, t, line in zip(
        told.key.tolist(), told.text.tolist(), told.t.tolist(), told.line.tolist(), strict=True
    ):
        _, now, first_line, other, since, other_line = table.get(key, (key, b"", 0, b"", 0, 0))
        if not now:
            table[key] = key, text, line, b"", np.nan, 0
        elif text == now:
            table[key] = key, now, first_line, b"", np.nan, 0
        elif text != other:
            table[key] = key, now, first_line, text, t, line
        elif t - since >= confirm_s:
            table[key] = key, text, other_line, b"", np.nan, 0
            mmsi, field = divmod(key, FIELDS)
            words = _word(now), _word(text)
            found.append(Changed(mmsi, field, *words, since, t, (first_line, other_line, line)))
    columns = dict(zip(Claimed.described(), zip(*table.values(), strict=True), strict=True))
    every = Claimed.concat([claimed.take(~concerned), Claimed.make(len(table), **columns)])
    return every.take(np.argsort(every.key)), found


def _rows(table: Claimed) -> Any:
    return zip(*(getattr(table, name).tolist() for name in table.described()), strict=True)


def _word(text: bytes) -> str:
    return text.decode("ascii", "replace")
