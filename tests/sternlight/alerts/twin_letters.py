"""Who is told what and when, the slow and obvious way: one subscriber, one event at a time.

It knows no database, no transactions and no places in a journal: each time it walks through
the whole of the journal from its beginning, and skips what it did before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = 86_400.0


@dataclass
class Known:
    """How it stands between one subscriber and one event."""

    alert: str = ""  # "" nothing written; waiting, digest, due, sent, counted, dropped
    tried: bool = False  # a mail of its own went out, or may have
    in_digest: bool = False  # told in a digest
    told: tuple[float, str] | None = None
    stronger: str = ""
    stronger_tried: bool = False
    closed: str = ""
    closed_tried: bool = False
    withdrawn: str = ""
    mailed: list[float] = field(default_factory=list)


@dataclass
class Person:
    number: int
    digest: str
    budget: float
    made: float
    kinds: tuple[str, ...]
    state: str = "active"
    quiet: bool = False  # from 22 to 7, UTC
    snoozed: dict[int, float] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)


@dataclass
class Happening:
    kind: str
    mmsi: int
    start: float
    score: float
    state: str
    shown: bool


def odds(score: float) -> float:
    return math.log(score / (1 - score))


def next_digest(person: Person, t: float) -> float:
    moment = datetime.fromtimestamp(t, UTC).replace(hour=7, minute=0, second=0, microsecond=0)
    while moment.timestamp() <= t or (person.digest != "daily" and moment.weekday() != 0):
        moment += timedelta(days=1)
    return moment.timestamp()


def take(person: Person, events: dict[str, Happening], news: list[tuple[float, str, str]],
         t: float) -> None:  # fmt: skip
    """Let one person's letters follow from news not seen before, as events stand at time `t`."""
    for when, what, name in news:
        one = events[name]
        known = person.known.setdefault(name, Known())
        old = t - when > 7 * DAY
        if one.state == "withdrawn":
            withdraw(known)
            continue
        if not one.shown:
            continue
        wanted = not person.kinds or one.kind in person.kinds
        if what in ("alert", "held back") and wanted and person.state == "active":
            small = what == "held back" or old
            if when >= person.made:
                if known.alert == "":
                    known.alert = "digest" if small else "waiting"
                elif known.alert in ("digest", "counted") and not small:
                    known.alert = "waiting"
        if known.told is None or known.withdrawn:
            continue
        way = "digest" if known.in_digest or old or person.state != "active" else "waiting"
        if one.state == "closed" and known.told[1] == "open" and not known.closed:
            if known.stronger in ("waiting", "digest", "due") and not known.stronger_tried:
                known.stronger = "dropped"
            known.closed = way
        elif (
            odds(one.score) >= odds(known.told[0]) + 1 - 1e-9
            and not known.stronger
            and known.closed not in ("waiting", "digest", "due")
        ):
            known.stronger = way


def withdraw(known: Known) -> None:
    if known.withdrawn:
        return
    if known.told or known.tried:
        known.withdrawn = "waiting"
    for what in ("alert", "stronger", "closed"):
        if getattr(known, what) in ("waiting", "digest", "due"):
            setattr(known, what, "dropped")


def share(person: Person, events: dict[str, Happening], t: float) -> None:
    """Say what goes out at once; the rest goes into the digest."""
    for mmsi in [mmsi for mmsi, until in person.snoozed.items() if until <= t]:
        del person.snoozed[mmsi]
    for name, known in person.known.items():
        for what in ("alert", "stronger", "closed"):
            tried = {"alert": known.tried, "stronger": known.stronger_tried,
                     "closed": known.closed_tried}[what]  # fmt: skip
            state = getattr(known, what)
            if events[name].mmsi in person.snoozed and not tried:
                if state in ("waiting", "digest", "due"):
                    setattr(known, what, "dropped")
            elif person.state == "paused" and state in ("waiting", "due"):
                setattr(known, what, "digest")
    for known in person.known.values():
        if known.withdrawn == "waiting":
            known.withdrawn = "due"
        for what in ("stronger", "closed"):
            if getattr(known, what) == "waiting":
                setattr(known, what, "due" if person.digest == "now" else "digest")
    waiting = sorted(
        (name for name, known in person.known.items() if known.alert == "waiting"),
        key=lambda name: (-events[name].score, events[name].start, name),
    )
    window = 7 * DAY / min(1.0, person.budget) if person.budget else 7 * DAY
    most = max(1, int(person.budget)) if person.budget else 0
    for name in waiting:
        spent = 0
        for other in person.known.values():
            spent += other.alert == "due" or any(t - s < window for s in other.mailed)
        fits = person.digest == "now" and spent < most
        person.known[name].alert = "due" if fits else "digest"


def asleep(person: Person, t: float) -> bool:
    return person.quiet and not 7 * 3600 <= t % DAY < 22 * 3600


def states(person: Person) -> dict[tuple[str, str], str]:
    """Return the letters there are, as the product names their states."""
    found: dict[tuple[str, str], Any] = {}
    for name, known in person.known.items():
        for what in ("alert", "stronger", "closed", "withdrawn"):
            if state := getattr(known, what):
                found[name, what] = "dropped" if state == "counted" else state
    return found
