"""Ships: sets of hulls that are one, over months, through new names, flags and numbers.

A track ends with its MMSI; a ship does not.  Hulls are joined by links that are sure
enough (`tracks.kinship.JOINED`), the surest first.  Where links of one certainty would
put two hulls together that cannot be one ship, none of them joins anything: nobody knows
which of them is wrong.  So the order of links and hulls changes nothing, and no ship
ever holds a contradiction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import combinations

from tracks.kinship import JOINED, Link
from tracks.portraits import Part

Conflicting = Callable[[Part, Part], bool]  # whether two hulls cannot be one ship


def groups(
    parts: Collection[Part], links: Iterable[Link], conflicting: Conflicting
) -> list[tuple[Part, ...]]:
    """Return the hulls by ship, each sorted, and sorted by the first of each.

    `links` that join too little, or lead to hulls not among `parts`, join nothing.
    """
    group = {part: frozenset((part,)) for part in parts}
    sure = [
        link for link in links if link.certainty >= JOINED and link.a in group and link.b in group
    ]
    for certainty in sorted({link.certainty for link in sure}, reverse=True):
        pairs = [(group[k.a], group[k.b]) for k in sure if k.certainty == certainty]
        for some in _components(pairs):
            if not _contradicts(some, conflicting):
                whole = frozenset().union(*some)
                group.update(dict.fromkeys(whole, whole))
    return sorted(tuple(sorted(members)) for members in set(group.values()))


def _components(
    pairs: Iterable[tuple[frozenset[Part], frozenset[Part]]],
) -> list[set[frozenset[Part]]]:
    """Return which groups hang together by pairs of them."""
    found: list[set[frozenset[Part]]] = []
    for pair in pairs:
        whole, apart = set(pair), []
        for component in found:
            if component & whole:
                whole |= component
            else:
                apart.append(component)
        found = [*apart, whole]
    return found


def _contradicts(groups: Collection[frozenset[Part]], conflicting: Conflicting) -> bool:
    return any(
        conflicting(a, b) for one, other in combinations(groups, 2) for a in one for b in other
    )
