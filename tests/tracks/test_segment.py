"""Hulls under one MMSI: against the matcher run on everything, and on shared and spoofed MMSIs."""

import csv
import itertools
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from tests.recordings import recording
from tracks.batch import HULLS_PER_MMSI, Fixes, PositionBatch
from tracks.matcher import Hull, match, misfit, reaches
from tracks.quality import clean
from tracks.segment import Segment
from tracks.state import State, dump, load

HOUR = 3600.0
T0 = 1_400_000_000.0

Row = tuple[int, float, float, float, float, float]  # mmsi, t, lat, lon, sog_kn, cog_deg
Drawn = tuple[int, float, tuple[float, float], float, float, float]  # mmsi, seconds on, site ...


def reports(rows: Iterable[Sequence[float]]) -> PositionBatch:
    """Return reports ordered by (mmsi, t), their lines numbered in order of time."""
    columns = np.array(sorted(rows, key=lambda r: r[1]), np.float64).reshape(-1, 6).T
    mmsi, t, lat, lon, sog_kn, cog_deg = columns
    batch = PositionBatch.make(
        len(t), mmsi=mmsi, t=t, lat=lat, lon=lon, sog_kn=sog_kn, cog_deg=cog_deg,
        line=np.arange(len(t)),
    )  # fmt: skip
    return batch.take(np.lexsort((batch.line, batch.t, batch.mmsi)))


def run(
    batch: PositionBatch, cuts: Iterable[float] = (), fold: Segment | None = None
) -> tuple[State, Fixes, Counter[str]]:
    """Segment reports in steps that end at `cuts`, the state saved and loaded in between."""
    fold = fold or Segment()
    state, found, counts, begin = fold.start(), [], Counter[str](), -math.inf
    for cut in [*sorted(cuts), math.inf]:
        state = load(dump(state))
        step = batch.take((batch.t >= begin) & (batch.t < cut))
        state, fixes, count = fold.step(state, step, cut)
        assert np.all(np.diff(fixes.track) >= 0)
        found.append(fixes)
        counts += count
        begin = cut
    fixes = Fixes.concat(found)
    return state, fixes.take(np.lexsort((fixes.line, fixes.t, fixes.track))), counts


def twin(batch: PositionBatch, fold: Segment | None = None) -> dict[int, int]:
    """Return the track of each line, by running the matcher on every report."""
    rule = fold or Segment()
    tracks: dict[int, int] = {}
    for mmsi in np.unique(batch.mmsi):
        b = batch.take(batch.mmsi == mmsi)
        motion = rule.motion(b.t, b.lat, b.lon, b.sog_kn, b.cog_deg)
        hulls: list[Hull] = []
        moments = zip(*(getattr(motion, n).tolist() for n in motion.described()), strict=True)
        numbers = match(rule, hulls, moments)
        for line, number in zip(b.line.tolist(), numbers, strict=True):
            if number:
                tracks[line] = int(mmsi) * HULLS_PER_MMSI + number
    return tracks


def track_of_line(fixes: Fixes) -> dict[int, int]:
    return dict(zip(fixes.line.tolist(), fixes.track.tolist(), strict=True))


def hulls_of(fixes: Fixes) -> dict[int, int]:
    """Return how many fixes each track has."""
    return dict(sorted(Counter(fixes.track.tolist()).items()))


def leg_speeds(fixes: Fixes) -> tuple[np.ndarray, np.ndarray]:
    """Return hours and geodesic nautical miles between consecutive fixes of each track."""
    legs = np.flatnonzero(fixes.track[1:] == fixes.track[:-1])
    a, b = fixes.take(legs), fixes.take(legs + 1)
    metres = Geod(ellps="WGS84").inv(a.lon, a.lat, b.lon, b.lat)[2]
    return (b.t - a.t) / HOUR, np.asarray(metres) / 1852


# Near enough for hulls to compete for a report, and on both sides of longitude 180.
near = [(54.0, 8.0), (54.025, 8.0), (54.05, 8.0)]
sites = st.sampled_from([*near, *near, (54.1, 8.05), (54.0, 8.6), (10.0, 179.99), (10.0, -179.99)])
steps = st.sampled_from([0.0, 2.0, 60.0, 600.0, HOUR, 5 * HOUR, 30 * HOUR, 170 * HOUR])
vessels = st.lists(
    st.tuples(
        st.sampled_from([211_000_001, 211_000_002]),
        steps,
        sites,
        st.sampled_from([0.0, 0.001, 0.004, 0.008, 0.0125, 0.017]) | st.floats(-0.03, 0.03),
        st.sampled_from([math.nan, 0.0, 12.0, 45.0]),
        st.sampled_from([math.nan, 0.0, 90.0, 217.5]),
    ),
    max_size=60,
)


def at_sea(drawn: list[Drawn]) -> list[Row]:
    rows, t = [], T0
    for mmsi, step, (lat, lon), off, sog_kn, cog_deg in drawn:
        t += step
        rows.append((mmsi, t, lat + off, (lon + off + 180) % 360 - 180, sog_kn, cog_deg))
    return rows


@given(vessels)
@settings(deadline=None)
def test_hulls_are_those_of_the_matcher_run_on_every_report(drawn: list[Drawn]) -> None:
    batch = reports(at_sea(drawn))
    assert track_of_line(run(batch)[1]) == twin(batch)


@given(vessels, st.lists(st.floats(T0, T0 + 200 * HOUR) | st.integers(0, 200), max_size=8))
@settings(deadline=None)
def test_hulls_do_not_depend_on_where_the_stream_is_cut(
    drawn: list[Drawn], cuts: list[float]
) -> None:
    batch = reports(at_sea(drawn))
    at = [batch.t[c % len(batch)] if isinstance(c, int) and len(batch) else c for c in cuts]
    whole, cut = run(batch), run(batch, at)
    assert cut[1].to_records().tobytes() == whole[1].to_records().tobytes()
    assert dump(cut[0]) == dump(whole[0])


@given(vessels)
@settings(deadline=None)
def test_no_hull_ever_jumps(drawn: list[Drawn]) -> None:
    fixes = run(reports(at_sea(drawn)))[1]
    hours, nmi = leg_speeds(fixes)
    # The fastest that any speed in these reports allows; 1 % for the ellipsoid and the chord.
    assert np.all(nmi <= 1.01 * np.maximum(0.8, 45 * 1.25 * np.hypot(hours, 0.05)))


moored = [(1, 60.0), (3, 60.0), (3, 400.0)]  # fixes and seconds between; the last is established


@pytest.mark.parametrize("days", [0, 25])
@pytest.mark.parametrize("hulls", list(itertools.product(moored, moored)))
def test_moored_hulls_compete_for_a_report_alike_in_both_passes(
    hulls: tuple[tuple[int, float], ...], days: int
) -> None:
    for first, off in itertools.product([0, 1], [0, 0.0005, -0.0005, 0.004, -0.004, 0.012, -0.012]):
        rows, t = [], T0
        for place, (count, step_s) in zip([first, 1 - first], hulls, strict=True):
            for _ in range(count):
                t += step_s
                rows.append((211_000_001, t, 54 + 0.05 * place, 8.0, 0.0, math.nan))
        cut = t + 1
        rows.append((211_000_001, t + HOUR * (1 + days), 54.025 + off, 8.0, 0.0, math.nan))
        batch = reports(rows)
        assert track_of_line(run(batch, [cut])[1]) == twin(batch)


moments = st.tuples(
    st.sampled_from([0.0, 2.0, 60.0, 600.0, HOUR, 30 * HOUR]),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from([math.nan, 0.0, 12.0, 40.0, 102.2]),
    st.sampled_from([math.nan]) | st.floats(0, 359),
)


@given(moments, moments, st.floats(-2.5, 2.5))
@settings(deadline=None)
def test_both_passes_judge_two_reports_alike_to_the_last_bit(
    a: Sequence[float], b: Sequence[float], reach: float
) -> None:
    rule = Segment()
    nearby = a[1] + reach * 25 / 60 * math.hypot(b[0] / HOUR, 0.05)
    for lat, lon in ((b[1], b[2]), (max(-90, min(90, nearby)), a[2])):
        pair = np.array([(0.0, *a[1:]), (b[0], lat, lon, *b[3:])]).T
        motion = rule.motion(*pair)
        first, second = zip(*(getattr(motion, n).tolist() for n in motion.described()), strict=True)
        before, now = motion.take(slice(0, 1)), motion.take(slice(1, 2))
        assert rule.reaches(before, now).tolist() == [reaches(rule, first, second)]
        for doubt_nmi in (0.0, 0.5):
            numpy_says = rule.misfit(before, now, np.array([doubt_nmi]))
            assert numpy_says.tolist() == [misfit(rule, first, second, doubt_nmi)]


@given(
    st.floats(-80, 80), st.floats(-180, 180), st.floats(0, 359), st.floats(0.01, 0.9),
    st.floats(0, 359),
)  # fmt: skip
@settings(deadline=None)
def test_nothing_fits_a_ship_better_than_the_place_to_which_she_goes(
    lat: float, lon: float, cog_deg: float, hours: float, aside_deg: float
) -> None:
    geod, made_m = Geod(ellps="WGS84"), 20 * 1852 * hours
    there_lon, there_lat, back_deg = geod.fwd(lon, lat, cog_deg, made_m)
    # The sphere against the ellipsoid, and the chord against the arc, are off by less.
    off_lon, off_lat, _ = geod.fwd(there_lon, there_lat, aside_deg, 50 + 0.03 * made_m)
    fits = [
        misfit_of((lat, lon, 20, cog_deg), hours, (*place, 20, (back_deg + 180) % 360))
        for place in ((there_lat, there_lon), (off_lat, off_lon))
    ]
    assert fits[0] < fits[1]


def misfit_of(first: Sequence[float], hours: float, second: Sequence[float]) -> float:
    """Return how badly a report fits another: each is lat, lon, speed and course."""
    motion = Segment().motion(*np.array([(0, *first), (hours * HOUR, *second)]).T)
    a, b = motion.take(slice(0, 1)), motion.take(slice(1, 2))
    return float(Segment().misfit(a, b, np.zeros(1))[0])


def test_a_ship_that_turned_is_expected_where_both_courses_lead() -> None:
    def fits(lat: float, lon: float) -> float:
        return misfit_of((0.0, 0.0, 12.0, 0.0), 0.5, (lat, lon, 12.0, 90.0))

    # Half the way north and half of it east: 3 nmi each.
    assert fits(0.05, 0.05) < min(fits(0.1, 0.0), fits(0.0, 0.1), fits(0.0, 0.0))


def test_a_report_fits_the_hull_of_its_speed_better_than_one_as_near() -> None:
    moored, sailing = (0.0, 0.0, 0.1, 0.0), (0.0, 0.0, 12.0, 0.0)
    assert misfit_of(moored, 0.1, (0.0, 0.002, 0.0, 90.0)) < misfit_of(
        sailing, 0.1, (0.0, 0.002, 0.0, 90.0)
    )
    assert misfit_of(sailing, 0.1, (0.01, 0.0, 12.0, 0.0)) < misfit_of(
        moored, 0.1, (0.01, 0.0, 12.0, 0.0)
    )


def test_a_report_of_no_speed_and_course_fits_best_where_the_ship_was() -> None:
    silent = math.nan
    near, far = (misfit_of((0.0, 0.0, silent, silent), 0.2, (lat, 0.0, silent, silent))
                 for lat in (0.001, 0.02))  # fmt: skip
    assert near < far


def test_a_claim_of_speed_is_believed_with_a_margin_and_up_to_a_limit() -> None:
    def hulls(told_kn: float, made_kn: float) -> int:
        rows = [(211_000_001, T0 + HOUR * k, 54 + k * made_kn / 60, 8.0, told_kn, 0.0)
                for k in range(5)]  # fmt: skip
        return len(hulls_of(run(reports(rows))[1]))

    assert [hulls(40, 49), hulls(40, 52), hulls(100, 70), hulls(100, 80)] == [1, 5, 1, 5]
    assert [hulls(5, 24), hulls(5, 26), hulls(math.nan, 24), hulls(math.nan, 26)] == [1, 5, 1, 5]


def steady(
    n: int, step_s: float = 60.0, lat: float = 54.0, lon: float = 8.0, t: float = T0
) -> list[Row]:
    """Return a ship going north at 12 kn."""
    return [(211_000_001, t + k * step_s, lat + k * step_s / 18_000, lon, 12.0, 0.0)
            for k in range(n)]  # fmt: skip


def test_a_wild_position_does_not_break_the_track_it_interrupts() -> None:
    state, fixes, counts = run(
        reports([*steady(60), (211_000_001, T0 + 930, -20.0, 8.0, 12.0, 0.0)])
    )
    assert hulls_of(fixes) == {211_000_001_001: 60, 211_000_001_002: 1}
    assert Segment().established(state).tolist() == [211_000_001_001]
    assert Segment().implausible_count(state) == 1
    assert not counts


def test_a_wild_position_that_comes_first_does_not_hide_the_ship() -> None:
    state, fixes, _ = run(reports([*steady(60), (211_000_001, T0 - 5, -20.0, 8.0, 12.0, 0.0)]))
    assert hulls_of(fixes) == {211_000_001_001: 1, 211_000_001_002: 60}
    assert Segment().established(state).tolist() == [211_000_001_002]


def test_a_stray_position_ahead_does_not_take_the_ship_that_reaches_it_later() -> None:
    ahead = (211_000_001, T0 + 30, 54.05, 8.0, 12.0, 0.0)  # where the ship is 15 minutes later
    fixes = run(reports([*steady(60, 300.0), ahead]))[1]
    assert hulls_of(fixes) == {211_000_001_001: 60, 211_000_001_002: 1}


def test_a_stray_position_does_not_take_a_ship_that_tells_no_speed() -> None:
    mute = [(m, t, lat, lon, math.nan, math.nan) for m, t, lat, lon, _, _ in steady(60)]
    ahead = (211_000_001, T0 + 30, 54.05, 8.0, math.nan, math.nan)
    fixes = run(reports([*mute, ahead]))[1]
    assert hulls_of(fixes) == {211_000_001_001: 60, 211_000_001_002: 1}


@pytest.mark.parametrize(("silent_h", "hull"), [(23.9, 2), (24.1, 1)])
def test_a_stray_position_is_not_looked_for_after_a_day(silent_h: float, hull: int) -> None:
    stray = (211_000_001, T0 + HOUR, 60.0, 8.0, 12.0, 0.0)  # 360 nmi off: in reach after 14 h
    later = (211_000_001, T0 + HOUR * (1 + silent_h), 60.0, 8.0, 0.0, 0.0)
    fixes = run(reports([*steady(60), stray, later]))[1]
    assert track_of_line(fixes)[61] == 211_000_001_000 + hull


def test_two_ships_that_share_an_mmsi_are_two_hulls() -> None:
    state, fixes, _ = run(reports(steady(60) + steady(60, lat=54.0, lon=8.3, t=T0 + 7)))
    assert hulls_of(fixes) == {211_000_001_001: 60, 211_000_001_002: 60}
    assert len(Segment().established(state)) == 2


def test_moored_ships_a_mile_apart_under_one_mmsi_are_two_hulls() -> None:
    rows = [(211_000_001, T0 + 180 * k + 10 * other, 54 + other / 60, 8.0, 0.0, math.nan)
            for k in range(20) for other in (0, 1)]  # fmt: skip
    assert hulls_of(run(reports(rows))[1]) == {211_000_001_001: 20, 211_000_001_002: 20}


def test_reports_of_a_drifting_ship_that_come_a_quarter_of_an_hour_late_are_hers() -> None:
    drift = [(T0 + 10 * k, 54 + k * 10 / 108_000) for k in range(300)]  # at 2 kn
    late = [(t + 905, lat) for t, lat in drift[::9]]
    rows = [(211_000_001, t, lat, 8.0, 2.0, 0.0) for t, lat in sorted(drift + late)]
    assert len(hulls_of(run(reports(rows))[1])) == 1


def test_a_moored_ship_whose_fix_wanders_is_one_hull() -> None:
    off = np.random.default_rng(1).uniform(-0.0015, 0.0015, (400, 2))
    rows = [(211_000_001, T0 + k, 54 + a, 8.0 + b, 0.0, math.nan) for k, (a, b) in enumerate(off)]
    assert len(hulls_of(run(reports(rows))[1])) == 1


def test_a_ship_that_turned_in_silence_is_not_taken_for_one_at_anchor_nearby() -> None:
    north = steady(30)  # to 54.1
    at_anchor = [(211_000_001, T0 + 20 + 180 * k, 54.13, 8.0, 0.0, 0.0) for k in range(20)]
    south = [(211_000_001, T0 + 2900 + 60 * k, 54.1 - k / 300, 8.0, 12.0, 180.0) for k in range(30)]
    fixes = run(reports([*north, *at_anchor, *south]))[1]
    assert hulls_of(fixes) == {211_000_001_001: 60, 211_000_001_002: 20}


def test_a_ship_silent_for_a_week_is_the_same_hull_where_it_can_have_come_to() -> None:
    fixes = run(reports([*steady(5), *steady(5, lat=30.0, t=T0 + 168 * HOUR)]))[1]
    assert list(hulls_of(fixes)) == [211_000_001_001]


def test_a_ship_silent_for_an_hour_is_another_hull_where_it_cannot_have_come_to() -> None:
    fixes = run(reports([*steady(5), *steady(5, lat=55.0, t=T0 + HOUR)]))[1]
    assert list(hulls_of(fixes)) == [211_000_001_001, 211_000_001_002]


def test_a_ferry_of_40_knots_is_one_hull() -> None:
    ferry = [(211_000_001, T0 + 900.0 * k, 54 + k / 6, 8.0, 40.0, 0.0) for k in range(20)]
    assert len(hulls_of(run(reports(ferry))[1])) == 1


def test_a_ship_crossing_longitude_180_is_one_hull() -> None:
    east = [179.95 + k / 300 for k in range(40)]
    ship = [
        (211_000_001, T0 + 60.0 * k, 0.0, lon - 360 * (lon >= 180), 12.0, 90.0)
        for k, lon in enumerate(east)
    ]
    assert len(hulls_of(run(reports(ship))[1])) == 1


def test_numbers_under_one_mmsi_are_bounded_and_what_is_left_out_is_counted() -> None:
    wild = [(211_000_001, T0 + k, 40.0 - k, 8.0, math.nan, math.nan) for k in range(50)]
    _, fixes, counts = run(reports(wild))
    assert len(hulls_of(fixes)) == Segment().max_doubtful_count
    assert counts == {"set aside: too many hulls under one MMSI": 30}


def test_a_setting_of_gpsdio_segment_merges_ships_six_miles_apart() -> None:
    pair = reports(steady(60) + steady(60, lon=8.1, t=T0 + 7))  # 3.5 nmi apart
    assert len(hulls_of(run(pair)[1])) == 2
    assert len(hulls_of(run(pair, fold=Segment(tolerance_h=0.25))[1])) == 1


# Real recordings.


def unix(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "")).replace(tzinfo=UTC).timestamp()


def clean_and_expected(mmsi: int) -> tuple[PositionBatch, list[str]]:
    """Return the reports of a gpsdio-segment sample, and by line the segment they expect."""
    path = recording(f"tables/gpsdio_segment_{mmsi}.jsonl")
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = sorted(found, key=lambda r: unix(r["timestamp"]))
    rows = [
        (mmsi, unix(r["timestamp"]), r["lat"], r["lon"], r["speed"], r["course"]) for r in found
    ]
    batch = reports(tuple(math.nan if x is None else x for x in row) for row in rows)
    return clean(batch)[0], [r.get("expected", "") for r in found]


def adjusted_rand(a: Sequence[object], b: Sequence[object]) -> float:
    """Return the adjusted Rand index (Hubert & Arabie 1985) of two labellings."""
    pairs = [
        sum(math.comb(n, 2) for n in Counter(x).values()) for x in (zip(a, b, strict=True), a, b)
    ]
    chance = pairs[1] * pairs[2] / math.comb(len(a), 2)
    return (pairs[0] - chance) / ((pairs[1] + pairs[2]) / 2 - chance)


@pytest.mark.parametrize(("mmsi", "hulls"), [(416_000_000, 5), (338_013_000, 3), (263_576_000, 1)])
def test_shared_and_spoofed_mmsis_fall_into_hulls_and_none_jumps(mmsi: int, hulls: int) -> None:
    batch, _ = clean_and_expected(mmsi)
    state, fixes, counts = run(batch)
    hours, nmi = leg_speeds(fixes)
    assert len(Segment().established(state)) == hulls
    assert not counts
    assert not np.any((nmi > 1.3) & (nmi > 60 * hours))
    assert track_of_line(fixes) == twin(batch)


def test_gpsdio_segment_finds_the_same_main_hull() -> None:
    # Of 1,253 reports they give 1,223 to one segment, and 22 pieces of one or two to nobody.
    batch, expected = clean_and_expected(338_013_000)
    tracks = track_of_line(run(batch)[1])
    lines = sorted(tracks)
    ours, theirs = [tracks[n] for n in lines], [expected[n] for n in lines]
    main = Counter(theirs).most_common(1)[0][0]
    agree = sum((o == ours[0]) == (e == main) for o, e in zip(ours, theirs, strict=True))
    assert agree / len(lines) > 0.97
    # With so unequal pieces chance alone agrees on 95 %, so the index is low: 0.29.
    assert adjusted_rand(ours, theirs) > 0.25


def table(name: str, columns: tuple[str, ...]) -> PositionBatch:
    """Return the reports of a CSV file whose columns are those of `Row`; "" is nan."""
    with recording(f"tables/{name}").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    return reports(
        (
            int(r[columns[0]]),
            unix(r[columns[1]].removesuffix("+00:00")),
            *(float(r.get(c) or "nan") for c in columns[2:]),
        )
        for r in found
    )


def test_no_vessel_in_the_solent_is_split() -> None:
    columns = "MMSI Time Latitude_degrees Longitude_degrees SOG_knots COG_degrees"
    batch, _ = clean(table("stonesoup_SolentAIS_20160112.csv", tuple(columns.split())))
    state, _, _ = run(batch)
    assert len(Segment().established(state)) == len(np.unique(batch.mmsi))
    assert Segment().implausible_count(state) == 1


def test_two_vessels_of_the_solent_under_one_mmsi_are_told_apart() -> None:
    columns = "MMSI Time Latitude_degrees Longitude_degrees SOG_knots COG_degrees"
    batch, _ = clean(table("stonesoup_SolentAIS_20160112.csv", tuple(columns.split())))
    vessels, count = np.unique(batch.mmsi, return_counts=True)
    often = vessels[count > 80]
    found = []
    for a, b in zip(often[::2], often[1::2], strict=False):
        pair = batch.take((batch.mmsi == a) | (batch.mmsi == b))
        truth = dict(zip(pair.line.tolist(), pair.mmsi.tolist(), strict=True))
        shared = replace(pair, mmsi=np.full_like(pair.mmsi, 235_000_000))
        shared = shared.take(np.lexsort((shared.line, shared.t)))
        tracks = track_of_line(run(shared)[1])
        found.append(adjusted_rand([tracks[n] for n in truth], list(truth.values())))
    assert np.mean(found) > 0.65  # in one port; 0.2 with gpsdio-segment's tolerance


def test_the_longliner_with_a_gap_of_16_hours_is_one_hull() -> None:
    columns = ("ssvid", "timestamp", "lat", "lon", "", "")
    fixes = run(table("pyseas_gap_positions_gfw_416000301.csv", columns))[1]
    assert list(hulls_of(fixes)) == [416_000_301_001]


def test_ships_heard_by_satellite_for_a_month_are_one_hull_each_but_for_wrong_times() -> None:
    columns = ("ssvid", "timestamp", "lat", "lon", "speed", "")
    counts = hulls_of(run(table("pyseas_position_messages_201801.csv", columns))[1])
    # 249014000 comes by two routes, one of which is up to an hour late.
    main = {mmsi: max(n for t, n in counts.items() if t // HULLS_PER_MMSI == mmsi)
            for mmsi in (220_413_000, 413_461_490)}  # fmt: skip
    assert main[413_461_490] == 1033
    assert main[220_413_000] > 0.98 * 10_698
