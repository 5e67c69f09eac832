"""Alerts of a station: the same however the stream was cut, kept with the events, told once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomalies.budget import EVERY_S, Alerts, Decision
from anomalies.event import Change, Event, Evidence
from receiver.formats import by_name
from receiver.sources.logfile import Input
from receiver.sources.simulator import Simulation
from sternlight import attention
from sternlight.alerting import Decided, Decisions, Waiting, add, decide, row
from sternlight.archive import VERSION, Archive, News, Stored
from sternlight.data import data_folder
from sternlight.job import Job, run
from sternlight.rebuild import rebuild
from sternlight.record import schema
from sternlight.settings import Settings
from sternlight.spool import time_order
from sternlight.sqlite import ARCHIVE
from sternlight.station import Station
from tests.recordings import recording
from tests.sternlight.stations import Post, kept_rows, replayed_rows
from tracks.batch import PositionBatch, StaticBatch
from tracks.places import Places
from tracks.state import dump, load

SETTINGS = replace(Settings(), alerts=Alerts(20.0))
NORMAL = (
    "nmea/dma_aisabnormal_5min_20131112.nmea.gz",
    "nmea/dma_aislib_stream_example.nmea",
    "nmea/gfw_ais_listener_tagblock_10k.nmea",
    "nmea/amsa_risky_ais.txt",
    "nmea/amsa_exactearth_3.txt",
    "nmea/dma_aisabnormal_538004030_drift_1.ais",
    "tables/stonesoup_SolentAIS_20160112.csv",
    "tables/noaa_atlantes_track_212049000.csv",
    "tables/gpsdio_segment_263576000.jsonl",
)


def simulated(hours: float) -> bytes:
    return b"".join(Simulation(seed=7, hours=hours, vessels=40, thin_s=180).lines())


@cache
def sea() -> tuple[PositionBatch, StaticBatch]:
    """A day and a half of a small simulated sea with eleven silent hours, sorted by time."""
    decoded = list(by_name("nmea").read(Input.of_bytes("sea.nmea", simulated(36)), 0, 0))
    positions = PositionBatch.concat([d.positions for d in decoded])
    statics = StaticBatch.concat([d.statics for d in decoded])
    hour = (positions.t - positions.t.min()) // 3600
    positions = positions.take((hour < 20) | (hour >= 31))
    order = time_order(positions.t, positions.line)
    return positions if order is None else positions.take(order), statics


@cache
def places() -> Places:
    return Places.load(data_folder() / "places")


def told(cuts: list[float], *, saved: bool = False) -> list[Decided]:
    """Return what is decided on the sea, cut into steps."""
    positions, statics = sea()
    station, since, found = Station(SETTINGS, places()), -np.inf, []
    last = float(np.nextafter(max(positions.t[-1], statics.t[-1]), np.inf))
    for as_of in [*cuts, last]:
        heard = [b.take((b.t >= since) & (b.t < as_of)) for b in (positions, statics)]
        step = station.step(heard[0], heard[1], as_of, ended=as_of == last)
        found += step.decided
        since = as_of
        if saved:
            data, station = dump(station.save()), Station(SETTINGS, places())
            station.load(load(data))
    return found


@cache
def at_once() -> list[Decided]:
    return told([])


def facts(decided: list[Decided]) -> str:
    """Return everything by value, so that nan equals nan."""
    return repr([(t, decisions, [e.id for e in alerted]) for t, decisions, alerted in decided])


def test_decisions_are_the_same_however_the_stream_is_cut() -> None:
    whole, t = at_once(), sea()[0].t
    verdicts = {one.verdict for moment in whole for one in moment.decisions}
    assert verdicts == {"alert", "listed"}
    for seed, count in ((1, 5), (2, 120)):
        cuts = np.sort(np.random.default_rng(seed).uniform(t[0], t[-1], count)).tolist()
        assert facts(told(cuts)) == facts(whole)
    marks = np.arange(t[0] // EVERY_S + 1, t[-1] // EVERY_S) * EVERY_S
    assert facts(told(marks.tolist())) == facts(whole)


def test_saving_and_loading_changes_no_decision() -> None:
    t = sea()[0].t
    assert facts(told(np.linspace(t[0], t[-1], 25).tolist(), saved=True)) == facts(at_once())


def test_a_station_that_does_not_decide_tells_the_same_events() -> None:
    positions, statics = sea()
    deciding, other = Station(SETTINGS, places()), Station(SETTINGS, places(), decides=False)
    steps = [s.step(positions, statics, np.inf, ended=True) for s in (deciding, other)]
    assert steps[0].decided
    assert not steps[1].decided
    events = [{c.event for c in step.changes if c.event.end is not None} for step in steps]
    assert events[0] == events[1]
    assert events[0]
    assert deciding.going_on == other.going_on
    assert not other.waiting.over
    assert not other.waiting.told


def test_what_has_been_decided_does_not_change_by_what_is_heard_later() -> None:
    positions, statics = sea()
    whole, moment = at_once(), (positions.t[0] // EVERY_S + 3) * EVERY_S
    station = Station(SETTINGS, places())
    early = [b.take(b.t < moment) for b in (positions, statics)]
    before = station.step(early[0], early[1], moment).decided
    assert facts(list(before)) == facts(whole[: len(before)])
    assert before[-1].t == moment


def test_events_of_hulls_that_are_no_ships_are_left_out() -> None:
    waiting, event = Waiting(), Event("gap", (7001,), 0.0, None, 0.0, 0.0, Evidence({}, "", ()))
    ghost = replace(event, tracks=(7002,))
    over = [replace(e, start=1.0, end=2.0) for e in (event, ghost)]
    changes = [Change("opened", e) for e in (event, ghost)]
    waiting.take([*changes, *(Change("closed", e) for e in over)], lambda e, t: 0.99)
    going_on = {e.id: e for e in (event, ghost)}
    _, now = decide(
        Alerts(),
        Alerts().start(),
        waiting,
        going_on,
        9.0,
        EVERY_S,
        lambda e, t: 0.98,
        lambda _: {7001},
    )
    assert [one.id for one in now.decisions] == [over[0].id, event.id]
    assert now.alerted == [event]


def test_moments_are_full_multiples_before_which_something_was_heard() -> None:
    waiting, hour, many = Waiting(), 3600.0, np.ones(60)
    assert waiting.moments(0.5 * hour * many, -np.inf, hour) == []
    later = np.append(1.5 * hour * many, 40 * hour * many)
    assert waiting.moments(later, hour, 41 * hour) == [(EVERY_S, EVERY_S)]
    assert waiting.moments(41 * hour * many, 41 * hour, 100 * hour) == [(42 * hour, EVERY_S)]
    assert waiting.moments(many[:0], 100 * hour, np.inf) == []


def test_where_little_is_heard_a_day_is_awaited() -> None:
    waiting, hour = Waiting(), 3600.0
    t = np.array([1.0, 8.0, 13.5, 30.0, 200.0]) * hour
    assert waiting.moments(t, -np.inf, 220 * hour) == [
        (24 * hour, 3 * EVERY_S), (48 * hour, EVERY_S), (216 * hour, EVERY_S),
    ]  # fmt: skip


@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=400).map(sorted),
    st.lists(st.integers(0, 100), max_size=6).map(sorted),
)
def test_moments_do_not_depend_on_how_the_stream_is_cut(hours: list[int], cuts: list[int]) -> None:
    t, end = np.repeat(np.array(hours) * 3600.0, 7), 1000 * 3600.0
    whole, waiting, found = Waiting().moments(t, -np.inf, end), Waiting(), []
    since = -np.inf
    for as_of in [*(cut * 3600.0 for cut in cuts), end]:
        found += waiting.moments(t[(t >= since) & (t < as_of)], since, as_of)
        since, waiting = as_of, Waiting.load(json.loads(json.dumps(waiting.save())))
    assert found == whole


def verdicts(folder: Path) -> list[tuple[str, str]]:
    with Archive.look(folder) as archive:
        return archive.read("select what, id from changes where what = 'alert' order by id")


def test_a_station_keeps_its_alerts_and_journals_each_once_whatever_happens(tmp_path: Path) -> None:
    lines = simulated(24).splitlines(keepends=True)
    post = Post(tmp_path / "station", settings=SETTINGS)
    post.start()
    for at in range(0, len(lines), 3000):
        post.hear(b"".join(lines[at : at + 3000]))
        if at // 3000 % 5 == 3:
            post.watch.log.sync()
            post.kill()
            post.start()
    post.watch.log.sync()
    post.watch.close()
    config = tmp_path / "my.toml"
    config.write_text("[alerts]\nbudget_per_week = 20.0\n", "utf-8")
    replayed = replayed_rows(post.folder, tmp_path / "out", config)
    rows = kept_rows(post.folder, SETTINGS)
    assert rows == replayed
    assert any('"alert":true' in row for row in rows)
    once = verdicts(post.folder)
    assert once
    assert len(set(once)) == len(once)
    with Archive.look(post.folder) as archive:
        kept = {one.id for one in archive.decisions() if one.verdict == "alert"}
        assert kept == {name for _, name in once}
        assert archive.verdicts_count(0.0)["alert"] == len(once)
        known = {name for (name,) in archive.read("select id from events")}
    assert kept <= known  # whoever passes an alert on finds its event
    rebuild(post.folder, SETTINGS, Places.none())
    assert verdicts(post.folder) == once
    assert kept_rows(post.folder, SETTINGS) == rows


def test_an_open_event_that_alerts_before_it_was_told_is_kept_with_its_alert(
    tmp_path: Path,
) -> None:
    event = Event("encounter", (7001, 8001), 0.0, None, 0.0, 0.0, Evidence({}, "", ()))
    stored = Stored(event, "opened", 0.9, {"state": "open"}, True)
    news = News(EVERY_S, [Decision(event.id, 0.9, np.nan, "alert")], [stored])
    with Archive.open(tmp_path) as archive:
        for _ in range(2):
            with archive.transaction():
                archive.decide([news], 5.0)
        assert archive.read("select id, state from events") == [(event.id, "open")]
        assert archive.read("select what, id, t from changes") == [("alert", event.id, 5.0)]
        assert archive.verdicts_count(EVERY_S) == {}
        assert archive.verdicts_count(0.0) == {"alert": 1}


def test_an_archive_from_before_there_were_alerts_is_taken_over(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / ARCHIVE)) as db:
        dropped = "".join(f"drop table {name};" for name in ("alerts", *schema.NAMES))
        newer = "".join(f"alter table segments drop {name};" for name in ("root", "file_sha256"))
        db.executescript(f"{dropped} {newer} pragma user_version = 1;")
    with Archive.look(tmp_path) as archive:
        assert archive.decisions() == []
    with Archive.open(tmp_path) as archive:
        assert archive.decisions() == []
        assert archive.read("pragma user_version") == [(VERSION,)]


def test_an_alert_stays_one_whatever_is_decided_later() -> None:
    def one(verdict: str, usual: float = np.nan) -> Decisions:
        return {"a": Decision("a", 0.9, usual, verdict)}  # type: ignore[arg-type]

    found: Decisions = {}
    for verdict in ("listed", "held back", "alert", "listed"):
        add(found, one(verdict).values())
    assert row(found["a"]) == {"usual_per_week": None, "alert": True, "held_back": False}
    assert row(one("held back", 0.123456)["a"])["usual_per_week"] == 0.12
    assert row(None) == {"usual_per_week": None, "alert": False, "held_back": False}


def test_the_account_is_said_in_words() -> None:
    told: attention.Account = {
        "budget_per_week": 3.0, "threshold": 0.812, "days_heard": 2.75, "calibrating": True,
        "alerts": 1, "held_back": 0,
    }  # fmt: skip
    assert attention.says(told) == (
        "1 alert (budget 3 a week; threshold now 0.81). Still calibrating: 2.8 days heard."
    )
    kept = told | {"threshold": None, "calibrating": False, "held_back": 12}
    assert attention.says(kept) == (  # type: ignore[arg-type]
        "1 alert (budget 3 a week; nothing alerts now), 12 more held back by the budget."
    )


@pytest.mark.parametrize("name", NORMAL)
def test_recordings_of_normal_traffic_bring_no_alert(name: str, tmp_path: Path) -> None:
    done = run(Job((str(recording(name)),), tmp_path / "out"))
    assert done.summary["alerts"]["alerts"] == done.summary["alerts"]["held_back"] == 0
