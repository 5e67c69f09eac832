"""Loitering: what counts as staying, where, and across what silence."""

import numpy as np
import pytest

from anomalies.loitering import Loitering
from tests.fleets import ANNA, HOUR, T0, Stretch, changes, events, fixes, voyage
from tests.shores import sea
from tracks.place import Place
from tracks.places import Places


def loiterings(*stretches: Stretch, detector: Loitering | None = None, **how: object) -> list:
    heard = fixes(voyage(ANNA, 58.0, 5.0, *stretches))
    return list(events(detector or Loitering(), heard, **how).values())


def measured(event) -> dict[str, float]:
    return dict(event.evidence.measured)


SAIL = Stretch(4, 10.0)


def test_five_hours_of_drifting_between_two_passages_are_one_loitering() -> None:
    (event,) = loiterings(SAIL, Stretch(5, 1.0), SAIL)
    # The slow hour may begin a little before the ship slows down: it is an hour's mean.
    assert event.start == pytest.approx(T0 + 4 * HOUR, abs=600)
    assert event.end == pytest.approx(T0 + 9 * HOUR, abs=600)
    assert measured(event)["mean_speed_kn"] == pytest.approx(1.0, abs=0.3)
    assert measured(event)["drift_nmi"] == pytest.approx(5.0, abs=2.0)
    assert measured(event)["dark_h"] == 0


def test_three_hours_are_too_short() -> None:
    assert not loiterings(SAIL, Stretch(3, 1.0), SAIL)


def test_four_hours_at_two_and_a_half_knots_are_too_fast() -> None:
    assert not loiterings(SAIL, Stretch(8, 2.5), SAIL)


def test_a_short_turn_of_the_screw_within_slow_hours_does_not_end_it() -> None:
    stretches = Stretch(3, 0.5), Stretch(1 / 6, 8.0), Stretch(3, 0.5)
    assert len(loiterings(SAIL, *stretches, SAIL)) == 1


def test_an_hour_under_way_separates_two() -> None:
    stretches = Stretch(5, 0.5), Stretch(1.5, 8.0), Stretch(5, 0.5)
    assert len(loiterings(SAIL, *stretches, SAIL)) == 2


def test_silence_in_the_middle_is_bridged_and_shown_where_the_ship_stayed() -> None:
    (event,) = loiterings(
        SAIL, Stretch(3, 0.5), Stretch(3, 0.5, heard=False), Stretch(3, 0.5), SAIL
    )
    assert measured(event)["dark_h"] == pytest.approx(3, abs=0.4)
    assert measured(event)["heard_h"] == pytest.approx(6, abs=0.5)
    assert any("nobody heard this ship" in caveat for caveat in event.evidence.caveats)


def test_silence_is_not_bridged_where_the_ship_was_elsewhere_afterwards() -> None:
    stretches = Stretch(5, 0.5), Stretch(3, 6.0, heard=False), Stretch(5, 0.5)
    assert len(loiterings(SAIL, *stretches, SAIL)) == 2


@pytest.mark.parametrize("cuts_h", [(), (10.8,), np.arange(0, 24, 0.5)])
def test_silence_is_not_bridged_if_the_ship_was_heard_under_way_before_it(cuts_h) -> None:
    under_way, dark = Stretch(4 / 6, 4.0), Stretch(2.3, 0.0, heard=False)
    cuts = [T0 + h * HOUR for h in cuts_h]
    stretches = Stretch(5, 0.5), under_way, dark, Stretch(5, 0.5)
    assert len(loiterings(SAIL, *stretches, SAIL, cuts=cuts)) == 2


@pytest.mark.parametrize(("marks", "count"), [(23, 1), (24, 2)])
@pytest.mark.parametrize("every_h", [1 / 6, 1000])
def test_four_hours_of_silence_are_not_bridged(marks: int, count: int, every_h: float) -> None:
    # Between the last mark of one stretch and the first of the next are ten minutes more.
    dark = Stretch((marks - 1) / 6, 0.5, heard=False)
    cuts = (T0 + np.arange(0, 24, every_h) * HOUR).tolist()
    stretches = Stretch(5, 0.5), dark, Stretch(5, 0.5)
    assert len(loiterings(SAIL, *stretches, SAIL, cuts=cuts)) == count


def test_slow_hours_that_touch_are_one_loitering_though_an_hour_across_both_is_not_slow() -> None:
    quick = Stretch(2 / 6, 7.2)  # 1.2 nmi in the last leg of one hour and in the first of the next
    (event,) = loiterings(SAIL, Stretch(3, 0.1), quick, Stretch(3, 0.1), SAIL)
    assert measured(event)["max_hour_speed_kn"] == pytest.approx(2.4, abs=0.1)
    assert measured(event)["duration_h"] == pytest.approx(6.3, abs=0.4)


def test_hours_not_heard_do_not_count_towards_the_four() -> None:
    stretches = Stretch(1.7, 0.5), Stretch(3, 0.5, heard=False), Stretch(1.7, 0.5)
    assert not loiterings(SAIL, *stretches, SAIL)


def test_a_ship_in_port_does_not_loiter() -> None:
    port = Places.of([Place("Havn", "port", 58.66, 5.0)])
    assert loiterings(SAIL, Stretch(6, 0.5), SAIL)
    assert not loiterings(SAIL, Stretch(6, 0.5), SAIL, places=port)


@pytest.mark.parametrize(("shore_nmi", "count"), [(3.0, 0), (6.0, 1)])
def test_a_ship_loiters_only_off_shore(shore_nmi: float, count: int) -> None:
    heard = fixes(voyage(ANNA, 58.0, 5.0, Stretch(6, 0.5, 90.0), Stretch(3, 10.0)))
    found = list(events(Loitering(), heard, places=sea(shore_nmi)).values())
    assert len(found) == count
    assert [round(measured(e)["shore_nmi"], 1) for e in found] == [shore_nmi] * count
    assert all("port_nmi" not in measured(e) for e in found)


def test_a_recording_that_ends_soon_leaves_it_open_and_says_so() -> None:
    heard = fixes(voyage(ANNA, 58.0, 5.0, SAIL, Stretch(5, 0.5)))
    (event,) = events(Loitering(), heard, until=float(heard.t.max()) + 2 * HOUR).values()
    assert event.end is None
    assert any("the recording ends 2.0 h after" in caveat for caveat in event.evidence.caveats)
    (event,) = events(Loitering(), heard, until=float(heard.t.max()) + 9 * HOUR).values()
    assert event.end is not None


def test_it_is_opened_after_four_hours_and_told_again_when_it_has_lasted_twice_as_long() -> None:
    heard = fixes(voyage(ANNA, 58.0, 5.0, Stretch(8, 0.5), Stretch(3, 10.0)))
    cuts = (T0 + np.arange(0, 11 * HOUR, 600)).tolist()
    said = changes(Loitering(), heard, cuts=cuts)
    assert [c.what for c in said] == ["opened", "updated", "closed"]
    assert [measured(c.event)["duration_h"] for c in said[:2]] == [4.0, 8.0]


@pytest.mark.parametrize("every_h", [5, 1000])
def test_a_long_one_is_told_in_parts_that_touch_however_it_is_cut(every_h: float) -> None:
    detector = Loitering(max_duration_h=10)
    heard = fixes(voyage(ANNA, 58.0, 5.0, Stretch(35, 0.5), SAIL))
    cuts = (T0 + np.arange(0, 40, every_h) * HOUR).tolist()
    found = sorted(events(detector, heard, cuts=cuts).values(), key=lambda e: e.start)
    assert [(e.start - T0) / HOUR for e in found] == [0, 10, 20, 30]
    assert [e.end for e in found[:-1]] == [e.start for e in found[1:]]
    assert found[-1].end == pytest.approx(T0 + 35 * HOUR, abs=600)
