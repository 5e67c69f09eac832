"""What stands between a log and the station: what it remembers can be saved and loaded."""

from __future__ import annotations

import tracemalloc

import numpy as np

from sternlight.live import Live
from sternlight.settings import Settings
from tracks.places import Places


def test_a_snapshot_is_packed_without_a_second_copy_of_all_that_is_remembered() -> None:
    live, again = (Live(Settings(), Places.none()) for _ in range(2))
    large = {f"large_{n}": np.full(1 << 17, n) for n in range(32)}  # a megabyte each
    live.station.states["daybook"] = {**live.station.states["daybook"], **large}
    tracemalloc.start()
    try:
        data = live.save()
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 6 << 20
    again.load(data)
    assert again.save() == data
    assert np.array_equal(again.station.states["daybook"]["large_31"], large["large_31"])
