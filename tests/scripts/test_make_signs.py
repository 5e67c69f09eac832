"""The page of the signs says what the table says."""

from __future__ import annotations

import sys
from dataclasses import fields

import pytest

from tests.recordings import ROOT

sys.path.append(str(ROOT / "scripts"))

from make_signs import PAGE, written

from anomalies.indicators import INDICATORS, Signs


def test_the_page_is_that_of_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "run scripts/make_signs.py"
    words = " ".join(page.split())
    for one in INDICATORS:
        assert one.defined[1:] in words


def test_the_page_explains_every_setting() -> None:
    for setting in fields(Signs):
        assert f"`{setting.name}`" in PAGE.read_text("utf-8")


def test_a_page_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="one block"):
        written("# Signs\n")
