"""Encounters: closeness, duration, speed, ports."""

import numpy as np
import pytest

from anomalies.encounter import Encounter
from anomalies.runs import Runs, join, meetings, split
from tests.fleets import (
    ANNA,
    BELLA,
    CARLA,
    HOUR,
    T0,
    Stretch,
    changes,
    events,
    fixes,
    standing,
    voyage,
    whole,
)
from tracks.geodesy import NMI_M, destination
from tracks.place import Place
from tracks.places import Places

AWAY = Stretch(3, 9.0, 0.0)
SOUTH = float(destination(58.0, 5.0, 180.0, 27 * NMI_M)[0])  # where `AWAY` leads to 58.0


def meet(*stretches: Stretch, apart_deg: float = 0.002, **how: object) -> list:
    """Bella stays; Anna comes from the south, does `stretches` beside her, and goes on."""
    long_h = 6 + sum(s.hours for s in stretches)
    rows = voyage(BELLA, 58.0 + apart_deg, 5.0, Stretch(long_h))
    rows += voyage(ANNA, SOUTH, 5.0, AWAY, *stretches, AWAY)
    heard = fixes(rows)
    return list(events(Encounter(), heard, until=float(heard.t.max()) + 6 * HOUR, **how).values())


def measured(event) -> dict[str, float]:
    return dict(event.evidence.measured)


def test_two_and_a_half_hours_side_by_side_are_an_encounter() -> None:
    (event,) = meet(Stretch(2.5))
    assert event.tracks == (ANNA, BELLA)
    assert (event.start, event.end) == (T0 + 3 * HOUR, T0 + 5.5 * HOUR)
    assert measured(event)["median_distance_m"] == pytest.approx(222, abs=1)
    assert measured(event)["together_points_count"] == 16


def test_an_hour_and_a_half_is_too_short() -> None:
    assert not meet(Stretch(1.5))


def test_six_hundred_metres_are_too_far() -> None:
    assert not meet(Stretch(3), apart_deg=0.0054)


def test_a_meeting_across_midnight_is_one() -> None:
    midnight = T0 + 18 * HOUR
    rows = voyage(BELLA, 58.002, 5.0, Stretch(9), start_h=14)
    rows += voyage(ANNA, SOUTH, 5.0, AWAY, Stretch(2.5), AWAY, start_h=14)
    (event,) = events(Encounter(), fixes(rows), until=T0 + 40 * HOUR).values()
    assert event.start < midnight < event.end


def test_two_ships_that_sail_together_do_not_meet() -> None:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(5, 3.0)) + voyage(BELLA, 58.002, 5.0, Stretch(5, 3.0))
    assert not events(Encounter(), fixes(rows))


def test_meetings_under_four_hours_apart_are_one_and_the_break_is_shown() -> None:
    out, back = Stretch(1, 6.0, 180.0), Stretch(1, 6.0, 0.0)
    (event,) = meet(Stretch(2.5), out, back, Stretch(2.5))
    assert measured(event)["duration_h"] == pytest.approx(7, abs=0.4)
    assert measured(event)["heard_h"] == pytest.approx(5, abs=0.4)
    assert any("further apart" in caveat for caveat in event.evidence.caveats)


def test_meetings_more_than_four_hours_apart_are_two() -> None:
    out, back = Stretch(2.5, 6.0, 180.0), Stretch(2.5, 6.0, 0.0)
    assert len(meet(Stretch(2.5), out, back, Stretch(2.5))) == 2


def test_an_hour_in_which_one_was_not_heard_interrupts_the_meeting() -> None:
    assert not meet(Stretch(1.5), Stretch(1.2, heard=False), Stretch(1.5))
    assert meet(Stretch(1.5), Stretch(0.5, heard=False), Stretch(1.5))


def test_a_meeting_in_port_is_none() -> None:
    port = Places.of([Place("Havn", "port", 58.05, 5.0)])
    assert not meet(Stretch(3), places=port)


def test_two_who_began_to_sail_together_are_taken_back() -> None:
    rows = [r for t, lat in ((ANNA, 58.0), (BELLA, 58.002))
            for r in voyage(t, lat, 5.0, Stretch(2.5, 1.0), Stretch(6, 6.0))]  # fmt: skip
    said = changes(Encounter(), fixes(rows), cuts=(T0 + np.arange(0, 9 * HOUR, 600)).tolist())
    assert said[0].what == "opened"
    assert said[-1].what == "withdrawn"
    assert not standing(said)


def test_it_is_opened_as_soon_as_two_hours_are_known() -> None:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(4)) + voyage(BELLA, 58.002, 5.0, Stretch(4))
    said = changes(Encounter(), fixes(rows), cuts=(T0 + np.arange(0, 4 * HOUR, 60)).tolist())
    assert said[0].what == "opened"
    assert measured(said[0].event)["duration_h"] == 2.0


def test_a_recording_that_ends_within_four_hours_leaves_the_end_open_and_says_so() -> None:
    heard = fixes(
        voyage(ANNA, 58.0, 5.0, Stretch(3), Stretch(2, 9.0))
        + voyage(BELLA, 58.002, 5.0, Stretch(5))
    )
    (event,) = events(Encounter(), heard).values()
    assert event.end is None
    assert any("whether they met again is not known" in c for c in event.evidence.caveats)


@pytest.mark.parametrize("step_s", [60, 600])
def test_two_that_report_every_hour_or_so_meet_however_small_the_steps(step_s: float) -> None:
    rows = voyage(ANNA, 58.0, 5.0, Stretch(6, 0.7), every_s=3599.0)
    rows += voyage(BELLA, 58.002, 5.0, Stretch(6, 0.7), every_s=1750.0)
    heard, until = fixes(rows), T0 + 12 * HOUR
    at_once = events(Encounter(), heard, until=until)
    assert len(at_once) == 1
    cuts = np.arange(T0, until, step_s).tolist()
    assert whole(events(Encounter(), heard, cuts=cuts, until=until)) == whole(at_once)


@pytest.mark.parametrize(("later_h", "is_open"), [(4.5, True), (5.1, False)])
def test_it_is_over_when_no_later_report_could_show_them_together_within_four_hours(
    later_h: float, is_open: bool
) -> None:
    """A report less than an hour after a mark can still give a position at it."""
    rows = voyage(ANNA, 58.0, 5.0, Stretch(3)) + voyage(BELLA, 58.002, 5.0, Stretch(3))
    heard = fixes([*rows, (CARLA, 2.9, 12.0, 80.0)])
    until = float(heard.t.max()) + later_h * HOUR
    (event,) = events(Encounter(), heard, until=until).values()
    assert (event.end is None) == is_open


def test_three_vessels_together_are_three_pairs() -> None:
    rows = [row for i, t in enumerate((ANNA, BELLA, CARLA))
            for row in voyage(t, 58.0 + i / 1000, 5.0, Stretch(4))]  # fmt: skip
    found = events(Encounter(), fixes(rows)).values()
    assert {e.tracks for e in found} == {(ANNA, BELLA), (ANNA, CARLA), (BELLA, CARLA)}


@pytest.mark.parametrize("every_h", [5, 1000])
def test_a_long_one_is_told_in_parts_that_touch_however_it_is_cut(every_h: float) -> None:
    detector = Encounter(max_duration_h=10)
    rows = voyage(ANNA, 58.0, 5.0, Stretch(33)) + voyage(BELLA, 58.002, 5.0, Stretch(33))
    cuts = (T0 + np.arange(0, 40, every_h) * HOUR).tolist()
    found = sorted(
        events(detector, fixes(rows), cuts=cuts, until=T0 + 40 * HOUR).values(),
        key=lambda e: e.start,
    )
    assert [(e.start - T0) / HOUR for e in found] == [0, 10, 20, 30]
    assert [e.end for e in found[:-1]] == [e.start for e in found[1:]]


def test_runs_that_touch_are_joined_and_meetings_are_cut_at_their_longest() -> None:
    def runs(*spans: tuple[int, int]) -> Runs:
        first, last = np.array(spans).T
        return Runs.make(len(spans), a=1, b=2, first=first, last=last)

    def spans(r: Runs) -> list[tuple[int, int]]:
        return list(zip(r.first.tolist(), r.last.tolist(), strict=True))

    joined = join(runs((0, 3), (9, 9)), runs((4, 4), (5, 5), (11, 11)))
    assert spans(joined) == [(0, 5), (9, 9), (11, 11)]
    assert meetings(joined, 4).runs_count.tolist() == [1, 2]
    rest, finished = split(runs((0, 4), (6, 25), (27, 27)), 24, 10)
    assert [spans(f) for f in finished] == [[(0, 4), (6, 10)], [(10, 20)]]
    assert spans(rest) == [(20, 25), (27, 27)]
    rest, finished = split(runs((0, 4), (10, 10), (12, 15)), 24, 10)
    assert [spans(f) for f in finished] == [[(0, 4), (10, 10)]]
    assert spans(rest) == [(12, 15)]
