"""Results as files: the same bytes for the same input and settings, whoever's names are in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anomalies.event import Assessment, Event, Factor, track_name
from anomalies.rank import Ranked
from sternlight.fleet import Fleet
from sternlight.jsontext import measurement
from sternlight.provenance import Provenance
from sternlight.station import Station
from sternlight.text import iso
from tracks.flags import Flags
from tracks.identity import Claims
from tracks.ship_types import ship_type_name

FILES = EVENTS, VESSELS, MAP, SUMMARY = (
    "events.jsonl",
    "vessels.jsonl",
    "events.geojson",
    "summary.json",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An event with its score, and where it was in words: near what, and how far from shore."""

    event: Event
    assessment: Assessment
    place: str
    zone: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Makes the rows of the files; what they say of vessels comes from `station` and `claims`.

    `fleet` are the hulls that are vessels, `claims` the last that each made, by track.
    """

    provenance: Provenance
    station: Station
    fleet: Fleet
    claims: Mapping[int, Claims]
    flags: Flags

    def event(self, judged: Judged) -> dict[str, Any]:
        """Return what events.jsonl says about an event."""
        event, assessment = judged.event, judged.assessment
        evidence = event.evidence
        return {
            "id": event.id,
            "kind": event.kind,
            "state": "open" if event.end is None else "closed",
            "mmsis": list(event.mmsis),
            "start": iso(event.start),
            "end": None if event.end is None else iso(event.end),
            "lat": round(event.lat, 6) + 0.0,
            "lon": round(event.lon, 6) + 0.0,
            "anomaly": assessment.anomaly,
            "score": round(assessment.score, 3),
            "measured": {n: measurement(n, v) for n, v in evidence.measured.items()},
            "rule": evidence.rule,
            "for": [_factor(f) for f in assessment.reasons],
            "against": [_factor(f) for f in assessment.objections],
            "caveats": list(dict.fromkeys([*evidence.caveats, *assessment.caveats])),
            "lines": [
                {"file": file, "line": line} for file, line in self.provenance.find(evidence.lines)
            ],
            "tracks": [track_name(track) for track in event.tracks],
            "place": judged.place,
            "zone": judged.zone,
        }

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


def _factor(factor: Factor) -> dict[str, Any]:
    return {"name": factor.name, "weight": round(factor.weight, 3) + 0.0, "says": factor.says}
