"""What somebody wrote in an answer: the first paragraph that is no quotation and no signature.

Mail programs quote in many ways.  Lines that begin with ">" are skipped, with what follows
them up to an empty line, since long quoted lines are broken in two.  Where quotations have
no such mark nothing behind their heading is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser

from sternlight.alerts.mime import headers, leaves, text_of
from sternlight.alerts.wording import UNCLEAR, understood

MOST_CHARACTERS = 20_000  # an answer stands at the beginning
MOST_HTML = 8_000  # the parser takes a second for four times as much that was made to hold it up

# On Monday ... wrote: above an answered mail whose text may follow without marks
_WROTE = re.compile(r"(?:on|am|le|el|il|op|em|den|pada|w dniu|dne)\b.*:$", re.IGNORECASE)
_LINE = re.compile(r"[_=*]{5,}$")  # of Outlook's
_FIELD = re.compile(r"\*?[^\W\d_][\w -]{0,20}\*? ?:\*? +\S")
_SENT_FROM = re.compile(  # my phone
    r"(?:sent (?:from|with|by)|get outlook|envoyé d|gesendet|von meinem|enviado d|inviato d"
    r"|verzonden v|skickat från|dikirim d).{0,80}$",
    re.IGNORECASE,
)
_SKIPPED = frozenset({"blockquote", "head", "script", "style", "title"})
_BLOCKS = frozenset({"address", "br", "div", "h1", "h2", "h3", "li", "p", "pre", "table", "tr"})
_QUOTES = re.compile(r"quote|divrplyfwdmsg|appendonsend|moz-cite-prefix", re.IGNORECASE)
_RULE = "_" * 20


def paragraph(message: Message) -> list[str]:
    """Return the lines of the first paragraph of somebody's own words; none if there is none.

    The text/plain part is read; without one the HTML.  Attached mails are not looked into.
    """
    return list(_paragraph(_text(message)))


def _paragraph(text: str) -> Iterator[str]:
    """Yield the lines of the first paragraph."""
    lines = [" ".join(line.split()) for line in text[:MOST_CHARACTERS].splitlines()]
    quoted = begun = False
    for i, line in enumerate(lines):
        if line.startswith((">", "|")):
            if begun:
                return
            quoted = True
        elif not line:
            if begun:
                return
            quoted = False
        elif quoted or (_SENT_FROM.match(line) and not begun):
            continue
        elif _announces(lines, i):
            if begun:
                return
        elif line in ("--", "—") or _ends(lines, i) or (begun and _SENT_FROM.match(line)):
            return
        else:
            begun = True
            yield line


def _announces(lines: list[str], i: int) -> bool:
    """Return whether a line belongs to "... wrote:" above lines that begin with ">".

    Such a heading may be broken into three; a command right above one is none of it.
    """
    if understood(lines[i]) != UNCLEAR:
        return False
    for j in range(i, min(i + 3, len(lines))):
        if lines[j].startswith(">"):
            return False
        if lines[j].endswith((":", "：")):
            return next((line for line in lines[j + 1 : j + 4] if line), "").startswith(">")
        if not lines[j]:
            return False
    return False


def _ends(lines: list[str], i: int) -> bool:
    """Return whether behind a line nothing of somebody's own follows."""
    line, broken = lines[i], " ".join(lines[i : i + 2])
    if line.startswith("--") and line.endswith("--"):  # -----Original Message-----
        return True
    if _LINE.match(line) or _WROTE.match(line) or _WROTE.match(broken):
        return True
    fields = sum(bool(_FIELD.match(line)) for line in lines[i : i + 5])
    return fields >= 3 and bool(_FIELD.match(line))  # From:, Sent:, To: in any language


def _text(message: Message) -> str:
    """Return the text of the first plain part, or that of the first HTML."""
    html = ""
    for part in leaves(message):
        kind = part.get_content_type()
        if "attachment" in headers(part, "Content-Disposition").lower():
            continue
        if kind == "text/plain":
            text = text_of(part)
            if text.strip():
                return text
        elif kind == "text/html":
            html = html or _Words.of(text_of(part))
    return html


class _Words(HTMLParser):
    """The visible words of HTML outside of quotations."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.skipped: list[str] = []  # the elements that are open and hide what is in them
        self.over = False

    @classmethod
    def of(cls, html: str) -> str:
        """Return them, a line for each block."""
        words = cls()
        body = html[max(html.lower().find("<body"), 0) :][:MOST_HTML]
        words.feed(body.replace("<![", "<?"))  # of which the parser knows some, and fails at others
        return "".join(words.found)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or hide what follows."""
        if self.skipped:
            if tag == self.skipped[0]:
                self.skipped.append(tag)
        elif any(name in ("class", "id") and _QUOTES.search(value or "") for name, value in attrs):
            self.over = True
        elif tag in _SKIPPED:
            self.skipped.append(tag)
        elif tag == "hr":
            self.found.append(f"\n{_RULE}\n")
        elif tag in _BLOCKS:
            self.found.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or what was hidden."""
        if self.skipped and tag == self.skipped[0]:
            self.skipped.pop()
        elif tag in _BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if not self.skipped and not self.over:
            self.found.append(re.sub(r"\s+", " ", data))
