"""From a run's line numbers back to files and the lines in them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


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

    def find(self, line: int) -> tuple[str, int]:
        """Return the name of the input that holds `line`, and the line's number in it from 1."""
        source = bisect_right(self.first_lines, line) - 1
        return self.names[source], line - self.first_lines[source] + 1
