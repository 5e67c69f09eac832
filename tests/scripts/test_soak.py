"""Short runs of scripts/soak.py; before a release, run it for an hour (see its first lines)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = {
    "days": "--days 0.2 --vessels 20",
    "kills": "--kills 2 --vessels 12",
    "load": "--load 5000 --vessels 2000 --seconds 2",
    "year": "--year 1",
    "quiet": "--quiet 2 --vessels 10 --minutes 0.05",
}

pytestmark = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux's /proc")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Start all runs at once: most of their time they wait."""
    work = tmp_path_factory.mktemp("soak")
    started = {
        name: subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "scripts" / "soak.py"), *words.split()),
                *("--no-targets", "--work", str(work / name)),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, words in RUNS.items()
    }
    yield started
    for run in started.values():
        run.kill()
        run.communicate()


@pytest.mark.parametrize("name", RUNS)
def test_a_short_run_finds_everything_as_it_must_be(
    name: str, runs: dict[str, subprocess.Popen[str]]
) -> None:
    said, _ = runs[name].communicate(timeout=120)
    assert runs[name].returncode == 0, said
    assert said.count(" yes") >= 2
    assert " NO" not in said
    if name in ("days", "kills"):
        assert re.search(r"^events +[1-9]", said, re.M), "nothing was found that could differ"
