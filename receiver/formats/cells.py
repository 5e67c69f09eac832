"""A block of delimited text to rows: found cells, numbers by Arrow, identities by digest.

Cells are found once, as places of delimiters.  Numbers are then read by Arrow;
of the many cells that say who a ship is, only a digest is taken of every row,
and the few rows where it changes are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from receiver.formats import times, words
from receiver.formats.columns import CLAIMS, NUMBERS, WORDS
from receiver.formats.rows import MIX, Rows, Words
from tracks.batch import F64, I64, U8, U64, Mask

QUOTE = 34
QUOTED_DELIMITER = 31  # stands for a delimiter inside quotes while a block is read
DIGEST_MAX = 512  # bytes of a row's identity that count
PAD = 8 * (DIGEST_MAX // 8 + 2)
WORDS_MAX = 256  # different cells of a column of words; what is more means nothing
CHUNK = 4096  # rows digested at once, so that they stay in the processor's cache
MISSING = (
    "",
    "nan",
    "NaN",
    "NAN",
    "null",
    "NULL",
    "None",
    "Unknown",
    "Undefined",
    "N/A",
    "\\N",
    "-",
)


@dataclass(slots=True)
class Layout:
    """What the cells of a delimited text mean: `at` gives the column of each quantity."""

    delimiter: int
    width: int  # columns
    at: dict[str, int]
    month_first: bool = False
    epoch: bool = False  # times are numbers


@dataclass(slots=True)
class Cells:
    """A block with the places of its cells."""

    data: U8  # padded behind, so that wide reads at its end stay inside
    size: int  # without the padding
    lines: int  # with those that are no rows
    row: I64  # number of each row's line within the block
    starts: I64  # of the lines
    ends: I64
    between: I64  # delimiters, (rows, columns - 1)

    def begin(self, column: int) -> I64:
        """Return where the cells of a column begin in `data`."""
        return self.between[:, column - 1] + 1 if column else self.starts

    def end(self, column: int) -> I64:
        """Return where the cells of a column end in `data`, a carriage return included."""
        return self.between[:, column] if column < self.between.shape[1] else self.ends


def find(block: bytes, layout: Layout, counts: Counter[str]) -> Cells:
    """Find the cells of all lines that have the right number of them."""
    data = np.frombuffer(block, np.uint8)
    if QUOTE in block:
        data = _unquoted(data, layout.delimiter)
    ends = np.flatnonzero(data == 10)
    lines, row = len(ends), np.arange(len(ends))
    between = np.flatnonzero(data == layout.delimiter)
    n = layout.width - 1
    if not _regular(between, ends, n):
        per_line = np.diff(np.searchsorted(between, ends), prepend=0)
        data, row = _without_bad(data, ends, per_line == n, counts)
        ends = np.flatnonzero(data == 10)
        between = np.flatnonzero(data == layout.delimiter)
    starts = np.r_[0, ends[:-1] + 1][: len(ends)]
    padded = np.concatenate([data, np.zeros(PAD, np.uint8)])
    return Cells(padded, len(data), lines, row, starts, ends, between.reshape(len(ends), n))


def _regular(between: I64, ends: I64, n: int) -> bool:
    """Return whether each line has `n` delimiters."""
    if len(between) != n * len(ends):
        return False
    inner = between.reshape(len(ends), n)
    return bool((inner[:, -1] < ends).all() and (inner[1:, 0] > ends[:-1]).all())


def _without_bad(data: U8, ends: I64, good: Mask, counts: Counter[str]) -> tuple[U8, I64]:
    lengths = np.diff(ends, prepend=-1)
    first = data[np.r_[0, ends[:-1] + 1]]
    blank = ~good & ((lengths == 1) | ((lengths == 2) & (first == 13)))
    for what, lines in (
        ("blank lines", blank),
        ("dropped: wrong number of columns", ~good & ~blank),
    ):
        if number := int(np.count_nonzero(lines)):
            counts[what] += number
    return data[: ends[-1] + 1][np.repeat(good, lengths)], np.flatnonzero(good)


def _unquoted(data: U8, delimiter: int) -> U8:
    """Take the quotes out, and mark the delimiters that stood inside them.

    A quote opens at the beginning of a line and closes before its end: where one
    is left open, the quotes of that line are taken for ordinary text.
    """
    quotes = np.flatnonzero(data == QUOTE)
    ends = np.flatnonzero(data == 10)
    before = np.asarray(np.searchsorted(quotes, np.r_[-1, ends]))
    odd: Mask = np.diff(before) % 2 == 1
    between = np.flatnonzero(data == delimiter)
    line = np.asarray(np.searchsorted(ends, between))
    within = (np.searchsorted(quotes, between) - before[line]) % 2 == 1
    marked = data.copy()
    marked[between[within & ~odd[line]]] = QUOTED_DELIMITER
    unquoted: U8 = marked[marked != QUOTE]
    return unquoted


def rows(cells: Cells, layout: Layout, first_line: int) -> Rows:
    """Read the cells; `first_line` is the number of the block's first line."""
    claims = {q: layout.at[q] for q in CLAIMS if q in layout.at}
    return Rows(
        line=first_line + cells.row,
        t=_times(cells, layout),
        numbers=_numbers(cells, layout, {q: layout.at[q] for q in NUMBERS if q in layout.at}),
        words={q: _words(cells, layout.at[q]) for q in WORDS if q in layout.at},
        claims=CellClaims.of(cells, layout, claims) if claims else None,
    )


def _times(cells: Cells, layout: Layout) -> F64:
    column = layout.at["t"]
    if layout.epoch:
        return times.from_numbers(_numbers(cells, layout, {"t": column})["t"])
    begin, end = cells.begin(column), cells.end(column)
    return times.from_text(cells.data, begin, end - begin, layout.month_first)


def _words(cells: Cells, column: int) -> Words:
    """Tell the different cells of a column apart by digest; there are few, so one after another."""
    begin, end = cells.begin(column), cells.end(column)
    digest = _digests(cells.data, begin, end)
    codes = np.full(len(digest), -1, np.int32)
    values: list[bytes] = []
    left = np.arange(len(digest))
    while len(left) and len(values) < WORDS_MAX:
        first = left[0]
        same = digest[left] == digest[first]
        codes[left[same]] = len(values)
        values.append(cells.data[begin[first] : end[first]].tobytes().strip())
        left = left[~same]
    return Words(codes, values)


def _numbers(cells: Cells, layout: Layout, wanted: dict[str, int]) -> dict[str, F64]:
    """Return columns as numbers, by quantity; nan where a cell holds none."""
    import pyarrow as pa

    if not len(cells.row):
        return dict.fromkeys(wanted, np.empty(0))
    try:
        table = _read_csv(cells, layout, wanted, pa.float64())
    except pa.ArrowInvalid:  # a cell that should be a number is none
        return _doubtful_numbers(_read_csv(cells, layout, wanted, pa.binary()), wanted)
    return {q: table.column(str(i)).to_numpy() for q, i in wanted.items()}


def _doubtful_numbers(table: Any, wanted: dict[str, int]) -> dict[str, F64]:
    columns = {q: table.column(str(i)).to_pylist() for q, i in wanted.items()}
    return {q: np.array([words.number(c or b"") for c in cells]) for q, cells in columns.items()}


def _read_csv(cells: Cells, layout: Layout, wanted: dict[str, int], kind: Any) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    types = {str(i): kind for i in wanted.values()}
    return csv.read_csv(
        pa.BufferReader(pa.py_buffer(cells.data[: cells.size])),
        read_options=csv.ReadOptions(
            use_threads=False,
            block_size=cells.size + 1,
            column_names=[str(i) for i in range(layout.width)],
        ),
        parse_options=csv.ParseOptions(
            delimiter=chr(layout.delimiter), quote_char=False, ignore_empty_lines=False
        ),
        convert_options=csv.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            null_values=list(MISSING),
            strings_can_be_null=True,
            check_utf8=False,
        ),
    )


@dataclass(slots=True)
class CellClaims:
    """The cells that say who a ship is; see rows.Claims."""

    digest: U64
    cells: Cells
    columns: dict[str, int]
    runs: list[tuple[int, int]]
    delimiter: bytes

    @classmethod
    def of(cls, cells: Cells, layout: Layout, columns: dict[str, int]) -> CellClaims:
        """Digest the cells of `columns`, neighbours at once."""
        changing = {layout.at[q] for q in (*NUMBERS, "t") if q in layout.at}
        runs = _runs(sorted(set(columns.values())), changing)
        digest = np.zeros(len(cells.row), np.uint64)
        for left, right in runs:
            digest = digest * MIX + _digests(cells.data, cells.begin(left), cells.end(right))
        digest |= np.uint64(1)  # 0 is kept for "claims nothing"
        return cls(digest, cells, columns, runs, bytes([layout.delimiter]))

    def at(self, rows: I64) -> dict[str, Sequence[bytes]]:
        """Return the cells of some rows by quantity."""
        by_column: dict[int, Sequence[bytes]] = {}
        for left, right in self.runs:
            begin, end = self.cells.begin(left)[rows], self.cells.end(right)[rows]
            pieces = _pieces(self.cells.data, begin, end)
            split = zip(*(piece.split(self.delimiter) for piece in pieces), strict=True)
            by_column |= dict(enumerate(split, left))
        mark = bytes([QUOTED_DELIMITER])
        for i in self.columns.values():
            if any(mark in cell for cell in by_column.get(i, ())):
                by_column[i] = [cell.replace(mark, self.delimiter) for cell in by_column[i]]
        return {q: by_column.get(i, ()) for q, i in self.columns.items()}


def _pieces(data: U8, begin: I64, end: I64) -> list[bytes]:
    """Return pieces of `data` as bytes."""
    view = data.data
    return [bytes(view[b:e]) for b, e in zip(begin.tolist(), end.tolist(), strict=True)]


def _runs(columns: list[int], changing: set[int]) -> list[tuple[int, int]]:
    """Join columns into runs, across others that seldom change but never across `changing`."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and changing.isdisjoint(range(runs[-1][1], column)):
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs


def _digests(data: U8, begin: I64, end: I64) -> U64:
    """Return a hash of each piece of `data`: the sum of its 8-byte words times odd numbers."""
    length = np.minimum(end - begin, DIGEST_MAX)
    digest: U64 = np.empty(len(begin), np.uint64)
    for i in range(0, len(begin), CHUNK):
        here = length[i : i + CHUNK]
        n = int(here.max()) // 8 + 1
        wide = np.ndarray((len(data) - 8 * n + 1,), f"V{8 * n}", data.data, 0, (1,))
        piece = wide[begin[i : i + CHUNK]].view(np.uint64).reshape(-1, n)
        piece &= _masks(n)[here]
        piece *= _FACTORS[:n]
        digest[i : i + CHUNK] = piece.sum(axis=1)
    digest ^= length.astype(np.uint64)
    return digest


@lru_cache(maxsize=DIGEST_MAX // 8 + 1)
def _masks(n: int) -> U64:
    """Return for each length up to 8 n bytes the mask that keeps so many of n words."""
    kept = np.where(np.arange(8 * n) < np.arange(8 * n + 1)[:, None], 255, 0)
    masks: U64 = kept.astype(np.uint8).view(np.uint64)
    return masks


_FACTORS: U64 = np.multiply.accumulate(np.full(DIGEST_MAX // 8 + 1, MIX))
