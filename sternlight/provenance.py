"""From a run's line numbers back to files and the lines in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Provenance:
    """Knows which input begins at which line, counted over all inputs of a run from 0."""

    names: list[str] = field(default_factory=list)
    first_lines: list[int] = field(default_factory=list)

    def add(self, name: str, first_line: int) -> int:
        """Note that input `name` begins at `first_line`; return the input's number.

        Raises ValueError if an earlier input begins behind it.
        """
        if self.first_lines and first_line < self.first_lines[-1]:
            raise ValueError(f"{name} cannot begin at line {first_line}, before the one before it")
        self.names.append(name)
        self.first_lines.append(first_line)
        return len(self.names) - 1

    def find(self, lines: Sequence[int]) -> list[tuple[str, int]]:
        """Return for each line the name of its input, and its number there, counted from 1."""
        sources = np.searchsorted(self.first_lines, lines, side="right") - 1
        numbers = np.asarray(lines, np.int64) - np.asarray(self.first_lines)[sources] + 1
        return [(self.names[s], n) for s, n in zip(sources, numbers.tolist(), strict=True)]
