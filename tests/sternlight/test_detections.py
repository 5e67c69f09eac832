"""Detections of others: read from files, kept beside the record, and matched to it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from receiver.decoded import BadInput
from sternlight.cli import main
from sternlight.detections.files import read
from sternlight.detections.matched import matched
from sternlight.detections.of_vessel import detections_of
from sternlight.detections.rows import gaps, row
from sternlight.detections.sighting import Given, Sighting
from sternlight.detections.store import keep, kept
from sternlight.errors import ArchiveError
from sternlight.sqlite import DETECTIONS
from sternlight.text import iso
from tests.recordings import recording
from tests.sternlight.records import gap, record
from tests.tracks.pages import T0, straight

ANNA, BELLA = 257_000_001_001, 257_000_002_001
NOON = T0 + 12 * 3600
HEAD = "time,lat,lon"


def file(folder: Path, text: str, name: str = "seen.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def sightings(folder: Path, *rows: str, head: str = HEAD) -> list[Sighting]:
    return read(file(folder, "\n".join([head, *rows])), Given()).sightings


def station(folder: Path) -> Path:
    """Anna and Bella go north at 12 kn; Anna is silent from 11:20 to 12:40."""
    anna = straight(ANNA, (9, 20), (11, 20), 42, 102, (69, 75))
    bella = straight(BELLA, (9, 21), (11, 21), 42, 102)
    return record(
        folder / "station", [*anna, *bella],
        [(ANNA, "imo", "9074729"), (ANNA, "name", "<script>"), (BELLA, "size", "190x32")],
        events=[gap(ANNA, T0 + 68 * 600 + 7, T0 + 76 * 600 - 7)],
    )  # fmt: skip


def run(*words: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("timestamp,latitude,longitude,mmsi,length_m",
         "2024-06-26T12:00:00Z,10.5,20.5,257000001,90"),
        ("Lat;Lon;Time (UTC);MMSI;Length", "10,5;20,5;26/06/2024 12:00:00;257000001;90,0"),
        ("detect_timestamp\tdetect_lat\tdetect_lon\tssvid\testimated_length",
         "1719403200\t10.5\t20.5\t257000001.0\t90"),
    ],
)  # fmt: skip
def test_tables_are_read_whatever_their_columns_are_called(
    tmp_path: Path, head: str, cells: str
) -> None:
    [one] = sightings(tmp_path, cells, head=head)
    assert (one.t, one.lat, one.lon) == (1_719_403_200, 10.5, 20.5)
    assert (one.mmsi, one.length_m) == (257_000_001, 90)


def test_uncertainties_are_read_in_their_unit(tmp_path: Path) -> None:
    [one] = sightings(tmp_path, "2024-06-26T12:00Z,1,2,0.5", head=HEAD + ",uncertainty_km")
    assert one.uncertainty_m == 500


def test_geojson_is_read_as_a_table_is(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [200.5, 10.5]}
    said = {"time": "2024-06-26T12:00:00Z", "imo": "IMO 9074729", "sensor": "SAR", "name": None}
    features = [
        {"type": "Feature", "geometry": point, "properties": said},
        {"type": "Feature", "geometry": {"type": "LineString"}, "properties": said},
        "what",
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    found = read(file(tmp_path, text, "seen.json"), Given("ESA", 80.0))
    [one] = found.sightings
    assert (one.lat, one.lon, one.imo, one.source) == (10.5, -159.5, 9_074_729, "ESA")
    assert (one.sensor, one.uncertainty_m, one.row) == ("SAR", 80.0, 1)
    assert "feature 2, column 'lat'" in found.trouble[0]
    assert "feature 3" in found.trouble[1]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("2024-06-26T12:00Z,95.2,20", "column 'lat': '95.2' is not a latitude from -90 to 90"),
        ("2024-06-26T12:00Z,9,inf", "column 'lon': 'inf' is not a longitude"),
        ("yesterday,9,20", "column 'time': 'yesterday' is not a time as 2024-05-01T12:00:00Z"),
        ("2024-06-26T12:00Z,9,20,x12", "column 'mmsi': 'x12' is not an MMSI of nine digits"),
        ("2024-06-26T12:00Z,9,20,,-3", "column 'length': '-3' is not a length in metres"),
        ("2024-06-26T12:00Z", "column 'lat': '' is not a latitude"),
    ],
)
def test_a_cell_that_cannot_be_used_is_told_with_its_row_and_column(
    tmp_path: Path, cells: str, says: str
) -> None:
    path = file(tmp_path, f"{HEAD},mmsi,length\n2024-06-26T12:00Z,1,2,,\n{cells}\n")
    found = read(path, Given())
    assert len(found.sightings) == 1
    assert f"row 3, {says}" in found.trouble[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "has no column for the time and the latitude and the longitude"),
        (HEAD + "\n", "holds no detection that can be used"),
        (HEAD + "\nx,1,2\n", "holds no detection that can be used; row 2, column 'time'"),
        ("{", "is not valid JSON"),
        ('{"type": "Point"}', "is JSON but no GeoJSON FeatureCollection"),
        ("[" * 100_000, "is not valid JSON"),
        (HEAD + '\n"' + "x" * 200_000, "row 2 cannot be read"),
        ("a\0b", "is neither CSV nor GeoJSON"),
    ],
)
def test_a_file_that_holds_none_says_what_would_be_right(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(BadInput, match="seen") as error:
        read(file(tmp_path, text), Given())
    assert says in str(error.value)


def test_what_was_imported_twice_is_there_once(tmp_path: Path) -> None:
    some = sightings(tmp_path, "2024-06-26T12:00Z,1,2", "2024-06-26T12:00Z,1,3")
    assert keep(tmp_path, some) == (2, 0)
    before = (tmp_path / DETECTIONS).read_bytes()
    renamed = [one._replace(file="other.csv", row=99) for one in some]
    assert keep(tmp_path, renamed) == (0, 2)
    assert (tmp_path / DETECTIONS).read_bytes() == before
    assert kept(tmp_path) == sorted(some, key=lambda one: one.key)


def test_how_sure_a_place_is_may_be_mended_later(tmp_path: Path) -> None:
    [one] = sightings(tmp_path, "2024-06-26T12:00Z,1,2")
    keep(tmp_path, [one])
    keep(tmp_path, [one._replace(uncertainty_m=50.0, credit="ESA")])
    assert kept(tmp_path) == [one._replace(uncertainty_m=50.0, credit="ESA")]


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / DETECTIONS).write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    with pytest.raises(ArchiveError, match="delete it and add the files of detections again"):
        kept(tmp_path)


def told(folder: Path, *cells: str, head: str = HEAD) -> list[dict[str, Any]]:
    keep(folder, sightings(folder, *cells, head=head))
    answer = matched(folder)
    return [row(one, answer.names) for one in answer.told]


def at(t: float, lat: float, lon: float, *more: object) -> str:
    return ",".join(map(str, (iso(t), lat, lon, *more)))


def test_a_hull_that_was_heard_was_seen_as_well(tmp_path: Path) -> None:
    [one] = told(station(tmp_path), at(NOON, 10.0, 21.001))
    assert (one["result"], one["track"]) == ("seen as well", "257000002.1")
    assert "was heard there, 110 m away" in one["says"]


def test_a_silent_hull_is_named_with_its_gap(tmp_path: Path) -> None:
    [one] = told(station(tmp_path), at(NOON, 10.0, 20.0))
    assert (one["result"], one["mmsi"]) == ("fills a gap", 257_000_001)
    assert one["gap"].startswith("gap-257000001.1-")
    assert one["implied_speed_before_kn"] == pytest.approx(12, rel=0.02)


def test_an_identity_is_looked_for_by_mmsi_and_by_imo_number(tmp_path: Path) -> None:
    head = HEAD + ",mmsi,imo"
    rows = (at(NOON, 10.05, 20, 257000001, ""), at(NOON + 60, 9.9, 20, "", 9074729),
            at(NOON, 10, 24, 257000002, ""), at(NOON, 10, 20, 999_000_000, ""),
            at(NOON, 10, 26, 257000001, ""))  # fmt: skip
    found = {(one["lat"], one["lon"]): one for one in told(station(tmp_path), *rows, head=head)}
    assert found[10.05, 20]["result"] == "fills a gap"
    assert found[9.9, 20]["track"] == "257000001.1"
    assert found[10, 24]["result"] == "contradicts"
    assert "which was heard 177" in found[10, 24]["says"]
    assert found[10, 20]["result"] == "not heard"
    assert "would have had to go" in found[10, 26]["says"]


def test_nothing_is_known_of_a_place_where_nobody_was_heard(tmp_path: Path) -> None:
    [one] = told(station(tmp_path), at(NOON, 50, 50))
    assert one["result"] == "outside hearing"


def test_what_is_heard_later_counts(tmp_path: Path) -> None:
    folder = station(tmp_path)
    assert told(folder, at(NOON, 10.0, 23.0))[0]["result"] == "outside hearing"
    record(folder, straight(ANNA, (9, 23), (11, 23), 42, 102))
    assert matched(folder).told[0].match.track == ANNA


def test_one_vessels_detections_are_those_of_the_whole_list(tmp_path: Path) -> None:
    folder = station(tmp_path)
    assert detections_of(folder, [ANNA]) == []
    rows = (at(NOON, 10, 20), at(NOON, 10, 21), at(NOON, 40, 20), at(NOON + 3600, 10.2, 21))
    every = told(folder, *rows)
    for track, name in ((ANNA, "257000001.1"), (BELLA, "257000002.1")):
        assert detections_of(folder, [track]) == [one for one in every if one["track"] == name]


def test_the_commands_add_list_and_write(tmp_path: Path) -> None:
    folder = station(tmp_path)
    seen = file(
        tmp_path, f"{HEAD},name,licence\n{at(NOON, 10, 20)},=HYPERLINK(1),CC BY\n"
        f"{at(NOON, 10, 21)},\x1b[31mred,\n{at(NOON, 40, 21)},,\nx,1,2,,\n",
    )  # fmt: skip
    said = run("detections", "add", seen, "--data", folder, "--source", "ESA", code=1)
    assert "3 detections added" in said
    assert "row 5, column 'time'" in said
    assert "3 were there before" in run("detections", "add", seen, "--data", folder, "--source",
                                        "ESA", code=1)  # fmt: skip
    shown = run("detections", "list", "--data", folder)
    assert "fills a gap" in shown
    assert "the longest silence" in shown
    assert "Credit: CC BY" in shown
    assert "\x1b" not in shown
    lines = [
        json.loads(line)
        for line in run("detections", "list", "--data", folder, "--json").splitlines()
    ]
    assert [one["source"] for one in lines] == ["ESA"] * 3
    [left] = run("detections", "list", "--data", folder, "--unmatched", "--json").splitlines()
    assert json.loads(left)["lat"] == 40
    assert (
        len(
            run(
                "detections", "list", "--data", folder, "--mmsi", "257000002", "--json"
            ).splitlines()
        )
        == 1
    )
    out = tmp_path / "out.csv"
    run("detections", "list", "--data", folder, "--out", out)
    with out.open(newline="") as cells:
        table = list(csv.DictReader(cells))
    assert table[0]["gives_name"].startswith(("'=", "\ufffd"))
    assert not any(cell.startswith("=") for one in table for cell in one.values())
    run("detections", "list", "--data", folder, "--out", tmp_path / "out.geojson")
    features = json.loads((tmp_path / "out.geojson").read_text())["features"]
    assert {f["properties"]["result"] for f in features} == {
        "fills a gap", "seen as well", "outside hearing"
    }  # fmt: skip
    assert "must end in .csv or .geojson" in run(
        "detections", "list", "--data", folder, "--out", "x.doc", code=2
    )


def test_the_second_providers_positions_leave_the_published_gap_open(tmp_path: Path) -> None:
    """Of pyseas: one longliner, two providers, and what GFW published of the second in the gap."""
    with recording("tables/pyseas_gaps_data_416000301.csv").open(newline="") as cells:
        [published] = csv.DictReader(cells)
    folder = tmp_path / "first"
    first = recording("tables/pyseas_gap_positions_gfw_416000301.csv")
    run("replay", first, "--out", folder)
    head, *lines = recording("tables/pyseas_gap_positions_ee_416000301.csv").read_text().split("\n")
    some = [line for line in lines if "2018-12-25 1" in line or "2018-12-26 04" in line]
    second = file(tmp_path, "\n".join([head, *some]))
    keep(folder, read(second, Given("second provider", 100.0)).sightings)
    answer = matched(folder)
    assert {one.match.kind for one in answer.told} == {"seen as well", "fills a gap"}
    [left] = gaps(answer)
    assert left["detections_count"] == int(published["ee_positions"])
    assert left["longest_left_h"] == pytest.approx(float(published["max_ee_gap"]), abs=0.01)
    assert left["silent_h"] == pytest.approx(float(published["gap_hours"]), abs=0.02)
