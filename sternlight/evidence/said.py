"""What a stamp says, once it has been checked."""

from __future__ import annotations

from typing import NamedTuple

OTHER = "it is a stamp of something else than a head of this log"


class Said(NamedTuple):
    """When a head existed, at the latest."""

    t: float  # Unix seconds; nan where that takes the block
    by: str  # who says so
    trust: str  # what that rests on, for people to compare
