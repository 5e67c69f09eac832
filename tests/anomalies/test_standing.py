"""The score of a ship: monotone in each sign, bounded, whatever order signs are in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies import standing
from anomalies.event import Anomaly, Kind
from anomalies.features import SHIP_KINDS, Features
from anomalies.indicators import ILO, INDICATORS, Indicator, Signs
from anomalies.standing import FEATURE_OF, Mark, asked, scores, shares, standings

FISHING = SHIP_KINDS.index("fishing")
NAMES = [one.feature for one in INDICATORS]
EVERY = pytest.mark.parametrize("one", INDICATORS, ids=lambda one: one.name)

values = st.one_of(st.just(np.nan), st.floats(0, 1000))
rows = st.fixed_dictionaries(
    dict.fromkeys(NAMES, values)
    | {"kind": st.integers(0, len(SHIP_KINDS) - 1), "memory_days": st.floats(0, 400)}
)


def score(row: dict[str, float]) -> float:
    return float(scores(shares(Features.make(1, **row)))[0])


@given(rows)
def test_a_score_lies_between_0_and_1(row: dict[str, float]) -> None:
    assert 0 <= score(row) <= 1


@given(rows, st.sampled_from(NAMES), st.floats(0, 1000))
def test_more_of_a_sign_never_lowers_the_score(row: dict, name: str, more: float) -> None:
    assert score(row) <= score(row | {name: np.nan_to_num(row[name]) + more})


@given(rows, st.sampled_from(NAMES))
def test_a_sign_that_cannot_be_seen_never_raises_the_score(row: dict, name: str) -> None:
    assert score(row | {name: np.nan}) <= score(row)


@given(rows, st.permutations(INDICATORS))
def test_the_order_of_the_table_changes_nothing(row: dict, table: list[Indicator]) -> None:
    before = score(row)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "INDICATORS", tuple(table))
        assert score(row) == before


@given(rows)
def test_a_sign_is_shown_looked_for_missing_or_not_asked(row: dict[str, float]) -> None:
    features = Features.make(1, **row)
    (one,) = standings(features, [[]])
    assert one.shown_count <= one.looked_count
    questions = asked(standing.with_marks(features, [[]]))
    assert one.looked_count + len(one.missing) == np.count_nonzero(questions)
    assert sum(sign.shown for sign in one.signs) == one.shown_count


@EVERY
def test_every_sign_says_what_it_is_and_why_it_weighs_what_it_does(one: Indicator) -> None:
    assert one.feature in Features.described()
    assert one.scale.begins <= one.scale.shown < one.scale.full
    assert 0 < one.cap <= 0.6
    assert set(one.ilo) <= set(ILO)
    assert "doi" in one.source or "Convention" in one.source or one.name in ("listed", "flag")
    for words in (one.title, one.defined, one.why, one.innocent, one.needs, one.says):
        assert words
    assert one.optional or f"{one.scale.shown:g}" in one.defined
    assert "{" not in one.defined


@EVERY
def test_half_of_a_weight_is_added_where_a_sign_is_shown_and_all_where_it_is_full(
    one: Indicator,
) -> None:
    def share(value: float) -> float:
        row = {one.feature: value, "kind": FISHING, "memory_days": 400.0}
        return float(shares(Features.make(1, **row))[0, INDICATORS.index(one)])

    assert share(one.scale.begins) in (0.0, 0.5)  # half where it begins by being shown
    assert share(one.scale.shown) == 0.5
    assert share(one.scale.full) == share(one.scale.full + 1e6) == 1
    assert np.isnan(share(np.nan))


def test_every_anomaly_of_ships_and_every_kind_of_event_is_a_sign() -> None:
    anomalies, kinds = set(Anomaly.__args__), set(Kind.__args__)  # type: ignore[attr-defined]
    assert anomalies - {"interference"} <= {one.name for one in INDICATORS}
    assert kinds - {"interference"} <= FEATURE_OF.keys()


def test_names_are_given_once() -> None:
    for which in ("name", "title", "feature"):
        assert len({getattr(one, which) for one in INDICATORS}) == len(INDICATORS)


def test_it_says_how_many_signs_of_those_that_could_be_looked_for() -> None:
    features = Features.make(
        1, kind=FISHING, memory_days=200, at_sea_days=150, max_shore_nmi=250, names_count=1
    )
    (one,) = standings(features, [[Mark("gap-1", "gap", 0.9, "Silence.")]])
    assert one.says == ("Shows 3 of the 7 published signs that could be looked for; worth a check.")
    assert [sign.indicator.name for sign in one.signs] == ["dark_gap", "long_at_sea", "far_out"]
    assert one.signs[1].says == (
        "It was heard at sea for 150 days on end, never silent for more than ten, and never in"
        " a port."
    )
    assert one.score == pytest.approx(0.5 * 0.9 + 0.3 * (0.5 + 0.5 * 60 / 180) + 0.2 * 0.5625)
    assert any(why.startswith("changed its flag: it takes an IMO number") for why in one.missing)
    quiet = replace(features, at_sea_days=np.zeros(1), max_shore_nmi=np.zeros(1))
    assert standings(quiet, [[]])[0].says == (
        "Shows none of the 7 published signs that could be looked for."
    )


def test_too_short_a_memory_is_the_reason_why_a_sign_is_missing() -> None:
    (one,) = standings(Features.make(1, kind=FISHING, memory_days=3, at_sea_days=3), [[]])
    (why,) = [why for why in one.missing if why.startswith("long at sea")]
    assert why.endswith("it was heard over 3 days")


def test_signs_of_fishing_are_asked_of_fishing_vessels_and_missing_where_no_kind_is_told() -> None:
    kinds = [SHIP_KINDS.index(kind) for kind in ("fishing", "cargo", "")]
    features = Features.make(3, kind=kinds, memory_days=400, max_shore_nmi=500)
    fishing, cargo, untold = standings(features, [[], [], []])
    assert [sign.indicator.name for sign in fishing.signs] == ["far_out"]
    assert not cargo.signs
    assert not any(why.startswith("far from shore") for why in cargo.missing)
    (why,) = [why for why in untold.missing if why.startswith("far from shore")]
    assert "has not said what kind of ship it is" in why


def test_a_flag_counts_only_where_the_user_named_it_and_is_never_missing() -> None:
    off, other, named = standings(Features.make(3, flag_listed_share=[np.nan, 0, 1]), [[], [], []])
    assert not any("flag that you named" in why for why in (*off.missing, *other.missing))
    assert other.looked_count == off.looked_count + 1
    assert [sign.indicator.name for sign in named.signs] == ["flag"]


@pytest.mark.parametrize("code", ["no", "NOR", "N1", ""])
def test_a_flag_that_is_no_country_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="two capital letters"):
        Signs((code,))
