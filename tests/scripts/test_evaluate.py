"""The yardstick of docs/quality.md: its measures against slow twins, its antenna, its page."""

from __future__ import annotations

import itertools
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import _evaluate_gaps as gaps  # noqa: E402
import _evaluate_meetings as meetings  # noqa: E402
import _evaluate_metrics as metrics  # noqa: E402
import _evaluate_real as real  # noqa: E402
import _evaluate_reception as reception  # noqa: E402
import _evaluate_sea as sea  # noqa: E402
import _evaluate_tables as tables  # noqa: E402
from _evaluate_metrics import Ranking, Span  # noqa: E402
from _evaluate_run import Found  # noqa: E402

from receiver.sources import sea_traffic  # noqa: E402
from sternlight.data import load_places  # noqa: E402
from sternlight.settings import load as settings_in_use  # noqa: E402
from tests.recordings import recording as recording_of  # noqa: E402
from tracks.batch import PositionBatch  # noqa: E402
from tracks.geodesy import distance_m  # noqa: E402

HOUR = 3600.0
T0 = gaps.START


def ranking(*rows: tuple[int, float], missed: int = 0) -> Ranking:
    return Ranking(
        np.array([truth for truth, _ in rows], np.bool_),
        np.array([score for _, score in rows], np.float64),
        missed,
    )


scores = st.sampled_from([-math.inf, 0.0, 0.1, 0.5, 0.9, 1.0])
drawn = st.builds(
    lambda rows, missed: ranking(*rows, missed=missed),
    st.lists(st.tuples(st.integers(0, 1), scores), max_size=12),
    st.integers(0, 3),
)


def thresholds(found: Ranking) -> list[tuple[int, int]]:
    """Return (right, listed) at each different score, highest first, one row after the other."""
    rows = [(bool(t), s) for t, s in zip(found.truth, found.score, strict=True) if s > -math.inf]
    return [
        (sum(t for t, s in rows if s >= least), sum(s >= least for _, s in rows))
        for least in sorted({s for _, s in rows}, reverse=True)
    ]


# Shares


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 2, 0.0945, 0.9055), (81, 263, 0.2553, 0.3662), (5, 5, 0.5655, 1.0)],
)
def test_wilsons_interval_is_that_of_the_textbooks(
    hits: int, n: int, low: float, high: float
) -> None:
    # 81 of 263: Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E
    assert metrics.wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_wilsons_interval_are_shares_that_just_pass_the_test(
    of: tuple[int, int],
) -> None:
    hits, n = of
    for end in metrics.wilson(hits, n):
        off = (hits / n - end) ** 2 * n
        assert off == pytest.approx(metrics.Z95**2 * end * (1 - end), abs=1e-9)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63)],
)
def test_the_interval_of_a_count_is_that_of_the_tables(count: int, low: float, high: float) -> None:
    assert metrics.poisson(count) == pytest.approx((low, high), rel=1e-3)
    assert metrics.poisson(10_000) == pytest.approx((9805, 10198), abs=2)


def test_of_nothing_nothing_is_known() -> None:
    assert metrics.wilson(0, 0) == (0.0, 1.0)
    assert tables.share(0, 0) == "none"


# Rankings


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ranking((1, 3), (0, 2), (1, 1)), (1 + 2 / 3) / 2),
        (ranking((1, 1), (0, 1)), 1 / 2),  # a tie is half right
        (ranking((0, 2), (1, 1), (1, 1)), 2 / 3),
        (ranking((1, 3), missed=1), 1 / 2),
        (ranking((1, 3), (1, -math.inf), (0, -math.inf)), 1 / 2),  # not listed, not found
        (ranking((0, 1)), math.nan),
    ],
)
def test_average_precision_is_as_worked_out_by_hand(found: Ranking, expected: float) -> None:
    assert metrics.average_precision(found) == pytest.approx(expected, nan_ok=True)


@settings(deadline=None)
@given(drawn)
def test_average_precision_is_the_sum_over_thresholds(found: Ranking) -> None:
    total, before = 0.0, 0
    for right, listed in thresholds(found):
        total += (right - before) / max(found.true_count, 1) * right / listed
        before = right
    expected = total if found.true_count else math.nan
    assert metrics.average_precision(found) == pytest.approx(expected, nan_ok=True)


@settings(deadline=None)
@given(drawn, st.sampled_from([0.5, 0.9, 1.0]))
def test_recall_and_precision_are_the_best_of_any_threshold(found: Ranking, least: float) -> None:
    true, of = found.true_count, thresholds(found)
    recalls = [right / max(true, 1) for right, listed in of if right >= least * listed]
    precisions = [right / listed for right, listed in of if right >= least * true]
    assert metrics.recall_at(found, least) == pytest.approx(max(recalls, default=0.0))
    assert metrics.precision_at(found, least) == pytest.approx(max(precisions, default=0.0))


@settings(deadline=None)
@given(drawn, st.integers(0, 8))
def test_the_strongest_are_as_many_right_as_all_orders_of_equal_ones_give(
    found: Ranking, n: int
) -> None:
    steps = [(0, 0), *thresholds(found)]
    expected = float(steps[-1][0])
    for (right, listed), (more, longer) in itertools.pairwise(steps):
        if listed <= n < longer:
            expected = right + (more - right) * (n - listed) / (longer - listed)
    assert metrics.right_among(found, n) == pytest.approx(expected)


@settings(deadline=None)
@given(drawn)
def test_every_listed_event_stands_in_one_bin_of_the_reliability_table(found: Ranking) -> None:
    bins = metrics.reliability(found, tables.EDGES)
    assert sum(b.n for b in bins) == found.flagged(0.0).flagged
    assert sum(b.right for b in bins) == found.flagged(0.0).right


def test_the_bootstrap_draws_whole_seas_and_always_the_same_ones() -> None:
    good, bad = ranking((1, 2), (0, 1)), ranking((0, 2), (0, 1), missed=1)
    spread = metrics.bootstrap([good, bad], metrics.average_precision)
    assert spread == metrics.bootstrap([good, bad], metrics.average_precision)
    assert spread == pytest.approx((0.0, 1.0))
    assert metrics.bootstrap([good, good], metrics.average_precision) == pytest.approx((1.0, 1.0))


# Who found what


def test_events_are_the_same_with_the_same_ships_and_half_of_the_longer_time() -> None:
    true = [Span((1, 2), 0, 10), Span((1, 2), 100, 110), Span((3,), 0, 10)]
    found = [
        Span((1, 2), 4, 10),  # 6 of 10
        Span((1, 2), 0, 4),  # 4 of 10: the same meeting, cut in two
        Span((1, 2), 100, 120),  # 10 of 20
        Span((1, 3), 0, 10),
        Span((3,), 0, 21),  # 10 of 21
    ]
    assert metrics.match(found, true) == {0: 0, 2: 1}


spans = st.lists(
    st.builds(
        lambda who, start, lasts: Span((who,), float(start), float(start + lasts)),
        st.integers(1, 2), st.integers(0, 20), st.integers(1, 8),
    ),
    max_size=6,
)  # fmt: skip


@settings(deadline=None)
@given(spans, spans)
def test_matching_takes_the_greatest_share_of_what_is_left(
    found: list[Span], true: list[Span]
) -> None:
    left = [
        (-metrics.shared(f, t), i, j)
        for (i, f), (j, t) in itertools.product(enumerate(found), enumerate(true))
        if f.mmsis == t.mmsis and metrics.shared(f, t) >= 0.5
    ]
    twin = {}
    while left:
        _, i, j = min(left)
        twin[i] = j
        left = [row for row in left if row[1] != i and row[2] != j]
    assert metrics.match(found, true) == twin


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12))
def test_the_adjusted_rand_index_is_that_of_counting_pairs(labels: list[tuple[int, int]]) -> None:
    both = one = other = 0
    pairs = list(itertools.combinations(labels, 2))
    for (a, x), (b, y) in pairs:
        both += a == b and x == y
        one += a == b
        other += x == y
    chance, most = one * other / len(pairs), (one + other) / 2
    expected = 1.0 if most == chance else (both - chance) / (most - chance)
    found = metrics.adjusted_rand([a for a, _ in labels], [x for _, x in labels])
    assert found == pytest.approx(expected)


# The antenna


def antenna(ships: int = 400, days: float = 30, **climate: object) -> reception.Antenna:
    class_b = np.arange(ships) % 2 == 1
    made = reception.Climate(**climate)  # type: ignore[arg-type]
    return reception.Antenna.draw(made, class_b, T0, T0 + days * 24 * HOUR, seed=5)


def test_half_of_all_transmissions_are_heard_at_the_range_of_the_moment() -> None:
    ear = antenna(outages_count=0, weak_spells_count=0)
    ship, t = np.array([0]), np.array([T0])
    for bearing in (0, 90, 200):
        reach_nmi = ear.range_nmi * ear.terrain[bearing] * ear.ships[0] * ear.hours[0]
        at = 1852 * reach_nmi * np.exp(1j * np.radians(bearing + 0.5))
        assert ear.clear(ship, t, np.array([at])) == pytest.approx(0.5)
        assert ear.clear(ship, t, np.array([at / 4])) > 0.97
        assert ear.clear(ship, t, np.array([at * 2])) < 0.03


def test_class_b_is_heard_about_half_as_far_and_aerials_differ() -> None:
    ear = antenna()
    a, b = ear.ships[::2], ear.ships[1::2]
    assert np.median(b) / np.median(a) == pytest.approx(0.5, abs=0.05)
    assert np.log(a).std() == pytest.approx(reception.AERIAL_SPREAD, rel=0.2)
    assert ear.terrain.std() > 0.05


def test_fading_lasts_ten_minutes_and_leaves_the_mean_as_it_is() -> None:
    ear = antenna()
    assert ear.fades.mean() == pytest.approx(1.0, abs=0.01)
    assert ear.fades.var() == pytest.approx(0.5, rel=0.03)
    neighbours = np.corrcoef(ear.fades[:, :-1].ravel(), ear.fades[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 0.02
    t = T0 + np.array([0.0, 599.0, 601.0])
    chance = ear.chance(np.zeros(3, np.int64), t, np.full(3, ear.range_nmi * 1852 + 0j))
    assert chance[0] == pytest.approx(chance[1], rel=0.01)
    assert chance[2] != pytest.approx(chance[1], rel=0.01)


def test_propagation_remembers_the_hour_before() -> None:
    hours = np.log(antenna(ships=2, days=2000).hours)
    assert np.corrcoef(hours[:-1], hours[1:])[0, 1] == pytest.approx(0.9, abs=0.01)
    spread = reception.HOURLY_SPREAD / math.sqrt(1 - reception.HOURLY_MEMORY**2)
    assert hours.std() == pytest.approx(spread, rel=0.05)


def test_in_an_outage_nobody_is_heard_and_in_a_weak_spell_only_the_nearest() -> None:
    ear = antenna(outages_count=2, weak_spells_count=2)
    ship, beside = np.array([0]), np.array([1000 + 0j])
    for a, z in ear.outages:
        assert 3 * HOUR <= z - a <= 9 * HOUR
        assert a >= T0 + 10 * 24 * HOUR
        assert ear.clear(ship, np.array([(a + z) / 2]), beside) == 0
        assert ear.clear(ship, np.array([a - 1]), beside) > 0.9
    for a, z, factor in ear.weak:
        t = np.array([(a + z) / 2])
        hourly = np.interp((t[0] - T0) / HOUR, np.arange(len(ear.hours)), ear.hours)
        reach_nmi = ear.range_nmi * ear.terrain[0] * ear.ships[0] * hourly * factor
        assert ear.clear(ship, t, np.array([1852 * reach_nmi + 10j])) == pytest.approx(0.5)


def test_who_knows_all_but_the_fading_is_right_about_silence() -> None:
    ear = antenna(ships=1, days=300, outages_count=0, weak_spells_count=0)
    bins = ear.fades.shape[1] - 2
    t = T0 + 600 * (np.arange(bins) + 0.5)
    ship, at = np.zeros(bins, np.int64), np.full(bins, 1.15 * 1852 * ear.range_nmi + 0j)
    heard = ear.chance(ship, t, at, 10.0)
    assert 1 - heard.mean() == pytest.approx(ear.silent(ship, t, at, 10.0).mean(), abs=0.01)


# The seas


CAST = sea.Cast({sea_traffic.Trawler: 6, sea_traffic.Passer: 4, sea_traffic.DayBoat: 6})


@pytest.fixture(scope="module")
def recording() -> sea.Recording:
    world = sea.Play(3, CAST.vessels, T0, T0 + 3 * 24 * HOUR, cast=CAST)
    hidden = sea.hide(world, reception.stream(3, 6), 4.0, (2.0, 10.0))
    return sea.record(world, reception.Climate(outages_count=1), hidden)


def test_who_is_hidden_or_beyond_an_outage_is_not_heard(recording: sea.Recording) -> None:
    heard, hidden = recording.positions, recording.hidden
    assert len(hidden) > 5
    for ship, a, b in zip(hidden.ship, hidden.start, hidden.end, strict=True):
        mine = heard.t[heard.mmsi == recording.sea.register.mmsi[ship]]
        assert not np.any((mine >= a + sea.GRID_S) & (mine < b))
    for a, z in recording.antenna.outages:
        assert not np.any((heard.t >= a) & (heard.t < z))
    assert np.all(np.diff(heard.t) >= 0)


def test_silences_are_those_of_looking_at_every_ship(recording: sea.Recording) -> None:
    found = gaps.silences_of(recording, load_places([]))
    heard, hidden, world = recording.positions, recording.hidden, recording.sea
    twin, shares, at_the_quay = [], [], []
    for ship, mmsi in enumerate(world.register.mmsi.tolist()):
        t = [*np.sort(heard.t[heard.mmsi == mmsi]).tolist(), world.end]
        for k, (a, b) in enumerate(itertools.pairwise(t)):
            if b - a < 2 * HOUR:
                continue
            spells = zip(hidden.ship, hidden.start, hidden.end, strict=True)
            off = sum(max(0, min(b, z) - max(a, y)) for s, y, z in spells if s == ship)
            shares.append(off / (b - a))
            before = sum(x // 1 >= (a - 12 * HOUR) // 1 for x in t[:k])
            begins = world.start + 600 * np.arange(recording.moored.shape[1])
            whole = (begins >= a) & (begins + 600 <= b)
            lay, cut = (sum(x[ship, whole]) > max((b - a) // 600 - 1, 1) / 2
                        for x in (recording.moored, recording.sent == 0))  # fmt: skip
            at_the_quay.append((lay and off > 0.02 * (b - a)) or cut)
            twin.append((ship, a, b, off > (b - a) / 2 and not at_the_quay[-1], before))
    rows = zip(found.ship, found.start, found.end, found.truth, found.before_count, strict=True)
    assert sorted(twin) == sorted(tuple(x.item() for x in row) for row in rows)
    assert found.truth.any()
    assert np.all((found.cause == gaps.OFF) == found.truth)
    partly = {(row[0], row[1]) for row, share, quay in zip(twin, shares, at_the_quay, strict=True)
              if gaps.PARTLY_SHARE < share <= 0.5 and not quay}  # fmt: skip
    rows = found.take(found.cause == gaps.PARTLY)
    assert partly == set(zip(rows.ship.tolist(), rows.start.tolist(), strict=True))


def test_a_sea_moved_to_longitude_180_is_the_same_sea(recording: sea.Recording) -> None:
    there = sea.moved(recording, meetings.EAST_DEG)
    assert there.positions.lon.min() < -179
    assert there.positions.lon.max() > 179
    here, places = recording.positions, load_places([])
    moved = meetings.places_moved(places, meetings.EAST_DEG)
    rows = slice(None, None, 97)
    lat, lon, east = here.lat[rows], here.lon[rows], there.positions.lon[rows]
    assert moved.shore_nmi(lat, east) == pytest.approx(places.shore_nmi(lat, lon), abs=1e-3)
    assert moved.nearest(lat, east)[0] == pytest.approx(places.nearest(lat, lon)[0], abs=1e-3)
    assert distance_m(lat[1:], east[1:], lat[:-1], east[:-1]) == pytest.approx(
        distance_m(lat[1:], lon[1:], lat[:-1], lon[:-1]), abs=0.5
    )


def test_the_same_sea_is_heard_alike_each_time(recording: sea.Recording) -> None:
    again = sea.Play(3, CAST.vessels, T0, T0 + 3 * 24 * HOUR, cast=CAST)
    twice = sea.record(again, reception.Climate(outages_count=1), recording.hidden)
    assert twice.positions.to_records().tobytes() == recording.positions.to_records().tobytes()
    other = sea.Play(4, CAST.vessels, T0, T0 + 3 * 24 * HOUR, cast=CAST)
    assert len(sea.record(other, reception.Climate(), sea.Hidden.empty()).positions) != len(
        recording.positions
    )


def test_lost_reports_are_lost_at_random(recording: sea.Recording) -> None:
    fewer = sea.record(recording.sea, reception.Climate(outages_count=1), recording.hidden, 1 / 3)
    assert len(fewer.positions) / len(recording.positions) == pytest.approx(2 / 3, abs=0.02)


def test_every_act_of_the_casts_can_be_played_and_every_meeting_spans_midnight() -> None:
    for setting in meetings.SETTINGS[:2]:
        world = meetings.Play(2, setting.cast.vessels, T0, T0 + 96 * HOUR, cast=setting.cast)
        acts = list(meetings.acts_of(world))
        assert {"encounter", "loitering", "net", "fleet", "bunkering"} <= {a.kind for a in acts}
        across = [a.span.start // 86400 < a.span.end // 86400 for a in acts
                  if a.kind == "encounter" and a.whole]  # fmt: skip
        assert across
        assert all(across) == (setting is meetings.SETTINGS[1])


def test_an_event_about_ordinary_life_is_wrong_and_one_beyond_the_recording_is_neither() -> None:
    acts = [
        meetings.Act("encounter", Span((1, 2), 10, 20), True),
        meetings.Act("encounter", Span((3, 4), 90, 100), False),
        meetings.Act("fleet", Span((5, 6, 7), 0, 100), True),
    ]
    found = [
        Found("encounter", Span(*row), score, math.nan, False, factors=(("why", score),))
        for *row, score in [((1, 2), 11, 21, 0.9), ((3, 4), 92, 100, 0.8), ((5, 7), 30, 50, 0.6)]
    ]
    outcome = meetings.compare("encounter", found, acts, 1.0)
    assert outcome.ranking.truth.tolist() == [True, False]
    assert outcome.ranking.missed == 0
    assert outcome.factors == ((("why", 0.9),), (("why", 0.6),))
    assert outcome.start_min == pytest.approx([1 / 60])
    assert dict(outcome.causes) == dict(outcome.strong_causes) == {"fleet": 1}


# The page


PAGE = ROOT / "docs" / "quality.md"


def test_the_page_has_room_for_each_table_once_and_ends_every_one() -> None:
    text = PAGE.read_text("utf-8")
    names = tables.names_in(text)
    assert len(names) == len(set(names)) > 10
    marks = re.findall(r"<!-- (table: [a-z-]+|end of table) -->", text)
    assert marks[::2] == [f"table: {name}" for name in names]
    assert set(marks[1::2]) == {"end of table"}


def test_filling_a_page_changes_what_stands_between_the_marks_and_nothing_else() -> None:
    end = "<!-- end of table -->"
    page = f"a\n<!-- table: one -->\n{end}\nb\n<!-- table: two -->\nold\n{end}\n"
    filled = tables.fill(page, {"one": r"| \1 |"})
    assert filled.startswith(f"a\n<!-- table: one -->\n\n| \\1 |\n\n{end}\nb\n")
    assert "old" in filled
    assert tables.fill(filled, {"one": r"| \1 |"}) == filled
    with pytest.raises(ValueError, match="one block <!-- table: three -->"):
        tables.fill(page, {"three": ""})


def test_a_quick_run_fills_every_table_that_needs_no_recording(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = re.sub(r"(<!-- table: [a-z-]+ -->\n).*?(<!-- end)", r"\1\2",
                  PAGE.read_text("utf-8"), flags=re.DOTALL)  # fmt: skip
    page.write_text(text, "utf-8")
    words = ["--quick", "--days", "1", "--page", str(page), "--recordings", str(tmp_path / "none")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "evaluate.py"), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    assert "No real recordings" in done.stderr
    filled = page.read_text("utf-8")
    empty = re.findall(r"<!-- table: ([a-z-]+) -->\n<!-- end", filled)
    assert empty == ["masked", "conformance", "normal", "known", "segments", "segments-known"]
    assert "somebody who knows the antenna" in filled


# Real recordings


def test_what_was_hidden_is_told_from_other_silences_and_from_none() -> None:
    t = np.r_[np.arange(0, 5, 0.1), np.arange(12, 15, 0.1), np.arange(18, 20, 0.1)] * HOUR
    heard = PositionBatch.make(len(t), t=t, mmsi=9)
    off = [Span((9,), 5 * HOUR, 12 * HOUR), Span((9,), 13 * HOUR, 13.5 * HOUR)]
    found = [Found("gap", Span((9,), 4.9 * HOUR, 12 * HOUR), 0.7, math.nan, False)]
    masked = real._compare(heard, found, off, 20 * HOUR)
    assert masked.hours == pytest.approx([7.1, 3.1])
    assert masked.silences.truth.tolist() == [True, False]
    assert masked.silences.score.tolist() == [0.7, -math.inf]
    assert masked.start_min == pytest.approx([6])
    assert masked.end_min == pytest.approx([0])


def test_a_piece_that_is_laid_elsewhere_keeps_its_distances_and_its_rhythm() -> None:
    n = 400
    rng = np.random.default_rng(1)
    lat, lon = -40 + np.cumsum(rng.normal(0, 2e-3, n)), 179.9 + np.cumsum(rng.normal(0, 2e-3, n))
    piece = PositionBatch.make(n, t=np.arange(n) * 300.0, lat=lat, lon=(lon + 180) % 360 - 180)
    moved, at = real._laid(reception.stream(1), piece, T0, T0 + 240 * HOUR)
    assert 18 * HOUR <= np.ptp(moved.t) + 300 <= np.ptp(piece.t) + 300
    assert np.diff(moved.t) == pytest.approx(300)
    assert T0 <= moved.t[0] < moved.t[-1] <= T0 + 240 * HOUR
    kept = len(moved)
    legs_m = distance_m(lat[1:kept], lon[1:kept], lat[: kept - 1], lon[: kept - 1])
    assert np.abs(np.diff(at)) == pytest.approx(legs_m, rel=0.02, abs=1)


def test_ordinary_traffic_in_the_solent_is_read_and_brings_no_alarm() -> None:
    path = recording_of("tables/stonesoup_SolentAIS_20160112.csv")
    found = real.normal(path, settings_in_use(), load_places([]))
    assert found
    assert (found.vessels, found.listed, found.strong) == (91, {}, 0)


def test_a_dense_stretch_has_no_hole_of_half_an_hour() -> None:
    folder = recording_of("tables/noaa_atlantes_track_212049000.csv").parent.parent
    found = real.stretches(folder, real.PIECE_H)
    assert len(found) > 20
    assert max(float(np.diff(s.positions.t).max()) for s in found) <= real.HOLE_S
    assert min(s.hours for s in found) >= real.PIECE_H
