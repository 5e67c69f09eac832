"""What is done with a mail that came in, however it got here."""

from __future__ import annotations

import json

from sternlight.alerts import proof
from sternlight.alerts.answers import MOST_BYTES, Answer, read
from sternlight.alerts.book import OPERATOR, Book, Letter
from sternlight.alerts.bounced import Bounce
from sternlight.alerts.bounces import arrived, came_back
from sternlight.alerts.commands import Order, Outcome, apply, within
from sternlight.alerts.credentials import Seal
from sternlight.alerts.pgp_station import CannotRead, StationKey, decrypt

OF_EVENTS = frozenset({"alert", "stronger", "closed", "withdrawn"})  # whose thread is the event's
OPT_IN = frozenset({"confirm", "answer"})  # letters of which `yes` is an answer


def take(
    book: Book, seal: Seal, mail: bytes, t: float, key: StationKey | None = None
) -> Outcome | None:
    """Do what a mail asks for that came in; None if it is not for us, or came in before.

    What is encrypted to the station's `key` is read, if it proves outside whose it is.
    Subscribers whom it does not help are sent a letter of kind `answer`, one a day at most.
    Its `facts` are {"why": ..., "what": ..., "thread": ...}: the `why` of an Outcome, or
    "encrypted", and of the letter that was answered the rest, or "".
    """
    received = read(mail)
    if received is None or (received.own and proof.owner(book, seal, received.own)):
        return None
    said = received.said
    owner = _owner(book, seal, said)
    if owner is None:
        return None
    if isinstance(said, Answer) and said.encrypted and key is not None:
        said = _opened(mail, said, key)
    if isinstance(said, Answer) and said.command.verb == "stop" and owner.number != OPERATOR:
        book.receive(seal, received.name, t)
        return apply(book, seal, Order(said.command, owner.number), t)
    with book.transaction():
        if not book.receive(seal, received.name, t):
            return None
        if isinstance(said, Bounce):
            came_back(book, seal, owner, t, said.status)
            return Outcome("bounced", owner.number)
        return _answered(book, seal, owner, said, t)


def _opened(mail: bytes, said: Answer, key: StationKey) -> Answer:
    """Return what stands inside an encrypted answer; the same answer if it cannot be opened."""
    try:
        inside = read(decrypt(mail[:MOST_BYTES], key))
    except CannotRead:
        return said
    return inside.said if inside and isinstance(inside.said, Answer) else said


def leave(book: Book, seal: Seal, token: str) -> Outcome | None:
    """Remove whoever this token is of, as RFC 8058 asks for it; None if it is nobody's."""
    owner = proof.owner(book, seal, token.strip().lower())
    if owner is None or owner.number == OPERATOR:
        return None
    book.remove(owner.number)
    return Outcome("removed", owner.number)


def _owner(book: Book, seal: Seal, said: Answer | Bounce) -> proof.Owner | None:
    """Return who says this; what stands behind the word counts more than what is answered."""
    given = said.command.proof if isinstance(said, Answer) else ""
    if given:
        found = proof.owner(book, seal, given) or proof.coded(book, seal, given)
        if found:
            return found
    return proof.owner(book, seal, *said.tokens)


def _answered(book: Book, seal: Seal, owner: proof.Owner, said: Answer, t: float) -> Outcome:
    """Do what a person asks for, and have it explained where that fails."""
    number, letter = owner
    if number == OPERATOR:
        return Outcome("nothing")
    arrived(book, seal, number)
    event = letter.thread if letter and letter.what in OF_EVENTS else ""
    opt_in = letter.what in OPT_IN if letter else proof.is_code(said.command.proof)
    outcome = within(book, seal, Order(said.command, number, event, opt_in), t)
    if outcome.why:
        why = "encrypted" if said.encrypted else outcome.why
        _explain(book, seal, number, letter, why, t)
    return outcome


def _explain(
    book: Book, seal: Seal, number: int, letter: Letter | None, why: str, t: float
) -> None:
    """Have a subscriber told how to answer."""
    what, thread = (letter.what, letter.thread) if letter else ("", "")
    facts = json.dumps({"why": why, "what": what, "thread": thread})
    book.put(seal, number, f"answer {t // 86_400:.0f}", "answer", t, facts=facts)
