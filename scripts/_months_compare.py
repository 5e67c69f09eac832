"""Compares what was found in simulated months with what truly was; knows no detector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from _months_names import Identity
from _months_truth import HOWS, NEAR_NMI, Chain, Visit

from receiver.sources.sea_chart import DAY, HOUR
from tracks.batch import HULLS_PER_MMSI
from tracks.geodesy import NMI_M, distance_m
from tracks.ports import Visits

SURE = 2  # certainty from which on a visit is one; Global Fishing Watch leaves the rest out, too
SAME_PLACE_NMI = 3.0
AROUND_S = 2 * HOUR  # before a ship came to rest and after it left
OUT_NMI = 6.0  # a ship not heard farther off between two stops may have made one of them
MEETS_S, LANDS_S = 6 * HOUR, DAY
FEW_FIXES = 50  # of a ship heard less under a number nothing can be asked
PART, MOST = 0.05, 0.8  # of the fixes of a ship


class Wanted(NamedTuple):
    """A true visit of which anything was heard."""

    visit: Visit
    found: int  # row of the one that was found; -1: none
    excused: bool  # it cannot be told from the one before


class Matched(NamedTuple):
    """True visits and found ones, one to one."""

    wanted: list[Wanted]  # ports and harbours
    right: list[bool]  # for each found visit whether it is a true one
    of: list[int]  # the place of that one among the true visits; -1: none


def match_visits(true: Sequence[Visit], found: Visits) -> Matched:
    """Match visits under one MMSI, at one place and at one time, the longest in common first.

    A visit may include what was spent in roads before; roads alone come last.
    """
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
                pairs.append((true[i].kind == "roads", -common_s, i, row))
    taken: dict[int, int] = {}
    of = [-1] * len(found)
    for _, _, i, row in sorted(pairs):
        if i not in taken and of[row] < 0:
            taken[i], of[row] = row, i
    alike = _not_told_apart(true)
    spanned = {(i, alike[of[row]]) for _, _, i, row in pairs if of[row] >= 0}
    wanted = [
        Wanted(v, taken.get(i, -1), i not in taken and (i, alike[i]) in spanned)
        for i, v in enumerate(true)
        if v.whole and v.kind != "roads" and v.how != HOWS[-1]
    ]
    return Matched(wanted, [i >= 0 for i in of], of)


def _not_told_apart(true: Sequence[Visit]) -> list[int]:
    """Return a number for each visit, the same for stops between which a ship was not heard out."""
    numbers: list[int] = []
    for i, visit in enumerate(true):
        goes_on = i and true[i - 1].hull == visit.hull and visit.away_nmi < OUT_NMI
        numbers.append(numbers[-1] if goes_on else i)
    return numbers


def _common_s(visit: Visit, start: float, end: float) -> float:
    """Return how long both last at once; a thousandth of it about the visit counts as well."""
    inner = min(visit.end, end) - max(visit.start, start)
    outer = min(visit.end + AROUND_S, end) - max(visit.start - AROUND_S, start)
    return max(inner, 0.0) + max(outer + 1, 0.0) / 1000


def _near(visit: Visit, found: Visits, row: int) -> bool:
    away_m = distance_m(visit.lat, visit.lon, found.lat[row], found.lon[row])
    return bool(away_m <= SAME_PLACE_NMI * NMI_M)


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
        well = max(one.out_nmi, other.in_nmi) < NEAR_NMI
        made.append(Voyage((other.start - one.end) / DAY, float(days), well))
    return made


def _between(mine: list[int], a: int, z: int, matched: Matched, true: Sequence[Visit]) -> bool:
    """Return whether a visit to a port was told in between that ends the voyage before."""
    rows = mine[mine.index(a) + 1 : mine.index(z)]
    return any(matched.of[row] < 0 or true[matched.of[row]].kind != "roads" for row in rows)


class FoundChain(NamedTuple):
    """A chain that was found; a ship is all MMSIs that are said to be its own."""

    fishing: frozenset[int]
    carrier: frozenset[int]  # that called
    port: str
    meeting_start: float
    landing_start: float
    sure: bool  # nothing is said that makes it doubtful


def same_chain(true: Chain, found: FoundChain) -> bool:
    """Return whether two are one: ships, port and dates agree."""
    return (
        true.fishing in found.fishing
        and true.carrier in found.carrier
        and true.port == found.port
        and abs(true.meeting_start - found.meeting_start) <= MEETS_S
        and true.arrival - LANDS_S <= found.landing_start
        and found.landing_start <= max(true.landing_start + LANDS_S, true.landing_end)
    )


def hearable(chain: Chain, least_h: float) -> bool:
    """Return whether a chain was heard: for so long together, and something of the landing."""
    return chain.meeting_heard_h >= least_h and chain.landing_heard


RIGHT, TOLD, WRONG = "right", "told to be two ships", "wrong"


class Identified(NamedTuple):
    """What was made of one ship that changed its name or number, or of a pair that shares one."""

    kind: str
    outcome: str  # RIGHT, TOLD or WRONG


class Recorded(NamedTuple):
    """A ship of a record, by how many of the fixes it holds are of which true ship."""

    of: Mapping[int, int]
    doubted: bool  # it is said that another ship took turns with it under one number

    @property
    def mixed(self) -> bool:
        """Whether it holds a part of a second ship."""
        rest = sum(self.of.values()) - max(self.of.values(), default=0)
        return rest > max(PART * sum(self.of.values()), FEW_FIXES)


def identified(
    every: Sequence[Identity], record: Sequence[Recorded], heard: Mapping[tuple[int, int], int]
) -> list[Identified]:
    """Return for each case that could be told what was made of it.

    `heard` are the fixes of each true ship under each MMSI.
    """
    made = []
    for one in every:
        if one.kind in ("re-flagged", "renumbered", "renamed"):
            counts = [heard.get((one.ship, mmsi), 0) for mmsi in one.mmsis]
            if min(counts) >= FEW_FIXES:
                whole = _holder(record, one.ship, MOST * sum(counts))
                made.append(Identified(one.kind, RIGHT if whole else WRONG))
        elif one.others and one.ship < one.others[0]:
            pair = (one.ship, one.others[0])
            counts = [sum(n for (s, _), n in heard.items() if s == ship) for ship in pair]
            if min(counts) >= FEW_FIXES:
                made.append(Identified(one.kind, _parted(record, pair, counts)))
    return made


def _holder(record: Sequence[Recorded], ship: int, least: float) -> Recorded | None:
    """Return the ship of the record that holds so much of a true one, and of no other."""
    return next((r for r in record if r.of.get(ship, 0) >= least and not r.mixed), None)


def _parted(record: Sequence[Recorded], pair: Sequence[int], counts: Sequence[int]) -> str:
    """Return what was made of two ships; a day of which nobody knows whose it was is no fault."""
    if all(_holder(record, ship, n / 2) for ship, n in zip(pair, counts, strict=True)):
        return RIGHT
    both = [r for r in record if r.mixed and all(ship in r.of for ship in pair)]
    return TOLD if both and all(r.doubted for r in both) else WRONG
