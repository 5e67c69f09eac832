"""What somebody wants exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sternlight.evidence.redaction import NOTHING, Redaction


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a record, and how much of it is told; empty asks for all."""

    folder: Path  # of a station, or of a replay's results
    since: float | None = None  # Unix seconds
    until: float | None = None
    kinds: tuple[str, ...] = ()
    min_score: float = 0.0
    mmsis: tuple[int, ...] = ()
    redaction: Redaction = NOTHING
    exact_coverage: bool = False

    @property
    def of_some_events(self) -> bool:
        """Whether only the ships of certain events are wanted."""
        return bool(self.kinds) or self.min_score > 0
