"""Global Fishing Watch's own test cases (Apache-2.0) beside what we make of them.

The comparisons are those of docs/quality.md, which `scripts/evaluate.py` writes.
"""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.recordings import ROOT, conformance

sys.path.append(str(ROOT / "scripts"))

import _evaluate_conformance as cases
from _evaluate_conformance import EncounterCase, theirs

from tests.fleets import HOUR
from tracks.batch import BIN_S

# Theirs reports A meeting B and B meeting A apart, each with its own vessel's speed and
# place; the mean of the two is ours.


def case(name: str) -> EncounterCase:
    return cases.encounter_case(conformance("gfw_encounters.json"), name)


@pytest.mark.parametrize(
    ("name", "pairs_count"),
    [
        ("test_simple_encounters", 1),
        ("test_multi_encounters", 3),
        ("test_dateline_encounters", 1),
        ("test_merge_dateline", 1),
    ],
)
def test_gfws_cases_come_out_the_same_once_its_duplicates_are_one(
    name: str, pairs_count: int
) -> None:
    found = case(name)
    assert len(found.found) == pairs_count
    for event in found.found:
        own = theirs(found.expected, *found.pair(event))
        assert own
        assert cases.differences(event, own) == []


def test_what_is_not_theirs_is_said_to_differ() -> None:
    found = case("test_simple_encounters")
    (event,) = found.found
    later = replace(event, end=event.end + 1, lat=event.lat + 2e-5)
    assert cases.differences(later, found.expected) == ["end", "latitude"]
    far = {**event.evidence.measured, "median_distance_m": 999.0, "median_speed_kn": 9.0}
    off = replace(event, evidence=replace(event.evidence, measured=far), start=0.0, lon=-99.0)
    assert cases.differences(off, found.expected) == [
        "start", "median distance", "median speed", "longitude"
    ]  # fmt: skip


def test_following_only_the_nearest_neighbour_loses_meetings_and_ours_has_no_such_limit() -> None:
    """Their case keeps one neighbour, and so cuts 1-2 and 1-3 in two and has no 2-3 at all."""
    found = case("test_nerfed_multi_encounters")
    assert not theirs(found.expected, "2", "3")
    assert {found.pair(e) for e in found.found} == {("1", "2"), ("1", "3"), ("2", "3")}
    unlimited = case("test_multi_encounters").found[0]
    assert found.found[0].evidence.measured == unlimited.evidence.measured


@pytest.mark.parametrize("name", ["test_real_data", "test_message_generation"])
def test_a_hole_in_one_vessels_data_ends_the_meeting_where_theirs_goes_on(name: str) -> None:
    """441910000 is not heard for 8.1 h and again for 1.4 h.

    Theirs is right from the one side (the other vessel was heard, so it was not
    near) and bridges both holes from the other.
    """
    found = case(name)
    (ours,) = found.found
    bridged, right = sorted(found.expected, key=lambda e: -e["end_time"])
    assert cases.differences(ours, [right]) == []
    assert bridged["end_time"] - ours.end == 10 * HOUR


def test_merged_over_a_day_the_meeting_ends_where_theirs_does_and_its_holes_are_shown() -> None:
    """Theirs averages the medians of two overlapping duplicates; ours is one median."""
    merged, unmerged = case("test_merge_messages"), case("test_real_data")
    (ours,), (whole,) = merged.found, merged.expected
    assert (ours.start, ours.end) == (whole["start_time"], whole["end_time"])
    values, before = ours.evidence.measured, unmerged.found[0].evidence.measured
    assert (values["heard_h"], values["duration_h"]) == (2.5, 12.5)
    assert values["median_speed_kn"] == before["median_speed_kn"]
    one_way = [e for e in unmerged.expected if e["end_time"] == whole["end_time"]]
    assert cases.differences(ours, one_way) == []


def test_every_row_of_the_encounters_agrees_or_says_why_not() -> None:
    rows = cases.encounters(conformance("gfw_encounters.json"))
    assert (len(rows), sum(not row.differs for row in rows)) == (16, 10)
    assert all(row.why for row in rows if row.differs)
    text = cases.of_conformance([*rows, cases.Row("mine", "1", "2", "number")])["conformance"]
    assert "10 agree, 6 differ for a known reason, 1 differ |" in text
    assert "| mine | 1 | 2 | no (number): not explained |" in text


def test_our_points_are_theirs_up_to_the_last_fix() -> None:
    path = conformance("gfw_resample.json")
    ours, expected = cases.resampled(path)
    assert (ours.bin * BIN_S).tolist() == [e["t"] for e in expected]
    assert ours.lat == pytest.approx([e["lat"] for e in expected], abs=1e-5)
    assert not cases.points_row(path).differs


@pytest.mark.parametrize(
    ("min_h", "left_out_h", "count"), [(cases.LEAST_H, 0, 7), (6, 7, 3), (12, 13, 2)]
)
def test_gaps_and_counts_before_are_those_of_gfws_rule_on_gfws_messages(
    min_h: float, left_out_h: float, count: int
) -> None:
    """7 is what their own test expects; they have no gap of 6 h, so hours are left out here."""
    some = cases.messages(conformance("gfw_gaps_messages.json"), left_out_h, count)
    found = cases.gaps_found(cases.message_fixes(some), min_h)
    assert found == cases.by_gfws_rule(some, min_h)
    assert len(found) == count


def test_gfws_open_gap_is_open_here_and_closed_by_the_first_message_after_it() -> None:
    later = conformance("gfw_gaps_messages.json")
    row = cases.open_gap(conformance("gfw_gaps_open.json"), later)
    assert not row.differs
    assert row.ours.startswith("opened of 2023-08-19 16:14:30, then closed of")


def test_where_there_are_no_published_cases_there_are_no_rows(tmp_path: Path) -> None:
    assert cases.of_cases(tmp_path / "none") == []
