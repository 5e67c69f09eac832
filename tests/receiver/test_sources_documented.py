"""Every kind of live source has its section in docs/sources.md, and every setting its row."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from receiver.sources import LIVE
from receiver.sources.address import Feed, parse

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text("utf-8")
EVERY_KIND = pytest.mark.parametrize("scheme", LIVE)


def section(title: str) -> str:
    """Return the section of that heading, which may name several kinds: `## ws, wss`."""
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if title in re.split(r",? and |, ", heading) or title == heading:
            return text
    pytest.fail(f"docs/sources.md has no section about {title}")


def rows(text: str) -> dict[str, str]:
    """Return setting and default of each row of the tables."""
    found = re.findall(r"^\| `(\w+)` \| (.*?) ?\|", text, re.MULTILINE)
    return {name: default.strip("`") for name, default in found}


def settings(scheme: str) -> dict[str, object]:
    """Return the settings of a kind, but the scheme itself, with their defaults."""
    module, kind = LIVE[scheme]
    made = getattr(import_module(f"receiver.sources.{module}"), kind)
    return {f.name: f.default for f in fields(made) if f.init and f.name != "scheme"}


def addresses(scheme: str) -> list[str]:
    """Return the addresses that stand on lines of their own in the section of a kind."""
    return re.findall(rf"^    ({re.escape(scheme)}:\S*)$", section(scheme), re.MULTILINE)


@EVERY_KIND
def test_every_setting_of_a_source_has_its_row_and_no_row_is_without_setting(scheme: str) -> None:
    assert set(rows(section(scheme))) == set(settings(scheme))


@EVERY_KIND
def test_the_defaults_of_numbers_are_those_of_the_code(scheme: str) -> None:
    told = rows(section(scheme))
    for name, default in settings(scheme).items():
        if isinstance(default, int | float) and not isinstance(default, bool):
            assert float(told[name].split()[0].replace(",", "")) == default, name


@EVERY_KIND
def test_the_examples_are_addresses_of_this_kind(scheme: str) -> None:
    assert addresses(scheme), f"no example of {scheme}:"
    for address in addresses(scheme):
        parse(address)


def test_the_settings_of_every_source_are_explained_with_their_defaults() -> None:
    told = rows(section("Settings of every source"))
    shared = {f.name: f.default for f in fields(Feed) if f.name not in ("source", "address")}
    assert set(told) == {*shared, "format"}
    assert float(told["silence_s"]) == shared["silence_s"]
    assert told["clock"] == shared["clock"]
