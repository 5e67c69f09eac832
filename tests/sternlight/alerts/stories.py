"""Stories of events, written by hand, and to whom they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from sternlight.alerts.compose import Sheet
from sternlight.alerts.envelope import Slip
from sternlight.alerts.mail_settings import Mail
from sternlight.alerts.subscription import Subscription
from sternlight.telling.story import Evidence, Line, Remark, Ship, Story
from tracks.batch import BIN_S

START = 1_772_405_400.0  # 2026-03-01 22:50 UTC
TOKEN, FIRST, LEAVING = "a" * 26, "b" * 26, "c" * 26
KINDS = ("gap", "loitering", "encounter", "identity", "interference", "long_voyage", "listed")
MAIL = Mail(
    sender="alerts@station.example.org",
    inbox="imaps://x@mail.example.org:993",
    unsubscribe_url="https://station.example.org/stop",
)
_MEASURED: dict[str, dict[str, float | int | None]] = {
    "gap": {"duration_h": 3.0, "distance_nmi": 12.0},
    "identity": {"new_names_count": 1},
    "interference": {"duration_h": 3.0, "vessels_count": 14, "radius_nmi": 21.0},
    "long_voyage": {"away_days": 206.4},
    "listed": {"certainty_share": 0.5, "span_h": 3.0},
}


def way(track: int, lat: float, lon: float, north_deg: float, east_deg: float) -> Line:
    """Return two hours of a way through a place, with a silence of half an hour."""
    t = START + BIN_S * np.arange(-6.0, 7.0)
    share = np.linspace(-1, 1, len(t))
    y, x = lat + north_deg * share, (lon + east_deg * share + 180) % 360 - 180
    y[3] = x[3] = np.nan
    return Line(track, t, y, x)


def story(kind: str = "encounter", lat: float = 15.0, lon: float = -17.8, **changed: Any) -> Story:
    """Return an event near Dakar, over after three hours."""
    ships = (
        Ship(477_900_001_001, 477_900_001, "WALNUT", 9_074_729, "cargo ship", "HK", "Hong Kong"),
        Ship(576_900_002_001, 576_900_002, "VOLE", None, "fishing vessel", "VU", "Vanuatu"),
    )[: {"encounter": 2, "interference": 0}.get(kind, 1)]
    made = Story(
        event=f"{kind}-477900001.1-576900002.1-20260301T225000Z",
        kind=kind,
        state="closed",
        start=START,
        end=START + 3 * 3600,
        lat=lat,
        lon=lon,
        place="29 nmi northwest of Dakar (SN), 22 nmi from shore",
        zone="12 to 24 nmi from shore",
        ships=ships,
        score=0.974,
        usual_per_week=0.4,
        measured=_MEASURED.get(kind, {"duration_h": 3.0}),
        rule="median_distance_m <= 500",
        reasons=("A cargo ship and a fishing vessel.", "22 nmi from shore."),
        objections=("Most ships close together work, wait or anchor together.",),
        caveats=("matched without an IMO number",),
        evidence=tuple(Evidence(f"{i // 9:08d}_20260301T22.log.zst", 7 * i) for i in range(40)),
        lines=tuple(way(ship.track, lat, lon, 0.2 - 0.3 * i, 0.3) for i, ship in enumerate(ships)),
        remarks=(Remark(START - 9e5, "dismissed", "gap-1", 477_900_001, "a pilot boat"),),
    )
    return replace(made, **changed)


def sheet(**changed: Any) -> Sheet:
    """Return for whom a mail is; `changed` are the subscriber's fields."""
    one = replace(Subscription(3, "active", 0.0, "chaplain@example.org"), **changed)
    return Sheet(one, MAIL, Slip(TOKEN, START, "", LEAVING))


def with_texts(one: Story, text: Callable[[str], str]) -> Story:
    """Return a story in which all that strangers write is what `text` makes of it."""
    return replace(
        one,
        place=text(one.place),
        zone=text(one.zone),
        ships=tuple(s._replace(name=text(s.name), kind=text(s.kind)) for s in one.ships),
        reasons=tuple(map(text, one.reasons)),
        objections=tuple(map(text, one.objections)),
        caveats=tuple(map(text, one.caveats)),
        remarks=tuple(r._replace(says=text(r.says)) for r in one.remarks),
        evidence=tuple(e._replace(file=text(e.file)) for e in one.evidence[:1]),
    )
