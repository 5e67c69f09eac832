"""Every HTML mail in a real browser, as wide as a phone: nothing overflows, nothing is fetched."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
from email.message import EmailMessage
from pathlib import Path

import pytest

from sternlight.alerts import compose
from sternlight.alerts.chart import draw
from sternlight.data import load_places
from tests.sternlight.alerts.stories import KINDS, sheet, story, with_texts

PHONE_PIXELS = 360
MEASURE = """
<script>
addEventListener("load", () => {
  const told = [...document.querySelectorAll("iframe")].map(frame => {
    const of = frame.contentDocument;
    const fetched = frame.contentWindow.performance.getEntriesByType("resource");
    return [of.scrollingElement.scrollWidth, of.scrollingElement.scrollHeight,
            fetched.map(one => one.name).filter(name => !name.startsWith("data:"))];
  });
  document.title = JSON.stringify(told);
});
</script>
"""
TOO_WIDE = "<p style='width: 500px'>wide</p>"
FETCHES = "<img src='http://127.0.0.1:9/x.png'>"


def mails() -> list[EmailMessage]:
    places = load_places([])
    pictures = {kind: draw(story(kind), places) for kind in KINDS[:3]}
    own = sheet()
    nasty = with_texts(story(), lambda _: "<script>document.write('x')</script>" + "W" * 900)
    every = [compose.alert(story(kind), "alert", own, pictures.get(kind)) for kind in KINDS]
    every += [compose.alert(story(), news, own) for news in ("stronger", "closed", "withdrawn")]
    return [
        *every,
        compose.alert(nasty, "alert", own, pictures["encounter"]),
        compose.digest([story(kind) for kind in KINDS] + [nasty], own, 9),
        compose.confirm("abcde-fghij", own),
        compose.test(own),
        compose.answer("unclear", own),
        compose.health(["The station is deaf. " + "W" * 300], False, own),
    ]


def page(message: EmailMessage) -> str:
    """Return the HTML of a mail with its picture in place."""
    found = message.get_body(("html",))
    assert isinstance(found, EmailMessage)
    text = str(found.get_content())
    for part in message.walk():
        if part.get_content_type() == "image/png":
            data = base64.b64encode(part.get_content()).decode("ascii")
            name = str(part["Content-ID"]).strip("<>")
            text = text.replace(f"cid:{name}", f"data:image/png;base64,{data}")
    return text


def rendered(pages: list[str], folder: Path) -> list[tuple[int, int, list[str]]]:
    """Return for each page how wide and high it is on a phone, and what it fetched."""
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("no browser is installed; sudo apt install chromium")
    frames = "".join(
        f'<iframe width="{PHONE_PIXELS}" height="600" style="border: 0" srcdoc="{html.escape(p)}">'
        "</iframe>"
        for p in pages
    )
    file = folder / "mails.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{MEASURE}{frames}", "utf-8")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
         "--disable-background-networking", "--no-first-run", "--dump-dom",
         f"--user-data-dir={folder / 'browser'}", f"file://{file}"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    title = re.search("<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title, done.stderr[-2000:]
    return [tuple(one) for one in json.loads(html.unescape(title[1]))]  # type: ignore[misc]


def test_every_mail_fits_a_phone_and_fetches_nothing(tmp_path: Path) -> None:
    pages = list(map(page, mails()))
    *found, wide, fetches = rendered([*pages, TOO_WIDE, FETCHES], tmp_path)
    assert wide[0] > PHONE_PIXELS  # so that the measure is one
    assert fetches[2] == ["http://127.0.0.1:9/x.png"]
    assert len(found) == len(pages)
    for width, height, fetched in found:
        assert width <= PHONE_PIXELS
        assert 100 < height < 6000
        assert not fetched
