"""The simulated sea as a live source: the simulator's own lines, each when its time has come."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from receiver.sources.address import BadAddress, parse
from receiver.sources.base import POLL_S
from receiver.sources.simulated import Simulated, seconds
from receiver.sources.simulator import START, Simulation


def stamps(lines: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"c:(\d{10})", lines)]


def test_as_fast_as_possible_it_is_the_simulation_to_the_byte() -> None:
    heard = b"".join(Simulated(vessels=30, hours=2.0, speed=0.0, start=START, thin_s=0.0).blocks())
    assert heard == b"".join(Simulation(vessels=30, hours=2.0, thin_s=0.0).lines())
    assert heard.startswith(b"# Simulated by Sternlight")


def test_lines_come_when_their_time_has_come() -> None:
    speed, begun, worst_s = 600.0, time.monotonic(), 0.0
    blocks, heard = Simulated(vessels=40, speed=speed, start=START).blocks(), 0
    for block in blocks:
        now_s = time.monotonic() - begun
        for stamp in stamps(block):
            heard += 1
            assert stamp - START <= speed * now_s  # never before its time
            worst_s = max(worst_s, now_s - (stamp - START) / speed)
        if now_s > 0.8:
            break
    assert heard > 50
    assert worst_s < 0.5
    blocks.close()  # type: ignore[attr-defined]


def test_the_sea_begins_now_unless_told_otherwise() -> None:
    blocks = Simulated(vessels=200, thin_s=0.0).blocks()
    begun = time.time()
    lines = b""
    while len(stamps(lines)) < 10:
        lines += next(blocks)
    assert all(begun - 2 <= stamp <= time.time() + 1 for stamp in stamps(lines))


def test_it_polls_while_no_line_is_due() -> None:
    blocks, last = Simulated(vessels=1, start=START).blocks(), time.monotonic()
    for block in blocks:
        now = time.monotonic()
        assert now - last < 2 * POLL_S
        last = now
        if block == b"":
            break
    blocks.close()  # type: ignore[attr-defined]


def test_it_ends_after_its_hours() -> None:
    begun = time.monotonic()
    heard = b"".join(Simulated(vessels=1, hours=0.01, speed=60.0, start=START).blocks())
    assert 0.05 < time.monotonic() - begun < 30 / 60 + 0.5
    assert heard == b"".join(Simulation(vessels=1, hours=0.01).lines())


def test_seconds_keep_every_byte_whatever_the_lines_are() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"# remark\n\\s:a,c:100*00\\!A\n!no time\n\\g:1-2-3,s:a,c:100*00\\!B\n"
        yield b"\\c:99*00\\!late\n\\c:102*00\\!C\n"

    assert list(seconds(pieces())) == [
        (float("-inf"), b"# remark\n"),
        (100.0, b"\\s:a,c:100*00\\!A\n!no time\n\\g:1-2-3,s:a,c:100*00\\!B\n"),
        (100.0, b"\\c:99*00\\!late\n"),
        (102.0, b"\\c:102*00\\!C\n"),
    ]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("simulator:?speed=-1", "speed is -1"),
        ("simulator:?speed=inf", "speed is inf"),
        ("simulator:?vessels=0", "vessels is 0"),
        ("simulator:?ships=4", "ships is not known"),
    ],
)
def test_impossible_settings_are_refused(address: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says):
        parse(address)


def test_an_address_gives_the_settings() -> None:
    feed = parse("simulator:?seed=3&vessels=9&hours=1.5&speed=0&clock=feed")
    assert feed.source == Simulated(3, 9, 1.5, 0.0)
    assert feed.clock == "feed"
