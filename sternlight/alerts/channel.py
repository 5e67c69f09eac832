"""What a channel is: it hands one parcel to one subscriber, and says how that went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, Literal, NamedTuple, Protocol

from sternlight.jsontext import dumps
from sternlight.text import iso

How = Literal["sent", "later", "refused", "never", "ours"]


class Outcome(NamedTuple):
    """How it went.

    `sent`: taken over by the other side.  `later`: try again.  `refused`: this parcel is not
    taken for what it is (too large, taken for spam); others to the same receiver may be.
    `never`: this receiver refuses for good.  `ours`: nothing can go out this way, for now or
    until somebody mends it (no server, the password, the certificate, the sender): no
    receiver's fault; everything waits, and no try is counted.
    """

    how: How
    says: str = ""  # for logs and the operator: never with an address in it


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over: mail is a message, other channels tell the same as JSON."""

    token: str  # the same each time it is tried, so that a repeated one can be recognised
    what: str
    t: float  # when it was due, Unix seconds
    message: EmailMessage | None = None  # complete, to one receiver, encrypted if that is wanted
    told: Mapping[str, Any] = field(default_factory=dict)  # what other channels tell

    def document(self) -> bytes:
        """Return what other channels tell, as JSON: the same bytes each time."""
        told = {"type": self.what, "timestamp": iso(self.t), "id": self.token, "data": self.told}
        return dumps(told, indented=True).encode("ascii") + b"\n"


class Channel(Protocol):
    """A way out of the station.  Opened for some parcels, then closed."""

    def send(self, to: str, parcel: Parcel) -> Outcome:
        """Hand over one parcel; never raises for what the other side does."""

    def close(self) -> None:
        """End what was opened."""
