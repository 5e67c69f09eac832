"""A station's archive and its subscribers, written by hand, and a post that sends into a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from anomalies.budget import Decision
from anomalies.event import Event, Evidence, Kind, track_name
from sternlight.alerts import told
from sternlight.alerts.book import Book, Letter
from sternlight.alerts.credentials import Seal
from sternlight.alerts.intake import take_in
from sternlight.alerts.schedule import plan
from sternlight.alerts.subscription import Subscription
from sternlight.alerts.told import Told
from sternlight.archive import Archive, News, Stored

DAY = 86_400.0
MONDAY = 1_767_571_200.0  # 2026-01-05 00:00 UTC
KEY = "A" * 43 + "="


class Mail(NamedTuple):
    """What arrived."""

    t: float
    to: int
    thread: str
    what: str
    told: dict[str, Told]


def event(n: int, kind: Kind = "encounter", **changed: Any) -> Event:
    """Return the event of a number, at sea off Dakar."""
    given: dict[str, Any] = {
        "tracks": (n * 1000 + 1,), "start": MONDAY + 60 * n, "end": None, "lat": 14.0, "lon": -18.0,
    } | changed  # fmt: skip
    return Event(kind, evidence=Evidence({}, "", ()), **given)


@dataclass
class World:
    folder: Path
    mails: list[Mail] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive, self.book, self.seal = (
            Archive.open(self.folder),
            Book.open(self.folder),
            Seal(KEY),
        )
        for file in (self.archive, self.book):
            file._db.execute("pragma synchronous = off")  # nobody cuts the power of a test
            file._db.execute("pragma journal_mode = memory")

    def close(self) -> None:
        self.archive.close()
        self.book.close()

    def keep(
        self, one: Event, what: str, score: float, t: float, shown: bool = True,
        caveats: Sequence[str] = (),
    ) -> str:  # fmt: skip
        row = {
            "id": one.id, "kind": one.kind, "state": "closed" if what == "closed" else "open",
            "mmsis": list(one.mmsis), "lat": one.lat, "lon": one.lon, "score": score,
            "caveats": list(caveats), "tracks": [track_name(track) for track in one.tracks],
            "ships": ["a fishing vessel"] * len(one.tracks), "place": "31 nmi off Dakar, SN",
            "zone": "high seas", "measured": {"duration_h": 3.2}, "rule": "2 h within 500 m",
            "for": [{"name": "long", "weight": 1.0, "says": "They stayed for 3.2 h."}],
            "against": [], "lines": [{"file": "00000001_20260105T00.log.zst", "line": 12}],
        }  # fmt: skip
        with self.archive.transaction():
            self.archive.keep([Stored(one, what, score, row, shown)], t, t)
        return one.id

    def decide(self, name: str, verdict: Any, t: float, score: float = 0.9) -> None:
        with self.archive.transaction():
            self.archive.decide([News(t, [Decision(name, score, 1.0, verdict)], [])], t)

    def alert(self, n: int, t: float, score: float = 0.9, **changed: Any) -> str:
        """Let an event open, and alert."""
        name = self.keep(event(n, **changed), "opened", score, t)
        self.decide(name, "alert", t, score)
        return name

    def subscribe(self, **changed: Any) -> Subscription:
        given = {"number": 0, "state": "active", "made": 0.0, "to": "a@example.org"} | changed
        return self.book.add(self.seal, Subscription(**given))

    def take(self, t: float) -> int:
        return take_in(self.archive, self.book, self.seal, t)

    def prepare(self, t: float) -> list[Letter]:
        """Take in and plan; return what is due."""
        self.take(t)
        plan(self.book, self.seal, t)
        return self.book.letters("state = 'due' and due <= ?", t)

    def told_of(self, letter: Letter) -> dict[str, Told]:
        """Return what a letter tells, as its event stands in the archive."""
        of = [letter]
        if letter.what == "digest":
            of = told.contents(self.book, letter).named
        rows = {one.thread: self.archive.read("select score, state from events where id = ?",
                                              one.thread)[0] for one in of}  # fmt: skip
        return {name: Told(*row) for name, row in rows.items()}

    def send(self, letter: Letter, t: float, outcome: str = "sent") -> None:
        """Send a letter; `lost`: it arrives, and that is not known; `later`: it does not."""
        its = self.told_of(letter)
        told.trying(self.book, letter, its)
        if outcome != "later":
            self.mails.append(Mail(t, letter.subscription, letter.thread, letter.what, its))
        if outcome == "sent":
            told.sent(self.book, letter, its, t)
        else:
            self.book.postpone(letter.number, t + 900, letter.tries_count + 1, "451 later")

    def post(self, t: float, outcome: Callable[[Letter], str] = lambda _: "sent") -> list[Mail]:
        """Do all that the post does at a time; return what arrived."""
        before = len(self.mails)
        for letter in self.prepare(t):
            self.send(letter, t, outcome(letter))
        return self.mails[before:]

    def letters(self) -> dict[tuple[int, str, str], tuple[str, float, int]]:
        """Return state, score and tries of every letter, by subscriber, thread and what it is."""
        return {
            (one.subscription, one.thread, one.what): (one.state, one.score, one.tries_count)
            for one in self.book.letters()
        }

    def facts(self, letter: Letter) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(letter.facts)
        return found


def whats(mails: Sequence[Mail]) -> list[tuple[int, str]]:
    return [(mail.to, mail.what) for mail in mails]
