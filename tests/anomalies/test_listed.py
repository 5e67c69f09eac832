"""Ships of watch lists, heard and met; all ships here are made up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from anomalies.detector import Context, Heard
from anomalies.encounter import Encounter
from anomalies.event import Event
from anomalies.listed import Listed
from anomalies.listed_words import CLAIM, MOST_NAMED, NO_MORE
from anomalies.score import assess
from tests.anomalies.meetings import WithMeetings
from tests.fleets import ANNA, BELLA, HOUR, T0, Stretch, changes, events, fixes, voyage
from tracks.batch import HULLS_PER_MMSI, Fixes, Points, StaticBatch
from tracks.places import Places
from tracks.watchlist import Entry, Watchlist

MMSI, OTHER = ANNA // HULLS_PER_MMSI, BELLA // HULLS_PER_MMSI
IMO, OTHER_IMO = 3_000_001, 3_000_013
DAY = 24.0
WATCH = Watchlist.of(
    [Entry("Sim list", name="SIM ANNA", imos=(IMO,), note="<script>seen</script>", dated="2017-01")]
)


def heard(*hours: float, track: int = ANNA) -> Fixes:
    return fixes([(track, h, 60.0, 5.0) for h in hours])


def said(*rows: tuple[float, dict[str, object]], mmsi: int = MMSI) -> StaticBatch:
    made = [
        StaticBatch.make(1, t=T0 + h * HOUR, mmsi=mmsi, line=900_000 + i, **claims)
        for i, (h, claims) in enumerate(rows)
    ]
    return StaticBatch.concat(made)


def found(
    at: Fixes, statics: StaticBatch, watch: Watchlist = WATCH, until_h: float | None = None
) -> list[Event]:
    until = None if until_h is None else T0 + until_h * HOUR
    told = events(Listed(), at, statics=statics, watch=watch, until=until)
    return sorted(told.values(), key=lambda e: (e.start, e.tracks))


def test_a_listed_ship_is_one_event_from_its_first_fix_as_that_until_a_silent_week() -> None:
    claims = said((1.0, {"imo": IMO}))
    (event,) = found(heard(0, 0.9, 1.5, 9, 30, 100), claims, until_h=30 * DAY)
    assert event.kind == "listed"
    assert event.tracks == (ANNA,)
    assert (event.start, event.end) == (T0 + 1.5 * HOUR, T0 + 100 * HOUR)
    assert event.evidence.measured == {
        "certainty_share": 0.9,
        "days_heard_count": 3,
        "span_h": 98.5,
    }
    assert 900_000 in event.evidence.lines


def test_a_ship_that_comes_back_after_the_quiet_time_is_a_new_event() -> None:
    claims = said((0.0, {"imo": IMO}))
    first, second = found(heard(1, 2, 1 + 7 * DAY, 2 + 7 * DAY), claims)
    assert first.end == T0 + 2 * HOUR
    assert (second.start, second.end) == (T0 + (1 + 7 * DAY) * HOUR, None)


def test_an_mmsi_of_a_list_needs_no_claim_and_a_name_alone_is_never_enough() -> None:
    watch = Watchlist.of([Entry("Sim list", mmsis=(MMSI,))])
    (event,) = found(heard(0, 1), StaticBatch.empty(), watch)
    assert event.evidence.measured["certainty_share"] == 0.5
    assert not found(heard(0, 1), said((0.0, {"name": b"SIM ANNA"})))


def test_fixes_count_only_while_the_claims_agree() -> None:
    claims = said((0.0, {"imo": IMO}), (2.0, {"imo": OTHER_IMO}), (4.0, {"imo": IMO}))
    (event,) = found(heard(1, 3, 5, 30), claims)
    assert event.evidence.measured["span_h"] == 29
    (event,) = found(heard(1, 3), claims)
    assert event.evidence.measured["span_h"] == 0


def test_an_imo_number_with_a_wrong_check_digit_says_nothing() -> None:
    (event,) = found(heard(1, 3), said((0.0, {"imo": IMO}), (2.0, {"imo": IMO + 1})))
    assert event.evidence.measured["span_h"] == 2


def test_empty_fields_of_a_message_take_nothing_back() -> None:
    claims = said((0.0, {"imo": IMO}), (1.0, {"name": b"SIM ANNA"}), (2.0, {}))
    (event,) = found(heard(3), claims)
    assert event.evidence.measured["certainty_share"] == 0.97


def test_other_hulls_under_the_number_are_named_and_speak_against() -> None:
    both = Fixes.concat([heard(1, 2, 3), heard(1.5, 2.5, track=ANNA + 1)])
    first, second = found(both, said((0.0, {"imo": IMO})))
    assert first.evidence.others == (ANNA + 1,)
    assert any("which of them" in caveat for caveat in first.evidence.caveats)
    assert assess(first, {}).score < assess(second, {}).score


def test_a_hull_that_speaks_later_under_the_number_is_no_other_one_meanwhile() -> None:
    both = Fixes.concat([heard(1, 2, 3), heard(9.5, track=ANNA + 1)])
    first, _ = found(both, said((0.0, {"imo": IMO})))
    assert not first.evidence.others


def meeting(
    *claims: tuple[float, dict[str, object]], before_h: tuple[float, ...] = ()
) -> list[Event]:
    """Two ships drift side by side from 3 h to 7 h, and one says this of itself."""
    way = (Stretch(3, 6.0, 90.0), Stretch(4), Stretch(9, 6.0, 270.0))
    rows = voyage(ANNA, 60.0, 5.0, *way) + voyage(BELLA, 60.001, 5.0, Stretch(3, 6.0, 90.0),
                                                  Stretch(4), Stretch(9, 6.0, 90.0))  # fmt: skip
    detector = WithMeetings(Encounter(), Listed())
    rows += [(ANNA, hour, 60.0, 4.0) for hour in before_h]
    told = events(detector, fixes(rows), statics=said(*claims), watch=WATCH)
    return [event for event in told.values() if len(event.tracks) == 2]


def test_whoever_meets_a_listed_ship_has_an_event_with_both() -> None:
    (event,) = meeting((0.0, {"imo": IMO}))
    assert event.tracks == (ANNA, BELLA)
    assert event.end is not None
    assert event.evidence.measured["listed_ships_count"] == 1
    assert event.evidence.measured["median_distance_m"] == pytest.approx(111, abs=2)
    assert "met" in event.evidence.rule
    assert 900_000 in event.evidence.lines


def test_what_is_claimed_after_a_meeting_makes_it_no_meeting_of_a_listed_ship() -> None:
    assert not meeting((12.0, {"imo": IMO}))


def test_who_bore_the_marks_long_before_is_no_listed_ship_at_the_meeting() -> None:
    claims = (-9 * DAY, {"imo": IMO}), (-8.5 * DAY, {"imo": OTHER_IMO})
    assert not meeting(*claims, before_h=(-8.9 * DAY,))
    claims = (-6 * DAY, {"imo": IMO}), (-5.5 * DAY, {"imo": OTHER_IMO})
    assert meeting(*claims, before_h=(-5.9 * DAY,))


def test_a_meeting_is_as_certain_as_the_match_was_by_its_end() -> None:
    (event,) = meeting((0.0, {"imo": IMO}), (12.0, {"name": b"SIM ANNA"}))
    assert event.evidence.measured["certainty_share"] == 0.9
    (event,) = meeting((0.0, {"imo": IMO}), (5.0, {"name": b"SIM ANNA"}))
    assert event.evidence.measured["certainty_share"] == 0.97


def test_what_a_list_says_is_told_as_the_lists_claim_and_as_text() -> None:
    (event,) = found(heard(1), said((0.0, {"imo": IMO, "name": b"<B>"})))
    first, *_, last = event.evidence.caveats
    assert first == (
        "Sim list (2017-01) lists SIM ANNA, IMO 3000001: <script>seen</script>;"
        f" {MMSI} was matched by IMO number alone; another name, certainty 0.87"
    )
    assert last == CLAIM


def test_of_many_lists_some_are_named_and_the_others_counted() -> None:
    watch = Watchlist.of(Entry(f"List {i}", imos=(IMO,)) for i in range(MOST_NAMED + 2))
    (event,) = found(heard(1), said((0.0, {"imo": IMO})), watch)
    assert "and 2 more entries of lists" in event.evidence.caveats


def test_a_list_that_is_gone_leaves_the_event_and_says_so() -> None:
    detector, at = Listed(), heard(1)
    state, _ = detector.step(
        detector.start(), told(at, said((0.0, {"imo": IMO}))), Context(Places.none(), watch=WATCH),
        T0 + 2 * HOUR,
    )  # fmt: skip
    nothing = Heard(Fixes.empty(), Points.empty())
    _, (change,) = detector.step(state, nothing, Context(Places.none()), T0 + 10 * DAY * HOUR)
    assert change.what == "closed"
    assert NO_MORE in change.event.evidence.caveats


def told(at: Fixes, statics: StaticBatch) -> Heard:
    return Heard(at, Points.empty(), statics=statics)


def test_without_lists_nothing_is_looked_at_and_nothing_remembered() -> None:
    detector, context = Listed(), Context(Places.none())
    at, claims = heard(1, 2), said((0.0, {"imo": IMO}))
    state, changed = detector.step(detector.start(), told(at, claims), context, T0 + 3 * HOUR)
    assert not changed
    assert {k: len(v) for k, v in state.items() if v.ndim} == dict.fromkeys(
        (k for k, v in state.items() if v.ndim), 0
    )


def test_a_ship_that_stays_for_years_is_told_in_parts_and_takes_little_memory() -> None:
    hours = np.arange(0, 800 * DAY, 25.0).tolist()
    first, second, third = found(heard(*hours), said((-1.0, {"imo": IMO})))
    assert first.evidence.measured["days_heard_count"] == 366
    assert first.end is not None
    assert third.end is None
    assert second.start == first.end + 25 * HOUR


def test_an_open_event_is_told_at_first_at_each_doubling_and_whenever_somebody_asks() -> None:
    hours = [1 + DAY * d for d in range(9)]
    cuts = [T0 + (h + 0.5) * HOUR for h in hours]
    said_of = changes(Listed(), heard(*hours), cuts=cuts, statics=said((0.0, {"imo": IMO})),
                      watch=WATCH)  # fmt: skip
    assert [c.event.evidence.measured["days_heard_count"] for c in said_of] == [1, 2, 4, 8, 9]


def test_the_score_says_how_sure_the_match_is_and_grows_with_it() -> None:
    (event,) = found(heard(1), said((0.0, {"imo": IMO})))
    scores = []
    for certainty in (0.4, 0.5, 0.75, 0.97):
        measured = {**event.evidence.measured, "certainty_share": certainty}
        sure = replace(event, evidence=replace(event.evidence, measured=measured))
        scores.append(assess(sure, {}).score)
    assert scores == sorted(set(scores))
    assert scores[0] < 0.2
    assert scores[-1] > 0.7


def test_what_a_list_alleges_changes_no_score() -> None:
    claims = said((0.0, {"imo": IMO}))
    mild, grave = (
        assess(found(heard(1), claims, Watchlist.of([Entry("L", imos=(IMO,), note=note)]))[0], {})
        for note in ("", "forced labour, murder, theft")
    )
    assert mild.score == grave.score
    assert math.isfinite(mild.score)


def test_a_quiet_time_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="quiet_days"):
        Listed(quiet_days=0)
