"""How every record ends: whom to inform, from a file that users may edit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sternlight.data import data_folder
from sternlight.errors import SettingsError
from sternlight.guidance import NEVER, NEXT, SAYS_NOT, contacts, of_countries, rows
from tracks.flags import Flags


def test_everybody_on_the_list_can_be_reached_and_belongs_to_a_country_or_to_all() -> None:
    known = contacts()
    countries = set(Flags.load(data_folder() / "flags.csv").countries.values())
    for one in known:
        assert one.who
        assert one.about
        assert re.search(r"\d{3}|https://|database", one.how), one
        assert one.country in countries or not one.country
    assert sum(not one.country for one in known) >= 3


def test_a_record_tells_who_is_there_for_all_and_those_of_its_countries() -> None:
    known = contacts()
    some = of_countries(known, ["za", "SN"])
    assert {one.country for one in some} == {"", "ZA"}
    told = rows(some)
    assert told["says_not"] == list(SAYS_NOT)
    assert told["next"] == list(NEXT)
    assert told["never"] == list(NEVER)
    assert "never how guilty" in told["says_not"][0]


def test_a_list_of_ones_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text('country,who,for,how\nsn,"Port chaplain, Dakar",crews,ask at the gate\n\n')
    (one,) = contacts(own)
    assert one == ("sn", "Port chaplain, Dakar", "crews", "ask at the gate")
    assert of_countries([one], ["SN"]) == [one]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line must be country,who,for,how"),
        ("who,how\n", "the first line must be"),
        (
            "country,who,for,how\nsn,Port chaplain, Dakar,crews,x\n",
            "line 2: 5 columns instead of 4",
        ),
    ],
)
def test_a_list_that_is_none_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    own = tmp_path / "own.csv"
    own.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(says)):
        contacts(own)


def test_a_list_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="whom to inform, cannot be read"):
        contacts(tmp_path / "none.csv")
