"""What somebody subscribed to: where, what, how often, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from sternlight.alerts.credentials import Seal

State = Literal["pending", "active", "paused", "dead"]
Digest = Literal["now", "daily", "weekly"]
LANGUAGES = ("en",)


class Near(NamedTuple):
    """A circle."""

    lat: float
    lon: float
    radius_nmi: float


@dataclass(frozen=True, slots=True)
class Wants:
    """Which events; what is empty or None leaves nothing out."""

    near: Near | None = None
    area: Mapping[str, Any] | None = None  # GeoJSON geometry, Polygon or MultiPolygon
    kinds: tuple[str, ...] = ()
    watchlists: tuple[str, ...] = ()  # names of the files, of which a ship must be on one


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscriber; all but the number and the state is encrypted where it is kept."""

    number: int  # by which logs, lists and errors call a subscriber
    state: State
    made: float  # Unix seconds
    to: str  # an address of mail, or as a channel writes it (channels.py)
    wants: Wants = field(default_factory=Wants)
    budget_per_week: float = 3.0  # events told one by one; the rest goes into the digest
    digest: Digest = "now"  # daily, weekly: nothing is told at once but withdrawals
    language: str = "en"
    zone: str = ""  # IANA name of the zone for local times; "": that of the event's place
    quiet: tuple[float, float] | None = None  # hours of the day in `zone`, such as (22, 7)
    pgp: str = ""  # armored OpenPGP certificate; then nothing is ever sent unencrypted
    minimal: bool = False  # says only that there is something new
    paused_until: float | None = None  # Unix seconds; None: until somebody resumes it
    bounces_count: int = 0  # days with refusals since something last arrived
    bounced: float | None = None  # Unix time of the last that was counted

    def sealed(self, seal: Seal) -> bytes:
        """Return all but number, state and when it was made, encrypted."""
        told = asdict(self)
        for name in ("number", "state", "made"):
            del told[name]
        return seal.close(told)

    @classmethod
    def opened(
        cls, seal: Seal, number: int, state: State, made: float, sealed: bytes
    ) -> Subscription:
        """Undo `sealed`."""
        told = seal.open(sealed)
        wants = told["wants"]
        near = wants["near"]
        told["wants"] = Wants(
            Near(*near) if near else None,
            wants["area"],
            tuple(wants["kinds"]),
            tuple(wants["watchlists"]),
        )
        told["quiet"] = tuple(told["quiet"]) if told["quiet"] else None
        return cls(number, state, made, **told)
