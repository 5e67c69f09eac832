"""Ships under one MMSI whose truth is known, and our hulls beside GFW's segments."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import _evaluate_hulls as hulls  # noqa: E402
import _evaluate_segments as segments  # noqa: E402
from _evaluate_hulls import Sharing  # noqa: E402

from sternlight.settings import load  # noqa: E402
from tests.recordings import recording  # noqa: E402
from tracks.batch import Fixes, PositionBatch  # noqa: E402
from tracks.geodesy import distance_m  # noqa: E402
from tracks.segment import Segment  # noqa: E402

HOUR = 3600.0
by_name = {s.name: s for s in hulls.SHARINGS}


@pytest.mark.parametrize("ships", [2, 3])
@pytest.mark.parametrize("apart_nmi", [(2, 10), (10, 60), (100, 600)])
def test_ships_under_one_mmsi_are_told_apart_to_the_last_report(
    ships: int, apart_nmi: tuple[float, float]
) -> None:
    for seed in range(2001, 2004):
        told = hulls.simulated(Sharing("", ships, apart_nmi), seed, load(), hours=8)
        assert told.rand > 0.99
        assert told.switches == 0


def test_ships_that_fall_silent_for_hours_are_mostly_told_apart() -> None:
    sharing = Sharing("", apart_nmi=(10, 60), hole_h=2.0)
    told = [hulls.simulated(sharing, seed, load()) for seed in range(2001, 2009)]
    assert np.mean([t.rand for t in told]) > 0.97
    assert sum(t.switches for t in told) <= 2


def test_whoever_puts_all_ships_into_one_track_is_told_of_every_switch() -> None:
    batch, truth = hulls.scene(by_name["two ships 2 to 10 nmi apart"], 1, 2)
    blind = replace(load(), segment=Segment(tolerance_nmi=1e4))
    told = hulls.told_apart(batch, truth, blind)
    assert told.rand == 0
    assert told.switches == np.count_nonzero(np.diff(truth))


def test_made_up_ships_go_as_fast_and_where_they_say() -> None:
    scenes = [hulls.scene(Sharing("", ships=1, lost=0.0), seed, 3)[0] for seed in range(8)]
    under_way = [b for b in scenes if np.median(b.sog_kn) > 8]
    assert len(under_way) > 2
    for b in under_way:
        a, z = b.take(slice(0, -6)), b.take(slice(6, None))
        made_m = distance_m(a.lat, a.lon, z.lat, z.lon)
        assert np.median(made_m) == pytest.approx(np.median(b.sog_kn) * 1852 / 60, rel=0.02)
        course, east = np.radians(a.cog_deg), (z.lon - a.lon) * np.cos(np.radians(a.lat))
        ahead_m = 60 * 1852 * ((z.lat - a.lat) * np.cos(course) + east * np.sin(course))
        assert np.median(ahead_m / made_m) > 0.98


def test_how_near_two_ships_came_is_measured_at_the_same_time() -> None:
    def ship(t: list[float], lat: list[float]) -> PositionBatch:
        return PositionBatch.make(len(t), t=t, lat=lat, lon=8.0)

    one, other = ship([0, 60, 120], [50.0, 50.1, 50.2]), ship([0, 120], [50.3, 50.1])
    assert hulls._nearest_nmi(one, other) == pytest.approx(6)


def fixes(*rows: tuple[float, int, float]) -> Fixes:
    """Return fixes of hours, hull and latitude, in order of time."""
    hours, track, lat = (np.array(c) for c in zip(*rows, strict=True))
    return Fixes.make(len(rows), t=hours * HOUR, track=track, lat=lat, lon=8.0, sog_kn=0.0)


def test_pieces_end_with_a_silence_and_where_a_report_could_be_of_either_hull() -> None:
    apart = fixes((0, 1, 50.0), (0.1, 2, 52.0), (0.2, 1, 50.0), (8.3, 1, 50.0), (8.4, 2, 52.0))
    assert segments.cut_as_theirs(apart, Segment(), 10.0).tolist() == [1, 2, 1, 3, 4]
    meeting = fixes(
        (0, 1, 50.0), (0, 2, 50.2), (1, 1, 50.0), (1, 2, 50.2), (2, 1, 50.1), (3, 2, 50.2)
    )
    assert segments.cut_as_theirs(meeting, Segment(), 1e9).tolist() == [1, 2, 3, 4, 5, 6]
    assert segments.cut_as_theirs(meeting, Segment(), 0.0).tolist() == [1, 2, 1, 2, 1, 2]


def test_what_was_single_precision_is_seen_in_its_digits() -> None:
    written = np.array([11.4, float(np.float32(11.4)), 11.5, 0.0, float(np.float32(0.3)), math.nan])
    found = segments.single_precision(written)
    assert found.tolist() == [False, True, False, False, True, False]


# Real recordings


def test_our_hulls_cut_as_theirs_are_gfws_segments() -> None:
    folder = recording("tables/pyseas_position_messages_201801.csv").parent.parent
    found = segments.agreements(folder, load())
    assert [a.theirs for a in found] == [24, 8, 15, 10]
    assert np.median([a.rand_cut for a in found]) > 0.9
    assert sum(a.rand_cut > 0.99 for a in found) == 3


def test_no_leg_of_a_hull_is_impossible_and_one_ship_is_scattered_less_than_by_gfw() -> None:
    folder = recording("tables/pyseas_position_messages_201801.csv").parent.parent
    found = segments.agreements(folder, load())
    assert all(a.one_ship > 200 for a in found)
    assert sum(a.jumps[0] for a in found) == 0 < sum(a.jumps[1] for a in found)
    ours, theirs = (sum(a.changes[k] for a in found) for k in (0, 1))
    assert (ours, theirs) == (7, 21)


def test_real_ships_under_one_mmsi_are_told_apart_unless_they_lie_side_by_side() -> None:
    folder = recording("tables/stonesoup_SolentAIS_20160112.csv").parent.parent
    pairs = hulls.bands(hulls.real_pairs(folder, "stonesoup_SolentAIS_20160112.csv", load()))
    *near, far = pairs.values()
    assert np.mean([t.rand for some in near for t in some]) > 0.55
    assert [t.switches for t in far] == [0] * 4
    assert min(t.rand for t in far) > 0.99
