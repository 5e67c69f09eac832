"""Silent ships that could have been where another one stayed: who, and when it is known."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomalies.detector import Context, Gaps, Heard
from anomalies.event import Change, Event, Evidence
from anomalies.gap import Gap
from anomalies.loitering import Loitering
from anomalies.silent import Silent
from tests.fleets import ANNA, BELLA, CARLA, DORA, EMMA, HOUR, T0, Stretch, fixes, standing, voyage
from tests.fleets import whole as whole_of
from tracks.batch import Fixes
from tracks.listening import Turns
from tracks.places import Places
from tracks.points import Resample
from tracks.state import dump, load

LAT, LON = 58.0, 5.0
TEN_NMI = 10 / 60


def gap(off_h: float, on_h: float | None, away_nmi: float, **said: float) -> Change:
    measured = {"witnesses_count": 3.0, "nav_status_code": 0.0, "port_nmi": 30.0, **said}
    end = None if on_h is None else T0 + on_h * HOUR
    lat = LAT + away_nmi / 60
    event = Event("gap", (BELLA,), T0 + off_h * HOUR, end, lat, LON, Evidence(measured, "", ()))
    return Change("opened" if on_h is None else "closed", event)


def stay(start_h: float, end_h: float) -> Event:
    begin, end = T0 + start_h * HOUR, T0 + end_h * HOUR
    return Event("loitering", (ANNA,), begin, end, LAT, LON, Evidence({}, "", ()))


def back_at(on_h: float, away_nmi: float) -> Fixes:
    return fixes([(BELLA, on_h, LAT + away_nmi / 60, LON)])


def reached(change: Change, on: Fixes | None = None, start_h: float = 10, end_h: float = 18) -> int:
    silent = Silent.empty().told([change], Fixes.empty() if on is None else on)
    event = stay(start_h, end_h)
    found = silent.reaching(event, event.end, speed_kn=12.0, told_at=lambda off, _: off + 6 * HOUR)
    return found.ships_count


@pytest.mark.parametrize(
    ("off_h", "away_nmi", "ships_count"),
    [
        (8.0, 24.0, 1),  # two hours' way, there as the stay begins
        (8.0, 97.0, 0),  # eight hours: less than two are left
        (8.0, 95.0, 1),
        (12.5, 1.0, 0),  # silent for less than six hours when the stay was over
        (-70.0, 10.0, 0),  # anywhere by then
    ],
)
def test_who_fell_silent_near_enough_early_enough_could_have_come(
    off_h: float, away_nmi: float, ships_count: int
) -> None:
    assert reached(gap(off_h, None, away_nmi)) == ships_count


@pytest.mark.parametrize(
    ("on_h", "back_nmi", "ships_count"), [(17.0, 12.0, 1), (17.0, 60.0, 0), (17.0, 48.0, 1)]
)
def test_who_is_back_must_have_had_the_time_to_go_back(
    on_h: float, back_nmi: float, ships_count: int
) -> None:
    assert reached(gap(8.0, on_h, 12.0), back_at(on_h, back_nmi)) == ships_count


def test_where_it_was_heard_after_the_stay_changes_nothing() -> None:
    assert reached(gap(8.0, 18.5, 12.0), back_at(18.5, 200.0)) == reached(gap(8.0, None, 12.0)) == 1


@pytest.mark.parametrize(
    "said", [{"witnesses_count": 1.0}, {"nav_status_code": 5.0}, {"port_nmi": 3.0}]
)
def test_silences_that_say_little_do_not_count(said: dict[str, float]) -> None:
    assert reached(gap(8.0, None, 12.0, **said)) == 0


def test_a_gap_that_was_none_after_all_is_forgotten() -> None:
    told = Silent.empty().told([gap(8.0, None, 12.0)], Fixes.empty())
    assert len(told) == 1
    withdrawn = gap(8.0, None, 12.0)._replace(what="withdrawn")
    assert len(told.told([withdrawn], Fixes.empty())) == 0


def test_its_own_silence_is_nobody_elses() -> None:
    change = gap(8.0, None, 0.0)
    assert reached(change._replace(event=replace(change.event, tracks=(ANNA,)))) == 0


def sea(off_h: float, hours: float, away_nmi: float) -> Fixes:
    """Anna drifts for ten hours; Bella is silent meanwhile; Carla and Dora hear all of it."""
    rows = voyage(ANNA, LAT - 0.5, LON, Stretch(3, 10.0), Stretch(10, 0.6, 90.0), Stretch(9, 10.0))
    lat = LAT + away_nmi / 60
    dark = Stretch(off_h, 3.0, 90.0), Stretch(hours, 3.0, 90.0, heard=False), Stretch(5, 3.0, 90.0)
    rows += voyage(BELLA, lat, LON, *dark, start_h=0.11)  # never heard at a mark
    for track, north in ((CARLA, 0.03), (DORA, 0.05), (EMMA, 0.07)):
        rows += voyage(track, lat + north, LON, Stretch(22, 3.0, 90.0))
    return fixes(rows)


def heard(every: Fixes, cuts: list[float], saved: bool) -> dict[str, Event]:
    """Run both detectors as the station does."""
    gaps, stays, resample = Gap(), Loitering(), Resample()
    of_gaps, of_stays, sampled = gaps.start(), stays.start(), resample.start()
    context, said, before = Context(Places.none()), [], -np.inf
    last = float(every.t.max())
    for as_of in [*sorted(c for c in cuts if c < last), last]:
        over = as_of == last
        some = every.take((every.t >= before) & ((every.t < as_of) | over))
        sampled, points = resample.step(sampled, some, as_of)
        context = Context(Places.none(), over)
        what = Heard(some, points, Turns.empty())
        of_gaps, told = gaps.step(of_gaps, what, context, as_of)
        what = replace(what, gaps=Gaps(told, partial(gaps.told_at, of_gaps)))
        of_stays, found = stays.step(of_stays, what, context, as_of)
        if saved:
            of_stays = load(dump(of_stays))
        said += found
        before = as_of
    return {k: e for k, e in standing(said).items() if e.tracks == (ANNA,)}


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([1.0, 3.3, 6.1]),
    st.sampled_from([2.5, 5.9, 6.3, 9.2, 14.0, 16.0]),
    st.sampled_from([4.0, 25.0, 60.0]),
    st.lists(st.floats(0, 22), max_size=8),
    st.booleans(),
)
def test_what_could_have_come_does_not_depend_on_where_the_stream_is_cut(
    off_h: float, hours: float, away_nmi: float, cuts: list[float], saved: bool
) -> None:
    every = sea(off_h, hours, away_nmi)
    at_once = heard(every, [], saved=False)
    in_steps = heard(every, [T0 + h * HOUR for h in cuts], saved)
    assert whole_of(in_steps) == whole_of(at_once)


def test_what_was_told_between_two_marks_is_not_forgotten() -> None:
    every = sea(3.3, 14.0, 4.0)
    cuts = np.arange(T0 + 7, float(every.t.max()), 190.0).tolist()
    assert whole_of(heard(every, cuts, saved=True)) == whole_of(heard(every, [], saved=False))


def test_a_ship_silent_near_by_is_counted_and_the_caveat_says_no_more_than_that() -> None:
    (event,) = heard(sea(3.3, 14.0, 4.0), [], saved=False).values()
    assert event.evidence.measured["silent_ships_count"] == 1
    assert event.evidence.measured["silent_nearest_nmi"] == pytest.approx(8, abs=6)
    (says,) = (c for c in event.evidence.caveats if "silent" in c)
    assert f"MMSI {BELLA // 1000}" in says
    assert "Nothing shows that any of them was" in says
