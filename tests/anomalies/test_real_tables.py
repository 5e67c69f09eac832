"""Real tracks of ../shared/recordings: what is known of them must be found.

The comparisons are those of docs/quality.md, which `scripts/evaluate.py` writes.
"""

import sys

import pytest

from tests.recordings import ROOT, recording

sys.path.append(str(ROOT / "scripts"))

import _evaluate_known as known

from anomalies.encounter import Encounter
from anomalies.score import assess
from tests.fleets import HOUR, events
from tracks.places import Places

FOLDER = "tables/pyseas_gaps_data_416000301.csv"


def places() -> Places:
    return Places.load(ROOT / "config" / "places")


def test_gfws_published_gap_of_416000301_is_found_to_the_second() -> None:
    row = known.published_gap(recording(FOLDER).parents[1])
    assert row.expected == "2018-12-25 11:40:42 to 26 04:25:31, 3.77 kn"
    assert (row.ours, row.differs) == (row.expected, "")


def test_the_same_gap_as_another_provider_heard_it_lasts_as_long_as_gfw_says() -> None:
    row = known.other_provider(recording(FOLDER).parents[1])
    assert (row.ours, row.differs) == ("16.574 h", "")


def test_a_week_without_a_satellite_is_not_a_dark_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = recording("tables/skytruth_pelagos_raw10k_2012.csv.gz").parents[1]
    (gap,) = found = known.silences_of_168_h(folder, places())
    monkeypatch.setattr(known, "silences_of_168_h", lambda *_: found)  # it takes seconds
    assert not known.week_without_satellite(folder, places()).differs
    assert any("sparse" in f.says for f in assess(gap, {}).objections)


def test_pilots_and_ferries_in_the_solent_make_no_transshipment() -> None:
    folder = recording("tables/stonesoup_SolentAIS_20160112.csv").parents[1]
    heard = known.solent_fixes(folder)
    assert not events(Encounter(), heard, places=places())
    # Even if half an hour were enough, all of them are in port.
    assert known.solent(folder, places())[1:] == ("nothing: all are in port", "nothing", "", "")
    assert float(heard.t.max() - heard.t.min()) < 2 * HOUR


def test_a_result_that_is_not_ours_is_said_to_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = recording(FOLDER).parents[1]
    monkeypatch.setattr(known, "unix", lambda text: 60 + float(len(text)))
    monkeypatch.setattr(known, "events_in", lambda *_: [])
    assert known.published_gap(folder)[2:4] == ("nothing", "times")
    assert known.other_provider(folder)[2:4] == ("nothing", "length")
