"""Where people read: a terminal in colours, anything else as plain text."""

from __future__ import annotations

import sys
from io import StringIO
from typing import IO

from rich.console import Console, RenderableType

WIDTH_MAX = 100  # longer lines are hard to read
WIDTH_ELSEWHERE = 80  # where there is no terminal


def console(out: IO[str]) -> Console:
    """Return a console on `out` that takes nothing for markup."""
    made = Console(file=out, highlight=False, markup=False, emoji=False)
    made.width = min(made.width, WIDTH_MAX) if made.is_terminal else WIDTH_ELSEWHERE
    return made


def put(what: RenderableType) -> None:
    """Print on standard output."""
    if sys.stdout.isatty():
        console(sys.stdout).print(what)
        return
    text = StringIO()
    console(text).print(what)
    # The console fills lines up with blanks, which nobody wants in a file.
    sys.stdout.write("\n".join(map(str.rstrip, text.getvalue().rstrip().split("\n"))) + "\n")
    sys.stdout.flush()
