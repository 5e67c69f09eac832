"""Events with their scores and places, and the rows in which they are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anomalies.event import Assessment, Event, Factor, track_name
from anomalies.score import assess
from sternlight.jsontext import measurement
from sternlight.provenance import Provenance
from sternlight.station import Station
from sternlight.text import iso
from tracks.batch import HULLS_PER_MMSI
from tracks.places import ZONE_NAMES


@dataclass(frozen=True, slots=True)
class Judged:
    """An event with its score, and where it was in words: near what, and how far from shore."""

    event: Event
    assessment: Assessment
    place: str
    zone: str

    def row(self, provenance: Provenance) -> dict[str, Any]:
        """Return what events.jsonl says about the event."""
        event, assessment = self.event, self.assessment
        evidence = event.evidence
        return {
            "id": event.id,
            "kind": event.kind,
            "state": "open" if event.end is None else "closed",
            "mmsis": list(event.mmsis),
            "ships": list(assessment.ships),
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
                {"file": file, "line": line} for file, line in provenance.find(evidence.lines)
            ],
            "tracks": [track_name(track) for track in event.tracks],
            "place": self.place,
            "zone": self.zone,
        }


def _factor(factor: Factor) -> dict[str, Any]:
    return {"name": factor.name, "weight": round(factor.weight, 3) + 0.0, "says": factor.says}


def judge(events: Sequence[Event], station: Station) -> Iterator[Judged]:
    """Score events and say where they were.

    A vessel is taken for what it had claimed to be by the end of the event, so
    that replay and live agree.
    """
    lat, lon = [e.lat for e in events], [e.lon for e in events]
    places = station.places.describe_all(lat, lon)
    zones = [ZONE_NAMES[zone] for zone in station.places.zone(lat, lon).tolist()]
    for event, place, zone in zip(events, places, zones, strict=True):
        t = station.as_of if event.end is None else event.end
        tracks = (*event.tracks, *event.evidence.others)
        claims = {track: station.claims(track // HULLS_PER_MMSI, t) for track in tracks}
        yield Judged(event, assess(event, claims), place, zone)
