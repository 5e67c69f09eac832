"""Two ships on one track: which of its days are whose, by what was said on them.

Ships that take turns under one MMSI, within reach of each other, are one track to
`tracks.segment`, and two that fall silent side by side may be exchanged.  Where a track
goes back and forth between two IMO numbers, or two call signs and names, each of its days
belongs to the ship that was heard to speak on it.  Days on which both spoke, or neither,
between two that are not the same ship's, are nobody's.

Neglected: ships that say nothing of themselves, and exchanges within a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from tracks.names import same_name
from tracks.portraits import FINDING, Claim, sure, usable
from tracks.way import DAY_S

SILENT_S = 12 * 3600.0  # a ship that changes all it says while it is heard is still one
MOSTLY = 0.9  # of the days on which a value was said, so many must be of one ship


_Said = Mapping[int, set[tuple[str, str]]]  # (field, value) by day


class Spoken(NamedTuple):
    """What a hull alone was heard to say on a Unix day."""

    track: int
    day: int
    field: str
    value: str


class Turn(NamedTuple):
    """One of the ships on a track."""

    days: frozenset[int]
    claims: tuple[Claim, ...]


def parted(
    days: Sequence[int], claims: Sequence[Claim], spoken: Sequence[Spoken]
) -> dict[str, Turn] | None:
    """Return the ships on a track by what each is told apart by; None if there is only one.

    `days`, on which the hull was heard, are sorted; `claims` and `spoken` are its own.
    Days that are nobody's are in none of the turns.
    """
    field = _field(claims)
    if field is None:
        return None
    known = {c.value for c in claims if c.field == field and _told(c)}
    said = _said(days, claims, spoken)
    means = _meanings(field, known, said.values())
    whose = {
        day: {means[value] for value in values if value in means} for day, values in said.items()
    }
    labels = _labels(days, whose)
    ships = sorted(known & set(labels.values()))
    if len(ships) < 2:
        return None
    return {
        ship: _turn({day for day, label in labels.items() if label == ship}, said, claims)
        for ship in ships
    }


def several(claims: Sequence[Claim]) -> bool:
    """Say whether what was said on a track is rather of several ships; `parted` tells more."""
    return _field(claims) is not None


def _turn(
    days: set[int], said: Mapping[int, set[tuple[str, str]]], claims: Sequence[Claim]
) -> Turn:
    """Return a ship with what it said on its days."""
    mine = []
    for claim in claims:
        on = [day for day in days if (claim.field, claim.value) in said[day]]
        if on:
            first = max(claim.first, float(min(on) * DAY_S))
            last = min(claim.last, float(max(on) * DAY_S + DAY_S))
            mine.append(claim._replace(first=first, last=last, days_count=len(on)))
    return Turn(frozenset(days), tuple(mine))


def _told(claim: Claim) -> bool:
    return sure(claim) and usable(claim.field, claim.value)


def _field(claims: Sequence[Claim]) -> str | None:
    """Return by which field two ships on a track are told apart; None if there is one ship."""
    of = {field: [c for c in claims if c.field == field and _told(c)] for field in FINDING}
    if _by_turns(of["imo"]) or _all_at_once(of):
        return "imo"
    if len({c.value for c in of["imo"]}) == 1:
        return None
    by = [field for field in ("call_sign", "name") if _by_turns(of[field])]
    constant = [field for field in ("call_sign", "name") if of[field] and field not in by]
    return by[0] if by and not constant else None


def _by_turns(claims: Sequence[Claim]) -> bool:
    """Say whether two values were each heard before and after the other."""
    for a, b in combinations(claims, 2):
        both_s = min(a.last, b.last) - max(a.first, b.first)
        spelling = a.field == "name" and same_name(a.value, b.value)
        if both_s > DAY_S and min(a.days_count, b.days_count) > 1 and not spelling:
            return True
    return False


def _all_at_once(of: Mapping[str, Sequence[Claim]]) -> bool:
    """Say whether all three were others after a silence: another ship with the old one's number."""
    numbers = sorted(of["imo"], key=lambda c: c.first)
    if len(numbers) != 2 or numbers[1].first - numbers[0].last < SILENT_S:
        return False
    change = numbers[1].first
    return all(
        any(c.last < change for c in of[field])
        and any(c.first >= change for c in of[field])
        and not any(c.first < change <= c.last for c in of[field])
        for field in ("call_sign", "name")
    )


def _said(
    days: Sequence[int], claims: Sequence[Claim], spoken: Sequence[Spoken]
) -> dict[int, set[tuple[str, str]]]:
    """Return what was said on each day.

    Before anything else was said, each day may be taken to say the same: only from then on
    it is kept day by day.
    """
    said: dict[int, set[tuple[str, str]]] = {day: set() for day in days}
    for one in spoken:
        if one.day in said:
            said[one.day].add((one.field, one.value))
    kept_since = min((one.day for one in spoken), default=max(days, default=0) + 1)
    for field in {claim.field for claim in claims}:
        of = sorted((c for c in claims if c.field == field), key=lambda c: (c.first, c.value))
        first, *others = of
        until = min([kept_since, *(int(c.first // DAY_S) for c in others)])
        for day in days:
            if first.first // DAY_S <= day < until:
                said[day].add((field, first.value))
    return said


def _meanings(
    field: str, known: set[str], days: Iterable[set[tuple[str, str]]]
) -> dict[tuple[str, str], str]:
    """Return which ship each value stands for, by the days on which only one of them spoke."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for values in days:
        ships = {value for what, value in values if what == field and value in known}
        if len(ships) == 1:
            for value in values:
                counts.setdefault(value, Counter()).update(ships)
    means = {(field, value): value for value in known}
    for value, of in counts.items():
        ship, count = max(of.items(), key=lambda one: (one[1], one[0]))
        if value[0] in FINDING and count > 1 and count >= MOSTLY * of.total():
            means.setdefault(value, ship)
    return means


def _labels(days: Sequence[int], whose: Mapping[int, set[str]]) -> dict[int, str]:
    """Return whose each day is, or ""; a silent one is the neighbours' if they are one ship's."""
    labels: dict[int, str] = {}
    before = ""
    waiting: list[int] = []
    for day in days:
        if not whose[day]:
            waiting.append(day)
            continue
        label = next(iter(whose[day])) if len(whose[day]) == 1 else ""
        labels |= dict.fromkeys(waiting, label if label == before else "")
        labels[day] = before = label
        waiting = []
    return labels | dict.fromkeys(waiting, "")
