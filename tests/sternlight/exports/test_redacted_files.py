"""Whatever ships are called and wherever they are: of what is withheld no byte is in a file."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path
from typing import Any

import pytest

from sternlight.evidence.redaction import Redaction
from sternlight.exports.asked import Asked
from sternlight.exports.export import export
from tests.sternlight.records import event, record
from tests.tracks.pages import T0, Page, straight

AIS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ@[]^_ !\"#$%&'()*+,-./:;<=>?0123456789\\"
COUNT = 80


@pytest.fixture(scope="module")
def fleet() -> list[dict[str, Any]]:
    """Events of ships with any name AIS can spell, anywhere, in no order of their numbers."""
    drawn = random.Random(11)
    made = []
    for at in range(COUNT):
        mmsi, name = drawn.randrange(200_000_000, 775_999_999), "".join(drawn.choices(AIS, k=14))
        lat, lon = round(drawn.uniform(-79, 79), 6), round(drawn.uniform(-179.4, 179.4), 6)
        start = T0 + at * 700 + drawn.randrange(1, 600)
        row: dict[str, Any] = event("gap", (mmsi * 1000 + 1,), start, start + 3333)
        made.append(row | {
            "lat": lat, "lon": lon, "place": f"at {name}", "zone": "", "ships": [],
            "anomaly": "gap", "rule": "",
            "caveats": [f"the nearest, MMSI {mmsi}", f"an IMO number {mmsi // 100}"],
            "lines": [{"file": f"{mmsi}.nmea", "line": 1}], "name": name,
            "measured": {"shore_nmi": round(drawn.uniform(6, 300), 5)},
        })  # fmt: skip
    return made


@pytest.fixture(scope="module")
def sea(fleet: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pages: list[Page] = []
    for row in fleet:
        lat, lon = row["lat"], row["lon"]
        pages += straight(track(row), (lat, lon), (lat + 0.3, lon + 0.3), 20, 60)
    claims = [(track(row), "name", row["name"]) for row in fleet]
    return record(tmp_path_factory.mktemp("sea"), pages, claims, events=fleet)


def track(row: dict[str, Any]) -> int:
    return int(row["mmsis"][0]) * 1000 + 1


@pytest.mark.parametrize("ending", [".csv", ".geojson", ".kml", ".gpkg"])
def test_no_ship_place_or_time_can_be_read_from_a_redacted_file(
    sea: Path, fleet: list[dict[str, Any]], tmp_path: Path, ending: str
) -> None:
    export(Asked(sea, redaction=Redaction(True, 5, 6)), tmp_path / f"out{ending}")
    text = "".join(path.read_bytes().decode("utf-8", "replace") for path in tmp_path.glob("out*"))
    assert text.count("ship A") >= 2
    for row in fleet:
        assert str(row["mmsis"][0]) not in text
        assert str(row["mmsis"][0] // 100) not in text
        assert row["name"].strip() not in text
        assert row["start"] not in text
        assert str(row["measured"]["shore_nmi"]) not in text
    told = {found[:8] for found in re.findall(r"\d+\.\d{4,}", text)}
    places = {f"{abs(x):.6f}"[:8] for row in fleet for x in (row["lat"], row["lon"])}
    assert not told & places


def test_without_redaction_the_same_search_finds_everything(
    sea: Path, fleet: list[dict[str, Any]], tmp_path: Path
) -> None:
    export(Asked(sea), tmp_path / "out.geojson")
    text = (tmp_path / "out.geojson").read_text("utf-8")
    assert all(str(row["mmsis"][0]) in text and row["start"] in text for row in fleet)
    told = {found[:8] for found in re.findall(r"\d+\.\d{4,}", text)}
    assert len({f"{abs(row['lat']):.6f}"[:8] for row in fleet} & told) > COUNT * 0.8


def test_pseudonyms_follow_the_events_and_not_the_numbers(
    sea: Path, fleet: list[dict[str, Any]], tmp_path: Path
) -> None:
    export(Asked(sea, redaction=Redaction(True)), tmp_path / "out.csv")
    with (tmp_path / "out-events.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["mmsis"] for row in csv.DictReader(file)]
    assert names[:3] == ["ship A", "ship B", "ship C"]
    assert len(set(names)) == COUNT
    with (tmp_path / "out-tracks.csv").open(encoding="utf-8-sig", newline="") as file:
        drawn = [row["ship"] for row in csv.DictReader(file)]
    assert set(drawn) == set(names)
