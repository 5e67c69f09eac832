"""aisstream.io: recordings of its websocket, one JSON message a line.

The time is the service's own, of when it got the message.  The name that it adds to every
message (`MetaData.ShipName`) is remembered from earlier ones and is no claim of
this one, so it is not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from receiver.decoded import Decoded
from receiver.formats import records
from receiver.sources.logfile import Input

_POSITIONS = {  # kind of message: (AIS type where the message does not say, class)
    "PositionReport": (1, "A"),
    "StandardClassBPositionReport": (18, "B"),
    "ExtendedClassBPositionReport": (19, "B"),
    "LongRangeAisBroadcastMessage": (27, "A"),
    "StandardSearchAndRescueAircraftReport": (9, ""),
}
_STATICS = {"ShipStaticData": 5, "StaticDataReport": 24, "ExtendedClassBPositionReport": 19}
_SIDES = {"to_bow_m": "A", "to_stern_m": "B", "to_port_m": "C", "to_starboard_m": "D"}


class AisStream:
    """Example: `{"MessageType": "PositionReport", "MetaData": {...}, "Message": {...}}`.

    Neglected: messages of other types, which are counted.
    """

    name = "aisstream"

    def recognises(self, head: bytes, name: str, /) -> bool:
        """Return whether the first objects are messages of aisstream.io."""
        return any({"MessageType", "Message"} <= o.keys() for o in records.first_objects(head))

    def read(self, recording: Input, source: int, first_line: int, /) -> Iterator[Decoded]:
        """Yield position reports and claims of identity."""
        return records.read(recording, source, first_line, _flatten)


def _flatten(value: Any, counts: Counter[str]) -> list[records.Record]:
    kind = value.get("MessageType") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        counts["dropped: not a message of aisstream.io"] += 1
        return []
    body = _dict(_dict(value.get("Message")).get(kind))
    if kind not in _POSITIONS and kind not in _STATICS:
        counts[f"not read: {kind[:40]}"] += 1
        return []
    if body.get("Valid") is False:
        counts["dropped: marked as not valid"] += 1
        return []
    meta = _dict(value.get("MetaData", value.get("Metadata")))
    record: dict[str, Any] = {
        "mmsi": body.get("UserID", meta.get("MMSI")),
        "t": meta.get("time_utc"),
        "type": body.get("MessageID", _POSITIONS.get(kind, (_STATICS.get(kind),))[0]),
    }
    if kind in _POSITIONS:
        record |= _position(body, _POSITIONS[kind][1])
    if kind in _STATICS:
        record |= _static(body)
    counts[f"type {record['type']}"] += 1
    return [record]


def _position(body: Mapping[str, Any], ship_class: str) -> records.Record:
    return {
        "lat": body.get("Latitude"),
        "lon": body.get("Longitude"),
        "sog_kn": body.get("Sog"),
        "cog_deg": body.get("Cog"),
        "heading_deg": body.get("TrueHeading"),
        "nav_status": body.get("NavigationalStatus"),
        "ship_class": ship_class,
    }


def _static(body: Mapping[str, Any]) -> records.Record:
    """Return the claims of message 5 or 19, or of the valid parts of message 24."""
    parts = [_dict(body.get(part)) for part in ("ReportA", "ReportB")]
    said = {**body}
    for part in parts:
        if part.get("Valid") is not False:
            said |= part
    size = _dict(said.get("Dimension"))
    record = {side: size.get(letter) for side, letter in _SIDES.items()}
    return record | {
        "name": said.get("Name"),
        "call_sign": said.get("CallSign"),
        "imo": said.get("ImoNumber"),
        "ship_type": said.get("ShipType", said.get("Type")),
        "draught_m": said.get("MaximumStaticDraught"),
        "destination": said.get("Destination"),
    }


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
