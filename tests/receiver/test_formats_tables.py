"""Tables as publishers and people write them; the samples are made, in each publisher's shape."""

from __future__ import annotations

import io
from collections import Counter
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from receiver.decoded import BadInput
from receiver.formats import blocks, cells
from receiver.sources.logfile import Input
from tests.receiver.format_input import read, read_text
from tracks.batch import CLASS_A, CLASS_B, STATUS_UNDEFINED, PositionBatch, StaticBatch

DMA = """\
# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,\
Callsign,Name,Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,\
ETA,Data source type,A,B,C,D
31/12/2023 23:59:58,Class A,219000001,55.500000,10.100000,Under way using engine,0.0,10.5,123.4,\
122,9393163,OXAB2,SEA QUEEN,Cargo,No additional information,20,150,GPS,6.5,AARHUS,\
01/01/2024 10:00:00,AIS,120,30,8,12
31/12/2023 23:59:59,Class B,219000002,91.000000,0.000000,Unknown value,,,,,Unknown,Unknown,LITTLE \
ONE,Fishing,,4,12,GPS,,Unknown,,AIS,,,,
01/01/2024 00:00:00,Base Station,2190064,55.1,10.2,Unknown value,,,,,Unknown,,,Undefined,,,,GPS,,,,\
AIS,,,,
01/01/2024 00:00:01,Class A,219000001,55.500100,10.100100,Moored,0.0,102.3,360.0,511,9393163,\
OXAB2,SEA QUEEN,Cargo,No additional information,20,150,GPS,6.5,AARHUS,01/01/2024 10:00:00,AIS,120,\
30,8,12
01/01/2024 00:00:02,Class A,219000001,55.500200,10.100200,Moored,0.0,102.2,0.0,0,9393163,OXAB2,\
SEA KING,Cargo,No additional information,20,150,GPS,6.5,AARHUS,01/01/2024 10:00:00,AIS,120,30,8,12
"""
MIDNIGHT = 1704067200.0  # 2024-01-01T00:00:00Z


def test_danish_rows_become_reports_without_sentinels() -> None:
    got = read_text(DMA)
    p = got.positions
    assert got.format == "dma"
    np.testing.assert_array_equal(p.t, MIDNIGHT + np.array([-2, 1, 2]))
    np.testing.assert_array_equal(p.line, [1, 4, 5])
    np.testing.assert_array_equal(p.lat, [55.5, 55.5001, 55.5002])
    np.testing.assert_array_equal(p.sog_kn, np.float32([10.5, np.nan, 102.2]))
    np.testing.assert_array_equal(p.cog_deg, np.float32([123.4, np.nan, 0]))
    np.testing.assert_array_equal(p.heading_deg, np.float32([122, np.nan, 0]))
    np.testing.assert_array_equal(p.nav_status, [0, 5, 5])
    np.testing.assert_array_equal(p.ship_class, [CLASS_A] * 3)
    assert set(p.source) == {7}
    assert set(p.type) == {0}


def test_danish_identities_are_told_when_they_change() -> None:
    s = read_text(DMA).statics
    assert s.name.tolist() == [b"SEA QUEEN", b"LITTLE ONE", b"SEA KING"]
    assert s.line.tolist() == [1, 2, 5]
    assert s.call_sign.tolist() == [b"OXAB2", b"", b"OXAB2"]
    assert s.imo.tolist() == [9393163, 0, 9393163]
    assert s.ship_type.tolist() == [70, 30, 70]
    assert s.destination.tolist() == [b"AARHUS", b"", b"AARHUS"]
    sides = np.stack([s.to_bow_m, s.to_stern_m, s.to_port_m, s.to_starboard_m], 1)
    assert sides.tolist() == [[120, 30, 8, 12], [0, 12, 0, 4], [120, 30, 8, 12]]
    np.testing.assert_array_equal(s.draught_m, np.float32([6.5, np.nan, 6.5]))


def test_what_danish_rows_lack_is_counted() -> None:
    got = read_text(DMA)
    assert got.counts["lines"] == 6
    assert got.dropped == {"shore station or aid to navigation": 1}
    assert got.counts["rows with identity only"] == 1


NOAA_NEW = """\
mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,\
status,length,width,draft,cargo,transceiver
367752440,2025-01-11 00:00:00,-70.75733,43.07917,-51.2,-204.8,95.0,"JOHN, JUNIOR",IMO9393163,\
WDI9818,31,0,20,6,,52,A
367752441,2025-01-11 00:00:01,-70.75733,43.07917,-0.1,-60.0,511,,,,1025,15,,,,,B
"""


def test_noaas_new_header_and_wrapped_numbers_are_understood() -> None:
    got = read_text(NOAA_NEW)
    p = got.positions
    assert got.format == "noaa"
    assert p.lon.tolist() == [-70.75733] * 2
    np.testing.assert_allclose(p.sog_kn, np.float32([51.2, np.nan]))
    np.testing.assert_allclose(p.cog_deg, np.float32([204.8, 349.6]), rtol=1e-6)
    assert p.ship_class.tolist() == [CLASS_A, CLASS_B]
    assert p.nav_status.tolist() == [0, STATUS_UNDEFINED]
    assert got.statics.name.tolist() == [b"JOHN, JUNIOR"]
    assert got.statics.imo.tolist() == [9393163]
    assert got.statics.to_stern_m.tolist() == [20]


def test_numbers_below_zero_are_missing_in_other_tables() -> None:
    got = read_text(NOAA_NEW, "table").positions
    assert np.isnan(got.sog_kn).all()
    assert np.isnan(got.cog_deg).all()


HEADER = "mmsi,timestamp,lat,lon,sog,name"
ROW = "235070762,2016-01-12 13:02:11.5,50.773,-1.0929,5.9,FERRY"
T, LAT, LON = 1452603731.5, 50.773, -1.0929


def agrees(text: str | bytes, line: int = 1) -> None:
    got = read_text(text)
    p = got.positions
    assert (p.mmsi.tolist(), p.t.tolist(), p.line.tolist()) == ([235070762], [T], [line])
    assert (p.lat.tolist(), p.lon.tolist(), p.sog_kn.tolist()) == (
        [LAT], [LON], [float(np.float32(5.9))]
    )  # fmt: skip
    assert got.statics.name.tolist() == [b"FERRY"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_encoding_and_line_end_reads_the_same(
    encoding: str, delimiter: str, end: str
) -> None:
    text = f"{HEADER}\n{ROW}\n".replace(",", delimiter).replace("\n", end)
    agrees(text.encode(encoding))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{HEADER}\n{ROW}", 1),  # no end of the last line
        (f"\n\n{HEADER}\n\n{ROW}\n\n", 4),  # blank lines
        (f"sep=,\n{HEADER}\n{ROW}\n", 2),  # Excel
        (f"{HEADER}\n{ROW},\n", 1),  # a delimiter too many in all rows
        (f"{HEADER},\n{ROW}\n", 1),  # a delimiter too many in the header
        ('"' + f"{HEADER}\n{ROW}".replace(",", '","').replace("\n", '"\n"') + '"', 1),
        (f"{HEADER}\n{ROW}\n".replace(",", " , "), 1),
        (f"{HEADER}\n{ROW}\n".replace("5", "5\0"), 1),
        (f"{HEADER}\n{ROW}\n".replace(",", ";").replace("50.773", "50,773"), 1),
    ],
    ids=["end", "blank", "excel", "in-rows", "in-header", "quoted", "spaces", "NUL", "comma"],
)
def test_what_people_and_programs_do_to_tables_is_forgiven(text: str, line: int) -> None:
    agrees(text, line)


@pytest.mark.parametrize(
    "header",
    [
        "ssvid,Time,Latitude_degrees,Longitude_degrees,SOG_knots,shipname",
        "MMSI,BaseDateTime,LAT,LON,SOG,VesselName",
        "vessel_id,date time utc,y,x,speed (knots),Vessel Name",
        "# User ID,rx time,Latitude,lng,Speed over ground,Name",
    ],
)
def test_columns_are_found_under_other_names(header: str) -> None:
    agrees(f"{header}\n{ROW}\n")


@pytest.mark.parametrize(
    ("name", "value", "knots"),
    [("speed_mps", 10, 19.438445), ("speed (m/s)", 10, 19.438445), ("speed_kmh", 18.52, 10)],
)
def test_speeds_in_other_units_become_knots(name: str, value: float, knots: float) -> None:
    got = read_text(f"mmsi,time,lat,lon,{name}\n1,1452603731,1,2,{value}\n")
    np.testing.assert_allclose(got.positions.sog_kn, [knots], rtol=1e-6)


@pytest.mark.parametrize("scale", [1, 1000, 10**6, 10**9])
def test_epochs_of_any_unit_are_times(scale: int) -> None:
    got = read_text(f"mmsi,t,lat,lon\n1,{1452603731 * scale},1,2\n")
    assert got.positions.t.tolist() == [1452603731.0]


def test_american_dates_are_noticed() -> None:
    got = read_text("mmsi,time,lat,lon\n1,01/02/2024 00:00:00,1,2\n1,01/31/2024 00:00:00,1,2\n")
    np.testing.assert_array_equal(got.positions.t, MIDNIGHT + 86400.0 * np.array([1, 30]))


def test_every_row_that_is_left_out_is_counted_with_its_reason() -> None:
    rows = {
        "1,2024-01-01 00:00:00,1,2,3": None,
        "x,2024-01-01 00:00:00,1,2,3": "MMSI is not a number of up to nine digits",
        "1.5,2024-01-01 00:00:00,1,2,3": "MMSI is not a number of up to nine digits",
        "1234567890,2024-01-01 00:00:00,1,2,3": "MMSI is not a number of up to nine digits",
        "-1,2024-01-01 00:00:00,1,2,3": "MMSI is not a number of up to nine digits",
        ",2024-01-01 00:00:00,1,2,3": "MMSI is not a number of up to nine digits",
        "1,yesterday,1,2,3": "time cannot be read",
        "1,,1,2,3": "time cannot be read",
        "1,1980-01-01 00:00:00,1,2,3": "time before 1990 or after 2100",
        "1,2024-01-01 00:00:00,91,181,3": "no position",
        "1,2024-01-01 00:00:00,1,,3": "no position",
        "1,2024-01-01 00:00:00,inf,nan,3": "no position",
        "1,2024-01-01 00:00:00,1,2": "wrong number of columns",
        "1,2024-01-01 00:00:00,1,2,3,4": "wrong number of columns",
        '"1,2024-01-01 00:00:00,1,2,3': None,  # a quote that never closes is no quote
    }
    got = read_text("mmsi,time,lat,lon,sog\n" + "\n".join(rows))
    expected = [reason for reason in rows.values() if reason]
    assert got.dropped == {reason: expected.count(reason) for reason in expected}
    assert got.positions.line.tolist() == [1, 15]
    assert got.counts["lines"] == len(rows) + 1


def test_longitude_180_is_minus_180() -> None:
    got = read_text("mmsi,time,lat,lon\n1,1452603731,1,180\n2,1452603731,1,-180\n")
    assert got.positions.lon.tolist() == [-180, -180]


def test_line_numbers_go_on_from_the_input_before() -> None:
    got = read_text(f"{HEADER}\n{ROW}\n{ROW}\n", first_line=1000)
    assert got.positions.line.tolist() == [1001, 1002]


def test_equal_rows_have_equal_keys_and_others_do_not() -> None:
    rows = ["1,1452603731,1,2,3,4", "1,1452603731,1,2,3,4", "2,1452603731,1,2,3,4",
            "1,1452603732,1,2,3,4", "1,1452603731,1.1,2,3,4", "1,1452603731,1,2.1,3,4",
            "1,1452603731,1,2,3.1,4", "1,1452603731,1,2,3,4.1", "1,1452603731,1,2,,4"]  # fmt: skip
    key = read_text("mmsi,time,lat,lon,sog,cog\n" + "\n".join(rows)).positions.key
    assert key[0] == key[1]
    assert len(set(key.tolist())) == len(rows) - 1


def test_what_does_not_change_in_a_batch_is_told_once() -> None:
    text = "mmsi,time,lat,lon,name\n" + "".join(f"1,{10**9 + i * 600},1,2,A\n" for i in range(99))
    assert read_text(text).statics.line.tolist() == [1]


def test_a_claim_that_lasts_from_block_to_block_is_told_every_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 30)
    text = "mmsi,time,lat,lon,name\n" + "".join(f"1,{10**9 + i * 600},1,2,A\n" for i in range(99))
    told = read_text(text).statics.t
    assert 12 <= len(told) <= 17
    assert all(3600 <= later - before <= 4800 for before, later in pairwise(told))


def test_names_are_made_fit_for_ais() -> None:
    names = ["Ærø\x07 X", "A" * 30, "AB@CD", " PADDED  ", "unknown"]
    text = "mmsi,time,lat,lon,name\n" + "".join(
        f"{i},1452603731,1,2,{name}\n" for i, name in enumerate(names)
    )
    expected = [b"?r? X", b"A" * 20, b"AB", b"PADDED"]
    assert read_text(text).statics.name.tolist() == expected
    assert read_text(text.encode("latin-1")).statics.name.tolist() == expected


def test_a_table_that_is_longer_than_a_block_reads_as_if_it_were_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = DMA + "".join(
        f'{(i % 28) + 1:02}/01/2024 00:00:01,Class A,{219000000 + i % 5},55.{i},"10.1",Moored,,1,2'
        f',3,,X{i // 50},"N, {i // 90}",Cargo,,,,,,,,,,,,\n{"" if i % 7 else "bad,line" + chr(10)}'
        for i in range(300)
    )
    whole = read_text(text)
    for size in (1, 37, 1000, 5000):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        same(read_text(text).positions, whole.positions)
        assert read_text(text).counts == whole.counts


def same(a: PositionBatch | StaticBatch, b: PositionBatch | StaticBatch) -> None:
    for name in type(a).described():
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_a_line_without_end_is_left_out_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(blocks, "LINE_MAX", 5000)

    def pieces() -> object:
        yield f"{HEADER}\n{ROW}\n".encode()
        for _ in range(3000):
            yield b"x" * 500
        yield f"\n{ROW}\n".encode()

    recording = Input("a", pieces())  # type: ignore[arg-type]
    got = read(recording)
    assert got.positions.line.tolist() == [1, 3]
    assert got.dropped == {"line too long": 1}


def test_the_last_line_of_a_cut_file_is_not_trusted() -> None:
    recording = Input.of_bytes("a", f"{HEADER}\n{ROW}\n235070762,2016-01-12 13:02:11,5".encode())
    recording.cut = "ends in the middle"
    got = read(recording)
    assert got.positions.line.tolist() == [1]
    assert got.dropped == {"line cut off": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mmsi,lat,lon\n1,2,3\n", "no column was recognised for the time of each position"),
        ("ship,when,north,east\n1,2,3,4\n", r"its columns are: ship, when, north, east; rename"),
        ("mmsi,time,lat\n1,2,3\n", "for the longitude"),
        ("mmsi,time,lat,lon\n1,12:03:11,1,2\n", "'time' cannot be read, the first is '12:03:11'"),
        ('{"mmsi": 1, "lat": 2, "lon": 3}\n', "for the time of each position"),
        ('{"mmsi": 1, "time": "noon", "lat": 2, "lon": 3}\n', "the first is 'noon'"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_text(text)


def parquet(columns: dict[str, object]) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), out)
    return out.getvalue()


@pytest.mark.parametrize(
    "t",
    [
        pa.array([1452603731], pa.timestamp("s")),
        pa.array([1452603731 * 10**9], pa.timestamp("ns", "Europe/Oslo")),
        pa.array([1452603731000], pa.int64()),
        pa.array(["2016-01-12T13:02:11Z"]),
        pa.array([b"2016-01-12T13:02:11Z"]).dictionary_encode(),
    ],
    ids=["s", "ns-zone", "ms", "text", "dictionary"],
)
@pytest.mark.parametrize("mmsi", [pa.array([1], pa.int32()), pa.array(["1"], pa.large_string())])
def test_parquet_of_any_types_is_read(t: pa.Array, mmsi: pa.Array) -> None:
    lat = pa.array([Decimal("1.5")], pa.decimal128(5, 3))
    got = read_text(parquet({"mmsi": mmsi, "time": t, "lat": lat, "lon": [2.5], "name": ["A"]}))
    p = got.positions
    assert (p.mmsi.tolist(), p.t.tolist(), p.lat.tolist()) == ([1], [1452603731.0], [1.5])
    assert got.statics.name.tolist() == [b"A"]


def test_a_cut_parquet_file_is_refused_with_advice() -> None:
    whole = parquet({"mmsi": [1], "time": [1452603731], "lat": [1.0], "lon": [2.0]})
    with pytest.raises(BadInput, match=r"cannot be read any further .*; copy or download it again"):
        read_text(whole[:-20])


def test_parquet_without_times_names_its_columns() -> None:
    with pytest.raises(BadInput, match="its columns are: mmsi, lat, lon"):
        read_text(parquet({"mmsi": [1], "lat": [1.0], "lon": [2.0]}))


FLAT = '{"ssvid": 263576000, "lat": -23.26, "lon": 97.16, "timestamp": "2015-10-15T02:39:55Z"%s}\n'


def test_flat_json_lines_are_read_though_single_lines_are_odd() -> None:
    text = (FLAT % "") + (FLAT % ', "speed": 2.5') + "nonsense\n\n" + (FLAT % ', "speed": "3.5"')
    got = read_text(text + "[1]\n" + '{"a": ' * 5000 + "\n" + (FLAT % ', "speed": null'))
    assert got.format == "gfw"
    assert got.positions.line.tolist() == [0, 1, 4, 7]
    np.testing.assert_array_equal(got.positions.sog_kn, np.float32([np.nan, 2.5, 3.5, np.nan]))
    assert got.dropped == {"line is not a JSON object": 3}
    assert got.counts["blank lines"] == 1


def test_blank_lines_do_not_move_the_numbers_of_json_lines() -> None:
    got = read_text((FLAT % "") + "\n" + (FLAT % ""))
    assert got.positions.line.tolist() == [0, 2]
    assert got.counts["lines"] == 3


CELL = st.one_of(
    st.sampled_from(["", "1", "91", "2024-01-01 00:00:00", "a,b", 'a"b', '"', "-", "nan", "1e400"]),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=12),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=4, max_size=6), max_size=12), st.sampled_from(",;\t"))
def test_no_cell_crashes_a_delimited_table(table: list[list[str]], delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in table)
    first = delimiter.join(["1", "2024-01-01 00:00:00", "1", "2", "NAME"])
    got = read_text(f"mmsi,time,lat,lon,name\n{first}\n".replace(",", delimiter) + text)
    accounted(got.counts, got.positions)


def accounted(counts: dict[str, int], positions: PositionBatch) -> None:
    """Every line is a header, blank, a report, or dropped."""
    others = sum(n for what, n in counts.items() if what.startswith("dropped"))
    others += counts["blank lines"] + counts["rows with identity only"]
    assert len(positions) + others + 1 == counts["lines"]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_behind_a_header_crash_a_table(noise: bytes) -> None:
    first = b"1,2024-01-01 00:00:00,1,2,NAME"
    read_text(b"mmsi,time,lat,lon,name\n" + first + b"\n" + noise + b"\n" + first)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab," '), max_size=6), min_size=3, max_size=3), min_size=1
    )
)
def test_quoted_cells_are_found_as_the_csv_module_finds_them(table: list[list[str]]) -> None:
    quoted = [",".join(f'"{c.replace(chr(34), "")}"' for c in row) for row in table]
    layout = cells.Layout(ord(","), 3, {})
    found = cells.find(("\n".join(quoted) + "\n").encode(), layout, Counter())
    claims = cells.CellClaims.of(found, layout, {"name": 0, "call_sign": 1, "destination": 2})
    got = claims.at(np.arange(len(table)))
    for i, name in enumerate(("name", "call_sign", "destination")):
        assert [c.decode() for c in got[name]] == [row[i].replace('"', "") for row in table]


@given(st.lists(st.binary(max_size=40), min_size=2, max_size=60))
@example([b"12345678" + b"abcdefgh", b"abcdefgh" + b"12345678", b"", b"\0"])
def test_digests_are_equal_where_the_cells_are(pieces: list[bytes]) -> None:
    ends = np.cumsum([len(p) for p in pieces])
    data = np.frombuffer(b"".join(pieces) + bytes(cells.PAD), np.uint8)
    digest = cells._digests(data, ends - [len(p) for p in pieces], ends)
    by_piece = dict(zip(pieces, digest.tolist(), strict=True))
    assert [by_piece[p] for p in pieces] == digest.tolist()
    assert len(set(by_piece.values())) == len(by_piece)
