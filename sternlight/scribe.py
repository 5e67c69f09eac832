"""What is written into the raw log for what came: each line behind its TAG block, and remarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from receiver.formats import stationlog
from sternlight.ears import Turned
from sternlight.feeds import Piece, Receiver
from sternlight.station_clock import StationClock

TICK_S = 0.001  # the next batch is later than this one by at least the log's last digit
STEP_BACK_S = 1.0  # less is only the rounding of this log


class Scribe:
    """Knows what the log has been told of its sources.

    `marks` are from where those that can would go on; with `by_feed` the log's time
    is a feed's and not ours.
    """

    def __init__(
        self,
        receivers: Sequence[Receiver],
        clock: StationClock,
        marks: dict[int, str],
        by_feed: bool,
    ) -> None:
        self._receivers = receivers
        self._clock = clock
        self._marks = marks
        self._by_feed = by_feed
        self._formats: dict[int, str] = {}
        self._stamp = 0.0

    def head(self, deaf: Iterable[int], since: float) -> bytes:
        """Return the remarks at the beginning of a segment.

        The sources `deaf` heard nothing from `since` on (Unix seconds; nan: nobody
        knows since when), because the station was off.
        """
        out = [self._introduction(receiver) for receiver in self._receivers]
        out += [stationlog.mark(number, mark) for number, mark in self._marks.items()]
        if np.isfinite(since):
            out += [stationlog.deaf(number, since, "the station was off") for number in deaf]
        return b"".join(out)

    def batch(
        self, pieces: Sequence[Piece], turned: Sequence[Turned], said: Sequence[str], latest: float
    ) -> bytes:
        """Return the lines of the log for what came since the last batch, but for deaf turns.

        `said` is what the clock decided; `latest` is the latest time that a feed told.
        """
        now = self._clock.at(self._clock.mono())
        out = [stationlog.remark(f"clock: {sentence}", t=f"{now:.3f}") for sentence in said]
        out += [
            self._introduction(r) for r in self._receivers if r.format != self._formats[r.number]
        ]
        out += [self._turn(one, latest) for one in turned if not one.deaf]
        self._stamp += TICK_S
        out += [self._lines(piece) for piece in pieces]
        marks = {piece.source: piece.mark for piece in pieces if piece.mark}
        self._marks |= marks
        out += [stationlog.mark(source, mark) for source, mark in marks.items()]
        return b"".join(out)

    def deaf(self, turned: Sequence[Turned], latest: float) -> bytes:
        """Return the remarks on sources that turned deaf, for behind what they still gave."""
        return b"".join(self._turn(one, latest) for one in turned if one.deaf)

    def _lines(self, piece: Piece) -> bytes:
        t = self._clock.at(piece.moment)
        # A clock that was set back is believed; its reports are late until it catches up.
        self._stamp = t = t if t < self._stamp - STEP_BACK_S else max(t, self._stamp)
        begin = stationlog.tag(piece.source, t)
        return begin + piece.lines[:-1].replace(b"\n", b"\n" + begin) + b"\n"

    def _turn(self, one: Turned, latest: float) -> bytes:
        """Return the remark about a source that turned deaf or hears again."""
        t = latest if self._by_feed else one.since
        if one.deaf is None or not np.isfinite(t):
            return b""
        if one.deaf:
            return stationlog.deaf(one.number, t, one.turn.why)
        return stationlog.listening(one.number, t)

    def _introduction(self, receiver: Receiver) -> bytes:
        """Return the remark who a source is, and in which format its lines are from here on."""
        feed, number = receiver.feed, receiver.number
        self._formats[number] = receiver.format
        return stationlog.introduction(number, feed.name, receiver.format, feed.clock, feed.address)
