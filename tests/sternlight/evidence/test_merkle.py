"""Merkle trees against the definition of RFC 9162, written down as it stands there."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.evidence.merkle import Tree, leaf_hash, proof, proved

lines = st.lists(st.binary(max_size=6), max_size=40)


def defined(leaves: list[bytes]) -> bytes:
    """Section 2.1.1: split at the largest power of two that is smaller than the count."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def defined_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m < k:
        return [*defined_path(m, leaves[:k]), defined(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined(leaves[:k])]


@given(lines, st.integers(0, 40))
def test_the_root_is_that_of_the_standard_however_the_lines_come(
    some: list[bytes], cut: int
) -> None:
    tree = Tree()
    tree.add(some[:cut])
    other = tree.copy()
    tree.add(some[cut:])
    assert tree.root() == defined(some)
    assert other.root() == defined(some[:cut])
    assert tree.count == len(some)


@given(lines.filter(bool), st.data())
def test_every_line_is_proved_by_the_path_of_the_standard(
    some: list[bytes], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(some) - 1))
    path = proof([leaf_hash(line) for line in some], number)
    assert path == defined_path(number, some)
    assert proved(leaf_hash(some[number]), number, len(some), path) == defined(some)


@settings(max_examples=200)
@given(st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=40, unique=True),
       st.data())  # fmt: skip
def test_no_other_line_place_count_or_path_proves_it(
    some: list[bytes], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(some) - 1))
    leaf, count, root = leaf_hash(some[number]), len(some), defined(some)
    path = proof([leaf_hash(line) for line in some], number)
    match data.draw(st.sampled_from(["leaf", "number", "more", "less", "longer"])):
        case "leaf":
            leaf = leaf_hash(some[number] + b"x")
        case "number":
            number = data.draw(st.integers(-1, count + 3).filter(lambda n: n != number))
        case "more":
            path = [*path, root]
        case "less":
            path = path[:-1] if path else [root]
        case "longer":
            path = [*reversed(path)] if len(set(path)) > 1 else [*path, leaf]
    assert proved(leaf, number, count, path) != root
