"""The Prometheus page, read back by a reader written from the format's description."""

from __future__ import annotations

import math
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sternlight.metrics import page
from tests.sternlight.statuses import NOW, source, status

DOCS = Path(__file__).resolve().parents[2] / "docs" / "station-state.md"
SAMPLE = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)', re.A
)
LABEL = re.compile(r'(\w+)="((?:[^"\\\n]|\\["\\n])*)"', re.A)
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Series = tuple[str, frozenset[tuple[str, str]]]


def read(text: str) -> dict[Series, float]:
    """Return each series once; fail where the text breaks a rule of the format."""
    assert text.endswith("\n")
    series: dict[Series, float] = {}
    announced: list[str] = []
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            continue
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("gauge", "counter")
            assert name not in announced, "a name is announced once"
            assert (kind == "counter") == name.endswith("_total")
            announced.append(name)
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        name, labels, value = found.groups()
        assert name == announced[-1], "samples follow their name's announcement"
        pairs = [
            (key, re.sub(r'\\["\\n]', lambda m: UNESCAPED[m[0]], quoted))
            for key, quoted in LABEL.findall(labels or "")
        ]
        key = (name, frozenset(pairs))
        assert key not in series, "a series is told once"
        series[key] = float(value)
    return series


def value(text: str, name: str, **labels: str) -> float:
    return read(text)[name, frozenset(labels.items())]


def test_numbers_of_the_status_are_on_the_page() -> None:
    text = page(status(source("roof", errors={"checksum": 7}), source("pier", state="lost")))
    assert value(text, "sternlight_source_lines_total", source="roof") == 123_456
    assert value(text, "sternlight_source_state", source="pier", state="lost") == 1
    assert value(text, "sternlight_source_state", source="pier", state="hearing") == 0
    assert value(text, "sternlight_source_errors_total", source="roof", kind="checksum") == 7
    assert value(text, "sternlight_source_last_heard_timestamp_seconds", source="roof") == NOW - 2
    assert value(text, "sternlight_clock", how="system, synchronised") == 1
    assert value(text, "sternlight_clock", how="unsure") == 0
    assert value(text, "sternlight_events", state="open") == 14
    assert value(text, "sternlight_vessels", within="1h") == 312
    assert value(text, "sternlight_troubles") == 1
    assert value(text, "process_resident_memory_bytes") == 98_000_000


def test_what_is_not_known_is_not_told() -> None:
    text = page(status(source(last_heard=None), temperature_c=None, as_of=None))
    names = {name for name, _ in read(text)}
    assert not names & {"sternlight_temperature_celsius", "sternlight_as_of_timestamp_seconds",
                        "sternlight_source_last_heard_timestamp_seconds"}  # fmt: skip


def test_only_beacons_in_distress_are_counted() -> None:
    rows = [{"active": True}, {"active": False}, {"active": True}]
    assert value(page(status(distress=rows)), "sternlight_distress_beacons") == 2


def test_two_sources_of_one_name_do_not_void_the_page() -> None:
    text = page(status(source("roof", lines=1), source("roof", lines=2)))
    assert value(text, "sternlight_source_lines_total", source="roof") == 1
    assert value(text, "sternlight_source_lines_total", source="roof (2)") == 2


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=20), st.text(max_size=20))
def test_any_name_comes_back_as_it_was(name: str, kind: str) -> None:
    text = page(status(source(name, errors={kind: 3})))
    shown = name.encode("utf-8", "replace").decode()
    text.encode("utf-8")
    assert value(text, "sternlight_source_errors_total", source=shown, kind=kind) == 3


def test_nan_is_written_as_prometheus_reads_it() -> None:
    assert math.isnan(value(page(status(load=math.nan)), "sternlight_load1"))


def test_every_name_is_explained() -> None:
    names = {name for name, _ in read(page(status(source(errors={"checksum": 1}))))}
    documented = set(re.findall(r"`((?:sternlight|process)_\w+)`", DOCS.read_text("utf-8")))
    assert names == documented
