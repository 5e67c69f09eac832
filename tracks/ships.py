"""Ships: sets of hulls that are one, over months, through new names, flags and numbers.

A track ends with its MMSI; a ship does not.  Hulls are joined by links that are sure
enough (`tracks.likeness.JOINED`), the surest first.  Where links of one certainty would
put two hulls together that cannot be one ship, none of them joins anything: nobody knows
which of them is wrong.  So the order of links and hulls changes nothing, and no ship
ever holds a contradiction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations

from tracks.likeness import GROUNDS, JOINED, Link, Ways, meanwhile
from tracks.portraits import Portrait

Conflicting = Callable[[int, int], bool]  # whether two tracks cannot be one ship
SILENT_S = 12 * 3600.0  # longer, and a slow ship can have come from anywhere a hull ended


def groups(
    tracks: Collection[int], links: Iterable[Link], conflicting: Conflicting
) -> list[tuple[int, ...]]:
    """Return the tracks by ship, each sorted, and sorted by the first of each.

    `links` that join too little, or lead to tracks not among `tracks`, join nothing.
    """
    group = {track: frozenset((track,)) for track in tracks}
    sure = [
        link for link in links if link.certainty >= JOINED and link.a in group and link.b in group
    ]
    for certainty in sorted({link.certainty for link in sure}, reverse=True):
        pairs = [(group[k.a], group[k.b]) for k in sure if k.certainty == certainty]
        for parts in _components(pairs):
            if not _contradicts(parts, conflicting):
                whole = frozenset().union(*parts)
                group.update(dict.fromkeys(whole, whole))
    return sorted(tuple(sorted(members)) for members in set(group.values()))


def _components(
    pairs: Iterable[tuple[frozenset[int], frozenset[int]]],
) -> list[set[frozenset[int]]]:
    """Return which groups hang together by pairs of them."""
    found: list[set[frozenset[int]]] = []
    for pair in pairs:
        whole, apart = set(pair), []
        for component in found:
            if component & whole:
                whole |= component
            else:
                apart.append(component)
        found = [*apart, whole]
    return found


def _contradicts(parts: Collection[frozenset[int]], conflicting: Conflicting) -> bool:
    return any(
        conflicting(a, b) for one, other in combinations(parts, 2) for a in one for b in other
    )


def goes_on(hulls: Sequence[Portrait], ways: Ways) -> list[Link]:
    """Return which hulls of one MMSI are one ship after all, though they were told apart.

    The one begins within 12 h and within reach of where the other ended, and nothing that
    was said tells them apart.  Where two began or ended so, nobody knows which is which.
    """
    known = [hull for hull in hulls if not hull.turns]
    fits = [
        (a, b)
        for a in known
        for b in known
        if 0 < b.first - a.last <= SILENT_S and _follows(a, b, ways)
    ]
    ended, began = ([pair[i].track for pair in fits] for i in (0, 1))
    ground = GROUNDS["same MMSI, goes on"]
    return [
        Link(
            a.track,
            b.track,
            "same MMSI, goes on",
            ground.certainty,
            "under one MMSI, one began where the other ended, and no other did",
        )
        for a, b in fits
        if ended.count(a.track) == 1 and began.count(b.track) == 1
    ]


def _follows(a: Portrait, b: Portrait, ways: Ways) -> bool:
    said = ((a.imo, b.imo), (a.call_signs, b.call_signs), (a.names, b.names))
    if any(one and other and not one & other for one, other in said):
        return False
    ends = [ways(a.track, a.last - SILENT_S, a.last), ways(b.track, b.first, b.first + SILENT_S)]
    known = all(len(way.bin) for way in ends)
    return known and meanwhile(a, b, ways).consistent
