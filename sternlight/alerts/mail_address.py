"""Addresses of mail as this station uses them: `local-part@domain`, the domain in ASCII.

RFC 5321 4.1.2 without what nobody has (quoted local parts, addresses of hosts in brackets),
and with letters of all scripts before the @ (RFC 6531).  No error repeats an address.
"""

from __future__ import annotations

import re
import unicodedata

LOCAL_OCTETS, DOMAIN_OCTETS = 64, 253  # RFC 5321 4.5.3.1
_SIGNS = frozenset("!#$%&'*+/=?^_`{|}~-")  # besides letters and digits; RFC 5322's atext
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# IDNA 2003, which Python knows, and IDNA 2008 make different domains of these: a mail
# would go to somebody else.
_AMBIGUOUS = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")


def checked(address: str) -> str:
    """Return an address as it is kept and used.  Raises ValueError that says what is wrong."""
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if not at or not local or not domain:
        raise ValueError("an address of mail is written name@example.org")
    odd = [c for c in local if c != "." and not _fits(c)]
    if odd:
        raise ValueError(f"before the @ stands a character that may not be there, {odd[0]!a}")
    if not all(local.split(".")):
        raise ValueError("before the @ no point may stand first, last or beside another")
    if len(local.encode("utf-8")) > LOCAL_OCTETS:
        raise ValueError(f"before the @ may stand {LOCAL_OCTETS} bytes at most")
    return f"{local}@{ascii_domain(domain)}"


def _fits(c: str) -> bool:
    """Return whether a character is a sign, a letter with what belongs to it, or a digit."""
    return c in _SIGNS or unicodedata.category(c)[0] in "LMN"


def ascii_domain(domain: str) -> str:
    """Return a domain as it stands in the DNS.  Raises ValueError that does not repeat it."""
    if _AMBIGUOUS & set(domain):
        raise ValueError("the domain has letters that programs understand differently (\u00df);"
                         " give its ASCII form, which begins with xn--")  # fmt: skip
    try:
        found = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise ValueError("the domain is none; write it as in name@example.org") from None
    labels = found.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(found) > DOMAIN_OCTETS:
        raise ValueError("the domain is none; it has letters, digits and - between points")
    if labels[-1].isdecimal():
        raise ValueError("the domain must be a name, not the number of a host")
    if len(labels) == 1 and found != "localhost":
        raise ValueError("the domain has no point in it, as in example.org; is its end missing?")
    return found
