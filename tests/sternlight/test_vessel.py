"""A ship's record: what it tells, whom a question means, and what it never leaves out."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from sternlight.cli import main
from sternlight.guidance import NEVER, NEXT, SAYS_NOT
from sternlight.record.night import Night
from sternlight.record.rates import EVERYWHERE
from sternlight.record.read import RECORD
from sternlight.record.store import keep_night
from tests.sternlight.records import event, record
from tests.tracks.pages import Page
from tests.tracks.pages import pages as pages_of

DAY_S = 86_400.0
DAY = 20_000
ANNA, BELLA = 316_000_001_001, 316_000_002_001
HOSTILE = "<script>[red]\x1b[31m\u202e"
ROOT = Path(__file__).resolve().parents[2]


def pages(track: int, days: range) -> list[Page]:
    bins = np.concatenate([(DAY + d) * 144 + np.arange(144) for d in days])
    lat = 14.0 + 0.01 * (bins % 144)
    return pages_of(track, bins, lat, np.full(len(bins), -18.0))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start = (DAY + 2) * DAY_S
    met = event("encounter", (ANNA, BELLA), start, start + 4 * 3600, 0.9)
    met |= {
        "place": "31 nmi off Dakar (SN)",
        "for": [{"name": "alongside", "weight": 1.0, "says": "They lay alongside."}],
        "against": [
            {"name": "transshipment: base", "weight": -2.0, "says": "Most ships work together."},
            {"name": "tug", "weight": -1.0, "says": "One of them is a tug."},
        ],
    }
    claims = [
        (ANNA, "name", "ANNA"), (ANNA, "ship_type", "30"), (ANNA, "imo", "9074729"),
        (ANNA, "call_sign", "XYZA"), (BELLA, "name", HOSTILE), (BELLA, "ship_type", "70"),
    ]  # fmt: skip
    visits = [
        (ANNA, DAY * DAY_S, DAY * DAY_S + 7200, "Dakar (SN)", "SN", "port", 14.7, -17.4, 2, 2, 4,
         1, 2),
        (ANNA, (DAY + 9) * DAY_S, None, "Dakar (SN)", "SN", "port", 14.7, -17.4, 2, 2, 3, 1, 2),
        (ANNA, (DAY + 5) * DAY_S, (DAY + 5) * DAY_S + 60, "Mbour (SN)", "SN", "port", 14.4, -17.0,
         0, 0.1, 1, 1, 2),
    ]  # fmt: skip
    return record(
        tmp_path / "a", [*pages(ANNA, range(10)), *pages(BELLA, range(3))], claims, visits, [met]
    )


def ask(folder: Path, *words: str) -> Any:
    result = CliRunner().invoke(main, ["vessel", *words, "--data", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def shown(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(main, ["vessel", *words, "--data", str(folder)])
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("words", ["316000001", "9074729", "IMO 9074729", "anna", "XYZA", "ann"])
def test_a_ship_is_found_by_whatever_people_know_of_it(folder: Path, words: str) -> None:
    found = ask(folder, words)
    assert found["ship"]["name"] == "ANNA"
    assert found["ship"]["ship_type"] == "fishing"
    assert [number["mmsi"] for number in found["ship"]["numbers"]] == [316_000_001]
    assert found["ship"]["numbers"][0]["flag"] == "CA"


def test_a_record_tells_ports_days_meetings_and_what_speaks_against_them(folder: Path) -> None:
    found = ask(folder, "316000001")
    assert [visit["start"][:10] for visit in found["visits"]] == ["2024-10-04", "2024-10-13"]
    assert found["visits"][1]["end"] is None
    assert found["heard"]["days_count"] == 10
    (gone,) = found["voyages"]
    assert (gone["from"], gone["to"], gone["start"][:10], gone["end"][:10]) == (
        "Dakar (SN)", "Dakar (SN)", "2024-10-04", "2024-10-13",
    )  # fmt: skip
    assert (gone["length_days"], gone["heard_days_count"]) == (8.9, 9)
    assert (gone["max_shore_nmi"], gone["unheard_calls_count"]) == (40.0, 0)
    (met,) = found["events"]
    assert met["with"] == [{"mmsi": 316_000_002, "name": HOSTILE}]
    assert met["for"] == "They lay alongside."
    assert met["against"] == "One of them is a tug."  # and not what stands with all of its kind


def test_a_record_shows_its_signs_and_lists_what_could_not_be_looked_for(folder: Path) -> None:
    standing = ask(folder, "316000001")["standing"]
    sign, foreign = standing["signs"]
    assert (sign["sign"], foreign["sign"]) == ("transshipment", "foreign_ports")
    assert sign["weight"] == pytest.approx(0.6 * 0.9)
    assert standing["score"] == pytest.approx(sign["weight"] + foreign["weight"])
    assert "worth a check" in standing["says"]
    assert "doi" in sign["source"]
    assert sign["innocent"]
    assert any(one.startswith("long away") for one in standing["missing"])
    assert sign["rates"] == []


def test_base_rates_stand_beside_each_sign(folder: Path) -> None:
    night = Night([], [("transshipment", "fishing", EVERYWHERE, 93, 41),
                       ("transshipment", "fishing", "N15W020", 12, 1),
                       ("transshipment", "fishing", "N50E000", 7, 7)], None)  # fmt: skip
    with closing(sqlite3.connect(folder / RECORD)) as db, db:
        keep_night(db, night)
    sign = ask(folder, "316000001")["standing"]["signs"][0]
    assert sign["rates"] == [
        "41 of 93 fishing vessels heard here show it.",
        "1 of 12 fishing vessels heard in the square N15W020 show it; so few say little.",
    ]


def test_every_record_ends_with_what_to_do_and_what_not_to_do(folder: Path) -> None:
    found, text = ask(folder, "316000001"), shown(folder, "316000001")
    assert found["says_not"] == list(SAYS_NOT)
    for line in (*SAYS_NOT, *NEXT, *NEVER):
        assert " ".join(line.split()) in text
    assert "ITF" in text
    assert {one["country"] for one in found["inform"]} == {None, "CA"}


def test_what_a_ship_calls_itself_stays_text(folder: Path) -> None:
    text = shown(folder, "316000001")
    assert "<script>[red]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert shown(folder, "316000002").startswith("<script>[red]")


def test_somebody_who_was_never_heard_is_told_in_one_sentence(folder: Path) -> None:
    result = CliRunner().invoke(main, ["vessel", "NEVER\x1b", "--data", str(folder)])
    assert result.exit_code == 2
    assert "no ship that was heard is 'NEVER" in result.output
    assert "\x1b" not in result.output


def test_several_who_may_be_meant_are_listed(tmp_path: Path) -> None:
    tracks = [316_000_001_001 + 1000 * i for i in range(3)]
    claims = [(track, "name", f"SEA STAR {i}") for i, track in enumerate(tracks)]
    made = record(tmp_path / "a", [p for t in tracks for p in pages(t, range(1))], claims)
    text = shown(made, "sea star")
    assert text.startswith("3 ships may be meant by sea star; ask for one:")
    assert "316000002" in text
    assert len(ask(made, "sea star")["ships"]) == 3


def test_a_folder_without_a_record_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["vessel", "1", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "--data names the folder" in result.output


def test_asking_for_a_ship_loads_nothing_that_takes_long(folder: Path) -> None:
    program = (
        "import sys\nfrom sternlight.cli import main\n"
        f"main(['vessel', '316000001', '--data', {str(folder)!r}], standalone_mode=False)\n"
        "print(sorted({'scipy', 'pandas', 'sklearn', 'pyarrow', 'pyais', 'zstandard'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr.strip() == "[]"
