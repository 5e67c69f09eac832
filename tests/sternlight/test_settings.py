"""Settings: what is wrong is said all at once, and the file that comes with Sternlight is true."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from sternlight.errors import SettingsError
from sternlight.settings import Settings, check, load, settings_file

DEFAULTS = json.loads(json.dumps(Settings().as_dict()))  # TOML has lists and no tuples


def test_the_annotated_file_has_every_setting_with_its_default_and_no_other() -> None:
    assert tomllib.loads(settings_file().read_text("utf-8")) == DEFAULTS


def test_every_setting_has_a_comment_of_its_own() -> None:
    lines = settings_file().read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"\w+ = ", line):
            assert before.startswith("# "), f"{line} has no comment"


def test_no_file_means_the_defaults() -> None:
    assert load() == Settings()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[gap]\nmin_duration_h = 12\n")
    changed = json.loads(json.dumps(load(path).as_dict()))
    assert changed.pop("gap") == {**DEFAULTS["gap"], "min_duration_h": 12.0}
    assert changed.pop("mail") == {**DEFAULTS["mail"], "keys": str(tmp_path / "keys")}
    assert changed == {p: v for p, v in DEFAULTS.items() if p not in ("gap", "mail")}


def test_everything_that_is_wrong_is_said_at_once_with_its_place_and_the_nearest_name() -> None:
    given = {
        "gap": {"min_durration_h": 6, "witness_radius_nmi": -1},
        "loitring": {},
        "encounter": {"max_distance_m": "500 m", "merge_h": True},
        "segment": {"established_count": 2.5},
        "points": 3,
    }
    with pytest.raises(SettingsError) as caught:
        check(given, "mine.toml")
    message = str(caught.value)
    assert message.startswith("mine.toml: 7 settings are wrong:\n")
    assert "[gap] min_durration_h is not known; did you mean min_duration_h?" in message
    assert "[gap] witness_radius_nmi = -1: it should be 0 or more" in message
    assert "[loitring] is not known; did you mean loitering?" in message
    assert "[encounter] max_distance_m = '500 m': it should be a number" in message
    assert "[encounter] merge_h = True: it should be a number" in message
    assert "[segment] established_count = 2.5: it should be a whole number" in message
    assert "[points] = 3:" in message


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1"])
@pytest.mark.parametrize(
    ("part", "name"),
    [(part.name, name) for part in fields(Settings) for name in DEFAULTS[part.name]],
)
def test_no_setting_may_be_negative_or_no_number(part: str, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        check({part: {name: float(value)}}, "mine.toml")


@pytest.mark.parametrize("part", [part.name for part in fields(Settings)])
def test_every_default_may_be_given_and_comes_back_with_its_type(part: str) -> None:
    given = {part: DEFAULTS[part]}
    assert repr(check(given, "mine.toml")) == repr(Settings())


@pytest.mark.parametrize(
    ("part", "name", "value", "says"),
    [
        ("gap", "min_duration_h", 10**400, "should be a finite number"),
        ("gap", "min_duration_h", [6], "= [6]: it should be a number"),
        ("watch", "status_port", True, "= True: it should be a whole number"),
        ("watch", "status_port", 8000.0, "= 8000.0: it should be a whole number"),
        ("watch", "status_port", -1, "= -1: it should be 0 or more"),
        ("watch", "data", 5, "= 5: it should be a text"),
        ("watch", "places", "ports.csv", "it should be a list of texts"),
        ("watch", "places", ["ports.csv", 3], "it should be a text"),
        ("sources", "roof", 5, "= 5: it should be a text"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_it_should_be(
    part: str, name: str, value: object, says: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        check({part: {name: value}}, "mine.toml")
    assert str(caught.value).startswith(f"mine.toml: [{part}] {name} = ")
    assert says in str(caught.value)


def test_a_whole_number_may_stand_for_any_number() -> None:
    duration_h = check({"gap": {"min_duration_h": 12}}, "mine.toml").gap.min_duration_h
    assert (type(duration_h), duration_h) == (float, 12.0)


def test_what_a_part_itself_refuses_is_said_with_its_place() -> None:
    with pytest.raises(SettingsError, match=r"mine.toml: \[gap\] .*min_duration_h"):
        check({"gap": {"min_duration_h": 0.5}}, "mine.toml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[gap\n", "is not TOML"),
        (b"\xff\xfe[gap]", "is not UTF-8 text"),
        (b"gap = 3", r"\[gap\] = 3"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: no such file"):
        load(tmp_path / "mine.toml")
