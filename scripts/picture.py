"""Make the picture in the README from what `sternlight replay` really prints.

    .venv/bin/python scripts/picture.py

Replays the recording that comes with Sternlight and draws the terminal's text as
docs/images/ranking.svg.  Run it again when the words on the screen have changed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "ranking.svg"
COLUMNS = 100


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shown = subprocess.run(
            [sys.executable, "-m", "sternlight", "replay", "--top", "3"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "FORCE_COLOR": "1",
                "TERM": "xterm-256color",
                "COLUMNS": str(COLUMNS),
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ python3 scripts/run.py --top 3"))
    console.print(Text.from_ansi(shown))
    svg = console.export_svg(title="Sternlight", unique_id="ranking")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # fetches nothing
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, "utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {len(svg) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
