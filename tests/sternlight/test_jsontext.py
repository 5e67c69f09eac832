"""JSON files: the same bytes each time, whole or not there at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sternlight.jsontext import dumps, measurement, replacing, write_lines


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps({"speed_kn": float("nan")})


def test_measurements_are_rounded_by_their_unit() -> None:
    given = {"speed_kn": 1.23456, "ships_count": 3.0, "offshore_nmi": 20.005, "duration_h": 7.00049}
    assert {k: measurement(k, v) for k, v in given.items()} == {
        "speed_kn": 1.23,
        "ships_count": 3,
        "offshore_nmi": 20.0,
        "duration_h": 7.0,
    }
    assert measurement("speed_kn", float("nan")) is None
    assert repr(measurement("drift_m", -0.2)) == "0.0"


def test_text_is_ascii_and_comes_back_as_it_was() -> None:
    name = "\x1b[31m\u202eЖ \ud800"
    written = dumps({"name": name})
    assert written.isascii()
    assert written.isprintable()
    assert json.loads(written) == {"name": name}


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("old\n")

    def half() -> None:
        with replacing(path) as out:
            out.write("new")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        half()
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_are_counted_and_end_in_line_feeds(tmp_path: Path) -> None:
    assert write_lines(tmp_path / "a", [{"a": 1}, {"b": None}]) == 2
    assert (tmp_path / "a").read_bytes() == b'{"a":1}\n{"b":null}\n'
