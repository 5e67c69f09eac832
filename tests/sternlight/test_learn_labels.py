"""Labels: what people write into such files, what is made of it, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.decoded import BadInput
from sternlight.learn.labels import Label, read
from sternlight.record.features import EVER


def labels(folder: Path, *rows: str, head: str = "ship,label") -> list[Label]:
    path = folder / "labels.csv"
    path.write_text("\n".join([head, *rows]), "utf-8")
    return read(path)


def refusal(folder: Path, *rows: str, head: str = "ship,label") -> str:
    with pytest.raises(BadInput) as error:
        labels(folder, *rows, head=head)
    return str(error.value)


def t(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("416000000", ("mmsi", "416000000")),
        ("MMSI 416000000", ("mmsi", "416000000")),
        ("416000000.2", ("track", "416000000.2")),
        ("IMO 9074729", ("imo", "9074729")),
        ("9074729", ("imo", "9074729")),
        ("bj5123", ("call_sign", "BJ5123")),
        ("'9074729", ("imo", "9074729")),
    ],
)
def test_a_ship_is_named_by_a_number_a_call_sign_or_a_track(
    tmp_path: Path, cell: str, name: tuple[str, str]
) -> None:
    (one,) = labels(tmp_path, f"{cell},positive")
    assert one.names == (name,)
    assert one.positive
    assert one.span == EVER


@pytest.mark.parametrize("cell", ["", "=HYPERLINK(1)", "OCEAN STAR", "12345", "<script>", "A" * 99])
def test_a_ship_that_is_none_is_refused_by_row_and_column(tmp_path: Path, cell: str) -> None:
    says = refusal(tmp_path, "416000000,positive", f"{cell},negative")
    assert 'row 3, column "ship"' in says
    assert "an IMO number" in says


def test_headers_may_be_written_in_many_ways_and_others_are_not_looked_at(tmp_path: Path) -> None:
    head = "Note;M.M.S.I.;LABEL;Start Date;End_Date;Case ID;IMO number;Colour"
    rows = ("=1+1;416000000;Pos;2021-03-01;2021-03;A 7;9074729;red", ";416000001;no;;;;;")
    one, other = labels(tmp_path, *rows, head=head)
    assert one.names == (("mmsi", "416000000"), ("imo", "9074729"))
    assert (one.positive, one.source) == (True, "a 7")
    assert one.span == (t(2021, 3, 1), t(2021, 4, 1))
    assert (other.row, other.positive, other.source, other.span) == (3, False, "", EVER)


@pytest.mark.parametrize(
    ("since", "until", "span"),
    [
        ("2020", "2020", (t(2020, 1, 1), t(2021, 1, 1))),
        ("2021-02", "2021-02-28", (t(2021, 2, 1), t(2021, 3, 1))),
        ("2021-02-03T04:05:06Z", "", (t(2021, 2, 3, 4, 5, 6), EVER.until)),
        ("", "2021-12", (EVER.since, t(2022, 1, 1))),
        ("2021-02-03 06:05:06+02:00", "", (t(2021, 2, 3, 4, 5, 6), EVER.until)),
    ],
)
def test_a_day_month_or_year_lasts_to_its_end(
    tmp_path: Path, since: str, until: str, span: tuple[float, float]
) -> None:
    (one,) = labels(tmp_path, f"416000000,1,{since},{until}", head="ship,label,from,to")
    assert one.span == span


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("416000000,maybe,,", "row 2, column \"label\": 'maybe'"),
        ("416000000,,,", 'row 2, column "label"'),
        ("416000000,1,yesterday,", "row 2, column \"from\": 'yesterday'"),
        ("416000000,1,,2021-02-30", "row 2, column \"to\": '2021-02-30'"),
        ("416000000,1,2021,2020", 'row 2, column "to"'),
        ("416000000,1,,0000", 'row 2, column "to"'),
        ("416000000,1,,9999-12-31", 'row 2, column "to"'),
    ],
)
def test_a_cell_that_is_wrong_is_named_by_row_and_column(
    tmp_path: Path, cells: str, says: str
) -> None:
    assert says in refusal(tmp_path, cells, head="ship,label,from,to")


def test_of_many_wrong_rows_a_few_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    says = refusal(tmp_path, *["416000000,perhaps"] * 9)
    assert says.count("perhaps") == 5
    assert "4 more rows" in says


def test_a_file_without_its_columns_rows_or_text_is_refused(tmp_path: Path) -> None:
    assert 'no column "label"' in refusal(tmp_path, "416000000,1", head="mmsi,kind")
    assert 'no column "ship"' in refusal(tmp_path, "1", head="label")
    assert "holds no label" in refusal(tmp_path)
    path = tmp_path / "labels.csv"
    for data, says in ((b"", "no column"), (b"ship,label\0", "no CSV"), (b"\xff\xfe", "no column")):
        path.write_bytes(data)
        with pytest.raises(BadInput, match=says):
            read(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.csv")


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused_in_words(tmp_path_factory: object, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"  # type: ignore[attr-defined]
    path.write_bytes(b"ship,label,from,to\n416000000,1,," + data)
    with suppress(BadInput):
        assert read(path)
