"""Tables that people made by hand or exported: their text, and the cells in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from receiver.decoded import BadInput


class Limits(NamedTuple):
    """How large a file may be, and what to tell of one that is larger, or no text."""

    most_bytes: int
    too_large: str  # behind the limit
    no_text: str


class BadRowError(ValueError):
    """A row that is none of a table; `row` is its number in the text, the message says why."""

    def __init__(self, row: int, says: str) -> None:
        super().__init__(says)
        self.row = row


def text_of(path: Path, limits: Limits) -> str:
    """Return the text of a file: UTF-8, or else Latin-1 as older spreadsheets write it.

    Raises BadInput if it cannot be read, is too large, or no text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limits.most_bytes + 1)
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise BadInput(f"{path} cannot be read ({why})") from error
    if len(data) > limits.most_bytes:
        raise BadInput(f"{path} is over {limits.most_bytes >> 20} MB{limits.too_large}")
    if b"\0" in data:
        raise BadInput(f"{path} {limits.no_text}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def delimiter_of(text: str) -> str:
    """Return what stands between cells, by the first line that says anything."""
    return max(",;\t", key=text.lstrip().partition("\n")[0].count)


def rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each row.  Raises BadRowError."""
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for cells in table:
            yield table.line_num, cells
    except csv.Error as error:
        raise BadRowError(table.line_num, str(error)) from error
