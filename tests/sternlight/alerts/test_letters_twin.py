"""Random histories: letters equal those of a slow twin, and keep what is promised of them."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.alerts import intake, told
from sternlight.alerts.book import Letter
from sternlight.alerts.schedule import most_at_once, window_s
from sternlight.alerts.subscription import Subscription, Wants
from tests.sternlight.alerts.test_intake import Stopped, Stopping
from tests.sternlight.alerts.twin_letters import (
    Happening,
    Person,
    asleep,
    next_digest,
    share,
    states,
    take,
)
from tests.sternlight.alerts.world import DAY, MONDAY, World, event

KINDS = ("gap", "encounter")
SCORES = st.sampled_from([0.55, 0.6, 0.7, 0.8, 0.9, 0.97])
EVENTS = st.integers(0, 9)
STEPS = st.one_of(
    st.tuples(st.just("alert"), EVENTS, SCORES),
    st.tuples(st.just("alert"), EVENTS, SCORES),
    st.tuples(st.just("held back"), EVENTS, SCORES),
    st.tuples(st.just("updated"), EVENTS, SCORES),
    st.tuples(st.just("closed"), EVENTS, SCORES),
    st.tuples(st.just("withdrawn"), EVENTS, SCORES),
    st.tuples(st.just("pause"), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("snooze"), st.integers(1, 3), EVENTS),
    st.tuples(st.just("post"), st.integers(1, 60), st.integers(0, 2**16)),
    st.tuples(st.just("post"), st.integers(1, 60), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 11.0, 24.0, 80.0]), st.just(0)),
)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["now", "now", "daily", "weekly"]),
        st.sampled_from([0.0, 0.5, 1.0, 2.0]),
        st.sampled_from([(), ("gap",)]),
        st.booleans(),
    ),
    min_size=3, max_size=3,
)  # fmt: skip


@dataclass
class History:
    """One world, and its twin."""

    world: World
    people: list[Person]
    kill: int  # the post is killed at every so many-th statement; 0 never
    t: float = MONDAY + 3600
    events: dict[str, Happening] = field(default_factory=dict)
    journal: list[tuple[float, str, str]] = field(default_factory=list)
    held: list[tuple[float, str, str]] = field(default_factory=list)
    taken: tuple[int, int] = (0, 0)
    arrived: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    doubts: Counter[tuple[int, str, str]] = field(default_factory=Counter)  # tries that may arrive
    tried: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  # may be known

    def step(self, what: str, n: Any, value: Any) -> None:
        self.t += 60
        if what == "wait":
            self.t += n * 3600
        elif what == "post":
            self.post(n, value)
        elif what == "pause":
            self.people[n - 1].state = "paused" if value else "active"
            one = self.world.book.subscription(self.world.seal, n)
            assert one is not None
            state = "paused" if value else "active"
            self.world.book.change(self.world.seal, replace(one, state=state))  # type: ignore[arg-type]
        elif what == "snooze":
            until = self.t + 2 * DAY
            self.world.book.write(
                "insert or replace into snoozes values (?, ?, ?)", n, value, until
            )
            self.people[n - 1].snoozed[value] = until
        else:
            self.happen(what, n, value)

    def happen(self, what: str, n: int, score: float) -> None:
        one = event(n, KINDS[n % 2])  # type: ignore[arg-type]
        name = one.id
        before = self.events.get(name)
        if what in ("alert", "held back"):
            if before is None:
                self.world.keep(one, "opened", score, self.t)
                self.events[name] = Happening(one.kind, n, one.start, score, "open", True)
                self.journal.append((self.t, "opened", name))
            elif before.state == "withdrawn":
                return
            alerted = any(news[1:] == ("alert", name) for news in self.journal)
            self.world.decide(name, what, self.t, self.events[name].score)
            if not alerted:
                self.held = [news for news in self.held if news[2] != name]
                (self.journal if what == "alert" else self.held).append((self.t, what, name))
        elif before is not None and before.state == "open":
            self.world.keep(one, what, score, self.t)
            before.score = score
            before.state = {"updated": "open"}.get(what, what)
            self.journal.append((self.t, what, name))

    def post(self, n: int, outcomes: int) -> None:
        """Let both do what is to be done now; a bit of `outcomes` says how a letter fares."""
        self.prepare()
        self.twin()
        expected = {
            (p.number, *key): state for p in self.people for key, state in states(p).items()
        }
        found = {
            (one.subscription, one.thread, one.what): one.state
            for one in self.world.book.letters("what != 'digest'")
        }
        assert found == expected
        due = self.world.book.letters("state = 'due' and due <= ?", self.t)
        for letter in due:
            person = self.people[letter.subscription - 1]
            assert not asleep(person, self.t)
            assert person.state == "active" or letter.what in ("withdrawn", "digest")
            how = ("sent", "lost", "later", "sent")[outcomes & 3]
            outcomes >>= 2
            self.fare(letter, person, how)

    def prepare(self) -> None:
        after = self.kill
        while True:
            book = self.world.book
            self.world.book = Stopping(book.path, book._db, after or 1 << 60)
            try:
                self.world.prepare(self.t)
                return
            except Stopped:
                after += self.kill
            finally:
                self.world.book = book

    def twin(self) -> None:
        news = self.journal[self.taken[0] :]
        held = [one for one in self.held if one[0] > self.taken[1]]
        for person in self.people:
            take(person, self.events, news + held, self.t)
            share(person, self.events, self.t)
        self.taken = len(self.journal), max([self.taken[1], *(int(one[0]) for one in held)])

    def fare(self, letter: Letter, person: Person, how: str) -> None:
        """Send a letter in the world, and tell the twin what it needs of it."""
        its = self.world.told_of(letter)
        key = letter.subscription, letter.thread, letter.what
        inside: list[Letter] = []
        if letter.what == "digest":
            inside = self.world.book.letters(
                "subscription = ? and state = 'digest' and due = ?",
                letter.subscription, told.until(letter),
            )  # fmt: skip
            self.check_digest(letter, inside, person, set(its))
        self.world.send(letter, self.t, how)
        self.arrived[key] += how != "later"
        self.doubts[key] += how == "lost"
        self.tried[person.number] |= its.keys()
        for name, now in its.items():
            known = person.known[name]
            if letter.what == "digest":
                known.tried = True  # it may be known, whatever comes of it
            if how == "sent" and letter.what != "withdrawn":
                known.told = tuple(now)  # type: ignore[assignment]
        if letter.what != "digest":
            known = person.known[letter.thread]
            if letter.what in ("alert", "stronger", "closed"):
                name = "tried" if letter.what == "alert" else f"{letter.what}_tried"
                setattr(known, name, True)
            if letter.what == "alert":
                known.mailed.append(self.t)
            if how == "sent":
                setattr(known, letter.what, "sent")
        elif how == "sent":
            for one in inside:
                known = person.known[one.thread]
                told_now = one.thread in its
                setattr(known, one.what, "sent" if told_now else "counted")
                known.in_digest |= told_now and one.what == "alert"

    def check_digest(
        self, digest: Letter, inside: list[Letter], person: Person, named: set[str]
    ) -> None:
        assert named <= {one.thread for one in inside}
        assert len(named) <= told.NAMED_COUNT
        assert told.until(digest) <= self.t
        assert next_digest(person, told.until(digest) - 1) == told.until(digest)
        if digest.tries_count == 0:
            scores = {one.thread: self.events[one.thread].score for one in inside}
            weakest = min(scores[name] for name in named)
            assert all(scores[name] <= weakest for name in scores.keys() - named)

    def check(self) -> None:
        """Hold what arrived against what is promised."""
        mails = self.world.mails
        for key, count in self.arrived.items():
            assert count <= 1 + self.doubts[key]  # never twice, but where nobody could know
        for person in self.people:
            alerts = {}
            for mail in mails:
                if mail.to == person.number and mail.what == "alert":
                    alerts[mail.thread] = mail.t
            for begin in alerts.values():
                within = [t for t in alerts.values() if 0 <= t - begin < window_s(person.budget)]
                assert len(within) <= most_at_once(person.budget)
        knows: dict[int, set[str]] = defaultdict(set)
        withdrawn: dict[int, set[str]] = defaultdict(set)
        for mail in mails:
            if mail.what == "withdrawn":
                assert mail.thread in self.tried[mail.to]
                withdrawn[mail.to].add(mail.thread)
            else:
                assert not withdrawn[mail.to] & mail.told.keys()
                knows[mail.to] |= mail.told.keys()
        gone = {name for name, one in self.events.items() if one.state == "withdrawn"}
        for number, names in knows.items():
            assert names & gone <= withdrawn[number]
        left = self.world.book.letters("state in ('waiting', 'digest', 'due')")
        assert not left


@settings(max_examples=30)
@given(PEOPLE, st.lists(STEPS, min_size=5, max_size=40), st.sampled_from([1, 2, 5, 250]),
       st.sampled_from([0, 0, 7, 31]))  # fmt: skip
def test_letters_are_those_of_the_twin_and_keep_their_promises(
    people: list[tuple[str, float, tuple[str, ...], bool]],
    steps: list[tuple[str, Any, Any]],
    at_once: int,
    kill: int,
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(World(Path(folder))) as world,
        patch.object(intake, "AT_ONCE", at_once),
        patch.object(told, "NAMED_COUNT", 2),
    ):
        persons = []
        for digest, budget, kinds, quiet in people:
            one: Subscription = world.subscribe(
                digest=digest, budget_per_week=budget, wants=Wants(kinds=kinds),
                quiet=(22.0, 7.0) if quiet else None, made=MONDAY,
            )  # fmt: skip
            persons.append(Person(one.number, digest, budget, MONDAY, kinds, quiet=quiet))
        history = History(world, persons, kill)
        for step in steps:
            history.step(*step)
        for n in (1, 2, 3):
            history.step("pause", n, False)
        for _ in range(36):  # all goes well for two weeks and more
            history.t = (history.t // (DAY / 2) + 1) * (DAY / 2)
            history.post(0, 0)
        history.check()
