"""Features out of the tables of the record, against ships whose rows were written by hand."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from anomalies.features import SHIP_KINDS
from anomalies.indicators import INDICATORS, Signs
from anomalies.standing import SHOWN_SHARE, shares, standings, with_marks
from sternlight.archive import Archive
from sternlight.data import data_folder
from sternlight.errors import ArchiveError
from sternlight.nightly import NightFailedError, Nightly, from_json, to_json
from sternlight.record import features as of_record
from sternlight.record.features import Asked, marks_of, of_ships, reach_nmi
from sternlight.record.owners import alone
from sternlight.record.rates import FEW, Rate, square
from sternlight.record.read import RECORD, open_record
from sternlight.record.reckoned import compute
from sternlight.record.ships import Ship
from sternlight.sqlite import Database
from tracks.flags import Flags
from tracks.way import pack_heard, pack_way

DAY = 86_400.0
D0 = 19_000  # a Unix day
FLAGS = Flags.load(data_folder() / "flags.csv")
NORWEGIAN, SWEDISH, PANAMANIAN = 257_000_001, 265_000_001, 370_000_001
IMO = "9074729"


def hull(mmsi: int, number: int = 1) -> int:
    return mmsi * 1000 + number


class Book:
    """A record that is written by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        Archive.create(folder / RECORD).close()

    def write(self, table: str, rows: Iterable[tuple]) -> None:
        with sqlite3.connect(self.folder / RECORD) as db:
            for row in rows:
                db.execute(f"insert into {table} values ({','.join('?' * len(row))})", row)
        db.close()

    def ship(self, track: int, first: int, last: int, every: int = 1, **day: object) -> None:
        """Write a hull that was heard all day on some days."""
        self.write("hulls", [(track, track // 1000, first * DAY, (last + 1) * DAY, 9, 1)])
        told = {"port": 0, "fishing": 0, "high": 0, "shore": 30.0, "lat": 58.2, "lon": 4.9} | day
        at = (np.array([round(told[n] * 1e5)], np.int32) for n in ("lat", "lon"))
        way = pack_way(np.array([0]), *at)
        bits = pack_heard(np.arange(144))
        self.write(
            "days",
            [
                (track, d, d * DAY, (d + 1) * DAY - 600, told["port"], told["fishing"],
                 told["high"], told["shore"], bits, way)
                for d in range(first, last + 1, every)
            ],
        )  # fmt: skip

    def claim(self, mmsi: int, field: str, value: str, last: int, days: int = 5, number: int = 1):
        row = (mmsi, number, field, value, (last - days) * DAY, last * DAY, days, last)
        self.write("claims", [row])

    def visit(self, track: int, start: float, end: float | None, country: str = "NO", **more):
        told = {"kind": "port", "certainty": 4, "heard_h": 1e4} | more
        self.write(
            "visits",
            [(track, start * DAY, None if end is None else end * DAY, "Bergen", country,
              told["kind"], 60.4, 5.3, 9.0, told["heard_h"], told["certainty"], 0, 1)],
        )  # fmt: skip

    def event(self, name: str, kind: str, track: int, day: float, score: float, **more) -> None:
        told = {"shown": 1, "state": "closed", "end": day + 0.2} | more
        end = None if told["end"] is None else told["end"] * DAY
        row = '{"for":[{"name":"far","weight":1.0,"says":"It was far out."}]}'
        self.write(
            "events",
            [(name, kind, told["state"], day * DAY, end, score, told["shown"], row, "")],
        )
        self.write("event_tracks", [(track, name)])

    def features(self, *ships: tuple[int, ...], **asked: object) -> dict[str, list[float]]:
        with open_record(self.folder) as record:
            linked = [joined(record, tracks) for tracks in ships]
            made = of_ships(record, linked, Asked(FLAGS, **asked)).features
        return {name: getattr(made, name).tolist() for name in made.described()}


def joined(record: Database, tracks: tuple[int, ...]) -> Ship:
    """Return hulls as one ship."""
    hulls = alone(record, tracks)
    claims = tuple(claim for ship in hulls for claim in ship.claims)
    return Ship(tuple(h for ship in hulls for h in ship.hulls), claims, (), (), (), ())


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "results")


def test_names_count_if_heard_on_two_days_and_not_another_spelling(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 100)
    for name, days in (("NORDLYS", 9), ("NORDLYS 1", 4), ("SEA HAWK", 2), ("MISHEARD", 1)):
        book.claim(NORWEGIAN, "name", name, D0 + 90, days)
    book.claim(NORWEGIAN, "name", "OF LONG AGO", D0 + 90 - 400)
    book.claim(NORWEGIAN, "name", "OF ANOTHER HULL", D0 + 90, number=2)
    assert book.features((track,))["names_count"] == [2]
    assert np.isnan(book.features((hull(SWEDISH),))["names_count"])


def test_claims_of_an_unknown_hull_are_those_of_a_lone_one_and_of_nobody_else(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 9)
    book.claim(NORWEGIAN, "name", "NORDLYS", D0 + 9, number=0)
    assert book.features((track,))["names_count"] == [1]
    book.ship(hull(NORWEGIAN, 2), D0, D0 + 9)
    assert np.isnan(book.features((track,), (hull(NORWEGIAN, 2),))["names_count"]).all()


def test_flags_are_those_of_the_numbers_of_a_ship_known_by_its_imo_number(book: Book) -> None:
    one, other = hull(NORWEGIAN), hull(PANAMANIAN)
    book.ship(one, D0, D0 + 50)
    book.ship(other, D0 + 60, D0 + 99)
    assert np.isnan(book.features((one, other))["flags_count"])
    book.claim(NORWEGIAN, "imo", "1111111", D0 + 50)
    assert np.isnan(book.features((one, other))["flags_count"]), "not a valid number"
    book.claim(NORWEGIAN, "imo", IMO, D0 + 50)
    assert book.features((one, other))["flags_count"] == [2]
    assert book.features((one,))["flags_count"] == [1]


def test_a_flag_is_listed_only_if_the_user_lists_any(book: Book) -> None:
    ships = [(hull(mmsi),) for mmsi in (NORWEGIAN, PANAMANIAN)]
    for (track,) in ships:
        book.ship(track, D0, D0 + 9)
    assert np.isnan(book.features(*ships)["flag_listed_share"]).all()
    assert book.features(*ships, signs=Signs(("PA",)))["flag_listed_share"] == [0, 1]


def test_ports_of_other_countries_are_counted_in_visits_that_are_sure(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 90)
    for day, country, more in (
        (1, "NO", {}), (5, "SE", {}), (9, "DK", {}), (14, "DK", {"certainty": 1}),
        (20, "GB", {"kind": "anchorage"}), (30, "", {}), (-400, "SE", {}),
    ):  # fmt: skip
        book.visit(track, D0 + day, D0 + day + 1, country, **more)
    assert book.features((track,))["foreign_visits_count"] == [2]


def test_a_visit_that_lasts_is_as_long_as_the_ship_has_been_heard(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 99)
    book.visit(track, D0 + 20, None)
    assert book.features((track,))["still_days"] == [80]


def test_voyages_lie_between_sure_visits_of_all_hulls_of_a_ship(book: Book) -> None:
    one, other = hull(NORWEGIAN), hull(PANAMANIAN)
    book.ship(one, D0, D0 + 200)
    book.ship(other, D0 + 100, D0 + 300)
    for track, day in ((one, 0), (one, 41), (other, 112), (other, 133)):
        book.visit(track, D0 + day, D0 + day + 1)
    book.visit(one, D0 + 20, D0 + 21, certainty=1)
    assert book.features((one, other))["usual_voyage_days"] == [40]  # of 40, 70 and 20
    assert np.isnan(book.features((one,))["usual_voyage_days"])


def test_days_of_two_hulls_of_a_ship_make_one_time_at_sea(book: Book) -> None:
    one, other = hull(NORWEGIAN), hull(PANAMANIAN)
    book.ship(one, D0, D0 + 49)
    book.ship(other, D0 + 55, D0 + 99, shore=410.0, high=144)
    told = book.features((one, other), reach_nmi=410.0)
    assert told["at_sea_days"] == pytest.approx([100 - 600 / DAY])
    assert told["max_shore_nmi"] == [410]
    assert told["high_seas_share"] == pytest.approx([45 / 95])
    assert told["memory_days"] == [100]
    told = book.features((one,), reach_nmi=410.0)
    assert told["at_sea_days"] == pytest.approx([50 - 600 / DAY])
    assert (told["max_shore_nmi"], told["high_seas_share"]) == ([30], [0])


def test_only_the_last_year_before_a_ship_was_heard_last_counts(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 800, shore=20.0)
    book.event("gap-1", "gap", track, D0 + 700, 0.5)
    book.event("gap-2", "gap", track, D0 + 300, 0.5)
    book.event("long_voyage-1", "long_voyage", track, D0 + 300, 0.7, end=D0 + 500)
    assert book.features((track,))["at_sea_days"] == pytest.approx([365 - 600 / DAY])
    assert names(book, track) == ["gap-1", "long_voyage-1"]


def test_events_that_are_withdrawn_or_not_shown_do_not_count_and_open_ones_do(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 9)
    book.event("gap-1", "gap", track, D0 + 1, 0.5, state="withdrawn")
    book.event("gap-2", "gap", track, D0 + 2, 0.5, shown=0)
    book.event("gap-3", "gap", track, D0 + 3, 0.5, state="open", end=None)
    book.event("interference-1", "interference", track, D0 + 3, 0.9)
    assert names(book, track) == ["gap-3"]


def names(book: Book, track: int) -> list[str]:
    with open_record(book.folder) as record:
        ships = alone(record, [track])
        (marks,) = marks_of(record, ships, of_ships(record, ships, Asked(FLAGS)).since)
    assert {mark.says for mark in marks} <= {
        "Silence with a score of 0.50: It was far out.",
        "Long voyage with a score of 0.70: It was far out.",
    }
    return [mark.id for mark in marks]


def test_lists_and_long_voyages_are_looked_for_only_where_that_is_possible(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 99)
    none = book.features((track,))
    assert np.isnan([none["listings_score"][0], none["long_voyages_score"][0]]).all()
    book.visit(track, D0, D0 + 1)
    some = book.features((track,), lists=True)
    assert (some["listings_score"], some["long_voyages_score"]) == ([0], [0])


def test_a_ship_that_nobody_heard_has_nothing_and_no_ship_is_no_error(book: Book) -> None:
    told = book.features((hull(SWEDISH),))
    assert told["memory_days"] == [0]
    assert np.isnan(told["max_shore_nmi"][0])
    assert not book.features()["memory_days"]


def test_hostile_claims_are_numbers_or_nothing(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 9)
    for field, value in (("imo", "=1+1"), ("ship_type", "<b>"), ("size", "x"), ("imo", "٣")):
        book.claim(NORWEGIAN, field, value, D0 + 9)
    assert book.features((track,))["kind"] == [SHIP_KINDS.index("")]


def fleet(book: Book) -> list[int]:
    """Write nine ships: fishing vessels and cargo ships, some of which are at sea for long."""
    ships = []
    for i in range(9):
        mmsi = NORWEGIAN + i
        track = hull(mmsi)
        book.ship(track, D0, D0 + 150, 1 + 11 * (i % 2), port=0, lat=58 + i, lon=4.5 + i % 3)
        book.claim(mmsi, "ship_type", "30" if i < 6 else "70", D0 + 99)
        if i % 4 == 0:
            book.event(f"gap-{i}", "gap", track, D0 + 9, 0.8)
        elif i % 4 == 1:  # counts, and does not show
            book.event(f"gap-{i}", "gap", track, D0 + 9, 0.4)
        ships.append(track)
    return ships


def test_rates_count_the_ships_that_could_show_a_sign_and_do(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_record, "SHIPS_AT_ONCE", 4)
    tracks = fleet(book)
    night = compute(book.folder, Signs())
    with open_record(book.folder) as record:
        ships = alone(record, tracks)
        read = of_ships(record, ships, Asked(FLAGS, reach_nmi=reach_nmi(record)))
        marks = marks_of(record, ships, read.since)
    found = shares(with_marks(read.features, marks))
    could, shows = Counter(), Counter()
    for i in range(len(ships)):
        for where in ("", square(58 + i, 4.5 + i % 3)):
            for one, share in zip(INDICATORS, found[i].tolist(), strict=True):
                key = one.name, "fishing" if i < 6 else "cargo", where
                could[key] += not np.isnan(share)
                shows[key] += share >= SHOWN_SHARE
    assert sorted(night.rates) == sorted(
        (*key, count, shows[key]) for key, count in could.items() if count
    )
    assert ("long_at_sea", "fishing", "", 6, 3) in night.rates
    assert ("dark_gap", "cargo", "", 3, 1) in night.rates
    told = sorted((row[0], row[3], row[4], row[5]) for row in night.standings)
    assert told == [
        (track, round(s.score, 3), s.shown_count, s.looked_count)
        for track, s in zip(tracks, standings(read.features, marks), strict=True)
    ]


def test_of_a_track_on_which_two_ships_took_turns_each_has_its_own_days(book: Book) -> None:
    track = hull(NORWEGIAN)
    book.ship(track, D0, D0 + 99)
    book.visit(track, D0 + 5, D0 + 6, "SE")
    book.visit(track, D0 + 70, D0 + 71, "DK")
    book.event("gap-1", "gap", track, D0 + 3, 0.5)
    book.event("gap-2", "gap", track, D0 + 80, 0.5)
    with open_record(book.folder) as record:
        (whole,) = alone(record, [track])
        first, second = (
            whole._replace(days=((track, frozenset(range(D0 + a, D0 + b))),))
            for a, b in ((0, 40), (40, 100))
        )
        read = of_ships(record, [first, second], Asked(FLAGS))
        marks = marks_of(record, [first, second], read.since)
    assert read.features.memory_days.tolist() == [40, 60]
    assert read.features.at_sea_days.tolist() == pytest.approx([40 - 600 / DAY, 60 - 600 / DAY])
    assert read.features.foreign_visits_count.tolist() == [1, 1]
    assert [[mark.id for mark in own] for own in marks] == [["gap-1"], ["gap-2"]]


def test_ships_that_are_linked_stand_as_one(book: Book) -> None:
    for mmsi, first in ((NORWEGIAN, D0), (SWEDISH, D0 + 60)):
        book.ship(hull(mmsi), first, first + 50)
        for field, value in (("imo", IMO), ("name", "NORDLYS"), ("call_sign", "LABC")):
            book.claim(mmsi, field, value, first + 50, 50)
    (row,) = compute(book.folder, Signs()).standings
    assert row[1] == f"[{hull(NORWEGIAN)},{hull(SWEDISH)}]"
    assert '"sign":"reflagged","shown":true' in row[6]


def test_ships_that_were_not_heard_for_a_year_have_no_standing(book: Book) -> None:
    book.ship(hull(NORWEGIAN), D0, D0 + 9)
    book.ship(hull(SWEDISH), D0 + 400, D0 + 409)
    night = compute(book.folder, Signs())
    assert [row[0] for row in night.standings] == [hull(SWEDISH)]
    assert night.reach_nmi == 30


def test_an_empty_record_makes_an_empty_night(book: Book) -> None:
    assert compute(book.folder, Signs()) == ([], [], None)


def test_another_process_makes_the_same_and_the_archive_keeps_it(book: Book) -> None:
    fleet(book)
    night = compute(book.folder, Signs(("NO",)))
    assert from_json(to_json(night)) == night
    assert Nightly().compute(book.folder, Signs(("NO",))) == night
    archive = Archive.open(book.folder, RECORD)
    with archive:
        for _ in range(2):  # what is written again changes nothing
            with archive.transaction():
                archive.remember_night(night)
        assert archive.read("select * from standings") == night.standings
        assert archive.read("select * from rates order by 1, 2, 3") == sorted(night.rates)
    with open_record(book.folder) as record:
        assert reach_nmi(record) == night.reach_nmi


def test_a_night_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(NightFailedError, match="there is no record of ships in"):
        Nightly().compute(tmp_path, Signs())
    with pytest.raises(NightFailedError, match="signal 9; was there no memory left, or no time"):
        Nightly(longest_s=0.001).compute(tmp_path, Signs())
    with pytest.raises(ArchiveError, match="there is no record of ships"):
        compute(tmp_path, Signs())


@pytest.mark.parametrize(
    ("lat", "lon", "name"),
    [(58.2, 4.9, "N55E000"), (0, 0, "N00E000"), (-0.1, -0.1, "S05W005"), (-90, -180, "S90W180"),
     (89.9, 179.9, "N85E175"), (5, 5, "N05E005")],
)  # fmt: skip
def test_a_square_is_named_by_its_south_western_corner(lat: float, lon: float, name: str) -> None:
    assert square(lat, lon) == name


def test_a_rate_says_what_it_counts_and_when_that_is_too_little() -> None:
    assert Rate("dark_gap", "fishing", "", 93, 41).says == (
        "41 of 93 fishing vessels heard here show it."
    )
    assert Rate("dark_gap", "cargo", "N55E005", FEW - 1, 3).says == (
        "3 of 19 cargo ships heard in the square N55E005 show it; so few say little."
    )
    assert Rate("dark_gap", "", "", 0, 0).says == (
        "Of no vessels that have not said what they are heard here could it be looked for."
    )
