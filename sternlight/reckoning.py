"""When a station has it worked out how every ship stands: once the pages of a day are kept.

That is done by another process, of what stands in the archive; nothing that a station finds
or tells of depends on it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from anomalies.indicators import Signs
from sternlight.nightly import NightFailedError, Nightly
from sternlight.record.night import Night

ENDS_S = 5.0  # so long the end of the station waits for that of the process


@dataclass(slots=True)
class _Task:
    """Work that goes on in a thread of its own."""

    nightly: Nightly
    thread: threading.Thread
    found: list[Night] = field(default_factory=list)
    why_not: str = ""


class Reckoning:
    """Asks when there is something new; `why_not` tells why the last time failed."""

    def __init__(self, folder: Path, signs: Signs, lists: bool) -> None:
        self.why_not = ""
        self._asked = folder, signs, lists
        self._days_count = 0
        self._task: _Task | None = None

    def check(self, days_count: int) -> Night | None:
        """Return what has been worked out; begin anew when more days were kept than before.

        `days_count` is how often pages of days have been kept since the station began.
        """
        if self._task is not None:
            if self._task.thread.is_alive():
                return None
            task, self._task = self._task, None
            self.why_not = task.why_not
            return task.found[0] if task.found else None
        if days_count > self._days_count:
            self._days_count = days_count
            self._begin()
        return None

    def close(self) -> None:
        """End what goes on."""
        if self._task is not None:
            self._task.nightly.kill()
            self._task.thread.join(ENDS_S)

    def _begin(self) -> None:
        def work() -> None:
            try:
                task.found.append(task.nightly.compute(*self._asked))
            except NightFailedError as error:
                task.why_not = str(error)

        task = _Task(Nightly(), threading.Thread(target=work, name="reckoning", daemon=True))
        self._task = task
        task.thread.start()
