"""Templates to mails: what one says, in the subscriber's language, as text and as HTML.

A language is a folder of `templates/`.  The first line of a text is the mail's subject.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from sternlight.telling.rendering import HTML, Templates, filled, shortened
from sternlight.text import plain

TEMPLATES = Templates(Path(__file__).parent / "templates")
SUBJECT_CHARACTERS = 110
TEXT = ".txt.j2"


class Words(NamedTuple):
    """What a mail says; `html` is "" where it has text only."""

    subject: str
    text: str
    html: str


def render(language: str, name: str, facts: dict[str, Any], html: bool = True) -> Words:
    """Fill in the templates of one kind of mail."""
    subject, _, body = filled(TEMPLATES, language, name + TEXT, facts).strip().partition("\n")
    body = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    subject = shortened(plain(subject), SUBJECT_CHARACTERS)
    return Words(subject, body, page(language, name, facts) if html else "")


def page(language: str, name: str, facts: dict[str, Any]) -> str:
    """Fill in one template of HTML."""
    return filled(TEMPLATES, language, name + HTML, facts)
