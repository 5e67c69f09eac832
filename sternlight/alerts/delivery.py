"""Sends the letters that are due, one receiver at a time, and writes down what became of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sternlight.alerts import backoff
from sternlight.alerts.book import OPERATOR, Book, Letter, What
from sternlight.alerts.channel import Channel, Outcome, Parcel
from sternlight.alerts.channels import channel_of, open_channel
from sternlight.alerts.commands import arrived, refused
from sternlight.alerts.credentials import Seal
from sternlight.alerts.intake import sent
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.pgp import BadKey
from sternlight.alerts.subscription import Subscription
from sternlight.errors import SettingsError

# What must not be believed any longer comes first, then what somebody waits for.
ORDER: tuple[What, ...] = (
    "withdrawn", "confirm", "test", "answer", "health", "alert", "stronger", "closed", "digest",
)  # fmt: skip
DAY_S = 86_400.0
BLOCKS = "blocks"  # in `about`
ALIKE_COUNT = 5  # so many receivers in a row that are put off: the way there is blocked


class Block(NamedTuple):
    """Why nothing goes out by a channel."""

    since: float  # Unix seconds
    tries_count: int
    says: str


class Gone(Exception):
    """There is nothing to tell any more: the event is not in the archive."""


@dataclass(slots=True)
class Delivery:
    """One pass over all that is due."""

    book: Book
    seal: Seal
    mail: Mail
    make: Callable[[Letter, Subscription], Parcel]  # raises BadKey and Gone
    now: Callable[[], float]
    stop: Callable[[], bool]
    says: list[str] = field(default_factory=list)
    sent_count: int = 0
    failed_count: int = 0

    def run(self) -> None:
        """Send what can be sent; what cannot waits."""
        due = self.book.letters("state = 'due' and due <= ?", self.now())
        ways: dict[str, list[Letter]] = {}
        for letter in due:
            to = self._subscriber(letter)
            if to is None:
                self.book.mark(letter.number, "dropped", self.now(), "nobody is there any more")
            elif to.state in ("paused", "dead") and letter.what != "withdrawn":
                self.book.postpone(letter.number, self.now() + DAY_S, letter.tries_count, to.state)
            else:
                ways.setdefault(channel_of(to.to), []).append(letter)
        for name, letters in ways.items():
            self._send_by(name, sorted(letters, key=lambda one: (ORDER.index(one.what), -one.score)))

    def _subscriber(self, letter: Letter) -> Subscription | None:
        """Return to whom a letter goes, as it stands this moment."""
        if letter.subscription != OPERATOR:
            return self.book.subscription(self.seal, letter.subscription)
        if not self.mail.operator:
            return None
        return Subscription(OPERATOR, "active", 0.0, self.mail.operator)

    def _send_by(self, name: str, letters: list[Letter]) -> None:
        """Send letters by one channel."""
        try:
            channel = open_channel(name, self.mail)
        except SettingsError as error:
            self._blocked(name, letters, str(error))
            return
        put_off_count = 0
        with closing(channel):
            for at, letter in enumerate(letters):
                if self.stop():
                    return
                outcome = self._send(channel, letter)
                if outcome is None:
                    continue
                put_off_count = put_off_count + 1 if outcome.how == "later" else 0
                if outcome.how == "ours" or put_off_count == ALIKE_COUNT:
                    self._blocked(name, letters[at + 1 :], outcome.says)
                    return
        if name in self._blocks():
            self._say_blocks({n: b for n, b in self._blocks().items() if n != name})

    def _send(self, channel: Channel, letter: Letter) -> Outcome | None:
        """Send one letter; None if there is nothing to send any more."""
        to = self._subscriber(letter)
        if to is None:  # removed since the round began
            return None
        try:
            parcel = self.make(letter, to)
        except Gone as gone:
            self.book.mark(letter.number, "dropped", self.now(), str(gone))
            return None
        except BadKey as error:
            self._without_key(letter, to, str(error))
            return None
        outcome = channel.send(to.to, parcel)
        self._settle(letter, to, outcome)
        return outcome

    def _settle(self, letter: Letter, to: Subscription, outcome: Outcome) -> None:
        """Write down what became of a letter."""
        t = self.now()
        if outcome.how == "sent":
            self.sent_count += 1
            sent(self.book, letter, t)
            arrived(self.book, self.seal, to.number)
        elif outcome.how == "never":
            self._failed(letter, outcome.says)
            refused(self.book, self.seal, to.number, t, outcome.says)
        elif outcome.how == "later":
            tries_count = letter.tries_count + 1
            due = backoff.next_try(t, tries_count, letter.token)
            if due is None:
                self._failed(letter, f"given up after {tries_count} tries: {outcome.says}")
            else:
                self.book.postpone(letter.number, due, tries_count, outcome.says)
        else:
            self._wait(letter, outcome.says)

    def _failed(self, letter: Letter, why: str) -> None:
        self.failed_count += 1
        self.book.mark(letter.number, "failed", self.now(), why)
        self.says.append(f"subscriber {letter.subscription} was not told: {why}")

    def _without_key(self, letter: Letter, to: Subscription, why: str) -> None:
        """Send nothing to somebody whose key cannot be used, ever, until there is a new one."""
        with self.book.transaction():
            self.book.change(self.seal, replace(to, state="paused", paused_until=None))
            self.book.postpone(letter.number, self.now() + DAY_S, letter.tries_count, why)
            tell_operator(self.book, self.seal, self.now(), f"Subscriber {to.number} is paused: {why}")

    def _blocked(self, name: str, letters: Iterable[Letter], says: str) -> None:
        """Let everything wait that would go the same way; the longer it lasts, the longer."""
        before = self._blocks().get(name)
        tries_count = before.tries_count + 1 if before else 1
        t = self.now()
        block = Block(before.since if before else t, tries_count, says)
        with self.book.transaction():
            self._say_blocks(self._blocks() | {name: block})
            for letter in letters:
                self.book.postpone(letter.number, t + backoff.wait_s(tries_count), letter.tries_count, says)
        self.says.append(f"{name}: {says}")

    def _blocks(self) -> dict[str, Block]:
        return blocks(self.book)

    def _say_blocks(self, found: dict[str, Block]) -> None:
        self.book.say(BLOCKS, json.dumps(found))


def blocks(book: Book) -> dict[str, Block]:
    """Return by channel why nothing goes out."""
    return {name: Block(*of) for name, of in json.loads(book.about(BLOCKS, "{}")).items()}
