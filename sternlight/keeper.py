"""Keeps what is to be kept in the archive: now, or when it can be written again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from anomalies.budget import WEEK_S
from sternlight.archive import Archive, News, Stored
from sternlight.errors import ArchiveError
from sternlight.live import Live
from sternlight.record.store import Finished

Say = Callable[[str], None]
StateRow = tuple[float, str, str, str]  # Unix seconds, source, state, why


class Keeper:
    """Collects events, notes about segments and states, and commits them together.

    While the archive is locked or the disk full everything waits, and is said once.
    """

    def __init__(self, archive: Archive, live: Live, say: Say) -> None:
        self.archive = archive
        self.events: list[Stored] = []
        self.news: list[News] = []  # what was decided on alerts
        self.notes: list[Callable[[], None]] = []  # about segments
        self.finished: list[Finished] = []  # of the ships' record
        self.states: list[StateRow] = []
        self.days_count = 0  # how often pages of days were kept
        self.last_commit_t: float | None = None
        self.events_count = archive.events_count()
        self.verdicts = archive.verdicts_count(live.station.as_of - WEEK_S)  # of the last week
        # Called when the journal has grown, with whether an alert is among what is new.
        self.tell: Callable[[bool], None] = _nobody
        self._live = live
        self._say = say
        self._said = ""

    @property
    def alerting(self) -> bool:
        """Whether an alert is among what waits."""
        return any(one.verdict == "alert" for news in self.news for one in news.decisions)

    @property
    def urgent(self) -> bool:
        """Whether something waits that somebody may want to know at once."""
        return bool(self.events or self.states or self.alerting)

    def commit(self, t: float, show: bool = False, also: Callable[[], None] | None = None) -> None:
        """Keep what waits, at Unix time `t`; if that fails, it goes on waiting.

        `show` looks anew which events are of ships.  `also` happens in the same
        transaction, and is not tried again.
        """
        try:
            with self.archive.transaction():
                for note in self.notes:
                    note()
                self.archive.keep(self.events, t, self._live.station.as_of)
                self.archive.decide(self.news, t)
                self.archive.note_states(self.states)
                self.archive.remember(self.finished)
                if self.events or show:
                    self.archive.show(self._live.established)
                if also is not None:
                    also()
        except ArchiveError as error:
            if str(error) != self._said:
                self._say(str(error))
            self._said = str(error)
            return
        self.days_count += any(len(one.pages.days) for one in self.finished)
        alert, journalled = self.alerting, bool(self.events)
        self.events, self.news, self.notes, self.states, self._said = [], [], [], [], ""
        self.finished = []
        self.last_commit_t = t
        with suppress(ArchiveError):
            self.events_count = self.archive.events_count()
            self.verdicts = self.archive.verdicts_count(self._live.station.as_of - WEEK_S)
        if alert or journalled:
            self.tell(alert)


def _nobody(alert: bool) -> None:
    """Tell nobody that something new stands in the journal."""
