"""Parts, headers and texts of mails that may be malformed in every way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

_CHARSET = re.compile(r"""charset\s?=\s?["']?([\w.:+-]+)""", re.IGNORECASE)


def parsed(mail: bytes) -> Message | None:
    """Return the parts of a mail, or None if it is one that no parser can take."""
    try:
        return message_from_bytes(mail, policy=policy.compat32)
    except (RecursionError, TypeError):
        # Parts in parts in parts; or a boundary in pieces (RFC 2231), of which one has no
        # number: sorting them fails in email.utils.decode_params.
        return None


def header(message: Message, name: str) -> str:
    """Return a header in one line, decoded as far as it can be; "" if there is none."""
    raw = next(iter(_all(message, name)), "")
    with suppress(MessageError, LookupError, ValueError):
        raw = str(make_header(decode_header(raw)))
    return " ".join(raw.split())


def headers(message: Message, *names: str) -> str:
    """Return all there is in headers of these names, in the order of names, as it came."""
    return " ".join(text for name in names for text in _all(message, name))


def _all(message: Message, name: str) -> list[str]:
    """Return headers of a name; those in UTF-8 without encoding, too (RFC 6532)."""
    return [
        str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for its, text in message.raw_items()
        if its.lower() == name.lower()
    ]


def leaves(message: Message, inside_mails: bool = False) -> Iterator[Message]:
    """Yield the parts that have content; those of attached mails only if they are asked for."""
    if not message.is_multipart():
        yield message
    elif inside_mails or message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from leaves(part, inside_mails)


def text_of(part: Message) -> str:
    """Return the text of a part, as far as it can be read."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = _CHARSET.search(headers(part, "Content-Type"))
    try:
        return content.decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is none
        return content.decode("utf-8", "replace")
