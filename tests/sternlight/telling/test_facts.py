"""Stories of events: what a station's archive, its record and the book say, and no more."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from receiver.sources.simulator import Simulation
from sternlight.alerts.book import Book
from sternlight.archive import Archive
from sternlight.data import data_folder
from sternlight.record import read
from sternlight.record.read import open_record
from sternlight.telling.facts import POINTS_COUNT, REMARKS_COUNT, Teller
from sternlight.telling.story import Remark, Story
from sternlight.text import iso
from tests.sternlight.records import event, record
from tests.sternlight.stations import Post
from tests.tracks.pages import pages
from tracks.batch import BIN_S, HULLS_PER_MMSI
from tracks.flags import Flags

HOUR = 3600.0
FLAGS = Flags.load(data_folder() / "flags.csv")
SHIP, OTHER = 226_900_048_001, 477_900_001_001


@cache
def station() -> Path:
    """Return the folder of a station that has heard a day, and writes no more."""
    post = Post(Path(mkdtemp()) / "station")
    post.start()
    lines = b"".join(Simulation(seed=7, hours=24.0, vessels=25).lines()).splitlines(keepends=True)
    for at in range(0, len(lines), 4000):
        post.hear(b"".join(lines[at : at + 4000]), wait_s=900.0)
    post.kill()
    return post.folder


def stories(folder: Path) -> dict[str, tuple[Story, dict[str, object]]]:
    with open_record(folder) as kept:
        teller = Teller(kept, FLAGS)
        rows = kept.read("select id, row from events")
        told = {name: (teller.tell(name), json.loads(row)) for name, row in rows}
    return {name: (story, row) for name, (story, row) in told.items() if story}


def test_a_story_says_what_the_stations_row_says() -> None:
    found = stories(station())
    assert len({story.kind for story, _ in found.values()}) >= 3
    for name, (story, row) in found.items():
        assert (story.event, story.kind, story.state) == (name, row["kind"], row["state"])
        assert iso(story.start) == row["start"]
        assert (story.end and iso(story.end)) == row["end"]
        assert (story.lat, story.lon, story.place) == (row["lat"], row["lon"], row["place"])
        assert [{"file": e.file, "line": e.line} for e in story.evidence] == row["lines"]
        assert story.reasons == tuple(f["says"] for f in row["for"])  # type: ignore[index,attr-defined]
        assert set(story.objections) == {f["says"] for f in row["against"]}  # type: ignore[index,attr-defined]
        assert [s.mmsi for s in story.ships] == row["mmsis"]


def test_ships_are_called_as_they_called_themselves() -> None:
    names = {int(m): name for m, name in simulated()}
    for story, _ in stories(station()).values():
        for ship in story.ships:
            assert ship.name in ("", names.get(ship.mmsi))
            assert ship.flag == FLAGS.flag(ship.mmsi)
    assert any(ship.name for story, _ in stories(station()).values() for ship in story.ships)


@cache
def simulated() -> list[tuple[str, str]]:
    with open_record(station()) as kept:
        return kept.read("select mmsi, value from claims where field = 'name'")


def test_ways_are_those_of_the_record_and_broken_where_nothing_was_heard() -> None:
    with open_record(station()) as kept:
        for story, _ in stories(station()).values():
            for line in story.lines:
                known = np.isfinite(line.lat)
                days = [day.way() for day in read.days(kept, [line.track])]
                at = {int(b): (y, x) for day in days for b, y, x in zip(*day, strict=True)}
                mine = [at[int(t // BIN_S)] for t in line.t[known]]
                assert np.allclose(mine, np.column_stack([line.lat, line.lon])[known])
                joined = known[:-1] & known[1:]
                assert (np.diff(line.t)[joined] == BIN_S).all()
                assert (np.diff(line.t) > 0).all()
                assert (line.t >= story.start - 6 * HOUR).all()
                assert story.end is None or (line.t <= story.end + 6 * HOUR).all()


def small(folder: Path, state: str = "closed", **changed: object) -> Teller:
    """Return who tells of a record written by hand, with one event."""
    one = event("encounter", (SHIP, OTHER), 1.7e9, 1.7e9 + 3 * HOUR) | {
        "ships": ["a fishing vessel", "a vessel that has not said what it is"],
        "place": "at sea", "zone": "far out", "rule": "by hand", "state": state, **changed,
    }  # fmt: skip
    bins = np.arange(int(1.7e9 // BIN_S) - 100, int(1.7e9 // BIN_S) + 100)
    claims = [(SHIP, "name", "ANNA"), (SHIP, "imo", "9074729"), (OTHER, "imo", "0")]
    record(folder, pages(SHIP, bins, 10 + bins * 0.0, 20 + bins * 0.0), claims, events=[one])
    return Teller(open_record(folder), FLAGS)


def test_an_event_is_told_whatever_has_become_of_it(tmp_path: Path) -> None:
    for state in ("open", "closed", "withdrawn"):
        teller = small(tmp_path / state, state)
        (name,) = teller.record.read("select id from events")[0]
        story = teller.tell(name)
        assert story is not None
        assert story.state == state
        assert story.ships[0].name == "ANNA"
        assert story.ships[0].imo == 9_074_729
        assert [ship.kind for ship in story.ships] == ["fishing vessel", ""]
        assert (story.ships[1].name, story.ships[1].imo) == ("", None)
        assert (story.ships[0].flag, story.ships[0].country) == ("FR", "France")
        assert [len(line.t) for line in story.lines] == [(6 + 3 + 6) * 6, 0]
        assert story.usual_per_week is None
        teller.record.close()


def test_how_usual_an_event_is_comes_from_the_decision_on_it(tmp_path: Path) -> None:
    teller = small(tmp_path)
    (name,) = teller.record.read("select id from events")[0]
    teller.record.close()
    with Archive.open(tmp_path, read.RECORD) as archive:
        archive._db.execute("insert into alerts values (?, 1.7e9, 0.8, 0.25, 'alert')", (name,))
    with open_record(tmp_path) as kept:
        story = Teller(kept, FLAGS).tell(name)
        assert story is not None
        assert story.usual_per_week == 0.25


def test_what_is_not_there_is_not_told(tmp_path: Path) -> None:
    assert small(tmp_path).tell("encounter-1.1-2.1-20260101T000000Z") is None


def test_later_names_are_not_those_of_an_event_that_is_over(tmp_path: Path) -> None:
    teller = small(tmp_path)
    (name,) = teller.record.read("select id from events")[0]
    teller.record.close()
    with Archive.open(tmp_path, read.RECORD) as archive:
        archive._db.execute(
            "insert into claims values (?, 1, 'name', 'NEW NAME', 1.8e9, 1.8e9, 1, 1)",
            (SHIP // HULLS_PER_MMSI,),
        )
    with open_record(tmp_path) as kept:
        story = Teller(kept, FLAGS).tell(name)
        assert story is not None
        assert story.ships[0].name == "ANNA"


def test_remarks_on_the_ships_are_told_once_each_newest_first(tmp_path: Path) -> None:
    teller = small(tmp_path)
    (name,) = teller.record.read("select id from events")[0]
    both = (SHIP // HULLS_PER_MMSI, OTHER // HULLS_PER_MMSI)
    with Book.open(tmp_path) as book:
        query = "insert into remarks (t, what, event, mmsi, says) values (?, ?, ?, ?, ?)"
        for t in range(REMARKS_COUNT + 5):
            for mmsi in both:
                book.write(query, float(t), "dismissed", f"gap-{t}", mmsi, "a pilot boat")
        book.write(query, 99.0, "acknowledged", name, 0, "")
        book.write(query, 100.0, "dismissed", "gap-x", 123_456_789, "another ship")
        told = Teller(teller.record, FLAGS, book).tell(name)
    assert told is not None
    assert told.remarks[0] == Remark(99.0, "acknowledged", name, 0, "")
    assert [one.event for one in told.remarks[1:3]] == ["gap-24", "gap-23"]
    assert len(told.remarks) == REMARKS_COUNT


def test_a_way_of_months_is_thinned_and_still_broken_at_silences(tmp_path: Path) -> None:
    first = int(1.7e9 // BIN_S)
    bins = np.r_[first : first + 9000, first + 12_000 : first + 20_000]
    one = event("long_voyage", (SHIP,), 1.7e9, 1.7e9 + 20_000 * BIN_S) | {
        "ships": ["a fishing vessel"], "place": "", "zone": "", "rule": "",
    }  # fmt: skip
    record(tmp_path, pages(SHIP, bins, 10 + bins * 0.0, bins * 1e-4 % 90), events=[one])
    with open_record(tmp_path) as kept:
        story = Teller(kept, FLAGS).tell(str(one["id"]))
    assert story is not None
    (line,) = story.lines
    assert len(line.t) <= POINTS_COUNT + 1
    assert np.isnan(line.lat).sum() == 1


@pytest.mark.parametrize("kind", ["interference"])
def test_an_event_of_no_ship_has_no_ways(tmp_path: Path, kind: str) -> None:
    one = event(kind, (), 1.7e9, None) | {"ships": [], "place": "", "zone": "", "rule": ""}
    record(tmp_path, events=[one])
    with open_record(tmp_path) as kept:
        story = Teller(kept, FLAGS).tell(str(one["id"]))
    assert story is not None
    assert (story.ships, story.lines) == ((), ())
