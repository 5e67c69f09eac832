"""A webhook: the alert as JSON to an https address, signed as Standard Webhooks lays down.

https://www.standardwebhooks.com (1.0.0): the headers webhook-id, webhook-timestamp and
webhook-signature, HMAC-SHA256 over `id.timestamp.body` with a secret of that receiver's own.
The address itself is a secret, since whoever knows it can write there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from sternlight.alerts.channel import Outcome, Parcel
from sternlight.alerts.connection import cut_after, encrypted, is_here, reach, trust, why
from sternlight.alerts.credentials import Seal
from sternlight.alerts.mail_address import ascii_domain
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.server import is_loopback

ANSWER_S = 30.0
GONE = 410  # of which the specification says: never send again
PORTS = {"https": 443, "http": 80}
_URL = "!#$%&'()*+,/:;=?@[]~"  # what an address may hold besides letters, digits and -._


class Place(NamedTuple):
    """Where a webhook is."""

    scheme: str
    host: str
    port: int
    path: str  # with what stands behind the question mark


def checked(to: str) -> str:
    """Return an address as it is kept.  Raises ValueError that does not repeat it."""
    to = quote(to.strip(), safe=_URL)
    place = _place(to)
    if place.scheme == "http" and place.host != "localhost" and not is_loopback(place.host):
        raise ValueError("a webhook elsewhere must be encrypted; its address begins with https://")
    return to


def _place(to: str) -> Place:
    try:
        url = urlsplit(to)
        host, port = url.hostname or "", url.port
    except ValueError:
        raise ValueError("the address of the webhook cannot be read") from None
    if url.scheme not in PORTS or not host or port == 0:
        raise ValueError("a webhook is written https://host/path")
    if url.username is not None or url.fragment:
        raise ValueError("a webhook's address has no user, password or # in it")
    if ":" not in host and not host.replace(".", "").isdecimal():
        ascii_domain(host)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    return Place(url.scheme, host, port or PORTS[url.scheme], path)


def secret(seal: Seal, to: str) -> str:
    """Return what the receiver verifies signatures with, as its libraries want it: whsec_..."""
    return "whsec_" + base64.b64encode(_key(seal, to)).decode("ascii")


def _key(seal: Seal, to: str) -> bytes:
    return seal.token("webhook", to).encode("ascii")


def signature(key: bytes, token: str, t: int, body: bytes) -> str:
    """Return the header webhook-signature."""
    digest = hmac.new(key, f"{token}.{t}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode("ascii")


class Webhook:
    """Webhooks as a channel.  Raises SettingsError without the station's key."""

    def __init__(self, mail: Mail, clock: Callable[[], float] = time.time) -> None:
        self._seal = Seal.of(Path(mail.keys))
        self._context = trust(mail.ca_file, system=True)
        self._clock = clock
        self._silent: dict[tuple[str, int], Outcome] = {}  # hosts that need not be asked again

    def send(self, to: str, parcel: Parcel) -> Outcome:
        """Post a parcel; 2xx is sent, 410 never, and all else later."""
        try:
            place = _place(checked(to))
        except ValueError as error:
            return Outcome("never", str(error))
        outcome = self._silent.get((place.host, place.port))
        if outcome is not None:
            return outcome
        t, body = int(self._clock()), parcel.document()
        headers = {
            "content-type": "application/json",
            "user-agent": "Sternlight",
            "connection": "close",
            "webhook-id": parcel.token,
            "webhook-timestamp": str(t),
            "webhook-signature": signature(_key(self._seal, to), parcel.token, t, body),
        }
        try:
            status = self._post(place, body, headers)
        except HTTPException:
            return Outcome("later", "the webhook did not answer in HTTP")
        except OSError as error:
            outcome = Outcome("later", f"the webhook: {why(error)}")
            self._silent[(place.host, place.port)] = outcome
            return outcome
        if 200 <= status < 300:
            return Outcome("sent")
        return Outcome("never" if status == GONE else "later", f"the webhook answered {status}")

    def close(self) -> None:
        """Nothing stays open."""

    def _post(self, place: Place, body: bytes, headers: dict[str, str]) -> int:
        """Return the status; nothing else of the answer is looked at, and no redirect followed."""
        sock = reach(place.host, place.port, ANSWER_S)
        try:
            if place.scheme == "https":
                sock = encrypted(sock, self._context, place.host)
            elif not is_here(sock):
                raise ConnectionError("not this computer")
            connection = HTTPConnection(place.host, place.port)
            connection.sock = sock
            with cut_after(sock, ANSWER_S):
                connection.request("POST", place.path, body, headers)
                status = connection.getresponse().status
            connection.close()
            return status
        finally:
            sock.close()
