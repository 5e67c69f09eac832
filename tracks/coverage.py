"""What can be heard where: the chance that a ship is heard within ten minutes.

It is learned from what is heard itself, hull by hull, between its first and its
last fix (`tracks.trials`).  No position of an antenna is asked for, so it works for
one station, for several, and for a recording from satellites: what counts is how
often the ships at a place were heard at all, by whomever.

Four things make the chance of one ship in one bin:

- the place and the kind of ship (`tracks.shares`);
- the hour: whether all ships together were heard more or less than usual;
- the ship: whether it was heard more or less than others of its kind; its antenna;
- how it was heard just now: how often before its last report, and for how long it has
  not been heard since (`tracks.recency`; these three are `tracks.shifts`).

All is learned at full hours of the stream, so that what was known at a moment does
not depend on how the stream was cut into steps.  What was learned counts half after
`HALF_LIFE_DAYS`, and places and ships without anything new are forgotten, so that
memory is bounded by where ships sail and not by how long it listens.

Neglected: ships that leave and never come back are not among those it learns from,
so that chances at the very edge are a little too high; the hour of the day; a
receiver that moves is followed over weeks only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracks import recency
from tracks.batch import BIN_S, F64, I64, U8, Mask
from tracks.shares import Shares
from tracks.shifts import Shifts, shifted
from tracks.trials import Trials

PERIOD_S = 3600.0  # what is heard in it becomes known at its end
DAY_PERIODS = 24
HOUR_BINS = 3600 // BIN_S
HOURS_KEPT = 48  # twice what a silence is looked at
HALF_LIFE_DAYS = 30.0
FRESH_COUNT = 6  # what follows an hour of silence says nothing of the hour or the antenna


@dataclass(frozen=True, slots=True)
class Coverage:
    """What has been learned from all that was heard before `through` x PERIOD_S."""

    through: int
    shares: Shares
    hours: Shifts  # by hour: Unix time / 3600
    ships: Shifts  # by track
    recent: Shifts  # by kind of ship and how it was heard just now, see `recency`

    @classmethod
    def start(cls) -> Coverage:
        """Return what is known before anything was heard."""
        return cls(0, Shares.empty(), Shifts.empty(), Shifts.empty(), Shifts.empty())

    def shift(self, track: I64, bins: I64, recent: I64) -> F64:
        """Return what to add to the log-odds of each ship in each bin, wherever it is.

        `recent` are keys of `recency`.
        """
        of_ship_and_hour = self.ships.of(track) + self.hours.of(bins // HOUR_BINS)
        return of_ship_and_hour + self.recent.of(recent)

    def chance(self, lat: F64, lon: F64, kind: U8, shift: F64) -> tuple[F64, Mask]:
        """Return the chance that each ship is heard in a bin, and whether it is known."""
        chance, known = self.shares.at(lat, lon, kind)
        return shifted(chance, shift), known

    def learned(self, period: int, trials: Trials) -> Coverage:
        """Return what is known at the end of `period`, in which `trials` became known."""
        aged = self._aged(period)
        if not len(trials):
            return aged
        trials = trials.take(np.lexsort((trials.bin, trials.track)))  # sums in one order
        chance, known = self.shares.at(trials.lat, trials.lon, trials.kind)
        shares = aged.shares.learned(trials)
        trials, chance = trials.take(known), chance[known]
        fresh = trials.unheard_count < FRESH_COUNT
        hour, track = trials.bin // HOUR_BINS, trials.track
        recent = recency.keys(trials.kind, trials.interval, trials.unheard_count)
        of_recent, heard, weight = self.recent.of(recent), trials.heard, trials.weight
        expected = shifted(chance, self.ships.of(track) + of_recent)
        hours = aged.hours.learned(hour[fresh], heard[fresh], expected[fresh], weight[fresh])
        of_hour = hours.of(hour)
        expected = shifted(chance, of_hour + of_recent)
        ships = aged.ships.learned(track[fresh], heard[fresh], expected[fresh], weight[fresh])
        expected = shifted(chance, of_hour + ships.of(track))
        recents = aged.recent.learned(recent, heard, expected, weight)
        return Coverage(period + 1, shares, hours, ships, recents)

    def _aged(self, period: int) -> Coverage:
        days = period // DAY_PERIODS - self.through // DAY_PERIODS
        hours = self.hours.take(self.hours.key > period - HOURS_KEPT)
        if not days or not self.through:
            return Coverage(period + 1, self.shares, hours, self.ships, self.recent)
        share = 0.5 ** (days / HALF_LIFE_DAYS)
        shares, ships, recent = self.shares.aged(share), self.ships.aged(share), self.recent
        return Coverage(period + 1, shares, hours, ships, recent.aged(share))

    def to_state(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Return everything by name, each name behind `prefix`, to be saved."""
        return {
            prefix + "through": np.array(self.through),
            **self.shares.to_state(prefix + "shares_"),
            **self.hours.to_state(prefix + "hours_"),
            **self.ships.to_state(prefix + "ships_"),
            **self.recent.to_state(prefix + "recent_"),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], prefix: str) -> Coverage:
        """Undo `to_state`."""
        return cls(
            int(state[prefix + "through"]),
            Shares.from_state(state, prefix + "shares_"),
            Shifts.from_state(state, prefix + "hours_"),
            Shifts.from_state(state, prefix + "ships_"),
            Shifts.from_state(state, prefix + "recent_"),
        )
