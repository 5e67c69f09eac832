"""Ships of a record: joined, told apart, found by what people know of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sternlight.fleet import Fleet
from sternlight.record import read
from sternlight.record.finding import MOST, find
from sternlight.record.read import open_record
from sternlight.record.replayed import ReplayRecord
from sternlight.record.ships import Ship, ship_of, ships, ships_of
from sternlight.record.store import Finished
from sternlight.settings import Settings
from sternlight.sqlite import Database
from sternlight.station import Station
from tests.recordings import recording
from tracks.batch import PositionBatch, StaticBatch
from tracks.daybook import Days, Pages, Said
from tracks.geodesy import NMI_M, distance_m
from tracks.places import Places
from tracks.ports import Visits
from tracks.way import MARKS, NOWHERE, pack_heard, pack_way

DAY = 86_400.0
CHINA, PANAMA, TAIWAN, SPAIN = 412_000_001, 352_000_001, 416_000_000, 224_000_001
IMO, OTHER_IMO = "9074729", "9176187"


class Life(NamedTuple):
    """Some days of a hull at a place, and what was heard that it said."""

    track: int
    days: range | tuple[int, ...]
    lat: float = 5.0
    said: tuple[str, ...] = ()  # in the order of FIELDS; "" where nothing
    nobodys: bool = False


ANNA = ("ANNA", "BABC", IMO, "30", "60x10")
VICTORY = ("VICTORY", "H3AB", IMO, "30", "61x10")
BELLA = ("BELLA", "BZZZ", OTHER_IMO, "30", "48x8")


def pages(lives: list[Life]) -> Iterator[Pages]:
    """Yield the pages of each day: heard for twelve hours around noon."""
    marks = np.arange(36, 108)
    heard = pack_heard(marks)
    for day in sorted({day for life in lives for day in life.days}):
        here = sorted((life for life in lives if day in life.days), key=lambda life: life.track)
        rows = [
            (life.track // 1000, 0 if life.nobodys else life.track % 1000, field, value)
            for life in here
            for field, value in enumerate(life.said)
            if value
        ]
        mmsi, hull, field, value = zip(*rows, strict=True) if rows else ((),) * 4
        first, last = day * DAY + 36 * 600, day * DAY + 107 * 600
        yield Pages(
            Days.make(
                len(here), track=[life.track for life in here], day=day, first=first, last=last
            ),
            [heard] * len(here),
            [
                pack_way(marks[[0, -1]], np.rint(np.full(2, life.lat) * 1e5).astype(np.int32),
                         np.zeros(2, np.int32))
                for life in here
            ],
            Said.make(
                len(rows), mmsi=mmsi, hull=hull, field=field,
                value=np.array([word.encode() for word in value], "S20"),
                first=first, last=last, day=day,
            ),
        )  # fmt: skip


@contextmanager
def record(folder: Path, *lives: Life, seen: tuple[int, int] | None = None) -> Iterator[Database]:
    """Write lives into a record, and a number seen to go on as another; open it for reading."""
    kept = ReplayRecord(folder)
    kept.remember(Finished(some, Visits.empty()) for some in pages(list(lives)))
    if seen:
        names = [f"{track // 1000}.{track % 1000}" for track in seen]
        measured = {"silent_s": 60.0, "same_claims_count": 0.0, "rivals_count": 0.0}
        row = {"id": "x", "kind": "identity", "state": "closed", "start": "2026-01-01T00:00:00Z",
               "end": "2026-01-01T00:01:00Z", "score": 0.9, "tracks": names,
               "measured": measured}  # fmt: skip
        list(kept.note([row]))
    tracks = sorted({life.track for life in lives})
    spans = {t: [d for life in lives if life.track == t for d in life.days] for t in tracks}
    kept.finish(
        Fleet.make(
            len(tracks),
            track=tracks,
            first_heard=[min(spans[t]) * DAY + 36 * 600 for t in tracks],
            last_heard=[max(spans[t]) * DAY + 107 * 600 for t in tracks],
            fixes_count=500,
        ),
        Visits.empty(),
    )
    with open_record(folder) as archive:
        every = ships(archive)
        for ship in every:
            for track in ship.tracks:
                assert ship in ships_of(archive, [track])
        yield archive


def tracks_of(found: list[Ship]) -> list[tuple[int, ...]]:
    return sorted(ship.tracks for ship in found)


def test_a_re_flagged_ship_is_one_and_says_why(tmp_path: Path) -> None:
    lives = (
        Life(CHINA * 1000 + 1, range(20), said=ANNA),
        Life(PANAMA * 1000 + 1, range(25, 40), said=VICTORY),
        Life(SPAIN * 1000 + 1, range(40), lat=6.0, said=BELLA),
    )
    with record(tmp_path, *lives) as archive:
        assert tracks_of(ships(archive)) == [
            (SPAIN * 1000 + 1,),
            (CHINA * 1000 + 1, PANAMA * 1000 + 1),
        ]
        ship = ship_of(archive, PANAMA * 1000 + 1)
        assert ship is not None
        assert ship.mmsis == (CHINA, PANAMA)
        assert ship.said("name") == ("ANNA", "VICTORY")
        assert ship.last_said("call_sign") == "H3AB"
        assert [link.why for link in ship.links] == ["IMO number, re-flagged"]
        assert not ship.conflicts
        assert ship.has(CHINA * 1000 + 1, 5 * DAY)
        assert not ship.has(SPAIN * 1000 + 1, 5 * DAY)


def test_a_chain_of_three_flags_is_followed_from_either_end(tmp_path: Path) -> None:
    lives = [
        Life(mmsi * 1000 + 1, range(20 * k, 20 * k + 15), said=VICTORY)
        for k, mmsi in enumerate((CHINA, PANAMA, SPAIN))
    ]
    with record(tmp_path, *lives) as archive:
        (ship,) = ships(archive)
        assert ship.mmsis == (CHINA, PANAMA, SPAIN)


def test_a_copied_imo_number_is_told_of_both_and_joins_neither(tmp_path: Path) -> None:
    lives = (
        Life(CHINA * 1000 + 1, range(20), said=ANNA),
        Life(PANAMA * 1000 + 1, range(10, 30), lat=9.0, said=VICTORY),
    )
    with record(tmp_path, *lives) as archive:
        for ship in ships(archive):
            assert len(ship.tracks) == 1
            assert [conflict.why for conflict in ship.conflicts] == ["two places"]


def test_a_number_that_five_ships_claim_joins_nobody(tmp_path: Path) -> None:
    lives = [Life((CHINA + k) * 1000 + 1, range(10 * k, 10 * k + 5), said=ANNA) for k in range(5)]
    with record(tmp_path, *lives) as archive:
        assert len(ships(archive)) == 5


def test_a_number_that_was_seen_to_go_on_as_another_is_one_ship(tmp_path: Path) -> None:
    a, b = CHINA * 1000 + 1, PANAMA * 1000 + 1
    lives = Life(a, range(20)), Life(b, range(20, 30))
    with record(tmp_path / "seen", *lives, seen=(a, b)) as archive:
        assert tracks_of(ships(archive)) == [(a, b)]
    with record(tmp_path / "not", *lives) as archive:
        assert len(ships(archive)) == 2


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> None:
    for name in ("seen", "not"):
        (tmp_path / name).mkdir()


def test_ships_that_take_turns_on_one_track_share_its_days(tmp_path: Path) -> None:
    track = TAIWAN * 1000 + 1
    lives = (
        Life(track, (*range(10), *range(20, 30)), said=ANNA),
        Life(track, (*range(10, 20), *range(30, 40)), lat=5.3, said=BELLA),
    )
    with record(tmp_path, *lives) as archive:
        one, other = sorted(ships(archive), key=lambda ship: ship.said("name"))
        assert (one.said("name"), other.said("name")) == (("ANNA",), ("BELLA",))
        assert one.has(track, 5 * DAY)
        assert not other.has(track, 5 * DAY)
        assert other.has(track, 12 * DAY)
        assert [conflict.why for conflict in one.conflicts] == ["turns"]
        for day in range(40):
            assert one.has(track, day * DAY) != other.has(track, day * DAY)


def test_a_ship_that_took_turns_is_followed_to_its_next_number(tmp_path: Path) -> None:
    track, later = TAIWAN * 1000 + 1, PANAMA * 1000 + 1
    lives = (
        Life(track, (*range(10), *range(20, 30)), said=ANNA),
        Life(track, (*range(10, 20), *range(30, 40)), said=BELLA),
        Life(later, range(45, 60), said=VICTORY),
    )
    with record(tmp_path, *lives) as archive:
        assert tracks_of(ships(archive)) == [(track,), (track, later)]


def test_days_before_the_second_ship_spoke_are_the_first_ones(tmp_path: Path) -> None:
    track = TAIWAN * 1000 + 1
    silent = ("", "", "", "30", "60x10")
    lives = (
        Life(track, range(8), said=ANNA),
        Life(track, range(8, 12), said=silent),
        Life(track, range(12, 16), said=BELLA),
        Life(track, range(16, 20), said=ANNA),
        Life(track, range(20, 24), said=BELLA),
    )
    with record(tmp_path, *lives) as archive:
        kept = {day for (day,) in archive.read("select distinct day from spoken")}
        assert kept == set(range(12, 24))
        one = next(ship for ship in ships(archive) if ship.said("name") == ("ANNA",))
        assert [day for day in range(24) if one.has(track, day * DAY)] == [
            *range(12),
            *range(16, 20),
        ]


def test_of_a_ship_that_says_one_thing_no_days_are_kept(tmp_path: Path) -> None:
    with record(tmp_path, Life(CHINA * 1000 + 1, range(20), said=ANNA)) as archive:
        assert archive.read("select count(*) from spoken") == [(0,)]


def test_a_track_of_several_ships_whose_days_nobody_knows_is_joined_to_none(
    tmp_path: Path,
) -> None:
    """Both spoke on each day, so that no day is the one's or the other's."""
    track = TAIWAN * 1000 + 1
    lives = (
        Life(track, range(20), said=ANNA),
        Life(track, range(20), said=BELLA),
        Life(PANAMA * 1000 + 1, range(25, 40), said=VICTORY),
    )
    with record(tmp_path, *lives) as archive:
        assert tracks_of(ships(archive)) == [(PANAMA * 1000 + 1,), (track,)]


def test_what_was_seen_of_a_track_of_two_ships_is_of_neither(tmp_path: Path) -> None:
    track, later = TAIWAN * 1000 + 1, PANAMA * 1000 + 1
    lives = (
        Life(track, (*range(10), *range(20, 30)), said=ANNA),
        Life(track, (*range(10, 20), *range(30, 40)), said=BELLA),
        Life(later, range(40, 60)),
    )
    with record(tmp_path, *lives, seen=(track, later)) as archive:
        found = ships(archive)
        assert (later,) in tracks_of(found)
        assert not any(ship.maybe for ship in found)


def test_two_ships_exchanged_between_two_tracks_are_whole_again(tmp_path: Path) -> None:
    one, two = TAIWAN * 1000 + 1, TAIWAN * 1000 + 2
    early, late = range(15), range(15, 30)
    lives = (
        Life(one, early, said=ANNA), Life(two, early, lat=5.5, said=BELLA),
        Life(one, late, lat=5.5, said=BELLA), Life(two, late, said=ANNA),
        Life(one, range(30, 34), said=ANNA), Life(two, range(30, 34), lat=5.5, said=BELLA),
    )  # fmt: skip
    with record(tmp_path, *lives) as archive:
        found = ships(archive)
        assert len(found) == 2
        for ship in found:
            assert ship.tracks == (one, two)
            lat = [
                read.way_of(archive, track, day, day).lat
                for track in ship.tracks
                for day in range(34)
                if ship.has(track, day * DAY)
            ]
            assert len(lat) == 34
            assert len({float(np.round(some[0], 3)) for some in lat}) == 1


def test_what_is_said_while_two_are_on_the_air_is_nobodys(tmp_path: Path) -> None:
    one, two = TAIWAN * 1000 + 1, TAIWAN * 1000 + 2
    lives = (
        Life(one, range(20), said=ANNA, nobodys=True),
        Life(two, range(20), lat=9.0, said=BELLA, nobodys=True),
        Life(PANAMA * 1000 + 1, range(25, 40), said=VICTORY),
    )
    with record(tmp_path, *lives) as archive:
        assert len(ships(archive)) == 3
        ship = ship_of(archive, one)
        assert ship is not None
        assert not ship.claims
        assert {claim.value for claim in ship.nobodys} == {*ANNA, *BELLA}


def test_a_hull_that_was_never_heard_is_no_ship(tmp_path: Path) -> None:
    with record(tmp_path, Life(CHINA * 1000 + 1, range(3))) as archive:
        assert ship_of(archive, CHINA * 1000 + 2) is None
        assert ship_of(archive, PANAMA * 1000 + 1) is None


@pytest.mark.parametrize(
    ("text", "mmsis"),
    [
        (str(CHINA), [(CHINA, PANAMA)]),
        (f"MMSI {PANAMA}", [(CHINA, PANAMA)]),
        (f"{PANAMA}.1", [(CHINA, PANAMA)]),
        (f"IMO {IMO}", [(CHINA, PANAMA)]),
        (f"  imo:{IMO} ", [(CHINA, PANAMA)]),
        (IMO, [(CHINA, PANAMA)]),
        ("bzzz", [(SPAIN,)]),
        ("Anna", [(CHINA, PANAMA)]),
        ("anna", [(CHINA, PANAMA)]),
        ("ella", [(SPAIN,)]),
        ("a", [(CHINA, PANAMA), (SPAIN,)]),
        ("100%", []),
        ("_NNA", []),
        ("' or 1=1 --", []),
        ("", []),
        ("IMO 9999999", []),
        (f"{CHINA}.7", []),
        ("123456789012", []),
    ],
)
def test_a_ship_is_found_by_what_people_know_of_it(
    text: str, mmsis: list[tuple[int, ...]], tmp_path: Path
) -> None:
    lives = (
        Life(CHINA * 1000 + 1, range(20), said=ANNA),
        Life(PANAMA * 1000 + 1, range(25, 40), said=VICTORY),
        Life(SPAIN * 1000 + 1, range(40), lat=6.0, said=BELLA),
    )
    with record(tmp_path, *lives) as archive:
        assert sorted(ship.mmsis for ship in find(archive, text)) == sorted(mmsis)


def test_a_name_that_is_part_of_many_brings_those_heard_last(tmp_path: Path) -> None:
    lives = [
        Life((CHINA + k) * 1000 + 1, range(k + 1), said=(f"SEA STAR {k}",)) for k in range(MOST + 4)
    ]
    with record(tmp_path, *lives) as archive:
        found = find(archive, "sea star")
        assert [ship.mmsis for ship in found] == [(CHINA + k,) for k in range(MOST + 3, 3, -1)]
        assert [ship.mmsis for ship in find(archive, "Sea Star 1")] == [(CHINA + 1,)]


@pytest.mark.parametrize("mmsi", [338013000, 416000000, 263576000])
def test_no_ship_of_a_shared_mmsi_was_at_two_places(mmsi: int, tmp_path: Path) -> None:
    """Recordings of SkyTruth (gpsdio-segment), in which several ships speak under one MMSI."""
    path = recording(f"tables/gpsdio_segment_{mmsi}.jsonl")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row.get("lat") is not None and row.get("lon") is not None]
    columns = {
        "t": [datetime.fromisoformat(row["timestamp"].rstrip("Z") + "+00:00").timestamp()
              for row in rows],
        "lat": [row["lat"] for row in rows],
        "lon": [row["lon"] for row in rows],
        "sog_kn": [row["speed"] if row["speed"] is not None else np.nan for row in rows],
        "cog_deg": [row["course"] or np.nan for row in rows],
    }  # fmt: skip
    batch = PositionBatch.make(
        len(rows), mmsi=mmsi, line=np.arange(len(rows)), key=np.arange(1, len(rows) + 1), **columns
    )
    station = Station(Settings(), Places.none(), decides=False)
    station.detectors = []
    kept = ReplayRecord(tmp_path)
    kept.remember(Finished.of(station.step(batch, StaticBatch.empty(), np.inf, True)))
    kept.finish(station.vessels(), Visits.empty())
    with open_record(tmp_path) as archive:
        found = ships(archive)
        assert len(found) == {338013000: 3, 416000000: 5, 263576000: 1}[mmsi]
        for ship in found:
            ways = [read.way_of(archive, track, 0, 10**6) for track in ship.tracks] or [NOWHERE]
            bins, lat, lon = (np.concatenate(column) for column in zip(*ways, strict=True))
            order = np.argsort(bins, kind="stable")
            bins, lat, lon = bins[order], lat[order], lon[order]
            assert np.all(np.diff(bins) > 0)
            nmi = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) / NMI_M
            assert np.all(nmi <= 1.5 + 30 * np.diff(bins) * 24 / MARKS)
