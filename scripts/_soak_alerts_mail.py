"""What arrived: whose letter each mail is, and what it tells, read as its reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from _soak_alerts_people import Person
from _soak_alerts_run import Run
from _soak_alerts_sea import DAY, MID, NAME
from _soak_alerts_server import Taken

WHATS = ("alert", "stronger", "closed", "withdrawn")
EVENT = re.compile(rb"\b[a-z_]+-(\d{9})\.\d+-(?:\d{9}\.\d+-)?\d{8}T\d{6}Z")
COUNT = re.compile(r"digest, ([\d,]+) event")
ARMOR = "-----BEGIN PGP MESSAGE-----"


class Letter(NamedTuple):
    """What a Message-ID stands for."""

    person: int
    what: str
    event: int | None  # number; None: a digest
    day: str = ""  # of a digest


@dataclass
class Arrived:
    """All copies of one letter, in order, and what the last of them says."""

    letter: Letter
    copies: list[Taken] = field(default_factory=list)
    events: set[int] = field(default_factory=set)  # that it tells of in words
    more_count: int = 0  # that it only counts
    encrypted: bool = False
    leaks: bool = False  # words of an event outside of what is encrypted

    @property
    def last(self) -> Taken:
        return self.copies[-1]


def arrived(run: Run) -> tuple[list[Arrived], list[str]]:
    """Return the letters that arrived, and what was wrong with mails as such."""
    letters, wrong = _letters(run), []
    found: dict[Letter, Arrived] = {}
    by_number = {one.number: one for one in run.people}
    for taken in run.server.taken:
        outside = _parsed(taken.content)
        token = str(outside["Message-ID"]).strip("<>").partition("@")[0]
        letter = letters.get(token)
        if letter is None:
            wrong.append(f"round {taken.round}: a Message-ID of no letter")
            continue
        person = by_number[letter.person]
        if taken.to != (person.to,) or str(outside["To"]) != person.to:
            wrong.append(f"round {taken.round}: a letter of {person.number} to somebody else")
        one = found.setdefault(letter, Arrived(letter))
        one.copies.append(taken)
        try:
            _read(one, outside, taken.content, person)
        except RuntimeError:
            wrong.append(f"round {taken.round}: {person.number} cannot decrypt a mail")
    return list(found.values()), wrong


def _letters(run: Run) -> Mapping[str, Letter]:
    """Return what every token stands for that can be: of the wanted, and of digests by day."""
    days = [datetime.fromtimestamp(run.begin + n * DAY, UTC).date()
            for n in range(int((run.t - run.begin) / DAY) + 2)]  # fmt: skip
    found = {}
    for person in run.people:
        for one in filter(person.wants, run.planned):
            for what in WHATS:
                token = run.seal.token("letter", person.number, one.id, what)
                found[token] = Letter(person.number, what, one.number)
        for day in days:
            token = run.seal.token("letter", person.number, f"digest-{day}", "digest")
            found[token] = Letter(person.number, "digest", None, str(day))
    return found


def _read(one: Arrived, outside: EmailMessage, raw: bytes, person: Person) -> None:
    inside = outside
    one.encrypted = outside.get_content_type() == "multipart/encrypted"
    if one.encrypted:
        import pysequoia

        secret = list(outside.iter_parts())[1].get_payload(decode=True)
        assert isinstance(secret, bytes)
        one.leaks |= (
            bool(NAME.search(raw) or EVENT.search(raw)) or str(outside["Subject"]) != "[...]"
        )
        key = pysequoia.Tsk.from_bytes(person.secret.encode())
        told = pysequoia.decrypt(secret, key.decryptor()).bytes
        assert told is not None
        inside = _parsed(told)
    text = b"\n".join(_words(inside))
    events = {(int(number) - MID) // 2 for number in EVENT.findall(text)}
    events |= {int(number) for number in NAME.findall(text)}
    one.events |= events
    counted = COUNT.search(str(inside["Subject"]))
    one.more_count = int(counted[1].replace(",", "")) - len(events) if counted else 0


def _words(message: EmailMessage) -> Iterator[bytes]:
    yield str(message["Subject"]).encode()
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content


def _parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found
