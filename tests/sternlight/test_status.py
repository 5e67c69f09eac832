"""What of a station's status is wrong, and how it is said in a line."""

from __future__ import annotations

from typing import Any

import pytest

from sternlight.status import headline, size, troubles
from tests.sternlight.statuses import NOW, mail, source, status


def clock(how: str, base_offset_s: float | None = None) -> dict[str, Any]:
    return {
        "how": how,
        "system_offset_s": -3600.0,
        "base_offset_s": base_offset_s,
        "steps_count": 0,
    }


def test_a_healthy_station_has_no_troubles() -> None:
    assert troubles(status()) == []
    assert headline(status()) == "hearing 1 of 1 source; 312 ships in the last hour"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"clock": clock("waiting")}, "The time is not known yet; what is heard waits for it."),
        (
            {"clock": clock("unsure")},
            "The time is unsure; connect a time server, or set the clock.",
        ),
        (
            {"clock": clock("base stations")},
            "The system clock is wrong by 60 min; base stations tell the time.",
        ),
        (
            {"clock": clock("system", 7200.0)},
            "Base stations tell another time than the clock in use, by 2.0 h.",
        ),
        (
            {"anchorages": {"count": 0, "since": None, "why_not": "there was no memory"}},
            "Anchorages were not learned last night: there was no memory.",
        ),
        (
            {"mail": mail(why_not="the server refuses the password", since=NOW - 7200.0)},
            "Alerts do not reach everybody since 2.0 h: the server refuses the password.",
        ),
        (
            {"memory_bytes": 402_000_000},
            "The station's memory has grown to 402 MB; restart it and report it.",
        ),
        ({"disk_free_bytes": 12_300_000}, "Only 12.3 MB are free on the disk."),
        ({"temperature_c": 82.4}, "The processor has 82 °C; it slows down from 80 °C on."),
        (
            {"queue": {"bytes": 95, "lines": 2, "most_bytes": 100, "dropped_lines": 1}},
            "The station cannot keep up: 95 bytes wait, 1 line was dropped.",
        ),
        (
            {
                "raw_log": {
                    "segment": "",
                    "bytes_today": 0,
                    "synced_at": None,
                    "writing": False,
                    "why_not": "the disk is full",
                }
            },
            "The raw log is not written: the disk is full.",
        ),
    ],
)
def test_each_trouble_is_one_sentence(changes: dict[str, Any], says: str) -> None:
    assert troubles(status(**changes)) == [says]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("lost", "Source pier is lost since 12 min: connection refused."),
        ("silent", "Source pier is open and silent since 12 min."),
        ("half deaf", "Source pier is half deaf since 12 min: connection refused."),
        ("opening", "Source pier has not heard anything yet, for 12 min."),
    ],
)
def test_a_source_that_does_not_hear_is_a_trouble(state: str, says: str) -> None:
    pier = source("pier", state=state, why="connection refused", since=NOW - 720)
    assert troubles(status(source(), pier)) == [says]


def test_a_source_that_ended_is_no_trouble_unless_all_have() -> None:
    ended = source("file", state="ended")
    assert troubles(status(source(), ended)) == []
    assert troubles(status(ended)) == ["All sources have ended; nothing will be heard any more."]


def test_a_headline_says_deaf_and_half_deaf() -> None:
    lost = source(state="lost", last_heard=NOW - 3600)
    assert headline(status(lost)) == "deaf, last heard 2026-11-28T23:00:00Z"
    assert headline(status(source(state="opening", last_heard=None))) == "deaf, nothing heard yet"
    half = source(state="half deaf")
    assert headline(status(half, lost, source(), vessels_hour=1)) == (
        "hearing 2 of 3 sources, 1 half deaf; 1 ship in the last hour"
    )
    assert headline(status(clock=clock("waiting"))) == "waiting to know the time"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (12_300, "12.3 kB"),
        (123_000, "123 kB"),
        (5e13, "50.0 TB"),
    ],
)
def test_bytes_are_written_as_people_say_them(n: int, text: str) -> None:
    assert size(n) == text


@pytest.mark.parametrize("why", ["is the dongle there?", "gone."])
def test_a_reason_that_ends_a_sentence_gets_no_second_stop(why: str) -> None:
    assert troubles(status(source(state="lost", why=why)))[0].endswith(f": {why}")
