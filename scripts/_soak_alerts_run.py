"""Lets the post do its rounds while events come, kills it, and moves its clock on."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median

from _soak_alerts_people import Person, people
from _soak_alerts_round import Child, Rounds, Stuck
from _soak_alerts_sea import DAY, WEEK, H, Planned, Writer, patterns, plan
from _soak_alerts_server import HOST, Server
from _soak_report import Report

from sternlight.alerts.book import Book
from sternlight.alerts.credentials import Seal, make_seal
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.subscription import Subscription

STEP_S = 2 * H
TAIL_STEP_S = 12 * H
AFTER_A_KILL_S = 60.0
TAIL_WEEKS = 3.0  # without events: the last tries of five days, and the last weekly digests
LONGEST_S = 900.0  # that a round may take
MAILS_UNTIL = 8  # half of the kills come so many mails after a round began to send, at most,
ABOUT_S = 0.02  # and so much later: as long as it takes to write down that a mail was sent
SENDER = "station@soak.example.org"
OUTAGES, OUTAGE_S = 4, 9 * H


@dataclass
class Run:
    """Everything of one run."""

    folder: Path
    planned: list[Planned]
    people: list[Person]
    seal: Seal
    server: Server
    mail: Mail
    rounds: Rounds
    begin: float
    end: float
    seed: int
    keys: dict[int, str] = field(default_factory=dict)  # certificates, by person
    t: float = 0.0  # the simulated clock
    since: float = 0.0  # time.monotonic() when the round began
    killed: set[int] = field(default_factory=set)  # rounds
    written: dict[int, float] = field(default_factory=dict)  # rounds: up to when events had come
    latest: float = 0.0  # up to when events have
    lasted_s: list[float] = field(default_factory=list)  # of rounds that were not killed

    @classmethod
    def prepare(cls, work: Path, events: int, subscribers: int, weeks: float, seed: int) -> Run:
        """Draw events and subscribers."""
        # pysequoia makes keys by the computer's clock, so the simulated one begins there.
        begin = math.ceil(time.time() / DAY) * DAY
        known = patterns(work)
        planned = plan(known, events, weeks, begin, seed)
        drawn = people(subscribers, sorted({one["kind"] for one in known}), begin, weeks, seed)
        folder = work / "station"
        folder.mkdir()
        make_seal(work / "keys")
        everybody = [person for person, _ in drawn]
        run = cls(
            folder, planned, everybody, Seal.of(work / "keys"),
            Server({one.to: one for one in everybody}, seed, lambda: run.now()),
            Mail(sender=SENDER, keys=str(work / "keys")), Rounds.start(), begin,
            begin + weeks * WEEK, seed,
            {person.number: key for person, key in drawn},
        )  # fmt: skip
        with Book.open(folder) as book:
            for person in everybody:
                made = book.add(run.seal, person.subscription(run.keys[person.number]))
                assert made.number == person.number
        return run

    def now(self) -> float:
        """Return the simulated time: it stands between rounds."""
        return self.t + (time.monotonic() - self.since if self.since else 0.0)

    def go(self, report: Report, kills: int, *, faulty: bool) -> None:
        """Let everything happen."""
        begun, week = time.monotonic(), 1
        self.server.faulty = faulty
        writer = Writer(self.folder, self.planned)
        chance = random.Random(f"{self.seed} kills")
        outages = sorted(chance.uniform(self.begin, self.end) for _ in range(OUTAGES))
        with self.server.running():
            self.mail = replace(self.mail, server=f"smtp://{HOST}:{self.server.port}")
            for t in _moments(self.begin, self.end):
                self.t = max(self.t, t)
                writer.write(self.t)
                self.latest = self.t
                self._befall()
                if outages and outages[0] < self.t:
                    self.server.out_until = outages.pop(0) + OUTAGE_S
                left = max(1.0, (self.end - self.t) / STEP_S)
                share = 0.0 if self.t > self.end else (kills - len(self.killed)) / left
                self.server.faulty = faulty and self.t < self.end
                while self._round(chance, chance.random() < min(0.9, share)):
                    self.t += AFTER_A_KILL_S
                if self.t > self.begin + week * WEEK:
                    report.show(
                        f"week {week}", f"{len(self.server.taken):,} mails",
                        f"{len(self.killed)} kills, {time.monotonic() - begun:,.0f} s",
                    )  # fmt: skip
                    week += 1
        self.rounds.end()
        report.show(
            "rounds of the post", f"{len(self.written):,}",
            f"{median(self.lasted_s):.1f} s at the median, {max(self.lasted_s):.0f} s at most",
        )  # fmt: skip
        report.show("of which were killed", f"{len(self.killed):,}")
        for name, count in sorted(self.server.faults.items()):
            report.show(f"  {name}", f"{count:,}")

    def _round(self, chance: random.Random, kill: bool) -> bool:
        """Do one round; return whether it was killed."""
        number = self.server.round = self.server.round + 1
        self.written[number] = self.latest
        errors = self.folder.parent / "errors"
        self.since = time.monotonic()
        child = self.rounds.begin(
            {"folder": str(self.folder), "mail": asdict(self.mail), "t": self.t,
             "errors": str(errors)}
        )  # fmt: skip
        if kill:
            self._kill(child, chance)
        if not child.ended(LONGEST_S):
            child.kill()
            raise Stuck(f"round {number} takes more than {LONGEST_S:.0f} s")
        lasted_s, code = time.monotonic() - self.since, child.code()
        self.t, self.since = self.now(), 0.0
        if code > 0:
            raise Stuck(f"round {number} failed: {errors.read_text('utf-8')}")
        if code:
            self.killed.add(number)
        else:
            self.lasted_s.append(lasted_s)
        return code != 0

    def _kill(self, child: Child, chance: random.Random) -> None:
        """Kill a round, at any moment or about when a mail is taken over, unless it ends before."""
        taken = self.server.taken
        mails = len(taken) + chance.randint(1, MAILS_UNTIL) if chance.random() < 0.5 else None
        usual = median(self.lasted_s[-20:]) if self.lasted_s else 3.0
        until = time.monotonic() + (LONGEST_S if mails else chance.uniform(0, 1.2 * usual))
        while time.monotonic() < until and not (mails and len(taken) >= mails):
            if child.ended(0.0005):
                return
        if mails:
            time.sleep(chance.uniform(0, ABOUT_S))
        child.kill()

    def _befall(self) -> None:
        """Let people pause, come back and leave when their time has come."""
        with Book.open(self.folder) as book:
            for person in self.people:
                if person.leaves and person.leaves <= self.t < person.leaves + STEP_S:
                    book.remove(person.number)
                for at, moment in enumerate(person.pauses or ()):
                    if moment <= self.t < moment + STEP_S:
                        one = book.subscription(self.seal, person.number)
                        if one is not None and one.state != "dead":
                            book.change(self.seal, _paused(one, at == 0))


def _paused(one: Subscription, paused: bool) -> Subscription:
    return replace(one, state="paused" if paused else "active", paused_until=None)


def _moments(begin: float, end: float) -> Iterator[float]:
    """Yield when rounds begin: often while events come, and then until all has been said."""
    yield from (begin + n * STEP_S for n in range(1, int((end - begin) / STEP_S) + 1))
    for n in range(1, int(TAIL_WEEKS * WEEK / TAIL_STEP_S) + 1):
        yield end + n * TAIL_STEP_S
