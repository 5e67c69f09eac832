"""Flags by MID, against the table that pyais carries."""

from pathlib import Path

import pytest
from pyais.constants import COUNTRY_MAPPING

from tracks.flags import Flags

TABLE = Path(__file__).resolve().parents[2] / "config" / "flags.csv"

# MIDs on which pyais differs from the ITU's list: an older name, or no ISO code of its own.
THEIRS = {501: "AQ", 608: "IO", 618: "AQ", 635: "AQ", 740: "UK"}


@pytest.fixture(scope="module")
def flags() -> Flags:
    return Flags.load(TABLE)


def test_every_mid_that_pyais_knows_has_the_same_country(flags: Flags) -> None:
    for mid, (country, _) in COUNTRY_MAPPING.items():
        assert THEIRS.get(mid, flags.countries[mid]) == country


def test_countries_younger_than_pyais_table_are_there(flags: Flags) -> None:
    young = flags.countries.keys() - COUNTRY_MAPPING.keys()
    assert {mid: flags.countries[mid] for mid in young} == {550: "TL", 638: "SS"}


def test_a_flag_has_a_code_and_a_name(flags: Flags) -> None:
    assert (flags.flag(416_000_301), flags.name(416_000_301)) == ("TW", "Taiwan")


def test_an_mmsi_of_no_country_has_no_flag(flags: Flags) -> None:
    assert [flags.flag(m) for m in (700_000_151, 0, 970_211_001)] == ["", "", ""]


def test_every_mid_is_one_of_a_ship_and_every_code_two_capitals(flags: Flags) -> None:
    assert all(200 <= mid < 800 for mid in flags.countries)
    assert all(len(c) == 2 and c.isascii() and c.isupper() for c in flags.countries.values())
    assert all(name[:1].isupper() for name in flags.names.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "first line"), ("mid,name\n", "first line"), ("mid,country,name\n21,DE,x\n", "line 2")],
)
def test_a_table_that_is_none_is_refused_by_name_and_line(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "flags.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        Flags.load(path)
