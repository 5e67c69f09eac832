"""Rows as CSV that a spreadsheet can open: no cell of it runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sternlight.jsontext import replacing
from sternlight.text import harmless

Cell = str | int | float | bool | None


def write(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Cell]],
    for_spreadsheets: bool = False,
) -> int:
    """Write a table as a file that is there only when it is whole; return its count of rows.

    `for_spreadsheets` puts the mark in front by which Excel knows that it is UTF-8.
    """
    n = 0
    with replacing(path) as out:
        if for_spreadsheets:
            out.write("\ufeff")
        table = csv.DictWriter(out, columns, lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({k: harmless(v) if isinstance(v, str) else v for k, v in row.items()})
            n += 1
    return n
