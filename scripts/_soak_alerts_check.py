"""What must have arrived, from the events and the wishes alone, held against what did."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from _soak_alerts_mail import Arrived, arrived
from _soak_alerts_people import Person, in_quiet
from _soak_alerts_run import Run
from _soak_alerts_sea import DAY, WEEK, Planned
from _soak_report import Report

from sternlight.alerts.book import Book

SLACK_S = 900.0
LAST_DAYS = 14  # before somebody leaves or a key ends: what was not told by then never is
SHOWN_COUNT = 3


@dataclass
class Findings:
    """What was found to be wrong, by what it is."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    def wrong(self, what: str, where: str) -> None:
        self.found[what].append(where)

    def tell(self, report: Report, what: str) -> None:
        those = self.found[what]
        note = f"{len(those):,}: {'; '.join(those[:SHOWN_COUNT])}" if those else ""
        report.check(what, not those, note)


MISSING = "nothing that was due is missing"
STRANGE = "nothing went to somebody who had not asked for it"
TWICE = "what came twice came after a kill or a cut, as the same letter"
AFTER_KILLS = "at most one letter twice for each kill"
WITHDRAWN = "what was withdrawn was taken back, from all who knew"
FALSELY = "nothing was taken back that nobody could know"
CLOSED = "who was told that it goes on was told that it was over"
STRONGER = "who was told was told that it is much stronger"
ONCE = "no event was told anew, at once and in a digest"
BUDGET = "no week had more than the budget"
DIGESTS = "who wants digests got nothing at once"
QUIET = "nothing came in quiet hours"
SECRET = "who gave a key got nothing unencrypted, and only they read it"
MINIMAL = "who wants no details got none"
GONE = "nothing came after somebody had left, or the key had ended"
DONE = "nothing is left that could still be sent"
WHOLE = "every mail was whole: one reader, a known letter"


def compare(report: Report, run: Run) -> None:
    """Print what arrived, and whether it is what had to."""
    letters, wrong = arrived(run)
    findings = Findings()
    for says in (*wrong, *(f"RCPT for a stranger: {one}" for one in run.server.strangers)):
        findings.wrong(WHOLE, says)
    for name, count in sorted(Counter(one.letter.what for one in letters).items()):
        report.show(f"letters: {name}", f"{count:,}")
    report.show("of which encrypted", f"{sum(one.encrypted for one in letters):,}")
    _twice(findings, run, letters)
    mine: dict[int, list[Arrived]] = defaultdict(list)
    for one in letters:
        mine[one.letter.person].append(one)
    for person in run.people:
        _Reader(findings, run, person, mine[person.number]).check()
    _left(findings, run)
    for name, count in sorted(findings.counts.items()):
        report.show(name, f"{count:,}")
    for what in (WHOLE, STRANGE, MISSING, ONCE, TWICE, AFTER_KILLS, WITHDRAWN, FALSELY, CLOSED,
                 STRONGER, BUDGET, DIGESTS, QUIET, SECRET, MINIMAL, GONE, DONE):  # fmt: skip
        findings.tell(report, what)


def _twice(findings: Findings, run: Run, letters: Iterable[Arrived]) -> None:
    """Each copy but the last needs a reason: its sender was killed, or never heard the answer."""
    by_round: Counter[int] = Counter()
    for one in letters:
        for copy in one.copies[:-1]:
            if not copy.answered:
                findings.counts["came twice after a cut connection"] += 1
            elif copy.round in run.killed:
                findings.counts["came twice after a kill"] += 1
                by_round[copy.round] += 1
            else:
                findings.wrong(TWICE, f"round {copy.round}, subscriber {one.letter.person}")
    for number, count in by_round.items():
        if count > 1:
            findings.wrong(AFTER_KILLS, f"{count} in round {number}")


def _left(findings: Findings, run: Run) -> None:
    with Book.open(run.folder) as book:
        for number, what, state, count in book.read(
            "select subscription, what, letters.state, count(*) from letters"
            " join subscriptions on subscriptions.number = subscription"
            " where letters.state in ('waiting', 'due') and subscriptions.state = 'active'"
            " group by 1, 2, 3"
        ):
            findings.wrong(DONE, f"subscriber {number}: {count} {what} {state}")


@dataclass
class _Reader:
    """One subscriber, what came, and what had to."""

    findings: Findings
    run: Run
    person: Person
    letters: list[Arrived]

    def check(self) -> None:
        self._each()
        at_once = {one.letter.event for one in self.letters if one.letter.what == "alert"}
        if self.person.temper != "dead":
            self._whole(at_once)
        self._budget([one for one in self.letters if one.letter.what == "alert"])

    def _each(self) -> None:
        """Look at each mail by itself."""
        person, wrong = self.person, self._wrong
        for one in self.letters:
            if any(not person.wants(self.run.planned[number]) for number in one.events):
                wrong(STRANGE, one)
            if one.encrypted != bool(person.secret) or one.leaks:
                wrong(SECRET, one)
            if person.minimal and one.events:
                wrong(MINIMAL, one)
            if one.letter.what == "alert" and person.digest != "now":
                wrong(DIGESTS, one)
            for copy in one.copies:
                if in_quiet(person, copy.t, SLACK_S):
                    wrong(QUIET, one)
                if any(end is not None and copy.t > end + SLACK_S
                       for end in (person.leaves, person.key_ends)):  # fmt: skip
                    wrong(GONE, one)

    def _wrong(self, what: str, one: Arrived) -> None:
        self.findings.wrong(what, f"subscriber {self.person.number}, {one.letter.what}")

    def _tells(self, one: Arrived) -> set[int]:
        """Return which events a mail tells of; of a minimal one, that of its thread."""
        return one.events or ({one.letter.event} if one.letter.event is not None else set())

    def _whole(self, at_once: set[int | None]) -> None:
        """Look whether everything came that was due, in the order that it befell."""
        counted = sum(one.more_count for one in self.letters)
        told: dict[int, list[Arrived]] = defaultdict(list)
        for one in self.letters:
            for number in self._tells(one):
                told[number].append(one)
        unnamed = 0
        for event in filter(self.person.wants, self.run.planned):
            mails = sorted(told.get(event.number, ()), key=lambda one: one.last.t)
            if self._due(event) and not mails:
                unnamed += 1
            if mails:
                self._life(event, mails)
                digests = [one for one in mails if one.letter.what == "digest"]
                if event.number in at_once and digests and digests[0] is mails[0]:
                    self.findings.wrong(ONCE, f"subscriber {self.person.number}, {event.id}")
        blind = self.person.minimal  # a digest says nothing of what is in it
        self.findings.counts["told only as one of so many in a digest"] += counted
        self.findings.counts["due, and named in no mail"] += unnamed
        if unnamed > counted and not blind:
            self.findings.wrong(
                MISSING, f"subscriber {self.person.number}: {unnamed}, and {counted} counted"
            )

    def _due(self, event: Planned) -> bool:
        """Return whether they must have been told of an event, sooner or later."""
        t = event.when("alert", "held back")
        if t is None or event.when("withdrawn") is not None:
            return False
        ends = [end for end in (self.person.leaves, self.person.key_ends) if end is not None]
        if any(t > end - LAST_DAYS * DAY for end in ends):
            return False
        self.findings.counts["events due to somebody"] += bool(self.person.there(t))
        return self.person.there(t) is True

    def _life(self, event: Planned, mails: Sequence[Arrived]) -> None:
        """Look whether what was told of an event followed what became of it."""
        what = [one.letter.what for one in mails]
        first = mails[0]
        known = self.run.written[first.last.round]
        gone = event.when("withdrawn")
        over = any(end is not None for end in (self.person.leaves, self.person.key_ends))
        if gone is not None:
            if "withdrawn" not in what and not over:
                self.findings.wrong(WITHDRAWN, f"subscriber {self.person.number}, {event.id}")
            return
        if "withdrawn" in what:
            self.findings.wrong(FALSELY, f"subscriber {self.person.number}, {event.id}")
        # A digest may count an update instead of naming it, and a minimal one names nothing.
        if over or self.person.minimal or self._digests_count():
            return
        later = [one for one in mails if one.copies[0].t > first.last.t]
        closed = event.when("closed")
        if closed is not None and closed > known and not later:
            self.findings.wrong(CLOSED, f"subscriber {self.person.number}, {event.id}")
        grown = event.when("updated")
        if grown is not None and grown > known and not later:
            more = _log_odds(event.score(grown)) - _log_odds(event.score(known))
            if more >= 1:
                self.findings.wrong(STRONGER, f"subscriber {self.person.number}, {event.id}")

    def _digests_count(self) -> bool:
        return any(one.more_count for one in self.letters)

    def _budget(self, alerts: Sequence[Arrived]) -> None:
        """Look at each week, wherever it begins; less than one a week is one in more weeks."""
        most = max(1, int(self.person.budget_per_week))
        window_s = WEEK / min(1.0, self.person.budget_per_week)
        times = sorted(one.last.t for one in alerts)
        for first, after in zip(times, times[most:], strict=False):
            if after - first < window_s - SLACK_S:
                self.findings.wrong(BUDGET, f"subscriber {self.person.number}")


def _log_odds(score: float) -> float:
    return math.log(score / (1 - score))
