"""From a run's line numbers back to files and the lines in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Provenance:
    """Knows which input begins at which line, counted over all inputs of a run from 0."""

    names: list[str] = field(default_factory=list)
    first_lines: list[int] = field(default_factory=list)
    _short: list[str] = field(default_factory=list)  # of as many names as were there when asked

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
        """Return for each line the short name of its input, and its number there, from 1."""
        if len(self._short) != len(self.names):
            self._short = self.short_names()
        sources = np.searchsorted(self.first_lines, lines, side="right") - 1
        numbers = np.asarray(lines, np.int64) - np.asarray(self.first_lines)[sources] + 1
        return [(self._short[s], n) for s, n in zip(sources, numbers.tolist(), strict=True)]

    def short_names(self) -> list[str]:
        """Return the names of the inputs without the folder that all of them lie in.

        So results that are passed on do not tell where on somebody's computer the
        recording lay, and are the same wherever it is.
        """
        try:
            folder = os.path.commonpath([name.rpartition(os.sep)[0] for name in self.names])
        except ValueError:  # some begin at the root and some do not
            return self.names
        return [name[len(folder) :].lstrip(os.sep) for name in self.names] if folder else self.names
