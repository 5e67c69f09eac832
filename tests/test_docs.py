"""What the documentation promises: links, commands, and a page or a line for every part."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import click
import pytest

from anomalies.event import Kind
from receiver.formats import FORMATS
from sternlight.cli import main
from sternlight.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
KINDS: tuple[str, ...] = get_args(Kind)


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in links(page.read_text("utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{page.name} links to {target}, which is not there"
        if anchor:
            assert anchor in anchors(path), f"{page.name} links to {target}#{anchor}"


@EVERY_PAGE
def test_commands_have_the_options_they_are_shown_with(page: Path) -> None:
    for words in commands(page.read_text("utf-8")):
        name, *rest = words
        command = main.commands.get(name)
        assert command, f"{page.name} shows `sternlight {name}`, which does not exist"
        if not rest or "--help" in rest:
            continue
        try:
            command.make_context(name, rest)
        except click.UsageError as error:
            pytest.fail(f"{page.name} shows `sternlight {shlex.join(words)}`: {error.message}")


@EVERY_PAGE
def test_scripts_that_are_shown_exist(page: Path) -> None:
    for name in re.findall(r"\bscripts/(\w+\.py)", page.read_text("utf-8")):
        assert (ROOT / "scripts" / name).exists(), f"{page.name} shows scripts/{name}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_detector_has_its_page_with_every_setting(kind: str) -> None:
    text = page_of(kind).read_text("utf-8")
    for setting in fields(getattr(Settings(), kind)):
        assert f"`{setting.name}`" in text, f"the page of {kind} does not explain {setting.name}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_detectors_page_says_what_it_does_not_prove(kind: str) -> None:
    assert "not prove" in page_of(kind).read_text("utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_described(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "formats.md").read_text("utf-8")


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / target).resolve() for target, _ in links(index.read_text("utf-8"))}
    missing = (
        {p.name for p in (ROOT / "docs").rglob("*.md")} - {p.name for p in named} - {index.name}
    )
    assert not missing


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```\nsternlight replay a.nmea --top 3\n```", [["replay", "a.nmea", "--top", "3"]]),
        ("    $ .venv/bin/sternlight decode x \\\n        --count", [["decode", "x", "--count"]]),
        ("    zcat x.gz | sternlight replay - > log", [["replay", "-"]]),
        ("    python3 scripts/run.py a.nmea", [["replay", "a.nmea"]]),
        ("`sternlight decode` is a command; sternlight replays", [["decode"]]),
    ],
)
def test_commands_are_found_as_people_write_them(text: str, found: list[list[str]]) -> None:
    assert list(commands(text)) == found


def links(text: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the anchor of each link into the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    """Return what GitHub makes of the headings."""
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words behind `sternlight` (or run.py) in code blocks and in `code`."""
    text = re.sub(r"\\\n\s*", "", text)
    blocks = re.findall(r"^```.*?\n(.*?)^```", text + "\n", re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^(?: {4}|\t)(.*)$", text, re.MULTILINE)
    lines += re.findall(r"`([^`\n]+)`", text)
    for line in lines:
        line = re.sub(r"python3 \S*scripts/run\.py", "sternlight replay", line)
        found = re.search(r"(?:^|[ /$|])sternlight ([a-z]+(?: [^|>#&]*)?)", line.strip())
        if found:
            yield shlex.split(found[1])


def page_of(kind: str) -> Path:
    found = sorted((ROOT / "docs").rglob(f"{kind}.md"))
    assert found, f"no page docs/**/{kind}.md"
    return found[0]
