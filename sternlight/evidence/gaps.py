"""When nothing was recorded: the station was off, a source was deaf, the disk was full.

A gap is no change: the station itself wrote it down when it went on, and the chain goes over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sternlight.evidence.finding import Finding
from sternlight.evidence.segment import Examined
from sternlight.text import counted

OFF = "the station was off"  # as the scribe says it (sternlight/watch.py)
FULL = "the disk was full: {} heard, judged and not kept"
STOPPED = "the station did not run; it had stopped without a goodbye (power cut, crash or kill)"
ENDED = "the station did not run"
NAN = float("nan")


@dataclass(slots=True)
class Gaps:
    """Follows the segments, first to last."""

    _before: Examined | None = None
    _last_t: float = NAN
    _silent: Finding | None = None  # one that lasts until the next line that was heard
    _deaf: dict[int, tuple[float, str, Examined]] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)

    def take(self, one: Examined, joined: bool) -> Iterator[Finding]:
        """Yield the gaps that are over with this segment.

        `joined`: it stands behind the one taken before, and none between them is missing.
        """
        self._names |= one.names
        self._silent = self._silent or self._between(one, joined)
        if self._silent and one.first_t == one.first_t:
            yield self._silent._replace(until=one.first_t)
            self._silent = None
        for turn in one.turns:
            if turn.why == OFF or not turn.deaf:
                yield from self._heard(turn.source, turn.t)
            else:
                self._deaf.setdefault(turn.source, (turn.t, turn.why, one))
        self._before = one
        self._last_t = one.last_t if one.last_t == one.last_t else self._last_t

    def _between(self, one: Examined, joined: bool) -> Finding | None:
        """Return the gap before a segment, which has no end yet."""
        before = self._before if joined else None
        off = [turn.t for turn in one.turns if turn.why == OFF]
        if off:
            return self._gap(STOPPED if before and before.stopped else ENDED, one, min(off), NAN)
        if before is None:
            return None
        if before.stopped:
            return self._gap(STOPPED, one, self._last_t, NAN)
        lost = one.first_line - before.first_line - before.lines
        if not before.ended or lost > 0:
            return self._gap(FULL.format(counted(max(lost, 0), "line")), one, self._last_t, NAN)
        return None

    def end(self) -> Iterator[Finding]:
        """Yield those that last."""
        if self._silent:
            yield self._silent
        for source in sorted(self._deaf):
            yield from self._heard(source, NAN)

    def _heard(self, source: int, t: float) -> Iterator[Finding]:
        if source in self._deaf:
            since, why, one = self._deaf.pop(source)
            name = self._names.get(source, f"source {source:02d}")
            yield self._gap(f"{name} was deaf: {why}", one, since, t)

    def _gap(self, says: str, one: Examined, since: float, until: float) -> Finding:
        return Finding("gap", says, one.number, one.name, 0, since, until)
