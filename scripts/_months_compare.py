"""Compares what was found in simulated months with what truly was; knows no detector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from _months import Chain, Identity, Visit

from receiver.sources.sea_chart import DAY, HOUR
from tracks.batch import HULLS_PER_MMSI
from tracks.geodesy import NMI_M, distance_m
from tracks.visits import Visits

SURE = 2  # certainty from which on a visit is one; Global Fishing Watch leaves the rest out, too
SAME_PLACE_NMI = 3.0
AROUND_S = 2 * HOUR  # before a ship came to rest and after it left
OUT_NMI = 6.0  # a ship not heard farther off between two stops may have made one of them
HOWS = ("heard at the berth", "heard coming and going only", "heard coming or going only")
MEETS_S, LANDS_S = 6 * HOUR, DAY
FEW_FIXES = 50  # of a ship heard less under a number, or a name, nothing can be asked
PART = 0.02  # of a track's fixes: so many of another ship, and it holds two


class Wanted(NamedTuple):
    """A true visit of which something was heard."""

    visit: Visit
    found: int  # row of the one that was found; -1: none
    excused: bool  # it cannot be told from the one before


class Matched(NamedTuple):
    """True visits and found ones, one to one."""

    wanted: list[Wanted]  # ports and harbours
    right: list[bool]  # for each found visit whether it is a true one
    of: list[int]  # the place of that one among the true visits; -1: none


def match_visits(true: Sequence[Visit], found: Visits) -> Matched:
    """Match visits under one MMSI, at one place and at one time, the longest in common first."""
    by_mmsi: dict[int, list[int]] = defaultdict(list)
    for i, visit in enumerate(true):
        by_mmsi[visit.mmsi].append(i)
    end = np.where(np.isnan(found.end), np.inf, found.end)
    pairs = []
    for row, mmsi in enumerate((found.track // HULLS_PER_MMSI).tolist()):
        mine = by_mmsi.get(mmsi, [])
        for i in mine:
            common_s = _common_s(true[i], float(found.start[row]), float(end[row]))
            if common_s and _near(true[i], found, row):
                pairs.append((-common_s, i, row))
    taken: dict[int, int] = {}
    of = [-1] * len(found)
    for _, i, row in sorted(pairs):
        if i not in taken and of[row] < 0:
            taken[i], of[row] = row, i
    spanned = {i for _, i, row in pairs}
    wanted = [
        Wanted(v, taken.get(i, -1), i not in taken and i in spanned and v.away_nmi < OUT_NMI)
        for i, v in enumerate(true)
        if v.kind != "roads" and v.heard
    ]
    return Matched(wanted, [i >= 0 for i in of], of)


def _common_s(visit: Visit, start: float, end: float) -> float:
    """Return how long both last at once; a thousandth of it about the visit counts as well."""
    inner = min(visit.end, end) - max(visit.start, start)
    outer = min(visit.end + AROUND_S, end) - max(visit.start - AROUND_S, start)
    return max(inner, 0.0) + max(outer + 1, 0.0) / 1000


def _near(visit: Visit, found: Visits, row: int) -> bool:
    away_m = distance_m(visit.lat, visit.lon, found.lat[row], found.lon[row])
    return bool(away_m <= SAME_PLACE_NMI * NMI_M)


def how(visit: Visit) -> str:
    """Return what of a visit was heard, one of HOWS."""
    if visit.heard_count:
        return HOWS[0]
    return HOWS[1] if visit.heard_in and visit.heard_out else HOWS[2]


class Voyage(NamedTuple):
    """From one true visit to the next, both of them heard in some way."""

    days: float
    found_days: float  # nan: not both visits were found, or something was told in between
    well_heard: bool  # leaving the one and coming to the other


def voyages(true: Sequence[Visit], found: Visits, matched: Matched) -> list[Voyage]:
    """Return the voyages of ships, as they were and as they were found."""
    row_of = {i: row for row, i in enumerate(matched.of) if i >= 0}
    place = {(v.hull, v.start): i for i, v in enumerate(true)}
    sure = found.certainty >= SURE
    told: dict[int, list[int]] = defaultdict(list)
    for row in np.lexsort((found.start, found.track)).tolist():
        if sure[row]:
            told[int(found.track[row]) // HULLS_PER_MMSI].append(row)
    made = []
    for one, other in pairwise(v for v in true if v.kind != "roads"):
        if one.hull != other.hull or not (one.heard and other.heard) or one.mmsi != other.mmsi:
            continue
        a, z = (row_of.get(place[(v.hull, v.start)], -1) for v in (one, other))
        days = np.nan
        mine = told[one.mmsi]
        if a in mine and z in mine and not _between(mine, a, z, matched, true):
            days = (found.start[z] - found.end[a]) / DAY
        well = one.heard_out and other.heard_in
        made.append(Voyage((other.start - one.end) / DAY, float(days), well))
    return made


def _between(mine: list[int], a: int, z: int, matched: Matched, true: Sequence[Visit]) -> bool:
    """Return whether a visit to a port was told in between that ends the voyage before."""
    rows = mine[mine.index(a) + 1 : mine.index(z)]
    return any(matched.of[row] < 0 or true[matched.of[row]].kind != "roads" for row in rows)


class FoundChain(NamedTuple):
    """A chain that was found; ships are the true ones behind the tracks."""

    hulls: tuple[int, int]  # the fishing vessel, and the carrier that called
    port: str
    meeting_start: float
    landing_start: float
    sure: bool  # the carrier was heard well enough that it called nowhere else before


def same_chain(a: Chain | FoundChain, b: Chain | FoundChain) -> bool:
    """Return whether two are one: ships, port and dates agree."""
    return (
        a.hulls == b.hulls
        and a.port == b.port
        and abs(a.meeting_start - b.meeting_start) <= MEETS_S
        and abs(a.landing_start - b.landing_start) <= LANDS_S
    )


def hearable(chain: Chain, least_h: float) -> bool:
    """Return whether a chain was heard: for so long together, and something of the landing."""
    return chain.meeting_heard_h >= least_h and chain.landing_heard


Owners = Mapping[int, Mapping[int, int]]  # for each track how many fixes of each true ship


def owner(owners: Owners, track: int) -> int:
    """Return the true ship that made most of a track."""
    return max(owners[track].items(), key=lambda one: (one[1], -one[0]))[0]


def mixed(owners: Owners, track: int) -> bool:
    """Return whether a track holds fixes of two ships, beyond a stray few."""
    counts = owners[track]
    return sum(n for n in counts.values()) - max(counts.values()) > PART * sum(counts.values())


class Identified(NamedTuple):
    """What was made of one ship that changed its name or number, or of a pair that shares one."""

    kind: str
    right: bool


def identified(
    every: Sequence[Identity], owners: Owners, groups: Iterable[Sequence[int]]
) -> list[Identified]:
    """Return for each case that could be told whether it was."""
    group_of = {track: k for k, tracks in enumerate(groups) for track in tracks}
    mine: dict[int, list[int]] = defaultdict(list)
    for track in owners:
        if sum(owners[track].values()) >= FEW_FIXES:
            for ship, count in owners[track].items():
                if count > PART * sum(owners[track].values()):
                    mine[ship].append(track)
    made = []
    for one in every:
        tracks = mine[one.ship]
        numbers = {track // HULLS_PER_MMSI for track in tracks}
        if one.kind in ("re-flagged", "renumbered", "renamed"):
            if numbers >= set(one.mmsis):
                together = {group_of.get(track, -track) for track in tracks}
                made.append(Identified(one.kind, len(together) == 1))
        elif one.others and one.ship < one.others[0]:
            theirs = mine[one.others[0]]
            if tracks and theirs:
                apart = {group_of.get(t, -t) for t in tracks}.isdisjoint(
                    group_of.get(t, -t) for t in theirs
                )
                made.append(Identified(one.kind, apart))
    return made


def wrongly_merged(owners: Owners, groups: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    """Return the pairs of tracks put together that are of two ships."""
    return [
        (a, b)
        for tracks in groups
        for a, b in combinations([t for t in tracks if t in owners], 2)
        if owner(owners, a) != owner(owners, b)
    ]
