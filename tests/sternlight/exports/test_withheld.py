"""What must not be handed on stays: events that rest on it, all tracks, all coverage."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import zstandard

from receiver.formats.stationlog import MAGIC
from sternlight.archive import Archive
from sternlight.exports.asked import Asked
from sternlight.exports.export import Written, export
from sternlight.jsontext import dumps
from tests.sternlight.exports.sea import A, B, meeting, written
from tests.sternlight.records import event
from tests.tracks.pages import T0

SEGMENT = "00000001_20240626T12.log.zst"


def kinds(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["kind"] for row in csv.DictReader(file)]


def resting(*lines: tuple[str, int]) -> dict[str, Any]:
    return {"lines": [{"file": file, "line": line} for file, line in lines]}


def said(made: Written) -> str:
    return "\n".join(one.says for one in made.told)


def test_events_of_a_recording_that_must_not_be_handed_on_are_left_out(tmp_path: Path) -> None:
    sea = written(
        tmp_path / "sea",
        [
            meeting() | resting(("paid.csv", 3), ("own.nmea", 9)),
            event("gap", (A,), T0 + 50_400, None) | resting(("own.nmea", 4)),
        ],
    )
    inputs = [{"name": f"/data/{name}", "format": "table"} for name in ("own.nmea", "paid.csv")]
    (sea / "summary.json").write_text(json.dumps({"simulated": False, "inputs": inputs}))
    given = {"paid*": "no redistribution: data of Example Ltd", "own.nmea": "Heard by us"}
    made = export(Asked(sea), tmp_path / "out.csv", given)
    assert kinds(tmp_path / "out-events.csv") == ["gap"]
    assert made.rows == {"events": 1, "vessels": 1}  # the ship of what is left; no tracks
    assert "1 event and all tracks and coverage are left out: what came from paid.csv" in said(made)
    assert "paid.csv: data of Example Ltd" in said(made)
    assert "own.nmea: Heard by us" in said(made)
    assert not (tmp_path / "out-tracks.csv").exists()
    assert export(Asked(sea), tmp_path / "all.csv").rows["events"] == 2


def test_in_a_stations_log_a_line_says_from_which_source_it_came(tmp_path: Path) -> None:
    sea = station(tmp_path / "sea", b"\\s:01,c:1*00\\!A\n\\s:02,c:2*00\\!B\n# t=3 source=02 deaf\n")
    given = {"paid": "no redistribution"}
    made = export(Asked(sea), tmp_path / "out.csv", given, {"roof": "serial:/dev/ttyUSB0"})
    assert kinds(tmp_path / "out-events.csv") == ["gap"]
    assert "3 events and all tracks" in said(made)


def test_without_such_a_source_the_log_is_not_needed(tmp_path: Path) -> None:
    sea = station(tmp_path / "sea", None)
    norway = {"roof": "tcp://153.44.253.27:5631"}
    made = export(Asked(sea), tmp_path / "out.csv", {}, norway)
    assert made.rows["events"] == 4
    assert "roof: Contains data under the Norwegian licence" in said(made)
    assert "paid: No credit line is known" in said(made)


def test_lines_that_are_gone_keep_their_events_back(tmp_path: Path) -> None:
    sea = station(tmp_path / "sea", None)
    assert export(Asked(sea), tmp_path / "o.csv", {"paid": "no redistribution"}).rows["events"] == 0


def station(folder: Path, lines: bytes | None) -> Path:
    """Write the archive of a station with two sources, four events, and a segment of its log."""
    (folder / "raw").mkdir(parents=True)
    Archive.open(folder).close()
    rests = ([(SEGMENT, 2)], [(SEGMENT, 3)], [(SEGMENT, 2), (SEGMENT, 4)], [("other.log.zst", 2)])
    whose = zip(("gap", "loitering", "identity", "listed"), rests, strict=True)
    with closing(sqlite3.connect(folder / "archive.sqlite3")) as db, db:
        db.executemany("insert into sources values (?, ?)", [(1, "roof"), (2, "paid")])
        for kind, own in whose:
            row = event(kind, (B,), T0 + 7200, T0 + 9000) | resting(*own)
            start, end = row.pop("_start"), row.pop("_end")
            row |= {"place": "", "zone": "", "ships": [], "anomaly": kind, "rule": ""}
            db.execute("insert into events values (?, ?, 'closed', ?, ?, 0.5, 1, ?, '')",
                       (row["id"], kind, start, end, dumps(row)))  # fmt: skip
    if lines is not None:
        packed = zstandard.ZstdCompressor().compress(MAGIC + b"\n" + lines)
        (folder / "raw" / SEGMENT).write_bytes(packed)
    return folder
