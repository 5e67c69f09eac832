"""Copies of one transmission, against a slow twin that remembers everything."""

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracks.batch import PositionBatch
from tracks.duplicates import Duplicates
from tracks.state import dump, load

Heard = tuple[float, int, int, int, int]  # t, mmsi, key, source, station


def reports(rows: Iterable[Heard]) -> PositionBatch:
    rows = list(rows)
    t, mmsi, key, source, station = ([r[i] for r in rows] for i in range(5))
    return PositionBatch.make(
        len(rows),
        t=np.array(t, float),
        mmsi=np.array(mmsi, np.uint32),
        key=np.array(key, np.uint64),
        source=np.array(source, np.uint16),
        station=np.array(station, np.uint16),
        line=np.arange(len(rows)),
    )


def run(batch: PositionBatch, cuts: Iterable[float] = ()) -> tuple[list[int], Counter[str]]:
    """Return the lines kept, by (mmsi, t, line), and the counts, of steps that end at `cuts`."""
    fold, begin = Duplicates(), -math.inf
    state, found, counts = fold.start(), [], Counter[str]()
    for cut in [*sorted(cuts), math.inf]:
        step = batch.take((batch.t >= begin) & (batch.t < cut))
        state, kept, count = fold.step(load(dump(state)), step, cut)
        assert np.array_equal(np.lexsort((kept.line, kept.t, kept.mmsi)), np.arange(len(kept)))
        found.append(kept)
        counts += count
        begin = cut
    whole = PositionBatch.concat(found)
    return whole.line[np.lexsort((whole.line, whole.t, whole.mmsi))].tolist(), counts


def twin(batch: PositionBatch, window_s: float = 10.0) -> tuple[list[int], Counter[str]]:
    kept, counts = [], Counter[str]()
    originals: dict[tuple[int, int], int] = {}
    for i in np.lexsort((batch.line, batch.t)).tolist():
        name = int(batch.mmsi[i]), int(batch.key[i])
        j = originals.get(name)
        if name[1] and j is not None and batch.t[i] - batch.t[j] <= window_s:
            counts["duplicate"] += 1
            here = batch.source[i], batch.station[i]
            counts["duplicate: another station"] += here != (batch.source[j], batch.station[j])
        else:
            originals[name] = i
            kept.append((*name[:1], batch.t[i], int(batch.line[i])))
    return [line for _, _, line in sorted(kept)], +counts


seconds = st.integers(0, 60).map(float) | st.floats(0, 60)
vessels = st.sampled_from([211_000_001, 211_000_002])
# Keys that agree in many bits, and 0, which is none.
keys = st.sampled_from([0, 1, 2, 1 << 63, (1 << 63) + 1, 2**64 - 1])
heard = st.lists(
    st.tuples(seconds, vessels, keys, st.integers(0, 1), st.integers(0, 2)), max_size=50
)


@given(heard)
@settings(deadline=None)
def test_copies_are_those_the_slow_twin_finds(rows: list[Heard]) -> None:
    assert run(reports(rows)) == twin(reports(rows))


@given(heard, st.lists(seconds, max_size=6))
@settings(deadline=None)
def test_copies_do_not_depend_on_where_the_stream_is_cut(
    rows: list[Heard], cuts: list[float]
) -> None:
    assert run(reports(rows), cuts) == run(reports(rows))


def test_a_copy_from_another_station_is_counted_as_such() -> None:
    kept, counts = run(reports([(0, 7, 9, 0, 1), (3, 7, 9, 0, 2), (4, 7, 9, 0, 1)]))
    assert kept == [0]
    assert counts == {"duplicate": 2, "duplicate: another station": 1}


def test_the_first_heard_is_kept_though_it_comes_later_in_the_batch() -> None:
    assert run(reports([(5, 7, 9, 0, 0), (1, 7, 9, 0, 0)]))[0] == [1]


def test_a_ship_that_repeats_itself_is_still_heard_every_ten_seconds() -> None:
    kept, _ = run(reports([(2.0 * k, 7, 9, 0, 0) for k in range(31)]))
    assert kept == [0, 6, 12, 18, 24, 30]


def test_keys_that_share_their_upper_bits_are_told_apart() -> None:
    # After mixing (times an odd number, modulo 2**64) these differ in the lowest bits alone.
    inverse = pow(0x9E37_79B9_7F4A_7C15, -1, 2**64)
    a, b = (inverse * n % 2**64 for n in (1 << 40, (1 << 40) + 1))
    kept, counts = run(reports([(0, 7, a, 0, 0), (1, 7, b, 0, 0), (2, 7, a, 0, 0)]))
    assert kept == [0, 1]
    assert counts == {"duplicate": 1}


def test_what_was_kept_longer_ago_than_the_window_is_forgotten() -> None:
    fold = Duplicates()
    state, _, _ = fold.step(fold.start(), reports([(0, 7, 1, 0, 0), (8, 7, 2, 0, 0)]), 15)
    assert state["key"].tolist() == [2]
