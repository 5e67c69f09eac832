"""What MMSIs claim that are, or once were, like a ship of a watch list; for `listed`.

The table has a row for each such MMSI: the last of what it said, in which line, and how
certain the best match with the lists is by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from tracks.batch import F64, I64, U32, Columns, Mask, StaticBatch, Text, column
from tracks.identity import Claims, imo_valid
from tracks.keyed import merge, rows_of
from tracks.watchlist import Watchlist


@dataclass(frozen=True, slots=True)
class Told(Columns):
    """Claims by MMSI, sorted by it; lines are -1 where nothing was said."""

    mmsi: U32 = column(np.uint32)
    name: Text = column("S20", b"")
    call_sign: Text = column("S7", b"")
    imo: U32 = column(np.uint32)  # a valid one, or 0
    name_line: I64 = column(np.int64, -1)
    call_sign_line: I64 = column(np.int64, -1)
    imo_line: I64 = column(np.int64, -1)
    certainty: F64 = column(np.float64)  # 0 where there is no match


class Said(NamedTuple):
    """Claims under an MMSI, and the lines in which each was heard first; -1 where it was not."""

    claims: Claims
    lines: tuple[int, int, int]  # of name, call sign and IMO number


class Piece(NamedTuple):
    """From when on an MMSI claimed what, Unix seconds, and how certain a match it is by that."""

    t: float
    said: Said
    certainty: float


NOTHING_SAID = Said(Claims(), (-1, -1, -1))


def rows(table: Columns) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table as tuples."""
    return zip(*(getattr(table, name).tolist() for name in table.described()), strict=True)


def said_in(table: Told) -> Iterator[Said]:
    """Yield what stands in each row."""
    for _, name, call_sign, imo, *lines, _ in rows(table):
        claims = Claims(name.decode("latin-1"), call_sign.decode("latin-1"), imo)
        yield Said(claims, (lines[0], lines[1], lines[2]))


def row_of(mmsi: int, said: Said, certainty: float) -> tuple[Any, ...]:
    """Undo `said_in`."""
    claims = said.claims
    texts = (word.encode("latin-1") for word in (claims.name, claims.call_sign))
    return mmsi, *texts, claims.imo, *said.lines, certainty


def certainty_of(watch: Watchlist, mmsi: int, said: Said) -> float:
    """Return how certain the best match is, 0 to 1."""
    matches = watch.match(mmsi, said.claims)
    return matches[0].certainty if matches else 0.0


def judged_again(table: Told, watch: Watchlist) -> Told:
    """Return the same with the certainties that other lists give."""
    by_row = zip(table.mmsi.tolist(), said_in(table), strict=True)
    certainty = [certainty_of(watch, mmsi, said) for mmsi, said in by_row]
    return replace(table, certainty=np.array(certainty, np.float64))


def heard(
    table: Told, statics: StaticBatch, fresh: I64, watch: Watchlist
) -> tuple[Told, dict[int, list[Piece]]]:
    """Return the claims after a step, and of each MMSI whose claims changed what it said when.

    `fresh` are MMSIs of the lists that were heard, and have no row yet.
    """
    statics = _changed(table, statics, watch)
    if not (len(statics) or len(fresh)):
        return table, {}
    statics = statics.take(np.lexsort((statics.line, statics.t, statics.mmsi)))
    pieces: dict[int, list[Piece]] = {}
    mmsis = np.union1d(statics.mmsi.astype(np.int64), fresh)
    at, known = rows_of(table.mmsi, mmsis)
    bounds = np.searchsorted(statics.mmsi, np.append(mmsis, mmsis[-1:] + 1)).tolist()
    told = list(_reports(statics))
    for i, mmsi in enumerate(mmsis.tolist()):
        row = table.take(slice(at[i], at[i] + 1))
        first = next(said_in(row)) if known[i] else NOTHING_SAID
        before = float(row.certainty[0]) if known[i] else certainty_of(watch, mmsi, first)
        its = [Piece(-np.inf, first, before)]
        for report in told[bounds[i] : bounds[i + 1]]:
            said = _after(its[-1].said, report)
            if said is not its[-1].said:
                its.append(Piece(report.t, said, certainty_of(watch, mmsi, said)))
        if len(its) > 1 or not known[i]:
            pieces[mmsi] = its
    new = [row_of(mmsi, its[-1].said, its[-1].certainty) for mmsi, its in pieces.items()]
    columns = zip(*new, strict=True) if new else [()] * len(Told.described())
    named = zip(Told.described(), map(list, columns), strict=True)
    return merge(table, Told.make(len(new), **dict(named))), pieces


def _changed(table: Told, statics: StaticBatch, watch: Watchlist) -> StaticBatch:
    """Return all reports of the MMSIs of which any may change a claim that concerns the lists."""
    if not len(statics):
        return statics
    at, known = rows_of(table.mmsi, statics.mmsi)
    news = watch.concerned(statics) & ~known
    rows_known = np.flatnonzero(known)
    if len(rows_known):
        its, row = statics.take(rows_known), at[rows_known]
        differs: Mask = (its.imo > 0) & (its.imo != table.imo[row])
        for name in ("name", "call_sign"):
            text = np.strings.rstrip(getattr(its, name), b" @")
            differs |= (text != b"") & (text != getattr(table, name)[row])
        news[rows_known] = differs
    return statics.take(np.isin(statics.mmsi, statics.mmsi[news]))


class _Report(NamedTuple):
    """What a report says; "" and 0 where it says nothing."""

    t: float
    name: str
    call_sign: str
    imo: int
    line: int


def _reports(statics: StaticBatch) -> Iterator[_Report]:
    for t, name, call_sign, imo, line in zip(
        statics.t.tolist(),
        np.strings.rstrip(statics.name, b" @").tolist(),
        np.strings.rstrip(statics.call_sign, b" @").tolist(),
        statics.imo.tolist(),
        statics.line.tolist(),
        strict=True,
    ):
        valid = imo if imo_valid(imo) else 0
        yield _Report(t, name.decode("latin-1"), call_sign.decode("latin-1"), valid, line)


def _after(said: Said, report: _Report) -> Said:
    """Return what is claimed after a report, which says nothing where it is empty."""
    claims = said.claims
    before = (claims.name, claims.call_sign, claims.imo)
    now = (
        report.name or claims.name,
        report.call_sign or claims.call_sign,
        report.imo or claims.imo,
    )
    if now == before:
        return said
    its = zip(now, before, said.lines, strict=True)
    of_name, of_call_sign, of_imo = (report.line if a != b else known for a, b, known in its)
    return Said(Claims(*now), (of_name, of_call_sign, of_imo))
