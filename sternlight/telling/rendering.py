"""Templates to words: what mails and reports say, in a reader's language.

A folder of templates has a folder for each language, and in it the file words.j2 with sentences
that its other templates share; those on events stand beside this module, in story.j2.  What
strangers wrote goes through the filter `heard`; whatever else is put in becomes one line of
visible characters, so that nothing can begin a header, a line or an element of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from anomalies.event import track_name
from sternlight.telling.moments import moment
from sternlight.text import counted, duration, plain

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
HTML = ".html.j2"
SENTENCES = ("words.j2", "story.j2")

# What `Places.describe` says first; a country's code ends a name that may have commas.
_FROM_PLACE = re.compile(
    r"(?:(?P<away>[\d.,]+ nmi) [a-z-]+ of|at) (?:(?P<of>.+?) \([A-Z]{2}\)|(?P<alone>[^,]+))(?:, |$)"
)
# What mail programs would make a link of, though a ship only called itself so.
_LINKS = (
    (re.compile(r"://"), "[:]//"),
    (re.compile(r"@"), "[at]"),
    (re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})"), "[.]"),
    (re.compile(r"\b(mailto|tel|sms|geo|data|javascript):", re.IGNORECASE), r"\1[:]"),
)


class Templates(NamedTuple):
    """A folder of templates, and the filters that they have besides those of all."""

    folder: Path
    filters: tuple[tuple[str, Callable[..., Any]], ...] = ()


def filled(own: Templates, language: str, file: str, facts: dict[str, Any]) -> str:
    """Fill in a template of a folder; one whose name ends with HTML escapes what is put in."""
    template = _environment(own).get_template(f"{language}/{file}")
    return template.render(facts, language=language, words=_sentences(own, language))


def kinds(own: Templates, language: str) -> dict[str, str]:
    """Return what the kinds of events are called."""
    named: dict[str, str] = _sentences(own, language).kinds
    return named


class _Sentences:
    """The macros of a language's sentences, each of which gives one.

    Called from HTML, a macro would pass for HTML itself, and strangers' words in it unescaped.
    """

    def __init__(self, modules: Sequence[Any]) -> None:
        self._modules = modules

    def __getattr__(self, name: str) -> Any:
        found = next((getattr(one, name) for one in self._modules if hasattr(one, name)), None)
        if found is None:
            raise AttributeError(f"no sentence is called {name}")
        return (lambda *given: str(found(*given))) if callable(found) else found


def heard(text: str, most: int = 60) -> str:
    """Return a stranger's words: plain, no longer than that, and nothing to click on."""
    text = plain(text)
    for link, instead in _LINKS:
        text = link.sub(instead, text)
    return shortened(text, most)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def near(place: str) -> str:
    """Say shortly where: "31 nmi off Dakar" for "31 nmi southwest of Dakar (SN), 29 nmi ..."."""
    found = _FROM_PLACE.match(place)
    if found:
        name = found["of"] or found["alone"]
        return f"{found['away']} off {name}" if found["away"] else f"at {name}"
    return re.split(r", (?=over |[\d.]+ nmi|on land)", place)[0]


def degrees(lat: float, lon: float) -> str:
    """Write a position as charts do: 14° 39.4′ N, 17° 58.4′ W."""
    return f"{_angle(lat, 'NS')}, {_angle(lon, 'EW')}"


def _angle(value: float, halves: str) -> str:
    whole, tenths = divmod(round(abs(value) * 600), 600)
    return f"{whole}° {tenths / 10:04.1f}′ {halves[value < 0]}"


def _shown(value: Any) -> Any:
    """Make one visible line of whatever is put into a template; what is markup stays."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return plain(f"|{value}|")[1:-1]  # with the blanks at its ends


@lru_cache
def _sentences(own: Templates, language: str) -> _Sentences:
    made = _environment(own)
    return _Sentences([made.get_template(f"{language}/{name}").module for name in SENTENCES])


@lru_cache
def _environment(own: Templates) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([own.folder, TEMPLATES]),
        autoescape=lambda name: bool(name and name.endswith(HTML)),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        counted=counted, duration=duration, heard=heard, moment=moment, near=near,
        shortened=shortened, track_name=track_name, **dict(own.filters),
    )  # fmt: skip
    made.globals["degrees"] = degrees
    return made
