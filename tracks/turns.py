"""Two ships on one track: which of its days are whose, by what was said on them.

Ships that take turns under one MMSI, within reach of each other, are one track to
`tracks.segment`, and two that fall silent side by side may be exchanged.  Where a track
goes back and forth between two IMO numbers, or two call signs and names, each of its days
belongs to the ship that was heard to speak on it.  Days on which both spoke, or neither,
between two that are not the same ship's, are nobody's.

Neglected: ships that say nothing of themselves, and exchanges within a day.
"""

from __future__ import annotations

from bisect import bisect
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


class Track(NamedTuple):
    """A track: the days on which it was heard, sorted; its claims, and what was said when."""

    days: Sequence[int]
    claims: Sequence[Claim]
    spoken: Sequence[Spoken]


class Turn(NamedTuple):
    """One of the ships on a track."""

    days: frozenset[int]
    claims: tuple[Claim, ...]


class Words(NamedTuple):
    """By which values of which field the ships under an MMSI are told apart."""

    field: str
    values: frozenset[str]


def words(of: Iterable[Sequence[Claim]]) -> Words | None:
    """Return what tells the ships under an MMSI apart; None if no track of it is of several.

    `of` are the claims of each of its tracks.
    """
    found = [(_field(claims), claims) for claims in of]
    fields = {field for field, _ in found}
    field = next((field for field in FINDING if field in fields), None)
    if field is None:
        return None
    told = {
        c.value
        for one, claims in found
        if one == field
        for c in claims
        if c.field == field and _told(c)
    }
    return Words(field, frozenset(told))


def parted(tracks: Mapping[int, Track], by: Words) -> dict[int, dict[str, Turn]]:
    """Return for each track of an MMSI the ships on it, by what each is told apart by.

    Days that are nobody's are in none of the turns.
    """
    said = {number: _said(*track) for number, track in tracks.items()}
    labels = _whose(said, by)
    found: dict[int, dict[str, Turn]] = {}
    for number, of in labels.items():
        days: dict[str, set[int]] = {}
        for day, who in of.items():
            if who:
                days.setdefault(who, set()).add(day)
        found[number] = {
            who: _turn(mine, said[number], tracks[number].claims)
            for who, mine in sorted(days.items())
        }
    return found


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


def _meanings(by: Words, days: Iterable[set[tuple[str, str]]]) -> dict[tuple[str, str], str]:
    """Return which ship each value stands for, by the days on which only one of them spoke."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for values in days:
        ships = {value for what, value in values if what == by.field and value in by.values}
        if len(ships) == 1:
            for value in values:
                counts.setdefault(value, Counter()).update(ships)
    means = {(by.field, value): value for value in by.values}
    for value, of in counts.items():
        ship, count = max(of.items(), key=lambda one: (one[1], one[0]))
        if value[0] in FINDING and count > 1 and count >= MOSTLY * of.total():
            means.setdefault(value, ship)
    return means


def _whose(said: Mapping[int, _Said], by: Words) -> dict[int, dict[int, str]]:
    """Return by track and day whose it is; "" where nobody knows."""
    spoke = {number: _speakers(of, by) for number, of in said.items()}
    tracks_of = Counter(day for of in spoke.values() for day in of)
    times = Counter(
        (day, who) for of in spoke.values() for day, ships in of.items() for who in ships
    )
    labels: dict[int, dict[int, str]] = {}
    for number, of in spoke.items():
        others = [other for track, other in spoke.items() if track != number]
        labels[number] = {}
        silent = []
        for day, ships in of.items():
            if len(ships) == 1 and times[day, min(ships)] == 1:
                labels[number][day] = min(ships)
            elif not ships and tracks_of[day] == 1:
                silent.append(day)
            elif (
                not ships and len(others) == 1 and len(others[0][day]) == 1 and len(by.values) == 2
            ):
                labels[number][day] = min(by.values - others[0][day])
            else:
                labels[number][day] = ""
        _fill(labels[number], silent)
    return labels


def _speakers(said: _Said, by: Words) -> dict[int, set[str]]:
    """Return who spoke on each day."""
    means = _meanings(by, said.values())
    return {
        day: {means[value] for value in values if value in means} for day, values in said.items()
    }


def _fill(labels: dict[int, str], silent: Iterable[int]) -> None:
    """Give days on which nobody spoke to who spoke before and after, if that is one ship."""
    known = sorted(labels)
    for day in silent:
        at = bisect(known, day)
        around = {labels[known[k]] for k in (at - 1, at) if 0 <= k < len(known)}
        labels[day] = around.pop() if len(around) == 1 and 0 < at < len(known) else ""
