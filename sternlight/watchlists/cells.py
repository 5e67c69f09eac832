"""What people write into the cells of a list, and what of it can be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sternlight.text import counted, plain
from tracks.identity import imo_valid
from tracks.mmsi import CRAFT, SHIP, category
from tracks.watchlist import call_sign_key

NOTHING = frozenset(
    ["", "-", "--", "0", "#N/A", "APPLIED NOT YET RECEIVED", "N/A", "NA", "NAN", "NE", "NIL",
     "NONE", "NOT KNOWN", "NULL", "UNK", "UNKNOWN"]
)  # fmt: skip
NO = frozenset(["0", "FALSE", "N", "NO", "FALSCH", "FAUX", "FALSO", "NEIN", "NON"])
MOST_LETTERS = 200  # of a text that is kept
AIS_CALL_SIGN = 7  # ITU-R M.1371-5 has room for no more

NO_IMO = "no IMO number: seven digits, of which the last checks the others"
NO_MMSI = "no ship's MMSI: nine digits, beginning with 2 to 7, or with 98"
NO_CALL_SIGN = "no call sign: three to seven letters and digits"
SHORTENED = "shortened by a spreadsheet; make the column one of text, and export it again"


Number = Callable[[str], int]


@dataclass(slots=True)
class Problems:
    """What could not be used, and where; the first few of each kind are kept."""

    most: int = 5
    found: dict[str, list[str]] = field(default_factory=dict)  # by why
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, line: int, column: str, value: str, why: str) -> None:
        """Note what is wrong with a cell."""
        self.counts[why] = self.counts.get(why, 0) + 1
        if self.counts[why] <= self.most:
            what = f"line {line}, column {plain(column)!r}: " if column else f"line {line}: "
            shown = f"{plain(value)[:60]!r} is " if value else ""
            self.found.setdefault(why, []).append(f"{what}{shown}{why}")

    def sentences(self) -> Iterator[str]:
        """Yield them, and of those of a kind beyond the first how many there are."""
        for why, some in self.found.items():
            yield from some
            if (more := self.counts[why] - len(some)) > 0:
                yield f"and {counted(more, 'more such line')}: {why}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: `names` as in its header, `keys` the same in small letters and digits."""

    line: int
    names: Sequence[str]
    keys: Sequence[str]
    cells: Sequence[str]
    problems: Problems

    def text(self, *keys: str) -> str:
        """Return the first of these columns that says something."""
        return next((cell for _, cell in self._told(keys)), "")

    def flag(self, *keys: str) -> str:
        """Return the flag in the first of these columns; NA is Namibia's."""
        cells = zip(self.keys, self.cells, strict=False)
        return next((cell.strip()[:MOST_LETTERS] for k, cell in cells if k in keys), "")

    def texts(self, separators: str, *keys: str) -> tuple[str, ...]:
        """Return what these columns hold, cut at separators; each once."""
        parts = (p for _, cell in self._told(keys) for p in re.split(f"[{separators}]", cell))
        return tuple(dict.fromkeys(said for p in parts if (said := told(p))))

    def imos(self, *keys: str) -> tuple[int, ...]:
        """Return the IMO numbers of these columns."""
        return self._numbers(keys, imo, NO_IMO)

    def mmsis(self, *keys: str) -> tuple[int, ...]:
        """Return the MMSIs of these columns."""
        return self._numbers(keys, mmsi, NO_MMSI)

    def call_signs(self, *keys: str) -> tuple[str, ...]:
        """Return the call signs of these columns."""
        found = []
        for name, cell in self._told(keys):
            for part in re.split(r"[;,/|]", cell):
                if call_sign(part):
                    found.append(call_sign(part))
                elif told(part):
                    self.problems.add(self.line, name, part, NO_CALL_SIGN)
        return tuple(dict.fromkeys(found))

    def _numbers(self, keys: Sequence[str], number: Number, why: str) -> tuple[int, ...]:
        found = []
        for name, cell in self._told(keys):
            for part in re.split(r"[;,/|]", cell):
                if known := number(part):
                    found.append(known)
                elif told(part):
                    short = re.fullmatch(r"\d[.,]?\d*E\+\d+", part.strip().upper())
                    self.problems.add(self.line, name, part, SHORTENED if short else why)
        return tuple(dict.fromkeys(found))

    def _told(self, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        for key in keys:
            for name, its, cell in zip(self.names, self.keys, self.cells, strict=False):
                if its == key and told(cell):
                    yield name, told(cell)


def told(cell: str) -> str:
    """Return a cell's text on one line, not too long; "" for the many ways to say nothing."""
    text = " ".join(cell.split()).removeprefix("'")  # the apostrophe keeps spreadsheets from sums
    return "" if text.upper() in NOTHING else text[:MOST_LETTERS]


def imo(text: str) -> int:
    """Return a valid IMO number, however it is written; 0 if it is none."""
    digits = re.sub(r"^(IMO|LR)[\W_]*(NO|NUMBER)?[\W_]*|\.0+$|\s", "", text.strip().upper())
    return int(digits) if re.fullmatch(r"[0-9]{7}", digits) and imo_valid(int(digits)) else 0


def mmsi(text: str) -> int:
    """Return the MMSI of a ship or a craft; 0 if it is none."""
    digits = re.sub(r"^MMSI[\W_]*|\.0+$|\s", "", text.strip().upper())
    if not re.fullmatch(r"[0-9]{9}", digits):
        return 0
    kind = int(category(np.array([int(digits)], np.uint32))[0])
    return int(digits) if kind in (SHIP, CRAFT) else 0


def call_sign(text: str) -> str:
    """Return a call sign; "" if it is none."""
    key = call_sign_key(told(text))
    usable = 3 <= len(key) <= AIS_CALL_SIGN and not key.isdigit()
    return key if usable and len(text.split()) <= 3 else ""
