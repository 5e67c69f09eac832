"""From the bytes of a table, as spreadsheets and offices write them, to rows by column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from sternlight import csv_read
from sternlight.errors import SettingsError
from sternlight.watchlists.cells import Problems, Row

MOST_BYTES = 256 << 20  # read as a whole
TITLES = 10  # lines that may stand before the header

_WORKBOOKS = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04")  # .xls, and .xlsx or .ods


def text_of(path: Path) -> str:
    """Return the text of a table.  Raises SettingsError if it is none."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"watch list {path} cannot be read: {(error.strerror or '').lower()}"
        ) from error
    if len(data) > MOST_BYTES:
        raise SettingsError(f"watch list {path} is over {MOST_BYTES >> 20} MB; split it")
    if data.startswith(_WORKBOOKS):
        raise SettingsError(
            f"watch list {path} is a workbook of a spreadsheet; open it and save the sheet with the"
            " ships as CSV (UTF-8)"
        )
    text = _decoded(data)
    if "\0" in text or text.lstrip().startswith("<"):
        raise SettingsError(f"watch list {path} is no table in text; download or export it as CSV")
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what Excel writes in Western Europe


def key(name: str) -> str:
    """Return the name of a column in small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


Fits = Callable[[frozenset[str]], bool]
Line = tuple[int, list[str]]  # its number in the file, and its cells


def rows(
    path: Path, text: str, fits: Fits, problems: Problems
) -> tuple[frozenset[str], Iterator[Row]]:
    """Return the keys of the header, and the rows behind it.

    The header is the first line that `fits`.  Raises SettingsError if none does.
    """
    lines = _lines(path, text)
    first: list[str] = []
    for _, names in islice(lines, TITLES):
        keys = [key(name) for name in names]
        first = first or [name for name in names if name.strip()]
        if fits(frozenset(keys)):
            return frozenset(keys), _rows(lines, [name.strip() for name in names], keys, problems)
    raise SettingsError(
        f"watch list {path} has the columns {', '.join(first)[:300] or '(none)'}, but a watch list"
        " has at least one of MMSI, IMO number, call sign and name: rename them in its first line"
    )


def _rows(
    lines: Iterator[Line], names: Sequence[str], keys: Sequence[str], problems: Problems
) -> Iterator[Row]:
    for number, cells in lines:
        if any(cell.strip() for cell in cells):
            yield Row(number, names, keys, cells, problems)


def _lines(path: Path, text: str) -> Iterator[Line]:
    """Yield the lines of a table."""
    before, delimiter, text = _delimiter(text)
    try:
        for number, cells in csv_read.rows(text, delimiter):
            yield before + number, cells
    except csv_read.BadRowError as error:
        raise SettingsError(
            f"watch list {path}, line {before + error.row}: no line of a table ({error});"
            " export it again as CSV"
        ) from error


def _delimiter(text: str) -> tuple[int, str, str]:
    """Return how many lines come before the table, what stands between cells, and the table.

    Excel may say what stands between cells in a line of its own.
    """
    said = re.match(r"sep=(.)\r?\n", text)
    if said:
        return 1, said[1], text[said.end() :]
    head = text[: 1 << 16].splitlines()[:TITLES]
    most = max(",;\t|", key=lambda sign: max((line.count(sign) for line in head), default=0))
    return 0, most, text
