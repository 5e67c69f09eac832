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
    assert "[gap] witness_radius_nmi = -1: input should be greater than or equal to 0" in message
    assert "[loitring] is not known; did you mean loitering?" in message
    assert "[encounter] max_distance_m = '500 m': input should be a valid number" in message
    assert "[encounter] merge_h = True: input should be a valid number" in message
    assert "[segment] established_count = 2.5: input should be a valid integer" in message
    assert "[points] = 3:" in message


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1"])
@pytest.mark.parametrize(
    ("part", "name"),
    [(part.name, name) for part in fields(Settings) for name in DEFAULTS[part.name]],
)
def test_no_setting_may_be_negative_or_no_number(part: str, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        check({part: {name: float(value)}}, "mine.toml")


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
