"""`sternlight status`: what it prints and what it exits with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight import asking
from sternlight.asking import NOT_RUNNING, TROUBLED, WELL, show
from sternlight.screen import put
from sternlight.status import LastKnown, Status
from sternlight.statuspage import RUN_FILE, StatusPage
from sternlight.statusview import view
from tests.sternlight.statuses import NOW, source, status

KNOWN = LastKnown(last_commit=NOW, last_heard=NOW - 3, events_open=2, events_closed=1234)
BEACON = {
    "mmsi": 970_123_456,
    "kind": "search and rescue transponder (AIS-SART)",
    "active": True,
    "first_heard": "2026-11-28T23:00:00Z",
    "last_heard": "2026-11-28T23:59:00Z",
    "lat": 54.1,
    "lon": 7.9,
    "reports": 3,
}


class Station:
    """Runs in this process; its status can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status: Status = status()
        self.page = StatusPage(folder, 0, lambda: self.status)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    made = Station(tmp_path_factory.mktemp("station"))
    yield made
    made.page.close()


@pytest.fixture
def station(running: Station) -> Station:
    running.status = status()
    return running


def known() -> LastKnown | None:
    return KNOWN


def never() -> LastKnown | None:
    raise AssertionError("the archive need not be asked")


def test_a_healthy_station_is_shown_in_80_columns_and_exits_0(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(station.folder, False, never) == WELL
    text = capsys.readouterr().out
    assert text.startswith("The station is hearing 1 of 1 source; 312 ships in the last hour.\n")
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.splitlines())
    words = " ".join(text.split())
    for part in ("812.4 lines a minute, 790.0 are usual; heard 2 s ago", "set by a time server",
                 "base stations -0.6 s", "14 events going on, 2,310 over", "disk free 21.4 GB",
                 "41.0 MB today, safe on the disk 5 s ago", "54 °C",
                 "3 subscribers, 1 not confirmed, 2 letters waiting",
                 "last sent 1.5 h ago"):  # fmt: skip
        assert part in words
    assert "To look at" not in text


def test_troubles_are_shown_first_and_exit_1(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    pier = source("pier", state="lost", why="connection refused", last_heard=None)
    station.status = status(source(), pier, distress=[BEACON])
    assert show(station.folder, False, never) == TROUBLED
    text = " ".join(capsys.readouterr().out.split())
    assert "- Source pier is lost since 2.0 h: connection refused." in text
    assert "DISTRESS: search and rescue transponder (AIS-SART) 970123456" in text
    assert "tell the coast guard" in text
    assert "pier lost 812.4 lines a minute" in text


def test_json_is_the_whole_status(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(station.folder, True, never) == WELL
    told = json.loads(capsys.readouterr().out)
    assert told == {"running": True, **station.status, "troubles": []}


@pytest.mark.parametrize("run", [None, "", "{}", "[]", '{"pid": 1, "port": "x"}'])
def test_a_station_that_does_not_run_says_what_was_last_known(
    run: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if run is not None:
        (tmp_path / RUN_FILE).parent.mkdir()
        (tmp_path / RUN_FILE).write_text(run)
    assert show(tmp_path, False, known) == NOT_RUNNING
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("The station does not run. It last heard something 2026-11-28T23:59:57Z")
    assert "Of the events in the archive 1,234 are over and 2 open." in text
    assert "sudo systemctl start sternlight" in text


def test_a_station_that_never_ran_is_told_as_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(tmp_path, True, lambda: None) == NOT_RUNNING
    told = json.loads(capsys.readouterr().out)
    assert told == {"running": False, "why": "The station does not run.", "last_known": None}
    assert show(tmp_path, False, lambda: None) == NOT_RUNNING
    assert "Nothing has been written" in capsys.readouterr().out


def run_file(folder: Path, port: int, pid: int = 1) -> None:
    (folder / "run").mkdir()
    (folder / RUN_FILE).write_text(json.dumps({"pid": pid, "port": port, "started": NOW}))


def test_a_station_that_was_killed_left_its_file_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run_file(tmp_path, port)
    assert show(tmp_path, False, known) == NOT_RUNNING
    assert "ended without a word" in capsys.readouterr().out


def test_another_station_on_the_port_is_not_taken_for_this_one(
    station: Station, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    run_file(tmp_path / "mine", station.page.port, pid=1)
    assert show(tmp_path / "mine", True, known) == NOT_RUNNING


def test_a_station_that_hangs_is_told_from_one_that_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hung:
        run_file(tmp_path, hung.getsockname()[1], pid=77)
        assert show(tmp_path, False, never) == TROUBLED
    assert "(process 77) runs but does not answer" in capsys.readouterr().out


def test_a_station_of_another_version_is_told_to_be_restarted(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    station.status = status(version="0.0.9")
    assert show(station.folder, False, never) == WELL
    assert "runs version 0.0.9" in capsys.readouterr().out


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=120), st.text(max_size=300))
def test_no_name_or_reason_can_do_anything_to_the_terminal(name: str, why: str) -> None:
    strange = source(name, state="lost", why=why, address=why, errors={name: 1})
    lines = rendered(status(strange)).split("\n")
    for line in lines:
        assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_markup_in_a_name_is_text() -> None:
    assert "[red]roof[/red]" in rendered(status(source("[red]roof[/red]")))


def rendered(told: Status) -> str:
    import io

    from sternlight.screen import console

    out = io.StringIO()
    console(out).print(view(told))
    return out.getvalue()


def test_the_command_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, sternlight.asking; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).resolve().parents[2])  # fmt: skip
    assert not {"numpy", "rich", "pandas", "pyarrow"} & set(done.stdout.split())


def test_put_writes_plain_text_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(view(status(source(state="lost", why="gone"))))
    assert "\x1b" not in capsys.readouterr().out
