"""Reads a user's labels: which ships, and when, are known cases, and which are known not to be.

A label is somebody's knowledge about people.  So nothing in the file is passed over: a row that
cannot be understood is an error that names it, and nothing is learned until it is mended.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from receiver.decoded import BadInput
from sternlight.csv_read import BadRowError, Limits, delimiter_of, rows, text_of
from sternlight.record.features import EVER, Span
from sternlight.text import counted, plain

Identity = Literal["track", "mmsi", "imo", "call_sign"]

LIMITS = Limits(16 << 20, ", too much for labels", "is no CSV file; save it as CSV, in UTF-8")
TOLD_COUNT = 5  # rows that cannot be used are told one by one up to here
COLUMNS: dict[str, tuple[str, ...]] = {  # by their letters; all others are not looked at
    "ship": ("ship", "vessel", "identity", "track", "mmsi", "mmsinumber", "imo", "imonumber",
             "callsign", "ircs"),
    "label": ("label", "class"),
    "since": ("from", "since", "start", "begin", "fromdate", "startdate"),
    "until": ("to", "until", "end", "todate", "enddate"),
    "source": ("source", "sourceid", "report", "case", "caseid"),
}  # fmt: skip
POSITIVE = ("positive", "pos", "p", "yes", "y", "true", "1", "case")
NEGATIVE = ("negative", "neg", "n", "no", "false", "0", "clean")

_TRACK = re.compile(r"\d{9}\.\d{1,3}")
_MMSI = re.compile(r"(?:MMSI[\s:#-]*)?(\d{9})", re.IGNORECASE)
_IMO = re.compile(r"(?:IMO)?[\s:#-]*(\d{7})", re.IGNORECASE)
_CALL_SIGN = re.compile(r"(?=.*[A-Z])[A-Z0-9]{3,7}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


class Label(NamedTuple):
    """What the user knows of a ship at a time."""

    row: int  # of the file, the header being 1
    names: tuple[tuple[Identity, str], ...]  # of one ship, as the record writes them
    positive: bool
    span: Span
    source: str  # who reported it; "" if the file does not say

    @property
    def says(self) -> str:
        """Name the row and the ship."""
        return f"row {self.row} ({', '.join(value for _, value in self.names)})"


class _BadCellError(ValueError):
    """A cell that cannot be understood; the message names the column."""


def read(path: Path) -> list[Label]:
    """Read a file of labels.  Raises BadInput, which names every row that cannot be used."""
    table = _rows(path)
    _, header = next(table, (0, []))
    at = _columns(path, header)
    labels: list[Label] = []
    bad: list[str] = []
    for number, cells in table:
        try:
            labels.append(_label(number, cells, at))
        except _BadCellError as error:
            bad.append(f"{path}: row {number}, {error}")
    if len(bad) > TOLD_COUNT:
        more = counted(len(bad) - TOLD_COUNT, "more row", "more rows")
        bad[TOLD_COUNT:] = [f"{path}: {more} cannot be used either"]
    if bad:
        raise BadInput("\n".join(bad))
    if not labels:
        raise BadInput(f"{path} holds no label; it needs a row for each ship (docs/learn.md)")
    return labels


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = text_of(path, LIMITS)
    try:
        for number, cells in rows(text, delimiter_of(text)):
            if any(cell.strip() for cell in cells):
                yield number, cells
    except BadRowError as error:
        raise BadInput(f"{path}: row {error.row} cannot be read ({error})") from error


def _columns(path: Path, header: list[str]) -> dict[str, list[int]]:
    """Return where each quantity stands; a ship may be named in one of several columns."""
    names = [re.sub(r"[^a-z]", "", name.casefold()) for name in header]
    at = {what: [i for i, name in enumerate(names) if name in known]
          for what, known in COLUMNS.items()}  # fmt: skip
    for what in ("ship", "label"):
        if not at[what]:
            shown = ", ".join(plain(name)[:40] or "(no name)" for name in header[:30])
            raise BadInput(
                f'{path} has no column "{what}"; its columns are: {shown or "none"}; it needs'
                " ship and label, and may have from, to, source and note"
            )
    return at


def _label(row: int, cells: list[str], at: Mapping[str, list[int]]) -> Label:
    said = {what: [cell for i in columns if i < len(cells) and (cell := cells[i].strip())]
            for what, columns in at.items()}  # fmt: skip
    one = {what: some[0] if some else "" for what, some in said.items()}
    names = tuple(dict.fromkeys(_name(text) for text in said["ship"] or [""]))
    span = _span(one["since"], one["until"])
    return Label(row, names, _positive(one["label"]), span, plain(one["source"]).casefold())


def _name(text: str) -> tuple[Identity, str]:
    text = text.removeprefix("'")  # as our own tables keep a spreadsheet from running a cell
    if _TRACK.fullmatch(text):
        return "track", text
    if match := _MMSI.fullmatch(text):
        return "mmsi", match[1]
    if match := _IMO.fullmatch(text):
        return "imo", match[1]
    if _CALL_SIGN.fullmatch(text.upper()):
        return "call_sign", text.upper()
    raise _BadCellError(
        f'column "ship": {plain(text)[:40]!r} is none; give an MMSI (9 digits), an IMO number'
        " (7 digits), a call sign, or a track such as 416000000.2; a name is not enough"
    )


def _positive(text: str) -> bool:
    word = text.casefold()
    if word in POSITIVE or word in NEGATIVE:
        return word in POSITIVE
    raise _BadCellError(
        f'column "label": {plain(text)[:40]!r} is none; write positive or negative, and leave'
        " out ships of which nothing is known"
    )


def _span(since: str, until: str) -> Span:
    first = _moment(since, "from", ends=False) if since else EVER.since
    last = _moment(until, "to", ends=True) if until else EVER.until
    if first >= last:
        raise _BadCellError(f'column "to": {plain(until)[:40]!r} is before {plain(since)[:40]!r}')
    return Span(first, last)


def _moment(text: str, column: str, ends: bool) -> float:
    """Return Unix seconds; a day, month or year is meant from its beginning to its end."""
    try:
        if match := _DATE.fullmatch(text):
            year, month, day = (int(part) if part else 0 for part in match.groups())
            found = datetime(year, month or 1, day or 1, tzinfo=UTC)
            if ends:
                days = 1 if day else monthrange(year, month)[1] if month else _days_of(year)
                found += timedelta(days=days)
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.timestamp()
    except (ValueError, OverflowError) as error:
        raise _BadCellError(
            f'column "{column}": {plain(text)[:40]!r} is no date; write it as 2021-05-31'
        ) from error


def _days_of(year: int) -> int:
    return (datetime(year + 1, 1, 1) - datetime(year, 1, 1)).days
