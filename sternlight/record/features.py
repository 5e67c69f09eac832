"""What the record says of ships in numbers, and the events that their scores count.

A ship is one hull or several, or some days of them (`sternlight.record.ships`).  Of each its
last year is looked at, up to when it was last heard, so that what a ship shows does not depend
on when, or beside whom, somebody asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anomalies import features as make
from anomalies.features import DAY_S, SHIP_KINDS, YEAR_DAYS, Calls, Features, ShipDays
from anomalies.indicators import INDICATORS, Signs
from anomalies.rank import says
from anomalies.ship_kinds import ship_kind
from anomalies.standing import FEATURE_OF, Mark
from sternlight.fleet import Fleet
from sternlight.record import read
from sternlight.record.night import REACH
from sternlight.record.owners import Owners, alone
from sternlight.record.read import Claim, Visit
from sternlight.record.ships import Ship
from sternlight.sqlite import Database
from tracks.batch import F64
from tracks.flags import Flags
from tracks.identity import Claims, imo_valid
from tracks.names import same_name
from tracks.ports import SURE
from tracks.way import POINT_BYTES, points

SHIPS_AT_ONCE = 200
LEAST_NAME_DAYS = 2  # ours: a name heard on one day may be misheard, or another ship's
_SHOWN_NMI = next(one.scale.shown for one in INDICATORS if one.feature == "max_shore_nmi")


class Asked(NamedTuple):
    """What features depend on beside the record."""

    flags: Flags
    signs: Signs = Signs()
    reach_nmi: float = np.nan  # how far from shore anybody was heard; nan: not known
    lists: bool = False  # whether the user has given lists of ships


class Span(NamedTuple):
    """A time that is asked for, in Unix seconds; of a longer one than a year, its last year."""

    since: float = -np.inf
    until: float = np.inf


EVER = Span()


class Read(NamedTuple):
    """What the record says of some ships."""

    features: Features  # a row for each
    since: F64  # of each, Unix seconds: what is older does not count
    until: F64  # nor what began later
    days: ShipDays  # of their hulls; `ship` is the row
    lat: F64  # where each of `days` began
    lon: F64


class _Known(NamedTuple):
    """What one ship is."""

    since: float  # Unix seconds; what is older does not count
    until: float  # when it was last heard, within what is asked for
    memory_days: float
    flags: frozenset[str]
    claims: list[Claim]


def reach_nmi(record: Database) -> float:
    """Return how far from shore anybody was heard, as of last night; nan if nobody was."""
    kept = record.read("select value from about where key = ?", REACH)
    if not kept:
        kept = record.read("select max(max_shore_nmi) from days")
    return np.nan if kept[0][0] is None else float(kept[0][0])


def of_hulls(record: Database, fleet: Fleet, asked: Asked) -> Features:
    """Return what the record says of hulls, each taken for a ship."""
    ships = alone(record, fleet.track.tolist())
    return Features.concat([read.features for _, read in in_turn(record, ships, asked)])


def as_heard(features: Features, fleet: Fleet, claims: Mapping[int, Claims]) -> Features:
    """Return features with what is known of hulls by now; the record may be an hour behind."""
    kinds = [SHIP_KINDS.index(ship_kind(claims.get(track))) for track in fleet.track.tolist()]
    heard_days = (fleet.last_heard - fleet.first_heard) / DAY_S
    return replace(
        features,
        kind=np.array(kinds, np.uint8),
        memory_days=np.maximum(features.memory_days, heard_days),
    )


def in_turn(
    record: Database, ships: Sequence[Ship], asked: Asked
) -> Iterator[tuple[Sequence[Ship], Read]]:
    """Yield some ships at a time, so that memory stays small, and what the record says of them."""
    for at in range(0, len(ships), SHIPS_AT_ONCE):
        some = ships[at : at + SHIPS_AT_ONCE]
        yield some, of_ships(record, some, asked)


def of_ships(
    record: Database, ships: Sequence[Ship], asked: Asked, spans: Sequence[Span] = ()
) -> Read:
    """Return what the record says of ships, beside their events.

    `spans` are times within which to look, one for each ship; without any, all that is known.
    Names and numbers count if they were heard both before the end and after the beginning.
    """
    owners = Owners(ships)
    asked_for = zip(ships, spans or [EVER] * len(ships), strict=True)
    known = [_known(ship, asked.flags, span) for ship, span in asked_for]
    since = np.array([one.since for one in known])
    until = np.array([one.until for one in known])
    days, lat, lon = _days(record, owners)
    recent = (days.last >= since[days.ship]) & (days.first <= until[days.ship])
    days, lat, lon = days.take(recent), lat[recent], lon[recent]
    joined, n = make.one_a_day(days), len(ships)
    visits = [v for v in read.visits(record, owners.tracks) if v.certainty >= SURE]
    calls = _calls(visits, owners, known)
    calls = calls.take((calls.end >= since[calls.ship]) & (calls.start <= until[calls.ship]))
    gone = make.voyages(calls)
    sure = np.bincount(calls.ship, minlength=n) > 0
    features = Features.make(
        n,
        kind=[SHIP_KINDS.index(ship_kind(_latest(one.claims))) for one in known],
        memory_days=[one.memory_days for one in known],
        at_sea_days=make.at_sea_days(n, joined),
        usual_voyage_days=make.usual_voyage_days(n, *gone),
        max_shore_nmi=make.max_shore_nmi(n, joined, asked.reach_nmi, _SHOWN_NMI),
        high_seas_share=make.high_seas_share(n, joined, asked.reach_nmi),
        flags_count=[_flags_count(one) for one in known],
        names_count=[_names_count(one) for one in known],
        foreign_visits_count=make.foreign_visits_count(n, calls),
        fishing_per_day_h=make.fishing_per_day_h(n, joined),
        still_days=make.still_days(n, calls),
        flag_listed_share=[_flag_listed(one.flags, asked.signs) for one in known],
        long_voyages_score=np.where(sure, 0.0, np.nan),
        listings_score=0.0 if asked.lists else np.nan,
    )
    return Read(features, since, until, days, lat, lon)


_EVENTS = """
select t.track, e.start, coalesce(e."end", 9e99), e.id, e.kind, e.score,
    json_extract(e.row, '$.for[0].says')
from event_tracks t join events e on e.id = t.id
where t.track in ({}) and e.shown and e.state != 'withdrawn' and e.kind in ({})
"""


def marks_of(
    record: Database, ships: Sequence[Ship], since: F64, until: F64 | None = None
) -> list[list[Mark]]:
    """Return the events of ships between two times, by row."""
    latest = np.full(len(ships), np.inf) if until is None else until
    owners = Owners(ships)
    found: list[dict[str, Mark]] = [{} for _ in ships]
    query = _EVENTS.format(*(",".join("?" * len(some)) for some in (owners.tracks, FEATURE_OF)))
    for track, start, end, name, kind, score, reason in record.read(
        query, *owners.tracks, *FEATURE_OF
    ):
        row = owners.at(track, start)
        if row is not None and end >= since[row] and start <= latest[row]:
            found[row][name] = Mark(name, kind, score, says(kind, score, reason))
    return [[own[name] for name in sorted(own)] for own in found]


def _known(ship: Ship, flags: Flags, span: Span) -> _Known:
    """Return what a ship is; one without hulls was never heard."""
    heard = list(_heard(ship))
    until = min(max((last for _, _, last in heard), default=0.0), span.until)
    since = max(until - YEAR_DAYS * DAY_S, span.since)
    flown = {flags.flag(mmsi) for mmsi, first, last in heard if last >= since and first <= until}
    begun = max(min((first for _, first, _ in heard), default=0.0), span.since)
    recent = [claim for claim in ship.claims if claim.last >= since and claim.first <= until]
    heard_days = max(until - begun, 0.0) / DAY_S
    return _Known(since, until, heard_days, frozenset(flown - {""}), recent)


def _heard(ship: Ship) -> Iterator[tuple[int, float, float]]:
    """Yield MMSI, first and last time of each hull, as far as it was this ship."""
    days = dict(ship.days)
    for hull in ship.hulls:
        own = days.get(hull.track)
        if own is None:
            yield hull.mmsi, hull.first, hull.last
        elif own:
            first, last = min(own) * DAY_S, (max(own) + 1) * DAY_S
            yield hull.mmsi, max(first, hull.first), min(last, hull.last)


def _latest(claims: Sequence[Claim]) -> Claims:
    """Return what a ship said last of what makes its kind."""
    last = {claim.field: claim.value for claim in sorted(claims, key=lambda c: (c.last, c.value))}
    return read.as_claims(last)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _flags_count(ship: _Known) -> float:
    """Return under numbers of how many countries it spoke; nan if it gave no IMO number."""
    told = any(c.field == "imo" and imo_valid(_number(c.value)) for c in ship.claims)
    return float(len(ship.flags)) if told and ship.flags else np.nan


def _names_count(ship: _Known) -> float:
    """Return how many names it gave that are not spellings of one another."""
    names: list[str] = []
    for claim in sorted(ship.claims, key=lambda c: (-c.days_count, c.value)):
        sure = claim.field == "name" and claim.days_count >= LEAST_NAME_DAYS
        if sure and not any(same_name(claim.value, name) for name in names):
            names.append(claim.value)
    return float(len(names)) if names else np.nan


def _flag_listed(flags: Collection[str], signs: Signs) -> float:
    """Return whether a flag is one of those that the user named; nan if none, or it has none."""
    return float(bool(set(flags) & set(signs.flags))) if signs.flags and flags else np.nan


_DAYS = """
select track, day, first, last, port_count, fishing_count, high_seas_count, max_shore_nmi, heard,
    substr(way, 1, ?) from days where track in ({}) order by track, day
"""


def _days(record: Database, owners: Owners) -> tuple[ShipDays, F64, F64]:
    """Return the days of ships, and where each began."""
    tracks = owners.tracks
    rows = record.read(_DAYS.format(",".join("?" * len(tracks))), POINT_BYTES, *tracks)
    ships = [owners.row(row[0], row[1]) for row in rows]
    rows = [row for row, ship in zip(rows, ships, strict=True) if ship is not None]
    if not rows:
        return ShipDays.empty(), np.empty(0), np.empty(0)
    _, day, first, last, port, fishing, high, shore, heard, way = zip(*rows, strict=True)
    bits = np.frombuffer(b"".join(heard), np.uint8).reshape(len(rows), -1)
    days = ShipDays.make(
        len(rows),
        ship=[ship for ship in ships if ship is not None],
        day=day,
        first=first,
        last=last,
        heard_count=np.bitwise_count(bits).sum(axis=1),
        port_count=port,
        fishing_count=fishing,
        high_seas_count=high,
        max_shore_nmi=np.array(shore, np.float64),
    )
    _, lat, lon = points(b"".join(way))
    return days, lat, lon


def _calls(visits: Sequence[Visit], owners: Owners, known: Sequence[_Known]) -> Calls:
    rows = []
    for visit in visits:
        row = owners.at(visit.track, visit.start)
        if row is None:
            continue
        ship = known[row]
        located = bool(visit.kind == "port" and visit.country and ship.flags)
        foreign = located and visit.country not in ship.flags
        end = ship.until if visit.end is None else visit.end
        end = max(min(end, ship.until), visit.start)
        rows.append((row, visit.start, end, visit.heard_h, foreign, located))
    rows.sort()
    if not rows:
        return Calls.empty()
    names = Calls.described()
    return Calls.make(len(rows), **dict(zip(names, zip(*rows, strict=True), strict=True)))
