"""Times that cannot be true: a logger without a battery, a corrupted stamp.

One report of 1970 among a day of 2024 would make a silence of 54 years.  So
before anything is judged, the days of all reports are looked at, and small
islands of time far from the rest are set aside and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from sternlight.spool import DAY_S

Span = tuple[float, float]

# Recommendation ITU-R M.1371-0, the first to describe AIS, is of 1998.
FIRST_AIS_DAY = int(datetime(1998, 1, 1, tzinfo=UTC).timestamp() / DAY_S)

ISLAND_SHARE = 0.001  # an island has less than this share of all reports ...
ISLAND_DAYS = 30  # ... and is more days away from everything else
# A sparse recording is silent for weeks by nature, so an island must be this
# many times farther off than the longest silence in the rest.
SILENCE_FACTOR = 10


def set_aside(days: Mapping[int, int]) -> list[Span]:
    """Return the spans of time not to be believed, given reports by day since 1970.

    A span runs from its first second up to but not including its last.  Where
    all times are alike absurd they are kept, since nothing better is known.
    """
    clusters = _clusters(sorted(days))
    early = [c for c in clusters if c[-1] < FIRST_AIS_DAY]
    if len(early) == len(clusters):
        early = []
    others = [c for c in clusters if c not in early]
    return [_span(c) for c in sorted(early + _islands(others, days))]


def _islands(clusters: list[list[int]], days: Mapping[int, int]) -> list[list[int]]:
    least = ISLAND_SHARE * sum(days[d] for c in clusters for d in c)
    main = [c for c in clusters if sum(days[d] for d in c) >= least]
    heard = [d for c in main for d in c]
    silence = max((b - a for a, b in pairwise(heard)), default=0)
    far = max(ISLAND_DAYS, SILENCE_FACTOR * silence)
    return [c for c in clusters if c not in main and _distance(c, main) > far]


def _clusters(days: Sequence[int]) -> list[list[int]]:
    """Split increasing days where more than ISLAND_DAYS full days lie between two."""
    clusters: list[list[int]] = []
    for day in days:
        if clusters and day - clusters[-1][-1] <= ISLAND_DAYS + 1:
            clusters[-1].append(day)
        else:
            clusters.append([day])
    return clusters


def _distance(cluster: list[int], others: list[list[int]]) -> int:
    return min((max(o[0] - cluster[-1], cluster[0] - o[-1]) for o in others), default=0)


def _span(cluster: list[int]) -> Span:
    return cluster[0] * DAY_S, (cluster[-1] + 1) * DAY_S
