"""Coverage: cells, ways, trials, and what is learned of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracks.batch import F64
from tracks.cells import SIZES_DEG, cells_of
from tracks.coverage import PERIOD_S, Coverage
from tracks.geodesy import NMI_M, bearing_deg, destination, distance_m, wrap_lon
from tracks.recency import interval_class, keys
from tracks.trials import Legs, Trials, kinds, trials
from tracks.ways import Ends, Ways, around, chord, onward, onward_and_back
from tracks.ways import back as straight_then_back

T0 = 1_500_012_000.0  # a full hour

lats, lons = st.floats(-89.9, 89.9), st.floats(-180, 179.99)


@given(lats, lons)
def test_the_grid_looks_alike_five_degrees_further_on(lat: float, lon: float) -> None:
    near = np.array([lon, lon + 0.013])
    here, there = (
        cells_of([lat] * 2, near, [0] * 2),
        cells_of([lat] * 2, wrap_lon(near + 5), [0] * 2),
    )
    assert ((here[:, 0] == here[:, 1]) == (there[:, 0] == there[:, 1])).all()


@given(st.floats(-80, 80), lons, st.floats(0, 360))
def test_no_two_places_in_a_cell_are_further_apart_than_its_diagonal(
    lat: float, lon: float, course: float
) -> None:
    for size, deg in enumerate(SIZES_DEG):
        there = destination(lat, lon, course, 1.6 * deg * 60 * NMI_M)
        pair = cells_of([lat, float(there[0])], [lon, float(there[1])], [0, 0])[size]
        assert pair[0] != pair[1]


def test_kinds_of_ships_and_sizes_have_cells_of_their_own() -> None:
    cells = cells_of([58.0] * 4, [5.0] * 4, range(4))
    assert len(np.unique(cells)) == cells.size


def ends(course1: float, course2: float, speed_kn: float, hours: float) -> Ends:
    there = destination(58.0, 5.0, 40.0, 12 * NMI_M)
    return Ends.make(
        1, t1=T0, lat1=58.0, lon1=5.0, sog1_kn=speed_kn, cog1_deg=course1, t2=T0 + hours * 3600,
        lat2=there[0], lon2=there[1], sog2_kn=speed_kn, cog2_deg=course2,
    )  # fmt: skip


def gone(ways: F64) -> float:
    return float(np.hypot(*np.diff(ways, axis=0)[:, 0].T).sum())


@given(st.floats(0, 360), st.floats(0, 360), st.floats(0.1, 20), st.floats(2, 24))
def test_a_way_is_as_long_as_the_ship_can_have_gone(
    course1: float, course2: float, speed_kn: float, hours: float
) -> None:
    one = ends(course1, course2, speed_kn, hours)
    assert gone(chord(one).corners) == pytest.approx(12, rel=1e-3)
    for way in (onward, straight_then_back, onward_and_back, right, left):
        expected = max(12.0, speed_kn * hours)
        assert gone(way(one).corners) == pytest.approx(expected, rel=2e-3)
        for share, lat, lon in ((0.0, one.lat1, one.lon1), (1.0, one.lat2, one.lon2)):
            at = way(one).at(np.array([0]), np.array([share]))
            assert distance_m(*at, lat, lon)[0] < 30


def right(one: Ends) -> Ways:
    return around(one, 1)


def left(one: Ends) -> Ways:
    return around(one, -1)


def test_a_way_around_lies_to_the_side_that_is_asked_for() -> None:
    one = ends(40.0, 40.0, 10.0, 6.0)  # 12 nmi to the north-east in a time for 60
    for way, side in ((right, 1), (left, -1)):
        lat, lon = way(one).at(np.array([0]), np.array([0.5]))
        turned = (bearing_deg(58.0, 5.0, lat, lon)[0] - 40.0 + 180) % 360 - 180
        assert side * turned == pytest.approx(78.5, abs=2)


def leg(t1: float, t2: float, track: int = 1) -> Legs:
    return Legs.make(1, t1=t1, t2=t2, lat1=58.0, lat2=58.0, lon1=5.0, lon2=5.0, track=track)


def test_bins_between_two_fixes_are_unheard_and_that_of_the_second_is_heard() -> None:
    found = trials(leg(T0 + 100, T0 + 2500), np.array([0.5]))
    assert (found.bin - T0 // 600).tolist() == [1, 2, 3, 4]
    assert found.heard.tolist() == [False, False, False, True]
    assert found.unheard_count.tolist() == [0, 1, 2, 3]
    assert found.weight.tolist() == [0.5, 0.5, 0.5, 1.0]


def test_silences_of_more_than_a_day_are_not_learned_from() -> None:
    assert len(trials(leg(T0, T0 + 86400), np.ones(1)))
    assert not len(trials(leg(T0, T0 + 86401), np.ones(1)))


def test_ships_at_anchor_moored_or_slow_are_at_rest() -> None:
    found = kinds(
        np.uint8([1, 1, 2, 2, 0]), np.uint8([0, 1, 5, 15, 15]), np.float32([9, 9, 9, 0.4, np.nan])
    )
    assert found.tolist() == [0, 2, 3, 3, 0]


def followed(chance: float, hours: int, ships: int = 40, at: float = 5.0) -> Trials:
    """Return bins of ships in one place, of which a share is heard."""
    rng = np.random.default_rng(3)
    n = hours * 6 * ships
    bins = np.repeat(np.arange(hours * 6), ships) + int(T0 // 600)
    return Trials.make(
        n, track=np.tile(np.arange(ships), hours * 6), bin=bins, t=bins * 600.0, lat=58.0, lon=at,
        heard=rng.random(n) < chance,
    )  # fmt: skip


def learn(coverage: Coverage, seen: Trials) -> Coverage:
    for period in np.unique(seen.t // PERIOD_S).astype(int).tolist():
        coverage = coverage.learned(period, seen.take(seen.t // PERIOD_S == period))
    return coverage


def ask(coverage: Coverage, lon: float, kind: int = 0) -> tuple[float, bool]:
    chance, known = coverage.shares.at(np.array([58.0]), np.array([lon]), np.uint8([kind]))
    return float(chance[0]), bool(known[0])


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.97])
def test_the_share_of_bins_heard_at_a_place_is_learned(chance: float) -> None:
    coverage = learn(Coverage.start(), followed(chance, 24))
    assert ask(coverage, 5.0)[0] == pytest.approx(chance, abs=0.03)
    assert ask(coverage, 5.0)[1]


def test_nothing_is_known_of_other_places_and_other_kinds_of_ships() -> None:
    coverage = learn(Coverage.start(), followed(0.9, 24))
    assert not ask(coverage, 6.0)[1]
    assert not ask(coverage, 5.0, kind=1)[1]


def test_an_hour_in_which_all_are_heard_less_makes_the_chance_of_each_less() -> None:
    good, bad = followed(0.9, 48), followed(0.3, 49)
    late = bad.take(bad.t >= T0 + 48 * 3600)
    coverage = learn(learn(Coverage.start(), good), late)
    bins = np.array([48 * 6 + 1, 40 * 6 + 1]) + int(T0 // 600)
    now, before = chances(coverage, np.full(2, 999), bins)
    assert now < 0.6 < 0.85 < before


def test_a_ship_that_is_heard_less_than_others_is_expected_less() -> None:
    seen = followed(0.9, 48)
    poor = (seen.track == 7) & (np.arange(len(seen)) % 3 > 0)
    columns = {n: getattr(seen, n) for n in Trials.described()} | {"heard": seen.heard & ~poor}
    coverage = learn(Coverage.start(), Trials.make(len(seen), **columns))
    of_poor, of_other = chances(coverage, np.array([7, 8]), np.full(2, int(T0 // 600)))
    assert of_poor < 0.55 < 0.8 < of_other


def test_a_ship_heard_often_until_just_now_is_expected_more_than_one_heard_rarely() -> None:
    seen = followed(0.7, 48)
    often = (np.arange(len(seen)) % 2).astype(bool)
    heard = np.where(often, np.arange(len(seen)) % 20 != 1, np.arange(len(seen)) % 4 != 0)
    interval = np.where(often, 0, 6)
    columns = {n: getattr(seen, n) for n in Trials.described()}
    columns |= {"heard": heard, "interval": interval}
    coverage = learn(Coverage.start(), Trials.make(len(seen), **columns))
    at_once = keys(np.zeros(2, np.uint8), np.uint8([0, 6]), np.zeros(2, np.int64))
    of_often, of_rare = coverage.recent.of(at_once)
    assert of_often > 0.3
    assert of_rare < -0.3


def test_bins_of_little_weight_teach_little() -> None:
    seen = followed(0.9, 48)
    columns = {n: getattr(seen, n) for n in Trials.described()}
    made = columns | {"heard": np.zeros(len(seen), np.bool_)}
    both = [Trials.make(len(seen), **{**made, "weight": w}) for w in (0.1, 1.0)]
    little, much = (ask(learn(learn(Coverage.start(), seen), trials), 5.0)[0] for trials in both)
    assert much < 0.5 < 0.75 < little


def test_the_longer_a_ship_was_not_heard_and_the_rarer_before_the_greater_its_key() -> None:
    assert interval_class(np.array([2.0, 30, 60, 61, 3600, np.nan])).tolist() == [0, 1, 2, 2, 7, 7]
    found = keys(np.zeros(4, np.uint8), np.uint8([3, 3, 3, 4]), np.array([0, 7, 8, 0]))
    assert found[0] < found[1] == found[2] < found[3]


def chances(coverage: Coverage, track: np.ndarray, bins: np.ndarray) -> list[float]:
    kind, unheard = np.zeros(len(track), np.uint8), np.zeros(len(track), np.int64)
    shift = coverage.shift(track, bins, keys(kind, kind, unheard))
    found = coverage.chance(np.full(len(track), 58.0), np.full(len(track), 5.0), kind, shift)[0]
    return found.tolist()


def test_what_was_learned_is_forgotten_and_memory_stays_bounded() -> None:
    coverage, sizes = Coverage.start(), []
    for month in range(18):  # every month in another sea, with other ships
        seen = followed(0.9, 2, at=5.0 + month)
        columns = {n: getattr(seen, n) for n in Trials.described()}
        columns |= {"t": seen.t + month * 30 * 86400.0, "bin": seen.bin + month * 30 * 144}
        columns |= {"track": seen.track + 1000 * month}
        coverage = learn(coverage, Trials.make(len(seen), **columns))
        sizes.append(len(coverage.shares) + len(coverage.ships) + len(coverage.hours))
    assert sizes[-1] == sizes[-2]
    assert sizes[-1] < 16 * sizes[0]


def test_what_was_learned_survives_saving() -> None:
    coverage = learn(Coverage.start(), followed(0.7, 30))
    again = Coverage.from_state(coverage.to_state("x_"), "x_")
    assert again.through == coverage.through
    assert again.to_state("").keys() == coverage.to_state("").keys()
    assert all((again.to_state("")[n] == v).all() for n, v in coverage.to_state("").items())
