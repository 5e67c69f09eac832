"""What is withheld, as it is asked for, and what then stands in a row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.errors import SettingsError
from sternlight.evidence.redaction import NOTHING, Redaction
from sternlight.evidence.shared_copy import OF_A_LIST, SharedCopy
from sternlight.text import iso

A, B = 416000111, 574000222


def row(**other: Any) -> dict[str, Any]:
    """Return an event as events.jsonl has it."""
    return {
        "id": f"encounter-{A}.1-{B}.2-20260301T030501Z", "kind": "encounter", "state": "closed",
        "mmsis": [A, B], "ships": ["a cargo ship", "a fishing vessel"],
        "start": "2026-03-01T03:05:01Z", "end": "2026-03-01T09:59:59Z",
        "lat": 15.009813, "lon": -17.918626, "anomaly": "transshipment", "score": 0.978,
        "measured": {"duration_h": 3.833, "shore_nmi": 26.88, "on_port_nmi": 2.1,
                     "drift_nmi": 6.65},
        "rule": "shore_nmi >= 5",
        "for": [{"name": "offshore", "weight": 0.8, "says": "27 nmi from shore."}],
        "against": [{"name": "x", "weight": -1, "says": "Came from 1.5 nmi."}],
        "caveats": [f"the nearest, MMSI {B}, was 12 nmi away", "both gave the IMO number 9074729"],
        "lines": [{"file": f"{A}.csv", "line": 7}], "tracks": [f"{A}.1", f"{B}.2"],
        "place": "34 nmi northwest of Dakar (SN), 27 nmi from shore",
        "zone": "24 to 200 nmi from shore", **other,
    }  # fmt: skip


def test_what_is_asked_for_is_read() -> None:
    assert Redaction.parse("") == NOTHING
    assert not NOTHING
    assert Redaction.parse("names, positions=5,times=0.5e1") == Redaction(True, 5.0, 5.0)
    assert all(Redaction.parse(text) for text in ("names", "positions=1", "times=1"))


@pytest.mark.parametrize(
    "text", ["name", "names=1", "positions", "positions=", "positions=x", "positions=nan",
             "positions=-1", "positions=0.5", "times=inf", "names,names", "5"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_way_to_write_it(text: str) -> None:
    with pytest.raises(SettingsError, match=r"names,positions=5,times=6"):
        Redaction.parse(text)


@given(st.floats(0, 4e9), st.floats(1, 1000))
def test_times_are_rounded_down_to_full_periods(t: float, period_h: float) -> None:
    told = Redaction(times_h=period_h).time(t)
    assert told <= t < told + period_h * 3600 * (1 + 1e-9)
    assert Redaction(times_h=period_h).time(told + period_h * 1800) == told


def test_a_time_is_told_by_the_period_it_lies_in() -> None:
    assert Redaction(times_h=6).moment("2026-03-01T09:59:59Z") == "2026-03-01T06:00:00Z"
    assert Redaction(times_h=6).moment(None) is None
    assert Redaction(names=True).moment(iso(7.0)) == iso(7.0)


def test_distances_in_sentences_are_as_coarse_as_places() -> None:
    says = "27 nmi from shore, 2.1 nmi off, of 1,234 nmi; 500 m apart"
    assert Redaction(positions_nmi=5).distances(says) == (
        "About 25 nmi from shore, under 5 nmi off, of about 1235 nmi; 500 m apart"
    )
    assert Redaction(names=True).distances(says) == says


def test_a_row_without_anything_withheld_is_the_row() -> None:
    assert SharedCopy().event(row()) == row()


def test_with_names_withheld_no_number_is_left_and_a_ship_has_one_pseudonym() -> None:
    copy = SharedCopy(Redaction(names=True))
    told = copy.event(row())
    text = json.dumps(told)
    assert not any(secret in text for secret in (str(A), str(B), "9074729", "030501"))
    assert told["mmsis"] == ["ship A", "ship B"]
    assert told["tracks"] == ["ship A.1", "ship B.2"]
    assert told["caveats"][0] == "the nearest, MMSI ship B, was 12 nmi away"
    assert (told["lines"], told["lines_count"]) == ([], 1)
    assert (told["lat"], told["place"]) == (row()["lat"], row()["place"])
    assert copy.event(row())["id"] == told["id"] == "event 1"
    assert copy.event(row(id="gap-1.1-2"))["id"] == "event 2"


def test_what_a_list_says_of_a_ship_is_withheld_with_its_name() -> None:
    hidden = SharedCopy(Redaction(names=True)).event(row(kind="listed", caveats=["OUR list: EVA"]))
    assert hidden["caveats"] == [OF_A_LIST]
    told = SharedCopy(Redaction(times_h=6)).event(row(kind="listed", caveats=["OUR list: EVA"]))
    assert told["caveats"] == ["OUR list: EVA"]


def test_with_positions_withheld_no_figure_and_no_words_tell_the_place() -> None:
    told = SharedCopy(Redaction(positions_nmi=10)).event(row())
    text = json.dumps(told)
    assert not any(secret in text for secret in ("15.0098", "17.9186", "26.88", "Dakar", "27 nmi"))
    assert told["measured"] == {
        "duration_h": 3.833, "shore_nmi": 30, "on_port_nmi": 0, "drift_nmi": 6.65,
    }  # fmt: skip
    assert told["place"] == "in a cell of 10 nmi around 15.08° N, 17.86° W"
    assert told["mmsis"] == [A, B]
    assert told["id"] == row()["id"]


def test_with_times_withheld_the_id_does_not_tell_them() -> None:
    told = SharedCopy(Redaction(times_h=6)).event(row())
    assert (told["start"], told["end"]) == ("2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z")
    assert "030501" not in json.dumps(told)


def test_a_name_that_was_told_is_found_in_sentences() -> None:
    copy = SharedCopy(Redaction(names=True))
    copy.ship(A, "MV [Eva] 3", "DX")
    assert copy.text("of mv [EVA] 3, and of MV [Eva] 34, and DX") == (
        "of ship A, and of MV [Eva] 34, and DX"
    )


def test_a_vessel_keeps_its_score_and_loses_what_names_it() -> None:
    vessel = {
        "mmsi": A, "track": f"{A}.1", "name": "EVA NORD", "imo": 9074729, "call_sign": "DXYZ",
        "flag": "TW", "score": 0.4, "says": "Shows 1 of the 5 published signs.",
        "contributions": [{"sign": "gap", "events": ["gap-x"], "says": f"Silence of {A}, 27 nmi"}],
        "events": ["gap-x"], "missing": ["engine power"], "first_heard": "2026-03-01T03:05:01Z",
        "last_heard": "2026-03-01T13:05:01Z", "fixes_count": 9,
        "names": [{"since": "2026-03-01T03:05:01Z", "name": "EVA NORD"}],
    }  # fmt: skip
    told = SharedCopy(Redaction(True, 10, 6)).vessel(vessel)
    text = json.dumps(told)
    assert not any(s in text for s in (str(A), "EVA", "9074729", "DXYZ", "03:05", "27 nmi"))
    assert (told["mmsi"], told["name"], told["score"]) == ("ship A", "ship A", 0.4)
    assert told["contributions"][0]["events"] == told["events"] == ["event 1"]
    assert SharedCopy().vessel(vessel) == vessel


def test_the_27th_ship_is_called_aa() -> None:
    copy = SharedCopy(Redaction(names=True))
    names = [copy.ship(mmsi) for mmsi in range(800)]
    assert names[25:28] == ["ship Z", "ship AA", "ship AB"]
    assert names[701:703] == ["ship ZZ", "ship AAA"]
    assert len(set(names)) == 800


def test_what_was_withheld_is_said() -> None:
    assert NOTHING.says == []
    told = " ".join(Redaction(True, 5, 6).says)
    assert all(word in told for word in ("ship A", "5 nmi", "6 h", "line by line"))
