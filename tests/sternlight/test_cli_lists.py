"""Lists on the command line: what they hold, whom they name, and what a station tells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from receiver.sources.simulator import Simulation
from sternlight.cli import main
from sternlight.settings import Settings, Watchlists
from tests.sternlight.stations import Post, kept_rows, replayed_rows


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated recording, its results, and lists of some of its ships."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "sea.nmea").write_bytes(
        b"".join(Simulation(hours=20, vessels=25, thin_s=300).lines())
    )
    assert invoke("replay", folder / "sea.nmea", "--out", folder / "plain").exit_code == 0
    rows = rows_of(folder / "plain/vessels.jsonl")
    ships = [row for row in rows if row["imo"] and row["call_sign"]]
    (folder / "mine.csv").write_text(
        "IMO;call sign;name;note\n"
        f'{ships[0]["imo"]};;SIM RENAMED;=HYPERLINK("x") <script>\x1b[2J\n'
        f";{ships[1]['call_sign']};{ships[1]['name']};\n"
        f";;{ships[2]['name']};\n"
        "123;;;\n"
    )
    (folder / "record.csv").write_text(
        f"IOTC Number,Name,IMO\nX1,{ships[0]['name']},{ships[0]['imo']}\n"
    )
    (folder / "numbers.json").write_text(json.dumps([ship["mmsi"] for ship in ships[:3]]))
    return folder


def numbers(sea: Path) -> list[int]:
    found: list[int] = json.loads((sea / "numbers.json").read_text())
    return found


def test_a_list_is_described_and_exit_code_1_says_that_some_rows_cannot_be_used(sea: Path) -> None:
    result = invoke("watchlist", sea / "mine.csv", sea / "record.csv")
    assert result.exit_code == 1
    assert "mine.csv: table of your own, 3 ships" in result.output
    assert "line 5: nothing by which a ship could be recognised" in result.output
    assert "record.csv: IOTC Record of Authorised Vessels, 1 ship" in result.output
    assert invoke("watchlist", sea / "record.csv").exit_code == 0


def test_a_file_that_is_no_list_is_one_sentence_and_no_traceback(sea: Path) -> None:
    result = invoke("watchlist", sea / "plain" / "summary.json")
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "Traceback" not in result.output


def test_ships_of_a_record_are_matched_each_with_its_certainty(sea: Path) -> None:
    result = invoke("watchlist", sea / "mine.csv", "--data", sea / "plain", "--json")
    told = json.loads(result.stdout)
    found = {row["mmsi"]: (row["certainty"], row["matched_by"]) for row in told["matches"]}
    first, second, third = numbers(sea)
    assert found == {
        first: (0.87, "IMO number alone; another name"),
        second: (0.85, "call sign and name"),
        third: (0.2, "name alone"),
    }


def test_on_a_screen_what_a_list_says_is_plain_text(sea: Path) -> None:
    shown = invoke("watchlist", sea / "mine.csv", sea / "record.csv", "--data", sea / "plain")
    assert "\x1b" not in shown.output
    assert "<script>" in shown.output
    words = " ".join(shown.output.split())
    many = len(rows_of(sea / "plain/vessels.jsonl"))
    assert f"3 ships of {many} heard may be on a list" in words
    assert "What a list says is the list's claim" in words
    assert "That others do not is no suspicion" in words


def test_a_replay_tells_of_listed_ships_and_of_the_files_it_read(sea: Path) -> None:
    result = invoke("replay", sea / "sea.nmea", "--out", sea / "r", "--watchlist", sea / "mine.csv")
    assert result.exit_code == 0
    assert "1 of 4 rows have nothing by which a ship could be recognised" in result.output
    rows = rows_of(sea / "r/events.jsonl")
    heard = {e["mmsis"][0] for e in rows if e["kind"] == "listed" and len(e["mmsis"]) == 1}
    assert heard == set(numbers(sea)[:2])  # a name alone is not enough
    summary = json.loads((sea / "r/summary.json").read_text())
    (one,) = summary["watchlists"]
    assert (one["name"], one["ships"], len(one["sha256"])) == ("mine.csv", 3, 64)
    assert summary["settings"]["watchlists"]["files"] == ["mine.csv"]


def test_without_lists_a_replay_is_as_it_was(sea: Path) -> None:
    rows = rows_of(sea / "plain/events.jsonl")
    others = rows_of(sea / "r/events.jsonl")
    plain = [e["id"] for e in others if e["kind"] != "listed"]
    assert [e["id"] for e in rows] == plain


def test_a_station_tells_what_a_replay_of_its_log_tells_also_after_a_kill(
    sea: Path, tmp_path: Path
) -> None:
    settings = replace(Settings(), watchlists=Watchlists((str(sea / "mine.csv"),)))
    config = tmp_path / "my.toml"
    config.write_text(f'[watchlists]\nfiles = ["{sea / "mine.csv"}"]\n')
    lines = (sea / "sea.nmea").read_bytes().splitlines(keepends=True)
    post = Post(tmp_path / "station", settings=settings)
    for begin in range(0, len(lines), len(lines) // 3):
        post.start()
        post.hear(b"".join(lines[begin : begin + len(lines) // 3]))
        post.watch.log.sync()
        post.kill()
    told = kept_rows(post.folder, settings)
    assert told == replayed_rows(post.folder, tmp_path / "out", config)
    assert sum('"kind":"listed"' in row for row in told) >= 2
