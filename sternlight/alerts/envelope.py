"""The outside of a mail: from whom, to whom, when, and to which thread it belongs.

Headers are what strangers on the way read.  So there is no name of the program, no name of a
list, and nothing that others have written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote

from sternlight.alerts.mail_address import checked
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.rendering import Words
from sternlight.text import plain


class Slip(NamedTuple):
    """What makes a mail that of one letter."""

    token: str  # of the letter
    t: float  # Unix seconds, when it is written
    first: str = ""  # the token of the letter that began its thread; "": it begins one
    leaving: str = ""  # the token by which a program unsubscribes; "": it cannot


def message_id(token: str, mail: Mail) -> str:
    """Return the Message-ID of the letter with that token."""
    return f"<{token}@{domain(mail)}>"


def domain(mail: Mail) -> str:
    """Return the domain of the address that mails come from.  Raises ValueError."""
    return checked(mail.sender).rpartition("@")[2]


def addressed(words: Words, to: str, mail: Mail, slip: Slip) -> EmailMessage:
    """Return a mail to one receiver, with its text, and its HTML if there is one.

    Raises ValueError, which does not repeat it, for what is no address.
    """
    to = checked(to)
    message = EmailMessage(policy.SMTP if to.isascii() else policy.SMTPUTF8)
    message["From"] = Address(plain(mail.station), *checked(mail.sender).rsplit("@", 1))
    message["To"] = to
    message["Subject"] = words.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(slip.t, UTC))
    message["Message-ID"] = message_id(slip.token, mail)
    if slip.first and slip.first != slip.token:
        message["In-Reply-To"] = message["References"] = message_id(slip.first, mail)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no program may answer
    if slip.leaving:
        _leaving(message, mail, slip.leaving)
    message.set_content(words.text, cte="quoted-printable")
    if words.html:
        message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    return message


def _leaving(message: EmailMessage, mail: Mail, token: str) -> None:
    """Let mail programs unsubscribe (RFC 2369 and, with an address for it, RFC 8058)."""
    ways = [f"<mailto:{quote(mail.sender, '@')}?subject=stop%20{token}>"]
    if mail.unsubscribe_url:
        between = "&" if "?" in mail.unsubscribe_url else "?"
        ways.insert(0, f"<{mail.unsubscribe_url}{between}token={token}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Unsubscribe"] = ", ".join(ways)
