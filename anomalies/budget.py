"""Which events ask for attention: as many a week as the user welcomes, and the strongest.

Every event is listed; some are alerts.  The user says how many a week, and the threshold
follows from the station's own past: an event alerts if a usual week brings no more
events at least as strong than the budget has.  What was usual is counted in steps of the
score's log-odds over the time in which anything was heard, so that an outage is no
quiet week, and forgotten by half in `HALF_LIFE_WEEKS`, since seasons change.  A new
station has no past; it begins as if it had heard one week in which odds were what
they say.

A threshold that is right in the mean is wrong in a bad week.  So the station keeps a
credit: a week adds the budget, an alert takes one, and more than `SPARED_SHARE` of a budget is
not saved.  What a usual week may bring is the budget plus the credit, so after some alerts
only rarer events alert, and the very rare nearly always.  The credit never falls much
below minus one budget: in any n weeks there are less than n + 1.5 budgets and one alert
more.  What passes by the budget and not by the credit is held back: listed as such,
and not told later unless it grows.  No event alerts twice, and none whose own
score says that it is more likely ordinary.

Neglected: that ships and hours of one station depend on each other; what a threshold
would be for each kind of event apart (a score of 0.8 is to mean the same of each).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from tracks.batch import F64
from tracks.state import State

Verdict = Literal["listed", "held back", "alert"]

WEEK_S = 7 * 86_400.0
# Alerts are decided at full multiples of this of the stream's own time.  Shorter, and a replay
# takes longer: each moment costs a step, and every open event is measured again; longer, and
# people hear of it later.  Nobody looks into a score more often than a few times a day, and what
# is told of has lasted for hours.
EVERY_S = 6 * 3600.0
HALF_LIFE_WEEKS = 6.0  # a season is about twelve weeks; ten counted events make 30 % of chance
STEP, MOST = 0.05, 8.0  # of log-odds: a score of 0.5 +- 0.0125; beyond 0.9997 all are alike
LEVELS = round(2 * MOST / STEP) + 1
# Of a budget that was not spent so much is saved: with nothing saved, chance lets a third of a
# small budget go to waste; with all of it, quiet weeks are filled with weak events.
SPARED_SHARE = 0.5
LEAST_SCORE = 0.5  # below, an event is more likely ordinary, by the score's own words
# As if so many weeks had been heard with so many events at even odds and, if odds mean what they
# say, half as many at twice the odds.
PRIOR_WEEKS, PRIOR_A_WEEK = 1.0, 10.0
# A new station begins with so much of a budget overspent: of the first days it knows least.  With 3
# alerts a week it begins at a threshold of 0.87.
BEGIN_SHARE = 0.5
KNOWN_WEEKS = 1.0  # what is usual is not told before so much was heard


class Candidate(NamedTuple):
    """An event as it stands."""

    id: str
    score: float


class Decision(NamedTuple):
    """What became of an event that was new, or stronger than before."""

    id: str
    score: float
    usual_per_week: float  # events at least so strong; nan: not known yet
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Alerts:
    """At most `budget_per_week` alerts in a usual week; a fold over events as they stand."""

    budget_per_week: float = 3.0  # ours: what one person can look into beside other work

    def start(self) -> State:
        """Return the state before anything was heard."""
        return {
            "t": np.array(np.nan),
            "weeks": np.array(0.0),
            # Alerts that the weeks so far left over; below 0: overspent.
            "credit": np.array(-BEGIN_SHARE * self.budget_per_week),
            "reached": np.zeros(LEVELS),  # how many events reached each level
            "ids": np.empty(0, "U1"),  # of events that may still grow, ...
            "best": np.empty(0, np.int64),  # the level each has reached, ...
            "alerted": np.empty(0, np.bool_),  # and whether it was an alert
        }

    def step(
        self,
        state: State,
        found: Sequence[Candidate],
        standing: Collection[str],
        t: float,
        heard_s: float = EVERY_S,
    ) -> tuple[State, list[Decision]]:
        """Decide on the events `found` new or changed at Unix time `t`.

        `standing` are the ids of all that may be found again.  No moment is before that of
        an earlier call; since then something was heard in so many seconds as `heard_s` says.
        """
        past = self._later(state, t, heard_s)
        rows = zip(state["best"].tolist(), state["alerted"].tolist(), strict=True)
        before = dict(zip(state["ids"].tolist(), rows, strict=True))
        credit, reached = float(past["credit"]), past["reached"].copy()
        now = {name: before[name] for name in standing if name in before}
        decisions = []
        for one in sorted(found, key=lambda c: (-c.score, c.id)):
            best, alerted = before.get(one.id, (-1, False))
            level = level_of(one.score)
            if level > best:
                reached[best + 1 : level + 1] += 1
                if not alerted:
                    decision = self._decision(past, one, credit)
                    alerted = decision.verdict == "alert"
                    credit -= alerted
                    decisions.append(decision)
            now[one.id] = max(level, best), alerted
        names = sorted(now)
        return {
            **past,
            "credit": np.array(credit),
            "reached": reached,
            "ids": np.array(names, np.str_) if names else np.empty(0, "U1"),
            "best": np.array([now[name][0] for name in names], np.int64),
            "alerted": np.array([now[name][1] for name in names], np.bool_),
        }, decisions

    def threshold(self, state: State) -> float:
        """Return the least score that alerts now; nan: none does, whatever its score."""
        rare = np.flatnonzero(
            usual_per_week(state) <= self.budget_per_week + float(state["credit"])
        )
        if not len(rare):
            return math.nan
        return max(LEAST_SCORE, 1 / (1 + math.exp(MOST - int(rare[0]) * STEP)))

    def _decision(self, past: State, one: Candidate, credit: float) -> Decision:
        usual = float(usual_per_week(past)[level_of(one.score)])
        known = past["weeks"] >= KNOWN_WEEKS
        return Decision(one.id, one.score, usual if known else math.nan,
                        self._verdict(one.score, usual, credit))  # fmt: skip

    def _verdict(self, score: float, usual: float, credit: float) -> Verdict:
        if score < LEAST_SCORE:
            return "listed"
        if usual <= self.budget_per_week + credit:
            return "alert"
        return "held back" if usual <= self.budget_per_week else "listed"

    def _later(
        self, state: State, t: float, heard_s: float
    ) -> dict[str, np.ndarray[tuple[int, ...], np.dtype]]:
        """Return the state at `t`: more was heard, and the past has paled."""
        since_s = t - float(state["t"])
        fades = 0.5 ** (since_s / WEEK_S / HALF_LIFE_WEEKS) if 0 < since_s < math.inf else 1.0
        budget, heard_weeks = self.budget_per_week, heard_s / WEEK_S
        credit = min(SPARED_SHARE * budget, float(state["credit"]) + budget * heard_weeks)
        return {
            **state,
            "t": np.array(t),
            "weeks": state["weeks"] * fades + heard_weeks,
            "credit": np.array(credit),
            "reached": state["reached"] * fades,
        }


def level_of(score: float) -> int:
    """Return the highest level that a score reaches."""
    odds = math.log(max(score, 1e-9) / max(1 - score, 1e-9))
    return min(max(math.floor((odds + MOST) / STEP + 1e-9), 0), LEVELS - 1)


def usual_per_week(state: State) -> F64:
    """Return for each level how many events a week of listening brings that reach it."""
    prior = PRIOR_A_WEEK * np.exp(MOST - np.arange(LEVELS) * STEP)
    usual: F64 = (PRIOR_WEEKS * prior + state["reached"]) / (PRIOR_WEEKS + state["weeks"])
    return usual
