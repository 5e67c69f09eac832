"""What the operator is told of the station, and when: its troubles, and now and then that it lives.

`ailments` says what shows in a status; `troubles.py` remembers it and keeps the measure;
`look_after` puts letters into the book.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.troubles import A_DAY_COUNT, DAY_S, Kept, Seen, follow, letter
from sternlight.hearing import DEAF
from sternlight.jsontext import dumps
from sternlight.status import SourceStatus, Status, found, size
from sternlight.text import counted, duration, iso, plain

HOUR_S = 3600.0
SETTLED_S = 900.0  # a station that has just started is not deaf
RESTARTS_COUNT = 3  # none of them a day after the one before; a power cut is no crash loop
KNOWN_S = 6 * HOUR_S  # of a day's log: before that nobody knows how much a day brings
OLDER_COUNT = 30  # sentences of letters that could not be sent, in the next one

# How long a trouble lasts before it is told, by its name in the status; and what cannot wait
GRACE_S = {
    "raw log": 600.0,
    "disk": HOUR_S,
    "queue": HOUR_S,
    "clock": 6 * HOUR_S,
    "base stations": 6 * HOUR_S,
    "heat": 6 * HOUR_S,
    "memory": 6 * HOUR_S,
    "anchorages": 36 * HOUR_S,  # so that it has failed twice
}
SERIOUS = frozenset({"raw log"})  # and "deaf"
_OF_HEARING = ("deaf", "source ")


def look_after(book: Book, seal: Seal, mail: Mail, status: Status, now: float) -> bool:
    """Put into the book what the operator is to be told now; return whether it is something.

    `now` is Unix time, by which letters are due; all else goes by the station's own clock, which
    never steps by itself.  Raises ArchiveError.
    """
    t = status["now"]
    if status["clock"]["how"] == "waiting":
        return False
    with book.transaction():
        before = {row[0]: Kept(*row) for row in book.read("select * from troubles")}
        seen = [*ailments(status, mail.deaf_h, before), *_restarts(book, status)]
        seen += _of_subscribers(book, before, t)
        kept = follow(before, seen, t)
        made = [m for m in json.loads(book.about("health letters", "[]")) if m <= t]
        ill = letter(kept, seen, made, t)
        _keep(book, ill.kept if ill else kept)
        alive_s = mail.alive_days * DAY_S
        is_well = not ill and 0 < alive_s <= _quiet_s(book, made, t)
        if ill or is_well:
            _write(book, seal, ill.sentences if ill else well(status), is_well, now)
            book.say("health letters", dumps([*made, t][-A_DAY_COUNT:]))
    return bool(ill) or is_well


def of_subscriber(book: Book, number: int, says: str, t: float) -> None:
    """Have the operator told why a subscriber gets nothing; over when that is active again.

    `says` is a sentence without an address.
    """
    book.write("insert or replace into troubles values (?, ?, ?, null, null, 0)",
               _subscriber(number), says, t)  # fmt: skip


def ailments(status: Status, deaf_h: float, before: Mapping[str, Kept]) -> list[Seen]:
    """Return what is wrong with a station, and since when by its own clock."""
    seen = [
        Seen(name, says, _kept_since(before, name, status["now"]), GRACE_S[name], name in SERIOUS)
        for name, says in found(status)
        if name in GRACE_S
    ]
    if status["now"] - status["started"] >= SETTLED_S:
        seen += _of_sources(status, deaf_h * HOUR_S, before)
    names = {one.name for one in seen}
    if "deaf" in names or status["now"] - status["started"] < SETTLED_S:
        seen += [
            Seen(one.name, one.says, one.since, known=False)
            for one in before.values()
            if one.gone is None and one.name.startswith(_OF_HEARING) and one.name not in names
        ]
    return seen


def _kept_since(before: Mapping[str, Kept], name: str, t: float) -> float:
    """Return since when something has been so, as far as anybody has looked."""
    one = before.get(name)
    return one.since if one is not None and one.gone is None else t


def _of_sources(status: Status, grace_s: float, before: Mapping[str, Kept]) -> list[Seen]:
    """Return that all sources are deaf, or else which ones are."""
    sources, says_of = status["sources"], dict(found(status))
    if all(source["state"] in DEAF for source in sources):
        since = [_since(source, before.get("deaf")) for source in sources]
        heard = [source["last_heard"] or 0.0 for source in sources]
        deaf = max([min(since, default=status["started"]), *heard])
        why = [says for name, says in says_of.items() if name.startswith("source")]
        says = f"The station has heard nothing for {duration(status['now'] - deaf)}."
        return [Seen("deaf", " ".join([says, *why]), deaf, grace_s, True)]
    return [
        Seen(name, says_of[name], _since(source, before.get(name)), grace_s)
        for source in sources
        if (name := f"source {plain(source['name'])}") in says_of
    ]


def _since(source: SourceStatus, before: Kept | None) -> float:
    """Return since when a source has been as it is, over restarts of the station."""
    if before is None or (source["last_heard"] or 0.0) > before.since:
        return source["since"]
    return min(source["since"], before.since)


def _restarts(book: Book, status: Status) -> Iterator[Seen]:
    """Yield that the station ended again and again by itself, until it did not for a day."""
    t, count = status["now"], status["restarts"]
    told = json.loads(book.about("health restarts", "null"))
    first, since, last, known = told or [count, t, t, count]
    if count < known or since > t or t - last > DAY_S:
        first, since, last, known = min(count, known), t, t, min(count, known)
    if count > known:
        last = t
    book.say("health restarts", dumps([first, since, last, count]))
    if count - first >= RESTARTS_COUNT:
        yield Seen(
            "restarts",
            f"The station was started again {counted(count - first, 'time')} since {iso(since)},"
            " each after an end that nobody asked for: a crash, or a power cut.",
            since,
        )


def _of_subscribers(book: Book, before: Mapping[str, Kept], t: float) -> Iterator[Seen]:
    """Yield who is not told any more."""
    for number, state in book.read("select number, state from subscriptions order by number"):
        one = before.get(_subscriber(number))
        if state == "dead":
            says = f"Mail to subscriber {number} is refused for good, so none is sent any more."
            yield Seen(_subscriber(number), one.says if one else says, t)
        elif state == "paused" and one is not None and one.gone is None:
            yield Seen(one.name, one.says, one.since)


def _subscriber(number: int) -> str:
    return f"subscriber {number}"


def well(status: Status) -> list[str]:
    """Say that the station lives, and what it did."""
    archive, alerts = status["archive"], status["alerts"]
    sentences = [
        f"All is well: {counted(status['vessels_day'], 'ship')} heard in the last day.",
        f"The archive holds {counted(archive['events_open'] + archive['events_closed'], 'event')};"
        f" {counted(alerts['alerts'], 'alert')} in the last week.",
        f"Sternlight {plain(status['version'])} has run since {iso(status['started'])}.",
    ]
    if still := [trouble.says for trouble in found(status)]:
        sentences[0] = sentences[0].replace("All is well", "The station hears", 1)
        sentences.append(f"To look at: {' '.join(still)}")
    free = status["disk_free_bytes"]
    if free is not None:
        sentences.insert(2, f"{size(free)} are free on the disk{_lasts(status, free)}.")
    return sentences


def _lasts(status: Status, free: int) -> str:
    """Say for how many days the disk lasts, if a day's log is known."""
    t, written = status["now"], status["raw_log"]["bytes_today"]
    passed_s = t - max(status["started"], t // DAY_S * DAY_S)
    if passed_s < KNOWN_S or not written:
        return ""
    return f", enough for about {free / (written / passed_s * DAY_S):,.0f} days of raw log"


def _keep(book: Book, kept: dict[str, Kept]) -> None:
    book.write("delete from troubles")
    for one in kept.values():
        book.write("insert into troubles values (?, ?, ?, ?, ?, ?)", *one)


def _quiet_s(book: Book, made: list[float], t: float) -> float:
    """Return for how long the operator was told nothing, counted from the first look."""
    began = float(book.about("health began", "inf"))
    if began > t:
        book.say("health began", repr(t))
        began = t
    return t - max([began, *made])


def _write(book: Book, seal: Seal, sentences: list[str], is_well: bool, now: float) -> None:
    """Put a letter into the book; what older ones did not bring yet goes along, with its time."""
    older: list[str] = []
    for one in book.letters("what = 'health' and state = 'due'"):
        facts: dict[str, Any] = json.loads(one.facts)
        new = len(facts["sentences"]) - facts["older_count"]
        if not facts["well"]:
            older += facts["sentences"][:-new]
            older += [f"{iso(one.made)}: {sentence}" for sentence in facts["sentences"][-new:]]
        book.mark(one.number, "dropped", now, "a newer one tells it, too")
    older = older[-OLDER_COUNT:]
    facts = {
        "well": is_well and not older,
        "sentences": [*older, *sentences],
        "older_count": len(older),
    }
    book.put(seal, OPERATOR, f"health {now!r}", "health", now, facts=dumps(facts))
