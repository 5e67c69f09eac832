"""Which moment of the monotonic clock is which in UTC, piece by piece."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

SLEW_SHARE = 0.01  # a second is never shorter or longer by more than this part
KEPT_S = 3600.0  # lines of so long ago still get the time that was right then
_SAME_S = 0.01  # two readings of two clocks differ by more only if a clock moved


class Piece(NamedTuple):
    """From `mono_s` on it is `utc`; `due_s` more seconds are to be put in or left out, slowly."""

    mono_s: float
    utc: float
    due_s: float


@dataclass(slots=True)
class Timeline:
    """Maps monotonic seconds to UTC; without a step, later is never earlier."""

    offset_s: float  # UTC minus monotonic, to begin with
    _pieces: list[Piece] = field(init=False)
    _since: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._pieces = [Piece(0.0, self.offset_s, 0.0)]
        self._since = [0.0]

    def at(self, mono_s: float) -> float:
        """Return Unix seconds."""
        piece = self._pieces[max(0, bisect_right(self._since, mono_s) - 1)]
        passed_s = mono_s - piece.mono_s
        most_s = SLEW_SHARE * max(0.0, passed_s)
        return piece.utc + passed_s + max(-most_s, min(most_s, piece.due_s))

    def slew(self, mono_s: float, offset_s: float) -> None:
        """Approach an offset, from `mono_s` on."""
        last = self._pieces[-1]
        if abs(last.utc - last.mono_s + last.due_s - offset_s) > _SAME_S:
            utc = self.at(mono_s)
            self._add(Piece(mono_s, utc, mono_s + offset_s - utc))

    def step(self, mono_s: float, offset_s: float) -> None:
        """Have another offset at once, from `mono_s` on."""
        self._add(Piece(mono_s, mono_s + offset_s, 0.0))

    def _add(self, piece: Piece) -> None:
        self._pieces.append(piece)
        self._since.append(piece.mono_s)
        gone = max(0, bisect_right(self._since, piece.mono_s - KEPT_S) - 1)
        del self._pieces[:gone], self._since[:gone]
