"""Results as files: the same bytes for the same input and settings, whoever's names are in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalies.event import track_name
from anomalies.indicators import Signs
from anomalies.rank import Ranked, rank
from sternlight.fleet import Fleet
from sternlight.judging import Judged
from sternlight.record.features import Asked, as_heard, of_hulls, reach_nmi
from sternlight.record.night import sign_row
from sternlight.record.read import RECORD
from sternlight.sqlite import Database
from sternlight.station import Station
from sternlight.text import iso
from tracks.flags import Flags
from tracks.identity import Claims
from tracks.ship_types import ship_type_name

EVENTS, VESSELS, MAP, SUMMARY = "events.jsonl", "vessels.jsonl", "events.geojson", "summary.json"
REPORT = "report.html"
FILES = (REPORT, EVENTS, VESSELS, MAP, RECORD, SUMMARY)


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of the files; what they say of vessels comes from `station` and `claims`.

    `fleet` are the hulls that are vessels, `claims` the last that each made, by track.
    """

    station: Station
    fleet: Fleet
    claims: Mapping[int, Claims]
    flags: Flags

    def ranked(self, record: Database, signs: Signs, judged: Iterable[Judged]) -> list[Ranked]:
        """Return all hulls of `fleet`, each taken for a ship, the most worth a check first."""
        lists = bool(self.station.lists.files)
        asked = Asked(self.flags, signs, reach_nmi(record), lists)
        features = as_heard(of_hulls(record, self.fleet, asked), self.fleet, self.claims)
        until = zip(self.fleet.track.tolist(), self.fleet.last_heard.tolist(), strict=True)
        return rank(
            dict(until), features, [(one.event, one.assessment) for one in judged], self.claims
        )

    def vessel(self, vessel: Ranked) -> dict[str, Any]:
        """Return what vessels.jsonl says about a hull of `fleet`."""
        mmsi, claim = vessel.mmsi, self.claims[vessel.track]
        standing = vessel.standing
        at = int(np.searchsorted(self.fleet.track, vessel.track))
        return {
            "mmsi": mmsi,
            "track": track_name(vessel.track),
            "name": claim.name,
            "imo": claim.imo or None,
            "call_sign": claim.call_sign,
            "ship_type": ship_type_name(claim.ship_type),
            "flag": self.flags.flag(mmsi),
            "score": round(standing.score, 3),
            "says": standing.says,
            "signs_shown": standing.shown_count,
            "signs_looked_for": standing.looked_count,
            "contributions": list(map(sign_row, standing.signs)),
            "missing": list(vessel.missing),
            "events": list(vessel.events),
            "flag_name": self.flags.name(mmsi),
            "first_heard": iso(float(self.fleet.first_heard[at])),
            "last_heard": iso(float(self.fleet.last_heard[at])),
            "fixes_count": int(self.fleet.fixes_count[at]),
            "names": [
                {"since": iso(change.since), "name": change.value}
                for change in self.station.claim_changes(mmsi)
                if change.field == "name"
            ],
        }
