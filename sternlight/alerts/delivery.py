"""Sends the letters that are due, one receiver at a time, and writes down what became of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sternlight.alerts import backoff
from sternlight.alerts.book import OPERATOR, Book, Letter, What
from sternlight.alerts.bounces import refused
from sternlight.alerts.channel import Channel, Outcome
from sternlight.alerts.channels import channel_of, open_channel
from sternlight.alerts.credentials import Seal
from sternlight.alerts.health import of_subscriber
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.parcels import Gone, Packed
from sternlight.alerts.pgp import BadKey, ClockBehind
from sternlight.alerts.subscription import Subscription
from sternlight.alerts.told import sent, trying
from sternlight.errors import SettingsError
from sternlight.jsontext import dumps

# What must not be believed any longer comes first, then what somebody waits for.
ORDER: tuple[What, ...] = (
    "withdrawn", "confirm", "test", "answer", "health", "alert", "stronger", "closed", "digest",
)  # fmt: skip
HOUR_S, DAY_S = 3600.0, 86_400.0
BLOCKS = "blocks"  # under which the book keeps them


class Block(NamedTuple):
    """Why nothing goes out by a channel."""

    since: float  # Unix seconds
    tries_count: int
    says: str


def blocks(book: Book) -> dict[str, Block]:
    """Return by channel why nothing goes out."""
    return {name: Block(*of) for name, of in json.loads(book.about(BLOCKS, "{}")).items()}


@dataclass(slots=True)
class Delivery:
    """One pass over all that is due.

    `pack` makes a parcel for a subscriber at a moment, and raises Gone, BadKey and ValueError.
    """

    book: Book
    seal: Seal
    mail: Mail
    pack: Callable[[Letter, Subscription, float], Packed]
    now: Callable[[], float]
    stop: Callable[[], bool]
    says: list[str] = field(default_factory=list)
    sent_count: int = 0
    failed_count: int = 0

    def run(self) -> None:
        """Send what can be sent; what cannot waits."""
        ways: dict[str, list[Letter]] = {}
        for letter in self.book.letters("state = 'due' and due <= ?", self.now()):
            to = self._subscriber(letter)
            if to is not None:
                ways.setdefault(channel_of(to.to), []).append(letter)
        for name, letters in ways.items():
            letters.sort(key=lambda one: (ORDER.index(one.what), -one.score, one.number))
            self._send_by(name, letters)

    def _subscriber(self, letter: Letter) -> Subscription | None:
        """Return to whom a letter goes, as it stands this moment; None if it is not to go now."""
        if letter.subscription == OPERATOR:
            if self.mail.operator:
                return Subscription(OPERATOR, "active", 0.0, self.mail.operator)
            self.book.mark(letter.number, "dropped", self.now(), "there is no [mail] operator")
            return None
        one = self.book.subscription(self.seal, letter.subscription)
        if one is None:  # removed since, with all letters
            return None
        held = one.state == "dead" or (one.state == "paused" and letter.what != "withdrawn")
        if held and letter.what != "test":
            self.book.postpone(letter.number, self.now() + DAY_S, letter.tries_count, one.state)
            return None
        return one

    def _send_by(self, name: str, letters: list[Letter]) -> None:
        """Send letters by one channel."""
        try:
            channel = open_channel(name, self.mail)
        except SettingsError as error:
            self._block(name, letters, str(error))
            return
        with closing(channel):
            for at, letter in enumerate(letters):
                if self.stop():
                    return
                outcome = self._send(channel, letter)
                if outcome is not None and outcome.how == "ours":
                    self._block(name, letters[at:], outcome.says)
                    return
                if outcome is not None:
                    self._unblock(name)

    def _send(self, channel: Channel, letter: Letter) -> Outcome | None:
        """Send one letter; None if there is nothing to send now."""
        to = self._subscriber(letter)
        if to is None:
            return None
        try:
            packed = self.pack(letter, to, self.now())
        except Gone as gone:
            self.book.mark(letter.number, "dropped", self.now(), str(gone))
            return None
        except ClockBehind as error:
            self.book.postpone(letter.number, self.now() + HOUR_S, letter.tries_count, str(error))
            self.says.append(str(error))
            return None
        except BadKey as error:
            self._without_key(letter, to, str(error))
            return None
        except ValueError as error:
            self._fail(letter, str(error))
            return None
        trying(self.book, letter, packed.told)
        outcome = channel.send(to.to, packed.parcel)
        self._settle(letter, packed, outcome)
        return outcome

    def _settle(self, letter: Letter, packed: Packed, outcome: Outcome) -> None:
        """Write down what became of a letter."""
        t = self.now()
        match outcome.how:
            case "sent":
                sent(self.book, letter, packed.told, t)
                self.sent_count += 1
            case "refused":
                self._fail(letter, outcome.says)
            case "never":
                with self.book.transaction():
                    self._fail(letter, outcome.says)
                    refused(self.book, self.seal, letter.subscription, t)
            case "later":
                tries_count = letter.tries_count + 1
                due = backoff.next_try(t, tries_count, letter.token)
                if due is None:
                    self._fail(letter, f"given up after {tries_count} tries: {outcome.says}")
                else:
                    self.book.postpone(letter.number, due, tries_count, outcome.says)

    def _fail(self, letter: Letter, why: str) -> None:
        self.failed_count += 1
        self.book.mark(letter.number, "failed", self.now(), why)
        self.says.append(f"a letter to subscriber {letter.subscription} has failed: {why}")

    def _without_key(self, letter: Letter, to: Subscription, why: str) -> None:
        """Send nothing to somebody whose key cannot be used, ever, until there is a new one."""
        t = self.now()
        says = f"Subscriber {to.number} gets nothing any more: {why}"
        with self.book.transaction():
            self.book.change(self.seal, replace(to, state="paused", paused_until=None))
            self.book.postpone(letter.number, t + DAY_S, letter.tries_count, "no key")
            of_subscriber(self.book, to.number, says, t)
        self.says.append(says)

    def _block(self, name: str, letters: Iterable[Letter], says: str) -> None:
        """Let everything wait that would go the same way; the longer it lasts, the longer."""
        t, known = self.now(), blocks(self.book)
        before = known.get(name, Block(t, 0, ""))
        block = Block(before.since, before.tries_count + 1, says)
        due = t + backoff.wait_s(block.tries_count)
        with self.book.transaction():
            self.book.say(BLOCKS, dumps(known | {name: block}))
            for letter in letters:
                self.book.postpone(letter.number, due, letter.tries_count, says)
        self.says.append(says if name == "mail" else f"{name}: {says}")

    def _unblock(self, name: str) -> None:
        known = blocks(self.book)
        if known.pop(name, None):
            self.book.say(BLOCKS, dumps(known))
