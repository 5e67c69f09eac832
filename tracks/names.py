"""Names of ships, which are typed in by hand: when two of them are one."""

from __future__ import annotations

import re

_PREFIX = re.compile(r"^(M ?/? ?V|M ?/? ?T|F ?/? ?V|S ?/? ?V|M ?/? ?Y|S ?/? ?Y)\W+")
_SIGNS = re.compile(r"[^A-Z0-9]")


def bare(name: str) -> str:
    """Return a name in capitals, without signs and what stands for the kind of ship before it."""
    return _SIGNS.sub("", _PREFIX.sub("", name.upper()))


def same_name(one: str, other: str) -> bool:
    """Say whether two names are one, written differently.

    They are if, without what stands for the kind of ship and without signs, they begin
    alike, or differ in at most two letters or a quarter of them: typing errors and
    corrections.  "SEA STAR 1" and "SEA STAR 2" are one by that, which misses a few changes.
    """
    a, b = bare(one), bare(other)
    if not a or not b:
        return True
    short, long = sorted((a, b), key=len)
    if len(short) >= 4 and short in long:
        return True
    return _edits(a, b) <= max(2 if len(short) > 4 else 1, len(long) // 4)


def _edits(a: str, b: str) -> int:
    """Return how many letters to insert, leave out or replace make `a` into `b`."""
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (letter != other)),
            )
    return row[-1]
