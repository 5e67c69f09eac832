"""Text from strangers, made safe to show: names and destinations are what a ship sends."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

# Controls (an ESC sequence can rewrite a terminal), invisible marks that turn
# the direction of the text around, lone surrogates and private characters.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# A spreadsheet runs a cell that begins so; an apostrophe in front makes it text.  Where lists are
# separated by semicolons, as in much of Europe, a file with commas is cut at each semicolon,
# quoted or not, so what follows one may be a cell, too.
FORMULA = re.compile(r"""(^|;)([\s"']*[=+\-@]|[\t\r])""")
DEFUSED = r"\1'\2"


def plain(text: str | bytes) -> str:
    """Return one line of visible characters; everything else becomes U+FFFD."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if text.isascii() and text.isprintable():  # as most are
        return text.strip()
    return "".join("\ufffd" if unicodedata.category(c) in _UNSAFE else c for c in text).strip()


def harmless(text: str) -> str:
    """Return plain text for a cell of a table, which no spreadsheet runs as a formula."""
    return FORMULA.sub(DEFUSED, plain(text))


def iso(t: float) -> str:
    """Write Unix seconds as ISO 8601 UTC to the second, rounded down: 2021-10-31T17:02:15Z."""
    return f"{datetime.fromtimestamp(int(t // 1), UTC):%Y-%m-%dT%H:%M:%SZ}"


def exactly(t: float) -> str:
    """Write Unix seconds as ISO 8601 UTC to the microsecond, where there is any."""
    return datetime.fromtimestamp(t, UTC).isoformat()


def counted(n: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 ship, 2,000 ships."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Write a span of time as people say it: 45 s, 12 min, 7.5 h, 3.2 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"
