"""Two stations' records become one: hulls, days, claims, visits and events."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sternlight.cli import main
from sternlight.detections.files import read
from sternlight.detections.sighting import Given
from sternlight.detections.store import keep, kept
from sternlight.errors import ArchiveError
from sternlight.merge.merge import merge
from sternlight.record.read import claims, days, found, hulls, open_record, visits
from tests.sternlight.records import event, gap, record
from tests.tracks.pages import DAY, T0, straight

ANNA, BELLA = 257_000_001_001, 257_000_002_001
SECOND = ANNA + 1  # another hull under Anna's MMSI


def visit(
    track: int, start: float, end: float | None, place: str, certainty: int, line: int
) -> tuple:
    return (
        track,
        start,
        end,
        place,
        "SN",
        "port",
        14.7,
        -17.4,
        2.0,
        3.0,
        certainty,
        line,
        line + 1,
    )


def two(tmp_path: Path, **of_b: object) -> list[Path]:
    """Station A hears Anna until noon and tells of a gap; B hears her from 11:00 on."""
    a = straight(ANNA, (9, 20), (11, 20), 42, 102, (73, 102))
    b = straight(ANNA, (9, 20), (11, 20), 42, 102, (0, 65))
    first = record(
        tmp_path / "a", a, [(ANNA, "name", "ANNA"), (ANNA, "imo", "9074729")],
        [visit(ANNA, 1000.0, 2000.0, "Dakar", 2, 5)],
        [gap(ANNA, T0 + 72 * 600, T0 + 101 * 600)],
    )  # fmt: skip
    given = {"pages": b, "claims": [(ANNA, "name", "ANNA")],
             "visits": [visit(ANNA, 1500.0, 2600.0, "Dakar", 4, 90)], **of_b}  # fmt: skip
    return [first, record(tmp_path / "b", **given)]  # type: ignore[arg-type]


def test_a_hull_that_both_heard_is_one_and_was_heard_wherever_either_heard_it(
    tmp_path: Path,
) -> None:
    done = merge(two(tmp_path), tmp_path / "both")
    assert (done.names, done.hulls_count, done.common_count) == (["a", "b"], 1, 1)
    with open_record(tmp_path / "both") as both:
        [hull] = hulls(both)
        [day] = days(both)
        way = day.way()
        assert (hull.track, hull.fixes_count) == (ANNA, 18)
        assert way.bin.tolist() == [*range(DAY * 144 + 42, DAY * 144 + 103)]
        assert np.abs(way.lat - (9 + (way.bin - way.bin[0]) / 30)).max() < 0.002
        assert day.max_shore_nmi == 40
        assert both.read("select * from stations") == [(0, "a"), (1, "b")]


def test_where_both_heard_it_the_way_is_that_of_who_heard_more(tmp_path: Path) -> None:
    some = straight(ANNA, (9, 20.01), (11, 20.01), 42, 102, (45, 102))
    merge(two(tmp_path, pages=some)[::-1], tmp_path / "both")
    with open_record(tmp_path / "both") as both:
        [day] = days(both)
    assert day.way().lon == pytest.approx(20.0, abs=0.001)


def test_what_both_count_is_not_counted_twice(tmp_path: Path) -> None:
    """Station B heard 37 marks, of which A heard 7, too; A heard 31, of which 2 are at sea."""
    merge(two(tmp_path), tmp_path / "both")
    with open_record(tmp_path / "both") as both:
        [day] = days(both)
    assert (day.port_count, day.fishing_count, day.high_seas_count) == (2, 4, 5)


def test_claims_and_visits_of_both_become_one(tmp_path: Path) -> None:
    merge(two(tmp_path), tmp_path / "both")
    with open_record(tmp_path / "both") as both:
        said = {(c.hull, c.field, c.value, c.days_count) for c in claims(both)}
        [one] = visits(both)
        origins = both.read("select station, line_in from visit_origins order by 1")
    assert said == {(1, "name", "ANNA", 5), (1, "imo", "9074729", 5)}
    assert (one.start, one.end, one.certainty, one.line_in) == (1000, 2600, 4, 90)
    assert origins == [(0, 5), (1, 90)]


def test_visits_to_two_places_stay_two(tmp_path: Path) -> None:
    other = (*visit(ANNA, 1500.0, None, "Banjul", 3, 9)[:6], 13.4, -16.6, 1.0, 1.0, 3, 9, 9)
    merge(two(tmp_path, visits=[other]), tmp_path / "both")
    with open_record(tmp_path / "both") as both:
        assert [(v.place, v.end) for v in visits(both)] == [("Dakar", 2000), ("Banjul", None)]


def test_a_gap_in_which_the_other_station_heard_the_ship_is_filled(tmp_path: Path) -> None:
    done = merge(two(tmp_path), tmp_path / "both")
    assert (done.gaps_count, done.filled_count) == (1, 1)
    with open_record(tmp_path / "both") as both:
        [one] = found(both, "gap", [ANNA])
    assert one.row["filled"]["wholly"]
    assert one.row["filled"]["stations"] == ["b"]
    assert one.row["filled"]["marks_count"] == 26
    assert one.row["filled"]["longest_left_h"] == pytest.approx(20 / 60, abs=0.001)
    assert one.row["filled"]["score_alone"] == 0.8
    assert (one.score, one.row["score"]) == (0, 0)
    assert one.row["caveats"][0].startswith("b heard the ship meanwhile, at 26 ten-minute marks")
    assert one.row["caveats"][1] == "as it was"
    assert one.row["lines"] == [{"file": "a/a.nmea", "line": 7}]
    for place in one.row["filled"]["heard"]:
        assert 9 < place["lat"] < 11


def test_a_gap_that_is_filled_in_part_keeps_its_score(tmp_path: Path) -> None:
    some = straight(ANNA, (9, 20), (11, 20), 42, 102, (80, 101))
    done = merge(two(tmp_path, pages=some), tmp_path / "both")
    assert (done.gaps_count, done.filled_count) == (1, 0)
    with open_record(tmp_path / "both") as both:
        [one] = found(both, "gap")
    assert one.score == 0.8
    assert one.row["filled"]["longest_left_h"] == pytest.approx(22 / 6, abs=0.001)


def test_two_hulls_under_one_mmsi_are_kept_apart(tmp_path: Path) -> None:
    """Station A numbers them the other way round than B does."""
    near, far = ((9, 20), (11, 20)), ((40, 30), (41, 30))
    a = record(tmp_path / "a", [*straight(ANNA, *near, 42, 90), *straight(SECOND, *far, 42, 90)])
    b = record(
        tmp_path / "b", [*straight(ANNA, *far, 42, 90), *straight(SECOND, *near, 42, 90)],
        [(ANNA, "name", "FAR")], events=[gap(ANNA, T0, T0 + 9 * 3600)],
    )  # fmt: skip
    assert merge([a, b], tmp_path / "both").common_count == 2
    with open_record(tmp_path / "both") as both:
        lats = {day.track: day.way().lat.mean() for day in days(both)}
        [named] = claims(both)
        [one] = found(both, "gap")
    assert lats == pytest.approx({ANNA: 10, SECOND: 40.5}, abs=0.01)
    assert named.hull == 2
    assert (one.tracks, one.row["tracks"]) == ((SECOND,), ["257000001.2"])
    assert one.id.startswith("gap-257000001.2-")


def test_what_both_stations_saw_is_told_once_and_names_both(tmp_path: Path) -> None:
    meeting = event("encounter", (ANNA, BELLA), T0 + 50_000, T0 + 60_000, 0.4)
    later = event("encounter", (ANNA, BELLA), T0 + 52_000, T0 + 61_000, 0.9)
    third = event("encounter", (ANNA, BELLA), T0 + 70_000, T0 + 80_000, 0.3)
    pages = [*straight(ANNA, (9, 20), (10, 20), 0, 90), *straight(BELLA, (9, 21), (10, 21), 0, 90)]
    a = record(tmp_path / "a", pages, events=[meeting])
    b = record(tmp_path / "b", pages, events=[later, third])
    done = merge([a, b], tmp_path / "both")
    assert (done.events_count, done.common_events_count) == (2, 1)
    with open_record(tmp_path / "both") as both:
        one, other = found(both)
        origins = both.read("select id, station, station_id from event_origins order by 2, 3")
    assert (one.score, one.row["stations"]) == (0.9, ["a", "b"])
    assert [also["station"] for also in one.row["also"]] == ["a"]
    assert (other.row["stations"], other.row["also"]) == (["b"], [])
    assert origins == [
        (one.id, 0, meeting["id"]),
        (one.id, 1, later["id"]),
        (other.id, 1, third["id"]),
    ]


def test_the_same_station_twice_changes_nothing_but_names_both(tmp_path: Path) -> None:
    a, _ = two(tmp_path)
    merge([a, a], tmp_path / "both")
    with open_record(a) as one, open_record(tmp_path / "both") as both:
        assert [d._replace(packed=b"") for d in days(both)] == [
            d._replace(packed=b"") for d in days(one)
        ]
        assert claims(both) == claims(one)
        assert visits(both) == visits(one)
        [old], [new] = found(one), found(both)
        assert (new.id, new.start, new.end, new.score) == (old.id, old.start, old.end, old.score)
        assert both.read("select name from stations") == [("a",), ("a (2)",)]


def test_detections_of_one_station_are_there_for_all(tmp_path: Path) -> None:
    folders = two(tmp_path)
    seen = tmp_path / "seen.csv"
    seen.write_text("time,lat,lon\n2024-06-26T12:00Z,10,20\n")
    keep(folders[1], read(seen, Given()).sightings)
    merge(folders, tmp_path / "both")
    assert len(kept(tmp_path / "both")) == 1


def test_a_stations_own_folder_is_never_written_to(tmp_path: Path) -> None:
    folders = two(tmp_path)
    with pytest.raises(ArchiveError, match="is a station's own folder"):
        merge(folders, folders[0])
    with pytest.raises(ArchiveError, match="there is no record of ships"):
        merge([folders[0], tmp_path / "nothing"], tmp_path / "both")
    assert not list((tmp_path / "both").iterdir())


def test_the_command_says_what_was_joined(tmp_path: Path) -> None:
    folders = [str(folder) for folder in two(tmp_path)]
    done = CliRunner().invoke(main, ["merge", *folders, "--out", str(tmp_path / "both")])
    assert done.exit_code == 0, done.output
    assert "a + b: 1 hull, of which several heard 1; 1 event" in done.output
    assert "In 1 gap another station heard the ship; of 1 no silence is left." in done.output
    assert CliRunner().invoke(main, ["merge", folders[0], "--out", "x"]).exit_code == 2


def test_hulls_of_a_sea_heard_by_two_stations_are_joined_as_they_truly_are(tmp_path: Path) -> None:
    """Forty MMSIs, a third of them with two ships; each station hears some of every ship's day."""
    rng = np.random.default_rng(5)
    books: list[list] = [[], []]
    truth: dict[tuple[int, int], int] = {}
    for n in range(40):
        mmsi = 257_000_100 + n
        ships = [(n, 10.0 + n / 8)] if n % 3 else [(n, 10.0 + n / 8), (1000 + n, 40.0)]
        for station, book in enumerate(books):
            for hull, at in enumerate(rng.permutation(len(ships)).tolist(), 1):
                ship, lat = ships[at]
                first = int(rng.integers(0, 70))
                track = mmsi * 1000 + hull
                lat0 = lat + first / 60
                book += straight(track, (lat0, 20), (lat0 + 60 / 60, 20), first, first + 60)
                truth[station, track] = ship
    merge(
        [record(tmp_path / name, book) for name, book in zip("ab", books, strict=True)],
        tmp_path / "c",
    )
    with open_record(tmp_path / "c") as both:
        groups: dict[int, set[int]] = {}
        for track, station, own in both.read("select * from hull_origins"):
            groups.setdefault(track, set()).add(truth[station, own])
    assert all(len(ships) == 1 for ships in groups.values())
    assert len(groups) == len(set(truth.values()))


def test_rows_of_events_stay_json(tmp_path: Path) -> None:
    merge(two(tmp_path), tmp_path / "both")
    with open_record(tmp_path / "both") as both:
        [(text,)] = both.read("select row from events")
    assert json.loads(text)["filled"]["heard"][0]["station"] == "b"
    assert json.loads(text)["start"].startswith("2024-06-26T12:00:00")
