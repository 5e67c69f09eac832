"""What many base stations say of the time.

Base stations send UTC (messages 4 and 11, Recommendation ITU-R M.1371-5, annex 8,
3.2).  Of 4,042 such reports in real recordings 210 told absurd years, so none is
believed alone.  Their time is behind by what it takes to get here: under a
second by radio, some seconds from a feed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite

REPORTS_COUNT, KEPT_S = 50, 600.0  # the last so many, of the last ten minutes
LEAST_COUNT, WITHIN_S = 5, 3.0  # so many must agree so closely, and be the majority


@dataclass(slots=True)
class BaseStations:
    """Keeps the last reports of the time, as UTC minus monotonic seconds."""

    _heard: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=REPORTS_COUNT))
    _known: float | None = None
    _expires: float = 0.0

    def hear(self, mono_s: float, offsets_s: Iterable[float]) -> None:
        """Take in what was just heard; what is nan or infinite is left out."""
        new = [(mono_s, float(offset)) for offset in offsets_s if isfinite(offset)]
        self._heard.extend(new)
        if new:
            self._judge()

    def offset_s(self, mono_s: float) -> float | None:
        """Return what they agree on, or None."""
        if self._heard and mono_s > self._expires:
            while self._heard and self._heard[0][0] < mono_s - KEPT_S:
                self._heard.popleft()
            self._judge()
        return self._known

    def _judge(self) -> None:
        offsets = sorted(offset for _, offset in self._heard)
        self._known = None
        self._expires = self._heard[0][0] + KEPT_S if self._heard else 0.0
        if not offsets:
            return
        middle = offsets[len(offsets) // 2]
        agreeing = [offset for offset in offsets if abs(offset - middle) <= WITHIN_S]
        if len(agreeing) >= LEAST_COUNT and 2 * len(agreeing) > len(offsets):
            self._known = agreeing[len(agreeing) // 2]
