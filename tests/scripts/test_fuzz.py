"""A short run of scripts/fuzz.py; before a release, run the script with ten million lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("formats", [["nmea"], ["dma", "noaa", "gfw", "table"],
                                     ["aiscatcher", "aisstream", "digitraffic"]])  # fmt: skip
def test_damaged_lines_crash_nothing_and_are_all_counted(
    formats: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "scripts" / "fuzz.py"),
            "--lines",
            "60000",
            "--format",
            *formats,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-1000:]
