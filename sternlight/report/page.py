"""From what a report tells to one HTML file, which may do nothing but what stands in it.

The policy in its head allows the scripts and styles in it by their hashes, and nothing else: no
request, no form, no frame, no handler in an attribute.  Whatever strangers wrote is text: the
templates escape it, and in the data for the map no `<` is left.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import sternlight
from sternlight import guidance
from sternlight.jsontext import dumps
from sternlight.report.contents import Contents
from sternlight.report.leaflet import leaflet
from sternlight.report.wording import OWN
from sternlight.telling.rendering import HTML, filled

STATIC = Path(__file__).parent / "static"
STYLES = ("page.css", "figures.css", "map.css")
SCRIPTS = ("data.js", "layer.js", "time.js", "map.js")


class Assets(NamedTuple):
    """Scripts and styles as they stand in the page, and the policy that allows them."""

    styles: list[str]
    scripts: list[str]
    policy: str
    licence: str


def page(told: Contents) -> str:
    """Return the report as HTML."""
    facts: dict[str, Any] = {
        "told": told,
        "data": island(told.map),
        "assets": assets(),
        "version": sternlight.__version__,
        "says_not": guidance.SAYS_NOT,
        "next": guidance.NEXT,
        "never": guidance.NEVER,
    }
    return filled(OWN, "en", "report" + HTML, facts) + "\n"


def island(data: Any) -> str:
    """Return data as JSON that ends no script element, whatever is in it."""
    return dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def assets() -> Assets:
    """Return what every report has in it."""
    theirs = leaflet()
    styles = [theirs.style, *(_read(name) for name in STYLES)]
    scripts = [theirs.script, *(_read(name) for name in SCRIPTS)]
    policy = (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)};"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Assets(styles, scripts, policy, theirs.licence)


def _read(name: str) -> str:
    return (STATIC / name).read_text("utf-8").strip()


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(one).decode('ascii')}'" for one in digests)
