"""One ship's record: who it is, where it has been, whom it met, and which signs it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from anomalies.event import track_name
from anomalies.features import SHIP_KINDS
from anomalies.standing import Sign, standings
from sternlight import guidance
from sternlight.guidance import Contact
from sternlight.record import read, voyaging
from sternlight.record.features import Asked, marks_of, of_ships
from sternlight.record.night import sign_row
from sternlight.record.rates import EVERYWHERE, Rate, square
from sternlight.record.read import Claim, Day, Found, Visit
from sternlight.record.ships import Ship
from sternlight.sqlite import Database
from sternlight.text import iso
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags
from tracks.kinship import Conflict, Link
from tracks.ports import SURE
from tracks.ship_types import ship_type_name


class Around(NamedTuple):
    """What a record takes beside the tables."""

    asked: Asked
    known: Sequence[Contact]


def record_of(record: Database, ship: Ship, around: Around) -> dict[str, Any]:
    """Return the record of a ship, as JSON knows it; times in ISO 8601, UTC."""
    tracks = sorted(ship.tracks)
    flags = around.asked.flags
    days = [day for day in read.days(record, tracks) if ship.has(day.track, day.first)]
    visits = [
        visit
        for visit in read.visits(record, tracks)
        if visit.certainty >= SURE and ship.has(visit.track, visit.start)
    ]
    events = [
        event
        for event in read.found(record, tracks=tracks)
        if any(ship.has(track, event.start) for track in event.tracks)
    ]
    countries = {flags.flag(mmsi) for mmsi in ship.mmsis} | {visit.country for visit in visits}
    return {
        "as_of": _as_of(record),
        "ship": who(ship, flags),
        "claims": [_claim(claim, flags) for claim in ship.claims],
        "claims_of_nobody_known": [_claim(claim, flags) for claim in ship.nobodys],
        "one_ship_because": [link.says for link in ship.links],
        "perhaps_also": [_other(link, tracks) for link in ship.maybe],
        "conflicts": [_other(one, tracks) for one in ship.conflicts],
        "heard": _heard(ship, days),
        "visits": [_visit(visit) for visit in sorted(visits, key=lambda one: one.start)],
        "voyages": voyaging.rows(visits, days),
        "events": [_event(record, one, tracks) for one in events],
        "standing": _standing(record, ship, days, around.asked),
        **guidance.rows(guidance.of_countries(around.known, countries - {""})),
    }


def _as_of(record: Database) -> str | None:
    ((last,),) = record.read("select max(last) from hulls")
    return None if last is None else iso(last)


def who(ship: Ship, flags: Flags) -> dict[str, Any]:
    """Return who a ship is, as far as it said."""
    type_ = ship.last_said("ship_type")
    return {
        "name": ship.last_said("name"),
        "imo": ship.last_said("imo") or None,
        "call_sign": ship.last_said("call_sign"),
        "ship_type": ship_type_name(int(type_)) if type_.isdecimal() else "",
        "size": ship.last_said("size"),
        "names": list(ship.said("name")),
        "numbers": [
            {
                "mmsi": hull.mmsi,
                "track": track_name(hull.track),
                "flag": flags.flag(hull.mmsi),
                "flag_name": flags.name(hull.mmsi),
                "first_heard": iso(hull.first),
                "last_heard": iso(hull.last),
                "fixes_count": hull.fixes_count,
            }
            for hull in ship.hulls
        ],
    }


def _claim(claim: Claim, flags: Flags) -> dict[str, Any]:
    value = claim.value
    if claim.field == "ship_type" and value.isdecimal():
        value = ship_type_name(int(value)) or f"type {value}"
    return {
        "field": claim.field,
        "value": value,
        "mmsi": claim.mmsi,
        "flag": flags.flag(claim.mmsi),
        "first": iso(claim.first),
        "last": iso(claim.last),
        "days_count": claim.days_count,
    }


def _other(one: Link | Conflict, tracks: Collection[int]) -> dict[str, Any]:
    """Return which other hull a link or a conflict is about."""
    other = one.b.track if one.a.track in tracks else one.a.track
    return {"track": track_name(other), "mmsi": other // HULLS_PER_MMSI, "says": one.says}


def _heard(ship: Ship, days: Sequence[Day]) -> dict[str, Any]:
    """Return when it was heard; the longest silence lies between two days on which it was."""
    spans = sorted((day.first, day.last) for day in days)
    silences, until = [(0.0, 0.0)], spans[0][1] if spans else 0.0
    for first, last in spans[1:]:
        silences.append((first - until, until))
        until = max(until, last)
    longest_s, since = max(silences)
    shores = [day.max_shore_nmi for day in days if day.max_shore_nmi is not None]
    return {
        "first": iso(min(hull.first for hull in ship.hulls)),
        "last": iso(ship.last),
        "days_count": len({day.day for day in days}),
        "longest_silence_h": round(max(longest_s, 0.0) / 3600, 1),
        "longest_silence_since": iso(since) if longest_s > 0 else None,
        "max_shore_nmi": max(shores) if shores else None,
    }


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "place": visit.place,
        "country": visit.country,
        "kind": visit.kind,
        "start": iso(visit.start),
        "end": None if visit.end is None else iso(visit.end),
        "stopped_h": round(visit.stopped_h, 1),
        "heard_h": round(visit.heard_h, 1),
        "certainty": visit.certainty,
        "lat": round(visit.lat, 4),
        "lon": round(visit.lon, 4),
    }


def _event(record: Database, found: Found, tracks: Collection[int]) -> dict[str, Any]:
    row = found.row
    others = [track for track in found.tracks if track not in tracks]
    reasons, objections = row["for"], row["against"]
    return {
        "id": found.id,
        "kind": found.kind,
        "start": row["start"],
        "end": row["end"],
        "place": row["place"],
        "score": row["score"],
        "with": [
            {"mmsi": track // HULLS_PER_MMSI, "name": _name(record, track // HULLS_PER_MMSI)}
            for track in others
        ],
        "for": reasons[0]["says"] if reasons else None,
        "against": _against(objections),
    }


def _against(objections: Iterable[dict[str, Any]]) -> str | None:
    """Return what speaks against an event; what stands with every one of its kind comes last."""
    ranked = sorted(objections, key=lambda one: one["name"].endswith(": base"))
    return ranked[0]["says"] if ranked else None


def _name(record: Database, mmsi: int) -> str:
    rows = record.read(
        "select value from claims where mmsi = ? and field = 'name' order by last desc limit 1",
        mmsi,
    )
    return str(rows[0][0]) if rows else ""


def _standing(record: Database, ship: Ship, days: Sequence[Day], asked: Asked) -> dict[str, Any]:
    read_now = of_ships(record, [ship], asked)
    marks = marks_of(record, [ship], read_now.since)
    (standing,) = standings(read_now.features, marks)
    kind = SHIP_KINDS[int(read_now.features.kind[0])]
    where = _square(days)
    return {
        "score": round(standing.score, 3),
        "says": standing.says,
        "signs": [_sign(record, sign, kind, where) for sign in standing.signs],
        "missing": list(standing.missing),
    }


def _sign(record: Database, sign: Sign, kind: str, where: str) -> dict[str, Any]:
    one = sign.indicator
    return sign_row(sign) | {
        "title": one.title,
        "definition": one.defined,
        "source": one.source,
        "ilo": list(one.ilo),
        "innocent": one.innocent,
        "rates": [rate.says for rate in _rates(record, one.name, kind, where)],
    }


def _rates(record: Database, sign: str, kind: str, where: str) -> list[Rate]:
    """Return how usual a sign is among ships of that kind: everywhere, and in its square."""
    rows = record.read(
        "select * from rates where sign = ? and kind = ? and square in (?, ?) order by square",
        sign,
        kind,
        EVERYWHERE,
        where,
    )
    return [Rate(*row) for row in rows]


def _square(days: Sequence[Day]) -> str:
    """Return the square in which a ship was heard last."""
    if not days:
        return EVERYWHERE
    way = max(days, key=lambda day: day.last).way()
    return square(float(way.lat[-1]), float(way.lon[-1]))
