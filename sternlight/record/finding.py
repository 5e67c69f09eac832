"""Finds ships in a record by what people know of them: a number, a call sign or a name."""

from __future__ import annotations

import re

from sternlight.record import read
from sternlight.record.read import Hull
from sternlight.record.ships import Ship, ships_of
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI

MOST = 20  # ships told at once; who finds more has to say more of the name
_TRACK = re.compile(r"(\d{1,9})\.(\d{1,3})")
_IMO = re.compile(r"(?:IMO)?[\s:#-]*(\d{7})", re.IGNORECASE)
_MMSI = re.compile(r"(?:MMSI[\s:#-]*)?(\d{1,9})", re.IGNORECASE)


def find(record: Database, text: str) -> list[Ship]:
    """Return the ships that `text` may mean, the one heard last first; at most `MOST`.

    `text` is a track ("416000000.2"), an IMO number ("IMO 9074729"), an MMSI, a call sign,
    or a name or part of one, in capitals or not.  Whoever is named exactly so comes alone.
    """
    tracks = _tracks(record, " ".join(text.split()))
    found: list[Ship] = []
    for hull in sorted(tracks, key=lambda hull: (-hull.last, hull.track)):
        if len(found) == MOST:
            break
        if not any(hull.track in ship.tracks for ship in found):
            found += ships_of(record, [hull.track])
    return found


def _tracks(record: Database, text: str) -> list[Hull]:
    """Return the hulls that `text` may mean."""
    if match := _TRACK.fullmatch(text):
        mmsi, number = (int(digits) for digits in match.groups())
        track = mmsi * HULLS_PER_MMSI + number
        return [hull for hull in read.hulls(record, [mmsi]) if hull.track == track]
    if (match := _IMO.fullmatch(text)) and (by_imo := _by_claim(record, "imo", match[1])):
        return by_imo
    if (match := _MMSI.fullmatch(text)) and (hulls := read.hulls(record, [int(match[1])])):
        return hulls
    exact = [
        hull for field in ("call_sign", "name") for hull in _by_claim(record, field, text.upper())
    ]
    return exact or _among(record, _named(record, text))


def _by_claim(record: Database, field: str, value: str) -> list[Hull]:
    return _among(record, {(c.mmsi, c.hull) for c in read.claimed(record, field, value)})


def _named(record: Database, part: str) -> set[tuple[int, int]]:
    """Return which hulls, by MMSI and number, claimed a name with `part` in it."""
    if not part:
        return set()
    rows = record.read(
        "select distinct mmsi, hull from claims where field = 'name'"
        " and instr(upper(value), ?) > 0",
        part.upper(),
    )
    return {(mmsi, hull) for mmsi, hull in rows}


def _among(record: Database, claimants: set[tuple[int, int]]) -> list[Hull]:
    """Return the hulls that made claims; of what is nobody's, all under the MMSI."""
    hulls = read.hulls(record, {mmsi for mmsi, _ in claimants}) if claimants else []
    return [
        hull
        for hull in hulls
        if not {(hull.mmsi, hull.track % HULLS_PER_MMSI), (hull.mmsi, 0)}.isdisjoint(claimants)
    ]
