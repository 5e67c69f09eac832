"""What subscribers ask for is done here, whether they answered a mail or told the operator.

Whatever is done twice changes nothing the second time.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, NamedTuple

from sternlight.alerts.book import OPERATOR, Book
from sternlight.alerts.credentials import Seal
from sternlight.alerts.wording import SNOOZE_DAYS, Command
from sternlight.text import plain

MOST_REASON = 300  # characters
BLANKED = "(address removed)"

Done = Literal[
    "confirmed", "acknowledged", "snoozed", "dismissed", "removed", "paused", "resumed",
    "helped", "unclear", "bounced", "nothing",
]  # fmt: skip
Why = Literal["", "unclear", "help", "no event", "no ship", "no reason", "not confirmed"]

_HULL = re.compile(r"-(\d{1,9})\.\d+(?=-)")  # of anomalies.event.track_name, in an event's id
_ADDRESS = re.compile(r"\S+[@＠﹫]\S+")


class Order(NamedTuple):
    """What is to be done, and for whom."""

    command: Command
    number: int = OPERATOR  # of the subscriber
    event: str = ""  # the id of the event that it is about
    opt_in: bool = False  # by who was asked whether the address is right, or has the code


class Outcome(NamedTuple):
    """What was done, and why no more."""

    done: Done
    number: int = OPERATOR
    why: Why = ""


def apply(book: Book, seal: Seal, order: Order, t: float) -> Outcome:
    """Do what is asked for at Unix time `t`, or say in `why` what is missing.

    The operator's word goes for all who are subscribed.  Raises ArchiveError where the book
    cannot be written.
    """
    if order.command.verb == "stop" and book.subscription(seal, order.number):
        book.remove(order.number)
        return Outcome("removed", order.number)
    with book.transaction():
        return within(book, seal, order, t)


def within(book: Book, seal: Seal, order: Order, t: float) -> Outcome:
    """Do the same inside a transaction; but nobody is removed in one."""
    command, number, _event, _opt_in = order
    one = book.subscription(seal, number)
    if number != OPERATOR and one is None:
        return Outcome("nothing", number)
    match command.verb:
        case "confirm" if one and order.opt_in:
            if one.state == "pending":
                book.change(seal, replace(one, state="active"))
            return Outcome("confirmed", number)
        case "pause" | "resume" if one and one.state == "pending":
            return Outcome("unclear", number, "not confirmed")
        case "pause" if one:
            until = None if command.days is None else t + command.days * 86_400.0
            book.change(seal, replace(one, state="paused", paused_until=until))
            return Outcome("paused", number)
        case "resume" if one:
            book.change(seal, replace(one, state="active", paused_until=None, bounces_count=0))
            return Outcome("resumed", number)
        case "acknowledge" | "snooze" | "dismiss":
            return _on_event(book, seal, order, t, one.to if one else "")
        case "help":
            return Outcome("helped", number, "help")
    return Outcome("unclear", number, "unclear")


def mmsis_of(event: str) -> tuple[int, ...]:
    """Return the MMSIs of the ships in an event's id, sorted; none if it is about an area."""
    return tuple(sorted({int(mmsi) for mmsi in _HULL.findall(event)}))


def _on_event(book: Book, seal: Seal, order: Order, t: float, to: str) -> Outcome:
    """Acknowledge or dismiss an event, or snooze its ships."""
    command, number, event, _ = order
    if not event:
        return Outcome("unclear", number, "no event")
    if command.verb == "snooze":
        until = t + (command.days or SNOOZE_DAYS) * 86_400.0
        return _snooze(book, number, mmsis_of(event), until)
    says = blanked(command.says, to)
    if command.verb == "dismiss" and not says:
        return Outcome("unclear", number, "no reason")
    done: Done = "dismissed" if command.verb == "dismiss" else "acknowledged"
    for mmsi in mmsis_of(event) or (0,):
        row = (done, event, mmsi, says)
        if not book.read("select 1 from remarks where (what, event, mmsi, says) = (?, ?, ?, ?)",
                         *row):  # fmt: skip
            book.write("insert into remarks (t, what, event, mmsi, says) values (?, ?, ?, ?, ?)",
                       t, *row)  # fmt: skip
    if number != OPERATOR and not book.put(seal, number, event, "stronger", t, "dropped"):
        # Whoever has seen it need not be told that it is stronger.
        book.write(
            "update letters set state = 'dropped', done = ?, why = ? where subscription = ? and"
            " thread = ? and what = 'stronger' and state in ('waiting', 'digest', 'due')",
            t, done, number, event,
        )  # fmt: skip
    return Outcome(done, number)


def _snooze(book: Book, number: int, mmsis: tuple[int, ...], until: float) -> Outcome:
    """Tell a subscriber, or everybody there is, nothing of these ships for a while."""
    if not mmsis:
        return Outcome("unclear", number, "no ship")
    everybody = [row[0] for row in book.read("select number from subscriptions")]
    for one in everybody if number == OPERATOR else [number]:
        for mmsi in mmsis:
            book.write("insert or replace into snoozes values (?, ?, ?)", one, mmsi, until)
    return Outcome("snoozed", number)


def blanked(says: str, to: str) -> str:
    """Return a reason as it may be shown to everybody: one short line without addresses.

    `to` is the address of whoever wrote it, or "".
    """
    says = plain(" ".join(says.split()))[: 10 * MOST_REASON]
    user, _, host = to.partition("@")
    if host:  # as people write it to hide it from programs
        hidden = rf"{re.escape(user)}\W*(?:@|\bat\b)\W*{re.escape(host)}"
        says = re.sub(hidden, BLANKED, says, flags=re.IGNORECASE)
    elif to:
        says = says.replace(to, BLANKED)
    return _ADDRESS.sub(BLANKED, says)[:MOST_REASON]
