"""Servers as the settings name them: `smtps://user@mail.example.org:465`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

SENDS = {"smtps": 465, "smtp": 587}
TLS_FROM_THE_START = frozenset({"smtps", "imaps"})
_IMPLICIT = frozenset({465, 993})  # at these ports encryption begins at once (RFC 8314)


class Server(NamedTuple):
    """A server of mail, and as whom one asks it."""

    scheme: str
    host: str
    port: int
    user: str  # "": nobody

    @property
    def tls_from_the_start(self) -> bool:
        """Whether encryption does not wait for STARTTLS."""
        return self.scheme in TLS_FROM_THE_START


def parse(text: str, schemes: Mapping[str, int]) -> Server:
    """Read a server of one of the schemes, whose usual ports are given.

    Raises ValueError; the message shows nothing of the text that could be a secret.
    """
    example = " or ".join(f"{s}://user@mail.example.org:{port}" for s, port in schemes.items())
    if not text.isprintable() or " " in text:
        raise ValueError(f"has a character in it that cannot be; write {example}")
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname or ""
    except ValueError:
        raise ValueError(f"cannot be read; write {example}") from None
    if url.scheme not in schemes or not host:
        raise ValueError(f"is no server of this kind; write {example}")
    if url.password is not None:
        raise ValueError("has a password in it; that belongs into a file of its own (docs/mail.md)")
    if url.path.strip("/") or url.query or url.fragment:
        raise ValueError(f"goes on after the port; write {example}")
    if re.search(r"[^\w.:%-]", host):
        raise ValueError(f"has no host that can be; write {example}")
    port = schemes[url.scheme] if port is None else port
    if port == 0:
        raise ValueError("has port 0; give one from 1 to 65535")
    if port in _IMPLICIT and url.scheme not in TLS_FROM_THE_START:
        raise ValueError(f"is encrypted from the start at port {port}; write {url.scheme}s://")
    return Server(url.scheme, host, port, unquote(url.username or ""))


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this computer itself; a name never is."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped.is_loopback
    return ip.is_loopback
