"""From a file of labels and a record to a table and a report: `sternlight learn`, end to end."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from receiver.decoded import BadInput
from sternlight.cli import main
from sternlight.data import data_folder
from sternlight.learn import forests
from sternlight.learn.cases import NEGATIVE, OTHER, POSITIVE, Table, table
from sternlight.learn.forests import Method
from sternlight.learn.labels import read
from sternlight.record.features import Asked, Span, marks_of, of_ships
from sternlight.record.read import RECORD, open_record
from sternlight.record.ships import ships
from tests.sternlight.records import gap, record
from tests.tracks.pages import DAY, Page, pages
from tracks.batch import HULLS_PER_MMSI
from tracks.flags import Flags

DAY_S = 86_400.0
CASES_COUNT, OTHERS_COUNT = 24, 110
ASKED = Asked(Flags.load(data_folder() / "flags.csv"))
TINY = partial(Method, bags_count=3, trees_count=5, folds_count=4, shuffled_bags_count=1)


def track(number: int) -> int:
    return (257_000_000 + number) * HULLS_PER_MMSI + 1


def mmsi(number: int) -> str:
    return str(257_000_000 + number)


def heard(one: int, first: int, last: int, every: int = 3) -> list[Page]:
    """Return pages of a hull that is heard at noon of some days."""
    bins = [day * 144 + 72 for day in range(DAY + first, DAY + last + 1, every)]
    at = (len(bins) * [50.0 + one % 1000 / 100], len(bins) * [3.0])
    return pages(one, bins, *at)


def visit(one: int, first: int, last: int | None, country: str = "NO") -> tuple[Any, ...]:
    start, end = (None if day is None else (DAY + day) * DAY_S for day in (first, last))
    return one, start, end, "Bergen", country, "port", 60.4, 5.3, 9.0, 1e4, 4, 0, 1


def silence(one: int, day: int, score: float) -> dict[str, Any]:
    return gap(one, (DAY + day) * DAY_S, (DAY + day + 0.5) * DAY_S, score)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fishing vessels, the first with gaps of high scores, one of them heard late; a cargo ship."""
    chance = np.random.default_rng(1)
    many = range(CASES_COUNT + OTHERS_COUNT)
    day_pages = [page for one in many for page in heard(track(one), 0, 45)]
    day_pages += heard(track(900), 0, 3) + heard(track(901), 0, 45)
    claims = [(track(one), "ship_type", "30") for one in [*many, 900]]
    claims += [(track(901), "ship_type", "70"), (track(3), "call_sign", "LKAB"),
               (track(4), "imo", "9074729"), (track(5), "name", "=HYPERLINK(1)"),
               (track(6), "name", "\x1b[31mRED")]  # fmt: skip
    scores = (
        chance.uniform(0.5, 0.9, CASES_COUNT).tolist()
        + chance.uniform(0.0, 0.6, OTHERS_COUNT).tolist()
    )
    events = [silence(track(one), 20, score) for one, score in zip(many, scores, strict=True)]
    folder = tmp_path_factory.mktemp("learn") / "station"
    return record(folder, day_pages, claims, events=events)


def written(folder: Path, *rows: str, head: str = "ship,label,from,to,source") -> Path:
    path = folder / "labels.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


POSITIVES = [f"{mmsi(one)},positive" for one in range(CASES_COUNT)]


def made(station: Path, path: Path) -> Table:
    with open_record(station) as known:
        return table(known, ships(known), read(path), ASKED, path)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forests, "Method", TINY)


def learn(*words: object) -> Result:
    return CliRunner().invoke(main, ["learn", *map(str, words)])


@pytest.mark.usefixtures("quick")
def test_ships_are_ranked_beside_a_report_and_nothing_else_is_changed(
    station: Path, tmp_path: Path
) -> None:
    before = (station / RECORD).read_bytes()
    path = written(tmp_path, *POSITIVES, "999000001,positive", f"{mmsi(30)},negative")
    out = tmp_path / "ranked.csv"
    done = learn(path, "--data", station, "--out", out)
    assert done.exit_code == 1, done.output
    assert "row 26 (999000001) is of no ship that was heard" in " ".join(done.output.split())
    assert "no probability of forced labour" in " ".join(done.output.split())
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert len(rows) == CASES_COUNT + OTHERS_COUNT
    assert [int(row["rank"]) for row in rows] == [*range(1, len(rows) + 1)]
    scores = [float(row["learned_score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    by_ship = {row["ship"]: row for row in rows}
    assert by_ship[f"{mmsi(0)}.1"]["label"] == "positive"
    assert by_ship[f"{mmsi(30)}.1"]["label"] == "negative"
    assert by_ship[f"{mmsi(31)}.1"]["label"] == ""
    assert by_ship[f"{mmsi(5)}.1"]["name"] == "'=HYPERLINK(1)"
    assert by_ship[f"{mmsi(6)}.1"]["name"] == "\ufffd[31mRED"
    assert float(by_ship[f"{mmsi(0)}.1"]["gaps_score"]) >= 0.5
    assert by_ship[f"{mmsi(0)}.1"]["usual_voyage_days"] == "", "what cannot be seen is not 0"
    report = json.loads(out.with_suffix(".json").read_text("utf-8"))
    assert report["counts"]["positive_ships"] == CASES_COUNT
    assert report["left_out"] == {
        "were heard over less than 30 days, or on less than 10 of them": 1,
        "are of kinds that no labelled case is of": 1,
    }
    assert (station / RECORD).read_bytes() == before
    assert sorted(file.name for file in station.iterdir()) == [RECORD]


@pytest.mark.usefixtures("quick")
def test_the_same_labels_and_seed_give_the_same_bytes(station: Path, tmp_path: Path) -> None:
    path = written(tmp_path, *POSITIVES)
    told = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        out = tmp_path / name / "ranked.csv"
        out.parent.mkdir()
        done = learn(path, "--data", station, "--out", out, "--seed", seed, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.output) == json.loads(out.with_suffix(".json").read_text("utf-8"))
        told.append((out.read_bytes(), out.with_suffix(".json").read_bytes()))
    assert told[0] == told[1]
    assert told[0][0] != told[2][0]


def test_too_few_positives_are_refused_with_what_is_needed(station: Path, tmp_path: Path) -> None:
    path = written(tmp_path, *POSITIVES[:18], "999000001,positive", f"{mmsi(900)},positive")
    done = learn(path, "--data", station, "--out", tmp_path / "ranked.csv")
    assert done.exit_code == 2
    for says in ("18 ships of the record", "20 are needed", "Label 2 more", "999000001",
                 "257000900.1 was heard on 2 days"):  # fmt: skip
        assert says in done.output
    assert not (tmp_path / "ranked.csv").exists()


def test_positives_all_of_few_sources_and_few_others_are_refused(
    station: Path, tmp_path: Path
) -> None:
    rows = [f"{row},,,report {i % 3}" for i, row in enumerate(POSITIVES)]
    done = learn(written(tmp_path, *rows), "--data", station, "--out", tmp_path / "a.csv")
    assert "all positives come from 3 sources, and 5 are needed" in done.output
    rows = [f"{mmsi(one)},{'positive' if one < 60 else 'negative'}" for one in range(134)]
    done = learn(written(tmp_path, *rows), "--data", station, "--out", tmp_path / "a.csv")
    assert "0 ships of the record can be held against the positives" in done.output


def test_labels_that_contradict_each_other_are_refused_by_their_rows(
    station: Path, tmp_path: Path
) -> None:
    path = written(tmp_path, f"{mmsi(4)},positive", "IMO 9074729,negative")
    with pytest.raises(BadInput, match=r"row 2 \(257000004\) and row 3 \(9074729\) contradict"):
        made(station, path)


def test_one_ship_by_several_names_is_one_case(station: Path, tmp_path: Path) -> None:
    path = written(tmp_path, f"{mmsi(4)},positive", "9074729,yes", "257000004.1,1", "lkab,no")
    table = made(station, path)
    of = {case.ship.mmsis[0]: case.label for case in table.cases if case.label != OTHER}
    assert of == {257_000_004: POSITIVE, 257_000_003: NEGATIVE}
    assert np.count_nonzero(table.label == POSITIVE) == 1


def test_names_of_two_ships_in_one_row_are_told_and_not_used(station: Path, tmp_path: Path) -> None:
    path = written(tmp_path, f"{mmsi(3)},9074729,1", f"{mmsi(4)},9074729,1", head="mmsi,imo,label")
    table = made(station, path)
    assert len(table.unused) == 1
    assert "row 2 (257000003, 9074729) names different ships" in table.unused[0]
    assert np.count_nonzero(table.label == POSITIVE) == 1


def test_of_two_ships_under_one_number_the_one_meant_has_to_be_named(tmp_path: Path) -> None:
    two = [track(1), track(1) + 1]
    folder = record(
        tmp_path / "shared", [*heard(two[0], 0, 45), *heard(two[1], 1, 46)],
        [(one, "ship_type", "30") for one in two] + [(two[1], "call_sign", "LKAB")],
    )  # fmt: skip
    found = made(folder, written(tmp_path, f"{mmsi(1)},1"))
    assert "row 2 (257000001) may be 2 ships" in found.unused[0]
    for row in ("257000001.2,1,", f"{mmsi(1)},1,LKAB"):
        found = made(folder, written(tmp_path, row, head="ship,label,call sign"))
        assert not found.unused
        (case,) = [case for case in found.cases if case.label == POSITIVE]
        assert case.ship.tracks == (two[1],)


@pytest.mark.usefixtures("quick")
def test_the_labels_are_never_overwritten(station: Path, tmp_path: Path) -> None:
    path = written(tmp_path, *POSITIVES)
    done = learn(path, "--data", station, "--out", path)
    assert done.exit_code == 2
    assert "would overwrite the labels" in done.output
    done = learn(path, "--data", station, "--out", tmp_path / "ranked.txt")
    assert "must end in .csv" in done.output


def test_a_label_with_dates_is_about_what_was_heard_between_them(tmp_path: Path) -> None:
    one = track(1)
    folder = record(
        tmp_path / "years", heard(one, 0, 800), [(one, "ship_type", "30")],
        events=[silence(one, 10, 0.3), silence(one, 300, 0.4), silence(one, 700, 0.9)],
    )  # fmt: skip
    with closing(sqlite3.connect(folder / RECORD)) as db, db:
        db.execute("update claims set first = 0, last = 4e9")
    first = Span((DAY - 5) * DAY_S, (DAY + 100) * DAY_S)
    year = Span(until=(DAY + 500) * DAY_S)
    with open_record(folder) as known:
        for span, memory_days, from_day, scores in (
            (first, 100, DAY, [0.3]),
            (year, 500, DAY + 135, [0.4]),
            (Span(), 799, DAY + 434, [0.9]),
        ):
            found = of_ships(known, ships(known), ASKED, [span])
            assert found.features.memory_days[0] == pytest.approx(memory_days, abs=1)
            assert found.days.day.min() == pytest.approx(from_day, abs=3)
            marks = marks_of(known, ships(known), found.since, found.until)
            assert [mark.score for mark in marks[0]] == scores


def test_two_times_of_one_ship_are_two_rows_of_one_group(tmp_path: Path) -> None:
    one = track(1)
    folder = record(
        tmp_path / "years", heard(one, 0, 800), [(one, "ship_type", "30")],
        visits=[visit(one, 100, 240), visit(one, 400, 405, "SE"), visit(one, 600, None)],
        events=[silence(one, 200, 0.3), silence(one, 700, 0.4)],
    )  # fmt: skip
    rows = [f"{mmsi(1)},1,,2024-12", f"{mmsi(1)},1,2025,2025-12", f"{mmsi(1)},0,2026,"]
    found = made(folder, written(tmp_path, *rows))
    assert found.label.tolist() == [POSITIVE, POSITIVE, NEGATIVE]
    assert len(set(found.group.tolist())) == len(set(found.ship.tolist())) == 1
    # The first ends 88 days into a visit, the second holds it and a short one, the third one
    # that lasted when the ship was heard last.
    assert found.features.still_days.tolist() == pytest.approx([88.6, 139.6, 199], abs=1)
    assert found.features.foreign_visits_count.tolist() == [0, 1, 0]
    assert found.features.gaps_score.tolist() == [0, 0.3, 0.4]
    assert found.heard_days.tolist() == pytest.approx([63, 122, 82], abs=1)
