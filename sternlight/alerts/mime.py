"""Parts, headers and texts of mails that may be malformed in every way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message


def header(message: Message, name: str) -> str:
    """Return a header in one line, decoded as far as it can be; "" if there is none."""
    raw = next(iter(_all(message, name)), "")
    with suppress(HeaderParseError, LookupError, ValueError):
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
    try:
        return content.decode(str(part.get_content_charset("utf-8")), "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that is none
        return content.decode("utf-8", "replace")
