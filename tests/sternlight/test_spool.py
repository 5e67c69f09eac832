"""The external sort, against Python's own sort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sternlight import spool as module
from sternlight.spool import Spool, cuts, time_order, windows
from tracks.batch import F64, Points, PositionBatch, StaticBatch

times = st.lists(
    st.one_of(
        st.floats(1.5e9, 1.5e9 + 50),
        st.integers(1_500_000_000, 1_500_000_020).map(float),
        st.sampled_from([0.0, -5.0, 4e9, 1.5e9 + 1e-6, 1.5e9 + 2e-6]),
    ),
    max_size=120,
)
relaxed = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def batch_of(t: list[float] | F64, first_line: int = 0) -> PositionBatch:
    n = len(t)
    line = np.arange(first_line, first_line + n)
    return PositionBatch.make(n, t=t, line=line, mmsi=line % 7, lat=np.sin(line), source=3)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and samples so small that a few rows make many of them."""
    monkeypatch.setattr(module, "RUN_ROWS", 10)
    monkeypatch.setattr(module, "SAMPLE", 3)


@relaxed
@given(t=times, sizes=st.lists(st.integers(1, 30), min_size=1), target=st.integers(1, 40))
@pytest.mark.usefixtures("tiny")
def test_every_row_comes_back_once_sorted_by_time_and_line(
    tmp_path: Path, t: list[float], sizes: list[int], target: int
) -> None:
    whole = batch_of(t)
    with Spool(tmp_path, PositionBatch) as spool:
        at = 0
        for size in sizes * (len(t) + 1):
            spool.add(whole.take(slice(at, at + size)))
            at += size
            if at >= len(t):
                break
        given_back = [batches[0] for _, batches in windows([spool], target)]
    got = PositionBatch.concat(given_back).to_records()
    expected = sorted(whole.to_records().tolist(), key=lambda row: (row[0], row[12]))
    assert list(map(repr, got.tolist())) == list(map(repr, expected))  # repr: nan equals nan


@relaxed
@given(positions=times, statics=times, target=st.integers(1, 40))
@pytest.mark.usefixtures("tiny")
def test_two_spools_are_cut_at_the_same_times_and_no_time_is_divided(
    tmp_path: Path, positions: list[float], statics: list[float], target: int
) -> None:
    said = StaticBatch.make(len(statics), t=statics, line=np.arange(len(statics)))
    with Spool(tmp_path, PositionBatch) as one, Spool(tmp_path, StaticBatch) as two:
        one.add(batch_of(positions))
        two.add(said)
        since, rows = -np.inf, 0
        for as_of, batches in windows([one, two], target):
            heard = np.concatenate([batches[0].t, batches[1].t])
            assert (heard >= since).all()
            assert (heard < as_of).all()
            since, rows = as_of, rows + len(heard)
    assert rows == len(positions) + len(statics)


@pytest.mark.usefixtures("tiny")
def test_a_span_set_aside_is_left_out_and_nothing_else(tmp_path: Path) -> None:
    t = np.arange(100.0)
    with Spool(tmp_path, PositionBatch) as spool:
        spool.add(batch_of(t))
        found = [b[0].t for _, b in windows([spool], 10, aside=[(0.0, 5.0), (40.0, 60.0)])]
    np.testing.assert_array_equal(np.concatenate(found), np.r_[t[5:40], t[60:]])


@pytest.mark.usefixtures("tiny")
def test_windows_have_about_the_wanted_size(tmp_path: Path) -> None:
    with Spool(tmp_path, PositionBatch) as spool:
        spool.add(batch_of(np.arange(1000.0)))
        sizes = [len(b[0]) for _, b in windows([spool], 60)]
    assert max(sizes) <= 63
    assert min(sizes[:-1]) >= 57


def test_rows_can_be_sorted_by_a_column_of_counts(tmp_path: Path) -> None:
    points = Points.make(5, track=[3, 1, 2, 9, 4], bin=[7, 5, 7, 5, 6])
    with Spool(tmp_path, Points, by="bin", then="track") as spool:
        spool.add(points)
        ((_, (got,)),) = windows([spool])
    assert list(zip(got.bin, got.track, strict=True)) == [(5, 1), (5, 9), (6, 4), (7, 2), (7, 3)]


def test_a_row_without_a_time_is_refused(tmp_path: Path) -> None:
    with Spool(tmp_path, PositionBatch) as spool:
        spool.add(batch_of([1.0, np.nan]))
        with pytest.raises(ValueError, match="no t"):
            spool.flush()


def test_nothing_is_left_in_the_folder_even_while_spooling(tmp_path: Path) -> None:
    with Spool(tmp_path, PositionBatch) as spool:
        spool.add(batch_of([1.0]))
        spool.flush()
        assert list(tmp_path.iterdir()) == []


def test_reports_are_counted_by_day(tmp_path: Path) -> None:
    with Spool(tmp_path, PositionBatch) as spool:
        for day in (3, 5, 3):
            spool.add(batch_of([day * 86_400.0, day * 86_400.0 + 86_399.5]))
            spool.flush()
        spool.add(batch_of([-1.0, 1e12]))
        spool.flush()
        assert spool.days == {3: 4, 5: 2, -1: 1, 11_574_074: 1}


@given(
    st.lists(st.floats(-1e12, 1e12) | st.integers(0, 5).map(float), min_size=1, max_size=50),
    st.data(),
)
def test_time_order_is_that_of_a_plain_sort(t: list[float], data: st.DataObject) -> None:
    line = data.draw(st.permutations(range(len(t))))
    order = time_order(np.array(t), np.array(line))
    rows = range(len(t)) if order is None else order.tolist()
    assert list(rows) == sorted(range(len(t)), key=lambda i: (t[i], line[i]))


def test_cuts_of_equal_times_are_one_cut() -> None:
    assert cuts(np.full(10_000, 7.0), 2048) == [7.0]
