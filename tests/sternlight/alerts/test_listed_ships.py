"""Which lists name a ship of an event, and how usual an event is for who asked for some only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sternlight.alerts.audience import Audience
from sternlight.alerts.intake import take_in
from sternlight.alerts.listed_ships import list_names, names_of
from sternlight.alerts.subscription import Near, Subscription, Wants
from sternlight.alerts.usual import usual_per_week
from sternlight.settings import Settings, Watchlists
from tests.sternlight.alerts.world import DAY, MONDAY, World, event
from tests.sternlight.sea_records import Written, track


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, text in {
        "iuu.csv": "imo,name,list\n9074729,BAD LUCK,Lists of lists\n",
        "own.csv": "mmsi,name\n224000002,CASA\n",
        "fleet.csv": "mmsi,authorised until\n224000003,2030\n",
    }.items():
        (tmp_path / name).write_text(text)
    files = tuple(str(tmp_path / name) for name in ("iuu.csv", "own.csv", "fleet.csv"))
    return replace(Settings(), watchlists=Watchlists(files))


def row(*mmsis: int, kind: str = "encounter", caveats: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"mmsis": list(mmsis), "kind": kind, "caveats": list(caveats), "lat": 0, "lon": 0}


def test_a_list_names_ships_by_what_they_claimed_and_events_that_tell_of_it(
    tmp_path: Path, settings: Settings
) -> None:
    record = Written(tmp_path)
    record.ship(track(224000001), name="BAD LUCK", imo=9074729)
    record.ship(track(224000004), name="BAD LUCK")  # a name alone is not certain enough
    names = names_of(record.archive, settings)
    assert names(row(224000001)) == {"iuu.csv"}
    assert names(row(224000002, 224000001)) == {"iuu.csv", "own.csv"}
    assert names(row(224000003, 224000004)) == set()
    assert names(row()) == set()
    says = ("Lists of lists (undated) lists BAD LUCK, IMO 9074729; 5 was matched by IMO number",)
    assert names(row(5, kind="listed", caveats=says)) == {"iuu.csv"}
    assert names(row(5, kind="gap", caveats=says)) == set()
    record.archive.close()


def test_lists_are_asked_for_by_the_names_of_their_files(settings: Settings) -> None:
    assert list_names(settings) == ["iuu.csv", "own.csv", "fleet.csv"]


def test_lists_are_read_only_if_somebody_asked_for_one(tmp_path: Path, settings: Settings) -> None:
    def unread(_: object) -> frozenset[str]:
        raise AssertionError

    everybody = [Subscription(1, "active", 0.0, "a@example.org")]
    assert Audience(everybody, unread).of({"a": row(1)}) == {"a": [1]}


def test_who_asked_for_a_list_is_told_of_its_ships(tmp_path: Path, settings: Settings) -> None:
    world = World(tmp_path)
    world.subscribe(wants=Wants(watchlists=("own.csv",)))
    for n, mmsi in enumerate((224000002, 224000009)):
        world.alert(n, MONDAY, tracks=(mmsi * 1000 + 1,))
    take_in(world.archive, world.book, world.seal, MONDAY, names_of(world.archive, settings))
    (letter,) = world.book.letters()
    assert letter.thread == event(0, tracks=(224000002001,)).id
    world.close()


def test_how_many_as_strong_a_usual_week_brought_is_known_after_a_week(tmp_path: Path) -> None:
    world = World(tmp_path)
    for n in range(12):
        start = MONDAY + n * DAY
        lon = -18.0 if n % 2 else 20.0
        world.keep(event(n, start=start, lon=lon), "closed", 0.6 + n / 40, start)
    world.keep(event(50, start=MONDAY), "withdrawn", 0.9, MONDAY)
    world.keep(event(51, start=MONDAY), "closed", 0.9, MONDAY, shown=False)
    world.archive._db.execute("insert into hulls values (1, 1, 0, 0, 9, 0)")
    wants = Wants(near=Near(14, -18, 60))
    found = []
    for day in range(12):
        world.archive._db.execute(
            "insert into days values (1, ?, 0, 0, 0, 0, 0, null, '', '')", (MONDAY // DAY + day,)
        )
        found.append(usual_per_week(world.archive, wants, 0.7, MONDAY + (day + 1) * DAY))
    assert found[:6] == [None] * 6
    # Of those near, the sixth, eighth, tenth and twelfth days' are as strong.
    counts = ((1, 7), (2, 8), (2, 9), (3, 10), (3, 11), (4, 12))
    assert found[6:] == pytest.approx([7 * count / days for count, days in counts])
    everywhere = usual_per_week(world.archive, Wants(), 0.7, MONDAY + 12 * DAY)
    assert everywhere == pytest.approx(7 * 8 / 12)
    assert usual_per_week(world.archive, Wants(), 0.7, MONDAY + 90 * DAY) is None
    world.close()
