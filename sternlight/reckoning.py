"""When a station has it worked out how every ship stands: once the pages of a day are kept.

That is done by another process, of what stands in the archive; nothing that a station finds
or tells of depends on it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from anomalies.indicators import Signs
from sternlight.aside import Errand
from sternlight.nightly import NightFailedError, Nightly
from sternlight.record.night import Night


class Reckoning:
    """Asks when there is something new; `why_not` tells why the last time failed."""

    def __init__(self, folder: Path, signs: Signs, lists: bool) -> None:
        self.why_not = ""
        self._asked = folder, signs, lists
        self._days_count = 0
        self._errand: Errand[Night] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is being worked out now."""
        return self._errand is not None and self._errand.busy

    def check(self, days_count: int) -> Night | None:
        """Return what has been worked out; begin anew when more days were kept than before.

        `days_count` is how often pages of days have been kept since the station began.
        """
        if self._errand is not None:
            return None if self.busy else self._taken(self._errand)
        if days_count > self._days_count:
            self._days_count = days_count
            nightly = Nightly()
            work = partial(nightly.compute, *self._asked)
            self._errand = Errand("reckoning", work, NightFailedError, nightly.kill)
        return None

    def close(self) -> None:
        """End what goes on."""
        if self._errand is not None:
            self._errand.end()

    def _taken(self, errand: Errand[Night]) -> Night | None:
        self._errand, self.why_not = None, errand.why_not
        return errand.found[0] if errand.found else None
