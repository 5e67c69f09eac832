"""How surprising each silence is, by what was known of reception when it was asked.

What is asked at a moment is answered with what was learned up to the full hour
before it, however far the stream is known by then.  So an answer is the same in
a replay, and does not change by what is heard later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalies.hearing import Hearing, Outages
from anomalies.silence import Silences, computed
from anomalies.usual import LAND, PRIORS, SEA, Usual
from tracks.batch import F64, I64, Columns, Mask, column
from tracks.coverage import DAY_PERIODS, PERIOD_S, Coverage
from tracks.trials import Legs, trials

# A silence as surprising as this by the map alone, log10, teaches little of reception: if the
# ship was switched off, then nothing.  But if a new crane stands there, then all of it.
DOUBTED, DOUBTED_WEIGHT = 2.5, 0.1


@dataclass(frozen=True, slots=True)
class Ended(Columns):
    """Silences that ended, not yet counted among the usual."""

    t: F64 = column(np.float64, np.nan)
    track: I64 = column(np.int64)
    computed: F64 = column(np.float64, np.nan)
    near_land: Mask = column(np.bool_)


@dataclass(frozen=True, slots=True)
class Found(Columns):
    """What was found of each silence."""

    one_in: F64 = column(np.float64, np.nan)  # log10 of N in "1 in N"; nan: unknown
    known_share: F64 = column(np.float64)  # of its ten-minute bins


@dataclass(frozen=True, slots=True)
class Surprise:
    """What has been learned, and what waits for the next full hour."""

    coverage: Coverage
    usual: dict[str, Usual]  # by where silences begin
    waiting: Legs
    ended: Ended

    @classmethod
    def start(cls) -> Surprise:
        """Return what is known before anything was heard."""
        usual = {where: Usual.empty() for where in PRIORS}
        return cls(Coverage.start(), usual, Legs.empty(), Ended.empty())

    def heard(self, legs: Legs) -> Surprise:
        """Take the legs of one step."""
        if not len(legs):
            return self
        return replace(self, waiting=Legs.concat([self.waiting, legs]))

    def of(self, silences: Silences, hearing: Hearing, outages: Outages) -> tuple[Surprise, Found]:
        """Return what is found of each silence.

        Each is asked at its `t2`, which is not before that of any question of an earlier
        call; those that are over are counted among the usual ones.
        """
        if not len(silences):  # as in most steps of a second
            return self, Found.empty()
        now, one_in, share = self, np.full(len(silences), np.nan), np.zeros(len(silences))
        period = _period(silences.t2)
        for at in np.unique(period).tolist():
            now = now.learned(at, hearing, outages)
            rows = np.flatnonzero(period == at)
            some = silences.take(rows)
            chance, share[rows] = computed(some, now.coverage, hearing)
            # Nothing is called rarer than what it was followed for could have shown.
            most = np.log10(max(now.coverage.shares.followed_h(), 1.0))
            usual = [now.usual[where].one_in(chance, PRIORS[where]) for where in (SEA, LAND)]
            one_in[rows] = np.minimum(np.where(some.near_land, usual[1], usual[0]), most)
            counted = np.flatnonzero(np.isfinite(some.lat2) & np.isfinite(chance))
            new = Ended(
                some.t2[counted], some.track[counted], chance[counted], some.near_land[counted]
            )
            now = replace(now, ended=Ended.concat([now.ended, new])) if len(new) else now
        return now, Found(np.round(one_in, 4), share)

    def learned(self, until: int, hearing: Hearing, outages: Outages) -> Surprise:
        """Return what was known at the beginning of the period `until`."""
        before = until * PERIOD_S
        if not ((self.waiting.t2 < before).any() or (self.ended.t < before).any()):
            return self
        period, ended = _period(self.waiting.t2), _period(self.ended.t)
        legs = self.waiting.take(period < until)
        ripe = trials(legs, np.where(self._doubted(legs), DOUBTED_WEIGHT, 1.0))
        ripe = ripe.take(~hearing.deaf(ripe.bin, outages))
        order = np.argsort(ripe.t, kind="stable")
        ripe = ripe.take(order)
        coverage, usual = self.coverage, self.usual
        of_ripe = _period(ripe.t)
        due = np.union1d(of_ripe, ended[ended < until])
        for at in due.tolist():
            days = at // DAY_PERIODS - coverage.through // DAY_PERIODS
            span = slice(*np.searchsorted(of_ripe, [at, at + 1]))
            new, known = self.ended.take(ended == at), coverage.through > 0
            usual = {
                where: table.aged(days if known else 0).seen(
                    new.computed[new.near_land == (where == LAND)]
                )
                for where, table in usual.items()
            }
            coverage = coverage.learned(at, ripe.take(span))
        return Surprise(
            coverage, usual, self.waiting.take(period >= until), self.ended.take(ended >= until)
        )

    def _doubted(self, legs: Legs) -> Mask:
        """Return which legs are silences in which a ship may well not have transmitted."""
        doubted = np.zeros(len(legs), np.bool_)
        made = self.ended.take(self.ended.computed >= DOUBTED)
        rows = np.flatnonzero(np.isin(legs.t2, made.t))
        for track, t in zip(made.track.tolist(), made.t.tolist(), strict=True):
            doubted[rows] |= (legs.track[rows] == track) & (legs.t2[rows] == t)
        return doubted

    def to_state(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Return everything by name, each name behind `prefix`, to be saved."""
        return {
            **self.coverage.to_state(prefix + "coverage_"),
            **{
                name: column
                for where, table in self.usual.items()
                for name, column in table.to_state(f"{prefix}usual_{where}_").items()
            },
            **self.waiting.to_state(prefix + "waiting_"),
            **self.ended.to_state(prefix + "ended_"),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], prefix: str) -> Surprise:
        """Undo `to_state`."""
        return cls(
            Coverage.from_state(state, prefix + "coverage_"),
            {where: Usual.from_state(state, f"{prefix}usual_{where}_") for where in PRIORS},
            Legs.from_state(state, prefix + "waiting_"),
            Ended.from_state(state, prefix + "ended_"),
        )


def _period(t: F64) -> I64:
    return np.asarray(t // PERIOD_S, np.int64)
