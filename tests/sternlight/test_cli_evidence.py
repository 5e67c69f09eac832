"""`sternlight verify`, `stamp` and `key` as people and programs run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sternlight.cli import main
from sternlight.rawlog import segments
from tests.sternlight.evidence.authorities import authority
from tests.sternlight.evidence.logs import wrote

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrote(tmp_path / "station")
    return tmp_path / "station"


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_a_log_as_it_was_written_is_told_with_its_head_and_what_that_does_not_show(
    run: Run, folder: Path
) -> None:
    done = run("verify", folder)
    assert done.exit_code == 0
    for part in (
        "station 2f6c: segments 1 to 3, 2026-11-21T22:26:40Z to", "48 lines", "Nothing in it was",
        "segment 3\n", "sha256  ", "root    ", "file    ", "What no chain can show",
    ):  # fmt: skip
        assert part in done.output
    for way in (("--data", folder), (folder / "raw",)):
        assert run("verify", *way).output == done.output


def test_a_changed_one_is_told_by_its_first_place_and_exit_code_1(run: Run, folder: Path) -> None:
    for path in segments(folder / "raw")[1:]:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
    done = run("verify", folder)
    assert done.exit_code == 1
    assert "IT IS NOT AS IT WAS WRITTEN. The first place:\n  segment 2, 00000002_" in done.output
    assert "Further places" in done.output
    assert "  segment 1\n" in done.output  # the head of what is as it was
    told = json.loads(run("verify", folder, "--json").output)
    assert told["first_changed"]["segment"] == 2
    assert told["first_changed"]["line"] > 1
    assert [one["segment"] for one in told["findings"]] == [2, 3]


def test_what_cannot_be_checked_is_exit_code_2(run: Run, tmp_path: Path) -> None:
    done = run("verify", tmp_path)
    assert done.exit_code == 2
    assert "there is no raw log in" in done.output
    assert run("verify", tmp_path / "nowhere").exit_code == 2


def test_gaps_are_listed_to_twenty_and_counted_beyond(run: Run, tmp_path: Path) -> None:
    log = wrote(tmp_path, hours=1)
    for hour in range(1, 25):
        log.begin(1_795_300_000.0 + 3600 * hour, 0.0, b"# t=1795300001.000 source=01 deaf: x\n"
                  b"# t=1795300002.000 source=01 listening\n")  # fmt: skip
        log.end()
    done = run("verify", tmp_path)
    assert done.exit_code == 0
    assert done.output.count("source 01 was deaf: x") + done.output.count("roof was deaf: x") == 20
    assert "and 4 more (--json has all)" in done.output


def test_a_head_is_stamped_by_an_authority_and_that_is_told_then(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    clock = authority(tmp_path / "clock")
    done = run("stamp", "--data", folder)
    assert done.exit_code == 0
    assert "curl -sS -H" in done.output
    (query,) = (folder / "stamps").glob("*.tsq")
    (tmp_path / "answer.tsr").write_bytes(clock.answer(query.read_bytes()))
    attach = ("stamp", "--data", folder, "--attach", tmp_path / "answer.tsr")
    done = run(*attach)
    assert done.exit_code == 2
    assert "--ca FILE.pem names" in done.output
    done = run(*attach, "--ca", clock.folder / "root.pem")
    assert done.exit_code == 0
    assert "is kept: the log up to segment 3 existed at" in done.output
    assert "Stamps:\n  head-00000003-" in run("verify", folder).output
    (told,) = json.loads(run("verify", folder, "--json").output)["stamps"]
    assert (told["holds"], told["by"], told["segment"]) == (True, "CN=A trusted clock", 3)


def test_the_station_s_key_is_made_once_and_its_fingerprint_shown(run: Run, tmp_path: Path) -> None:
    first, second = (run("key", "--keys", tmp_path / "keys") for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert "It was made now" in first.output
    assert "It was made now" not in second.output
    assert first.output.split("\n\n")[1] == second.output.split("\n\n")[1]
    assert len(second.output.split("\n\n")[1].split()) == 16
