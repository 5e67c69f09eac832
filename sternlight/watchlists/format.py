"""What a format of watch lists is: how to tell it by its header, and how to read a row of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sternlight.watchlists.cells import Row
from tracks.watchlist import Entry


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a file before it is read."""

    name: str  # of the file, without folder and ending
    dated: str  # the date in its name, as 2026-04-05; "" if there is none
    keys: frozenset[str] = frozenset()  # of its header

    @classmethod
    def of(cls, path: Path) -> About:
        """Return what a file's name says."""
        found = re.search(r"(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)", path.stem)
        return cls(path.stem, "-".join(found.groups()) if found else "")


LeftOut = str  # why a row is of no ship that is watched


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of table; `needs` are columns that no other kind has together.

    `entry` returns what a row says, or why it is left out though nothing is wrong with it.
    """

    name: str
    needs: frozenset[str]
    entry: Callable[[Row, About], Entry | LeftOut]
