"""The ways of ships around their events."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight import spool as module
from sternlight.spool import Spool
from sternlight.tracklines import Tracklines, cut_at_180
from tracks.batch import BIN_S, Points

ANNA, BELLA = 257_000_001_001, 257_000_002_001


def spooled(folder: Path, rows: list[tuple[int, int]]) -> Spool[Points]:
    spool = Spool(folder, Points, by="bin", then="track")
    track, bins = np.array(rows).reshape(-1, 2).T
    spool.add(Points.make(len(rows), track=track, bin=bins, lat=bins / 10, lon=bins / 5))
    return spool


def test_a_way_is_cut_where_the_ship_was_not_heard(tmp_path: Path) -> None:
    rows = [(ANNA, b) for b in (10, 11, 12, 20, 30, 31)] + [(BELLA, 11)]
    with spooled(tmp_path, rows) as spool:
        found = Tracklines.read(spool, [(ANNA, 0.0, 50.0 * BIN_S)])
    assert found.lines((ANNA, 0.0, 50.0 * BIN_S)) == [
        [[2.0, 1.0], [2.2, 1.1], [2.4, 1.2]],
        [[6.0, 3.0], [6.2, 3.1]],
    ]


@given(
    heard=st.sets(st.tuples(st.sampled_from([ANNA, BELLA]), st.integers(0, 60)), min_size=1),
    wanted=st.lists(
        st.tuples(st.sampled_from([ANNA, BELLA]), st.integers(0, 60), st.integers(0, 20)),
        max_size=6,
    ),
)
def test_only_the_wanted_stretches_are_read_back_and_whole(
    tmp_path_factory: pytest.TempPathFactory,
    heard: set[tuple[int, int]],
    wanted: list[tuple[int, int, int]],
) -> None:
    stretches = [(track, b * float(BIN_S), (b + n) * float(BIN_S)) for track, b, n in wanted]
    folder = tmp_path_factory.getbasetemp()
    with spooled(folder, sorted(heard, key=lambda r: r[::-1])) as spool:
        found = Tracklines.read(spool, stretches)
    expected = sorted(
        (track, b)
        for track, b in heard
        if any(t == track and a <= b <= a + n for t, a, n in wanted)
    )
    assert list(zip(found.points.track, found.points.bin, strict=True)) == expected


def test_points_of_many_windows_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RUN_ROWS", 7)
    monkeypatch.setattr(module, "SAMPLE", 2)
    with spooled(tmp_path, [(ANNA, b) for b in range(100)]) as spool:
        found = Tracklines.read(spool, [(ANNA, 0.0, 100.0 * BIN_S)])
    assert found.points.bin.tolist() == list(range(100))


def test_a_line_across_longitude_180_becomes_two_that_meet_there() -> None:
    lines = cut_at_180(np.array([0.0, 1.0, 3.0]), np.array([178.0, 179.0, -179.0]))
    assert lines == [[[178.0, 0.0], [179.0, 1.0], [180.0, 2.0]], [[-180.0, 2.0], [-179.0, 3.0]]]
    back = cut_at_180(np.array([3.0, 1.0]), np.array([-179.0, 179.0]))
    assert back == [[[-179.0, 3.0], [-180.0, 2.0]], [[180.0, 2.0], [179.0, 1.0]]]


def test_a_line_that_lies_on_longitude_180_stays_finite() -> None:
    lines = cut_at_180(np.array([0.0, 1.0]), np.array([-180.0, 180.0]))
    assert np.isfinite(np.concatenate([np.array(line) for line in lines])).all()


def test_a_stretch_within_another_takes_nothing_from_it(tmp_path: Path) -> None:
    with spooled(tmp_path, [(ANNA, b) for b in range(20)]) as spool:
        found = Tracklines.read(spool, [(ANNA, 0.0, 19.0 * BIN_S), (ANNA, 600.0, 1200.0)])
    assert found.points.bin.tolist() == list(range(20))
