"""Pauses that are the rule: satellites that pass over every hour or two."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anomalies.gap import Gap
from anomalies.hearing import Hearing, Outages
from tests.anomalies.test_laws import FEW, OF_FEW, Fleet, fleets, reach
from tests.anomalies.twin_surprise import pausing
from tests.anomalies.twins import TWINS
from tests.fleets import ANNA, HOUR, T0, Stretch, changes, events, fixes, standing, voyage
from tracks.batch import BIN_S, HULLS_PER_MMSI, Fixes
from tracks.listening import Turns
from tracks.places import Places

EIGHT = tuple(ANNA + i * HULLS_PER_MMSI for i in range(8))
ONLY_LONG = Gap(surprising_one_in_count=1e9)
NONE_ARE_THE_RULE = replace(ONLY_LONG, pauses_count=1_000_000)


def passes(heard: Fixes, every_h: float, lasts_h: float) -> Fixes:
    """Return what is heard in passes that begin so often."""
    return heard.take((heard.t - T0) % (every_h * HOUR) < lasts_h * HOUR)


def eight(hours: float) -> Fixes:
    rows = []
    for i, track in enumerate(EIGHT):
        where = 58.0 + i / 10
        rows += voyage(track, where, 5.0, Stretch(hours), every_s=290.0, start_h=i / 97)
    return fixes(rows)


def without(heard: Fixes, tracks: tuple[int, ...], begin_h: float, end_h: float) -> Fixes:
    hours = (heard.t - T0) / HOUR
    return heard.take(~(np.isin(heard.track, tracks) & (hours > begin_h) & (hours < end_h)))


def of(found) -> list:
    return [event.tracks for event in found.values()]


def test_a_ship_that_misses_six_passes_of_satellites_has_a_gap() -> None:
    heard = without(passes(eight(72), 1.5, 0.2), (ANNA,), 50, 59)
    assert of(events(ONLY_LONG, heard)) == [(ANNA,)]
    assert not events(NONE_ARE_THE_RULE, heard)


def test_passes_that_hear_many_ships_are_no_station_that_falls_half_deaf() -> None:
    rows = []
    for i in range(14):
        track = ANNA + i * HULLS_PER_MMSI
        rows += voyage(track, 58.0 + i / 10, 5.0, Stretch(72), every_s=290.0, start_h=i / 97)
    heard = without(passes(fixes(rows), 1.5, 0.2), (ANNA,), 50, 59)
    assert of(events(ONLY_LONG, heard)) == [(ANNA,)]


def test_before_pauses_are_the_rule_they_excuse() -> None:
    heard = passes(eight(72), 1.5, 0.2)
    assert not events(ONLY_LONG, without(heard, (ANNA,), 5, 14))


def test_of_a_pause_longer_than_all_before_only_the_rest_does_not_count() -> None:
    heard = without(passes(eight(120), 1.5, 0.2), EIGHT, 50, 98)
    assert not events(ONLY_LONG, heard)
    gap_of_anna = without(heard, (ANNA,), 40, 98)
    (gap,) = events(ONLY_LONG, gap_of_anna).values()
    assert gap.tracks == (ANNA,)
    assert gap.evidence.measured["outage_h"] == pytest.approx(48)  # the usual 70 minutes count


def test_a_station_that_fails_five_times_a_day_has_outages_all_the_same() -> None:
    hours = np.arange(0, 96, 4.8)
    heard = eight(96)
    for begin in hours[1:]:
        heard = without(heard, EIGHT, begin, begin + 1.4)
    assert not events(ONLY_LONG, without(heard, (ANNA,), hours[-3], hours[-3] + 9))


def test_a_station_off_at_night_has_outages_all_the_same() -> None:
    heard = eight(10 * 24)
    for day in range(10):
        heard = without(heard, EIGHT, day * 24 + 14, day * 24 + 24)
    assert not events(ONLY_LONG, heard)


def table(bins: list[int]) -> Hearing:
    return Hearing.empty().heard(np.array(bins, np.int64))


@pytest.mark.parametrize(
    ("pauses", "empty", "heard", "rule"),
    [
        (10, 6, 1, True),
        (9, 6, 1, False),
        (40, 5, 1, False),  # none of an hour
        (30, 6, 5, True),
        (30, 6, 6, False),
        (12, 35, 1, True),  # four passes a day
        (30, 43, 1, False),  # so that only nine are left in three days
    ],
)
def test_ten_pauses_of_an_hour_in_three_days_and_less_than_that_heard_between_are_the_rule(
    pauses: int, empty: int, heard: int, rule: bool
) -> None:
    bins = [k * (empty + heard) + i for k in range(pauses + 1) for i in range(heard)]
    last = pauses * (empty + heard)
    assert table(bins).pausing(np.array([last]), 10).tolist() == [rule]


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=300), st.integers(1, 14), st.data())
@settings(FEW, max_examples=60)
def test_the_rule_equals_its_slow_twin_and_knows_nothing_of_later(
    bins: list[int], count: int, data: st.DataObject
) -> None:
    asked = data.draw(st.lists(st.sampled_from(bins), min_size=1, max_size=20))
    crowd = {b: {ANNA} for b in bins}
    said = table(bins).pausing(np.array(asked), count).tolist()
    assert said == [pausing(count, crowd, at) for at in asked]
    for at, then in zip(asked, said, strict=True):
        known = table([b for b in bins if b <= at])
        assert known.pausing(np.array([at]), count).tolist() == [then]


def test_where_pauses_are_the_rule_short_ones_teach_nothing_of_reception_either() -> None:
    bins = np.array([7 * k for k in range(20)] + [140, 143])
    heard, short = Hearing.empty().heard(bins), np.array([141, 142])
    assert heard.deaf(short, Outages(3, 12)).tolist() == [True, True]
    assert heard.deaf(short, Outages(3, 100)).tolist() == [False, False]
    assert heard.deaf(bins, Outages(3, 12)).tolist() == [False] * len(bins)


def test_nobody_heard_is_no_rule() -> None:
    assert not Hearing.empty().pausing(np.array([3]), 1).any()
    assert not table([100]).pausing(np.array([3, 100, 9_000]), 1).any()


def test_fewer_pauses_than_one_are_refused() -> None:
    with pytest.raises(ValueError, match="pauses_count of a gap is 0; it must be at least 1"):
        Gap(pauses_count=0)


# The laws of detectors, where all is heard in passes and two pauses are the rule.

OF_TWO = replace(OF_FEW["gap"], outage_vessels_count=1)
seen = st.tuples(fleets(100.0, 290.0, 600.0), st.sampled_from([1.3, 1.7]), st.floats(0.2, 0.6))


def in_passes(drawn: tuple[Fleet, float, float]) -> Fixes:
    fleet, every_h, lasts_h = drawn
    heard = passes(replace(fleet, jump=None).heard(), every_h, lasts_h)
    bins = np.unique(heard.t // BIN_S)
    assume((np.diff(bins) > 6).sum() > 3)
    return heard


@settings(FEW, max_examples=30)
@given(seen, st.sampled_from([0.0, 1.3, 4.7, 9.0]))
def test_heard_in_passes_it_equals_its_slow_twin(drawn, more_h: float) -> None:
    heard = in_passes(drawn)
    until, places = reach(heard, more_h), Places.none()
    found = {
        (e.tracks, e.start, e.end): e.evidence.measured
        for e in events(OF_TWO, heard, until=until, places=places).values()
    }
    expected = TWINS["gap"](OF_TWO, heard, until, places, Turns.empty())
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        said = {name: found[key].get(name) for name in values}
        assert said == pytest.approx(values, abs=2e-4)


@settings(FEW, max_examples=25)
@given(seen, st.lists(st.floats(0, 30), max_size=6), st.booleans())
def test_heard_in_passes_and_cut_anywhere_the_same_events_stand(
    drawn, cuts: list[float], saved: bool
) -> None:
    heard = in_passes(drawn)
    until = reach(heard, 4.7)
    at_once = standing(changes(OF_TWO, heard, until=until))
    how = {"cuts": [T0 + h * HOUR for h in cuts], "saved": saved}
    in_steps = standing(changes(OF_TWO, heard, until=until, **how))
    assert {n: e.evidence for n, e in in_steps.items()} == {
        n: e.evidence for n, e in at_once.items()
    }
