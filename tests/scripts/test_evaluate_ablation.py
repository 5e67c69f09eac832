"""What each factor of a score earns: by hand, beside a slow twin, and for events of a sea."""

import itertools
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

import _evaluate_ablation as ablation
import _evaluate_meetings as meetings
from _evaluate_ablation import Made
from _evaluate_metrics import Ranking


def made(*rows: tuple[int, dict[str, float]], missed: int = 0) -> Made:
    """Each row is listed with these factors, or with none not listed at all."""
    score = [1 / (1 + math.exp(-sum(f.values()))) if f else -math.inf for _, f in rows]
    truth = np.array([truth for truth, _ in rows], np.bool_)
    factors = [tuple(f.items()) for _, f in rows]
    return Made(Ranking(truth, np.array(score, np.float64), missed), factors)


def test_what_tells_true_from_false_earns_and_what_misleads_costs() -> None:
    sea = made(
        (1, {"base": -2.0, "good": 3.0}),
        (1, {"base": -2.0, "good": 3.0, "bad": -4.0}),
        (0, {"base": -2.0}),
        (0, {"base": -2.0, "idle": 0.5}),
        (1, {}),
    )
    found = {one.name: one for one in ablation.earned([sea])}
    assert list(found) == ["good", "idle", "bad"]  # and not the base, which all have alike
    # With all: true, idle, base, true with bad; one never listed.
    whole = (1 + 2 / 4) / 3
    assert found["good"].without == pytest.approx((2 / 4 + 1 / 3) / 3)  # idle, both, bad
    assert found["idle"].without == pytest.approx(whole)
    assert found["bad"].without == pytest.approx(2 / 3)
    assert found["bad"].falls == pytest.approx(whole - 2 / 3)
    assert (found["good"].events, found["good"].right) == (2, 2)
    assert (found["bad"].events, found["bad"].right) == (1, 1)
    assert all(math.isnan(one.low) for one in found.values())
    assert found["good"].strong == (0, 0)
    assert (found["bad"].strong, found["idle"].strong) == ((2, 0), (1, 0))
    rows = ablation.written([sea]).splitlines()
    assert rows[2] == f"| nothing: the whole score | 4 | 2 | {whole:.3f} |  | 1 | 0 |"
    assert rows[3].startswith("| good | 2 | 2 |")
    assert rows[5].endswith("| 2 | 0 |")


factor = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.sampled_from([-1.5, -0.5, 0.5, 1.0]), max_size=3
)
sea = st.lists(st.tuples(st.integers(0, 1), factor), min_size=1, max_size=8)


@settings(deadline=None, max_examples=30)
@given(st.lists(sea, min_size=1, max_size=2))
def test_every_fall_is_that_of_ranking_anew(seas: list[list[tuple[int, dict[str, float]]]]) -> None:
    def average(without: str) -> float:
        """Go down the list, one different score after the other."""
        rows = [(t, sum(w for n, w in f.items() if n != without))
                for t, f in itertools.chain(*seas) if f]  # fmt: skip
        true = sum(t for t, _ in itertools.chain(*seas))
        total, before = 0.0, 0
        for least in sorted({s for _, s in rows}, reverse=True):
            some = [t for t, s in rows if s >= least]
            total += (sum(some) - before) * sum(some) / len(some)
            before = sum(some)
        return total / true

    if not any(t for t, _ in itertools.chain(*seas)):
        return
    for one in ablation.earned([made(*rows) for rows in seas]):
        assert one.without == pytest.approx(average(one.name))
        assert one.falls == pytest.approx(average("") - average(one.name))


def test_with_seas_enough_the_interval_holds_what_every_sea_says() -> None:
    rows = [(1, {"base": -1.0, "good": 2.0}), (0, {"base": -1.0})]
    (one,) = ablation.earned([made(*rows)] * 3)
    assert (one.falls, one.low, one.high) == pytest.approx((0.5, 0.5, 0.5))


def test_where_there_is_nothing_to_find_nothing_is_said_of_factors() -> None:
    text = ablation.written([made((0, {"base": -1.0, "good": 2.0}), (0, {"base": -1.0}))])
    assert "good" not in text


def test_seas_that_are_others_moved_or_thinned_are_not_asked_twice() -> None:
    names = ablation.different(meetings.SETTINGS)
    assert len(names) == 3
    assert not any("180" in name or "third" in name for name in names)
