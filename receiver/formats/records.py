"""Objects of JSON to rows, one at a time; for what is nested, or not fit for a faster way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from receiver.decoded import Decoded
from receiver.formats import times, words
from receiver.formats.blocks import line_blocks, text_head
from receiver.formats.columns import CLAIMS, NUMBERS, WORDS
from receiver.formats.rows import Rows, Words, decode
from receiver.sources.logfile import Input
from tracks.batch import F64, I64, U64

Record = Mapping[str, Any]  # quantity (as in columns, and "t") -> what the object holds
Flatten = Callable[[Any, Counter[str]], Sequence[Record]]


def first_objects(head: bytes, most: int = 50) -> list[dict[str, Any]]:
    """Return the JSON objects at the beginning of a text, one a line; others are passed over."""
    found = []
    for line in text_head(head).split(b"\n")[: 4 * most]:
        value = parsed(line) if line.lstrip().startswith(b"{") else None
        if isinstance(value, dict):
            found.append(value)
    return found[:most]


def parsed(line: bytes) -> Any:
    """Return the JSON value on a line; None where there is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def read(recording: Input, source: int, first_line: int, flatten: Flatten) -> Iterator[Decoded]:
    """Yield the reports of JSON lines; `flatten` gives the records of one line's value.

    `flatten` gets text where a line is not JSON, and counts what it leaves out.  Every claim
    is told, since a ship sends them by themselves: so it does not matter how lines are cut.
    """
    pending: Counter[str] = Counter()
    for piece in line_blocks(recording, pending):
        counts = Counter(pending)
        pending.clear()
        counts["lines"] = piece.count(b"\n")
        yield decode(block(piece, first_line, flatten, counts), source, counts)
        first_line += counts["lines"]


def block(
    piece: bytes, first_line: int, flatten: Flatten, counts: Counter[str], month_first: bool = False
) -> Rows:
    """Return the rows of whole lines of JSON; counts the blank ones."""
    at: list[int] = []
    records: list[Record] = []
    for number, line in enumerate(piece[:-1].split(b"\n"), first_line):
        if not line.strip():
            counts["blank lines"] += 1
            continue
        value = parsed(line)
        for record in flatten(words.readable(line) if value is None else value, counts):
            at.append(number)
            records.append(record)
    return rows(at, records, month_first)


def rows(lines: Sequence[int], records: Sequence[Record], month_first: bool = False) -> Rows:
    """Return records as rows; `lines` are the numbers of their lines."""
    given = set().union(*(record.keys() for record in records)) | {"mmsi", "lat", "lon"}
    claims = [q for q in CLAIMS if q in given]
    return Rows(
        line=np.array(lines, np.int64),
        t=np.array([time(r.get("t"), month_first) for r in records], np.float64),
        numbers={q: _numbers(r.get(q) for r in records) for q in NUMBERS if q in given},
        words={q: _words([_cell(r.get(q)) for r in records]) for q in WORDS if q in given},
        claims=RecordClaims.of(records, claims) if claims else None,
    )


def _numbers(values: Iterator[Any]) -> F64:
    return np.array([number(v) for v in values], np.float64)


def number(value: Any) -> float:
    """Return a JSON value as a number; nan if it is none."""
    if isinstance(value, str):
        return words.number(value.encode("utf-8", "replace"))
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            pass
    return float("nan")


def time(value: Any, month_first: bool = False) -> float:
    """Return a JSON value as Unix seconds; nan if it is no time."""
    if isinstance(value, str):
        return times.one(value.encode("utf-8", "replace"), month_first)
    return float(times.from_numbers(np.array([number(value)]))[0])


def _cell(value: Any) -> bytes:
    if value is None or isinstance(value, list | dict):
        return b""
    return str(value).encode("utf-8", "replace")


def _words(cells: list[bytes]) -> Words:
    values = sorted(set(cells))
    code = {value: i for i, value in enumerate(values)}
    return Words(np.array([code[cell] for cell in cells], np.int32), values)


@dataclass(slots=True)
class RecordClaims:
    """The parts of records that say who a ship is; see rows.Claims."""

    digest: U64
    cells: dict[str, list[bytes]]

    @classmethod
    def of(cls, records: Sequence[Record], claims: Sequence[str]) -> RecordClaims:
        """Digest the claims of `records`."""
        cells = {q: [_cell(r.get(q)) for r in records] for q in claims}
        rows = zip(*cells.values(), strict=True)
        digest = [words.digest(b"\0".join(row)) if any(row) else 0 for row in rows]
        return cls(np.array(digest, np.uint64), cells)

    def at(self, rows: I64) -> dict[str, Sequence[bytes]]:
        """Return the cells of some rows by quantity."""
        return {q: [cells[i] for i in rows.tolist()] for q, cells in self.cells.items()}
