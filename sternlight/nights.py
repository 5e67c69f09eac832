"""When anchorages are learned: at the first report of each day, of what was heard before it.

A station asks the learner and goes on; what comes back is written into its log, and used
from the next full ten minutes on.  So its log says what it masked and when, whatever a
replay on another computer would learn, and also if nothing could be learned.  A
recording that is not a station's log has nothing of the kind: its replay learns by
itself, each midnight.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sternlight.aside import Errand
from sternlight.learner import Learner, LearningFailedError
from sternlight.station import Station
from tracks.anchorages import Anchorages, Anchoring, Learned
from tracks.batch import F64
from tracks.stays import Stays

DAY_S = 86_400.0
USED_S = 600.0  # what is learned is used from a full multiple of this on


class Nights:
    """Has a station's anchorages learned once a day; `why_not` tells why the last time failed."""

    def __init__(self) -> None:
        self.why_not = ""
        self._day = -np.inf
        self._errand: Errand[Anchorages] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is being learned now."""
        return self._errand is not None and self._errand.busy

    def check(self, station: Station, latest: float) -> Learned | None:
        """Return what has been learned, to be told to the station; begin anew when a day is over.

        `latest` is the latest time heard, Unix seconds.
        """
        if self._errand is not None:
            return None if self.busy else self._taken(self._errand, station, latest)
        if not np.isfinite(station.as_of) or not station.learns:
            return None
        day = station.as_of // DAY_S
        if day > max(self._day, station.learned.t // DAY_S):
            self._day = day
            self._errand = _begun(station)
        return None

    def close(self) -> None:
        """End what goes on."""
        if self._errand is not None:
            self._errand.end()

    def _taken(self, errand: Errand[Anchorages], station: Station, latest: float) -> Learned | None:
        self._errand, self.why_not = None, errand.why_not
        if not errand.found or not (len(errand.found[0]) or len(station.learned.anchorages)):
            return None
        return Learned((latest // USED_S + 1) * USED_S, errand.found[0])


def _begun(station: Station) -> Errand[Anchorages]:
    stays, anchoring, learner = station.stays(), station.anchoring, Learner()

    def learn() -> Anchorages:
        with learner:
            return _learned(learner, stays, anchoring)

    return Errand("anchorages", learn, LearningFailedError, learner.kill)


class Midnights:
    """The midnights of a recording behind days in which something was heard."""

    def __init__(self) -> None:
        self._day = -np.inf

    def before(self, t: F64) -> Iterator[float]:
        """Yield those between the reports of before and the last of these times, which are sorted.

        Unix seconds.
        """
        days = np.unique(t // DAY_S)
        for day in days[days > self._day].tolist():
            if np.isfinite(self._day):
                yield (self._day + 1) * DAY_S
            self._day = day


def learned(station: Station, midnight: float, learner: Learner) -> Learned:
    """Return what can be learned of what was heard up to `midnight`, to be used from then on.

    Raises LearningFailedError.
    """
    return Learned(midnight, _learned(learner, station.stays(), station.anchoring))


def _learned(learner: Learner, stays: Stays, anchoring: Anchoring) -> Anchorages:
    return learner.learn(stays, anchoring) if anchoring.possible(stays) else Anchorages.empty()
