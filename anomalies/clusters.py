"""Ships that belong together by whom they meet: linked groups, and pairs that share partners.

A group is all ships that meetings link, however many steps it takes: no more than that,
and in busy waters nearly everybody is in one.  Two ships that met the same third ones
say more, if those are more than chance would bring.  By chance: within a group it is
drawn anew who met whom, each ship keeping how many partners of each kind it has (the
configuration model, Newman 2001, doi 10.1103/PhysRevE.64.026118, with the kinds as its
blocks).  A carrier that meets everybody at an anchorage then raises what chance brings
there, and makes nobody's friends of its guests.

Neglected: that ships of one trade work at one place at one time, so that more than chance
is ordinary for them, too.  Sharing partners proves no common owner.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations, product
from typing import NamedTuple

from anomalies.ship_kinds import ShipKind

LEAST_SHARED = 2  # one partner in common is what all guests of a carrier have

Partners = Mapping[int, set[int]]  # whom each ship met
Kinds = Mapping[int, ShipKind]
_Chance = dict[tuple[ShipKind, ShipKind, ShipKind], float]  # by the kinds of both and of the third


class Shared(NamedTuple):
    """Two ships that met the same others."""

    ships: tuple[int, int]  # sorted
    partners: tuple[int, ...]  # those both met, sorted
    expected_count: float  # how many they would share by chance


def groups(partners: Partners) -> list[tuple[int, ...]]:
    """Return the ships that meetings link, three or more, the largest group first."""
    found, seen = [], set[int]()
    for ship in partners:
        if ship not in seen:
            group = _linked(partners, ship)
            seen |= group
            found.append(tuple(sorted(group)))
    return sorted((group for group in found if len(group) > 2), key=lambda g: (-len(g), g))


def _linked(partners: Partners, ship: int) -> set[int]:
    reached, rim = {ship}, [ship]
    while rim:
        new = partners[rim.pop()] - reached
        reached |= new
        rim += new
    return reached


def sharing(partners: Partners, kinds: Kinds, least: int = LEAST_SHARED) -> list[Shared]:
    """Return the pairs that share partners, those first that exceed chance the most."""
    counts: Counter[tuple[int, int]] = Counter()
    for own in partners.values():
        counts.update(combinations(sorted(own), 2))
    told = {ship: Counter(kinds[other] for other in own) for ship, own in partners.items()}
    chance = {ship: drawn for group in groups(partners) for drawn in [_chance(group, told, kinds)]
              for ship in group}  # fmt: skip
    found = []
    for (one, other), count in counts.items():
        if count >= least:
            mine, theirs, drawn = told[one], told[other], chance[one]
            expected = sum(
                mine[kind] * theirs[kind] * drawn[kinds[one], kinds[other], kind]
                for kind in mine.keys() & theirs.keys()
            )
            most = min(len(partners[one]), len(partners[other]))
            common = tuple(sorted(partners[one] & partners[other]))
            found.append(Shared((one, other), common, min(expected, most)))
    return sorted(found, key=lambda s: (s.expected_count - len(s.partners), s.ships))


def _chance(group: Iterable[int], told: Mapping[int, Counter[ShipKind]], kinds: Kinds) -> _Chance:
    """Return how many third ships of a kind two of given kinds share per partner of either."""
    ends: Counter[tuple[ShipKind, ShipKind]] = Counter()
    both: dict[tuple[ShipKind, ShipKind, ShipKind], int] = defaultdict(int)
    for ship in group:
        kind = kinds[ship]
        for a, n in told[ship].items():
            ends[a, kind] += n
        for (a, n), (b, m) in product(told[ship].items(), repeat=2):
            both[a, b, kind] += n * (m - (a == b))
    return {(a, b, c): n / (ends[a, c] * ends[b, c]) for (a, b, c), n in both.items()}
