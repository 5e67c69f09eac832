"""Reports in a real browser: they open from disk, fetch nothing, and everybody can use them."""

from __future__ import annotations

import base64
import importlib.metadata
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sternlight.report.asked import Asked
from sternlight.report.write import write
from tests.sternlight.report.browser import Browser, browser
from tests.sternlight.report.folders import HOSTILE, folder

OPENS_S = 2.0
SERIOUS = ("serious", "critical")
# How many dots of each colour the canvas of the map has.
CANVAS = "document.querySelector('#map canvas').toDataURL('image/png')"
AXE = """
axe.run(document, {resultTypes: ["violations"]}).then(found => JSON.stringify(
  found.violations.map(one => [one.impact, one.id, one.nodes[0].html, one.nodes[0].failureSummary])
))
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    write(Asked(folder(made / "results", HOSTILE)), made / "report.html")
    return made / "report.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def drawn(tab: Browser) -> np.ndarray:
    """Return the dots of the map's canvas, (height, width, 4)."""
    data = tab.ask(CANVAS).partition(",")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


def blue(dots: np.ndarray) -> int:
    """Return how many dots have about the colour of ships with events."""
    off = np.abs(dots.astype(int) - (0, 0x60, 0xA8, 255)).sum(axis=2)
    return int((off < 80).sum())


def test_it_opens_at_once_and_fetches_and_complains_of_nothing(tab: Browser, page: Path) -> None:
    took_s = tab.open(page)
    assert tab.ask("document.documentElement.dataset.map") == "ready"
    assert took_s < OPENS_S
    assert tab.requests() == []
    assert tab.complaints() == []
    assert "Report on recorded AIS" in tab.ask("document.title")  # no name has run anything


def test_the_measure_of_requests_and_complaints_is_one(tab: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!doctype html><img src='http://127.0.0.1:9/x.png'><script>x.y()</script>")
    tab.open(bad)
    assert tab.requests() == ["http://127.0.0.1:9/x.png"]
    assert tab.complaints()


def test_the_policy_stops_what_is_not_ours(tab: Browser, page: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    more = "<script>document.title = 'owned'</script><img src='http://127.0.0.1:9/x.png'></body>"
    bad.write_text(page.read_text("utf-8").replace("</body>", more))
    tab.open(bad)
    assert "Report on recorded AIS" in tab.ask("document.title")
    assert tab.complaints()
    failed = [one["params"] for one in tab.events if one.get("method") == "Network.loadingFailed"]
    assert [one["blockedReason"] for one in failed] == ["csp"]


def test_the_map_is_drawn_and_the_slider_moves_it(tab: Browser, page: Path) -> None:
    tab.open(page)
    whole = drawn(tab)
    assert len(np.unique(whole.reshape(-1, 4), axis=0)) > 10
    tab.ask("document.getElementById('moment').focus()")
    tab.key("ArrowRight", 39)
    first = drawn(tab)
    assert tab.ask("document.getElementById('says').textContent") == "2024-06-26 00:10 UTC"
    assert (first != whole).any()
    assert blue(first) < blue(whole) / 3  # no ways yet but those of the last three hours
    for _ in range(40):
        tab.key("ArrowRight", 39)
    assert tab.ask("document.getElementById('says').textContent") == "2024-06-26 06:50 UTC"
    assert (drawn(tab) != first).any()
    tab.ask("document.getElementById('whole').click()")
    assert (drawn(tab) == whole).all()


def test_what_is_shown_can_be_chosen(tab: Browser, page: Path) -> None:
    tab.open(page)
    before = drawn(tab)
    for name in ("heard", "ways", "others"):
        tab.ask(f"document.getElementById('{name}').click()")
        after = drawn(tab)
        assert (after != before).any()
        before = after


def test_an_account_leads_to_the_map_and_names_stay_text_there(tab: Browser, page: Path) -> None:
    tab.open(page)
    tab.ask("document.querySelector('button[data-event=\"1\"]').click()")
    assert tab.ask("document.getElementById('says').textContent") == "2024-06-26 06:00 UTC"
    popup = "document.querySelector('.leaflet-popup-content').textContent"
    assert "1. encounter, score 0.90" in tab.ask(popup)
    assert tab.ask("document.activeElement.id") == "map"
    size = "(box => [box.x + box.width / 2, box.y + box.height / 2])"
    x, y = tab.ask(f"{size}(document.getElementById('map').getBoundingClientRect())")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert HOSTILE[1] in tab.ask(popup)
    assert tab.ask("document.querySelectorAll('.leaflet-popup-content img').length") == 0
    assert tab.complaints() == []


def test_it_plays_and_stops(tab: Browser, page: Path) -> None:
    tab.open(page)
    tab.ask("document.getElementById('play').click()")
    tab.ask("new Promise(done => setTimeout(done, 400))")
    tab.ask("document.getElementById('play').click()")
    moved = int(tab.ask("document.getElementById('moment').value"))
    assert moved >= 1
    tab.ask("new Promise(done => setTimeout(done, 250))")
    assert int(tab.ask("document.getElementById('moment').value")) == moved


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (360, True)])
def test_everybody_can_use_it(tab: Browser, page: Path, width: int, dark: bool) -> None:
    """By the rules of axe-core; its word on contrast in pictures stands in test_page."""
    files = importlib.metadata.files("axe-core-python") or []
    (script,) = [file.read_text("utf-8") for file in files if file.name == "axe.min.js"]
    tab.dark(dark)
    tab.open(page, width)
    tab.ask(f"{script}; 0")
    found = json.loads(tab.ask(AXE))
    tab.dark(False)
    assert [one for one in found if one[0] in SERIOUS] == []


def test_axe_finds_what_is_wrong(tab: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!doctype html><title>x</title><img src='data:image/png;base64,AA=='>")
    files = importlib.metadata.files("axe-core-python") or []
    (script,) = [file.read_text("utf-8") for file in files if file.name == "axe.min.js"]
    tab.open(bad)
    tab.ask(f"{script}; 0")
    assert {"image-alt", "html-has-lang"} <= {one[1] for one in json.loads(tab.ask(AXE))}


def test_nothing_is_wider_than_a_phone(tab: Browser, page: Path) -> None:
    tab.open(page, 360, 740)
    assert tab.ask("document.scrollingElement.scrollWidth") == 360


def test_without_scripts_all_is_told_and_the_map_says_what_it_needs(
    tab: Browser, page: Path
) -> None:
    tab.scripts(False)
    tab.open(page)
    tab.scripts(True)
    tab.ask("document.querySelector('#event-1').scrollIntoView()")
    text = tab.ask("document.body.innerText")
    assert "The map needs JavaScript" in text
    assert "Show on the map" not in text
    assert "Two ships stayed close together at sea for 4.0 h." in text
    assert tab.ask("document.querySelectorAll('svg.chart').length") == 4


def test_it_is_printed_on_white_paper_with_every_account(
    tab: Browser, page: Path, tmp_path: Path
) -> None:
    tab.dark(True)
    tab.open(page)
    tab.printed(tmp_path / "r.pdf")
    tab.dark(False)
    data = (tmp_path / "r.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert 4 <= data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") <= 25
