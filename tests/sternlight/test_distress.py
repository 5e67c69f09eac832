"""Distress beacons at a station: told once when they become active, forgotten after a day."""

from __future__ import annotations

from pathlib import Path

from receiver.encode import counts, encode, sentences
from sternlight.archive import Archive
from sternlight.distress import Distress
from tests.sternlight.stations import Post
from tracks.batch import PositionBatch


def beacon(t: float, nav_status: int, mmsi: int = 970123456) -> PositionBatch:
    return PositionBatch.make(1, t=t, mmsi=mmsi, lat=10.0, lon=20.0, nav_status=nav_status, type=1)


def test_a_beacon_is_news_when_it_becomes_active_and_only_then() -> None:
    distress = Distress()
    distress.hear(beacon(1000.0, 15))
    assert distress.news(1000.0) == []
    distress.hear(beacon(1010.0, 14))
    assert [row["mmsi"] for row in distress.news(1010.0)] == [970123456]
    distress.hear(beacon(1020.0, 14))
    assert distress.news(1020.0) == []


def test_a_beacon_not_heard_for_a_day_is_forgotten_and_is_news_again() -> None:
    distress = Distress()
    distress.hear(beacon(1000.0, 14))
    assert distress.news(1000.0)
    assert distress.news(90_000.0) == []
    assert not distress.signals
    distress.hear(beacon(90_010.0, 14))
    assert distress.news(90_010.0)


def test_a_station_says_and_writes_down_that_somebody_is_in_distress(tmp_path: Path) -> None:
    post = Post(tmp_path / "station")
    post.start()
    fields = {"mmsi": 970123456, "nav_status": 14, **counts(1, 10.5, -20.25)}
    for t in range(1_772_323_200, 1_772_323_800, 60):  # the first of a feed need confirmation
        post.hear(sentences(encode(1, fields), t=[float(t)], stamp="tag").to_bytes())
    post.watch.close()
    assert any("DISTRESS: search and rescue transmitter 970123456" in said for said in post.said)
    with Archive.look(post.folder) as archive:
        assert archive.read("select source, state from states where state = 'distress'") == [
            ("970123456", "distress")
        ]
