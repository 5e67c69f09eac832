"""A station that heard nothing says so, and holds it against no vessel."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pyais
import pytest

from receiver.sources.address import parse
from receiver.sources.simulator import Simulation
from sternlight.archive import Archive
from sternlight.feeds import Notice
from sternlight.rawlog import segments
from tests.sternlight.stations import BEGAN, Post, replayed_rows
from tests.sternlight.test_rawlog import content

HOURS, BEGINS_H, ENDS_H = 14.0, 4.0, 12.0  # from when to when nothing is heard
BATCH_S = 240.0
AN_HOUR = 15  # batches
REFUSED = "the connection was refused"


@cache
def sea() -> list[list[tuple[int, bytes]]]:
    """Return MMSIs and sentences of a small sea, for every four minutes."""
    lines = b"".join(
        Simulation(seed=1, hours=HOURS, vessels=12, thin_s=240.0, bad_checksum_share=0.0).lines()
    ).splitlines(keepends=True)
    found: list[list[tuple[int, bytes]]] = [[] for _ in range(int(HOURS * 3600 / BATCH_S) + 1)]
    first = None
    for line in lines:
        at = line.find(b"!AIVDM,1,1")
        if at < 0:
            continue
        t = float(line[line.find(b"c:") + 2 : line.find(b"*")])
        first = t if first is None else first
        mmsi = int(pyais.decode(line[at:].strip()).mmsi)
        found[int((t - first) // BATCH_S)].append((mmsi, line[at:]))
    return found


def in_view(h: float) -> set[int]:
    """Return the vessels that are heard well before, during and after these eight hours."""
    heard = [
        {m for batch in sea()[int(a * AN_HOUR) : int(b * AN_HOUR)] for m, _ in batch}
        for a, b in ((0.5, 1), (2, 3), (3.9, 4), (6, 7), (8, 9), (12.1, 13), (13, 14))
    ]
    return {mmsi for mmsi in set.intersection(*heard) if 200_000_000 <= mmsi < 800_000_000}


def two() -> list[int]:
    return sorted(in_view(BEGINS_H))[:2]


def deaf_h(h: float) -> bool:
    return BEGINS_H <= h < ENDS_H


def sail(post: Post, how: str) -> None:
    """Let a station hear the sea by its own clock; for eight hours `how` befalls it."""
    post.start()
    was = False
    for i, batch in enumerate(sea()):
        h = i * BATCH_S / 3600
        is_so, both = deaf_h(h), two()
        if is_so and not was:
            if how == "off":
                post.watch.close()
            elif how in ("lost", "one of two lost"):
                post.moments.mono += 0.1
                post.backlog.tell(Notice(1, post.moments.mono, "lost", REFUSED))
        if was and not is_so and how == "off":
            post.start()
        was = is_so
        if is_so and how == "off":
            post.moments.mono += BATCH_S
            continue
        roof, mast = b"", b""
        for mmsi, sentence in batch:
            hidden = is_so and (how in ("lost", "one of two lost", "silent") or mmsi in both)
            roof += b"" if hidden else sentence
            mast += b"" if mmsi in both else sentence
        if len(post.feeds) == 2:
            post.backlog.put(2, mast or b"\n")
        post.hear(roof, 1, wait_s=BATCH_S)
    post.watch.close()


def gaps_of_the_two(post: Post) -> list[int]:
    """Return whose gaps cover the eight hours."""
    events = [json.loads(row) for row in post.rows()]
    return sorted(m for e in events if e["kind"] == "gap" for m in e["mmsis"] if m in two())


def states(post: Post) -> list[tuple[str, str, str]]:
    with Archive.look(post.folder) as archive:
        return archive.read("select source, state, why from states where source != 'clock'")


def since(post: Post, state: str) -> list[float]:
    """Return when a state began, in hours after the station did."""
    with Archive.look(post.folder) as archive:
        rows = archive.read("select t from states where state = ? order by seq", state)
    return [(t - BEGAN) / 3600 for (t,) in rows]


def post(folder: Path, sources: int) -> Post:
    feeds = [parse(f"tcp://127.0.0.1:{i}?name={n}") for i, n in ((1, "roof"), (2, "mast"))]
    return Post(folder, feeds[:sources])


def test_two_ships_that_fall_silent_while_others_are_heard_have_a_gap_each(
    tmp_path: Path,
) -> None:
    """Without this the tests below would prove nothing."""
    assert len(two()) == 2
    station = post(tmp_path / "station", 1)
    sail(station, "they fall silent")
    assert gaps_of_the_two(station) == two()
    assert [state for _, state, _ in states(station)] == ["hearing"]


@pytest.mark.parametrize("how", ["lost", "silent"])
def test_nobody_has_a_gap_when_the_only_source_hears_nothing_for_eight_hours(
    tmp_path: Path, how: str
) -> None:
    station = post(tmp_path / "station", 1)
    sail(station, how)
    assert not [row for row in station.rows() if '"kind":"gap"' in row and _overlaps(row)]
    assert station.rows() == replayed_rows(station.folder, tmp_path / "out")
    why = REFUSED if how == "lost" else "nothing heard for 10 min"
    told = [(name, state) for name, state, _ in states(station)]
    assert told == [("roof", "hearing"), ("roof", how), ("roof", "hearing")]
    assert states(station)[1][2] == why
    (began,) = since(station, how)
    assert began == pytest.approx(BEGINS_H if how == "lost" else BEGINS_H + 1 / 6, abs=0.1)
    assert since(station, "hearing")[1] == pytest.approx(ENDS_H, abs=0.1)


def test_nobody_has_a_gap_when_the_station_was_off_for_eight_hours(tmp_path: Path) -> None:
    station = post(tmp_path / "station", 1)
    sail(station, "off")
    text = b"".join(content(path) for path in segments(station.folder / "raw"))
    (turned,) = re.findall(rb"# t=([\d.]+) source=01 deaf: the station was off\n", text)
    assert (float(turned) - BEGAN) / 3600 == pytest.approx(BEGINS_H, abs=0.1)
    assert text.count(b" source=01 listening\n") == 1
    assert not [row for row in station.rows() if '"kind":"gap"' in row and _overlaps(row)]
    assert station.rows() == replayed_rows(station.folder, tmp_path / "out")


def test_of_two_sources_one_that_dies_excuses_those_that_it_alone_heard(tmp_path: Path) -> None:
    station = post(tmp_path / "station", 2)
    sail(station, "one of two lost")
    assert gaps_of_the_two(station) == []
    assert ("roof", "lost", REFUSED) in states(station)
    assert all(name != "mast" or state == "hearing" for name, state, _ in states(station))
    assert station.rows() == replayed_rows(station.folder, tmp_path / "out")


def test_of_two_sources_one_that_dies_excuses_nobody_that_both_could_hear(tmp_path: Path) -> None:
    station = post(tmp_path / "station", 2)
    station.start()
    both = two()
    for i, batch in enumerate(sea()):
        h = i * BATCH_S / 3600
        if i == int(BEGINS_H * AN_HOUR) + AN_HOUR // 2:  # half an hour after they fell silent
            station.backlog.tell(Notice(1, station.moments.mono, "lost", REFUSED))
        text = b"".join(s for m, s in batch if not (deaf_h(h) and m in both))
        station.backlog.put(2, text or b"\n")
        station.hear(b"" if deaf_h(h) and h > BEGINS_H + 0.5 else text, 1, wait_s=BATCH_S)
    station.watch.close()
    assert gaps_of_the_two(station) == both


def _overlaps(row: str) -> bool:
    from datetime import datetime

    event = json.loads(row)
    begin = datetime.fromisoformat(event["start"]).timestamp()
    return BEGAN + (BEGINS_H - 0.5) * 3600 < begin < BEGAN + ENDS_H * 3600
