"""Where news of events become letters, in one transaction of the Book.

An alert becomes a letter to each active subscriber whom it is for, in state `waiting`, and what
was held back one in state `digest`.  Those who were told learn when it closed or grew much
stronger, the way they were told: by a mail of its own, or in the next digest.  What is
withdrawn is told to all who were told, or may have been; who was not never hears of it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from sternlight.alerts.audience import Audience, Happened, happened
from sternlight.alerts.book import Book, Letter, LetterState, What
from sternlight.alerts.credentials import Seal
from sternlight.alerts.told import COUNTED, OF_EVENTS, in_digest, last_told, told_in, until
from sternlight.sqlite import Database

DAY_S = 86_400.0
OLD_S = 7 * DAY_S  # what is older is no news; it stands in a digest at most
# So long it is known who was told what.  A journal that is read again from its beginning, since
# the archive is another, tells nothing that is older.
KEPT_S = 400 * DAY_S
MUCH_STRONGER = 1.0  # of log-odds: 0.7 to 0.86, 0.86 to 0.94
UNSENT = ("waiting", "digest", "due")


class News(NamedTuple):
    """A row of the journal, or a decision to hold an event back.

    It says that something happened to an event; how that stands now is read in the archive.
    """

    t: float
    what: str  # opened, updated, closed, withdrawn, alert, held back
    event: str

    @property
    def announces(self) -> bool:
        """Whether it is for people who were not told yet."""
        return self.what in ("alert", "held back")


ByWhat = dict[What, Letter]


@dataclass(slots=True)
class Desk:
    """Some news, and the letters of their events to all subscribers, as they are changed."""

    book: Book
    seal: Seal
    t: float
    news: Sequence[News]
    made: Mapping[int, float]  # when somebody subscribed
    states: Mapping[int, str]  # of those who subscribe now
    happened: Mapping[str, Happened]
    fits: Mapping[str, list[int]]
    letters: dict[str, dict[int, ByWhat]]  # by event and subscription
    tried: dict[int, list[Letter]]  # digests that may have arrived, by subscription
    facts: dict[str, str] = field(default_factory=dict)  # by event

    @classmethod
    def open(
        cls, book: Book, seal: Seal, t: float, audience: Audience, archive: Database,
        news: Sequence[News],
    ) -> Self:  # fmt: skip
        """Read what is known of the events of some news, inside a transaction of the Book."""
        states = dict(book.read("select number, state from subscriptions"))
        ids = {one.event for one in news}
        letters: dict[str, dict[int, ByWhat]] = defaultdict(lambda: defaultdict(dict))
        for one in book.letters(f"thread in ({','.join('?' * len(ids))})", *ids):
            letters[one.thread][one.subscription][one.what] = one
        tried: dict[int, list[Letter]] = defaultdict(list)
        for one in book.letters("state = 'due' and what = 'digest' and tries_count > 0"):
            tried[one.subscription].append(one)
        announced = {one.event for one in news if one.announces}
        found = happened(archive, announced | letters.keys())
        rows = {name: found[name].told for name in sorted(announced & found.keys())}
        fits = audience.of(rows) if rows else {}
        return cls(book, seal, t, news, audience.made, states, found, fits, letters, tried)

    def work(self) -> None:
        """Turn the news into letters."""
        for news in self.news:
            one = self.happened.get(news.event)
            if one is None or self.t - news.t > KEPT_S:
                continue
            if one.state == "withdrawn":
                self._withdraw(one)
            elif one.shown:
                if news.announces:
                    self._announce(news, one)
                for number, letters in self.letters.get(one.id, {}).items():
                    self._update(news, one, number, letters)

    def _announce(self, news: News, one: Happened) -> None:
        """Write a letter to everybody whom an event is for, and who has none."""
        small = news.what == "held back" or self._old(news)
        state: LetterState = "digest" if small else "waiting"
        for number in self.fits[one.id]:
            if self.states.get(number) == "active" and news.t >= self.made[number]:
                before = self.letters[one.id][number].get("alert")
                if before is None:
                    self._put(number, one, "alert", state)
                elif not small and self._only_counted(before):
                    self._change(before, "waiting", "")

    def _only_counted(self, letter: Letter) -> bool:
        """Return whether a letter was in no digest yet, or was only counted there."""
        if letter.state == "digest":
            return self._perhaps_in_digest(letter) is None
        return letter.state == "dropped" and letter.why.startswith(COUNTED)

    def _update(self, news: News, one: Happened, number: int, letters: ByWhat) -> None:
        """Hold an event against what a subscriber was told of it."""
        for what, letter in letters.items():
            if letter.state in UNSENT and letter.score != one.score:
                self.book.write(
                    "update letters set score = ? where number = ?", one.score, letter.number
                )
                letters[what] = letter._replace(score=one.score)
        told = last_told(letters.values())
        if told is None or "withdrawn" in letters:
            return
        apart = self.states.get(number) == "active" and not in_digest(letters["alert"])
        state: LetterState = "waiting" if apart and not self._old(news) else "digest"
        if one.state == "closed" and told.state == "open" and "closed" not in letters:
            grown = letters.get("stronger")
            if grown and grown.state in UNSENT and not self._may_be_known(grown):
                self._change(grown, "dropped", "told as it closed")
            self._put(number, one, "closed", state)
        elif log_odds(one.score) >= log_odds(told.score) + MUCH_STRONGER - 1e-9:
            closed = letters.get("closed")  # which tells how strong it is, too
            if not (closed and closed.state in UNSENT):
                self._put(number, one, "stronger", state)

    def _withdraw(self, one: Happened) -> None:
        """Take back what has not been told, and tell those who know."""
        for number, letters in self.letters.get(one.id, {}).items():
            if "withdrawn" in letters:
                continue
            known = any(self._may_be_known(letters[what]) for what in OF_EVENTS & letters.keys())
            for what in OF_EVENTS & letters.keys():
                if letters[what].state in UNSENT:
                    digest = self._perhaps_in_digest(letters[what])
                    why = digest.thread if digest else "withdrawn"
                    self._change(letters[what], "dropped", why)
            if known:
                self._put(number, one, "withdrawn", "waiting")

    def _may_be_known(self, letter: Letter) -> bool:
        """Return whether a letter was sent, or tried, in which case nobody knows."""
        return (
            letter.state == "sent"
            or letter.tries_count > 0
            or self._perhaps_in_digest(letter) is not None
        )

    def _perhaps_in_digest(self, letter: Letter) -> Letter | None:
        """Return the digest with a letter that may have arrived."""
        if letter.state == "digest":
            for digest in self.tried.get(letter.subscription, ()):
                if until(digest) == letter.due and letter.thread in told_in(digest):
                    return digest
        return None

    def _old(self, news: News) -> bool:
        return self.t - news.t > OLD_S

    def _put(self, number: int, one: Happened, what: What, state: LetterState) -> None:
        if one.id not in self.facts:
            self.facts[one.id] = one.facts()
        letter = self.book.put(
            self.seal, number, one.id, what, self.t, state,
            score=one.score, facts=self.facts[one.id],
        )  # fmt: skip
        if letter is not None:
            self.letters[one.id][number][what] = letter

    def _change(self, letter: Letter, state: LetterState, why: str) -> None:
        self.book.mark(letter.number, state, self.t, why)
        letter = letter._replace(state=state, done=self.t, why=why)
        self.letters[letter.thread][letter.subscription][letter.what] = letter


def log_odds(score: float) -> float:
    """Return the log-odds of a score, of which 0 and 1 have finite ones, too."""
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return math.log(bounded / (1 - bounded))
