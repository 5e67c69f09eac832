"""Gaps: when one opens and closes, what is measured, and when the station is to blame."""

import numpy as np
import pytest
from pyproj import Geod

from anomalies.gap import Gap
from tests.fleets import (
    ANNA,
    BELLA,
    CARLA,
    DORA,
    EMMA,
    HOUR,
    T0,
    Stretch,
    changes,
    events,
    fixes,
    turns,
    voyage,
)
from tracks.batch import HULLS_PER_MMSI, Fixes


def one(found):
    (event,) = found.values()
    return event


GAP_OF_ANNA = "gap-257000001.1-20170714T060000Z"


def measured(event) -> dict[str, float]:
    return dict(event.evidence.measured)


def test_a_silence_of_six_hours_and_a_second_is_a_gap_and_one_of_six_hours_is_not() -> None:
    assert not events(Gap(), fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 6, 58.0, 5.0)]))
    gap = one(events(Gap(), fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 6 + 1 / 3600, 58.0, 5.0)])))
    assert (gap.start, gap.end) == (T0, T0 + 6 * HOUR + 1)
    assert gap.evidence.lines == (0, 1)


def test_distance_and_speed_are_those_of_the_way_unheard() -> None:
    gap = one(events(Gap(), fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 8, 58.5, 6.0)])))
    _, _, metres = Geod(ellps="WGS84").inv(5.0, 58.0, 6.0, 58.5)
    assert measured(gap)["distance_nmi"] == pytest.approx(metres / 1852, rel=0.006)
    assert measured(gap)["implied_speed_kn"] == pytest.approx(metres / 1852 / 8, rel=0.006)


def test_a_gap_is_opened_once_no_outage_can_explain_it_and_closed_by_the_next_fix() -> None:
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 9, 58.1, 5.0), (BELLA, 10, 58.0, 5.0)])
    cuts = [T0 + h * HOUR for h in (5, 6, 7, 7.4, 9.5)]
    assert not changes(Gap(), heard.take(heard.t < T0), cuts=cuts[:3], until=cuts[2], ended=False)
    said = changes(Gap(), heard, cuts=cuts, ended=False)
    assert said[0].event.evidence.measured["duration_h"] == pytest.approx(6 + 4 / 3)
    assert [(c.what, c.event.end) for c in said] == [("opened", None), ("closed", T0 + 9 * HOUR)]
    assert said[0].event.id == said[1].event.id


def test_a_vessel_still_silent_when_the_recording_ends_is_an_open_gap() -> None:
    heard = fixes([(ANNA, 0, 58.0, 5.0), (BELLA, 0, 58.0, 5.0), (BELLA, 5, 58.0, 5.0)])
    gap = one(events(Gap(), heard, until=T0 + 7 * HOUR))
    assert (gap.tracks, gap.end) == ((ANNA,), None)
    assert measured(gap)["duration_h"] == 7.0
    assert "distance_nmi" not in measured(gap)


def test_a_recording_without_a_known_end_reaches_to_its_last_fix() -> None:
    heard = fixes([(ANNA, 0, 58.0, 5.0), (BELLA, 0, 58.0, 5.0), (BELLA, 5, 58.0, 5.0)])
    assert not events(Gap(), heard, until=np.inf)


def test_a_step_that_ends_at_six_hours_opens_nothing_since_a_fix_may_come_just_then() -> None:
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 6, 58.0, 5.0)])
    assert not changes(Gap(), heard, cuts=[T0 + 6 * HOUR], until=T0 + 6.1 * HOUR)


def test_another_vessel_does_not_end_the_gap_of_one_that_is_gone() -> None:
    said = changes(Gap(), fixes([(ANNA, 0, 58.0, 5.0), (BELLA, 8, 58.0, 5.0)]))
    assert [(c.what, c.event.tracks) for c in said] == [("opened", (ANNA,))]


def test_two_hulls_under_one_mmsi_do_not_end_each_others_gaps() -> None:
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA + 1, 3, 12.0, 80.0), (ANNA, 8, 58.0, 5.0)])
    assert one(events(Gap(), heard)).tracks == (ANNA,)


def test_positions_before_are_counted_over_twelve_hours_without_the_last() -> None:
    rows = [(ANNA, h, 58.0, 5.0) for h in (-12.5, -12.0, -8, -4.5, -0.1, 0, 7)]
    gap = max(events(Gap(), fixes(rows)).values(), key=lambda e: e.start)
    assert measured(gap)["positions_before_count"] == 4  # 12 h before to the second counts
    assert measured(gap)["median_interval_s"] == pytest.approx(3.75 * HOUR)
    assert gap.evidence.lines == (1, 2, 3, 4, 5, 6)


def test_a_second_fix_at_the_same_moment_is_not_one_before() -> None:
    rows = [(ANNA, -1, 58.0, 5.0), (ANNA, 0, 58.0, 5.0), (ANNA, 0, 58.0, 5.0), (ANNA, 7, 58.0, 5.0)]
    assert measured(one(events(Gap(), fixes(rows))))["positions_before_count"] == 1


def test_a_count_that_is_only_a_lower_bound_says_so() -> None:
    rows = [(ANNA, h / 60, 58.0, 5.0) for h in range(-17, 1)] + [(ANNA, 7, 58.0, 5.0)]
    gap = one(events(Gap(), fixes(rows)))
    assert measured(gap)["positions_before_count"] == 16
    assert any("at least 16" in caveat for caveat in gap.evidence.caveats)


def test_a_witness_is_another_vessel_near_the_place_in_the_first_hour() -> None:
    near = voyage(BELLA, 58.1, 5.0, Stretch(3), start_h=1)  # 6 nmi away
    far = voyage(CARLA, 58.3, 5.0, Stretch(8))  # 18 nmi away
    late = voyage(DORA, 58.0, 5.0, Stretch(1), start_h=5.5)
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 8, 58.0, 5.0), *near, *far, *late])
    gap = one(events(Gap(), heard))
    assert measured(gap)["witnesses_count"] == 1
    shown = heard.track[np.isin(heard.line, gap.evidence.lines)]
    assert set(shown) == {ANNA, BELLA}


@pytest.mark.parametrize(("hour", "count"), [(1.0, 1), (2.0, 0)])
def test_the_first_full_hour_is_the_last_that_counts(hour: float, count: int) -> None:
    once = voyage(BELLA, 58.0, 5.0, Stretch(1 / 3), start_h=hour - 1 / 6)
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 8, 58.0, 5.0), *once])
    assert measured(events(Gap(), heard)[GAP_OF_ANNA])["witnesses_count"] == count


def test_a_hull_under_the_same_mmsi_is_no_witness() -> None:
    twin = voyage(ANNA + 1, 58.0, 5.0, Stretch(8))
    heard = fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 8, 58.0, 5.0), *twin])
    assert measured(events(Gap(), heard)[GAP_OF_ANNA])["witnesses_count"] == 0


def test_a_gap_that_nobody_witnessed_says_so() -> None:
    gap = one(events(Gap(), fixes([(ANNA, 0, 58.0, 5.0), (ANNA, 8, 58.0, 5.0)])))
    assert any("no other vessel" in caveat for caveat in gap.evidence.caveats)


def five(*stretches: Stretch) -> Fixes:
    rows = []
    for i, track in enumerate((ANNA, BELLA, CARLA, DORA, EMMA)):
        rows += voyage(track, 58.0 + i / 10, 5.0, *stretches, every_s=290.0, start_h=i / 97)
    return fixes(rows)


def test_when_the_whole_station_falls_silent_no_vessel_gets_a_gap() -> None:
    assert not events(Gap(), five(Stretch(4), Stretch(9, heard=False), Stretch(2)))


def test_a_vessel_whose_last_report_came_ten_minutes_before_the_others_is_among_them() -> None:
    heard = five(Stretch(4), Stretch(9, heard=False), Stretch(2))
    gone = (heard.track == ANNA) & (heard.t > T0 + 3.8 * HOUR) & (heard.t < T0 + 9 * HOUR)
    assert not events(Gap(), heard.take(~gone))


def test_an_outage_of_two_hours_excuses_a_vessel_that_stays_away_for_longer() -> None:
    heard = five(Stretch(4), Stretch(2, heard=False), Stretch(7))
    gone = (heard.track == ANNA) & (heard.t > T0 + 5 * HOUR) & (heard.t < T0 + 12 * HOUR)
    assert not events(Gap(), heard.take(~gone))


@pytest.mark.parametrize(("lasts_h", "excused"), [(0.97, False), (1.15, True)])
def test_five_times_ten_minutes_without_anybody_are_no_outage_and_six_are(
    lasts_h: float, excused: bool
) -> None:
    heard = five(Stretch(4.05), Stretch(lasts_h, heard=False), Stretch(7))
    gone = (heard.track == ANNA) & (heard.t > T0 + 3.9 * HOUR) & (heard.t < T0 + 12 * HOUR)
    assert (not events(Gap(), heard.take(~gone))) == excused


def test_an_outage_is_known_however_small_the_steps() -> None:
    heard = five(Stretch(2), Stretch(9, heard=False), Stretch(1))
    assert not events(Gap(), heard, cuts=np.arange(T0, T0 + 12 * HOUR, 60.0).tolist())


def test_a_recording_of_two_files_days_apart_makes_no_gaps() -> None:
    assert not events(Gap(), five(Stretch(4), Stretch(90, heard=False), Stretch(2)))


def test_nobody_heard_after_an_outage_is_no_gap_either() -> None:
    assert not events(Gap(), five(Stretch(4)), until=T0 + 40 * HOUR)


def test_a_vessel_silent_long_before_the_outage_has_a_gap_and_the_share_heard_is_told() -> None:
    heard = five(Stretch(8), Stretch(12, heard=False), Stretch(2))
    early = (heard.track != ANNA) | (heard.t < T0 + 1 * HOUR) | (heard.t > T0 + 20 * HOUR)
    gap = one(events(Gap(), heard.take(early)))
    assert gap.tracks == (ANNA,)
    assert measured(gap)["station_heard_share"] == pytest.approx(7 / 19, abs=0.02)
    assert measured(gap)["outage_h"] == pytest.approx(12, abs=0.4)
    assert gap.evidence.rule == "duration_h - outage_h > 6"
    assert any("only 3" in caveat for caveat in gap.evidence.caveats)


def test_hours_in_which_the_station_was_out_do_not_make_a_silence_long() -> None:
    heard = five(Stretch(6), Stretch(12, heard=False), Stretch(2))
    early = (heard.track != ANNA) | (heard.t < T0 + 1 * HOUR) | (heard.t > T0 + 18 * HOUR)
    assert not events(Gap(), heard.take(early))


def test_too_few_vessels_to_tell_an_outage_from_a_silent_ship_leave_the_gap() -> None:
    heard = five(Stretch(4), Stretch(9, heard=False), Stretch(2))
    few = heard.take(np.isin(heard.track, (ANNA, BELLA, CARLA)))
    assert len(events(Gap(), few)) == 3


# Sources that say of themselves that they are deaf.


def heard_by(source: int, *rows) -> Fixes:
    return fixes(rows, source=source)


ANNA_GONE_FOR_NINE_HOURS = [(ANNA, 0, 58.0, 5.0), (ANNA, 9, 58.0, 5.0)]


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ([(0.2, 1, True), (8.0, 1, False)], 0),
        ([(0.2, 1, True)], 0),
        ([(-0.1, 1, True), (0.55, 1, False)], 0),
        ([(0.2, 1, True), (0.65, 1, False)], 1),  # 27 minutes: it was listened for soon enough
        ([(0.2, 2, True), (8.0, 2, False)], 1),  # another source
        ([(0.6, 1, True), (8.0, 1, False)], 1),  # unheard for 36 minutes before
        ([(-5.0, 1, True), (-0.01, 1, False)], 1),
        ([(h / 100, 1, h % 2 == 0) for h in range(100)], 0),  # half of the hour, all in all
        ([(h / 100, 1, h % 3 == 0) for h in range(100)], 1),
    ],
)
def test_a_vessel_is_excused_if_its_source_was_deaf_for_half_of_the_hour_after_its_last_fix(
    said: list, count: int
) -> None:
    heard = heard_by(1, *ANNA_GONE_FOR_NINE_HOURS)
    assert len(events(Gap(), heard, turns=turns(said))) == count


def test_the_source_of_the_last_fix_is_asked_and_no_other() -> None:
    heard = fixes([(ANNA, -1, 58.0, 5.0), *ANNA_GONE_FOR_NINE_HOURS], source=[1, 2, 1])
    assert events(Gap(), heard, turns=turns([(0, 1, True)]))
    assert not events(Gap(), heard, turns=turns([(0, 2, True)]))


def test_a_vessel_excused_stays_excused_until_it_is_heard_again() -> None:
    rows = [(ANNA, 0, 58.0, 5.0), (ANNA, 50, 58.0, 5.0)]
    said = turns([(0.1, 1, True), (3, 1, False)])
    cuts = [T0 + h * HOUR for h in range(60)]
    assert not changes(Gap(), heard_by(1, *rows), turns=said, cuts=cuts)
    later = heard_by(1, *rows, (ANNA, 57, 58.0, 5.0))
    assert one(events(Gap(), later, turns=said, cuts=cuts)).start == T0 + 50 * HOUR


def test_deafness_noticed_an_hour_later_excuses_as_well() -> None:
    heard, said = heard_by(1, *ANNA_GONE_FOR_NINE_HOURS), turns([(0.05, 1, True), (8, 1, False)])
    cuts = np.arange(T0, T0 + 9 * HOUR, 60.0).tolist()
    assert not changes(Gap(), heard, turns=said, late_s=HOUR, cuts=cuts)


def test_a_gap_says_how_long_its_source_was_deaf_since() -> None:
    heard = heard_by(1, (ANNA, 0, 58.0, 5.0), (ANNA, 100, 58.0, 5.0))
    said = turns([(-9, 1, True), (-8, 1, False), (4, 1, True), (6, 1, False), (50, 1, True)])
    cuts = [T0 + h * HOUR for h in range(100)]
    gap = one(events(Gap(), heard, turns=said, cuts=cuts))
    assert measured(gap)["source_deaf_h"] == pytest.approx(2 + 49)  # its last hour is not known
    assert any("deaf for 51.0 h" in caveat for caveat in gap.evidence.caveats)


# Half deaf: of many vessels few are left.


def crowd(count: int, left: int, deaf_h: float = 9.0) -> Fixes:
    """Vessels that report every three minutes; but `left` of them fall silent after 4 h."""
    rows = []
    for i in range(count):
        silent = Stretch(deaf_h, heard=i < left)
        tracks = (257_000_100 + i) * HULLS_PER_MMSI + 1
        where = 58.0 + i / 50
        rows += voyage(
            tracks, where, 5.0, Stretch(4), silent, Stretch(2), every_s=180.0, start_h=i / 997
        )
    return fixes(rows)


@pytest.mark.parametrize(
    ("count", "left", "gaps"),
    [(20, 0, 0), (20, 3, 0), (20, 4, 16), (11, 2, 0), (11, 3, 8), (10, 2, 8), (10, 0, 0)],
)
def test_who_falls_silent_when_of_ten_others_at_most_two_are_still_heard_is_excused(
    count: int, left: int, gaps: int
) -> None:
    heard = crowd(count, left)
    assert len(events(Gap(), heard)) == gaps
    assert len(events(Gap(half_deaf_vessels_count=100), heard)) == (count - left if left else 0)


def test_vessels_that_leave_one_after_the_other_are_not_a_half_deaf_station() -> None:
    heard = crowd(20, 20)
    last_h = 4 + (heard.mmsi.astype(np.int64) - 257_000_100) / 6  # one every ten minutes
    gone = (heard.t > T0 + last_h * HOUR) & (heard.t < T0 + 14 * HOUR)
    found = events(Gap(), heard.take(~gone))
    assert len(found) == 20 - 2  # the last two fall silent with the station


def test_another_share_than_one_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="half_deaf_share of a gap is 1; it must be"):
        Gap(half_deaf_share=1)


def test_a_rule_that_could_not_know_of_an_outage_is_refused() -> None:
    with pytest.raises(ValueError, match=r"it must be at least 1\.33 h"):
        Gap(min_duration_h=1)
