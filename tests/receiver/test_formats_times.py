"""Times in all their forms, against datetime."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from receiver.decoded import BadInput
from receiver.formats import times

WHEN = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))
ZONES = st.sampled_from(["", "Z", " UTC", "+00:00", "+05:30", "-0330", "+02", " +0000 UTC"])


def read(texts: list[str], month_first: bool = False) -> list[float]:
    cells = [text.encode() for text in texts]
    data = np.frombuffer(b"".join(cells) + bytes(times.WIDTH), np.uint8)
    length = np.array([len(cell) for cell in cells], np.int64)
    begin = np.cumsum(length) - length
    return times.from_text(data, begin, length, month_first).tolist()


def offset(zone: str) -> timedelta:
    digits = zone.strip(" Z").removesuffix(" UTC").removesuffix("UTC").replace(":", "")
    if not digits:
        return timedelta()
    sign = -1 if digits[0] == "-" else 1
    return sign * timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5] or 0))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WHEN, st.integers(0, 9), ZONES, st.sampled_from(" T")), min_size=1))
@example([(datetime(2038, 1, 19, 0, 0, 0, 200), 4, "-0330", " ")])  # across 2 ** 31 s
def test_iso_times_are_what_datetime_makes_of_them(
    cases: list[tuple[datetime, int, str, str]],
) -> None:
    texts, expected = [], []
    for when, digits, zone, between in cases:
        nine = f"{when.microsecond:06d}000"[:digits]
        text = when.strftime(f"%Y-%m-%d{between}%H:%M:%S") + (f".{nine}" if nine else "")
        texts.append(text + zone)
        whole = when.replace(microsecond=0, tzinfo=timezone(offset(zone))).timestamp()
        expected.append(whole + (int(nine) / 10 ** len(nine) if nine else 0))
    assert read(texts) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(WHEN, min_size=1), st.booleans(), st.sampled_from("/-."))
def test_slashed_times_are_read_with_day_or_month_first(
    cases: list[datetime], month_first: bool, mark: str
) -> None:
    form = f"%m{mark}%d{mark}%Y %H:%M:%S" if month_first else f"%d{mark}%m{mark}%Y %H:%M:%S"
    whole = [when.replace(microsecond=0, tzinfo=UTC) for when in cases]
    assert read([w.strftime(form) for w in whole], month_first) == [w.timestamp() for w in whole]


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29 00:00:00",
        "2024-13-01 00:00:00",
        "2024-01-00 00:00:00",
        "2024-01-01 24:00:00",
        "2024-01-01 00:60:00",
        "2024-01-01 00:00:00+xx",
        "32/01/2024 00:00:00",
        "12:03:11",
        "Unknown",
        "",
        " ",
        "2024-01-01T00:00:0é",
    ],
)
def test_what_is_no_time_is_nan(text: str) -> None:
    (t,) = read([text])
    assert math.isnan(t)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-01-31 23:59", "2024-01-31T23:59:00"),
        ("20240131T235958Z", "2024-01-31T23:59:58"),
        ("20240131235958", "2024-01-31T23:59:58"),
        (" 2024-01-31 23:59:58 ", "2024-01-31T23:59:58"),
        ("31/01/2024 23:59", "2024-01-31T23:59:00"),
        ("31-Jan-2024 23:59:58", "2024-01-31T23:59:58"),
        ("1706745598", "2024-01-31T23:59:58"),
        ("1706745598.0", "2024-01-31T23:59:58"),
        ("2024-01-31", "2024-01-31T00:00:00"),
        ("2016-12-31 23:59:60", "2017-01-01T00:00:00"),  # a leap second
        ("2026-03-01 00:00:07.12 +0000 UTC", "2026-03-01T00:00:07.120"),  # as Go cuts zeros off
    ],
)
def test_rarer_forms_are_read_too(text: str, iso: str) -> None:
    expected = datetime.fromisoformat(iso + "+00:00").timestamp()
    assert read([text, "nonsense", text]) == pytest.approx(
        [expected, math.nan, expected], nan_ok=True
    )


@given(st.floats(1e9, 4e9), st.sampled_from([1, 1e3, 1e6, 1e9]))
def test_an_epoch_tells_its_unit_by_its_size(seconds: float, unit: float) -> None:
    (t,) = times.from_numbers(np.array([seconds * unit]))
    assert t == pytest.approx(seconds, rel=1e-15)


def test_which_number_is_the_month_is_seen_in_a_sample() -> None:
    assert not times.month_first([b"01/02/2024 00:00", b"31/12/2024 00:00"])
    assert times.month_first([b"01/02/2024 00:00", b"12/31/2024 00:00"])
    assert not times.month_first([b"01/02/2024 00:00"])


def test_times_of_day_alone_are_refused_with_an_example() -> None:
    with pytest.raises(BadInput, match=r"'Time' cannot be read, the first is '12:03:11'; write"):
        times.check([b"12:03:11"], "Time", "a.csv")


@given(st.lists(st.text(max_size=60), min_size=1))
def test_no_text_crashes_it(texts: list[str]) -> None:
    assert len(read([t.encode("utf-8", "replace").decode("latin-1") for t in texts])) == len(texts)
