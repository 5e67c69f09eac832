"""CSV and its relatives: the header says which column means what."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from receiver.decoded import BadInput, Decoded
from receiver.formats import times, words
from receiver.formats.blocks import line_blocks, text_head
from receiver.formats.cells import Layout, find, rows
from receiver.formats.columns import required
from receiver.formats.rows import Rows, Seen, decode
from receiver.sources.logfile import Input

DELIMITERS = ",;\t|"
COLUMNS_MAX = 1000
SAMPLE_LINES = 1000

Fix = Callable[[Rows], None]


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, the number of the line they stand on, and rows behind it."""

    names: list[str]
    line: int
    delimiter: str
    sample: list[list[str]]


def header(head: bytes) -> Header | None:
    """Return the header of a delimited text, or None where its first line is not one."""
    lines = text_head(head).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    at = next((i for i, line in enumerate(lines) if _is_content(line)), None)
    if at is None:
        return None
    first = words.readable(lines[at])
    delimiter = max(DELIMITERS, key=first.count)
    names = split(first, delimiter)
    if not 3 <= len(names) <= COLUMNS_MAX:
        return None
    # What stands behind the last line's end is cut somewhere, unless it is all there is.
    behind = [words.readable(line) for line in lines[at + 1 : -1] or lines[at + 1 :]]
    sample = [split(line, delimiter) for line in behind[:SAMPLE_LINES] if line.strip()]
    return Header(names, at, delimiter, sample)


def split(line: str, delimiter: str) -> list[str]:
    """Split one line into its cells."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:  # a cell of more than 128 KiB
        return line.split(delimiter)


def read(
    recording: Input, source: int, first_line: int, fix: Fix | None = None
) -> Iterator[Decoded]:
    """Yield the reports of a delimited text, a block at a time; `fix` may correct its rows.

    Neglected: line ends inside quoted cells; such a row has the wrong number of columns.
    """
    head = header(recording.head)
    if head is None:
        raise BadInput(f"{recording.name} does not begin with the names of at least three columns")
    layout = _layout(head, recording.name)
    pending: Counter[str] = Counter()
    seen = Seen()
    line = 0
    for block in line_blocks(recording, pending):
        counts = Counter(pending)
        pending.clear()
        *skipped, body = block.split(b"\n", max(head.line + 1 - line, 0))
        line += len(skipped)
        cells = find(body, layout, counts)
        found = rows(cells, layout, first_line + line)
        if fix:
            fix(found)
        line += cells.lines
        counts["lines"] = len(skipped) + cells.lines
        yield decode(found, source, counts, seen)


def _is_content(line: bytes) -> bool:
    return bool(line.strip()) and not line.lower().startswith(b"sep=")  # Excel's first line


def _layout(head: Header, where: str) -> Layout:
    """Say what the columns mean and how their times are written; raises BadInput if unclear."""
    widths = Counter(len(row) for row in head.sample)
    width = len(head.names)
    if widths and width not in widths:  # often a delimiter too many at the end of all rows
        width = widths.most_common(1)[0][0]
    names = [*head.names, *[""] * (width - len(head.names))][: max(width, 3)]
    at = required(names, where)
    cells = [row[at["t"]].encode() for row in head.sample if len(row) == width]
    layout = Layout(ord(head.delimiter), len(names), at)
    layout.month_first = times.month_first(cells)
    layout.epoch = times.are_epochs(cells)
    times.check(cells, names[at["t"]], where)
    return layout
