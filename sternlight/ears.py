"""All sources of a station: what each hears, and the turns to be written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sternlight.feeds import Notice, Piece, Receiver
from sternlight.hearing import DEAF, Hearing, Turn

# Not "half deaf": that may last for weeks, and would excuse every silence in them.
DEAF_TURNS = DEAF - {"opening"}


class Turned(NamedTuple):
    """A source changed its state; `deaf` says whether that made it deaf, or ended that."""

    number: int
    turn: Turn
    deaf: bool | None  # None: neither
    since: float  # Unix seconds: from when on


class Ears:
    """Follows the sources; `deaf` are the numbers of those that the log says hear nothing."""

    def __init__(self, receivers: Sequence[Receiver], t: float, deaf: bool) -> None:
        self.hearings = {r.number: Hearing(r.feed.name, r.feed.silence_s, t) for r in receivers}
        self._deaf = {r.number: deaf for r in receivers}

    def hear(
        self, pieces: Sequence[Piece], notices: Sequence[Notice], at: Callable[[float], float]
    ) -> list[Turned]:
        """Take what came, in the order of its moments; `at` turns these into Unix seconds."""
        found: list[Turned] = []
        came: list[Piece | Notice] = sorted([*pieces, *notices], key=lambda one: one.moment)
        for what in came:
            hearing, t = self.hearings[what.source], at(what.moment)
            last = hearing.last_heard
            if isinstance(what, Piece):
                turn = hearing.heard(t, what.lines_count)
            elif what.what == "lost":
                turn = hearing.lost(t, what.why)
            else:
                turn = hearing.ended(t)
            self._note(what.source, turn, last, found)
        return found

    def check(self, t: float) -> list[Turned]:
        """Look which sources fell silent, or are half deaf; once a second."""
        found: list[Turned] = []
        for number, hearing in self.hearings.items():
            self._note(number, hearing.check(t), hearing.last_heard, found)
        return found

    def save(self) -> dict[str, Any]:
        """Return what is usual for each source, by name."""
        return {hearing.source: hearing.save() for hearing in self.hearings.values()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take over what `save` gave, of the sources that are still there."""
        for hearing in self.hearings.values():
            if hearing.source in saved:
                hearing.load(saved[hearing.source])

    def _note(
        self, number: int, turn: Turn | None, last: float | None, found: list[Turned]
    ) -> None:
        if turn is None:
            return
        deaf, since = None, turn.since
        if turn.state == "hearing" and self._deaf[number]:
            deaf, since = False, turn.t
        elif turn.state in DEAF_TURNS and not self._deaf[number]:
            deaf, since = True, turn.since if last is None else last
        if deaf is not None:
            self._deaf[number] = deaf
        found.append(Turned(number, turn, deaf, since))
