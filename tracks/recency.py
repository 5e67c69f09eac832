"""How a ship was heard just now: what the next ten minutes depend on besides place and hour.

A ship that is heard every few seconds is well within range, one of which a report
comes through every twenty minutes is about to be lost; and whoever has been silent
for an hour is where it cannot be heard, or is not transmitting.
"""

from __future__ import annotations

import numpy as np

from tracks.batch import F64, I64, U8

REPORTS_COUNT = 8  # over so many reports the interval is taken, or over those there are
# Between the classes of interval.  Not at round numbers: feeds thin out to whole minutes.
_EDGES_S = np.array([20.0, 40, 80, 160, 320, 640, 1280])
_EDGES_COUNT = np.array([1, 2, 3, 4, 5, 6, 9, 15, 25])  # ten-minute bins since the last report


def interval_class(interval_s: F64) -> U8:
    """Return a number (0 to 7) for the mean interval of the last reports; nan: there was none."""
    return np.asarray(np.searchsorted(_EDGES_S, interval_s, side="right"), np.uint8)


def keys(kind: U8, interval: U8, unheard_count: I64 | U8) -> I64:
    """Return one number for kind of ship, class of interval, and bins not heard since."""
    since = np.searchsorted(_EDGES_COUNT, unheard_count, side="right")
    classes, sinces = len(_EDGES_S) + 1, len(_EDGES_COUNT) + 1
    return np.asarray((kind.astype(np.int64) * classes + interval) * sinces + since, np.int64)
