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
    """A block with the places of its cells: cell (i, j) is data[begin[i, j]:end[i, j]]."""

    data: U8  # padded behind, so that wide reads at its end stay inside
    size: int  # without the padding
    row: I64  # number of each row's line within the block
    begin: I64
    end: I64


def find(block: bytes, layout: Layout, counts: Counter[str]) -> Cells:
    """Find the cells of all lines that have the right number of them."""
    data = np.frombuffer(block, np.uint8)
    if QUOTE in block:
        data = _unquoted(data, layout.delimiter)
    ends = np.flatnonzero(data == 10)
    row = np.arange(len(ends))
    between = np.flatnonzero(data == layout.delimiter)
    n = layout.width - 1
    per_line = np.diff(np.searchsorted(between, ends), prepend=0)
    if (per_line != n).any():
        data, row = _without_bad(data, ends, per_line == n, counts)
        ends = np.flatnonzero(data == 10)
        between = np.flatnonzero(data == layout.delimiter)
    inner = between.reshape(len(ends), n)
    starts = np.r_[0, ends[:-1] + 1][: len(ends), None]
    padded = np.concatenate([data, np.zeros(PAD, np.uint8)])
    begin = np.concatenate([starts, inner + 1], axis=1)
    return Cells(padded, len(data), row, begin, np.concatenate([inner, ends[:, None]], axis=1))


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
    wanted = {q: layout.at[q] for q in (*NUMBERS, *WORDS) if q in layout.at}
    table = _typed(cells, layout, wanted)
    numbers = {q: table[q] for q in wanted if q in NUMBERS}
    few = {q: table[q] for q in wanted if q in WORDS}
    claims = {q: layout.at[q] for q in CLAIMS if q in layout.at}
    return Rows(
        line=first_line + cells.row,
        t=_times(cells, layout),
        numbers=numbers,
        words=few,
        claims=CellClaims.of(cells, layout, claims) if claims else None,
    )


def _times(cells: Cells, layout: Layout) -> F64:
    column = layout.at["t"]
    if layout.epoch:
        return times.from_numbers(_typed(cells, layout, {"t": column}, ("t",))["t"])
    begin, end = cells.begin[:, column], cells.end[:, column]
    if column == layout.width - 1:
        end = end - (cells.data[end - 1] == 13)
    return times.from_text(cells.data, begin, end - begin, layout.month_first)


def _typed(
    cells: Cells, layout: Layout, wanted: dict[str, int], numbers: Sequence[str] = NUMBERS
) -> dict[str, Any]:
    """Return the columns as arrays of numbers or as Words, by quantity."""
    import pyarrow as pa

    if not len(cells.row):
        return {
            q: np.empty(0) if q in numbers else Words(np.empty(0, np.int32), ()) for q in wanted
        }
    few = pa.dictionary(pa.int32(), pa.binary())
    types = {str(i): pa.float64() if q in numbers else few for q, i in wanted.items()}
    try:
        table = _read_csv(cells, layout, types)
    except pa.ArrowInvalid:  # a cell that should be a number is none
        types = {i: pa.binary() if t == pa.float64() else t for i, t in types.items()}
        table = _read_csv(cells, layout, types)
    made: dict[str, Any] = {}
    for quantity, i in wanted.items():
        column = table.column(str(i)).combine_chunks()
        if quantity not in numbers:
            made[quantity] = as_words(column)
        elif column.type == pa.float64():
            made[quantity] = column.to_numpy(zero_copy_only=False)
        else:
            made[quantity] = np.array([words.number(c or b"") for c in column.to_pylist()])
    return made


def as_words(column: Any) -> Words:
    """Return a dictionary-encoded Arrow column of bytes as Words."""
    if hasattr(column, "num_chunks"):
        column = column.chunk(0)
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = [bytes(v).strip() if v is not None else b"" for v in column.dictionary.to_pylist()]
    return Words(codes, values)


def _read_csv(cells: Cells, layout: Layout, types: dict[str, Any]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

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
    delimiter: bytes

    @classmethod
    def of(cls, cells: Cells, layout: Layout, columns: dict[str, int]) -> CellClaims:
        """Digest the cells of `columns`, neighbours at once."""
        changing = {layout.at[q] for q in (*NUMBERS, "t") if q in layout.at}
        digest = np.zeros(len(cells.row), np.uint64)
        for left, right in _runs(sorted(columns.values()), changing):
            digest = digest * MIX + _digests(cells.data, cells.begin[:, left], cells.end[:, right])
        digest |= np.uint64(1)  # 0 is kept for "claims nothing"
        return cls(digest, cells, columns, bytes([layout.delimiter]))

    def at(self, rows: I64) -> dict[str, Sequence[bytes]]:
        """Return the cells of some rows by quantity."""
        data, mark = self.cells.data, bytes([QUOTED_DELIMITER])

        def cell(begin: int, end: int) -> bytes:
            return data[begin:end].tobytes().strip().replace(mark, self.delimiter)

        return {
            q: [
                cell(b, e)
                for b, e in zip(
                    self.cells.begin[rows, i].tolist(),
                    self.cells.end[rows, i].tolist(),
                    strict=True,
                )
            ]
            for q, i in self.columns.items()
        }


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
    digest = np.empty(len(begin), np.uint64)
    for i in range(0, len(begin), CHUNK):
        here = length[i : i + CHUNK]
        n = int(here.max()) // 8 + 1
        wide = np.ndarray((len(data) - 8 * n + 1,), f"V{8 * n}", data.data, 0, (1,))
        piece = wide[begin[i : i + CHUNK]].view(np.uint64).reshape(-1, n)
        piece &= _masks(n)[here]
        piece *= _FACTORS[:n]
        digest[i : i + CHUNK] = piece.sum(axis=1)
    return digest ^ length.astype(np.uint64)


@lru_cache(maxsize=DIGEST_MAX // 8 + 1)
def _masks(n: int) -> U64:
    """Return for each length up to 8 n bytes the mask that keeps so many of n words."""
    kept = np.where(np.arange(8 * n) < np.arange(8 * n + 1)[:, None], 255, 0)
    masks: U64 = kept.astype(np.uint8).view(np.uint64)
    return masks


_FACTORS: U64 = np.multiply.accumulate(np.full(DIGEST_MAX // 8 + 1, MIX))
