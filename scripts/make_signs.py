"""Write the signs into docs/signs.md anew, from the table in anomalies/indicators.py.

    .venv/bin/python scripts/make_signs.py

Do so whenever a row of the table has changed; a test holds the page against it.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from anomalies.indicators import ILO, INDICATORS, NEVER_SEEN, Indicator
from sternlight.record.rates import MANY

PAGE = Path(__file__).resolve().parents[1] / "docs" / "signs.md"
_BLOCK = re.compile(r"(<!-- signs -->\n).*?(<!-- end of signs -->)", re.DOTALL)


def written(page: str) -> str:
    """Return the page with the signs as they are now.  Raises ValueError if it has no room."""
    if len(_BLOCK.findall(page)) != 1:
        raise ValueError("the page must have one block between <!-- signs --> and its end")
    text = "\n\n".join([_overview(), *map(_section, INDICATORS), _traces(), _never()])
    return _BLOCK.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page)


def _overview() -> str:
    rows = [
        f"| [{one.title}](#{_anchor(one)}) | `{one.name}` | {one.cap:g} |" for one in INDICATORS
    ]
    return "\n".join(["| sign | name in files | adds at most |", "|---|---|---:|", *rows])


def _section(one: Indicator) -> str:
    lines = [
        f"### {_capital(one.title)}",
        "",
        f"{_capital(one.defined)}.",
        "",
        f"- **Asked of**: {_asked_of(one)}.",
        f"- **What it takes to be seen**: {one.needs.removeprefix('it takes ')}.",
        f"- **Adds at most {one.cap:g}**: {one.why}.",
        f"- **Source**: {one.source}.",
        f"- **May be a trace of** (ILO): {', '.join(one.ilo) or 'none directly'}.",
        f"- **What explains it otherwise**: {one.innocent}.",
    ]
    return "\n".join(map(_wrapped, lines))


def _wrapped(line: str) -> str:
    indent = "  " * line.startswith("- ")
    return textwrap.fill(line, 96, subsequent_indent=indent, break_on_hyphens=False)


def _asked_of(one: Indicator) -> str:
    kinds = ", ".join(MANY[kind] for kind in sorted(one.asked_of))
    return f"{kinds}, by what they say they are" if kinds else "all ships"


def _traces() -> str:
    rows = [
        f"| {trace} | {', '.join(o.title for o in INDICATORS if trace in o.ilo) or 'no sign'} |"
        for trace in ILO
    ]
    head = ["### The ILO's indicators, and the signs", "", "| indicator | signs |", "|---|---|"]
    return "\n".join([*head, *rows])


def _never() -> str:
    return "\n".join(
        ["### Never seen", "", *(_wrapped(f"- {_capital(what)}.") for what in NEVER_SEEN)]
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _anchor(one: Indicator) -> str:
    return re.sub(r"[^\w\- ]", "", one.title.lower()).replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
