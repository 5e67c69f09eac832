"""A station's record over days: pages, visits and standings, as a replay of its log has them."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from sternlight.data import data_folder
from sternlight.job import Job, run
from sternlight.nightly import NightFailedError, Nightly
from sternlight.record.read import open_record
from sternlight.sqlite import Database
from tests.sternlight.roads import T0, lines
from tests.sternlight.stations import Post
from tests.sternlight.test_watch import batches
from tracks.places import Places

DAY = int(T0 // 86_400)
DAYS = 3  # are heard to their end
PLACES = Places.load(data_folder() / "places")
FINISHED = f"select * from days where day < {DAY + DAYS} order by track, day"
VISITS = 'select track, start, "end", place, certainty from visits where "end" is not null'


def heard_for_days(folder: Path) -> Post:
    """Let a station hear some days, and the night after the last of them."""
    post = Post(folder, places=PLACES)
    post.start()
    until = T0 + DAYS * 86_400 + 3 * 3600
    for text, mark in batches(lines(), 40, random.Random(3)):
        post.hear(text, mark=mark)
        if post.watch.live.latest > until:
            break
    return post


def reckoned(post: Post) -> None:
    """Let it come to the end of the nightly work, and keep what came of it."""
    post.moments.mono += 100.0  # so that what waits is kept
    post.hear(b"")
    ends = time.monotonic() + 60
    while post.watch.reckoning._errand is None or post.watch.reckoning.busy:
        assert time.monotonic() < ends
        post.hear(b"")
        time.sleep(0.02)
    post.hear(b"")
    post.moments.mono += 100.0
    post.hear(b"")


def numbers(record: Database, query: str) -> set[tuple[object, ...]]:
    return set(record.read(query))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a station that came to the end of the nightly work and stopped."""
    post = heard_for_days(tmp_path_factory.mktemp("undisturbed") / "station")
    reckoned(post)
    post.watch.close()
    return post.folder


def test_a_station_keeps_the_record_that_a_replay_of_its_log_has(
    tmp_path: Path, undisturbed: Path
) -> None:
    run(Job((str(undisturbed / "raw"),), tmp_path / "out"))
    with open_record(undisturbed) as ours, open_record(tmp_path / "out") as theirs:
        for query in (FINISHED, VISITS):
            assert numbers(ours, query) == numbers(theirs, query)
        assert numbers(ours, FINISHED)
        assert numbers(ours, "select track from hulls") == numbers(
            theirs, "select track from hulls"
        )
        kept = numbers(ours, "select ship, kind from standings")
        assert kept
        assert numbers(ours, "select sign from rates")


def test_a_station_that_is_killed_has_lost_nothing_of_its_record(
    tmp_path: Path, undisturbed: Path
) -> None:
    post = heard_for_days(tmp_path / "station")
    post.watch.log.sync()
    post.kill()
    post.start()
    post.watch.close()
    with open_record(post.folder) as killed, open_record(undisturbed) as other:
        for query in (FINISHED, VISITS, "select * from claims", "select * from hulls"):
            assert numbers(killed, query) == numbers(other, query)
        assert numbers(killed, FINISHED)


def test_if_the_nightly_work_fails_the_station_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise NightFailedError("the nightly work has ended: signal 9")

    monkeypatch.setattr(Nightly, "compute", fails)
    post = heard_for_days(tmp_path / "station")
    post.moments.mono += 100.0
    post.hear(b"")
    while not post.watch.reckoning.why_not:
        time.sleep(0.01)
        post.hear(b"")
    assert "the nightly work has ended: signal 9; the standings of before stay" in post.said
    assert post.watch.archive.read("select count(*) from days")[0][0] > 0
    post.watch.close()
