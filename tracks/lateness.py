"""Reports out of order: how late one may be, and whose clock is not believed.

A feed passes reports on in about the order in which they were sent.  One that is
older than another before it by more than `lateness_s` is late and set aside, so
that everything before `as_of` is known for good.  What is late depends on the
order of the lines alone and never on how they were cut into batches, so a replay
of the log sets aside the same reports.

Where times are a feed's and not ours, a time more than LEAP_S ahead of all
before it is believed only when so many reports in a row agree on it: one
corrupted stamp would otherwise make all that follows late.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tracks.batch import F64, Mask, PositionBatch, StaticBatch
from tracks.state import State

LEAP_S = 3600.0  # ours: farther ahead, a time needs confirmation ...
CONFIRMED_COUNT = 5  # ... by as many reports in a row that agree within LEAP_S
_NO_LEAP = np.array([-np.inf, 0.0])  # a time ahead, and how many agreed on it

Batch = TypeVar("Batch", PositionBatch, StaticBatch)


@dataclass(frozen=True, slots=True)
class Lateness:
    """A fold that sets late reports aside; its state is the latest time that is believed.

    `lateness_s` 0 means that the times are our own, which never lie.
    """

    lateness_s: float = 0.0

    def start(self) -> State:
        """Return the state before anything was heard."""
        never = np.array(-np.inf)
        return {"latest": never, "as_of": never, "leap": _NO_LEAP}

    def as_of(self, state: State) -> float:
        """Return the time before which nothing will be given any more, Unix seconds."""
        return float(state["as_of"])

    def step(
        self, state: State, positions: PositionBatch, statics: StaticBatch
    ) -> tuple[State, PositionBatch, StaticBatch, Counter[str]]:
        """Return the reports that are not late, and counts of the others.

        Both batches are in the order of their lines, which are those behind the
        lines of the steps before.
        """
        order = np.argsort(np.concatenate([positions.line, statics.line]), kind="stable")
        t = np.concatenate([positions.t, statics.t])[order]
        dated = ~np.isnan(t)
        state, good = self._judge(state, t[dated])
        latest = float(state["latest"])
        as_of = latest - self.lateness_s
        if not self.lateness_s and np.isfinite(latest):
            as_of = float(np.nextafter(latest, np.inf))
        # It never steps back, not even where the setting was changed meanwhile.
        state = {**state, "as_of": np.maximum(state["as_of"], as_of)}
        keep = np.zeros(len(t), np.bool_)
        keep[order[np.flatnonzero(dated)[good]]] = True
        counts = Counter(
            {
                "set aside: no time": int(np.count_nonzero(~dated)),
                "set aside: late, or its clock is wrong": int(np.count_nonzero(~good)),
            }
        )
        if keep.all():
            return state, positions, statics, +counts
        n = len(positions)
        return state, positions.take(keep[:n]), statics.take(keep[n:]), +counts

    def _judge(self, state: State, t: F64) -> tuple[State, Mask]:
        """Tell which of these times, in the order of their lines, are believed and not late."""
        latest = float(state["latest"])
        before = np.maximum.accumulate(np.r_[latest, t])
        if self.lateness_s and (t - before[:-1] > LEAP_S).any():
            return self._one_by_one(state, t)
        good = t >= np.maximum(before[:-1] - self.lateness_s, self._least(state))
        leap = _NO_LEAP if len(t) else state["leap"]  # what has leapt before is contradicted
        return {**state, "latest": np.array(before[-1]), "leap": leap}, good

    def _least(self, state: State) -> float:
        """Return the earliest time that is not late; one equal to the latest of our own is not."""
        as_of = float(state["as_of"])
        ours = not self.lateness_s and np.isfinite(as_of)
        return float(np.nextafter(as_of, -np.inf)) if ours else as_of

    def _one_by_one(self, state: State, t: F64) -> tuple[State, Mask]:
        latest = float(state["latest"])
        leap, agreed = state["leap"].tolist()
        least = self._least(state)
        good = np.zeros(len(t), np.bool_)
        for i, moment in enumerate(t.tolist()):
            if moment - latest <= LEAP_S:
                leap, agreed = -np.inf, 0.0
            else:
                agreed = agreed + 1 if abs(moment - leap) <= LEAP_S else 1.0
                leap = moment
                if agreed < CONFIRMED_COUNT:
                    continue
            good[i] = moment >= max(latest - self.lateness_s, least)
            latest = max(latest, moment)
        return {**state, "latest": np.array(latest), "leap": np.array([leap, agreed])}, good
