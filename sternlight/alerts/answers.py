"""Reads a mail that came in: an answer to one of ours, a mail that came back, or neither.

Every byte of it may be anybody's invention.  What it asks for counts only with a token that
the book knows; that is looked up by whoever acts on it (commands.py).
"""

from __future__ import annotations

import hashlib
import re
from email.message import Message
from typing import NamedTuple

from sternlight.alerts.bounced import MINE, Bounce, bounce
from sternlight.alerts.mime import header, headers, leaves, parsed, text_of
from sternlight.alerts.reply import paragraph
from sternlight.alerts.wording import CODE, TOKEN, UNCLEAR, Command, understood

MOST_BYTES = 131_072  # of a mail; an answer and the headers of a bounced one come first
MOST_TOKENS = 50  # a thread of so many mails is read from its end

_SUBJECT = re.compile(rf"(?:stop|unsubscribe) {TOKEN}|confirm {CODE}", re.IGNORECASE)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_OF_PROGRAMS = ("List-Id", "List-Post", "Mailing-List", "X-Autoreply", "X-Autorespond")
_AWAY = re.compile(
    r"auto(?:matic)?[ -]?(?:reply|response)|auto:|out of (?:the )?office|automatische antwort"
    r"|abwesen|réponse automatique|respuesta automática|resposta automática|risposta automatica",
    re.IGNORECASE,
)
_ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


class Answer(NamedTuple):
    """Something that a person wrote."""

    tokens: tuple[str, ...]  # what may be tokens of ours, in the order of the thread
    command: Command
    encrypted: bool = False  # it cannot be read, and so is `unclear`


class Received(NamedTuple):
    """A mail that may be for us."""

    name: str  # the same when it comes again
    own: str  # what may be a token in its own Message-ID: one of ours on its way back
    said: Answer | Bounce


def read(mail: bytes) -> Received | None:
    """Return what a mail says, or None if it cannot be for us; never raises."""
    message = parsed(mail[:MOST_BYTES])
    if message is None:
        return None
    said = bounce(message) or _answer(message)
    if said is None:
        return None
    name = header(message, "Message-ID")
    own = MINE.match(name)
    name = name or hashlib.sha256(mail[:MOST_BYTES]).hexdigest()
    return Received(name, own[1] if own else "", said)


def _answer(message: Message) -> Answer | None:
    """Return what a person asks for; None if no person wrote it, or nothing proves who."""
    subject = header(message, "Subject")
    if _SUBJECT.fullmatch(subject):
        # Made by a program, as List-Unsubscribe tells it to; so it may say that it is one's.
        return Answer((), understood(subject))
    if automatic(message):
        return None
    lines = paragraph(message)
    command = understood(lines[0]) if lines else UNCLEAR
    if command.verb == "dismiss":
        command = understood(" ".join(lines))  # a reason may take some lines
    tokens = _tokens(headers(message, "References", "In-Reply-To"))
    if not tokens and not command.proof:
        return None
    return Answer(tokens, command, command == UNCLEAR and _encrypted(message))


def automatic(message: Message) -> bool:
    """Return whether a program sent this by itself (RFC 3834), or to many."""
    submitted = header(message, "Auto-Submitted").lower()
    return (
        submitted not in ("", "no")
        or header(message, "Precedence").lower() in _BULK
        or any(name in message for name in _OF_PROGRAMS)
        or header(message, "Return-Path") == "<>"
        or message.get_content_type() == "multipart/report"
        or bool(_AWAY.match(header(message, "Subject")))
    )


def _tokens(text: str) -> tuple[str, ...]:
    """Return what may be tokens of ours in headers."""
    return tuple(MINE.findall(text)[-MOST_TOKENS:])


def _encrypted(message: Message) -> bool:
    """Return whether what was written can be read only with a key."""
    return message.get_content_type() in _ENCRYPTED or any(
        "-----BEGIN PGP MESSAGE-----" in text_of(part)
        for part in leaves(message)
        if part.get_content_type() == "text/plain"
    )
