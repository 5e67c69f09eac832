"""What no ship can have said is set aside, each under one reason."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.batch import PositionBatch
from tracks.quality import clean

SHIP = 211_000_001


def report(**columns: float) -> PositionBatch:
    return PositionBatch.make(1, **{"t": 1.0, "mmsi": SHIP, "lat": 54.0, "lon": 8.0} | columns)


CASES: list[tuple[str, dict[str, float]]] = [
    ("no time", {"t": math.nan}),
    ("no position", {"lat": math.nan}),
    ("no position", {"lon": math.nan}),
    ("position out of range", {"lat": 90.001}),
    ("position out of range", {"lat": -91}),
    ("position out of range", {"lon": 181}),
    ("position out of range", {"lon": -math.inf}),
    ("position 0/0", {"lat": 0, "lon": 0}),
    ("aid to navigation", {"mmsi": 992_111_111}),
    ("aid to navigation", {"type": 21}),
    ("coast station", {"mmsi": 2_111_111}),
    ("coast station", {"type": 4}),
    ("search and rescue aircraft", {"mmsi": 111_211_001}),
    ("search and rescue aircraft", {"type": 9}),
    ("distress beacon", {"mmsi": 970_211_001}),
    ("group of ships", {"mmsi": 21_111_111}),
    ("handheld radio", {"mmsi": 821_111_111}),
    ("craft of a mother ship", {"mmsi": 982_111_111}),
    ("MMSI of nobody", {"mmsi": 123_456_789}),
    ("MMSI of nobody", {"mmsi": 0, "lat": math.nan}),
]


@pytest.mark.parametrize(("reason", "columns"), CASES)
def test_what_no_ship_says_is_counted_under_its_reason(
    reason: str, columns: dict[str, float]
) -> None:
    kept, counts = clean(report(**columns))
    assert len(kept) == 0
    assert counts == {f"set aside: {reason}": 1}


@pytest.mark.parametrize(
    "columns", [{"lat": 0}, {"lon": 0}, {"lat": 90}, {"lon": -180}, {"type": 11}]
)
def test_what_a_ship_can_say_is_kept(columns: dict[str, float]) -> None:
    kept, counts = clean(report(**columns))
    assert len(kept) == 1
    assert not counts


def test_longitude_180_comes_out_as_minus_180_and_the_batch_given_is_left_as_it_was() -> None:
    given_batch = report(lon=180)
    assert clean(given_batch)[0].lon.tolist() == [-180]
    assert given_batch.lon.tolist() == [180]


@given(st.lists(st.sampled_from([{}, *(c for _, c in CASES)]), max_size=30))
@settings(deadline=None)
def test_every_report_is_kept_or_counted_once_and_the_order_stays(
    rows: list[dict[str, float]],
) -> None:
    batch = PositionBatch.concat([report(**{"line": i} | r) for i, r in enumerate(rows)])
    kept, counts = clean(batch)
    assert kept.line.tolist() == [i for i, r in enumerate(rows) if not r]
    reasons = Counter(next(f"set aside: {n}" for n, c in CASES if c == r) for r in rows if r)
    assert counts == reasons
    assert np.all(np.isfinite(kept.lat))
