"""How usual an event is among those that a subscriber asked for."""

from __future__ import annotations

import json

import numpy as np

from sternlight.alerts.audience import seen
from sternlight.alerts.listed_ships import NamesOf, no_lists
from sternlight.alerts.matching import Events, Wish
from sternlight.alerts.subscription import Wants
from sternlight.sqlite import Database

DAY_S = 86_400.0
PAST_DAYS = 42  # as long as the station's own past counts for half (anomalies/budget.py)
LEAST_DAYS = 7  # on which anything was heard; fewer make no usual week
# Whether anything was heard on a day, is asked of the ships heard most: the ferries, the tugs.
REGULARS_COUNT = 100


def usual_per_week(
    record: Database, wants: Wants, score: float, t: float, lists: NamesOf = no_lists
) -> float | None:
    """Return how many events as strong as `score` a week of listening brought before Unix time `t`.

    Only those count that began in the six weeks before, are still held to be true, and fit
    `wants`.  None: too little was heard to know.  `t` is best the event's own start, so that it
    does not count itself.
    """
    since = t - PAST_DAYS * DAY_S
    ((days_count,),) = record.read(
        "select count(distinct day) from days where day >= ? and day < ? and track in"
        " (select track from hulls order by fixes_count desc limit ?)",
        since // DAY_S, t // DAY_S, REGULARS_COUNT,
    )  # fmt: skip
    if days_count < LEAST_DAYS:
        return None
    rows = record.read(
        "select row from events where start >= ? and start < ? and score >= ? and shown and"
        " state != 'withdrawn'",
        since, t, score,
    )  # fmt: skip
    told = [json.loads(row) for (row,) in rows]
    by_list = bool(wants.watchlists)
    events = Events.of(seen(row, lists(row) if by_list else frozenset()) for row in told)
    return float(np.count_nonzero(Wish(wants).fits(events)) / days_count * 7)
