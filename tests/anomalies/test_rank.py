"""Ranking: contributions add up, are capped, and what could not be seen is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.event import Assessment, Event, Evidence, Factor
from anomalies.rank import NEVER_SEEN, rank
from tests.fleets import ANNA, BELLA, CARLA, T0
from tracks.identity import Claims

KINDS = {"dark_gap": "gap", "loitering": "loitering", "transshipment": "encounter"}


def judged(anomaly: str, score: float, hour: int = 0, *tracks: int) -> tuple[Event, Assessment]:
    start = T0 + hour * 3600
    evidence = Evidence({}, "rule", (1,))
    event = Event(KINDS[anomaly], tracks or (ANNA,), start, start + 3600, 58.0, 5.0, evidence)
    reason = Factor("far offshore", 1.0, "60 nmi from shore.")
    return event, Assessment(anomaly, score, (reason,), (), ())


many = st.lists(
    st.builds(
        judged,
        st.sampled_from(sorted(KINDS)),
        st.floats(0.001, 0.999),
        st.integers(0, 1000),
        st.sampled_from([ANNA, BELLA]),
    ),
    max_size=30,
    unique_by=lambda j: j[0].id,
)


@given(many)
def test_contributions_add_up_to_the_score_which_lies_between_0_and_1(events: list) -> None:
    for vessel in rank(events, {}):
        assert sum(c.weight for c in vessel.contributions) == pytest.approx(vessel.score)
        assert 0 <= vessel.score <= 1
        assert {c.event_id for c in vessel.contributions} <= set(vessel.events)
        weights = [c.weight for c in vessel.contributions]
        assert weights == sorted(weights, reverse=True)


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(events: list, random) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    assert rank(shuffled, {}) == rank(events, {})


def test_many_small_events_do_not_outrank_a_clear_one() -> None:
    small = [judged("dark_gap", 0.1, hour, BELLA) for hour in range(500)]
    clear = judged("transshipment", 0.8, 0, ANNA, CARLA)
    ranked = rank([*small, clear], {})
    assert [v.track for v in ranked] == [ANNA, CARLA, BELLA]


def test_signs_of_several_kinds_add_up() -> None:
    one, two = judged("dark_gap", 0.7, 0, ANNA), judged("loitering", 0.7, 9, ANNA)
    ranked = rank([one, two, judged("dark_gap", 0.7, 0, BELLA)], {})
    assert [v.track for v in ranked] == [ANNA, BELLA]
    assert ranked[0].score == pytest.approx(0.7 * 0.5 + 0.7 * 0.4)
    assert ranked[0].events == (one[0].id, two[0].id)


def test_what_could_not_be_seen_is_listed() -> None:
    (silent,) = rank([judged("dark_gap", 0.5)], {})
    (known,) = rank([judged("dark_gap", 0.5)], {ANNA: Claims("ANNA", "LA1", 9074729, 30)})
    assert known.missing == NEVER_SEEN
    assert any("what kind of ship" in sign for sign in silent.missing)
    assert known.mmsi == ANNA // 1000


def test_a_contribution_says_its_heaviest_reason() -> None:
    (vessel,) = rank([judged("loitering", 0.5)], {})
    assert vessel.contributions[0].says == "Loitering with a score of 0.50: 60 nmi from shore."
