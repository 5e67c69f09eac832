"""Scores: every factor is listed and adds up, and ordinary life scores low."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.event import Event, Evidence
from anomalies.score import assess
from anomalies.weights import WEIGHTS
from tests.fleets import ANNA, BELLA, T0
from tracks.identity import Claims

CLASS_A, CLASS_B = 1.0, 2.0
FISHING, CARGO, TANKER, TUG, PILOT, SAILING, FERRY = 30, 70, 80, 52, 50, 36, 60


def event(kind: str, *, closed: bool = True, **measured: float) -> Event:
    tracks = (ANNA, BELLA) if kind == "encounter" else (ANNA,)
    end = T0 + measured["duration_h"] * 3600 if closed else None
    return Event(kind, tracks, T0, end, 58.0, 5.0, Evidence(measured, "rule", (1, 2), ("caveat",)))


def gap(closed: bool = True, **other: float) -> Event:
    """A ship heard densely falls silent far out, with witnesses, and is heard elsewhere later."""
    values = {
        "duration_h": 24.0,
        "positions_before_count": 16.0,
        "median_interval_s": 10.0,
        "witnesses_count": 5.0,
        "others_before_count": 40.0,
        "station_heard_share": 1.0,
        "sog_kn": 9.0,
        "nav_status_code": 7.0,
        "ship_class_code": CLASS_A,
        "shore_nmi": 30.0,
        "port_nmi": 35.0,
        "distance_nmi": 60.0,
        "implied_speed_kn": 2.5,
        "on_shore_nmi": 30.0,
        "on_port_nmi": 35.0,
    }
    if not closed:
        values = {k: v for k, v in values.items() if k[:3] not in ("on_", "dis", "imp")}
    return event("gap", closed=closed, **{**values, **other})


def meeting(**other: float) -> Event:
    """Eight hours alongside, 30 nmi out."""
    values = {
        "duration_h": 8.0,
        "heard_h": 8.0,
        "longest_h": 8.0,
        "median_distance_m": 40.0,
        "min_distance_m": 30.0,
        "median_speed_kn": 0.4,
        "dark_h": 0.0,
        "approach_nmi": 15.0,
        "parting_nmi": 20.0,
        "slower_fastest_kn": 3.5,
        "held_spread_nmi": 1.5,
        "at_rest_share": 0.0,
        "shore_nmi": 30.0,
        "port_nmi": 45.0,
    }
    return event("encounter", **{**values, **other})


def stay(**other: float) -> Event:
    """Twelve hours of drifting, 30 nmi out."""
    values = {
        "duration_h": 12.0,
        "heard_h": 12.0,
        "dark_h": 0.0,
        "mean_speed_kn": 0.6,
        "drift_nmi": 6.0,
        "spread_nmi": 4.0,
        "before_fastest_kn": 12.0,
        "fastest_kn": 0.9,
        "after_fastest_kn": 11.0,
        "held_spread_nmi": 3.5,
        "drift_share": 0.85,
        "at_rest_share": 0.0,
        "fishing_share": 0.0,
        "shore_nmi": 30.0,
        "port_nmi": 45.0,
    }
    return event("loitering", **{**values, **other})


def claims(*ship_types: int, lengths_m: tuple[int, int] = (0, 0)) -> dict[int, Claims]:
    return {
        track: Claims(ship_type=kind, length_m=length)
        for track, kind, length in zip((ANNA, BELLA), ship_types, lengths_m, strict=False)
    }


def score(found: Event, *ship_types: int) -> float:
    return assess(found, claims(*ship_types)).score


any_event = st.sampled_from([gap, meeting, stay]).flatmap(
    lambda make: st.dictionaries(
        st.sampled_from(sorted(make().evidence.measured.keys() - {"duration_h", "heard_h"})),
        st.floats(0, 400),
    ).map(lambda other: make(**other))
)


@given(any_event, st.lists(st.integers(0, 99), min_size=2, max_size=2))
def test_the_score_is_nothing_but_the_factors_listed(found: Event, kinds: list[int]) -> None:
    judged = assess(found, claims(*kinds))
    weights = [f.weight for f in (*judged.reasons, *judged.objections)]
    assert judged.score == pytest.approx(1 / (1 + math.exp(-math.fsum(weights))))
    assert 0 < judged.score < 1
    assert all(f.weight > 0 for f in judged.reasons)
    assert all(f.weight <= 0 for f in judged.objections)
    assert all(f.says.endswith(".") for f in (*judged.reasons, *judged.objections))
    assert judged.caveats == ("caveat",)
    for factors in (judged.reasons, judged.objections):
        heaviest_first = sorted((abs(f.weight) for f in factors), reverse=True)
        assert [abs(f.weight) for f in factors] == heaviest_first


def test_every_weight_has_a_reason() -> None:
    assert all(w.why and w.value for w in WEIGHTS.values())


def test_a_dense_track_that_breaks_off_among_witnesses_is_worth_a_check() -> None:
    assert score(gap()) > 0.7


@pytest.mark.parametrize(
    ("ordinary", "name"),
    [
        (gap(positions_before_count=0.0, duration_h=168.0), "rare before"),
        (gap(median_interval_s=1500.0, duration_h=168.0), "sparse before"),
        (gap(witnesses_count=0.0), "no witness"),
        (gap(witnesses_count=0.0, station_heard_share=0.2), "deaf station"),
        (
            gap(witnesses_count=0.0, station_heard_share=0.0, others_before_count=0.0),
            "alone in the recording",
        ),
        (gap(port_nmi=2.0, shore_nmi=1.0), "off in port"),
        (gap(nav_status_code=5.0, sog_kn=0.0, distance_nmi=0.0), "at rest"),
        (gap(ship_class_code=CLASS_B, closed=False, shore_nmi=4.0), "class B"),
        (gap(closed=False, median_interval_s=90.0, duration_h=7.0), "not back yet"),
    ],
)
def test_an_ordinary_silence_scores_under_a_half_and_says_why(ordinary: Event, name: str) -> None:
    judged = assess(ordinary, {})
    assert judged.score < 0.5
    assert name in [f.name for f in judged.objections]


@pytest.mark.parametrize(
    ("share", "deaf_h", "names"),
    [
        (1.0, 13.0, ["deaf station"]),
        (1.0, 3.0, ["partly deaf station"]),
        (0.3, 3.0, ["deaf station"]),  # one cause is counted once
        (1.0, 2.0, []),
    ],
)
def test_the_hours_in_which_the_source_of_a_vessel_was_deaf_speak_against_its_gap(
    share: float, deaf_h: float, names: list[str]
) -> None:
    judged = assess(gap(station_heard_share=share, source_deaf_h=deaf_h), {})
    assert [f.name for f in judged.objections if "deaf" in f.name] == names
    assert (judged.score < score(gap())) == bool(names)


def test_an_unwitnessed_gap_of_a_deaf_source_is_that_and_not_a_lonely_recording() -> None:
    alone = gap(witnesses_count=0.0, others_before_count=0.0, station_heard_share=0.2)
    deaf = replace(alone.evidence, measured={**alone.evidence.measured, "source_deaf_h": 20.0})
    names = {f.name for f in assess(replace(alone, evidence=deaf), {}).objections}
    assert {"deaf station", "alone in the recording"} & names == {"deaf station"}


def test_with_reception_learned_the_score_rests_on_how_surprising_the_silence_is() -> None:
    scores = [score(gap(silence_surprise=s)) for s in (0.0, 1.0, 2.0, 3.0, 5.0, 8.0)]
    assert scores[:5] == sorted(set(scores[:5]))
    assert scores[4] == scores[5]
    assert scores[1] < 0.2 < 0.5 < scores[3]


def test_what_stands_in_for_reception_is_not_counted_where_it_was_learned() -> None:
    poor = {"witnesses_count": 0.0, "positions_before_count": 2.0, "ship_class_code": CLASS_B}
    assert score(gap(silence_surprise=3.0, **poor)) == score(gap(silence_surprise=3.0))
    assert score(gap(**poor)) < score(gap())


def test_a_gap_says_whether_reception_was_learned() -> None:
    def names(**other: float) -> dict[str, str]:
        judged = assess(gap(**other), {})
        return {f.name: f.says for f in (*judged.reasons, *judged.objections)}

    assert "reception unknown" in names()
    assert "reception unknown" not in names(silence_surprise=2.5)
    assert "about one in 300 " in names(silence_surprise=2.5)["surprise"]
    assert "about one in 10,000 or more " in names(silence_surprise=4.2)["surprise"]


def test_sparse_reception_is_named_with_its_numbers() -> None:
    judged = assess(gap(positions_before_count=5.0, median_interval_s=5400.0), {})
    (said,) = (f.says for f in judged.objections if f.name == "sparse before")
    assert said == (
        "Reception was sparse: 5 positions in the 12 h before, one every 90 min at the median."
    )


def test_a_fishing_vessel_alongside_a_cargo_ship_far_out_is_worth_a_check() -> None:
    assert score(meeting(), FISHING, CARGO) > 0.8
    assert score(meeting(), CARGO, FISHING) == score(meeting(), FISHING, CARGO)


@pytest.mark.parametrize("kinds", [(TUG, CARGO), (PILOT, TANKER), (FERRY, TUG), (SAILING, SAILING)])
def test_a_meeting_with_a_ship_at_work_or_at_leisure_scores_low(kinds: tuple[int, int]) -> None:
    assert score(meeting(), *kinds) < 0.35


def test_two_trawlers_score_less_than_a_trawler_and_a_carrier() -> None:
    assert score(meeting(), FISHING, FISHING) < 0.5 < score(meeting(), FISHING, CARGO)


@pytest.mark.parametrize(
    "other",
    [
        {"shore_nmi": 3.0, "port_nmi": 7.0},
        {"duration_h": 200.0, "heard_h": 200.0, "shore_nmi": 15.0, "port_nmi": 15.0},
    ],
)
def test_neighbours_in_the_roads_score_under_a_half(other: dict[str, float]) -> None:
    assert score(meeting(**other)) < 0.5


def test_a_large_and_a_small_ship_weigh_more() -> None:
    pair = {"lengths_m": (120, 35)}
    with_sizes = assess(meeting(), claims(0, 0, **pair)).score
    assert with_sizes > score(meeting(), 0, 0)


def names(found: Event, told: dict[int, Claims] | None = None) -> set[str]:
    judged = assess(found, told or {})
    return {f.name for f in (*judged.reasons, *judged.objections)}


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"approach_nmi": 0.4, "parting_nmi": 0.3}, "keep together"),
        ({"held_spread_nmi": 0.05, "at_rest_share": 1.0}, "one lay at anchor"),
        ({"held_spread_nmi": 0.05}, "one lay at anchor"),  # whatever its status says
        ({"slower_fastest_kn": 0.7, "approach_nmi": 0.3, "parting_nmi": 0.9}, "one did not come"),
    ],
)
def test_ships_that_did_not_both_come_and_go_score_less_and_it_says_why(
    other: dict[str, float], name: str
) -> None:
    ordinary = meeting(**other)
    assert score(ordinary, FISHING, CARGO) < score(meeting(), FISHING, CARGO) - 0.1
    assert score(ordinary) < 0.4
    assert name in names(ordinary)


def test_what_nobody_heard_of_the_hours_around_a_meeting_speaks_neither_way() -> None:
    unheard = meeting(approach_nmi=math.nan, parting_nmi=math.nan)
    apart_after = meeting(approach_nmi=math.nan)
    together_after = meeting(approach_nmi=math.nan, parting_nmi=0.2)
    assert score(together_after) < score(unheard) < score(apart_after) < score(meeting())


def test_a_net_marker_scores_next_to_nothing_alone_and_beside_a_boat() -> None:
    told = {ANNA: Claims("NET MARK 3 87%"), BELLA: Claims("SIM ACORN", ship_type=FISHING)}
    for found in (meeting(), stay()):
        assert assess(found, told).score < 0.02
        assert "marker" in names(found, told)


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ((FISHING, CARGO), "A cargo ship and a fishing vessel; "),
        ((CARGO, FISHING), "A cargo ship and a fishing vessel; "),
        ((TANKER, FISHING), "A fishing vessel and a tanker: "),
        ((0, CARGO), "A vessel that has not said what it is and a cargo ship."),
    ],
)
def test_a_meeting_says_what_pair_it_is(kinds: tuple[int, int], says: str) -> None:
    judged = assess(meeting(), claims(*kinds))
    assert any(f.says.startswith(says) for f in (*judged.reasons, *judged.objections))


def test_the_kinds_of_ship_stand_beside_the_score_in_the_order_of_the_tracks() -> None:
    assert assess(meeting(), claims(FISHING, 0)).ships == (
        "a fishing vessel",
        "a vessel that has not said what it is",
    )


def test_a_stay_in_company_of_its_own_trade_scores_less_and_of_another_does_not() -> None:
    def of(other: int) -> float:
        alone = stay()
        evidence = replace(alone.evidence, others=(BELLA,))
        return assess(replace(alone, evidence=evidence), claims(CARGO, other)).score

    assert of(CARGO) < of(FISHING) == score(stay(), CARGO)


def test_fuel_from_a_tanker_is_daily_trade() -> None:
    assert score(meeting(), TANKER, CARGO) < 0.5 < score(meeting(), CARGO, FISHING)


def test_drifting_far_out_outweighs_lying_at_anchor() -> None:
    anchored = stay(held_spread_nmi=0.1, drift_nmi=0.0, drift_share=0.0, fastest_kn=0.1)
    assert score(anchored, CARGO) < 0.25 < score(stay())
    assert score(stay(), TUG) < 0.25
    assert score(stay(), CARGO) > score(stay()) > score(stay(), FISHING)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"fastest_kn": 6.0}, "moved on"),
        ({"drift_nmi": 48.0, "drift_share": 0.99}, "steered"),
        ({"before_fastest_kn": 3.4, "after_fastest_kn": 3.9}, "slow before and after"),
        ({"fishing_share": 1.0}, "says it fishes"),
    ],
)
def test_a_stay_at_work_scores_less_than_a_passage_broken_and_says_why(
    other: dict[str, float], name: str
) -> None:
    assert score(stay(**other)) < score(stay())
    assert name in names(stay(**other))


def test_ships_too_large_and_too_small_to_carry_fish_score_less() -> None:
    scores = [assess(stay(), claims(CARGO, lengths_m=(m, 0))).score for m in (15, 110, 260)]
    assert scores[0] < scores[2] < scores[1]


@given(st.floats(6.01, 500), st.floats(6.01, 500))
def test_a_longer_silence_never_scores_less(one: float, two: float) -> None:
    shorter, longer = sorted((one, two))
    assert score(gap(duration_h=shorter)) <= score(gap(duration_h=longer))
