"""A simulated sea of which the station loses nine vessels in ten for eight hours."""

import numpy as np
import pytest

from anomalies.gap import Gap
from receiver.formats import by_name
from receiver.sources.logfile import open_inputs
from receiver.sources.simulator import Simulation
from tests.fleets import HOUR, events
from tracks.batch import HULLS_PER_MMSI, Fixes, PositionBatch

LOST_H = 8.0
WITHOUT = Gap(half_deaf_vessels_count=1000)


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Fixes:
    path = tmp_path_factory.mktemp("sea") / "sea.nmea"
    path.write_bytes(b"".join(Simulation(seed=5, hours=36, vessels=62, thin_s=120).lines()))
    read = (d.positions for i in open_inputs([str(path)]) for d in by_name("nmea").read(i, 0, 0))
    heard = PositionBatch.concat(list(read))
    columns = {name: getattr(heard, name) for name in PositionBatch.described()}
    track = heard.mmsi.astype(np.int64) * HULLS_PER_MMSI + 1
    fixes = Fixes.make(len(heard), **columns, track=track)
    fixes = fixes.take(np.isfinite(fixes.lat))
    return fixes.take(np.lexsort((fixes.t, fixes.track)))


def test_nobody_is_excused_where_nothing_is_wrong(sea: Fixes) -> None:
    found = events(Gap(), sea)
    assert len(found) > 20
    assert found.keys() == events(WITHOUT, sea).keys()


@pytest.mark.parametrize("begin_h", [9.3, 15.05, 21.7])
def test_of_the_gaps_that_a_half_deaf_station_makes_one_in_ten_is_left_and_others_stay(
    sea: Fixes, begin_h: float
) -> None:
    begin = float(sea.t.min()) + begin_h * HOUR
    lost = (sea.t >= begin) & (sea.t < begin + LOST_H * HOUR) & (sea.mmsi % 10 != 0)
    true = events(WITHOUT, sea).keys()
    told, now = (events(d, sea.take(~lost)).keys() for d in (WITHOUT, Gap()))
    assert len(told - true) > 15
    assert len(now - true) < 0.1 * len(told - true)
    assert len(told & true) - len(now & true) <= 1
