"""Months from their first report to the tables: what is counted, and where it stands."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

import _evaluate_months as evaluate
import _months_compare as compare
from _months import Months
from _months_record import Owners, keep
from _months_truth import HOWS

from sternlight.data import load_places
from sternlight.record import read
from sternlight.settings import load

NOT_FOUND = compare.Voyage(3.0, math.nan, True)


@pytest.fixture(scope="module")
def lived() -> Months:
    return Months(2, 5, 24)


@pytest.fixture(scope="module")
def kept(lived: Months, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Owners]:
    folder = tmp_path_factory.mktemp("months")
    return folder, keep(lived, load(), load_places([]), folder)


def test_a_station_keeps_a_record_of_all_that_it_heard_in_the_months(
    lived: Months, kept: tuple[Path, Owners]
) -> None:
    with read.open_record(kept[0]) as record:
        hulls = {hull.mmsi for hull in read.hulls(record)}
        found = evaluate.found_visits(record)
        days = list(read.days(record))
        said = {claim.value for claim in read.claims(record)}
    assert hulls <= set(lived.positions.mmsi.tolist())
    assert len(hulls) > 15
    assert len(found) > 10
    assert np.all((found.end >= found.start) | np.isnan(found.end))
    assert len(days) > 60
    assert any(claim.name in said for one in lived.truth.identities for claim in one.claims)


def test_every_fix_is_some_ships_own(lived: Months, kept: tuple[Path, Owners]) -> None:
    whole = sum(sum(of.values()) for of in kept[1].values())
    assert 0.98 * len(lived.positions) <= whole <= len(lived.positions)
    for (track, _), of in kept[1].items():
        for ship in of:
            assert track // 1000 in lived.truth.identities[ship].mmsis


def test_a_record_is_compared_with_the_truth(lived: Months, kept: tuple[Path, Owners]) -> None:
    with read.open_record(kept[0]) as record:
        outcome = evaluate.compare(lived, record, kept[1])
    berth = [one for one in outcome.wanted if one.kind == "port" and one.how == HOWS[0]]
    assert sum(one.found > 0 or one.excused for one in berth) > 0.8 * len(berth) > 0
    sure = [one.right for one in outcome.told if one.certainty >= compare.SURE]
    assert sum(sure) > 0.9 * len(sure) > 0
    assert outcome.ships_count > 15
    tables = evaluate.of_months([outcome], 5)
    page = (ROOT / "docs" / "quality.md").read_text("utf-8")
    for name, text in tables.items():
        assert f"<!-- table: {name} -->" in page
        widths = {line.count("|") for line in text.splitlines()}
        assert len(widths) == 1, name


def test_a_voyage_that_was_not_found_is_none_within_a_day() -> None:
    found = NOT_FOUND._replace(found_days=3.9)
    far = NOT_FOUND._replace(found_days=4.1)
    text = evaluate._voyages([NOT_FOUND, found, far])
    assert "| 1 to 7 days | 0.333" in text
    assert "| 30 days or more | none | none |" in text


def test_unsure_visits_count_as_not_found_and_those_that_cannot_be_told_apart_not_at_all() -> None:
    rows = [("fisher", "port", HOWS[0], 9.0, found, excused)
            for found, excused in ((4, False), (1, False), (0, True))]  # fmt: skip
    text = evaluate._visits([evaluate.Wanted(*row) for row in rows])
    assert "| all that were heard | 1 | 0.500" in text
    assert "| all heard that lasted 6 hours or more | 1 | 0.500" in text
    assert "| all heard that lasted under 2 hours | 0 | none |" in text
