"""Whose data it is, in the publishers' own words."""

from __future__ import annotations

import json
from pathlib import Path

from receiver.formats import FORMATS
from sternlight import credits as module
from sternlight.credits import Credit, known, of_folder, texts
from sternlight.record.read import open_record
from tests.sternlight.records import record

ROOT = Path(__file__).resolve().parents[2]


def of(folder: Path, given: dict[str, str], *inputs: tuple[str, str], simulated: bool = False):  # type: ignore[no-untyped-def]
    record(folder)
    told = {"simulated": simulated, "inputs": [{"name": n, "format": f} for n, f in inputs]}
    (folder / "summary.json").write_text(json.dumps(told))
    with open_record(folder) as found:
        return of_folder(folder, found, given, {})


def test_what_is_known_is_what_the_pages_tell_users_to_say() -> None:
    pages = " ".join(
        " ".join((ROOT / "docs" / name).read_text("utf-8").split())
        for name in ("formats.md", "sources.md")
    )
    for one in known():
        assert one.what in ("format", "host", "always")
        assert one.what != "format" or one.value in FORMATS
        if one.value in ("dma", "digitraffic", "153.44.253.27"):
            assert one.text in pages


def test_a_recording_is_credited_by_its_format_and_by_no_folder(tmp_path: Path) -> None:
    found = of(tmp_path, {}, ("/home/eva/day.csv", "dma"), ("/home/eva/x.nmea", "nmea"))
    assert [one.name for one in found] == ["day.csv", "x.nmea"]
    assert found[0].text.startswith("Contains data from the Danish Maritime Authority")
    assert found[1].text == module.UNKNOWN


def test_what_the_user_says_goes_before_what_is_known(tmp_path: Path) -> None:
    given = {"*.csv": "Ours", "x*": "no redistribution"}
    found = of(tmp_path, given, ("day.csv", "dma"), ("x.nmea", "nmea"), ("y", "digitraffic"))
    assert found[:2] == [Credit("day.csv", "Ours", ""), Credit("x.nmea", "", "", False)]
    assert found[2].licence == "CC BY 4.0"


def test_a_recording_in_a_folder_among_others_is_found_by_its_own_name(tmp_path: Path) -> None:
    given = {"paid-*.csv": "no redistribution"}
    found = of(tmp_path, given, ("/r/a/paid-1.csv", "dma"), ("/r/b/free.csv", "dma"))
    assert [(one.name, one.shared) for one in found] == [
        ("a/paid-1.csv", False),
        ("b/free.csv", True),
    ]


def test_a_simulated_recording_is_said_to_be_one(tmp_path: Path) -> None:
    (one,) = of(tmp_path, {}, ("simulated recording", "nmea"), simulated=True)
    assert one.text == module.SIMULATED


def test_a_record_whose_summary_is_gone_has_no_credit_line(tmp_path: Path) -> None:
    record(tmp_path)
    with open_record(tmp_path) as found:
        assert [one.text for one in of_folder(tmp_path, found, {}, {})] == [module.UNKNOWN]


def test_a_line_names_its_source_unless_names_may_tell_something() -> None:
    used = [
        Credit("416000111.csv", "By us", "CC0"),
        Credit("b", "By us", "CC0"),
        Credit("c", "", ""),
    ]
    assert texts(used)[:2] == ["416000111.csv: By us (CC0)", "b: By us (CC0)"]
    assert texts(used, named=False)[0] == "By us (CC0)"
    assert not any("416000111" in line for line in texts(used, named=False))
