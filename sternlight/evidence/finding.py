"""What a check of the raw log tells: places where it was changed, and what is no change."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from sternlight.text import iso

Kind = Literal["changed", "gap", "open", "pruned", "unknown"]


class Finding(NamedTuple):
    """One thing that a check tells.

    `changed`: not as the station wrote it.  `gap`: nothing was recorded, and nothing changed.
    `open`: not ended yet, so not part of the chain.  `pruned`: deleted by the station, as its
    settings ask.  `unknown`: cannot be checked, since an older Sternlight wrote it.
    """

    kind: Kind
    says: str
    segment: int = -1  # -1: of the whole log
    name: str = ""  # of the file
    line: int = 0  # of the segment, from 1: it, or one behind it; 0: of the whole segment
    t: float = float("nan")  # Unix seconds: a gap's beginning, or the last time before the place
    until: float = float("nan")  # a gap's end; nan while it lasts

    def row(self) -> dict[str, Any]:
        """Return everything for a program; what is not known is None."""
        return {
            "kind": self.kind,
            "segment": None if self.segment < 0 else self.segment,
            "file": self.name or None,
            "line": self.line or None,
            "t": None if self.t != self.t else iso(self.t),
            "until": None if self.until != self.until else iso(self.until),
            "says": self.says,
        }
