"""Which lists name a ship of an event."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sternlight.alerts.audience import Audience
from sternlight.alerts.intake import take_in
from sternlight.alerts.listed_ships import list_names, names_of
from sternlight.alerts.subscription import Subscription, Wants
from sternlight.settings import Settings, Watchlists
from tests.sternlight.alerts.world import MONDAY, World, event
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
