"""Real tables, against a slow and obvious reading of the same with csv, json and datetime."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from receiver.decoded import BadInput
from receiver.formats import parquet
from tests.receiver.format_input import Read, read_file
from tests.recordings import recording

TABLES = {  # file: (format, ship, time, latitude, longitude, speed, course)
    "gpsdio_segment_263576000.jsonl": ("gfw", "ssvid timestamp lat lon speed course"),
    "gpsdio_segment_338013000.jsonl": ("gfw", "ssvid timestamp lat lon speed course"),
    "gpsdio_segment_416000000.jsonl": ("gfw", "ssvid timestamp lat lon speed course"),
    "noaa_aisdb_testdata_20230111_1000rows.csv": ("noaa", "MMSI BaseDateTime LAT LON SOG COG"),
    "noaa_atlantes_track_212049000.csv": ("table", "mmsi send lat lon sog cog"),
    "pyseas_gap_positions_ee_416000301.csv": ("gfw", "ssvid timestamp lat lon speed course"),
    "pyseas_gap_positions_gfw_416000301.csv": ("gfw", "ssvid timestamp lat lon speed course"),
    "pyseas_position_messages_201801.csv": ("gfw", "ssvid timestamp lat lon speed course"),
    "skytruth_pelagos_raw10k_2012.csv.gz": ("table", "mmsi timestamp latitude longitude sog cog"),
    "stonesoup_SolentAIS_20160112.csv": (
        "table",
        "MMSI Time Latitude_degrees Longitude_degrees SOG_knots COG_degrees",
    ),
}


def rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield each row behind the number of its line, slowly."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        if ".jsonl" in path.name:
            yield from ((i, json.loads(line)) for i, line in enumerate(file))
        else:
            yield from enumerate(csv.DictReader(file), 1)


def seconds(cell: object) -> float:
    text = str(cell)
    if text.isdigit():
        return float(text)
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def number(cell: object, end: float) -> float:
    value = float(str(cell)) if cell not in (None, "") else float("nan")
    return value if 0 <= value < end else float("nan")


def equal_to_slow(got: Read, path: Path, names: str) -> None:
    ship, time, lat, lon, sog, cog = names.split()
    whole = list(rows(path))
    kept = [(i, r) for i, r in whole if r[lat] not in (None, "") and r[lon] not in (None, "")]
    kept = [(i, r) for i, r in kept if abs(float(str(r[lat]))) <= 90]
    p = got.positions
    np.testing.assert_array_equal(p.line, [i for i, _ in kept])
    np.testing.assert_array_equal(p.mmsi, [int(str(r[ship])) for _, r in kept])
    np.testing.assert_array_equal(p.t, [seconds(r[time]) for _, r in kept])
    np.testing.assert_array_equal(p.lat, [float(str(r[lat])) for _, r in kept])
    np.testing.assert_array_equal(p.lon, [float(str(r[lon])) for _, r in kept])
    slow_sog = np.float32([number(r.get(sog), 102.25) for _, r in kept])
    slow_cog = np.float32([number(r.get(cog), 360) for _, r in kept])
    np.testing.assert_array_equal(p.sog_kn, slow_sog)
    np.testing.assert_array_equal(p.cog_deg, slow_cog)
    assert got.counts["lines"] == len(whole) + (".jsonl" not in path.name)
    assert got.dropped.get("no position", 0) == len(whole) - len(kept)
    assert sum(got.dropped.values()) == len(whole) - len(kept)


@pytest.mark.parametrize("name", TABLES)
def test_a_recorded_table_is_read_as_a_slow_reading_does(name: str) -> None:
    path = recording(f"tables/{name}")
    got = read_file(path)
    assert got.format == TABLES[name][0]
    equal_to_slow(got, path, TABLES[name][1])


def test_identities_of_a_noaa_table_are_what_its_cells_say() -> None:
    path = recording("tables/noaa_aisdb_testdata_20230111_1000rows.csv")
    got = read_file(path)
    by_line = dict(rows(path))
    assert len(got.statics) > 900
    for i in range(len(got.statics)):
        s, cells = got.statics.take(slice(i, i + 1)), by_line[int(got.statics.line[i])]
        assert s.name[0].decode() == str(cells["VesselName"])[:20]
        assert s.call_sign[0].decode() == str(cells["CallSign"])[:7]
        assert s.imo[0] == int(str(cells["IMO"]).removeprefix("IMO") or 0)
        assert s.ship_type[0] == float(str(cells["VesselType"]) or 0)
        assert s.to_bow_m[0] + s.to_stern_m[0] == float(str(cells["Length"]) or 0)
        assert s.to_port_m[0] + s.to_starboard_m[0] == float(str(cells["Width"]) or 0)


@pytest.mark.parametrize("typed", [True, False])
def test_parquet_gives_what_the_same_table_gives_as_csv(
    tmp_path: Path, typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 170)
    path = recording("tables/noaa_aisdb_testdata_20230111_1000rows.csv")
    options = pa.csv.ConvertOptions()
    if not typed:
        with path.open() as file:
            names = file.readline().strip().split(",")
        options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    pa.parquet.write_table(
        pa.csv.read_csv(path, convert_options=options), tmp_path / "a", row_group_size=300
    )
    from_csv, from_parquet = read_file(path), read_file(tmp_path / "a")
    assert from_parquet.format == "table"
    assert from_parquet.counts["lines"] == 1000
    for a, b in (
        (from_csv.positions, from_parquet.positions),
        (from_csv.statics, from_parquet.statics),
    ):
        for name in type(a).described():
            behind = 1 if name == "line" else 0  # CSV has a header
            np.testing.assert_array_equal(getattr(a, name) - behind if behind else getattr(a, name),
                                          getattr(b, name), err_msg=name)  # fmt: skip


def test_a_table_of_gaps_is_refused_with_its_columns() -> None:
    with pytest.raises(BadInput, match=r"ssvid, gap_id, gap_start, .* rename those that are meant"):
        read_file(recording("tables/pyseas_gaps_data_416000301.csv"))
