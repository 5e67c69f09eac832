"""Who was heard, when and how often, however the stream was cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sternlight.fleet import Fleet
from tracks.batch import Fixes

reports = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), max_size=30)


def fixes(rows: list[tuple[int, int]], since: int) -> Fixes:
    t = np.arange(since, since + len(rows), dtype=np.float64)
    track, ship_class = np.array(rows, np.int64).reshape(-1, 2).T
    made = Fixes.make(len(rows), t=t, track=track, ship_class=ship_class)
    return made.take(np.lexsort((t, track)))


@given(reports, st.integers(0, 30))
def test_two_steps_give_what_one_gives_and_what_counting_by_hand_gives(
    rows: list[tuple[int, int]], cut: int
) -> None:
    fleet = Fleet.empty().hear(fixes(rows[:cut], 0)).hear(fixes(rows[cut:], len(rows[:cut])))
    expected = []
    for track in sorted({r[0] for r in rows}):
        heard = [i for i, r in enumerate(rows) if r[0] == track]
        ship_class = max(rows[i][1] for i in heard)
        expected.append((track, float(heard[0]), float(heard[-1]), len(heard), ship_class))
    assert fleet.to_records().tolist() == expected
