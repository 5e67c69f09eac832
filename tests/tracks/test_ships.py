"""Groups of hulls: never a contradiction, whatever the order."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tracks.kinship import JOINED, Link
from tracks.portraits import Part
from tracks.ships import groups

PARTS = [Part(k) for k in range(1, 8)]
pairs = st.tuples(st.sampled_from(PARTS), st.sampled_from(PARTS)).filter(lambda p: p[0] < p[1])
links = st.lists(st.tuples(pairs, st.sampled_from([0.5, 0.9, 0.95, 0.98])), max_size=12)


def link(a: Part, b: Part, certainty: float) -> Link:
    return Link(a, b, "", certainty, "")


def grouped(
    links: list[tuple[tuple[Part, Part], float]], against: set[tuple[Part, Part]]
) -> list[tuple[Part, ...]]:
    return groups(
        PARTS,
        [link(a, b, certainty) for (a, b), certainty in links],
        lambda a, b: (min(a, b), max(a, b)) in against,
    )


@given(links, st.sets(pairs, max_size=6), st.randoms(use_true_random=False))
def test_order_changes_nothing_and_no_ship_holds_a_contradiction(
    some: list[tuple[tuple[Part, Part], float]], against: set[tuple[Part, Part]], order
) -> None:
    found = grouped(some, against)
    assert sorted(part for group in found for part in group) == PARTS
    for group in found:
        assert not against & set(combinations(group, 2))
    mixed = list(some)
    order.shuffle(mixed)
    assert grouped(mixed, against) == found


@given(links)
def test_without_contradictions_all_that_is_sure_enough_is_joined(
    some: list[tuple[tuple[Part, Part], float]],
) -> None:
    """Against a search that starts anew at each hull."""
    found = grouped(some, set())
    for part in PARTS:
        reached, waiting = set(), [part]
        while waiting:
            now = waiting.pop()
            if now not in reached:
                reached.add(now)
                waiting += [
                    other
                    for (a, b), certainty in some
                    if certainty >= JOINED and now in (a, b)
                    for other in (a, b)
                ]
        assert tuple(sorted(reached)) in found


def test_of_links_as_sure_that_contradict_each_other_none_joins() -> None:
    a, b, c = PARTS[:3]
    found = grouped([((a, b), 0.95), ((a, c), 0.95)], {(b, c)})
    assert (a,) in found
    assert (b,) in found


def test_a_surer_link_joins_against_a_less_sure_one() -> None:
    a, b, c = PARTS[:3]
    found = grouped([((a, b), 0.98), ((a, c), 0.95)], {(b, c)})
    assert (a, b) in found
    assert (c,) in found
