"""What the commands `network` and `chain` read from a record, show, and write."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sternlight.cli import main
from sternlight.network import network
from sternlight.record.connections import Connections
from sternlight.record.read import open_record
from tests.sternlight.graphs import drawn
from tests.sternlight.sea_records import HOUR, Written, t, track

MARIE, HOSTILE, FRIO, SOFIA, BUNKER, QUIET = map(
    track, (663000001, 663000002, 255000001, 636000001, 538000001, 440000001)
)
CARGO, UNTOLD = "a cargo ship", "a vessel that has not said what it is"
EVIL = '=X("\x07")<script>]]>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a record in which two fishing vessels met carriers that called at ports."""
    made = Written(tmp_path_factory.mktemp("station"))
    made.ship(MARIE, name="MARIE", ship_type=30, size="40x9")
    made.ship(HOSTILE, name=EVIL, ship_type=30)
    made.ship(FRIO, name="FRIO", ship_type=70, imo=9074729)
    made.ship(SOFIA, name="SOFIA", ship_type=79)
    made.ship(BUNKER, name="BUNKER", ship_type=80)
    made.ship(QUIET)
    made.meet((BUNKER, FRIO), t(2), score=0.4, kinds=("a tanker", CARGO))
    made.meet((MARIE, FRIO), t(3), place="31 nmi west of Dakar (SN)")
    made.meet((HOSTILE, FRIO), t(4), score=0.7)
    made.meet((QUIET, FRIO), t(4, 12), score=0.8, kinds=(UNTOLD, CARGO))
    made.meet((FRIO, SOFIA), t(5), score=0.6, kinds=(CARGO, CARGO))
    made.meet((MARIE, SOFIA), t(8), hours=5.0)
    made.meet((HOSTILE, SOFIA), t(9), over=False)
    made.call(FRIO, t(6))
    made.call(SOFIA, t(7), hours=9.0, place="Las Palmas de Gran Canaria (ES)")
    made.call(SOFIA, t(12), hours=None)
    made.call(MARIE, t(13), place="Dakar (SN)")
    made.call(QUIET, t(3), place="Ålesund (NO)")
    made.call(QUIET, t(4), place="Alesund Roads (NO)", certainty=1)
    made.call(QUIET, t(5), place="San Juan (AR)")
    made.call(QUIET, t(6), place="San Juan (PR)")
    made.hear(FRIO, t(2), t(7))
    made.hear(SOFIA, t(4), t(9))
    made.archive.close()
    return made.folder


def said(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(folder)])


def output(folder: Path, *words: str) -> str:
    result = said(folder, *words)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def column(text: str, title: str) -> str:
    """Return what stands below a title, without the columns beside it."""
    lines = text.splitlines()
    first = lines[0].index(title)
    return " ".join(" ".join(line[first:] for line in lines).split())


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def to_dakar(folder: Path, *more: str) -> str:
    return output(folder, "chain", "dakar", "--from", "2026-01-01", "--to", "2026-01-31", *more)


def test_the_network_says_who_may_have_handed_over_and_where_it_went(folder: Path) -> None:
    out = column(said(folder, "network").stdout, "what was heard (UTC)")
    assert "MARIE may have handed over catch to FRIO" in out
    assert "FRIO called at Dakar (SN) 2.9 days later" in out
    assert "BUNKER may have handed over fuel to FRIO" in out
    assert "either may give" in out
    assert "has not said what kind of ship it is" in out
    assert "long enough for a call that nobody heard" in out
    out = output(folder, "network")
    assert "6 ships in 7 pairs" in out
    assert "Linked by meetings: 6 ships" in out
    assert "FRIO and SOFIA both met 2 same ships; chance would bring 1.0." in out
    assert "does not prove" in out
    assert "\x07" not in out


def test_for_programs_the_network_says_all_of_it_in_numbers(folder: Path) -> None:
    told = json.loads(output(folder, "network", "--json"))
    assert len(told["ships"]) == 6
    pair = next(p for p in told["pairs"] if p["ships"] == ["255000001.1", "663000001.1"])
    assert pair["handover"]["from"] == "663000001.1"
    assert pair["handover"]["goods"] == "catch"
    assert (pair["meetings_count"], pair["hours"], pair["best_score"]) == (1, 3.0, 0.9)
    call = pair["meetings"][0]["next_call"]
    assert (call["place"], call["start"]) == ("Dakar (SN)", "2026-01-07T00:00:00Z")
    assert (call["after_h"], call["other_meetings_count"]) == (69.0, 3)
    assert call["may_have_called_unheard"] is False
    assert told["groups"] == [sorted(ship["ship"] for ship in told["ships"])]
    assert {tuple(s["ships"]) for s in told["sharing"]} == {
        ("663000001.1", "663000002.1"),
        ("255000001.1", "636000001.1"),
    }


@pytest.mark.parametrize(
    ("words", "pairs"),
    [
        (["--around", "663000001"], 2),
        (["--around", "663000001", "--hops", "2"], 7),
        (["--since", "2026-01-09"], 2),
        (["--min-score", "0.85"], 3),
    ],
)
def test_a_part_of_the_network_can_be_asked_for(folder: Path, words: list[str], pairs: int) -> None:
    assert len(json.loads(output(folder, "network", "--json", *words))["pairs"]) == pairs


def test_an_open_meeting_lasts_as_long_as_it_was_told_to(folder: Path) -> None:
    with open_record(folder) as archive:
        meetings = {m.ships: m for m in Connections(archive).meetings()}
    assert meetings[SOFIA, HOSTILE].end == t(9, 3)


def test_hulls_of_one_ship_count_as_one_and_never_met_themselves(folder: Path) -> None:
    with open_record(folder) as archive:
        found = network(Connections(archive, {FRIO: FRIO, SOFIA: FRIO}), float("-inf"), 0.0)
        both = Connections(archive, {FRIO: FRIO, SOFIA: FRIO}).known([FRIO])[FRIO]
    assert {edge.ships: len(edge.meetings) for edge in found.edges}[FRIO, MARIE] == 2
    assert len(found.edges) == 4
    assert SOFIA not in found.ships()
    assert both.imo == 9074729


@pytest.mark.parametrize("other", [BUNKER, FRIO])
def test_a_ship_that_says_later_what_it_is_is_that_at_its_meetings_too(
    other: int, tmp_path: Path
) -> None:
    made = Written(tmp_path)
    made.ship(QUIET, ship_type=30)
    made.meet((QUIET, other), t(3), kinds=(UNTOLD, CARGO))
    with made.archive:
        (meeting,) = Connections(made.archive).meetings()
    assert (meeting.kind(QUIET), meeting.kind(other)) == ("fishing", "cargo")


def test_a_claim_of_which_nobody_knows_whose_it_was_is_nobodys(tmp_path: Path) -> None:
    made = Written(tmp_path)
    made.ship(track(663000001, 0), name="WHOSE", ship_type=30)
    with made.archive:
        assert Connections(made.archive).known([MARIE])[MARIE].name == ""


def test_heard_marks_are_those_of_all_tracks_of_a_ship(folder: Path) -> None:
    with open_record(folder) as archive:
        record = Connections(archive, {FRIO: FRIO, SOFIA: FRIO})
        assert len(record.heard(FRIO, t(1), t(20))) == 7 * 144 + 1
        assert len(record.heard(FRIO, t(3), t(3, 1))) == 7
        assert len(record.heard(MARIE, t(1), t(20))) == 0


def test_chains_are_shown_with_dates_places_and_doubts(folder: Path) -> None:
    words = ["chain", "dakar", "--from", "2026-01-01", "--to", "2026-01-31"]
    way = column(said(folder, *words).stdout, "the way (UTC)")
    assert "2026-01-04 00:00 to 2026-01-04 03:00 met FRIO (score 0.90), 31 nmi west" in way
    assert "2026-01-07 00:00 at Dakar (SN)" in way
    assert "long enough for a call that nobody heard" in way
    out = output(folder, *words)
    assert "chains found: 4; in 2 of them" in out
    assert "Left out: 1 meeting" in out
    assert "1 fishing vessel called there themselves: MARIE" in out
    assert "2026-01-31 23:59" in out


def test_for_programs_a_chain_names_every_ship_and_event(folder: Path) -> None:
    told = json.loads(to_dakar(folder, "--json"))
    assert [chain["ships"] for chain in told["chains"]] == [
        ["663000001.1", "255000001.1"],
        ["663000002.1", "255000001.1"],
        ["663000001.1", "636000001.1"],
        ["663000002.1", "636000001.1"],
    ]
    assert [chain["heard_throughout"] for chain in told["chains"]] == [True, True, False, False]
    assert told["chains"][0]["meetings"][0]["event"].startswith("encounter-255000001.1-663000001.1")
    assert told["landed_themselves"][0]["ship"] == "663000001.1"
    assert told["unclear_count"] == 1
    assert {ship["ship"] for ship in told["ships"]} == {
        *(ship for chain in told["chains"] for ship in chain["ships"]),
    }


def test_chains_with_a_carrier_that_was_long_unheard_are_left_out_and_counted(folder: Path) -> None:
    told = json.loads(to_dakar(folder, "--json", "--max-silence", "2"))
    assert (len(told["chains"]), told["silent_count"], told["max_silent_h"]) == (2, 2, 48.0)
    out = to_dakar(folder, "--max-silence", "2")
    assert "Left out: 2 chains with a carrier that was not heard for more than 2.0 days" in out


def test_over_two_carriers_to_another_port(folder: Path) -> None:
    words = ["chain", "las", "palmas", "--from", "2026-01-01", "--to", "2026-01-08", "--json"]
    told = json.loads(output(folder, *words))
    assert [chain["ships"][1:] for chain in told["chains"]] == [["255000001.1", "636000001.1"]] * 2
    assert json.loads(output(folder, *words, "--carriers", "1"))["chains"] == []
    assert json.loads(output(folder, *words, "--min-score", "0.65"))["chains"] == []


def test_the_last_day_belongs_to_the_span(folder: Path) -> None:
    words = ["chain", "dakar", "--from", "2026-01-06", "--json", "--to"]
    assert len(json.loads(output(folder, *words, "2026-01-07"))["chains"]) == 2
    assert json.loads(output(folder, *words, "2026-01-07T00:00:00Z"))["chains"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("chain Daker --from 2026-01-01 --to 2026-02-01", "did you mean Dakar (SN)?"),
        ("chain san juan --from 2026-01-01 --to 2026-02-01", "San Juan (AR); San Juan (PR)"),
        ("chain dakar --from 2026-02-01 --to 2026-01-01", "--to must not lie before --from"),
        ("network --around 1", "no ship with the MMSI 1"),
        ("network --out x.png", "must end in .csv (a table) or .graphml"),
    ],
)
def test_what_cannot_be_answered_is_said_with_what_could_be(
    folder: Path, words: str, says: str
) -> None:
    result = said(folder, *words.split())
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())


def test_an_empty_answer_says_what_it_would_take(folder: Path, tmp_path: Path) -> None:
    words = ["chain", "alesund", "--from", "2026-01-01", "--to", "2026-02-01"]
    assert "No chain to Ålesund (NO)" in output(folder, *words)
    assert "It takes a fishing vessel and a cargo ship" in output(folder, *words)
    Written(tmp_path).archive.close()
    assert "No such meeting is in the record. It takes two ships" in output(tmp_path, "network")
    assert "no port visit is in the record yet" in said(tmp_path, *words).output


def test_tables_hold_no_formula_and_name_every_step(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "dakar.csv"
    assert "4 chains are in" in to_dakar(folder, "--out", str(out))
    rows = table(out)
    assert [(r["chain"], r["step"], r["what"]) for r in rows[:4]] == [
        ("1", "1", "met"), ("1", "2", "called"), ("2", "1", "met"), ("2", "2", "called"),
    ]  # fmt: skip
    assert rows[2]["from_name"].startswith("'=X(")
    assert (rows[-1]["chain"], rows[-1]["what"]) == ("", "called")
    output(folder, "network", "--out", str(out))
    rows = table(out)
    assert len(rows) == 7
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    assert rows[1]["next_port"] == "Dakar (SN)"
    assert not [
        v for row in rows for v in row.values() if v[:1] in "=+-@" and v[:1] and v != "-18.0"
    ]


def test_drawings_are_graphml_whatever_ships_are_called(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.graphml"
    output(folder, "network", "--out", str(out))
    graph = drawn(out)
    assert (len(graph.nodes), len(graph.edges), graph.directed) == (6, 7, False)
    assert graph.nodes["663000002.1"]["label"] == EVIL.replace("\x07", "\ufffd")
    edge = next(v for a, b, v in graph.edges if {a, b} == {"255000001.1", "663000001.1"})
    assert edge["may_have_given"] == "663000001.1"
    assert (edge["meetings_count"], edge["hours"]) == (1, 3.0)
    to_dakar(folder, "--out", str(out))
    graph = drawn(out)
    assert graph.directed
    assert ("663000001.1", "255000001.1") in [(a, b) for a, b, _ in graph.edges]
    assert [v["what"] for a, b, v in graph.edges if b == "port-1"] == ["called"] * 3
    assert graph.nodes["port-1"] == {"label": "Dakar (SN)", "what": "port"}


def test_time_between_two_marks_is_enough_to_be_heard(folder: Path) -> None:
    with open_record(folder) as archive:
        marks = Connections(archive).heard(FRIO, t(3) + 1, t(3) + HOUR)
    assert len(marks) == 6
