"""(h) Months on a coast: port visits, voyages, chains to a port, and who is who.

A station hears months of which the truth is known (`_months`), and keeps its record.
Counted is what that record says of what could be heard.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from _evaluate_tables import Tables, share, table
from _months import Months
from _months_compare import (
    LANDS_S,
    RIGHT,
    SURE,
    TOLD,
    FoundChain,
    Identified,
    Recorded,
    Voyage,
    hearable,
    identified,
    match_visits,
    same_chain,
    voyages,
)
from _months_names import KINDS
from _months_record import Owners, keep
from _months_truth import HOWS, Chain

from anomalies.chains import Limits
from receiver.sources.sea_chart import DAY, HOUR
from sternlight.chain import Asked, answer
from sternlight.record import read
from sternlight.record.connections import Connections
from sternlight.record.ships import Ship, ships
from sternlight.settings import Settings
from sternlight.sqlite import Database
from tracks.batch import HULLS_PER_MMSI
from tracks.places import Places
from tracks.ports import KINDS as VISIT_KINDS
from tracks.ports import Visits

TOGETHER_H = 2.2  # heard side by side: an encounter lasts two hours and ends at marks
VOYAGES_DAYS = ((1.0, 7.0), (7.0, 30.0), (30.0, math.inf))
STAYS_H = ((0.0, 2.0), (2.0, 6.0), (6.0, math.inf))


class Wanted(NamedTuple):
    """A true visit of which something was heard, and what was found of it."""

    role: str
    kind: str  # port or harbour
    how: str
    hours: float
    found: int  # the certainty with which it was; 0: not
    excused: bool


class Told(NamedTuple):
    """A visit that was told."""

    kind: str
    certainty: int
    right: bool


class Outcome(NamedTuple):
    """What the record says of some months, beside the truth."""

    wanted: list[Wanted]
    told: list[Told]
    voyages: list[Voyage]
    chains: list[bool]  # for each true one that was heard whether it was found
    invented: list[bool]  # for each found one that is not true whether it was told as sure
    chains_count: int  # found
    identified: list[Identified]
    merged_count: int  # ships of the record that hold two true ones
    ships_count: int  # of the record


def months(seed: int, days: float, vessels: int, settings: Settings, places: Places) -> Outcome:
    """Let a station hear some months and compare its record with the truth."""
    lived = Months(seed, days, vessels, shore=places.shore)
    with tempfile.TemporaryDirectory() as name:
        owners = keep(lived, settings, places, Path(name))
        with read.open_record(Path(name)) as record:
            return compare(lived, record, owners)


def compare(lived: Months, record: Database, owners: Owners) -> Outcome:
    """Compare a record with the truth."""
    truth = lived.truth
    found = found_visits(record)
    matched = match_visits(truth.visits, found)
    every = ships(record)
    held = [_recorded(ship, owners) for ship in every]
    told = found_chains(record, every, lived.start, lived.end + LANDS_S)
    wanted = [chain for chain in truth.chains if hearable(chain, TOGETHER_H)]
    return Outcome(
        [
            Wanted(
                lived.roles[one.visit.hull][0],
                one.visit.kind,
                one.visit.how,
                (one.visit.end - one.visit.start) / HOUR,
                int(found.certainty[one.found]) if one.found >= 0 else 0,
                one.excused,
            )
            for one in matched.wanted
        ],
        [
            Told(VISIT_KINDS[kind], certainty, right)
            for kind, certainty, right in zip(
                found.kind.tolist(), found.certainty.tolist(), matched.right, strict=True
            )
        ],
        voyages(truth.visits, found, matched),
        [any(same_chain(chain, one) for one in told) for chain in wanted],
        [one.sure for one in told if not _true(one, truth.chains)],
        len(told),
        identified(truth.identities, held, _heard(owners)),
        sum(ship.mixed for ship in held),
        len(held),
    )


def _recorded(ship: Ship, owners: Owners) -> Recorded:
    """Count whose fixes a ship of the record holds."""
    of: Counter[int] = Counter()
    for (track, day), counts in owners.items():
        if ship.has(track, day * DAY):
            of += counts
    return Recorded(of, ship.takes_turns)


def _heard(owners: Owners) -> Counter[tuple[int, int]]:
    heard: Counter[tuple[int, int]] = Counter()
    for (track, _), counts in owners.items():
        for ship, count in counts.items():
            heard[ship, track // HULLS_PER_MMSI] += count
    return heard


def found_visits(record: Database) -> Visits:
    """Return all visits of a record."""
    rows = read.visits(record)
    return Visits.make(
        len(rows),
        track=[row.track for row in rows],
        start=[row.start for row in rows],
        end=[math.nan if row.end is None else row.end for row in rows],
        place=[row.place.encode() for row in rows],
        country=[row.country.encode() for row in rows],
        kind=[VISIT_KINDS.index(row.kind) for row in rows],
        lat=[row.lat for row in rows],
        lon=[row.lon for row in rows],
        stopped_h=[row.stopped_h for row in rows],
        heard_h=[row.heard_h for row in rows],
        certainty=[row.certainty for row in rows],
    )


def found_chains(
    record: Database, every: Sequence[Ship], start: float, end: float
) -> list[FoundChain]:
    """Return the chains to all ports, as the command `chain` tells them."""
    numbers = {ship.tracks[0]: frozenset(ship.mmsis) for ship in every}
    connections = Connections.of_ships(record, every)
    made = []
    for place in connections.places():
        asked = Asked([place], start, end, Limits())
        made += [
            FoundChain(
                numbers[chain.ships[0]], numbers[chain.ships[-1]], place,
                chain.meetings[0].start, chain.landing.start,
                not any(any(leg.doubts()) for leg in chain.legs),
            )
            for chain in answer(connections, asked).chains
        ]  # fmt: skip
    return made


def _true(found: FoundChain, chains: Sequence[Chain]) -> bool:
    return any(same_chain(chain, found) for chain in chains)


def of_months(outcomes: Sequence[Outcome], days: float) -> Tables:
    """Return the tables; `days` is how long each of the outcomes lasted."""
    return {
        "months-visits": _visits([one for o in outcomes for one in o.wanted]),
        "months-told": _told([one for o in outcomes for one in o.told]),
        "months-voyages": _voyages([one for o in outcomes for one in o.voyages]),
        "months-chains": _chains(outcomes, days),
        "months-identity": _identity(outcomes),
    }


def _visits(every: Sequence[Wanted]) -> str:
    """Write the recall, by what was heard of a visit and by whose it was."""
    heard = [one for one in every if one.how in HOWS[:3]]
    rows = [_recall("all that were heard", heard)]
    for kind, name in (("port", "listed port"), ("harbour", "harbour on no list")):
        rows += [
            _recall(f"{name}, {how}", [o for o in every if (o.kind, o.how) == (kind, how)])
            for how in HOWS[:4]
        ]
    for low, high in STAYS_H:
        some = [one for one in heard if low <= one.hours < high]
        rows.append(_recall(f"all heard that lasted {_span(low, high, 'hours')}", some))
    for role in sorted({one.role for one in heard}):
        rows.append(_recall(f"all heard: {role}", [o for o in heard if o.role == role]))
    return table(["true visits", "not told apart", "recall"], rows)


def _span(low: float, high: float, unit: str) -> str:
    if high == math.inf:
        return f"{low:g} {unit} or more"
    return f"{low:g} to {high:g} {unit}" if low else f"under {high:g} {unit}"


def _recall(name: str, every: Sequence[Wanted]) -> list[str]:
    asked = [one for one in every if not one.excused]
    hits = sum(one.found >= SURE for one in asked)
    return [name, f"{len(every) - len(asked):,}", share(hits, len(asked))]


def _told(every: Sequence[Told]) -> str:
    """Write the precision, by certainty and by kind of place."""
    sure = [one for one in every if one.certainty >= SURE]
    rows = [_precision(f"certainty {SURE} or more", sure)]
    rows += [_precision(f"certainty {n}", [o for o in every if o.certainty == n])
             for n in (1, 2, 3, 4)]  # fmt: skip
    rows += [_precision(f"of them: {kind}", [o for o in sure if o.kind == kind])
             for kind in VISIT_KINDS]  # fmt: skip
    return table(["told visits", "precision"], rows)


def _precision(name: str, every: Sequence[Told]) -> list[str]:
    return [name, share(sum(one.right for one in every), len(every))]


def _voyages(every: Sequence[Voyage]) -> str:
    rows = []
    for low, high in VOYAGES_DAYS:
        some = [one for one in every if low <= one.days < high]
        well = [one for one in some if one.well_heard]
        rows.append(
            [
                _span(low, high, "days"),
                *(share(sum(map(_within_a_day, p)), len(p)) for p in (some, well)),
            ]
        )
    head = ["voyages", "length within a day", "leaving and coming heard: within a day"]
    return table(head, rows)


def _within_a_day(voyage: Voyage) -> bool:
    return abs(voyage.found_days - voyage.days) <= 1  # nan: not found


def _chains(outcomes: Sequence[Outcome], days: float) -> str:
    heard = [found for o in outcomes for found in o.chains]
    invented = [sure for o in outcomes for sure in o.invented]
    told = sum(o.chains_count for o in outcomes)
    return table(
        ["months", "true chains heard: found", "chains told", "not true",
         "of these told without a doubt"],
        [[f"{len(outcomes)} of {days:g} days", share(sum(heard), len(heard)), f"{told:,}",
          f"{len(invented):,}", f"{sum(invented):,}"]],
    )  # fmt: skip


def _identity(outcomes: Sequence[Outcome]) -> str:
    every = [one for o in outcomes for one in o.identified]
    rows = [_identified("all", every)]
    rows += [_identified(kind, [o for o in every if o.kind == kind]) for kind in KINDS[1:]]
    merged, count = sum(o.merged_count for o in outcomes), sum(o.ships_count for o in outcomes)
    rows.append([f"ships of the record that hold two: {merged:,} of {count:,}", "", ""])
    return table(["ships", "linked or split rightly", TOLD], rows)


def _identified(name: str, every: Sequence[Identified]) -> list[str]:
    outcomes = Counter(one.outcome for one in every)
    return [name, share(outcomes[RIGHT], len(every)), f"{outcomes[TOLD]:,}"]
