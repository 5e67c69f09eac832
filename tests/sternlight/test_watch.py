"""The station as a whole: what it finds is what a replay of its log finds, whatever befalls it."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from receiver.sources.address import parse
from receiver.sources.simulator import Simulation
from sternlight import watch
from sternlight.archive import Archive
from tests.sternlight.stations import Post, kept_rows, replayed_rows, with_watch

HOURS = 30.0


@cache
def sea() -> list[bytes]:
    """Return the lines of a day of a simulated sea with an outage in it."""
    simulation = Simulation(seed=3, hours=HOURS, vessels=40, thin_s=120.0, outages=((9.0, 4.0),))
    return b"".join(simulation.lines()).splitlines(keepends=True)


def batches(lines: list[bytes], most: int, chance: random.Random) -> list[tuple[bytes, str]]:
    """Cut lines into batches of any size; each knows how many lines stand before its end."""
    found, at = [], 0
    while at < len(lines):
        end = min(len(lines), at + chance.randint(1, most))
        found.append((b"".join(lines[at:end]), str(end)))
        at = end
    return found


def test_a_station_finds_to_the_byte_what_a_replay_of_its_log_finds(tmp_path: Path) -> None:
    post = Post(tmp_path / "station")
    post.start()
    for lines, mark in batches(sea(), 400, random.Random(1)):
        post.hear(lines, mark=mark)
    post.watch.close()
    rows = post.rows()
    assert len(rows) > 15
    assert rows == replayed_rows(post.folder, tmp_path / "out")


def test_so_does_one_that_hears_the_same_sea_over_two_sources_by_its_own_clock(
    tmp_path: Path,
) -> None:
    feeds = [parse("tcp://127.0.0.1:1?name=roof"), parse("udp://127.0.0.1:2?name=mast")]
    post = Post(tmp_path / "station", feeds)
    post.start()
    chance = random.Random(2)
    for line in sea()[::60]:
        sentence = line[line.find(b"!") :] if b"!" in line else line
        for number in (1, 2):
            if chance.random() < 0.8:
                post.hear(sentence, number, wait_s=chance.choice([0.0, 0.01, 30.0]))
    post.watch.close()
    live = post.watch.live
    assert live.station.counts["duplicate: another station"] > 50
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")
    assert sum(live.station.fleet.fixes_count) > 300


def test_lines_that_come_fast_are_made_safe_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PENDING_BYTES", 30_000)
    post = Post(tmp_path / "station", settings=with_watch(sync_s=3600.0))
    post.start()
    most_bytes = 0
    for lines, _ in batches(sea()[:2000], 100, random.Random(3)):
        post.hear(lines, wait_s=0.0)
        most_bytes = max(most_bytes, post.watch.log.pending_bytes)
    assert 20_000 < most_bytes < 30_000
    post.watch.close()
    assert post.watch.log.pending_bytes == 0


def test_a_station_that_is_killed_again_and_again_finds_what_an_undisturbed_one_finds(
    tmp_path: Path,
) -> None:
    undisturbed = Post(tmp_path / "undisturbed", settings=with_watch(sync_s=20.0))
    undisturbed.start()
    for lines, mark in batches(sea(), 500, random.Random(3)):
        undisturbed.hear(lines, mark=mark)
    undisturbed.watch.close()

    chance = random.Random(4)
    post = Post(tmp_path / "killed", settings=with_watch(sync_s=20.0))
    kills = 0
    post.start()
    told_at_kills: list[str] = []
    while True:
        begin = int(post.marks.get(1, "0"))
        for lines, mark in batches(sea()[begin:], 500, chance):
            post.hear(lines, mark=str(begin + int(mark)))
            if chance.random() < 0.15:
                break
        else:
            break
        told_at_kills = journal(post.folder)
        post.kill()
        damage(post.folder, chance)
        kills += 1
        post.start()
        assert journal(post.folder)[: len(told_at_kills)] == told_at_kills
    post.watch.close()
    told = [entry for entry in journal(post.folder) if not entry.startswith("updated")]
    assert kills > 10
    assert without_places(kept_rows(post.folder)) == without_places(kept_rows(undisturbed.folder))
    assert len(told) == len(set(told)), "something was told twice"
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")


def damage(folder: Path, chance: random.Random) -> None:
    """Leave behind the last segment what a power cut may leave: a piece of the next frame."""
    last = max((folder / "raw").iterdir())
    with last.open("ab") as file:
        file.write(b"\x28\xb5\x2f\xfd" + chance.randbytes(chance.randint(0, 300)))


def journal(folder: Path) -> list[str]:
    """Return what was told of which event, in order."""
    with Archive.look(folder) as archive:
        return [f"{what} {name}" for what, name in archive.read("select what, id from changes")]


def without_places(rows: list[str]) -> list[str]:
    """Return rows without the places of their lines, which differ after a kill."""
    return [row[: row.index('"lines":')] + row[row.index('"tracks":') :] for row in rows]
