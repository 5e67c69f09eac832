"""The hash of many lines by which each of them can be shown to be among them.

The Merkle tree of RFC 9162, section 2.1, with SHA-256, over lines with their line ends.  Its
root stands for all of them; to show that one line is in it takes that line and a few hashes,
not all the others.  So one ship's sentences can be handed on without everybody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LEAF, NODE = b"\x00", b"\x01"  # so that no leaf can be taken for a node
EMPTY = hashlib.sha256().digest()


def leaf_hash(line: bytes) -> bytes:
    """Return the hash of a line."""
    return hashlib.sha256(LEAF + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees."""
    return hashlib.sha256(NODE + left + right).digest()


@dataclass(slots=True)
class Tree:
    """Takes lines one after the other; keeps one hash for each complete subtree, no lines."""

    count: int = 0
    _subtrees: list[bytes] = field(default_factory=list)  # the largest first

    def add(self, lines: Iterable[bytes]) -> None:
        """Take more lines."""
        sha256, subtrees, count = hashlib.sha256, self._subtrees, self.count
        for line in lines:
            found = sha256(LEAF + line).digest()
            full = count
            while full & 1:  # as many subtrees are complete now as the count ends in ones
                found = sha256(NODE + subtrees.pop() + found).digest()
                full >>= 1
            subtrees.append(found)
            count += 1
        self.count = count

    def copy(self) -> Tree:
        """Return another that may take other lines."""
        return Tree(self.count, [*self._subtrees])

    def root(self) -> bytes:
        """Return the hash of all lines taken so far."""
        if not self._subtrees:
            return EMPTY
        *rest, found = self._subtrees
        for subtree in reversed(rest):
            found = node_hash(subtree, found)
        return found


def proof(leaves: Sequence[bytes], number: int) -> list[bytes]:
    """Return the hashes that show that leaf `number` is in the tree of these leaf hashes.

    RFC 9162, section 2.1.3.1.
    """
    return proofs(leaves, (number,))[0]


def proofs(leaves: Sequence[bytes], numbers: Sequence[int]) -> list[list[bytes]]:
    """Return what `proof` returns for several leaves; the tree is made once."""
    paths: list[list[bytes]] = [[] for _ in numbers]
    level, places = list(leaves), list(numbers)
    while len(level) > 1:
        for path, at in zip(paths, places, strict=True):
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
        # A last one without a neighbour goes up as it is.
        level = [
            node_hash(level[i], level[i + 1]) if i + 1 < len(level) else level[i]
            for i in range(0, len(level), 2)
        ]
        places = [at >> 1 for at in places]
    return paths


def proved(leaf: bytes, number: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf and its path come to; None if the path cannot be one.

    RFC 9162, section 2.1.3.2.
    """
    if not 0 <= number < count:
        return None
    at, last, found = number, count - 1, leaf
    hashes = iter(path)
    while last:
        if at & 1 or at < last:
            other = next(hashes, None)
            if other is None:
                return None
            found = node_hash(other, found) if at & 1 else node_hash(found, other)
        at, last = at >> 1, last >> 1
    return found if next(hashes, None) is None else None
