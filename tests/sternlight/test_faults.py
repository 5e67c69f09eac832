"""What a station must survive: clocks, disks, locks, damage, signals and kills."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sternlight
from receiver.formats.stationlog import values_of
from receiver.sources.address import parse
from receiver.sources.simulator import Simulation
from sternlight import retention, watch
from sternlight.archive import Archive
from sternlight.errors import ArchiveError
from sternlight.frames import frames
from sternlight.rawlog import segments
from sternlight.rebuild import rebuild
from sternlight.recovery import locked, open_folder
from sternlight.settings import Settings
from sternlight.sqlite import ARCHIVE
from sternlight.station_clock import SETTLE_S
from tests.sternlight.daemons import ENDED, forked
from tests.sternlight.stations import BEGAN, Post, kept_rows, replayed_rows, with_watch
from tests.sternlight.test_rawlog import content, follow_chain, room_for
from tests.sternlight.test_watch import batches, journal, without_places
from tracks.places import Places


@cache
def sea() -> list[bytes]:
    """Return the lines of half a day of a small sea with an outage in it."""
    simulation = Simulation(seed=3, hours=14, vessels=15, thin_s=120.0, outages=((5.0, 3.0),))
    return b"".join(simulation.lines()).splitlines(keepends=True)


@cache
def undisturbed() -> list[str]:
    """Return the events that an undisturbed station finds in it, without places of lines."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        post = heard(Path(folder) / "station")
        assert len(post.rows()) > 5
        return without_places(post.rows())


def heard(folder: Path, lines: list[bytes] | None = None, close: bool = True) -> Post:
    """Return a station that has heard all these lines."""
    post = Post(folder)
    post.start()
    for some, mark in batches(lines or sea(), 300, random.Random(1)):
        post.hear(some, mark=mark)
    if close:
        post.watch.close()
    return post


def times_of(folder: Path) -> list[float]:
    """Return when each line of a log was heard."""
    lines = b"".join(content(path) for path in segments(folder / "raw")).split(b"\n")
    return [float(line[8:22]) for line in lines if line.startswith(b"\\s:")]


def by_our_clock(folder: Path) -> Post:
    post = Post(folder, [parse("tcp://127.0.0.1:1?name=roof")], with_watch(sync_s=5.0))
    post.start()
    return post


SENTENCES = [line[line.find(b"!") :] for line in sea() if b"!AIVDM,1,1" in line]


@pytest.mark.parametrize("jump_s", [-365.25 * 86_400, 3600.0, 1.9, -1.9, 3e9])
def test_a_jump_of_the_clock_that_nothing_bears_out_changes_no_time_and_no_event(
    tmp_path: Path, jump_s: float
) -> None:
    post = by_our_clock(tmp_path / "station")
    post.watch.clock._ask = lambda: False
    for i, sentence in enumerate(SENTENCES[:120]):
        if i == 40:
            post.moments.ahead += jump_s
        if i == 90:
            post.moments.ahead -= jump_s
        post.hear(sentence, wait_s=20.0)
    post.watch.close()
    times = times_of(post.folder)
    assert len(times) == 120
    assert (np.diff(times) > 0).all()
    assert times[-1] - times[0] == pytest.approx(119 * 20.0, abs=4.0)
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")
    assert sum("steps" in sentence for sentence in post.said) == 0


@pytest.mark.parametrize("jump_s", [-365.25 * 86_400, 3600.0])
def test_a_jump_that_a_time_server_bears_out_is_one_step_that_is_told_and_written_down(
    tmp_path: Path, jump_s: float
) -> None:
    post = by_our_clock(tmp_path / "station")
    before_steps = 0
    for i, sentence in enumerate(SENTENCES[:120]):
        if i == 60:
            post.moments.ahead += jump_s
            before_steps = len(post.said)
        post.hear(sentence, wait_s=2 * SETTLE_S)
    post.watch.close()
    steps = np.diff(times_of(post.folder))
    told = [sentence for sentence in post.said[before_steps:] if "steps" in sentence]
    back = jump_s < 0
    refused = back  # a year back would lie before this release of Sternlight
    assert len(told) == (0 if refused else 1)
    assert int((steps < 0).sum()) == 0
    assert int((steps > 100).sum()) == (0 if refused else 1)
    text = b"".join(content(path) for path in segments(post.folder / "raw"))
    assert text.count(b"clock: The clock steps") == len(told)
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")


def test_a_decided_step_back_is_in_the_log_and_replays_to_the_same_events(tmp_path: Path) -> None:
    post = by_our_clock(tmp_path / "station")
    for i, sentence in enumerate(SENTENCES[:200]):
        if i in (60, 120):
            post.moments.ahead += 7200.0 if i == 60 else -7200.0
        post.hear(sentence, wait_s=2 * SETTLE_S)
    post.watch.close()
    times = times_of(post.folder)
    assert int((np.diff(times) < 0).sum()) == 1
    assert any("steps back by 2.0 h" in sentence for sentence in post.said)
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")


@contextmanager
def other_program(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / ARCHIVE, isolation_level=None)) as db:
        db.execute("begin exclusive")
        yield
        db.execute("rollback")


def test_while_another_program_locks_the_archive_nothing_is_lost_and_all_is_committed_later(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path / "station", settings=with_watch(sync_s=20.0))
    post.start()
    post.watch.archive._db.execute("pragma busy_timeout = 1")
    chance = random.Random(2)
    free = itertools.cycle([True, False])
    for some in _groups(chance):
        if next(free):
            for lines, mark in some:
                post.hear(lines, mark=mark)
        else:
            with other_program(post.folder):
                for lines, mark in some:
                    post.hear(lines, mark=mark, wait_s=20.0)
    assert post.said.count(next(s for s in post.said if "locked by another program" in s)) > 2
    post.watch.close()
    assert post.watch.keeper.notes == []
    assert without_places(post.rows()) == undisturbed()
    told = [entry for entry in journal(post.folder) if not entry.startswith("updated")]
    assert len(told) == len(set(told))
    with Archive.look(post.folder) as archive:
        known = archive.read("select name, lines from segments order by number")
    assert known == [(p.name, content(p).count(b"\n")) for p in segments(post.folder / "raw")]
    assert post.rows() == replayed_rows(post.folder, tmp_path / "out")


def _groups(chance: random.Random) -> Iterator[list[tuple[bytes, str]]]:
    many = batches(sea(), 60, chance)
    for at in range(0, len(many), 12):
        yield many[at : at + 12]


def test_one_that_is_stopped_or_killed_while_its_archive_is_locked_has_lost_nothing(
    tmp_path: Path,
) -> None:
    for kill in (False, True):
        folder = tmp_path / f"station{kill}"
        post = Post(folder)
        post.start()
        post.watch.archive._db.execute("pragma busy_timeout = 1")
        many = batches(sea(), 300, random.Random(1))
        for lines, mark in many[:-12]:
            post.hear(lines, mark=mark)
        with other_program(folder):
            for lines, mark in many[-12:]:
                post.hear(lines, mark=mark)
            post.watch._sync()
            if kill:
                post.kill()
            else:
                post.watch.close()
        post.start()
        post.watch.close()
        assert without_places(post.rows()) == undisturbed()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut to half": lambda p: os.truncate(p, p.stat().st_size // 2),
    "cut within its header": lambda p: os.truncate(p, 70),
    "overwritten with garbage": lambda p: p.write_bytes(random.Random(1).randbytes(90_000)),
    "overwritten in its middle": lambda p: _scribble(p, 8),
    "with garbage in every page": lambda p: _scribble_pages(p),
}


def _scribble(path: Path, times: int) -> None:
    chance, data = random.Random(7), bytearray(path.read_bytes())
    for _ in range(times):
        at = chance.randrange(len(data) // 2, len(data) - 700)
        data[at : at + 600] = chance.randbytes(600)
    path.write_bytes(data)


def _scribble_pages(path: Path) -> None:
    chance, data = random.Random(7), bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 600] = chance.randbytes(600)
    path.write_bytes(data)


def archive_rows(path: Path) -> list[tuple[object, ...]]:
    """Return the rows of a damaged archive's journal, as far as they can be read."""
    found: list[tuple[object, ...]] = []
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path)) as db:
        found.extend(db.execute("select * from changes"))
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a station that has stopped in good order."""
    folder = tmp_path_factory.mktemp("whole") / "station"
    heard(folder)
    return folder


@pytest.mark.parametrize("what", list(DAMAGE))
def test_a_damaged_archive_is_told_with_what_to_do_and_rebuilt_to_the_same_events(
    tmp_path: Path, whole: Path, what: str
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(whole, folder)
    rows, told = kept_rows(folder), journal(folder)
    DAMAGE[what](folder / ARCHIVE)
    with pytest.raises(ArchiveError, match="sternlight rebuild --data") as error:
        open_folder(folder).archive.close()
    assert str(folder) in str(error.value)
    done = rebuild(folder, Settings(), Places.none())
    assert kept_rows(folder) == rows
    assert done.old is not None
    assert done.withdrawn_count == 0
    readable = [f"{row[3]} {row[4]}" for row in archive_rows(done.old)]
    assert journal(folder)[: len(readable)] == readable == told[: len(readable)]
    assert bool(readable) == (what == "overwritten in its middle")
    over = {entry for entry in told if entry.startswith("closed")}
    assert over <= set(journal(folder))
    post = Post(folder)  # and it goes on from there
    post.start()
    post.hear(b"")
    post.watch.close()
    assert kept_rows(folder) == rows
    follow_chain(folder / "raw")


@pytest.mark.parametrize("what", ["deleted", "emptied"])
def test_an_archive_that_is_gone_is_made_again_by_itself(
    tmp_path: Path, whole: Path, what: str
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(whole, folder)
    rows = kept_rows(folder)
    with Archive.look(folder) as archive:
        before = archive.about("station")
    if what == "deleted":
        (folder / ARCHIVE).unlink()
    else:
        (folder / ARCHIVE).write_bytes(b"")
    post = Post(folder)
    post.start()
    post.watch.close()
    assert kept_rows(folder) == rows
    with Archive.look(folder) as archive:
        assert archive.about("station") == before


def test_sources_keep_their_numbers_when_the_archive_is_made_again(tmp_path: Path) -> None:
    feeds = [parse(f"tcp://127.0.0.1:{i}?name={n}") for i, n in ((1, "roof"), (2, "mast"))]
    post = Post(tmp_path / "station", feeds)
    post.start()
    post.hear(SENTENCES[0], 1, mark="at the roof")
    post.hear(SENTENCES[1], 2)
    post.watch.close()
    (post.folder / ARCHIVE).unlink()
    opened = open_folder(post.folder)
    assert [opened.archive.number(name) for name in ("mast", "roof")] == [2, 1]
    assert opened.last is not None
    assert opened.last.marks == {1: "at the roof"}
    opened.archive.close()


@pytest.mark.parametrize("what", ["another release", "cut", "changed"])
def test_a_snapshot_that_cannot_be_trusted_is_not_used_and_the_log_is_read_again(
    tmp_path: Path, whole: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(whole, folder)
    rows = kept_rows(folder)
    if what == "another release":
        monkeypatch.setattr(sternlight, "__version__", "99.0")
    with closing(sqlite3.connect(folder / ARCHIVE)) as db, db:
        (data,) = db.execute("select data from snapshot").fetchone()
        if what == "cut":
            db.execute("update snapshot set data = ?", (data[:-100],))
        elif what == "changed":
            import zstandard

            from tracks.state import dump, load

            state = dict(load(zstandard.ZstdDecompressor().decompressobj().decompress(data)))
            state.pop("positions/lat")
            db.execute("update snapshot set data = ?", (zstandard.compress(dump(state)),))
    told = journal(folder)
    assert kept_rows(folder) == rows
    post = Post(folder)
    post.start()
    post.watch.close()
    assert kept_rows(folder) == rows
    assert journal(folder) == told


def test_on_a_full_disk_detection_goes_on_and_the_log_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 1e12
    monkeypatch.setattr(watch, "free_bytes", lambda _: free)
    post = Post(tmp_path / "station", settings=with_watch(sync_s=20.0))
    post.start()
    many = batches(sea(), 60, random.Random(1))
    third = len(many) // 3
    for lines, mark in many[:third]:
        post.hear(lines, mark=mark, wait_s=5.0)
    free = 50e6  # less than stop_raw_free_mb
    for lines, mark in many[third : 2 * third]:
        post.hear(lines, mark=mark, wait_s=5.0)
    log = post.watch.log
    assert log.full
    assert log.lost_lines > 500
    assert any("is full: what is heard is judged and not kept" in said for said in post.said)
    with Archive.look(post.folder) as archive:
        assert archive.read("select source, state, why from states where source = 'raw log'") == [
            ("raw log", "not written", "the disk is full")
        ]
    free = 1e12
    for lines, mark in many[2 * third :]:
        post.hear(lines, mark=mark, wait_s=5.0)
    assert not log.full
    post.watch.close()
    ids = [json.loads(row)["id"] for row in undisturbed()]
    with Archive.look(post.folder) as archive:
        kept = {name for (name,) in archive.read("select id from events where shown")}
    assert {i for i in ids if i in kept} == set(ids)
    follow_chain(post.folder / "raw")
    post.start()  # and a start afterwards keeps the events of lines that are nowhere
    post.watch.close()
    with Archive.look(post.folder) as archive:
        after = {name for (name,) in archive.read("select id from events where shown")}
    assert set(ids) <= after


def test_a_disk_that_is_full_for_every_file_ends_nothing(tmp_path: Path) -> None:
    post = Post(tmp_path / "station", settings=with_watch(sync_s=5.0))
    post.start()
    many = batches(sea(), 100, random.Random(1))
    half = len(many) // 2
    for lines, mark in many[:half]:
        post.hear(lines, mark=mark, wait_s=5.0)
    post.watch._sync()
    largest = max(path.stat().st_size for path in post.folder.rglob("*") if path.is_file())
    with room_for(largest):
        for lines, mark in many[half : half + half // 2]:
            post.hear(lines, mark=mark, wait_s=5.0)
    for lines, mark in many[half + half // 2 :]:
        post.hear(lines, mark=mark, wait_s=5.0)
    post.watch.close()
    ids = {json.loads(row)["id"] for row in undisturbed()}
    with Archive.look(post.folder) as archive:
        assert ids <= {name for (name,) in archive.read("select id from events where shown")}


def test_a_second_station_on_the_same_folder_is_refused_and_told_which_runs(
    tmp_path: Path,
) -> None:
    says = f"another station (process {os.getpid()}) is running"
    with (
        locked(tmp_path),
        pytest.raises(ArchiveError, match=re.escape(says)),
        locked(tmp_path),
    ):
        pass
    with locked(tmp_path):
        pass


def test_a_folder_is_locked_also_where_there_is_no_room_to_say_by_whom(tmp_path: Path) -> None:
    with (
        room_for(0),
        locked(tmp_path),
        pytest.raises(ArchiveError, match="process unknown"),
        locked(tmp_path),
    ):
        pass


def test_while_the_time_is_not_known_no_more_waits_than_the_queue_may_hold(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path / "station", [parse("tcp://127.0.0.1:1?name=roof")], queue_bytes=20_000)
    post.moments.ahead = -1000.0  # a computer without a clock: 1970
    post.start()
    post.watch.clock._ask = lambda: False
    for sentence in SENTENCES[:1500]:
        post.hear(sentence, wait_s=0.1)
    assert post.watch._waiting_bytes() < 21_000
    assert post.backlog.size_bytes <= 20_000
    assert post.backlog.dropped[1] > 300
    post.moments.ahead = BEGAN
    post.watch.clock._ask = lambda: True
    for _ in range(5):
        post.hear(b"", wait_s=5.0)
    post.watch.close()
    times = times_of(post.folder)
    assert len(times) == 1500 - post.backlog.dropped[1]
    assert times[0] > BEGAN
    assert (np.diff(times) > 0).all()


def test_lines_of_a_time_that_never_became_known_are_counted_when_the_station_stops(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path / "station", [parse("tcp://127.0.0.1:1?name=roof")])
    post.moments.ahead = -1000.0
    post.start()
    post.watch.clock._ask = lambda: False
    post.hear(SENTENCES[0] + SENTENCES[1])
    post.watch.close()
    assert post.said[-1] == "2 lines heard before the time was known are not kept"


def test_retention_deletes_the_oldest_raw_first_and_never_an_event_or_what_is_read_again(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(whole, folder)
    rows = kept_rows(folder)
    names = [path.name for path in segments(folder / "raw")]
    assert len(names) > 10
    now = retention.hour_of(Path(names[-1])) + 3600.0
    with Archive.open(folder) as archive:
        said = list(retention.prune(folder, archive, names[-1], 5.5 / 24, now, 0.0))
        left = [path.name for path in segments(folder / "raw")]
        assert left == [n for n in names if now - retention.hour_of(Path(n)) <= 5.5 * 3600]
        assert len(said) == 1
        free = iter([0.0, 0.0, 1e9])
        monkeypatch.setattr(retention, "free_bytes", lambda _: next(free))
        list(retention.prune(folder, archive, names[-1], 0.0, now, 1e6))
        assert [path.name for path in segments(folder / "raw")] == left[2:]
        monkeypatch.setattr(retention, "free_bytes", lambda _: 0.0)
        archive._db.execute("update snapshot set segment = segment - 2")
        list(retention.prune(folder, archive, "none", 0.001, now, 1e6))
        again = archive.snapshot_segment()
        assert [int(p.name[:8]) for p in segments(folder / "raw")] == [again, again + 1]
        assert archive.read("select count(*) from segments where pruned") == [(len(names) - 2,)]
        archive._db.execute("update snapshot set segment = segment + 2")
    assert kept_rows(folder) == rows
    rebuild(folder, Settings(), Places.none())  # events older than the log stay, too
    ids = {json.loads(row)["id"] for row in rows}
    assert {json.loads(row)["id"] for row in kept_rows(folder)} <= ids


def test_a_raw_log_that_somebody_took_away_does_not_hide_what_is_heard_afterwards(
    tmp_path: Path, whole: Path
) -> None:
    folder = tmp_path / "station"
    shutil.copytree(whole, folder)
    shutil.rmtree(folder / "raw")
    with Archive.look(folder) as archive:
        first = archive.snapshot_segment()
    post = Post(folder)
    post.start()
    post.hear(sea()[-1])
    assert post.watch.log.number >= first
    post.watch.close()


# --- The daemon itself, as a process ---


def grown(path: Path, lines: list[bytes], stop: list[bool], pause_s: float) -> None:
    """Write lines into a file, some at a time, cut anywhere."""
    chance, text = random.Random(9), b"".join(lines)
    with path.open("ab", buffering=0) as file:
        at = 0
        while at < len(text) and not stop:
            size = chance.randint(1, 4000)
            file.write(text[at : at + size])
            at += size
            time.sleep(pause_s)


def term_again_and_again(folder: Path, path: Path, seed: int, times: int) -> list[float]:
    """Return how long a station took to end, each time it was told to at a random moment."""
    chance, took = random.Random(seed), []
    for _ in range(times):
        with forked(folder, [f"file:{path}?clock=feed&name=shore"]) as station:
            station.heard("The status is at")
            time.sleep(chance.uniform(0, 0.5))
            began = time.monotonic()
            assert station.end(signal.SIGTERM) == 0, station.said
            took.append(time.monotonic() - began)
            assert ENDED in station.said[-1]
            assert not any("Traceback" in line for line in station.said)
    return took


def test_told_to_stop_at_any_moment_it_ends_quickly_in_good_order_and_goes_on_next_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ais.nmea"
    path.write_bytes(b"".join(sea()))
    with ThreadPoolExecutor(2) as pool:
        folders = [tmp_path / f"station{n}" for n in range(2)]
        futures = [pool.submit(term_again_and_again, f, path, n, 10) for n, f in enumerate(folders)]
        took = [s for future in futures for s in future.result()]
    assert max(took) < 5
    for folder in folders:
        follow_chain(folder / "raw")
        for one in segments(folder / "raw"):
            assert content(one).endswith(b" end\n"), one
            assert b"without a goodbye" not in content(one)
        with Archive.look(folder) as archive:
            assert archive.about("running") == "no"
            assert archive.about("restarts") == "0"
        assert without_places(kept_rows(folder)) == undisturbed()
        assert kept_rows(folder) == replayed_rows(folder, tmp_path / "out")


def test_killed_at_random_instants_while_a_file_grows_it_finds_what_an_undisturbed_one_finds(
    tmp_path: Path,
) -> None:
    path, folder, chance = tmp_path / "ais.nmea", tmp_path / "station", random.Random(11)
    path.touch()
    stop: list[bool] = []
    source = [f"file:{path}?clock=feed&name=shore"]
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(grown, path, sea(), stop, 0.07)
        for i in range(15):
            with forked(folder, source) as station:
                if i % 5:
                    station.heard("The status is at")
                time.sleep(chance.uniform(0, 0.6))
                assert station.end(signal.SIGKILL) == -signal.SIGKILL
        stop.append(True)
        writer.result()
    path.write_bytes(b"".join(sea()))  # what has been read stands there still
    with forked(folder, source) as station:
        station.heard("The status is at")
        until = time.monotonic() + 10
        while time.monotonic() < until and last_mark(folder) != str(path.stat().st_size):
            time.sleep(0.1)
        assert station.end(signal.SIGTERM) == 0
    follow_chain(folder / "raw")
    assert without_places(kept_rows(folder)) == undisturbed()
    assert kept_rows(folder) == replayed_rows(folder, tmp_path / "out")
    with Archive.look(folder) as archive:
        assert int(archive.about("restarts") or 0) >= 10
    told = [entry for entry in journal(folder) if not entry.startswith("updated")]
    assert len(told) == len(set(told)), "something was told twice"


def last_mark(folder: Path) -> str:
    """Return how far a followed file has been read, as the log says."""
    for path in reversed(segments(folder / "raw")):
        text = b"".join(text for _, text in frames(path))
        marks = [line for line in text.split(b"\n") if line.startswith(b"# source=01 mark=")]
        if marks:
            return values_of(marks[-1])["mark"].split("-")[1]
    return ""
