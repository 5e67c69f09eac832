"""Fintraffic's Digitraffic: recordings of its MQTT topics, and answers of its REST service.

A recorded line is `{"topic": "vessels-v2/<mmsi>/location", "payload": {...}}`, or topic
and payload side by side as `mosquitto_sub -v` prints them, or one REST answer
(GeoJSON features; a list of metadata).  Where results are shown: "Source:
Fintraffic / digitraffic.fi, license CC 4.0 BY".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from receiver.decoded import Decoded
from receiver.formats import records
from receiver.formats.blocks import text_head
from receiver.sources.logfile import Input

_TOPIC = re.compile(r"vessels-v2/(\d+)/(\w+)")
_PRINTED = re.compile(rb"^\s*vessels-v2/\d+/\w+\s+\{", re.M)

_LOCATION = {
    "sog_kn": "sog",
    "cog_deg": "cog",
    "heading_deg": "heading",
    "nav_status": "navStat",
}
_METADATA = {
    "name": "name",
    "call_sign": "callSign",
    "imo": "imo",
    "destination": "destination",
}
_SIDES = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")


class Digitraffic:
    """Example: `{"topic": "vessels-v2/230939100/location", "payload": {"time": 1668075025, ...}}`.

    Neglected: rate of turn, accuracy, RAIM, ETA, type of positioning.
    """

    name = "digitraffic"

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether the topics, or the shape of REST answers, are there."""
        begin = text_head(head).lstrip()
        if begin.startswith(b'{"type":"FeatureCollection"') or begin.startswith(b"["):
            return b'"mmsi"' in begin and (b'"navStat"' in begin or b'"callSign"' in begin)
        if _PRINTED.search(begin):
            return True
        return any(_TOPIC.search(str(o.get("topic", ""))) for o in records.first_objects(head))

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield locations as positions and metadata as claims."""
        return records.read(recording, source, first_line, _flatten)


def _flatten(value: Any, counts: Counter[str]) -> list[records.Record]:
    """Return the records of one line: of one message, or of a whole REST answer."""
    if isinstance(value, str):
        topic, _, payload = value.strip().partition(" ")
        value = {"topic": topic, "payload": payload}
    if isinstance(value, dict) and "topic" in value:
        found = _message(value)
    elif isinstance(value, dict) and isinstance(value.get("features"), list):
        found = [_feature(f) for f in value["features"] if isinstance(f, dict)]
    elif isinstance(value, dict) and value.get("type") == "Feature":
        found = [_feature(value)]
    elif isinstance(value, list):
        found = [_metadata(v) for v in value if isinstance(v, dict)]
    else:
        found = []
    if not found:
        counts["dropped: not a location or metadata of a vessel"] += 1
    return found


def _message(value: Mapping[str, Any]) -> list[records.Record]:
    topic = _TOPIC.search(str(value["topic"]))
    payload = value.get("payload")
    if isinstance(payload, str):
        payload = records.parsed(payload.encode("utf-8", "replace"))
    if not topic or not isinstance(payload, dict):
        return []
    payload = {"mmsi": int(topic[1][:12])} | payload
    if topic[2] == "location":
        return [_location(payload, payload.get("time"), payload.get("lon"), payload.get("lat"))]
    return [_metadata(payload)] if topic[2] == "metadata" else []


def _feature(feature: Mapping[str, Any]) -> records.Record:
    properties, geometry = feature.get("properties"), feature.get("geometry")
    told = properties if isinstance(properties, dict) else {}
    place = geometry.get("coordinates") if isinstance(geometry, dict) else None
    lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
    told = {"mmsi": feature.get("mmsi")} | told
    return _location(told, told.get("timestampExternal"), lon, lat)


def _location(told: Mapping[str, Any], t: Any, lon: Any, lat: Any) -> records.Record:
    record = {q: told.get(name) for q, name in _LOCATION.items()}
    return record | {"mmsi": told.get("mmsi"), "t": t, "lon": lon, "lat": lat}


def _metadata(told: Mapping[str, Any]) -> records.Record:
    record = {q: told.get(name) for q, name in _METADATA.items()}
    for side, letter in zip(_SIDES, "ABCD", strict=True):
        record[side] = told.get(f"ref{letter}", told.get(f"referencePoint{letter}"))
    draught = told.get("draught")
    return record | {
        "mmsi": told.get("mmsi"),
        "t": told.get("timestamp"),
        "ship_type": told.get("shipType", told.get("type")),
        "draught_m": draught / 10 if isinstance(draught, int | float) else None,  # sent in dm
    }
