"""Ranking: what events add to a hull's score, and that what could not be seen is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.event import Assessment, Event, Evidence, Factor
from anomalies.features import YEAR_DAYS, Features
from anomalies.indicators import INDICATORS, NEVER_SEEN
from anomalies.rank import Ranked, rank
from tests.fleets import ANNA, BELLA, CARLA, DORA, T0
from tracks.identity import Claims

KINDS = {"dark_gap": "gap", "loitering": "loitering", "transshipment": "encounter"}
HULLS = (ANNA, BELLA, CARLA, DORA)
DAY_S = 86_400.0
UNTIL = T0 + 60 * DAY_S
CAPS = {one.name: one.cap for one in INDICATORS}


def judged(anomaly: str, score: float, hour: int = 0, *tracks: int) -> tuple[Event, Assessment]:
    start = T0 + hour * 3600
    evidence = Evidence({}, "rule", (1,))
    event = Event(KINDS[anomaly], tracks or (ANNA,), start, start + 3600, 58.0, 5.0, evidence)
    reason = Factor("far offshore", 1.0, "60 nmi from shore.")
    return event, Assessment(anomaly, score, (reason,), (), ())


def ranking(events: list, claims: dict | None = None, until: float = UNTIL) -> list[Ranked]:
    features = Features.make(len(HULLS), memory_days=60.0)
    return rank(dict.fromkeys(HULLS, until), features, events, claims or {})


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
def test_weights_add_up_to_the_score_which_lies_between_0_and_1(events: list) -> None:
    for vessel in ranking(events):
        weights = [sign.weight for sign in vessel.standing.signs]
        assert min(1.0, sum(weights)) == pytest.approx(vessel.standing.score)
        assert 0 <= vessel.standing.score <= 1
        assert weights == sorted(weights, reverse=True)
        for sign in vessel.standing.signs:
            assert 0 < sign.weight <= sign.indicator.cap
            assert set(sign.events) <= set(vessel.events)


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(events: list, random) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    assert ranking(shuffled) == ranking(events)


def test_many_small_events_do_not_outrank_a_clear_one() -> None:
    small = [judged("dark_gap", 0.1, hour, BELLA) for hour in range(500)]
    clear = judged("transshipment", 0.8, 0, ANNA, CARLA)
    assert [v.track for v in ranking([*small, clear])] == [ANNA, CARLA, BELLA, DORA]


def test_signs_of_several_kinds_add_up() -> None:
    one, two = judged("dark_gap", 0.7, 0, ANNA), judged("loitering", 0.7, 9, ANNA)
    first, second, *_ = ranking([one, two, judged("dark_gap", 0.7, 0, BELLA)])
    assert (first.track, second.track) == (ANNA, BELLA)
    assert first.standing.score == pytest.approx(0.7 * CAPS["dark_gap"] + 0.7 * CAPS["loitering"])
    assert first.events == (one[0].id, two[0].id)


def test_of_one_kind_the_next_event_counts_half_and_no_kind_exceeds_its_weight() -> None:
    two = [judged("dark_gap", 0.5, 0), judged("dark_gap", 0.6, 9)]
    assert ranking(two)[0].standing.score == pytest.approx((0.6 + 0.25) * CAPS["dark_gap"])
    three = [*two, judged("dark_gap", 0.9, 20)]
    assert ranking(three)[0].standing.score == pytest.approx(CAPS["dark_gap"])


def test_what_could_not_be_seen_is_listed_and_not_counted_as_looked_for() -> None:
    events = [judged("dark_gap", 0.5)]
    silent = ranking(events)[0]
    known = ranking(events, {ANNA: Claims("ANNA", "LA1", 9074729, 30)})[0]
    assert set(NEVER_SEEN) <= set(known.missing) < set(silent.missing)
    assert any("what kind of ship" in sign for sign in silent.missing)
    assert any(sign.startswith("far from shore: ") for sign in known.missing)
    assert not any(sign.startswith("fell silent: ") for sign in known.missing)
    assert known.standing.looked_count == 4  # those of the detectors
    assert known.mmsi == ANNA // 1000


def test_a_sign_says_the_heaviest_reason_of_its_first_event_and_how_many_more() -> None:
    events = [judged("loitering", 0.3), judged("loitering", 0.5, 40), judged("loitering", 0.2, 90)]
    (sign,) = ranking(events)[0].standing.signs
    assert sign.says == "Loitering with a score of 0.50: 60 nmi from shore. And 2 more."
    assert sign.events == (events[1][0].id, events[0][0].id, events[2][0].id)


def test_a_sign_names_only_the_events_that_make_something_of_it() -> None:
    events = [judged("loitering", 0.4 - hour / 1e4, hour * 2) for hour in range(300)]
    (sign,) = ranking(events)[0].standing.signs
    assert sign.events == tuple(event.id for event, _ in events[:5])  # the next adds 0.00499
    assert sign.says.endswith(" And 299 more.")


def test_hulls_without_events_come_last_and_what_is_over_a_year_old_does_not_count() -> None:
    events = [judged("loitering", 0.5)]
    assert [v.track for v in ranking(events)] == [ANNA, BELLA, CARLA, DORA]
    later = ranking(events, until=T0 + (YEAR_DAYS + 1) * DAY_S)[0]
    assert later.standing.score == 0
    assert later.events == (events[0][0].id,)
