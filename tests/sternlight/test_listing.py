"""Events and vessels of a station: the same as a replay of its log tells, chosen and shown."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from receiver.sources.address import parse
from receiver.sources.simulator import Simulation
from sternlight.errors import ArchiveError
from sternlight.listing import Listing, Wanted, show_events, show_vessels
from sternlight.settings import Settings
from tests.sternlight.stations import Post, replayed_rows
from tracks.places import Places


@cache
def station() -> Path:
    """Return the folder of a station that heard a sea over two antennas and was left running."""
    feeds = [
        parse("file:///none?clock=feed&name=roof"),
        parse("file:///none?clock=feed&name=%3Cscript%3E"),
    ]
    post = Post(Path(mkdtemp()) / "station", feeds)
    post.start()
    lines = b"".join(Simulation(seed=9, hours=24.0, vessels=30).lines()).splitlines(keepends=True)
    for at in range(0, len(lines), 2000):
        post.hear(b"".join(lines[at : at + 2000]), 1)
        post.hear(b"".join(lines[at : at + 2000 : 3]), 2)
    post.watch.log.sync()
    post.kill()
    return post.folder


@cache
def listing() -> Listing:
    return Listing(station(), Settings(), Places.none())


def test_events_and_vessels_are_those_of_a_replay_of_the_log(tmp_path: Path) -> None:
    assert listing().events(Wanted()) == replayed_rows(station(), tmp_path / "out")
    expected = (tmp_path / "out" / "vessels.jsonl").read_text("utf-8").splitlines()
    told = [{k: v for k, v in row.items() if k != "heard_by"} for row in listing().vessels()]
    assert told == [json.loads(line) for line in expected]


def test_events_can_be_chosen_by_time_kind_score_and_mmsi() -> None:
    every = [json.loads(row) for row in listing().events(Wanted())]
    assert {row["kind"] for row in every} >= {"gap", "encounter"}

    def chosen(**wanted: object) -> list[str]:
        return [json.loads(row)["id"] for row in listing().events(Wanted(**wanted))]  # type: ignore[arg-type]

    assert chosen(kinds=["gap"]) == [row["id"] for row in every if row["kind"] == "gap"]
    assert chosen(min_score=0.3) == [row["id"] for row in every if row["score"] >= 0.3]
    mmsi = every[0]["mmsis"][0]
    assert chosen(mmsi=mmsi) == [row["id"] for row in every if mmsi in row["mmsis"]]
    since = 1_772_323_200.0 + 12 * 3600
    late = [
        row["id"] for row in every if row["end"] is None or row["end"] >= "2026-03-01T12:00:00Z"
    ]
    assert chosen(since=since) == late
    assert 0 < len(late) < len(every)


def test_a_vessel_knows_which_sources_heard_it_and_how_often() -> None:
    row = max(listing().vessels(), key=lambda row: row["fixes_count"])
    roof, other = row["heard_by"]
    assert (roof["source"], other["source"]) == ("roof", "<script>")
    assert roof["reports"] > 2 * other["reports"] > 0
    assert row["fixes_count"] <= roof["reports"]


def test_tables_show_no_markup_and_say_what_a_score_is(capsys: pytest.CaptureFixture[str]) -> None:
    show_events(json.loads(row) for row in listing().events(Wanted(min_score=0.2)))
    out = capsys.readouterr().out
    assert "never how guilty somebody is" in out
    assert max(map(len, out.splitlines())) <= 80
    show_vessels(list(listing().vessels()), 5)
    out = capsys.readouterr().out
    assert "reports: roof" in " ".join(out.split())
    assert "more vessels; --json lists all." in out
    show_events([])
    assert capsys.readouterr().out == "No such event.\n"


def test_a_folder_without_an_archive_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"there is no archive in .*; --data names the folder"):
        Listing(tmp_path, Settings(), Places.none())
