"""The table of decoded reports."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from receiver.decoded import BadInput, Decoded
from sternlight.table import COLUMNS, open_table, to_table
from tracks.batch import CLASS_A, PositionBatch, StaticBatch

HOSTILE = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\x1b[31mRED"]


def decoded() -> Decoded:
    positions = PositionBatch.make(
        2,
        t=[1_635_699_735.25, np.nan],
        mmsi=219_000_001,
        type=1,
        lat=[55.1234567, -0.5],
        lon=[11.5, 179.999],
        sog_kn=[10.3, np.nan],
        heading_deg=[511 - 152, np.nan],
        nav_status=[0, 15],
        ship_class=CLASS_A,
        line=[10, 14],
    )
    statics = StaticBatch.make(
        5,
        t=1_635_699_736.0,
        mmsi=219_000_002,
        type=5,
        name=[name.encode() for name in HOSTILE],
        imo=[9_074_729, 0, 0, 0, 0],
        line=[11, 12, 13, 15, 16],
    )
    return Decoded(positions, statics)


def written(path: Path) -> Path:
    writer = open_table(path)
    writer.write_table(to_table(decoded(), "harbour.nmea", 10))
    writer.close()
    return path


def test_csv_has_the_rows_in_line_order_and_nothing_a_spreadsheet_would_run(tmp_path: Path) -> None:
    with written(tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [int(row["line"]) for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [rows[i]["name"] for i in (1, 2, 3, 5, 6)] == [
        "'" + HOSTILE[0],
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "\ufffd[31mRED",
    ]
    first = {k: v for k, v in rows[0].items() if v}
    assert first == {
        "time": "2021-10-31T17:02:15.250Z",
        "mmsi": "219000001",
        "type": "1",
        "lat": "55.123457",
        "lon": "11.5",
        "sog_kn": "10.3",
        "heading_deg": "359",
        "nav_status": "0",
        "ship_class": "A",
        "own_ship": "false",
        "file": "harbour.nmea",
        "line": "1",
    }
    assert rows[4]["time"] == ""


def test_json_lines_leave_out_what_a_message_does_not_say(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in written(tmp_path / "t.jsonl").read_text().splitlines()]
    assert rows[1] == {
        "time": "2021-10-31T17:02:16.000Z",
        "mmsi": 219_000_002,
        "type": 5,
        "name": HOSTILE[0],
        "imo": 9_074_729,
        "file": "harbour.nmea",
        "line": 2,
    }


def test_parquet_has_types_and_nulls(tmp_path: Path) -> None:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(written(tmp_path / "t.parquet"))
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]"
    assert table["lat"].to_pylist()[:2] == [55.123457, None]
    assert table["name"].to_pylist()[:2] == [None, HOSTILE[0]]


def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must end in \.csv, \.parquet or \.jsonl"):
        open_table(tmp_path / "t.xlsx")
