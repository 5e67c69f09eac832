"""Points at ten-minute marks, against a slow twin."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.batch import BIN_S, STATUS_UNDEFINED, Fixes, Points
from tracks.points import Resample
from tracks.state import dump, load

Fix = tuple[int, float, float, float]  # track, t, lat, lon

T0 = 1_500_000_000.0 - 1_500_000_000 % BIN_S


def fixes(rows: list[Fix]) -> Fixes:
    rows = sorted(rows, key=lambda r: r[:2])
    track, t, lat, lon = np.array(rows).reshape(-1, 4).T
    lines = np.arange(len(rows))
    return Fixes.make(len(rows), track=track, t=t, lat=lat, lon=lon, line=lines)


def points_of(given_fixes: Fixes, fold: Resample | None = None) -> Points:
    fold = fold or Resample()
    return fold.step(fold.start(), given_fixes, math.inf)[1]


def in_steps(given_fixes: Fixes, cuts: list[float]) -> Points:
    fold, given_so_far = Resample(), -math.inf
    state, found = fold.start(), []
    for cut in [*sorted(cuts), math.inf]:
        rows = (given_fixes.t >= given_so_far) & (given_fixes.t < cut)
        state, points = fold.step(state, given_fixes.take(rows), cut)
        state, given_so_far = load(dump(state)), cut
        found.append(points)
    whole = Points.concat(found)
    return whole.take(np.lexsort((whole.bin, whole.track)))


def twin(f: Fixes, max_s: float = 3600.0) -> list[tuple[int, int, float, float, int, int]]:
    found = []
    for i in range(len(f)):
        t, track = f.t[i], f.track[i]
        p = i - 1 if i and f.track[i - 1] == track else None
        for b in range(math.floor((t - max_s) / BIN_S), math.floor(t / BIN_S) + 1):
            m = b * BIN_S
            if m == t and (p is None or f.t[p] < m):
                found.append((track, b, f.lat[i], f.lon[i], f.line[i], f.line[i]))
            elif p is not None and f.t[p] < m < t and t - f.t[p] < max_s:
                share = (m - f.t[p]) / (t - f.t[p])
                lat = f.lat[p] + share * (f.lat[i] - f.lat[p])
                turn = (f.lon[i] - f.lon[p] + 180) % 360 - 180
                lon = (f.lon[p] + share * turn + 180) % 360 - 180
                found.append((track, b, lat, lon, f.line[p], f.line[i]))
    return found


rows = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3]),
        st.integers(0, 240).map(lambda k: T0 + 60.0 * k)
        | st.floats(0, 14_400).map(lambda s: T0 + s),
        st.floats(-80, 80),
        st.floats(100, 250).map(lambda e: e - 360 if e >= 180 else e),  # on both sides of 180
    ),
    max_size=40,
)


def as_rows(p: Points) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(p, n).tolist() for n in p.described()), strict=True))


@given(rows)
@settings(deadline=None)
def test_points_equal_those_of_the_slow_twin(given_rows: list[Fix]) -> None:
    f = fixes(given_rows)
    found, expected = as_rows(points_of(f)), twin(f)
    assert [(p[0], p[1], p[4], p[5]) for p in found] == [(p[0], p[1], *p[4:]) for p in expected]
    for p, q in zip(found, expected, strict=True):
        assert p[2] == pytest.approx(q[2], abs=1e-9)
        assert (p[3] - q[3] + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)


@given(rows, st.lists(st.floats(T0, T0 + 14_400), max_size=6))
@settings(deadline=None)
def test_points_do_not_depend_on_where_the_stream_is_cut(
    given_rows: list[Fix], cuts: list[float]
) -> None:
    f = fixes(given_rows)
    assert as_rows(in_steps(f, cuts)) == as_rows(points_of(f))


def test_a_fix_on_the_mark_is_the_point_itself() -> None:
    f = fixes([(1, T0 - 30, 50, 0), (1, T0, 50.1, 0.1), (1, T0 + 30, 51, 1)])
    assert as_rows(points_of(f)) == [(1, T0 // BIN_S, 50.1, 0.1, 1, 1, STATUS_UNDEFINED)]


def test_a_point_has_the_status_of_the_fix_on_or_behind_it() -> None:
    f = replace(
        fixes([(1, T0 - 30, 50, 0), (1, T0 + 30, 50, 0), (1, T0 + 600, 50, 0)]),
        nav_status=np.array([0, 1, 7], np.uint8),
    )
    assert points_of(f).nav_status.tolist() == [1, 7]


def test_a_hole_of_an_hour_is_not_filled() -> None:
    edge = [(1, T0 - 1, 50.0, 0.0), (1, T0 + 3599, 50.0, 0.0)]
    assert len(points_of(fixes(edge))) == 0
    edge[1] = (1, T0 + 3598.5, 50.0, 0.0)
    assert len(points_of(fixes(edge))) == 6


def test_a_ship_crossing_longitude_180_stays_there() -> None:
    p = points_of(fixes([(1, T0 - 300, 0, 179.9), (1, T0 + 300, 0, -179.9)]))
    assert p.lon.tolist() == [-180.0]


def test_a_day_boundary_is_a_mark_like_others() -> None:
    midnight = T0 - T0 % 86_400
    p = points_of(fixes([(1, midnight - 900, 50, 0), (1, midnight + 900, 50, 1)]))
    assert [int(b) * BIN_S - midnight for b in p.bin] == [-600, 0, 600]


def test_tracks_last_heard_over_an_hour_ago_are_forgotten() -> None:
    fold = Resample()
    state, _ = fold.step(fold.start(), fixes([(1, T0, 0, 0), (2, T0 + 10, 0, 0)]), T0 + 10)
    assert state["track"].tolist() == [1, 2]
    state, _ = fold.step(state, fixes([(3, T0 + 3605, 0, 0)]), T0 + 3605)
    assert state["track"].tolist() == [2, 3]
