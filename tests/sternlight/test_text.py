"""Names from strangers stay harmless text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternlight.text import counted, duration, iso, plain


@given(st.text() | st.binary())
def test_plain_text_has_one_line_and_nothing_invisible(text: str | bytes) -> None:
    made = plain(text)
    assert len(made.splitlines()) <= 1
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in made)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b[31mBOO", "\ufffd[2J\ufffd[31mBOO"),
        ("EVER\u202eNEVIG", "EVER\ufffdNEVIG"),
        (b"CAF\xc9", "CAF\ufffd"),
        ("A\nB\rC", "A\ufffdB\ufffdC"),
        ("  PAN PACIFIC  ", "PAN PACIFIC"),
        ("ÆRØ 海豐", "ÆRØ 海豐"),
    ],
)
def test_hostile_names_are_neutralised_and_others_kept(hostile: str | bytes, shown: str) -> None:
    assert plain(hostile) == shown


def test_times_are_written_in_utc_to_the_second() -> None:
    assert iso(1_635_699_735.9) == "2021-10-31T17:02:15Z"
    assert iso(-1.0) == "1969-12-31T23:59:59Z"


def test_spans_and_counts_are_written_as_people_say_them() -> None:
    assert [duration(s) for s in (45, 720, 27_000, 276_480)] == [
        "45 s",
        "12 min",
        "7.5 h",
        "3.2 days",
    ]
    assert counted(1, "ship") == "1 ship"
    assert counted(2000, "ship") == "2,000 ships"
