"""Puts labels to the ships of a record: the rows that are learned from, and those that are not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anomalies.event import track_name
from anomalies.features import SHIP_KINDS, Features
from anomalies.standing import with_marks
from receiver.decoded import BadInput
from sternlight.learn.labels import Label
from sternlight.record.features import EVER, SHIPS_AT_ONCE, Asked, Span, marks_of, of_ships
from sternlight.record.ships import Ship
from sternlight.sqlite import Database
from tracks.batch import F64, I64, Mask

POSITIVE, OTHER, NEGATIVE = 1, 0, -1
LEAST_MEMORY_DAYS = 30.0  # ours: of a ship known for less, hardly any feature can be seen
LEAST_HEARD_DAYS = 10  # ours: nor of one that was hardly ever heard


# A ship by its tracks, and by the first of its days of each that two ships took turns on.
Key = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]


def key(ship: Ship) -> Key:
    """Return what tells a ship from all others of a record."""
    return ship.tracks, tuple((track, min(days)) for track, days in ship.days if days)


class Case(NamedTuple):
    """A ship at a time."""

    ship: Ship
    label: int  # POSITIVE, OTHER or NEGATIVE
    span: Span
    sources: frozenset[str]  # who reported it


@dataclass(slots=True)
class Table:
    """Cases and what the record says of them; a row for each."""

    cases: list[Case]
    features: Features
    heard_days: F64  # on how many days each was heard
    left_out: Counter[str] = field(default_factory=Counter)  # ships, by why
    unused: list[str] = field(default_factory=list)  # labels, each with the reason

    @property
    def label(self) -> I64:
        """Of each row."""
        return np.array([case.label for case in self.cases], np.int64)

    @property
    def ship(self) -> I64:
        """Count the ships from 0; rows of one ship have one number."""
        number: dict[Key, int] = {}
        numbers = [number.setdefault(key(case.ship), len(number)) for case in self.cases]
        return np.array(numbers, np.int64)

    @property
    def group(self) -> I64:
        """Count from 0 what must never be parted: rows of one ship, or of one source."""
        return _joined(self.ship, [case.sources for case in self.cases])

    @property
    def kinds(self) -> list[str]:
        """What kind of ship each row is."""
        return [SHIP_KINDS[kind] for kind in self.features.kind.tolist()]

    def take(self, rows: Mask) -> Table:
        """Return some rows."""
        cases = [case for case, taken in zip(self.cases, rows.tolist(), strict=True) if taken]
        features = self.features.take(rows)
        return Table(cases, features, self.heard_days[rows], self.left_out, self.unused)


def table(
    record: Database, ships: Sequence[Ship], labels: Sequence[Label], asked: Asked, path: Path
) -> Table:
    """Return the labelled ships of a record, and all others that they can be held against.

    Others are ships of the kinds that positives are of, in their last year, as in
    McDonald et al. 2021, doi 10.1073/pnas.2016238117 (who took the gears of known cases).
    Raises BadInput for labels that contradict each other.
    """
    cases, unused = _labelled(ships, labels, path)
    named = {key(case.ship) for case in cases}
    others = [Case(ship, OTHER, EVER, frozenset()) for ship in ships if key(ship) not in named]
    made = _described(record, sorted([*cases, *others], key=_order), asked)
    made.unused = unused
    return _comparable(_heard_enough(made))


def _order(case: Case) -> tuple[Key, Span]:
    return key(case.ship), case.span


def _labelled(
    ships: Sequence[Ship], labels: Sequence[Label], path: Path
) -> tuple[list[Case], list[str]]:
    known = _index(ships)
    found: dict[Key, list[tuple[Label, Ship]]] = defaultdict(list)
    unused = []
    for label in labels:
        told = [known[name] for name in label.names if name in known]
        meant = [ship for ship in (told[0] if told else []) if all(ship in some for some in told)]
        if len(meant) == 1:
            found[key(meant[0])].append((label, meant[0]))
        elif meant:
            which = "name the one meant by its track, IMO number or call sign, too"
            unused.append(f"{label.says} may be {len(meant)} ships; {which}")
        elif told:
            unused.append(f"{label.says} names different ships; give the track of the one meant")
        else:
            unused.append(f"{label.says} is of no ship that was heard")
    contradicting = [_contradiction(of) for of in found.values()]
    if any(contradicting):
        raise BadInput("\n".join(f"{path}: {says}" for says in contradicting if says))
    return [case for of in found.values() for case in _cases(of)], unused


def _index(ships: Iterable[Ship]) -> dict[tuple[str, str], list[Ship]]:
    """Return the ships that each identity may mean."""
    found: dict[tuple[str, str], list[Ship]] = defaultdict(list)
    for ship in ships:
        names = [("track", track_name(track)) for track in ship.tracks]
        names += [("mmsi", str(mmsi)) for mmsi in ship.mmsis]
        names += [(by, value) for by in ("imo", "call_sign") for value in ship.said(by)]
        for name in names:
            found[name].append(ship)
    return found


def _contradiction(of: Sequence[tuple[Label, Ship]]) -> str:
    for (one, _), (other, _) in combinations(of, 2):
        together = one.span.since < other.span.until and other.span.since < one.span.until
        if one.positive != other.positive and together:
            return (
                f"{one.says} and {other.says} contradict each other: one ship, positive and"
                " negative at one time; take one out, or give them dates (from, to)"
            )
    return ""


def _cases(of: Sequence[tuple[Label, Ship]]) -> list[Case]:
    """Return the cases of one ship; a time that is named twice is one."""
    sources: dict[tuple[Ship, int, Span], set[str]] = defaultdict(set)
    for label, ship in of:
        case = ship, POSITIVE if label.positive else NEGATIVE, label.span
        sources[case] |= {label.source} - {""}
    return [Case(*case, frozenset(some)) for case, some in sources.items()]


def _described(record: Database, cases: list[Case], asked: Asked) -> Table:
    """Return what the record says of cases, some at a time, and never a ship twice at once."""
    turn: Counter[Key] = Counter()
    rounds: dict[int, list[int]] = defaultdict(list)
    for row, case in enumerate(cases):
        rounds[turn[key(case.ship)]].append(row)
        turn[key(case.ship)] += 1
    batches = [
        rows[at : at + SHIPS_AT_ONCE]
        for rows in rounds.values()
        for at in range(0, len(rows), SHIPS_AT_ONCE)
    ]
    made, heard = [], []
    for rows in batches:
        ships = [cases[row].ship for row in rows]
        read = of_ships(record, ships, asked, [cases[row].span for row in rows])
        marks = marks_of(record, ships, read.since, read.until)
        made.append(with_marks(read.features, marks))
        days = np.unique(np.stack([read.days.ship, read.days.day]), axis=1)[0]
        heard.append(np.bincount(days, minlength=len(rows)).astype(np.float64))
    order = np.argsort([row for rows in batches for row in rows])
    features = Features.concat(made) if made else Features.empty()
    days_count = np.concatenate(heard) if heard else np.empty(0)
    return Table(cases, features.take(order), days_count[order])


def _heard_enough(made: Table) -> Table:
    enough = (made.features.memory_days >= LEAST_MEMORY_DAYS) & (
        made.heard_days >= LEAST_HEARD_DAYS
    )
    why = (
        f"were heard over less than {LEAST_MEMORY_DAYS:.0f} days, or on less than"
        f" {LEAST_HEARD_DAYS} of them"
    )
    made.left_out[why] = int(np.count_nonzero(~enough & (made.label == OTHER)))
    for row in np.flatnonzero(~enough & (made.label != OTHER)).tolist():
        made.unused.append(
            f"{track_name(made.cases[row].ship.tracks[0])} was heard on"
            f" {made.heard_days[row]:.0f} days of the time that its label is about;"
            f" {LEAST_HEARD_DAYS} days, over {LEAST_MEMORY_DAYS:.0f}, are needed"
        )
    return made.take(enough)


def _comparable(made: Table) -> Table:
    kind, label = made.features.kind, made.label
    alike = (label != OTHER) | np.isin(kind, kind[label == POSITIVE])
    made.left_out["are of kinds that no labelled case is of"] = int(np.count_nonzero(~alike))
    return made.take(alike)


def _joined(ship: I64, sources: Sequence[frozenset[str]]) -> I64:
    """Return for each row the first row that it is joined with, by ship or by source."""
    of: dict[object, int] = {}
    root = list(range(len(ship)))

    def find(row: int) -> int:
        while root[row] != row:
            row = root[row]
        return row

    for row, (number, some) in enumerate(zip(ship.tolist(), sources, strict=True)):
        for key in (number, *sorted(some)):
            a, b = find(of.setdefault(key, row)), find(row)
            root[max(a, b)] = min(a, b)
    return np.array([find(row) for row in range(len(ship))], np.int64)
