"""Results as files: the same bytes for the same input and settings, whoever's names are in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalies.event import track_name
from anomalies.rank import Ranked
from sternlight.fleet import Fleet
from sternlight.record.read import RECORD
from sternlight.station import Station
from sternlight.text import iso
from tracks.flags import Flags
from tracks.identity import Claims
from tracks.ship_types import ship_type_name

EVENTS, VESSELS, MAP, SUMMARY = "events.jsonl", "vessels.jsonl", "events.geojson", "summary.json"
FILES = (EVENTS, VESSELS, MAP, RECORD, SUMMARY)


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of the files; what they say of vessels comes from `station` and `claims`.

    `fleet` are the hulls that are vessels, `claims` the last that each made, by track.
    """

    station: Station
    fleet: Fleet
    claims: Mapping[int, Claims]
    flags: Flags

    def vessel(self, vessel: Ranked) -> dict[str, Any]:
        """Return what vessels.jsonl says about a hull of `fleet`."""
        mmsi, claim = vessel.mmsi, self.claims[vessel.track]
        at = int(np.searchsorted(self.fleet.track, vessel.track))
        return {
            "mmsi": mmsi,
            "track": track_name(vessel.track),
            "name": claim.name,
            "imo": claim.imo or None,
            "call_sign": claim.call_sign,
            "ship_type": ship_type_name(claim.ship_type),
            "flag": self.flags.flag(mmsi),
            "score": round(vessel.score, 3),
            "contributions": [
                {
                    "event": c.event_id,
                    "anomaly": c.anomaly,
                    "weight": round(c.weight, 3),
                    "says": c.says,
                }
                for c in vessel.contributions
            ],
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
