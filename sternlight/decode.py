"""`sternlight decode`: what the messages say, as one table, or only how many there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from receiver.sources.logfile import open_inputs
from sternlight.errors import DiskFull, is_full
from sternlight.files import whole
from sternlight.reading import Reading
from sternlight.table import ending, open_table, to_table
from sternlight.text import counted, plain


def write(paths: Sequence[str], reading: Reading, out: Path) -> int:
    """Write the reports behind `paths` as a table; return how many there were.

    Raises BadInput if nothing can be read, DiskFull if the table cannot be written.
    """
    ending(out)
    rows = 0
    try:
        with whole(out) as partial:
            writer = open_table(partial)
            try:
                for account, decoded in reading.read(open_inputs(paths)):
                    table = to_table(decoded, account.name, account.first_line)
                    writer.write_table(table)
                    rows += len(table)
            finally:
                writer.close()
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskFull(
            f"the disk with {out} is full: {counted(reading.lines, 'line')} had been read;"
            " no table was written; make room or write to another disk"
        ) from error
    return rows


def count(paths: Sequence[str], reading: Reading) -> list[str]:
    """Read everything behind `paths`; return lines of text that say what there was."""
    positions = statics = rare = 0
    for _, decoded in reading.read(open_inputs(paths)):
        positions += len(decoded.positions)
        statics += len(decoded.statics)
        rare += len(decoded.rare)
    numbers = {
        "position reports": positions,
        "claims of identity": statics,
        "other messages decoded": rare,
        **reading.counts,
    }
    shown = [name for name in numbers if numbers[name]]
    width = len(f"{max(numbers.values()):,}")
    return [f"{numbers[name]:>{width},}  {plain(name)}" for name in sorted(shown, key=natural)]


def natural(name: str) -> list[Any]:
    """Return a key that sorts "type 5" before "type 18"."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
