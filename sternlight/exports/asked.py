"""What somebody wants exported."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from anomalies.event import Kind
from sternlight.errors import SettingsError
from sternlight.evidence.redaction import NOTHING, Redaction

KINDS: tuple[str, ...] = get_args(Kind)


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

    def __post_init__(self) -> None:
        for kind in set(self.kinds).difference(KINDS):
            near = get_close_matches(kind, KINDS, 1, cutoff=0.0)
            raise SettingsError(f"no events are of the kind {kind!r}; did you mean {near[0]}?")

    @property
    def of_some_events(self) -> bool:
        """Whether only the ships of certain events are wanted."""
        return bool(self.kinds) or self.min_score > 0
