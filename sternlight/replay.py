"""Replay: the live pipeline, with the recording's clock.

Everything read goes through one sort by time on disk, and then in windows
through `Station.step`, so memory does not grow with the recording.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from receiver.decoded import BadInput, Decoded, Told
from receiver.sources.logfile import Input, Inputs
from sternlight.alerting import Decisions, add
from sternlight.clocks import Span, set_aside
from sternlight.distress import Distress
from sternlight.learner import Learner, LearningFailedError
from sternlight.ledger import Ledger
from sternlight.nights import Midnights, learned
from sternlight.reading import Reading
from sternlight.record.replayed import ReplayRecord
from sternlight.record.store import Finished
from sternlight.settings import Settings
from sternlight.spool import DAY_S, Spool, windows
from sternlight.station import NO_TURNS, Station
from sternlight.stops import parted
from sternlight.text import counted
from tracks.anchorages import Learned
from tracks.batch import Points, PositionBatch, StaticBatch
from tracks.lateness import Lateness
from tracks.listening import Turns
from tracks.places import Places
from tracks.state import State

UNDATED, FUTURE = "set aside: no time", "set aside: in the future"
FUTURE_S = DAY_S  # a report this far ahead of our own clock has a wrong time

B = TypeVar("B", PositionBatch, StaticBatch)


class Replay:
    """One run: `read` the inputs, `judge` what is in them; then `events` and `station` hold all.

    `folder` takes the temporary files, 60 to 90 bytes for each report: reports,
    `events`, and the ten-minute points of all hulls, `ways`.  Raises OSError
    when the disk is full.
    """

    def __init__(self, settings: Settings, places: Places, folder: Path, reading: Reading) -> None:
        self.folder = folder
        self.station = Station(settings, places)
        self.reading = reading
        self.decisions: Decisions = {}  # on alerts
        self.distress = Distress()
        self.counts: Counter[str] = Counter()
        self.span: Span | None = None  # first and last time heard that is believed
        self._only_logs = True  # nothing but logs of stations has been read
        self._logs: dict[str, State] = {}  # what is known of each station's lateness
        self._turns: list[Turns] = []
        self._told: list[Learned] = []  # what stations have learned
        self._midnights = Midnights()
        self._open = ExitStack()
        self._positions = self._open.enter_context(Spool(folder, PositionBatch))
        self._statics = self._open.enter_context(Spool(folder, StaticBatch))
        self.events = self._open.enter_context(Ledger(folder))
        self.ways = self._open.enter_context(Spool(folder, Points, by="bin", then="track"))
        self._learner = self._open.enter_context(Learner())
        self.record = self._open.enter_context(closing(ReplayRecord(folder)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self.reading.progress.end()

    @property
    def reports_count(self) -> int:
        """How many position reports with a time were read."""
        return self._positions.rows

    def read(self, inputs: Inputs | Iterable[Input]) -> None:
        """Read all inputs.  Raises BadInput if there is no report with a time in them."""
        latest = time.time() + FUTURE_S
        for account, decoded in self.reading.read(inputs):
            if decoded.told is not None:
                self._add(*self._punctual(decoded, decoded.told))
                continue
            self._only_logs = False
            until = np.finfo(np.float64).max if account.simulated else latest
            self._add(
                self._believed(decoded.positions, until), self._believed(decoded.statics, until)
            )
        self._positions.flush()
        self._statics.flush()
        if not self._positions.rows:
            raise BadInput(self._nothing())

    def judge(self) -> None:
        """Send everything that was read through the station, in the order of time."""
        spools = (self._positions, self._statics)
        total = sum(spool.rows for spool in spools)
        done, as_of = 0, -np.inf
        judged = self._judged_until()
        aside = self._aside() if judged is None else [(judged, np.inf)]
        turns = Turns.concat(self._turns)
        turns = turns.take(np.argsort(turns.t, kind="stable"))
        self._learns = judged is None and self.station.learns
        for told_then in () if judged is None else self._told:
            self.station.tell(told_then)
        self.reading.progress.begin("Judging", "reports")
        for _, (positions, statics) in windows(spools, aside=aside):
            self._widen_span(positions)
            # Not to the end of the window, which may be years behind the last report in it.
            last = max(float(batch.t[-1]) for batch in (positions, statics) if len(batch))
            as_of = float(np.nextafter(last, np.inf))
            told = int(np.searchsorted(turns.t, as_of))
            self._step(positions, statics, as_of, turns=turns.take(slice(0, told)))
            turns = turns.take(slice(told, None))
            done += len(positions) + len(statics)
            self.reading.progress.update(done, total)
        as_of = as_of if judged is None else judged
        self._step(PositionBatch.empty(), StaticBatch.empty(), as_of, True, turns)
        self.counts += self.station.counts
        self.counts["set aside: implausible position"] += self.station.implausible_count()
        self.reading.progress.end()

    def _add(self, positions: PositionBatch, statics: StaticBatch) -> None:
        self.distress.hear(positions)
        self._positions.add(positions)
        self._statics.add(statics)

    def _punctual(self, decoded: Decoded, told: Told) -> tuple[PositionBatch, StaticBatch]:
        """Leave out of a station's log what the station itself set aside as late."""
        self._lateness = lateness = Lateness(told.lateness_s)
        state = self._logs.get(told.station, lateness.start())
        self._logs[told.station], positions, statics, aside = lateness.step(
            state, decoded.positions, decoded.statics
        )
        self._turns.append(told.turns)
        self._told += told.learned
        self.counts.update(aside)
        return positions, statics

    def _judged_until(self) -> float | None:
        """Return how far a station has judged whose log this is; None if it is not just that.

        So the events are those that the station itself tells.
        """
        if not self._only_logs or len(self._logs) != 1:
            return None
        return self._lateness.as_of(*self._logs.values())

    def _nothing(self) -> str:
        """Say that there is nothing to judge, and the likeliest reason."""
        names = ", ".join(account.name for account in self.reading.accounts)
        undated, future = self.counts[UNDATED], self.counts[FUTURE]
        says = f"{names}: {counted(self.reading.lines, 'line')} read, "
        if undated:
            return (
                f"{says}{counted(undated, 'report')}, none with a time; say when the recording"
                " began, as in --start 2024-05-01T12:00:00Z"
            )
        if future:
            return f"{says}{counted(future, 'report')}, all from the future; is our clock right?"
        return f"{says}but no position report, so there is nothing to judge"

    def _step(
        self,
        positions: PositionBatch,
        statics: StaticBatch,
        as_of: float,
        ended: bool = False,
        turns: Turns = NO_TURNS,
    ) -> None:
        ships_count = len(self.station.fleet) + len(np.unique(positions.mmsi))
        enough = ships_count >= self.station.anchoring.vessels_count
        for midnight in self._midnights.before(positions.t) if self._learns and enough else ():
            early, positions = parted(positions, midnight)
            told, statics = parted(statics, midnight)
            self._judged(early, told, midnight)
            self._learn(midnight)
        self._judged(positions, statics, as_of, ended, turns)

    def _learn(self, midnight: float) -> None:
        try:
            self.station.tell(learned(self.station, midnight, self._learner))
        except LearningFailedError as error:
            self.reading.trouble["anchorages"] = f"were not learned: {error}"

    def _judged(
        self,
        positions: PositionBatch,
        statics: StaticBatch,
        as_of: float,
        ended: bool = False,
        turns: Turns = NO_TURNS,
    ) -> None:
        step = self.station.step(positions, statics, as_of, ended, turns)
        for heard in step.heard:
            self.ways.add(heard.points)
        self.events.apply(step.changes)
        if finished := Finished.of(step):
            self.record.remember(finished)
        for decided in step.decided:
            add(self.decisions, decided.decisions)

    def _believed(self, batch: B, latest: float) -> B:
        """Leave out reports without a time, and those later than `latest`; count them."""
        good = batch.t <= latest
        if good.all():
            return batch
        undated = int(np.count_nonzero(np.isnan(batch.t)))
        self.counts[UNDATED] += undated
        self.counts[FUTURE] += int(np.count_nonzero(~good)) - undated
        return batch.take(good)

    def _aside(self) -> list[Span]:
        """Return the spans of time that wrong clocks told, and count the reports in them."""
        days = Counter(self._positions.days) + Counter(self._statics.days)
        spans = set_aside(days)
        for start, end in spans:
            self.counts["set aside: wrong clock"] += sum(
                n for day, n in days.items() if start <= day * DAY_S < end
            )
        return spans

    def _widen_span(self, positions: PositionBatch) -> None:
        if len(positions):
            first = self.span[0] if self.span else float(positions.t[0])
            self.span = first, float(positions.t[-1])
