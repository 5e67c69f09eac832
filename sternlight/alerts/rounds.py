"""When a running station has a round of the post begun.

Pure: moments are seconds of a clock that never steps, and given.  What neither an alert nor a
letter calls for happens seldom, since each round costs a small computer a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sternlight.alerts.book import Glance
from sternlight.alerts.mail_settings import Mail

LEAST_S = 60.0  # between two rounds
MOST_S = 3600.0  # the same, after many that failed
NEWS_S = 600.0  # an event that is no alert may wait so long to be taken in
ANSWERS_S = 600.0  # and so may an answer
HEALTH_S = 3600.0  # the operator's letters are told in hours
DAY_S = 86_400.0  # whatever happens: old letters are forgotten, opt-ins expire


@dataclass(slots=True)
class Rounds:
    """Remembers the last round, and what has happened since.

    `alert` and `news` are set by whoever learns of an alert, or of another row of the journal.
    """

    mail: Mail
    alert: bool = True  # until the first round nobody knows what was left over
    news: bool = True
    last: float = field(default=float("-inf"), init=False)
    failures_count: int = field(default=0, init=False)
    ailing: frozenset[str] = field(default=frozenset(), init=False)  # at the last round

    @property
    def has_operator(self) -> bool:
        """Whether somebody is to be told how the station is, and can be."""
        return bool(self.mail.operator and self.mail.server)

    def due(self, now: float, t: float, book: Glance | None, ailing: frozenset[str]) -> bool:
        """Tell whether it is time; `t` is Unix time, `ailing` the names of what is wrong."""
        if book is None and not self.has_operator:
            return False
        passed_s = now - self.last
        if passed_s < min(LEAST_S * 2.0**self.failures_count, MOST_S):
            return False
        return passed_s >= DAY_S or self._for_book(passed_s, t, book) or self._for_operator(
            passed_s, ailing
        )  # fmt: skip

    def _for_book(self, passed_s: float, t: float, book: Glance | None) -> bool:
        if book is None:
            return False
        if book.next_due is not None and book.next_due <= t:
            return True
        if not sum(book.subscribers_count.values()):
            return False
        return (
            self.alert
            or (self.news and passed_s >= NEWS_S)
            or (bool(self.mail.inbox) and passed_s >= ANSWERS_S)
        )

    def _for_operator(self, passed_s: float, ailing: frozenset[str]) -> bool:
        if not self.has_operator:
            return False
        return passed_s >= HEALTH_S or (passed_s >= NEWS_S and ailing != self.ailing)

    def begin(self, now: float, ailing: frozenset[str]) -> None:
        """Take note that a round begins; what happens from now on is for the next one."""
        self.last, self.ailing, self.alert, self.news = now, ailing, False, False

    def ended(self, well: bool, busy: bool = False) -> None:
        """Take note how it ended; `busy`: another one was at it, and this one did nothing."""
        self.failures_count = 0 if well or busy else self.failures_count + 1
        if busy or not well:
            self.alert = self.news = True
