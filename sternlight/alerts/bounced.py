"""Mails that came back: which of ours, and with what status (RFC 3462 to 3464, and without)."""

from __future__ import annotations

import re
from email.message import Message
from email.utils import parseaddr
from typing import NamedTuple

from sternlight.alerts.mime import header, headers, leaves, text_of
from sternlight.alerts.wording import TOKEN

MOST_CHARACTERS = 20_000  # of a part in which something is looked for

MINE = re.compile(rf"<({TOKEN})@")  # where a Message-ID of ours begins
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b5[05]\d[ -]")  # of SMTP, RFC 5321 paragraph 4.2
_FINAL = re.compile(r"permanent|given up|giving up", re.IGNORECASE)
_NOT_YET = re.compile(r"\bwarning\b|\bdelayed\b|will be retried|still trying", re.IGNORECASE)
_SENDERS = frozenset({"mailer-daemon", "postmaster"})


class Bounce(NamedTuple):
    """One of our mails did not arrive, and will not."""

    tokens: tuple[str, ...]  # what may be ours of what it quotes
    status: str  # enhanced status code, RFC 3463; "" if it tells none


def bounce(message: Message) -> Bounce | None:
    """Return which mail came back for good; None for anything else, as one that is late."""
    if message.get_content_type() == "multipart/report":
        status = _reported(message)
    elif _from_a_server(message):
        status = _told(message)
    else:
        return None
    tokens = tuple(dict.fromkeys(MINE.findall(_quoted(message))))
    return Bounce(tokens, status) if tokens and status is not None else None


def _reported(message: Message) -> str | None:
    """Return the status of the receiver whom a mail did not reach; None if it may yet."""
    for part in message.walk():
        action = header(part, "Action").lower()
        status = _STATUS.match(header(part, "Status"))
        if action == "failed" or (not action and status and status[1].startswith("5")):
            return status[1] if status else ""
    return None


def _from_a_server(message: Message) -> bool:
    """Return whether a mail is of the kind that servers send: nobody can answer it."""
    sender = parseaddr(headers(message, "From"))[1].partition("@")[0].lower()
    return sender in _SENDERS or header(message, "Return-Path") == "<>"


def _told(message: Message) -> str | None:
    """Return the status that the words of a server tell; None if they tell of no failure."""
    text = next((text_of(part) for part in leaves(message)), "")[:MOST_CHARACTERS]
    own = text[: found.start()] if (found := MINE.search(text)) else text
    if _NOT_YET.search(header(message, "Subject") + "\n" + own):
        return None
    status = next((s for s in _STATUS.findall(text) if s.startswith("5")), "")
    known = status or _CODE.search(own) or _FINAL.search(own) or "X-Failed-Recipients" in message
    return status if known else None


def _quoted(message: Message) -> str:
    """Return where the mail that came back may be quoted: not in what says what this answers."""
    inside = [headers(part, "Message-ID") for part in message.walk() if part is not message]
    texts = [
        text_of(part)[:MOST_CHARACTERS]
        for part in leaves(message, inside_mails=True)
        if part.get_content_maintype() == "text"
    ]
    return "\n".join(inside + texts)
