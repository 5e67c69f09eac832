"""Who heard whom, against a dictionary that does the same slowly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracks.batch import PositionBatch
from tracks.hearers import Hearers

REPORTS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 219000001, 999999999]),
        st.sampled_from([0, 1, 2, 65535]),
        st.integers(0, 100).map(float),
    ),
    max_size=30,
)


@given(REPORTS, st.lists(st.integers(0, 30), max_size=4))
def test_every_source_is_counted_for_every_mmsi_however_the_stream_is_cut(
    reports: list[tuple[int, int, float]], cuts: list[int]
) -> None:
    table = Hearers.empty()
    bounds = sorted({0, len(reports), *(min(cut, len(reports)) for cut in cuts)})
    for begin, end in pairwise(bounds):
        mmsi, source, t = zip(*reports[begin:end], strict=True)
        batch = PositionBatch.make(end - begin, mmsi=list(mmsi), source=list(source), t=list(t))
        table = table.hear(batch)
    slow: dict[int, dict[int, tuple[int, float]]] = {}
    for mmsi, source, t in reports:
        count, last = slow.setdefault(mmsi, {}).get(source, (0, -np.inf))
        slow[mmsi][source] = count + 1, max(last, t)
    for mmsi in (1, 2, 3, 219000001, 999999999):
        assert table.of(mmsi) == slow.get(mmsi, {})
