"""Anchorages learned by night: what a station masks stands in its log, so a replay masks it too."""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.decoded import BadInput
from receiver.formats import by_name, stationlog
from receiver.formats.stationlog import LogReader
from receiver.sources.logfile import Input
from sternlight import spool
from sternlight.cli import main
from sternlight.data import data_folder
from sternlight.frames import frames
from sternlight.job import Job, run
from sternlight.learner import Learner, LearningFailedError
from sternlight.ledger import to_json
from sternlight.listing import Listing, Wanted
from sternlight.nightly import Nightly
from sternlight.nights import Midnights
from sternlight.rawlog import segments
from sternlight.rebuild import rebuild
from sternlight.record.night import Night
from sternlight.settings import Settings
from sternlight.station import Station
from tests.sternlight.roads import DAYS, GROUND, HOUR, ROAD, T0, lines
from tests.sternlight.stations import Post
from tests.sternlight.test_watch import batches, journal
from tracks.anchorages import Anchorages, Anchoring, Learned
from tracks.geodesy import NMI_M, distance_m
from tracks.placefile import read_places
from tracks.places import Places
from tracks.state import dump, load
from tracks.stays import Stays

DAY = 24 * HOUR
LEARNED_DAY = 3  # nine ships have lain in the road by then
PLACES = Places.load(data_folder() / "places")


class Here(Learner):
    """Learns in the process of the test, which starts no other."""

    def learn(self, stays: Stays, anchoring: Anchoring) -> Anchorages:
        return anchoring.learn(stays)


class Failing(Learner):
    """Has no memory left, from the fifth night on."""

    nights = 0

    def learn(self, stays: Stays, anchoring: Anchoring) -> Anchorages:
        Failing.nights += 1
        if Failing.nights > 2:
            raise LearningFailedError("the process that learns anchorages has ended: signal 9")
        return anchoring.learn(stays)


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("sternlight.nights.Learner", Here)
        monkeypatch.setattr("sternlight.replay.Learner", Here)
        monkeypatch.setattr(Nightly, "compute", lambda *_: Night([], [], None))  # not of this
        yield


def hear(post: Post, some: Sequence[tuple[bytes, str]]) -> None:
    """Let lines come; whatever is learned is ready before the next lines."""
    for text, mark in some:
        post.hear(text, mark=mark)
        while post.watch.nights.busy:
            time.sleep(0.001)
        post.hear(b"")


def post_at(folder: Path) -> Post:
    return Post(folder, places=PLACES)


@pytest.fixture(scope="module")
def heard(_here: None, tmp_path_factory: pytest.TempPathFactory) -> Post:
    """Return a station that has heard all days and was stopped in good order."""
    post = post_at(tmp_path_factory.mktemp("heard") / "station")
    post.start()
    hear(post, batches(lines(), 60, random.Random(1)))
    post.watch.close()
    return post


def copied(post: Post, folder: Path) -> Post:
    """Return a station that goes on where another one has stopped."""
    shutil.copytree(post.folder, folder)
    return post_at(folder)


def replayed(paths: tuple[str, ...], out: Path) -> list[str]:
    run(Job(paths, out))
    return (out / "events.jsonl").read_text("utf-8").splitlines()


def near(row: str, place: tuple[float, float]) -> bool:
    event = json.loads(row)
    return bool(distance_m(event["lat"], event["lon"], *place) < 2 * NMI_M)


def days(rows: Sequence[str], kind: str, place: tuple[float, float]) -> Counter[int]:
    """Return on which days there were events of a kind at a place, and how many."""
    starts = [
        json.loads(r)["start"] for r in rows if json.loads(r)["kind"] == kind and near(r, place)
    ]
    t = np.array([s.rstrip("Z") for s in starts], "datetime64[s]").astype(np.int64)
    return Counter(((t - T0) // DAY).astype(int).tolist())


def assert_the_road_is_masked_and_the_ground_is_not(rows: Sequence[str], since: int) -> None:
    assert days(rows, "encounter", ROAD) == dict.fromkeys(range(since), 2)
    assert days(rows, "loitering", ROAD) == dict.fromkeys(range(since), 3)
    assert days(rows, "encounter", GROUND) == dict.fromkeys(range(DAYS), 1)


def test_lying_in_a_road_is_told_until_it_is_learned_and_meetings_elsewhere_always(
    tmp_path: Path, heard: Post
) -> None:
    learned = heard.watch.live.station.learned
    rows = Listing(heard.folder, Settings(), PLACES).events(Wanted())
    assert_the_road_is_masked_and_the_ground_is_not(rows, LEARNED_DAY)
    assert rows == replayed((str(heard.folder / "raw"),), tmp_path / "out")
    assert learned.anchorages.count == 1
    assert learned.t % 600 == 0
    assert set(learned.anchorages.vessels_count.tolist()) == {3 * (DAYS - 1)}


def test_a_station_that_is_killed_and_rebuilt_still_finds_what_its_log_gives(
    tmp_path: Path,
) -> None:
    chance = random.Random(2)
    post = post_at(tmp_path / "station")
    post.start()
    kills = 0
    while True:
        begin = int(post.marks.get(1, "0"))
        some = [(text, str(begin + int(m))) for text, m in batches(lines()[begin:], 120, chance)]
        until = next((i for i in range(len(some)) if chance.random() < 0.2), len(some))
        hear(post, some[:until])
        if until == len(some):
            break
        told = journal(post.folder)
        post.kill()
        kills += 1
        post.start()
        assert journal(post.folder)[: len(told)] == told
    post.watch.close()
    rows = Listing(post.folder, Settings(), PLACES).events(Wanted())
    assert kills > 2
    assert rows == replayed((str(post.folder / "raw"),), tmp_path / "out")
    rebuild(post.folder, Settings(), PLACES)
    assert rows == Listing(post.folder, Settings(), PLACES).events(Wanted())
    assert sum(days(rows, "encounter", ROAD).values()) < 2 * DAYS


def test_if_it_cannot_be_learned_the_station_goes_on_says_so_and_the_log_tells_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sternlight.nights.Learner", Failing)
    monkeypatch.setattr(Failing, "nights", 0)
    post = post_at(tmp_path / "station")
    post.start()
    hear(post, batches(lines(), 50, random.Random(3)))
    station, why_not = post.watch.live.station, post.watch.nights.why_not
    post.watch.close()
    assert "signal 9" in why_not
    assert sum("those of before stay in use" in said for said in post.said) == 1
    assert set(station.learned.anchorages.vessels_count.tolist()) == {3 * (LEARNED_DAY + 1)}
    rows = Listing(post.folder, Settings(), PLACES).events(Wanted())
    assert_the_road_is_masked_and_the_ground_is_not(rows, LEARNED_DAY)
    assert rows == replayed((str(post.folder / "raw"),), tmp_path / "out")


def test_a_recording_that_is_no_stations_log_is_learned_from_however_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "sea.nmea"
    recording.write_bytes(b"".join(lines()))
    whole = replayed((str(recording),), tmp_path / "whole")
    assert_the_road_is_masked_and_the_ground_is_not(whole, LEARNED_DAY)
    monkeypatch.setattr(spool, "SAMPLE", 8)
    for rows in (30, 500):
        monkeypatch.setattr(spool.windows, "__defaults__", (rows, ()))
        assert replayed((str(recording),), tmp_path / f"{rows}") == whole


def test_what_was_learned_is_remembered_over_a_restart_and_written_where_the_log_says(
    tmp_path: Path, heard: Post
) -> None:
    before = heard.watch.live.station
    again = copied(heard, tmp_path / "station").start()
    after = again.live.station
    assert after.learned.t == before.learned.t
    assert after.learned.anchorages.to_records().tolist() == (
        before.learned.anchorages.to_records().tolist()
    )
    assert after.around.near_port(*ROAD, 0.0)
    assert not after.around.near_port(*GROUND, 0.0)
    again.close()
    text = b"".join(c for path in segments(heard.folder / "raw") for _, c in frames(path))
    remarks = [line for line in text.splitlines() if b" anchorages=" in line]
    assert len(remarks) == DAYS - LEARNED_DAY
    assert b"+" not in remarks[0].partition(b"anchorages=")[2]  # one disc


@given(
    st.lists(
        st.tuples(
            st.floats(-90, 90), st.floats(-180, 179.99), st.floats(0.05, 5), st.integers(0, 9999)
        ),
        max_size=5,
    ),
    st.integers(1_000_000_000, 4_000_000_000),
)
def test_a_remark_gives_back_what_was_learned(
    discs: list[tuple[float, float, float, int]], t: int
) -> None:
    lat, lon, radius_nmi, ships = np.array(discs).reshape(-1, 4).T
    told = Anchorages.make(
        len(discs), number=range(1, len(discs) + 1), lat=lat, lon=lon, radius_nmi=radius_nmi,
        vessels_count=ships.astype(np.int64), first=1e9, last=float(t),
    )  # fmt: skip
    line = stationlog.learned(t, told)
    assert line.count(b"\n") == 1
    said = LogReader(0).step(line).told
    assert said is not None
    ((when, again),) = said.learned
    assert when == t
    # A little more than half of the last digit written.
    for name, within in (("lat", 5.1e-6), ("lon", 5.1e-6), ("radius_nmi", 5.1e-3), ("last", 0)):
        np.testing.assert_allclose(getattr(again, name), getattr(told, name), atol=within, rtol=0)
    assert again.vessels_count.tolist() == told.vessels_count.tolist()


@pytest.mark.parametrize("rows", ["1,2,3", "1,2,3,4,5,6,nan", "a,b,c,d,e,f,g"])
def test_a_remark_that_makes_no_sense_is_refused_with_its_words(rows: str) -> None:
    line = stationlog.remark("learned", t="1700000000.000", anchorages=rows)
    with pytest.raises(BadInput, match=r"the raw log says .*anchorages=.*makes no sense"):
        LogReader(0).step(line)


def lying(ships: int) -> Stays:
    return Stays.make(
        ships, track=(300_000_000 + np.arange(ships)) * 1000 + 1, start=T0, end=T0 + DAY,
        heard_h=24, lat=15.0, lon=np.linspace(-17.4, -17.395, ships), counts=True,
    )  # fmt: skip


def test_the_process_learns_what_one_learns_here_and_ends_when_nobody_asks() -> None:
    with Learner() as learner:
        for ships in (9, 30, 3):
            expected = Anchoring().learn(lying(ships))
            found = learner.learn(lying(ships), Anchoring())
            assert found.to_records().tolist() == expected.to_records().tolist()
        process = learner._process
        assert process is not None
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
        if Path("/proc/self/oom_score_adj").exists():
            assert Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "1000\n"
    assert process.returncode == 0


def test_a_process_that_takes_too_long_or_breaks_is_told_and_another_one_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        Learner(longest_s=0.05) as learner,
        pytest.raises(LearningFailedError, match="signal 9; was there no memory left, or no time"),
    ):
        learner.learn(lying(9), Anchoring())
    monkeypatch.setattr("sternlight.learner.MODULE", "sternlight.no_such_module")
    with (
        Learner() as learner,
        pytest.raises(LearningFailedError, match=r"sternlight\.no_such_module$"),
    ):
        learner.learn(lying(9), Anchoring())


class Slow(Learner):
    """Learns until it is killed."""

    killed = threading.Event()

    def learn(self, stays: Stays, anchoring: Anchoring) -> Anchorages:
        self.killed.wait(60)
        raise LearningFailedError("it was killed")

    def kill(self) -> None:
        self.killed.set()


def test_a_station_goes_on_while_it_learns_and_stops_without_waiting_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sternlight.nights.Learner", Slow)
    post = post_at(tmp_path / "station")
    post.start()
    for text, mark in batches(lines(), 400, random.Random(6)):
        post.hear(text, mark=mark)
    assert post.watch.nights.busy
    assert post.watch.live.latest > T0 + (DAYS - 1) * DAY
    post.watch.close()
    assert not post.watch.nights.busy


@given(st.lists(st.floats(0, 20), min_size=1, max_size=30), st.integers(0, 30))
def test_midnights_are_those_behind_days_with_reports_however_these_are_cut(
    at_days: list[float], cut: int
) -> None:
    t = T0 + np.sort(at_days) * DAY
    days = sorted(set((t // DAY).tolist()))
    midnights = Midnights()
    found = [m for part in (t[:cut], t[cut:]) for m in midnights.before(part)]
    assert found == [(day + 1) * DAY for day in days[:-1]]


def told_to(station: Station, cuts: Sequence[float], told: Sequence[Learned]) -> list[str]:
    """Let a station hear the sea in steps; return the events that stand, with all they measure."""
    decoded = next(iter(by_name("nmea").read(Input.of_bytes("sea", b"".join(lines())), 0, 0)))
    last = float(decoded.positions.t.max()) + 1
    events = {}
    waiting = list(told)
    since = -np.inf
    for as_of in [*sorted(cut for cut in cuts if cut < last), last]:
        while waiting and waiting[0].t <= as_of:  # it may be told long before it is used
            station.tell(waiting.pop(0))
        heard = [
            b.take((b.t >= since) & (b.t < as_of)) for b in (decoded.positions, decoded.statics)
        ]
        step = station.step(heard[0], heard[1], as_of, as_of == last)
        data = dump(station.save())
        station = Station(Settings(), PLACES)
        station.load(load(data))
        since = as_of
        for what, event in step.changes:
            events.pop(event.id, None)
            if what != "withdrawn":
                events[event.id] = event
    return sorted(json.dumps(to_json(event), sort_keys=True) for event in events.values())


@given(
    st.lists(st.floats(0, DAYS), max_size=8),
    st.lists(st.integers(0, DAYS * 144), unique=True, max_size=3).map(sorted),
)
@settings(max_examples=5, deadline=None)  # each takes two seconds
def test_however_the_stream_is_cut_what_was_learned_is_used_from_its_own_time_on(
    cuts: list[float], used: list[int]
) -> None:
    disc = Anchorages.make(1, number=1, lat=ROAD[0], lon=ROAD[1], radius_nmi=1.0, vessels_count=9)
    sets = [disc, Anchorages.empty(), disc]
    told = [Learned(T0 + ten * 600.0, one) for ten, one in zip(used, sets, strict=False)]
    at = [T0 + day * DAY for day in cuts]
    first, other = (told_to(Station(Settings(), PLACES), some, told) for some in ([], at))
    assert first == other


def test_what_was_learned_is_a_file_that_places_reads(tmp_path: Path, heard: Post) -> None:
    young = post_at(tmp_path / "young")
    young.start()
    told = asked("anchorages", "--data", f"{young.folder}")
    assert (told.exit_code, told.stdout) == (0, "")
    assert "No anchorage has been learned yet." in told.stderr
    young.watch.close()
    post = copied(heard, tmp_path / "station")
    post.start()
    learned = post.watch.live.station.learned.anchorages
    for name in ("mine.csv", "mine.geojson"):
        path = tmp_path / name
        told = asked("anchorages", "--data", f"{post.folder}", "--out", f"{path}")
        assert told.exit_code == 0
        assert told.stdout.startswith("1 anchorage, in use since 2026-03-06T0")
        places = read_places(path)
        assert [p.lat for p in places] == pytest.approx(learned.lat.tolist(), abs=1e-5)
        assert [p.lon for p in places] == pytest.approx(learned.lon.tolist(), abs=1e-5)
        assert {(p.kind, p.name, p.radius_nmi) for p in places} == {
            ("anchorage", "anchorage learned here (15 ships)", 0.8)
        }
    assert asked("anchorages", "--data", f"{post.folder}").stdout == (
        tmp_path / "mine.csv"
    ).read_text("utf-8")
    told = asked("anchorages", "--data", f"{post.folder}", "--out", "mine.xls")
    assert told.exit_code == 2
    assert "neither .csv nor .geojson" in told.stderr
    post.watch.close()


def asked(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))
