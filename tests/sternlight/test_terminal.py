"""The ranking on a terminal: readable in 80 columns, and no name can do anything to it."""

from __future__ import annotations

import io
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.answers import FILES
from sternlight.screen import console
from sternlight.terminal import CREED, SIMULATED, Shown, ranking

SUMMARY: dict[str, Any] = {
    "simulated": False,
    "distress": [],
    "events": {"gap": 1, "loitering": 0, "encounter": 2},
    "vessels": 312,
    "reports": 1_022_328,
    "span": {"start": "2018-12-23T00:00:00Z", "end": "2018-12-28T00:00:00Z"},
    "vessels_with_events": 3,
    "alerts": {
        "budget_per_week": 3.0,
        "threshold": 0.81,
        "days_heard": 4.5,
        "calibrating": True,
        "alerts": 2,
        "held_back": 1,
    },
}
EVENT: dict[str, Any] = {
    "id": "encounter-1",
    "kind": "encounter",
    "mmsis": [416_000_301, 357_000_001],
    "start": "2018-12-25T11:40:12Z",
    "end": "2018-12-25T15:10:12Z",
    "score": 0.82,
    "for": [{"name": "far", "weight": 1.0, "says": "682 km from shore"}],
    "against": [{"name": "tug", "weight": -1.0, "says": "one of them is a tug"}],
    "caveats": ["the recording ended 1.2 h later"],
    "usual_per_week": 0.42,
    "alert": True,
    "held_back": False,
    "place": "682 nmi west of Papeete (PF), over 300 nmi from shore",
}


def vessel(name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "mmsi": 416_000_301,
        "track": "416000301.1",
        "name": name,
        "flag_name": "Taiwan",
        "ship_type": "fishing",
        "score": 0.82,
        "events": ["encounter-1"],
        "says": "Shows 2 of the 9 published signs that could be looked for; worth a check.",
        "signs_shown": 2,
        "contributions": [
            {"events": ["encounter-1"], "says": "Meeting at sea with a score of 0.82."},
            {"events": [], "says": "It was heard at sea for 150 days on end."},
        ],
    }
    return row | changes


def shown(vessels: list[dict[str, Any]], event: dict[str, Any], **summary: Any) -> str:
    out = io.StringIO()
    names = {416_000_301: "PAN PACIFIC", 357_000_001: "[b]LUCKY\x1b"}
    made = ranking(Shown(vessels, {"encounter-1": event}, names), SUMMARY | summary, "out", FILES)
    console(out).print(made)
    return out.getvalue()


def test_it_says_how_the_budget_is_kept_and_which_events_are_alerts() -> None:
    text = " ".join(shown([vessel("A")], EVENT).split())
    assert "2 alerts (budget 3 a week; threshold now 0.81), 1 more held back" in text
    assert "alert a usual week brings about 0.42 at least as strong" in text
    held = EVENT | {"alert": False, "held_back": True, "usual_per_week": None}
    text = " ".join(shown([vessel("A")], held).split())
    assert "alert held back by the budget; how many a usual week brings is not known" in text
    assert "alert a usual" not in " ".join(shown([vessel("A")], EVENT | {"alert": False}).split())


def test_it_says_who_what_where_when_why_and_what_speaks_against() -> None:
    text = " ".join(shown([vessel("PAN PACIFIC")], EVENT).split())
    for part in (
        "312 ships in 1,022,328 reports from 2018-12-23 00:00 UTC to 2018-12-28 00:00 UTC:"
        " 1 gap, 2 encounters.",
        "1. PAN PACIFIC MMSI 416000301 · Taiwan · fishing score 0.82",
        "stayed close to [b]LUCKY\ufffd (357000001) for 3.5 h from 2018-12-25 11:40 UTC,"
        " 682 nmi west of Papeete",
        "for 682 km from shore",
        "against one of them is a tug",
        "beware the recording ended 1.2 h later",
        "2 more ships with events in vessels.jsonl.",
        "Results in out: report.html, events.jsonl, vessels.jsonl, events.geojson, record.sqlite3,"
        " summary.json",
        CREED,
    ):
        assert part in text


def test_it_says_how_many_signs_a_ship_shows_and_those_that_no_event_tells() -> None:
    text = " ".join(shown([vessel("A")], EVENT).split())
    assert (
        "signs Shows 2 of the 9 published signs that could be looked for; worth a check."
        " It was heard at sea for 150 days on end. what stayed close"
    ) in text
    quiet = vessel("A", signs_shown=0, says="Shows none of the 4 published signs.")
    assert "published signs" not in shown([quiet], EVENT)


def test_it_fits_eighty_columns_without_a_terminal_and_has_no_colours() -> None:
    text = shown([vessel("N" * 20, ship_type="x" * 70)], EVENT | {"place": "y" * 200})
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize("name", ["[red]RED[/red]", "[/]", "[link=http://x]Y", ":skull:", "[bold"])
def test_markup_in_a_name_stays_text(name: str) -> None:
    assert name in shown([vessel(name)], EVENT)


@given(st.text(max_size=30))
def test_no_name_can_steer_a_terminal(name: str) -> None:
    event = EVENT | {"caveats": [name], "place": name}
    text = shown([vessel(name, ship_type=name, flag_name=name)], event)
    categories = {unicodedata.category(c) for c in text.replace("\n", "")}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_what_goes_on_when_the_recording_ends_says_so() -> None:
    assert "still so when the recording ended" in " ".join(
        shown([vessel("A")], EVENT | {"end": None, "kind": "loitering"}).split()
    )


def test_a_long_voyage_is_told_with_the_days_on_which_anybody_heard_it() -> None:
    measured = {"away_days": 211.2, "heard_days_count": 5, "ports_apart_nmi": 0.0}
    event = EVENT | {"kind": "long_voyage", "measured": measured}
    back = "heard in port again after 211 days from 2018-12-25 11:40 UTC (heard at sea on 5 days"
    assert back in " ".join(shown([vessel("A")], event).split())
    del measured["ports_apart_nmi"]
    away = "known in no port here for 211 days from 2018-12-25 11:40 UTC"
    lost = " ".join(shown([vessel("A")], event).split())
    assert f"{away} (heard at sea on 5 days of it), and not heard since" in lost
    lasting = " ".join(shown([vessel("A")], event | {"end": None}).split())
    assert f"{away} (heard at sea on 5 days of it), still so when the recording" in lasting


def test_a_distress_beacon_is_the_first_thing_shown() -> None:
    beacon = {
        "mmsi": 970_123_456,
        "kind": "search and rescue transmitter",
        "active": True,
        "first_heard": "2018-12-25T11:40:12Z",
        "last_heard": "2018-12-25T11:50:12Z",
        "lat": 1.0,
        "lon": 2.0,
    }
    text = shown([vessel("A")], EVENT, distress=[beacon])
    assert text.index("DISTRESS: search and rescue transmitter 970123456") < text.index("score")


def test_a_simulated_recording_is_called_so_at_both_ends() -> None:
    assert shown([vessel("A")], EVENT, simulated=True).count(SIMULATED) == 2


def test_no_events_is_said_plainly() -> None:
    none = dict.fromkeys(SUMMARY["events"], 0)
    assert "no events." in shown([], EVENT, events=none, vessels_with_events=0)


def test_a_ranking_of_ordinary_ships_says_that_none_stands_out() -> None:
    assert "No ship stands out; the highest score is 0.05." in shown(
        [vessel("A", score=0.05)], EVENT
    )
    assert "stands out" not in shown([vessel("A")], EVENT)
