"""Letters and settings for the tests of the ways out."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sternlight.alerts.channel import Parcel
from sternlight.alerts.credentials import make_seal
from sternlight.alerts.mail_settings import Mail
from tests.sternlight.alerts.servers import PASSWORD, MailServer

SENDER = "sternlight@station.example.org"
TO = "jane.doe@union.example.org"
T = 1_700_000_000.0
TOKEN = "abcdefghijklmnopqrstuvwxyz"


def letter(to: str = TO, body: str = "A silence of 7 h.\n", subject: str = "gap") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, to, subject
    message["Message-ID"] = f"<{TOKEN}@station.example.org>"
    message.set_content(body)
    return message


def parcel(message: EmailMessage | None = None, token: str = TOKEN) -> Parcel:
    if message is None:  # one without headers counts as false
        message = letter()
    return Parcel(token, "alert", T, message, {"event": "gap-1", "score": 0.83})


def settings(folder: Path, server: MailServer | None = None, url: str = "") -> Mail:
    """Write the keys, and return the settings that mean a server."""
    keys = folder / "keys"
    make_seal(keys)
    (keys / "smtp.password").write_text(PASSWORD + "\n", "utf-8")
    trusted = server.certificate if server else None
    return Mail(
        server=url or (server.url if server else ""), sender=SENDER, keys=str(keys),
        ca_file=str(trusted.cert) if trusted else "",
    )  # fmt: skip
