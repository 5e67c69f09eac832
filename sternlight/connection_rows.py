"""What is known of ships, meetings and calls, as rows for programs and cells of tables."""

from __future__ import annotations

from typing import Any

from anomalies.event import track_name
from anomalies.handover import Handover, Meeting
from anomalies.onward import Call, Leg, Onward
from anomalies.ship_kinds import WORDS
from sternlight.record.connections import Known
from sternlight.text import iso

Row = dict[str, Any]


def ship_row(known: Known) -> Row:
    """Return what is known of a ship."""
    return {
        "ship": track_name(known.ship),
        "mmsi": known.mmsi,
        "name": known.name,
        "imo": known.imo or None,
        "call_sign": known.call_sign,
        "kind": WORDS[known.kind],
        "flag": known.flag,
    }


def meeting_row(meeting: Meeting) -> Row:
    """Return what is known of a meeting."""
    return {
        "event": meeting.id,
        "score": meeting.score,
        "start": iso(meeting.start),
        "end": iso(meeting.end),
        "heard_h": meeting.heard_h,
        "lat": meeting.lat,
        "lon": meeting.lon,
        "place": meeting.place,
    }


def handover_row(gift: Handover | None, why: str) -> Row:
    """Return who may have handed over to whom, None where it is unknown, and why."""
    if gift is None:
        return {"from": None, "to": None, "goods": None, "why": why}
    giver, taker = track_name(gift.giver), track_name(gift.taker)
    return {"from": giver, "to": taker, "goods": gift.goods, "why": why}


def given_cells(gift: Handover | None) -> Row:
    """Return the same for a table; nothing where it is unknown."""
    if gift is None:
        return {}
    giver, taker = track_name(gift.giver), track_name(gift.taker)
    return {"may_have_given": giver, "may_have_taken": taker, "goods": gift.goods, "why": gift.why}


def call_row(call: Call) -> Row:
    """Return what is known of a port visit."""
    return {
        "ship": track_name(call.ship),
        "place": call.place,
        "kind": call.kind,
        "start": iso(call.start),
        "end": None if call.end is None else iso(call.end),
        "stopped_h": round(call.stopped_h, 1),
        "certainty": call.certainty,
    }


def leg_row(leg: Leg) -> Row:
    """Return what lies between two times of a ship."""
    return {
        "after_h": round(leg.hours, 1),
        "silent_h": round(leg.silent_h, 1),
        "may_have_called_unheard": leg.may_have_called,
        "other_meetings_count": len(leg.met),
        "doubts": list(leg.doubts()),
    }


def onward_row(onward: Onward) -> Row:
    """Return the next call of a ship, and what may lie between."""
    return call_row(onward.call) | leg_row(onward.leg)


def call_cells(onward: Onward) -> Row:
    """Return the same in few words."""
    return {
        "next_port": place_of(onward.call),
        "next_port_start": iso(onward.call.start),
        "next_port_after_h": round(onward.leg.hours, 1),
        "next_port_certainty": onward.call.certainty,
        "doubts": "; ".join(onward.leg.doubts()),
    }


def place_of(call: Call) -> str:
    """Return how to call a place where a ship stopped."""
    return call.place or f"a {call.kind} without a name"
